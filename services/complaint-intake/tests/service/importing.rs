//! Paper registers.

use mahila_proto::intake::v1 as wire;
use platform::fields::timestamp;

use crate::harness::{Intake, at, day, refused, request_id, wrong_fields};

fn row(number: &str, on: i32) -> wire::RegisterRow {
    wire::RegisterRow {
        register_no: number.into(),
        received_on: Some(day(2020, 9, on)),
        category: wire::Category::DomesticViolence.into(),
        ..wire::RegisterRow::default()
    }
}

fn import(rows: Vec<wire::RegisterRow>) -> wire::ImportRegisterRequest {
    wire::ImportRegisterRequest {
        request_id: request_id(),
        station: "stations/ps-157-001".into(),
        rows,
        validate_only: false,
    }
}

#[tokio::test]
async fn older_complaints_are_taken_in_backdated_without_limits_and_counted_apart() {
    let intake = Intake::start().await;
    let mut sho = intake.sho("ps-157-001");
    let request = import((1..=30).map(|n| row(&format!("{n}/2020"), n)).collect());
    let dry = wire::ImportRegisterRequest { validate_only: true, ..request.clone() };
    assert!(sho.import_register(dry).await.unwrap().into_inner().complaints.is_empty());
    assert!(intake.journal().await.is_empty(), "a dry run leaves nothing");

    let taken = sho.import_register(request.clone()).await.unwrap().into_inner().complaints;
    assert_eq!(taken.len(), 30);
    assert_eq!(sho.import_register(request).await.unwrap().into_inner().complaints, taken, "a repeat");

    let entries: Vec<wire::ComplaintRegistered> = intake.entries("intake.complaint.registered").await;
    assert_eq!(entries.len(), 30);
    assert!(entries.iter().all(|entry| entry.imported && entry.handling_state() == wire::HandlingState::Acknowledged));
    assert_eq!(entries[6].day, Some(day(2020, 9, 7)));
    let name = taken[6].clone();
    let action = wire::RecordActionRequest {
        request_id: request_id(),
        name,
        kind: wire::ActionKind::Contacted.into(),
        ..wire::RecordActionRequest::default()
    };
    let complaint = sho.record_action(action).await.unwrap().into_inner();
    assert!(complaint.imported && complaint.clocks.is_empty());
    assert_eq!(complaint.received_at, Some(timestamp(at("2020-09-07 00:00"))));
    assert!(complaint.receipt_no.starts_with("WHD-157-001-20-000007-"));
    intake.advance_to(at("2021-10-23 10:00")).await;
    assert!(intake.entries::<wire::ClockBreached>("intake.clock.breached").await.is_empty());
}

#[tokio::test]
async fn every_bad_row_is_told_with_its_place() {
    let intake = Intake::start().await;
    let mut sho = intake.sho("ps-157-001");
    let rows = vec![
        row("1", 1),
        wire::RegisterRow { register_no: String::new(), category: 99, ..row("", 2) },
        row("1", 3),
        wire::RegisterRow { received_on: Some(day(2020, 10, 23)), ..row("4", 1) },
        wire::RegisterRow { received_on: None, ..row("5", 1) },
    ];
    let status = sho.import_register(import(rows)).await.unwrap_err();
    assert_eq!(
        wrong_fields(&status),
        [
            "rows[1].register_no",
            "rows[1].category",
            "rows[2].register_no",
            "rows[3].received_on",
            "rows[4].received_on"
        ]
    );
    let many = sho.import_register(import((0..201).map(|n| row(&n.to_string(), 1)).collect())).await.unwrap_err();
    assert_eq!(wrong_fields(&many), ["rows"]);
    assert_eq!(wrong_fields(&sho.import_register(import(vec![])).await.unwrap_err()), ["rows"]);
    assert!(intake.journal().await.is_empty());
}

#[tokio::test]
async fn a_line_is_taken_in_once_a_station_and_a_call_wholly_or_not_at_all() {
    let intake = Intake::start().await;
    let mut sho = intake.sho("ps-157-001");
    sho.import_register(import(vec![row("1", 1)])).await.unwrap();
    assert_eq!(refused(sho.import_register(import(vec![row("2", 2), row("1", 1)])).await), "ALREADY_EXISTS");
    assert_eq!(intake.entries::<wire::ComplaintRegistered>("intake.complaint.registered").await.len(), 1);
    let dry = wire::ImportRegisterRequest { validate_only: true, ..import(vec![row("2", 2), row("1", 1)]) };
    assert_eq!(wrong_fields(&sho.import_register(dry).await.unwrap_err()), ["rows[1].register_no"]);
    let elsewhere = wire::ImportRegisterRequest { station: "stations/ps-157-002".into(), ..import(vec![row("1", 1)]) };
    assert!(intake.sho("ps-157-002").import_register(elsewhere).await.is_ok(), "another station's register");
}
