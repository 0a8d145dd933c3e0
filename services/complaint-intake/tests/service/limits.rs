//! Limits that nobody can talk away.

use mahila_proto::intake::v1 as wire;
use platform::fields::timestamp;
use wire::{Category, ClockCode, LegalActionKind};

use crate::harness::{Intake, at, clock, day, registered, request_id};

async fn breached(intake: &Intake) -> Vec<(ClockCode, wire::ClockBreached)> {
    let entries: Vec<wire::ClockBreached> = intake.entries("intake.clock.breached").await;
    entries.into_iter().map(|entry| (entry.code(), entry)).collect()
}

#[tokio::test]
async fn a_complaint_that_is_written_on_every_day_still_passes_its_limits_on_time_and_once() {
    let intake = Intake::start().await;
    let mut desk = intake.desk("ps-157-001");
    let name = registered(&intake, "ps-157-001", Category::Dowry).await.name;
    for day in 23..=31 {
        intake.advance_to(at(&format!("2020-10-{day} 10:20"))).await;
        let request = wire::RecordActionRequest {
            request_id: request_id(),
            name: name.clone(),
            kind: wire::ActionKind::Contacted.into(),
            note: format!("phoned again, day {day}"),
            ..wire::RecordActionRequest::default()
        };
        desk.record_action(request).await.unwrap();
    }
    let codes: Vec<_> = breached(&intake).await.into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, [ClockCode::Acknowledge, ClockCode::Triage]);
    intake.advance_to(at("2020-11-13 23:59")).await;
    assert_eq!(breached(&intake).await.len(), 2, "the last minute of the twenty-first day");
    intake.advance_to(at("2020-11-14 00:00")).await;
    intake.do_due().await;
    let all = breached(&intake).await;
    assert_eq!(all.len(), 3);
    let (code, entry) = &all[2];
    assert_eq!((*code, entry.day), (ClockCode::Resolve, Some(day(2020, 11, 13))));
    assert_eq!(entry.place.as_ref().unwrap().station, "stations/ps-157-001");
}

#[tokio::test]
async fn a_step_that_comes_late_says_so_itself_and_the_sweep_says_it_no_more() {
    let intake = Intake::start().await;
    let name = registered(&intake, "ps-157-001", Category::Dowry).await.name;
    // Nothing has swept yet.
    intake.clock.advance_to(at("2020-10-23 10:45")).unwrap();
    let late = wire::AcknowledgeComplaintRequest {
        request_id: request_id(),
        name,
        ..wire::AcknowledgeComplaintRequest::default()
    };
    let late = intake.desk("ps-157-001").acknowledge_complaint(late).await.unwrap().into_inner();
    assert!(clock(&late, ClockCode::Acknowledge).unwrap().breached);
    intake.do_due().await;
    let codes: Vec<_> = breached(&intake).await.into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, [ClockCode::Acknowledge]);
    let acknowledged: Vec<wire::ComplaintAcknowledged> = intake.entries("intake.complaint.acknowledged").await;
    assert!(!acknowledged[0].in_time);
}

#[tokio::test]
async fn investigation_ends_two_calendar_months_after_the_first_word_whenever_the_fir_came() {
    let intake = Intake::start().await;
    intake.advance_to(at("2020-12-31 09:00")).await;
    let mut sho = intake.sho("ps-157-001");
    let name = registered(&intake, "ps-157-001", Category::SexualAssault).await.name;
    intake.advance_to(at("2021-01-10 09:00")).await;
    let fir = wire::RecordLegalActionRequest {
        request_id: request_id(),
        name: name.clone(),
        kind: LegalActionKind::ZeroFir.into(),
        number: "0/2021".into(),
        ..wire::RecordLegalActionRequest::default()
    };
    let fir = sho.record_legal_action(fir).await.unwrap().into_inner();
    let investigation = clock(&fir, ClockCode::Investigation).unwrap();
    assert_eq!(investigation.started_at, Some(timestamp(at("2020-12-31 09:00"))));
    let last = timestamp(at("2021-03-01 00:00") - chrono::Duration::microseconds(1));
    assert_eq!(investigation.due_at, Some(last), "28 February");

    // A later triage does not move what runs.
    let triage = wire::TriageComplaintRequest {
        request_id: request_id(),
        name,
        category: Category::Stalking.into(),
        risk: wire::Risk::Low.into(),
        ..wire::TriageComplaintRequest::default()
    };
    let triaged = sho.triage_complaint(triage).await.unwrap().into_inner();
    assert_eq!(clock(&triaged, ClockCode::Investigation), clock(&fir, ClockCode::Investigation));
    assert_eq!(clock(&triaged, ClockCode::Medical), clock(&fir, ClockCode::Medical));
    assert!(clock(&triaged, ClockCode::ChildReport).unwrap().stopped_at.is_some(), "she was found to be of age");
}

#[tokio::test]
async fn ten_thousand_limits_that_cannot_be_marked_do_not_hold_up_the_next() {
    let intake = Intake::start().await;
    // Limits of complaints that are not there: no page of them can be marked, nor ever will be.
    sqlx::query(
        "INSERT INTO intake.clocks (complaint, code, started_at, due_at, breach_at, breached, statutory)
         SELECT gen_random_uuid(), 1, $1, $1, $1, false, false FROM generate_series(1, 10000)",
    )
    .bind(at("2020-10-01 00:00"))
    .execute(&intake.database.pool)
    .await
    .unwrap();
    registered(&intake, "ps-157-001", Category::Dowry).await;
    intake.advance_to(at("2020-10-23 10:31")).await;
    let codes: Vec<_> = breached(&intake).await.into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, [ClockCode::Acknowledge]);
}

#[tokio::test]
async fn entries_tell_the_day_of_the_law_s_next_limit_and_a_passed_one_stays_told() {
    let intake = Intake::start().await;
    let name = registered(&intake, "ps-157-001", Category::SexualAssault).await.name;
    registered(&intake, "ps-157-001", Category::Dowry).await;
    let entries: Vec<wire::ComplaintRegistered> = intake.entries("intake.complaint.registered").await;
    let days: Vec<_> = entries.iter().map(|entry| entry.statutory_due_day).collect();
    assert_eq!(days, [Some(day(2020, 10, 24)), None], "the doctor in a day; what is ours is not the law's");

    intake.advance_to(at("2020-10-26 10:00")).await;
    let all = breached(&intake).await;
    assert!(all.iter().any(|(code, _)| *code == ClockCode::Medical));
    for (code, entry) in all {
        let due = entry.place.as_ref().unwrap().statutory_due_day;
        assert!(due == Some(day(2020, 10, 24)) || (due.is_none() && code != ClockCode::Medical), "{code:?}: {due:?}");
    }
    let met = |kind: LegalActionKind, number: &str| wire::RecordLegalActionRequest {
        request_id: request_id(),
        name: name.clone(),
        kind: kind.into(),
        number: number.into(),
        ..wire::RecordLegalActionRequest::default()
    };
    let mut sho = intake.sho("ps-157-001");
    sho.record_legal_action(met(LegalActionKind::MedicalExamination, "M 1")).await.unwrap();
    sho.record_legal_action(met(LegalActionKind::ChildWelfareReport, "C 1")).await.unwrap();
    let entries: Vec<wire::LegalActionRecorded> = intake.entries("intake.legal_action.recorded").await;
    let days: Vec<_> = entries.iter().map(|entry| entry.place.as_ref().unwrap().statutory_due_day).collect();
    assert_eq!(
        days,
        [Some(day(2020, 10, 24)), None],
        "the child's report, due that day too; then nothing of the law's"
    );
}
