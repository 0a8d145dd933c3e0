//! Recording a complaint.

use mahila_proto::intake::v1 as wire;
use platform::fields::timestamp;
use wire::ClockCode;

use crate::harness::{Intake, at, clock, complaint, database, refused, registered, request_id, wrong_fields};

#[tokio::test]
async fn a_nameless_complaint_of_four_facts_is_recorded_and_journalled() {
    let intake = Intake::start().await;
    let recorded = registered(&intake, "ps-157-001", wire::Category::DomesticViolence).await;

    assert!(recorded.receipt_no.starts_with("WHD-157-001-20-000001-"), "{}", recorded.receipt_no);
    assert_eq!(recorded.handling_state(), wire::HandlingState::Received);
    assert_eq!(recorded.case_state(), wire::CaseState::None);
    assert_eq!(recorded.etag, "1");
    assert!(!recorded.woman_officer_awaited);
    let codes: Vec<_> = recorded.clocks.iter().map(wire::Clock::code).collect();
    assert_eq!(
        codes,
        [ClockCode::Acknowledge, ClockCode::Triage, ClockCode::FirstAction, ClockCode::Resolve],
        "the next due first"
    );

    let entries: Vec<wire::ComplaintRegistered> = intake.entries("intake.complaint.registered").await;
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].station, "stations/ps-157-001");
    assert_eq!(entries[0].district, "units/district-157");
    assert!(entries[0].recorded_by_woman && !entries[0].imported);
}

#[tokio::test]
async fn all_wrong_fields_are_told_at_once_and_nothing_is_written() {
    let intake = Intake::start().await;
    let status = intake
        .desk("ps-157-001")
        .register_complaint(wire::RegisterComplaintRequest {
            persons: vec![wire::Person { phone: "12".into(), ..wire::Person::default() }],
            captured_at: Some(timestamp(at("2020-10-24 10:00"))),
            ..wire::RegisterComplaintRequest::default()
        })
        .await
        .unwrap_err();
    assert_eq!(
        wrong_fields(&status),
        [
            "request_id",
            "station",
            "channel",
            "category",
            "safe_contact.mode",
            "persons[0].role",
            "persons[0].phone",
            "captured_at"
        ]
    );
    assert!(intake.journal().await.is_empty());
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_other_content_is_refused() {
    let intake = Intake::start().await;
    let mut desk = intake.desk("ps-157-001");
    let request = complaint("ps-157-001", wire::Category::SexualAssault);
    let first = desk.register_complaint(request.clone()).await.unwrap().into_inner();
    intake.advance_to(at("2020-10-23 12:00")).await;
    let again = desk.register_complaint(request.clone()).await.unwrap().into_inner();
    assert_eq!(first, again);
    let other = wire::RegisterComplaintRequest { narrative: "more".into(), ..request };
    assert_eq!(refused(desk.register_complaint(other).await), "REQUEST_ID_REUSED");
    assert_eq!(intake.entries::<wire::ComplaintRegistered>("intake.complaint.registered").await.len(), 1);
}

#[tokio::test]
async fn serials_run_by_station_and_year_without_a_hole_however_many_come_at_once() {
    let intake = Intake::start().await;
    let mut calls = tokio::task::JoinSet::new();
    for n in 0..60 {
        let station = if n % 3 == 0 { "ps-157-002" } else { "ps-157-001" };
        let mut desk = intake.desk(station);
        calls.spawn(async move {
            let answer = desk.register_complaint(complaint(station, wire::Category::Stalking)).await;
            answer.unwrap().into_inner().receipt_no
        });
    }
    let mut numbers = calls.join_all().await;
    numbers.sort_unstable();
    let serials = |front: &str| -> Vec<String> {
        numbers.iter().filter(|no| no.starts_with(front)).map(|no| no[15..21].to_owned()).collect()
    };
    let expected = |many: usize| -> Vec<String> { (1..=many).map(|n| format!("{n:06}")).collect() };
    assert_eq!(serials("WHD-157-001-20-"), expected(40));
    assert_eq!(serials("WHD-157-002-20-"), expected(20));

    intake.advance_to(at("2021-01-01 00:05")).await;
    let next = registered(&intake, "ps-157-001", wire::Category::Stalking).await;
    assert!(next.receipt_no.starts_with("WHD-157-001-21-000001-"), "{}", next.receipt_no);
}

#[tokio::test]
async fn serials_have_no_hole_when_two_replicas_take_lone_ones_in_turn() {
    let database = database().await;
    let replicas = [Intake::on(database.clone(), None).await, Intake::on(database, None).await];
    let mut numbers = Vec::new();
    // A replica's guess of what follows is right after its own, and wrong after the other's.
    for replica in [0, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1] {
        let recorded = registered(&replicas[replica], "ps-157-001", wire::Category::Stalking).await;
        assert_eq!(recorded.clocks.len(), 4);
        numbers.push(recorded.receipt_no[15..21].to_owned());
    }
    assert_eq!(numbers, (1..=12).map(|n| format!("{n:06}")).collect::<Vec<_>>());
    let head = platform::journal::verify(&replicas[0].database.pool).await.unwrap().unwrap();
    assert_eq!(head.seq, 12);
}

#[tokio::test]
async fn a_lone_one_is_what_one_of_many_is() {
    let intake = Intake::start().await;
    let told = || wire::RegisterComplaintRequest {
        persons: vec![wire::Person {
            role: wire::PersonRole::Complainant.into(),
            name: "सरोज".into(),
            phone: "9876543210".into(),
            ..wire::Person::default()
        }],
        narrative: "What she told".into(),
        safe_contact: Some(wire::SafeContact {
            mode: wire::ContactMode::Call.into(),
            from_minute: 600,
            to_minute: 720,
            ..wire::SafeContact::default()
        }),
        ..complaint("ps-157-001", wire::Category::DomesticViolence)
    };
    let mut desk = intake.desk("ps-157-001");
    // The first asks what is there; the second is one statement.
    let first = desk.register_complaint(told()).await.unwrap().into_inner();
    let second = desk.register_complaint(told()).await.unwrap().into_inner();
    let seen = async |name: &str| {
        let asked = wire::GetComplaintRequest { name: name.into() };
        intake.desk("ps-157-001").get_complaint(asked).await.unwrap().into_inner()
    };
    assert_eq!(seen(&first.name).await, first);
    assert_eq!(seen(&second.name).await, second);
    let alike =
        |complaint: wire::Complaint| wire::Complaint { name: String::new(), receipt_no: String::new(), ..complaint };
    assert_eq!(alike(first), alike(second));
    // The command of its transaction that wrote it: after the one that took the serials, or the same, the first.
    let ways: Vec<String> = sqlx::query_scalar("SELECT cmin::text FROM intake.complaints ORDER BY ord")
        .fetch_all(&intake.database.pool)
        .await
        .unwrap();
    assert_eq!(ways, ["1", "0"]);
    for table in ["vault.data_keys", "vault.persons", "vault.narratives", "vault.safe_contacts"] {
        let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        let mut owner = <sqlx::PgConnection as sqlx::Connection>::connect(&intake.database.url).await.unwrap();
        let rows: i64 = sqlx::query_scalar(sql).fetch_one(&mut owner).await.unwrap();
        assert_eq!(rows, 2, "{table}");
    }
}

#[tokio::test]
async fn it_is_never_refused_for_want_of_a_woman_officer() {
    let intake = Intake::start().await;
    let mut sho = intake.sho("ps-157-001");
    let request = complaint("ps-157-001", wire::Category::EveTeasing);
    let recorded = sho.register_complaint(request).await.unwrap().into_inner();
    assert!(recorded.woman_officer_awaited, "BNSS 173(1), first proviso");
    let of_property =
        sho.register_complaint(complaint("ps-157-001", wire::Category::Property)).await.unwrap().into_inner();
    assert!(!of_property.woman_officer_awaited);

    let assign = wire::AssignOfficerRequest {
        request_id: request_id(),
        name: recorded.name.clone(),
        assignee: "posts/ps-157-001-desk".into(),
        ..wire::AssignOfficerRequest::default()
    };
    sho.assign_officer(assign).await.unwrap();
    let met = wire::RecordActionRequest {
        request_id: request_id(),
        name: recorded.name,
        kind: wire::ActionKind::Contacted.into(),
        ..wire::RecordActionRequest::default()
    };
    let met = intake.desk("ps-157-001").record_action(met).await.unwrap().into_inner();
    assert!(!met.woman_officer_awaited, "a woman has met her");
}

#[tokio::test]
async fn a_station_that_the_registry_has_not_told_of_is_unknown() {
    let intake = Intake::start().await;
    let mut desk = intake.desk("ps-157-099");
    let answer = desk.register_complaint(complaint("ps-157-099", wire::Category::Dowry)).await;
    assert_eq!(refused(answer), "STATION_UNKNOWN");
}

#[tokio::test]
async fn limits_run_from_the_earliest_word() {
    let intake = Intake::start().await;
    let mut desk = intake.desk("ps-157-001");
    let visit = wire::RecordVisitRequest {
        request_id: request_id(),
        station: "stations/ps-157-001".into(),
        outcome: wire::VisitOutcome::Complaint.into(),
        arrived_at: Some(timestamp(at("2020-10-23 09:10"))),
        ..wire::RecordVisitRequest::default()
    };
    let visit = desk.record_visit(visit).await.unwrap().into_inner().visit;
    let from_visit = wire::RegisterComplaintRequest {
        visit: visit.clone(),
        ..complaint("ps-157-001", wire::Category::SexualAssault)
    };
    let recorded = desk.register_complaint(from_visit.clone()).await.unwrap().into_inner();
    assert_eq!(recorded.first_word_at, Some(timestamp(at("2020-10-23 09:10"))));
    let medical = clock(&recorded, ClockCode::Medical).unwrap();
    assert_eq!(medical.due_at, Some(timestamp(at("2020-10-24 09:10"))), "24 hours from her arrival");
    assert!(medical.statutory);
    let triage = clock(&recorded, ClockCode::Triage).unwrap();
    assert_eq!(triage.due_at, Some(timestamp(at("2020-10-23 09:40"))), "critical: 30 minutes");
    assert!(clock(&recorded, ClockCode::ChildReport).is_some(), "of unknown age is of age to nobody");

    let earlier = wire::RegisterComplaintRequest {
        request_id: request_id(),
        captured_at: Some(timestamp(at("2020-10-23 08:00"))),
        ..from_visit.clone()
    };
    let recorded = desk.register_complaint(earlier).await.unwrap().into_inner();
    assert_eq!(recorded.first_word_at, Some(timestamp(at("2020-10-23 08:00"))));
    assert_eq!(recorded.received_at, Some(timestamp(at("2020-10-23 10:00"))));

    let elsewhere = wire::RegisterComplaintRequest {
        request_id: request_id(),
        station: "stations/ps-157-002".into(),
        ..from_visit
    };
    assert_eq!(refused(intake.desk("ps-157-002").register_complaint(elsewhere).await), "NOT_FOUND");
}

#[tokio::test]
async fn a_lead_of_a_campaign_comes_with_her_consent_and_names_its_event() {
    let intake = Intake::start().await;
    let mut desk = intake.desk("ps-157-001");
    let event = format!("campaigns/{}/events/{}", uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
    let lead = |consent: bool, event: &str| wire::RegisterComplaintRequest {
        channel: wire::Channel::Campaign.into(),
        consent,
        campaign_event: event.into(),
        ..complaint("ps-157-001", wire::Category::DomesticViolence)
    };
    let status = desk.register_complaint(lead(false, "")).await.unwrap_err();
    assert_eq!(wrong_fields(&status), ["consent", "campaign_event"]);
    let status = desk.register_complaint(lead(true, "campaigns/one")).await.unwrap_err();
    assert_eq!(wrong_fields(&status), ["campaign_event"]);
    let walked_in = wire::RegisterComplaintRequest { channel: wire::Channel::WalkIn.into(), ..lead(true, &event) };
    let status = desk.register_complaint(walked_in).await.unwrap_err();
    assert_eq!(wrong_fields(&status), ["consent", "campaign_event"]);

    let request = lead(true, &event);
    let recorded = desk.register_complaint(request.clone()).await.unwrap().into_inner();
    assert_eq!((recorded.channel(), recorded.campaign_event.as_str()), (wire::Channel::Campaign, event.as_str()));
    assert_eq!(desk.register_complaint(request).await.unwrap().into_inner(), recorded);
    let read = desk.get_complaint(wire::GetComplaintRequest { name: recorded.name.clone() }).await.unwrap();
    assert_eq!(read.into_inner(), recorded, "it is kept");
    for entry in intake.journal().await {
        let payload = String::from_utf8_lossy(&entry.payload).into_owned();
        assert!(!payload.contains("campaigns/"), "{} names where she was", entry.kind);
    }
}
