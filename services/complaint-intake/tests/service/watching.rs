//! Following complaints.

use std::time::Duration;

use mahila_proto::intake::v1 as wire;
use tonic::Streaming;

use crate::harness::{Client, Intake, complaint, reason, refused, registered, request_id};

type Stream = Streaming<wire::WatchComplaintsResponse>;

async fn watch(client: &mut Client, parent: &str, resume_token: &str) -> Stream {
    let request = wire::WatchComplaintsRequest { parent: parent.into(), resume_token: resume_token.into() };
    client.watch_complaints(request).await.unwrap().into_inner()
}

/// The next message that is no heartbeat.
async fn next(stream: &mut Stream) -> wire::WatchComplaintsResponse {
    loop {
        let message = tokio::time::timeout(Duration::from_secs(20), stream.message()).await.expect("a message in time");
        let message = message.unwrap().expect("the stream goes on");
        if !message.heartbeat {
            return message;
        }
    }
}

fn name(message: &wire::WatchComplaintsResponse) -> String {
    message.complaint.as_ref().map(|complaint| complaint.name.clone()).unwrap_or_default()
}

async fn acknowledge(intake: &Intake, complaint: &wire::Complaint) {
    let request = wire::AcknowledgeComplaintRequest {
        request_id: request_id(),
        name: complaint.name.clone(),
        ..wire::AcknowledgeComplaintRequest::default()
    };
    intake.desk("ps-157-001").acknowledge_complaint(request).await.unwrap();
}

#[tokio::test]
async fn a_watcher_sees_what_is_open_then_every_change_and_resumes_without_a_gap() {
    let intake = Intake::start().await;
    let older = registered(&intake, "ps-157-001", wire::Category::Dowry).await;
    let newer = registered(&intake, "ps-157-001", wire::Category::Stalking).await;
    let mut sho = intake.sho("ps-157-001");
    let mut stream = watch(&mut sho, "", "").await;
    let first = next(&mut stream).await;
    assert_eq!(name(&first), newer.name);
    assert_eq!(name(&next(&mut stream).await), older.name);
    let mark = next(&mut stream).await;
    assert!(mark.snapshot_complete && mark.complaint.is_none());

    acknowledge(&intake, &older).await;
    let changed = next(&mut stream).await;
    assert_eq!(changed.complaint.as_ref().unwrap().handling_state(), wire::HandlingState::Acknowledged);
    assert_eq!(name(&changed), older.name);
    drop(stream);

    // What happened while nobody watched.
    registered(&intake, "ps-157-002", wire::Category::Dowry).await;
    let meanwhile = registered(&intake, "ps-157-001", wire::Category::Missing).await;
    let mut stream = watch(&mut sho, "", &changed.resume_token).await;
    assert_eq!(name(&next(&mut stream).await), meanwhile.name);
    // From the mark on, the acknowledgement comes again.
    let mut stream = watch(&mut sho, "", &mark.resume_token).await;
    assert_eq!(name(&next(&mut stream).await), older.name);
    // In the middle of the snapshot: the rest of it, and the mark.
    let mut stream = watch(&mut sho, "", &first.resume_token).await;
    assert_eq!(name(&next(&mut stream).await), older.name);
    assert!(next(&mut stream).await.snapshot_complete);
}

#[tokio::test]
async fn a_watcher_is_told_nothing_that_a_list_hides() {
    let intake = Intake::start().await;
    let mut sho = watch(&mut intake.sho("ps-157-001"), "", "").await;
    let mut head = watch(&mut intake.district("district-157"), "units/circle-157-1", "").await;
    assert!(next(&mut sho).await.snapshot_complete && next(&mut head).await.snapshot_complete);

    let mut hidden = complaint("ps-157-001", wire::Category::DomesticViolence);
    hidden.conflict_with_station = true;
    let hidden = intake.desk("ps-157-001").register_complaint(hidden).await.unwrap().into_inner();
    registered(&intake, "ps-157-002", wire::Category::Dowry).await;
    let seen = registered(&intake, "ps-157-001", wire::Category::Dowry).await;
    assert_eq!(name(&next(&mut sho).await), seen.name);
    let head = [name(&next(&mut head).await), name(&next(&mut head).await)];
    assert_eq!(head, [hidden.name, seen.name]);
}

#[tokio::test]
async fn tokens_fit_their_own_request_and_scope_is_asked_first() {
    let intake = Intake::start().await;
    let mut sho = intake.sho("ps-157-001");
    let mark = next(&mut watch(&mut sho, "", "").await).await;
    let other = wire::WatchComplaintsRequest { parent: "stations/ps-157-001".into(), resume_token: mark.resume_token };
    assert_eq!(refused(sho.watch_complaints(other).await), "INVALID_FIELDS");
    let foreign = wire::WatchComplaintsRequest { parent: "stations/ps-157-002".into(), resume_token: String::new() };
    assert_eq!(refused(sho.watch_complaints(foreign).await), "OUT_OF_SCOPE");
    for mut reader in [intake.desk("ps-157-001"), intake.client("systems/112", "control_room", &["up"], false)] {
        let watch = reader.watch_complaints(wire::WatchComplaintsRequest::default()).await;
        assert_eq!(refused(watch), "PERMISSION_MISSING");
    }
}

#[tokio::test]
async fn a_quiet_stream_says_that_it_lives_and_ends_when_the_service_stops() {
    let intake = Intake::start().await;
    let mut stream = watch(&mut intake.sho("ps-157-001"), "", "").await;
    assert!(next(&mut stream).await.snapshot_complete);
    let message = tokio::time::timeout(Duration::from_secs(15), stream.message()).await.expect("within 15 s");
    let message = message.unwrap().unwrap();
    assert!(message.heartbeat && message.complaint.is_none() && !message.resume_token.is_empty());
    let (end, ()) = tokio::join!(stream.message(), intake.stop());
    assert_eq!(reason(&end.unwrap_err()), "STOPPING");
}
