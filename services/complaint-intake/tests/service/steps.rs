//! From the first word to the end: handling and case side by side.

use mahila_proto::intake::v1 as wire;

use crate::harness::{Client, Intake, at, clock, reason, refused, registered, request_id};
use wire::{ActionKind, CaseState, Category, ClockCode, HandlingState, LegalActionKind};

async fn triage(client: &mut Client, name: &str, category: Category, sections: &[&str]) -> wire::Complaint {
    let request = wire::TriageComplaintRequest {
        request_id: request_id(),
        name: name.into(),
        category: category.into(),
        risk: wire::Risk::Medium.into(),
        law_sections: sections.iter().map(|section| (*section).to_owned()).collect(),
        ..wire::TriageComplaintRequest::default()
    };
    client.triage_complaint(request).await.unwrap().into_inner()
}

fn acted(name: &str, kind: ActionKind) -> wire::RecordActionRequest {
    wire::RecordActionRequest {
        request_id: request_id(),
        name: name.into(),
        kind: kind.into(),
        ..wire::RecordActionRequest::default()
    }
}

fn legal(name: &str, kind: LegalActionKind, number: &str) -> wire::RecordLegalActionRequest {
    wire::RecordLegalActionRequest {
        request_id: request_id(),
        name: name.into(),
        kind: kind.into(),
        number: number.into(),
        ..wire::RecordLegalActionRequest::default()
    }
}

fn satisfied(name: &str) -> wire::RecordFeedbackRequest {
    wire::RecordFeedbackRequest {
        request_id: request_id(),
        name: name.into(),
        reached: true,
        satisfied: true,
        private: true,
        ..wire::RecordFeedbackRequest::default()
    }
}

#[tokio::test]
async fn a_complaint_without_an_fir_ends_with_her_word_in_private() {
    let intake = Intake::start().await;
    let (mut desk, mut sho, mut caller) =
        (intake.desk("ps-157-001"), intake.sho("ps-157-001"), intake.caller("district-157"));
    let complaint = registered(&intake, "ps-157-001", Category::FamilyDispute).await;
    let name = complaint.name;

    assert_eq!(refused(caller.record_feedback(satisfied(&name)).await), "STATE_FORBIDS");
    let acknowledge = wire::AcknowledgeComplaintRequest {
        request_id: request_id(),
        name: name.clone(),
        etag: complaint.etag,
        receipt_taken: false,
    };
    let acknowledged = desk.acknowledge_complaint(acknowledge.clone()).await.unwrap().into_inner();
    assert_eq!(acknowledged.handling_state(), HandlingState::Acknowledged);
    let again = wire::AcknowledgeComplaintRequest { request_id: request_id(), etag: String::new(), ..acknowledge };
    assert_eq!(refused(desk.acknowledge_complaint(again).await), "STATE_FORBIDS");

    let triaged = triage(&mut sho, &name, Category::DomesticViolence, &["BNS 85", "BNS 85"]).await;
    assert_eq!((triaged.handling_state(), triaged.law_sections), (HandlingState::Triaged, vec!["BNS 85".to_owned()]));
    let called = desk.record_action(acted(&name, ActionKind::Contacted)).await.unwrap().into_inner();
    assert_eq!(called.handling_state(), HandlingState::Triaged, "to have phoned her is no action");
    let helped = desk.record_action(acted(&name, ActionKind::MovedToSafety)).await.unwrap().into_inner();
    assert_eq!(helped.handling_state(), HandlingState::ActionTaken);
    assert!(clock(&helped, ClockCode::Feedback).unwrap().stopped_at.is_none());

    // Not alone, not reached, or asked by a man: her "yes" does not count.
    let not_alone = wire::RecordFeedbackRequest { private: false, ..satisfied(&name) };
    let still = caller.record_feedback(not_alone).await.unwrap().into_inner();
    assert_eq!(still.handling_state(), HandlingState::ActionTaken);
    let not_reached = wire::RecordFeedbackRequest { reached: false, ..satisfied(&name) };
    let still = caller.record_feedback(not_reached).await.unwrap().into_inner();
    assert_eq!(still.handling_state(), HandlingState::ActionTaken);
    let mut man = intake.client("posts/man", "feedback_caller", &["district-157"], false);
    let still = man.record_feedback(satisfied(&name)).await.unwrap().into_inner();
    assert_eq!(still.handling_state(), HandlingState::ActionTaken);

    let not_satisfied = wire::RecordFeedbackRequest { satisfied: false, ..satisfied(&name) };
    let reopened = caller.record_feedback(not_satisfied).await.unwrap().into_inner();
    assert_eq!(reopened.handling_state(), HandlingState::Reopened);
    let helped = desk.record_action(acted(&name, ActionKind::SiteVisit)).await.unwrap().into_inner();
    assert_eq!(helped.handling_state(), HandlingState::ActionTaken);
    let disposed = caller.record_feedback(satisfied(&name)).await.unwrap().into_inner();
    assert_eq!(disposed.handling_state(), HandlingState::Disposed);
    assert!(disposed.clocks.iter().all(|clock| clock.stopped_at.is_some()), "nothing runs any more");
    assert_eq!(refused(desk.record_action(acted(&name, ActionKind::SiteVisit)).await), "STATE_FORBIDS");

    let moved: Vec<wire::ComplaintMoved> = intake.entries("intake.complaint.moved").await;
    let states: Vec<_> = moved.iter().map(wire::ComplaintMoved::to).collect();
    let expected = [
        HandlingState::Acknowledged,
        HandlingState::Triaged,
        HandlingState::ActionTaken,
        HandlingState::Reopened,
        HandlingState::ActionTaken,
        HandlingState::Disposed,
    ];
    assert_eq!(states, expected);
    let feedback: Vec<wire::FeedbackRecorded> = intake.entries("intake.feedback.recorded").await;
    assert_eq!(feedback.iter().filter(|entry| entry.satisfied).count(), 1, "only what counts is counted");
}

#[tokio::test]
async fn an_fir_is_not_the_end_her_word_waits_for_the_final_report() {
    let intake = Intake::start().await;
    let (mut desk, mut sho, mut caller) =
        (intake.desk("ps-157-001"), intake.sho("ps-157-001"), intake.caller("district-157"));
    let name = registered(&intake, "ps-157-001", Category::Dowry).await.name;
    triage(&mut sho, &name, Category::Dowry, &["IPC 498A"]).await;
    let fir = sho.record_legal_action(legal(&name, LegalActionKind::Fir, "0123/2020")).await.unwrap().into_inner();
    assert_eq!((fir.handling_state(), fir.case_state()), (HandlingState::Triaged, CaseState::Fir));
    assert!(clock(&fir, ClockCode::FirCopy).unwrap().stopped_at.is_none(), "forthwith (BNSS 173(2))");
    assert!(clock(&fir, ClockCode::Resolve).unwrap().stopped_at.is_some(), "with an FIR the case has its own limits");
    assert_eq!(
        refused(sho.record_legal_action(legal(&name, LegalActionKind::Fir, "0124/2020")).await),
        "STATE_FORBIDS"
    );

    desk.record_action(acted(&name, ActionKind::SiteVisit)).await.unwrap();
    let waiting = caller.record_feedback(satisfied(&name)).await.unwrap().into_inner();
    assert_eq!(waiting.handling_state(), HandlingState::ActionTaken, "she is satisfied, the case is open");
    assert!(clock(&waiting, ClockCode::Feedback).unwrap().stopped_at.is_some());
    let ended =
        sho.record_legal_action(legal(&name, LegalActionKind::FinalReport, "CS 55/2020")).await.unwrap().into_inner();
    assert_eq!((ended.handling_state(), ended.case_state()), (HandlingState::Disposed, CaseState::FinalReport));
}

#[tokio::test]
async fn whoever_did_the_work_may_not_check_it() {
    let intake = Intake::start().await;
    let mut sho = intake.sho("ps-157-001");
    let name = registered(&intake, "ps-157-001", Category::Stalking).await.name;
    triage(&mut sho, &name, Category::Stalking, &[]).await;
    // The same post acts as a district head and then asks as a caller.
    let mut resolver = intake.client("posts/both", "district_head", &["district-157"], true);
    resolver.record_action(acted(&name, ActionKind::RespondentWarned)).await.unwrap();
    let mut same = intake.client("posts/both", "feedback_caller", &["district-157"], true);
    assert_eq!(refused(same.record_feedback(satisfied(&name)).await), "SAME_PERSON");
    let mut of_station = intake.client("posts/other", "feedback_caller", &["ps-157-001"], true);
    assert_eq!(refused(of_station.record_feedback(satisfied(&name)).await), "SAME_PERSON", "from outside the station");
    let mut recorder = intake.client("posts/ps-157-001-desk", "feedback_caller", &["district-157"], true);
    assert_eq!(refused(recorder.record_feedback(satisfied(&name)).await), "SAME_PERSON");
    let assign = wire::AssignOfficerRequest {
        request_id: request_id(),
        name: name.clone(),
        assignee: "posts/district-157-caller".into(),
        ..wire::AssignOfficerRequest::default()
    };
    sho.assign_officer(assign).await.unwrap();
    assert_eq!(refused(intake.caller("district-157").record_feedback(satisfied(&name)).await), "SAME_PERSON");
}

#[tokio::test]
async fn a_stale_etag_is_aborted_with_both_values() {
    let intake = Intake::start().await;
    let name = registered(&intake, "ps-157-001", Category::Stalking).await.name;
    let mut sho = intake.sho("ps-157-001");
    let assign = |etag: &str, post: &str| wire::AssignOfficerRequest {
        request_id: request_id(),
        name: name.clone(),
        etag: etag.into(),
        assignee: format!("posts/{post}"),
    };
    let first = sho.assign_officer(assign("1", "one")).await.unwrap().into_inner();
    assert_eq!((first.etag.as_str(), first.assignee.as_str()), ("2", "posts/one"));
    let status = sho.assign_officer(assign("1", "two")).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (tonic::Code::Aborted, "ETAG_MISMATCH"));
    let info = tonic_types::StatusExt::get_details_error_info(&status).unwrap();
    assert_eq!((info.metadata["sent"].as_str(), info.metadata["stored"].as_str()), ("1", "2"));
    let entries: Vec<wire::ComplaintAssigned> = intake.entries("intake.complaint.assigned").await;
    assert_eq!(entries.iter().map(|entry| entry.first).collect::<Vec<_>>(), [true]);
}

#[tokio::test]
async fn a_number_carries_no_name_and_stands_once() {
    let intake = Intake::start().await;
    let mut sho = intake.sho("ps-157-001");
    let name = registered(&intake, "ps-157-001", Category::Stalking).await.name;
    for bad in ["", "Saroj Devi", "सरोज 1", "1;2"] {
        assert_eq!(
            refused(sho.record_legal_action(legal(&name, LegalActionKind::GdEntry, bad)).await),
            "INVALID_FIELDS"
        );
    }
    let mut tomorrow = legal(&name, LegalActionKind::GdEntry, "GD 7");
    tomorrow.day = Some(crate::harness::day(2020, 10, 24));
    assert_eq!(refused(sho.record_legal_action(tomorrow).await), "INVALID_FIELDS");
    sho.record_legal_action(legal(&name, LegalActionKind::GdEntry, "GD 7")).await.unwrap();
    assert_eq!(
        refused(sho.record_legal_action(legal(&name, LegalActionKind::GdEntry, "GD 7")).await),
        "ALREADY_EXISTS"
    );
    let entries: Vec<wire::LegalActionRecorded> = intake.entries("intake.legal_action.recorded").await;
    assert_eq!(entries.len(), 1);
}

#[tokio::test]
async fn a_repeated_step_is_taken_once_and_answered_as_the_first_time() {
    let intake = Intake::start().await;
    let mut desk = intake.desk("ps-157-001");
    let name = registered(&intake, "ps-157-001", Category::Stalking).await.name;
    let request = wire::RecordActionRequest { note: "met her at home".into(), ..acted(&name, ActionKind::SiteVisit) };
    let first = desk.record_action(request.clone()).await.unwrap().into_inner();
    intake.advance_to(at("2020-10-23 11:00")).await;
    desk.record_action(acted(&name, ActionKind::Contacted)).await.unwrap();
    assert_eq!(desk.record_action(request).await.unwrap().into_inner(), first);
    let entries: Vec<wire::ActionRecorded> = intake.entries("intake.action.recorded").await;
    assert_eq!(entries.iter().map(|entry| entry.first).collect::<Vec<_>>(), [true, false]);
}
