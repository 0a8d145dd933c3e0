//! What reviews decide, as it takes effect: followed from a real feed.

mod faults;
mod review;

use mahila_proto::intake::v1 as wire;
use mahila_proto::review::v1::DecisionKind;
use mahila_proto::review::v1::DecisionKind::{ChangeOfficer, Counsel, RegisterFir};
use uuid::Uuid;
use wire::{ActionKind, Category, HandlingState, LegalActionKind};

use self::review::{Review, decided};
use crate::harness::{Intake, complaint, database, day, registered, request_id};

async fn get(intake: &Intake, name: &str) -> wire::Complaint {
    let request = wire::GetComplaintRequest { name: name.into() };
    intake.district("district-157").get_complaint(request).await.unwrap().into_inner()
}

async fn act(intake: &Intake, name: &str, kind: ActionKind) {
    let request = wire::RecordActionRequest {
        request_id: request_id(),
        name: name.into(),
        kind: kind.into(),
        ..wire::RecordActionRequest::default()
    };
    intake.sho("ps-157-001").record_action(request).await.unwrap();
}

async fn assign(intake: &Intake, name: &str) {
    let request = wire::AssignOfficerRequest {
        request_id: request_id(),
        name: name.into(),
        assignee: "posts/io".into(),
        ..wire::AssignOfficerRequest::default()
    };
    intake.sho("ps-157-001").assign_officer(request).await.unwrap();
}

/// Triaged, and something done: it has come to an outcome.
async fn acted_upon(intake: &Intake) -> String {
    let name = registered(intake, "ps-157-001", Category::FamilyDispute).await.name;
    let triage = wire::TriageComplaintRequest {
        request_id: request_id(),
        name: name.clone(),
        category: Category::FamilyDispute.into(),
        risk: wire::Risk::Low.into(),
        ..wire::TriageComplaintRequest::default()
    };
    intake.sho("ps-157-001").triage_complaint(triage).await.unwrap();
    act(intake, &name, ActionKind::SiteVisit).await;
    name
}

async fn work(intake: &Intake) -> Vec<wire::WorkItem> {
    let everything = wire::ListMyWorkRequest::default();
    intake.sho("ps-157-001").list_my_work(everything).await.unwrap().into_inner().items
}

async fn taken(intake: &Intake) -> Vec<(DecisionKind, bool)> {
    let entries: Vec<wire::DirectionTaken> = intake.entries("intake.direction.taken").await;
    assert!(entries.iter().all(|entry| entry.place.is_some() && entry.day == Some(day(2020, 10, 23))));
    entries.iter().map(|entry| (entry.kind(), entry.changed_state)).collect()
}

/// An intake that follows a review, on a database of its own.
async fn following(review: &Review) -> Intake {
    Intake::on(database().await, Some(review.url())).await
}

#[tokio::test]
async fn a_decision_stands_on_its_complaint_until_something_answers_it() {
    let review = Review::start().await;
    let intake = following(&review).await;
    let name = registered(&intake, "ps-157-001", Category::Dowry).await.name;
    let etag = get(&intake, &name).await.etag;
    let kinds = [
        DecisionKind::Continue,
        DecisionKind::RegisterFir,
        DecisionKind::ChangeOfficer,
        DecisionKind::Expedite,
        DecisionKind::Refer,
        DecisionKind::Counsel,
        DecisionKind::OutcomeSound,
        DecisionKind::DisciplineEnquiry,
    ];
    let ids = kinds.map(|_| Uuid::new_v4());
    review.tell(ids.iter().zip(kinds).map(|(id, kind)| decided(&name, *id, kind))).await;
    review.until_followed(&intake).await;

    let directed = get(&intake, &name).await;
    assert_ne!(directed.etag, etag);
    let standing: Vec<_> = directed.directions.iter().map(|one| (one.kind(), one.followed)).collect();
    let standing_kinds = &kinds[1..kinds.len() - 1];
    let expected: Vec<_> = standing_kinds.iter().map(|kind| (*kind, *kind == DecisionKind::OutcomeSound)).collect();
    assert_eq!(standing, expected, "all but the one that goes on as before and the enquiry into an officer");
    let first = &directed.directions[0];
    assert_eq!((first.decision.as_str(), first.day), (ids[1].to_string().as_str(), Some(day(2020, 10, 22))));
    assert_eq!(first.level(), mahila_proto::review::v1::ReviewLevel::Circle);
    assert_eq!(taken(&intake).await, standing_kinds.iter().map(|kind| (*kind, false)).collect::<Vec<_>>());

    let open = async || {
        let complaint = get(&intake, &name).await;
        complaint.directions.iter().filter(|one| !one.followed).map(wire::Direction::kind).collect::<Vec<_>>()
    };
    act(&intake, &name, ActionKind::Contacted).await;
    assert_eq!(open().await.len(), 5, "a call answers nothing");
    act(&intake, &name, ActionKind::Referred).await;
    assert_eq!(open().await, [RegisterFir, ChangeOfficer, Counsel]);
    assign(&intake, &name).await;
    assert_eq!(open().await, [RegisterFir, Counsel]);
    act(&intake, &name, ActionKind::Counselled).await;
    let fir = wire::RecordLegalActionRequest {
        request_id: request_id(),
        name: name.clone(),
        kind: LegalActionKind::ZeroFir.into(),
        number: "0/2020".into(),
        ..wire::RecordLegalActionRequest::default()
    };
    let answer = intake.sho("ps-157-001").record_legal_action(fir).await.unwrap().into_inner();
    assert!(open().await.is_empty());
    assert_eq!(answer.directions, get(&intake, &name).await.directions, "a step answers as a read does");
}

#[tokio::test]
async fn what_nobody_followed_is_work_also_where_no_limit_runs() {
    let review = Review::start().await;
    let intake = following(&review).await;
    let import = wire::ImportRegisterRequest {
        request_id: request_id(),
        station: "stations/ps-157-001".into(),
        rows: vec![wire::RegisterRow {
            register_no: "7".into(),
            received_on: Some(day(2020, 9, 1)),
            category: Category::Dowry.into(),
            ..wire::RegisterRow::default()
        }],
        validate_only: false,
    };
    let imported = intake.sho("ps-157-001").import_register(import).await.unwrap().into_inner().complaints.remove(0);
    let newer = registered(&intake, "ps-157-001", Category::Dowry).await.name;
    let names = async || -> Vec<String> {
        work(&intake).await.into_iter().filter_map(|item| item.complaint).map(|one| one.name).collect()
    };
    assert_eq!(names().await, std::slice::from_ref(&newer), "of a paper register's line no limit runs");

    review.tell([decided(&imported, Uuid::new_v4(), DecisionKind::ChangeOfficer)]).await;
    review.until_followed(&intake).await;
    assert_eq!(names().await, [imported.clone(), newer.clone()], "what was directed is due from its day on");
    let first = work(&intake).await.remove(0);
    assert_eq!(first.next, None);
    assert_eq!(first.complaint.unwrap().directions[0].kind(), DecisionKind::ChangeOfficer);
    act(&intake, &imported, ActionKind::SiteVisit).await;
    assert_eq!(names().await[0], imported, "that is not what was directed");
    assign(&intake, &imported).await;
    assert_eq!(names().await, [newer]);
}

#[tokio::test]
async fn what_had_come_to_an_outcome_is_opened_again_and_the_rest_goes_on() {
    let review = Review::start().await;
    let intake = following(&review).await;
    let (done, in_work) = (acted_upon(&intake).await, registered(&intake, "ps-157-001", Category::Dowry).await.name);
    let moved = async || intake.entries::<wire::ComplaintMoved>("intake.complaint.moved").await.len();
    let before = moved().await;
    review.tell([&done, &in_work].map(|name| decided(name, Uuid::new_v4(), DecisionKind::Reopen))).await;
    review.until_followed(&intake).await;

    assert_eq!(get(&intake, &done).await.handling_state(), HandlingState::Reopened);
    assert_eq!(get(&intake, &in_work).await.handling_state(), HandlingState::Received);
    assert_eq!(taken(&intake).await, [(DecisionKind::Reopen, true), (DecisionKind::Reopen, false)]);
    let entries: Vec<wire::ComplaintMoved> = intake.entries("intake.complaint.moved").await;
    assert_eq!(entries.len(), before + 1);
    assert_eq!(entries[before].to(), HandlingState::Reopened);
    let journal = intake.journal().await;
    let by_review = journal.iter().filter(|entry| entry.actor == "services/review-scheduling").count();
    assert_eq!(by_review, 3, "two directions and the state that one of them changed");

    // The handling goes on as after any other reopening.
    act(&intake, &done, ActionKind::MovedToSafety).await;
    let acted = get(&intake, &done).await;
    assert_eq!(acted.handling_state(), HandlingState::ActionTaken);
    assert!(acted.directions[0].followed);
}

#[tokio::test]
async fn a_decision_that_means_nothing_here_is_passed_over_and_the_next_takes_effect() {
    let review = Review::start().await;
    let intake = following(&review).await;
    let name = registered(&intake, "ps-157-001", Category::Dowry).await.name;
    let unspecified = decided(&name, Uuid::new_v4(), DecisionKind::Unspecified);
    let nowhere = format!("complaints/{}", Uuid::new_v4());
    review
        .tell([
            decided(&nowhere, Uuid::new_v4(), DecisionKind::Reopen),
            decided("complaints/none", Uuid::new_v4(), DecisionKind::Reopen),
            unspecified,
            decided(&name, Uuid::new_v4(), DecisionKind::Expedite),
        ])
        .await;
    review.until_followed(&intake).await;
    assert_eq!(taken(&intake).await, [(DecisionKind::Expedite, false)]);
    assert_eq!(get(&intake, &name).await.directions.len(), 1);
}

#[tokio::test]
async fn a_station_that_is_a_party_to_it_is_not_named_when_a_decision_takes_effect() {
    let review = Review::start().await;
    let intake = following(&review).await;
    let against = wire::RegisterComplaintRequest {
        conflict_with_station: true,
        ..complaint("ps-157-001", Category::DomesticViolence)
    };
    let name = intake.desk("ps-157-001").register_complaint(against).await.unwrap().into_inner().name;
    review.tell([decided(&name, Uuid::new_v4(), DecisionKind::ChangeOfficer)]).await;
    review.until_followed(&intake).await;
    let entries: Vec<wire::DirectionTaken> = intake.entries("intake.direction.taken").await;
    let place = entries[0].place.as_ref().unwrap();
    assert_eq!((place.station.as_str(), place.district.as_str()), ("", "units/district-157"));
    assert!(work(&intake).await.is_empty(), "hidden from the station's work as well");
}

#[tokio::test]
async fn whoever_watches_is_told_of_it() {
    let review = Review::start().await;
    let intake = following(&review).await;
    let name = registered(&intake, "ps-157-001", Category::Dowry).await.name;
    let mut sho = intake.sho("ps-157-001");
    let mut stream = sho.watch_complaints(wire::WatchComplaintsRequest::default()).await.unwrap().into_inner();
    while !stream.message().await.unwrap().expect("it goes on").snapshot_complete {}
    review.tell([decided(&name, Uuid::new_v4(), DecisionKind::Expedite)]).await;
    let told = async {
        loop {
            let message = stream.message().await.unwrap().expect("it goes on");
            if let Some(complaint) = message.complaint {
                return complaint;
            }
        }
    };
    let told = tokio::time::timeout(std::time::Duration::from_secs(20), told).await.expect("it is told");
    assert_eq!((told.name, told.directions.len()), (name, 1));
}
