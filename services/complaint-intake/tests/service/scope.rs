//! Who may do what, where; and what a station is a party to is hidden from it.

use mahila_proto::intake::v1 as wire;

use crate::harness::{Client, Intake, complaint, day, refused, registered, request_id};

macro_rules! reason {
    ($call:expr) => {
        match $call.await {
            Ok(_) => "OK".to_owned(),
            Err(status) => crate::harness::reason(&status),
        }
    };
}

/// Every step on a complaint, each as a caller of the right role would ask for it.
macro_rules! steps {
    ($client:expr, $name:expr) => {{
        let (client, name): (&mut Client, String) = ($client, $name);
        [
            (
                "acknowledge",
                reason!(client.acknowledge_complaint(wire::AcknowledgeComplaintRequest {
                    request_id: request_id(),
                    name: name.clone(),
                    ..Default::default()
                })),
            ),
            ("receipt", reason!(client.get_receipt(wire::GetReceiptRequest { name: name.clone() }))),
            (
                "assign",
                reason!(client.assign_officer(wire::AssignOfficerRequest {
                    request_id: request_id(),
                    name: name.clone(),
                    assignee: "posts/io".into(),
                    ..Default::default()
                })),
            ),
            (
                "triage",
                reason!(client.triage_complaint(wire::TriageComplaintRequest {
                    request_id: request_id(),
                    name: name.clone(),
                    category: wire::Category::Dowry.into(),
                    risk: wire::Risk::Low.into(),
                    ..Default::default()
                })),
            ),
            (
                "legal_action",
                reason!(client.record_legal_action(wire::RecordLegalActionRequest {
                    request_id: request_id(),
                    name: name.clone(),
                    kind: wire::LegalActionKind::GdEntry.into(),
                    number: "GD 1".into(),
                    ..Default::default()
                })),
            ),
            (
                "action",
                reason!(client.record_action(wire::RecordActionRequest {
                    request_id: request_id(),
                    name: name.clone(),
                    kind: wire::ActionKind::SiteVisit.into(),
                    note: "words".into(),
                    ..Default::default()
                })),
            ),
            (
                "feedback",
                reason!(client.record_feedback(wire::RecordFeedbackRequest {
                    request_id: request_id(),
                    name: name.clone(),
                    reached: true,
                    note: "words".into(),
                    ..Default::default()
                })),
            ),
            (
                "reveal",
                reason!(client.reveal_identity(wire::RevealIdentityRequest {
                    name: name.clone(),
                    purpose: mahila_proto::r#type::v1::Purpose::Contact.into(),
                    reason: "r".into(),
                })),
            ),
        ]
    }};
}

#[tokio::test]
async fn foreign_and_missing_complaints_get_the_same_answer_from_every_method() {
    let intake = Intake::start().await;
    let theirs = registered(&intake, "ps-157-001", wire::Category::Dowry).await;
    let missing = format!("complaints/{}", uuid::Uuid::new_v4());
    let before = intake.journal().await.len();
    for (role, unit) in [
        ("desk_officer", "ps-157-002"),
        ("station_house_officer", "ps-157-002"),
        ("circle_officer", "circle-157-2"),
        ("district_head", "district-164"),
        ("feedback_caller", "district-164"),
    ] {
        let mut stranger = intake.client("posts/stranger", role, &[unit], true);
        for name in [&theirs.name, &missing] {
            for (step, reason) in steps!(&mut stranger, name.clone()) {
                assert!(
                    reason == "OUT_OF_SCOPE" || reason == "PERMISSION_MISSING",
                    "{step} by {role} of {unit}: {reason}"
                );
            }
        }
        let foreign = steps!(&mut stranger, theirs.name.clone());
        let absent = steps!(&mut stranger, missing.clone());
        assert_eq!(foreign, absent, "whether it exists is not told");
    }
    let mut stranger = intake.desk("ps-157-002");
    assert_eq!(
        refused(stranger.register_complaint(complaint("ps-157-001", wire::Category::Dowry)).await),
        "OUT_OF_SCOPE"
    );
    let mut stranger = intake.sho("ps-157-002");
    let import = wire::ImportRegisterRequest {
        request_id: request_id(),
        station: "stations/ps-157-001".into(),
        rows: vec![wire::RegisterRow {
            register_no: "1".into(),
            received_on: Some(day(2020, 1, 1)),
            category: wire::Category::Dowry.into(),
            ..wire::RegisterRow::default()
        }],
        validate_only: false,
    };
    assert_eq!(refused(stranger.import_register(import).await), "OUT_OF_SCOPE");
    assert_eq!(intake.journal().await.len(), before, "nothing was done, and nobody read anything");
}

#[tokio::test]
async fn every_method_asks_for_its_role() {
    let intake = Intake::start().await;
    let theirs = registered(&intake, "ps-157-001", wire::Category::Dowry).await;
    for role in ["control_room", "public_reader", "auditor"] {
        let mut client = intake.client("posts/nobody", role, &["up"], true);
        for (step, reason) in steps!(&mut client, theirs.name.clone()) {
            assert_eq!(reason, "PERMISSION_MISSING", "{step} by {role}");
        }
        let register = client.register_complaint(complaint("ps-157-001", wire::Category::Dowry)).await;
        assert_eq!(refused(register), "PERMISSION_MISSING");
        let import = client.import_register(wire::ImportRegisterRequest::default()).await;
        assert_eq!(refused(import), "PERMISSION_MISSING");
    }
    let mut desk = intake.desk("ps-157-001");
    let allowed: Vec<_> =
        steps!(&mut desk, theirs.name.clone()).into_iter().filter(|(_, reason)| reason == "OK").collect();
    let names: Vec<_> = allowed.iter().map(|(step, _)| *step).collect();
    assert_eq!(names, ["acknowledge", "receipt", "action", "reveal"]);
}

#[tokio::test]
async fn a_complaint_against_its_station_is_hidden_from_it_and_reaches_the_circle() {
    let intake = Intake::start().await;
    let against = registered(&intake, "ps-157-001", wire::Category::PoliceConduct).await;
    assert!(against.conflict_with_station, "always so for the conduct of the police");
    let mut request = complaint("ps-157-001", wire::Category::DomesticViolence);
    request.conflict_with_station = true;
    let of_constables_wife = intake.desk("ps-157-001").register_complaint(request).await.unwrap().into_inner();

    for hidden in [&against, &of_constables_wife] {
        for role in ["desk_officer", "station_house_officer", "feedback_caller"] {
            let mut own = intake.client("posts/own", role, &["ps-157-001"], true);
            for (step, reason) in steps!(&mut own, hidden.name.clone()) {
                assert!(reason == "OUT_OF_SCOPE" || reason == "PERMISSION_MISSING", "{step} by {role}: {reason}");
            }
        }
        let mut circle = intake.client("posts/co", "circle_officer", &["circle-157-1"], false);
        let reasons = steps!(&mut circle, hidden.name.clone());
        for (step, reason) in reasons {
            let expected = if step == "feedback" { "PERMISSION_MISSING" } else { "OK" };
            assert_eq!(reason, expected, "{step}");
        }
    }

    for entry in intake.journal().await {
        assert!(!String::from_utf8_lossy(&entry.payload).contains("ps-157-001"), "{} names the station", entry.kind);
    }
    let entries: Vec<wire::ComplaintRegistered> = intake.entries("intake.complaint.registered").await;
    assert!(entries.iter().all(|entry| entry.station.is_empty() && entry.district == "units/district-157"));
}

#[tokio::test]
async fn a_conflict_found_at_triage_takes_the_complaint_from_the_station_and_its_figures() {
    let intake = Intake::start().await;
    let theirs = registered(&intake, "ps-157-001", wire::Category::Other).await;
    let triage = |category: wire::Category| wire::TriageComplaintRequest {
        request_id: request_id(),
        name: theirs.name.clone(),
        category: category.into(),
        risk: wire::Risk::Medium.into(),
        ..wire::TriageComplaintRequest::default()
    };
    let mut sho = intake.sho("ps-157-001");
    let triaged = sho.triage_complaint(triage(wire::Category::PoliceConduct)).await.unwrap().into_inner();
    assert!(triaged.conflict_with_station);
    assert_eq!(refused(sho.triage_complaint(triage(wire::Category::Other)).await), "OUT_OF_SCOPE");
    let again =
        intake.district("district-157").triage_complaint(triage(wire::Category::Other)).await.unwrap().into_inner();
    assert!(again.conflict_with_station, "no later category takes it back");

    let entries: Vec<wire::ComplaintTriaged> = intake.entries("intake.complaint.triaged").await;
    let places: Vec<_> = entries
        .iter()
        .map(|entry| {
            (entry.place.as_ref().unwrap().station.as_str(), entry.counted_before.as_ref().map(|p| p.station.as_str()))
        })
        .collect();
    assert_eq!(places, [("", Some("stations/ps-157-001")), ("", None)]);
    let (moved, stays) = (&entries[0], &entries[1]);
    assert_eq!((moved.channel(), moved.recorded_by_woman), (wire::Channel::WalkIn, true));
    assert_eq!(moved.handling_state_before(), wire::HandlingState::Received);
    assert_eq!((stays.channel, stays.handling_state_before, stays.recorded_by_woman), (0, 0, false));
}

#[tokio::test]
async fn inside_a_station_a_colleague_can_neither_touch_nor_open_what_another_recorded() {
    let intake = Intake::start().await;
    let theirs = registered(&intake, "ps-157-001", wire::Category::DomesticViolence).await;
    let mut colleague = intake.client("posts/ps-157-001-desk-2", "desk_officer", &["ps-157-001"], true);
    for (step, reason) in steps!(&mut colleague, theirs.name.clone()) {
        assert!(reason == "OUT_OF_SCOPE" || reason == "PERMISSION_MISSING", "{step}: {reason}");
    }
    let assign = wire::AssignOfficerRequest {
        request_id: request_id(),
        name: theirs.name.clone(),
        assignee: "posts/ps-157-001-desk-2".into(),
        ..wire::AssignOfficerRequest::default()
    };
    intake.sho("ps-157-001").assign_officer(assign).await.unwrap();
    let allowed = steps!(&mut colleague, theirs.name).into_iter().filter(|(_, reason)| reason == "OK").count();
    assert_eq!(allowed, 4, "it is hers now");
}
