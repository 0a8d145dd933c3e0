//! Following a cycle.

use std::time::Duration;

use mahila_proto::review::v1 as wire;
use tonic::Streaming;
use wire::{CycleState, ItemState};

use crate::calls::{convene, go_on, reason, refused, sign, wrong_fields};
use crate::harness::{Client, Review};
use crate::tell::{Case, cases, october};

type Stream = Streaming<wire::WatchCycleResponse>;

async fn watch(client: &mut Client, name: &str, resume_token: &str) -> Stream {
    let request = wire::WatchCycleRequest { name: name.into(), resume_token: resume_token.into() };
    client.watch_cycle(request).await.unwrap().into_inner()
}

/// The next message that is no heartbeat.
async fn next(stream: &mut Stream) -> wire::WatchCycleResponse {
    loop {
        let message = tokio::time::timeout(Duration::from_secs(20), stream.message()).await.expect("a message in time");
        let message = message.unwrap().expect("the stream goes on");
        if !message.heartbeat {
            return message;
        }
    }
}

/// Everything up to the mark, and the mark.
async fn snapshot(stream: &mut Stream) -> (Vec<wire::WatchCycleResponse>, wire::WatchCycleResponse) {
    let mut told = Vec::new();
    loop {
        let message = next(stream).await;
        if message.snapshot_complete {
            return (told, message);
        }
        told.push(message);
    }
}

/// Messages until one says that an item is in a state, with it.
async fn until_item(stream: &mut Stream, number: i32, state: ItemState) -> wire::WatchCycleResponse {
    loop {
        let message = next(stream).await;
        if message.item.as_ref().is_some_and(|item| item.number == number && item.state() == state) {
            return message;
        }
    }
}

#[tokio::test]
async fn a_watcher_sees_the_docket_then_every_change_and_resumes_without_a_gap() {
    let review = Review::with_cases(&cases("ps-157-001", 20)).await;
    review.do_due().await;
    let cycle = review.cycle("ps-157-001", october(24)).await.name;
    let mut co = review.co("circle-157-1");
    let mut stream = watch(&mut co, &cycle, "").await;
    let (told, mark) = snapshot(&mut stream).await;
    assert_eq!(told.len(), 1, "planned, and nothing on the docket");
    review.begin(october(24)).await;
    let open = next(&mut stream).await.cycle.expect("the cycle");
    assert_eq!((open.state(), open.selected), (CycleState::Open, 15));
    for number in 1..=15 {
        assert_eq!(next(&mut stream).await.item.expect("a case").number, number);
    }

    let sitting = convene(&review, "ps-157-001", &cycle).await;
    assert_eq!(next(&mut stream).await.cycle.expect("the cycle").state(), CycleState::InSession);
    let mut sho = review.sho("ps-157-001");
    sho.record_decision(go_on(&format!("{cycle}/items/4"))).await.unwrap();
    let decided = until_item(&mut stream, 4, ItemState::Reviewed).await;
    drop(stream);

    // What happened while nobody watched.
    sho.record_decision(go_on(&format!("{cycle}/items/9"))).await.unwrap();
    let mut stream = watch(&mut co, &cycle, &decided.resume_token).await;
    until_item(&mut stream, 9, ItemState::Reviewed).await;
    // From the mark on, everything since.
    let mut stream = watch(&mut co, &cycle, &mark.resume_token).await;
    until_item(&mut stream, 4, ItemState::Reviewed).await;
    until_item(&mut stream, 9, ItemState::Reviewed).await;
    for number in (1..=15).filter(|number| ![4, 9].contains(number)) {
        sho.record_decision(go_on(&format!("{cycle}/items/{number}"))).await.unwrap();
    }
    review.desk("ps-157-001").sign_minutes(sign(&sitting)).await.unwrap();
    loop {
        if let Some(cycle) = next(&mut stream).await.cycle
            && cycle.state() == CycleState::Completed
        {
            assert_eq!((cycle.reviewed, cycle.seed.len()), (15, 32));
            break;
        }
    }
}

#[tokio::test]
async fn a_station_is_told_nothing_of_a_case_to_which_it_is_a_party() {
    let mut all = cases("ps-157-001", 3);
    let review = Review::with_cases(&all).await;
    review.begin(october(24)).await;
    let told: Vec<_> = all[..1].iter_mut().map(Case::hidden).collect();
    review.tell(told).await;
    let cycle = review.cycle("ps-157-001", october(24)).await.name;
    let (of_station, _) = snapshot(&mut watch(&mut review.sho("ps-157-001"), &cycle, "").await).await;
    let (of_circle, _) = snapshot(&mut watch(&mut review.co("circle-157-1"), &cycle, "").await).await;
    assert_eq!((of_station.len(), of_circle.len()), (1 + 2, 1 + 3));
    let complaints: Vec<_> = of_station.into_iter().filter_map(|told| told.item).map(|item| item.complaint).collect();
    assert!(!complaints.contains(&all[0].name()));
}

#[tokio::test]
async fn tokens_fit_their_own_request_and_a_quiet_stream_lives_until_the_service_stops() {
    let review = Review::with_cases(&cases("ps-157-001", 3)).await;
    review.begin(october(24)).await;
    let cycle = review.cycle("ps-157-001", october(24)).await.name;
    let mut sho = review.sho("ps-157-001");
    let mut stream = watch(&mut sho, &cycle, "").await;
    let (_, mark) = snapshot(&mut stream).await;
    let other = review.cycle("ps-157-001", october(31)).await.name;
    let misused = wire::WatchCycleRequest { name: other, resume_token: mark.resume_token };
    assert_eq!(wrong_fields(sho.watch_cycle(misused).await), ["resume_token"]);
    let foreign = review.cycle("ps-157-002", october(24)).await.name;
    let foreign = wire::WatchCycleRequest { name: foreign, resume_token: String::new() };
    assert_eq!(refused(sho.watch_cycle(foreign).await), "OUT_OF_SCOPE");

    let message = tokio::time::timeout(Duration::from_secs(15), stream.message()).await.expect("within 15 s");
    let message = message.unwrap().unwrap();
    assert!(message.heartbeat && message.cycle.is_none() && !message.resume_token.is_empty());
    let (end, ()) = tokio::join!(stream.message(), review.replica.stop());
    assert_eq!(reason(&end.unwrap_err()), "STOPPING");
}
