//! Visits: everyone who comes is counted, also her who left.

use mahila_proto::intake::v1 as wire;
use platform::fields::timestamp;

use crate::harness::{Intake, at, day, refused, request_id, wrong_fields};

fn visit(station: &str, outcome: wire::VisitOutcome) -> wire::RecordVisitRequest {
    wire::RecordVisitRequest {
        request_id: request_id(),
        station: format!("stations/{station}"),
        outcome: outcome.into(),
        ..wire::RecordVisitRequest::default()
    }
}

#[tokio::test]
async fn visits_are_journalled_by_day_and_wait_and_a_repeat_is_not_a_second_one() {
    let intake = Intake::start().await;
    let mut desk = intake.desk("ps-157-001");
    let served = wire::RecordVisitRequest {
        arrived_at: Some(timestamp(at("2020-10-22 23:30"))),
        served_at: Some(timestamp(at("2020-10-23 00:10"))),
        ..visit("ps-157-001", wire::VisitOutcome::Information)
    };
    let first = desk.record_visit(served.clone()).await.unwrap().into_inner();
    let again = desk.record_visit(served).await.unwrap().into_inner();
    assert_eq!(first, again);
    let left = wire::RecordVisitRequest {
        arrived_at: Some(timestamp(at("2020-10-23 09:00"))),
        ..visit("ps-157-001", wire::VisitOutcome::LeftUnserved)
    };
    desk.record_visit(left).await.unwrap();

    let told = intake.entries::<wire::VisitRecorded>("intake.visit.recorded").await;
    let counted: Vec<_> = told.iter().map(|visit| (visit.day, visit.outcome(), visit.wait_minutes)).collect();
    assert_eq!(
        counted,
        [
            (Some(day(2020, 10, 22)), wire::VisitOutcome::Information, Some(40)),
            (Some(day(2020, 10, 23)), wire::VisitOutcome::LeftUnserved, None),
        ]
    );
    assert!(told.iter().all(|visit| visit.station == "stations/ps-157-001"));
}

#[tokio::test]
async fn a_repeat_is_answered_long_after_a_new_visit_would_be_too_late() {
    let intake = Intake::start().await;
    let mut desk = intake.desk("ps-157-001");
    let came = wire::RecordVisitRequest {
        arrived_at: Some(timestamp(at("2020-10-23 09:00"))),
        ..visit("ps-157-001", wire::VisitOutcome::Referred)
    };
    let first = desk.record_visit(came.clone()).await.unwrap().into_inner();
    intake.advance_to(at("2020-10-26 10:00")).await;
    assert_eq!(desk.record_visit(came.clone()).await.unwrap().into_inner(), first);
    let other = wire::RecordVisitRequest { request_id: request_id(), ..came };
    assert_eq!(wrong_fields(&desk.record_visit(other).await.unwrap_err()), ["arrived_at"]);
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_leaves_nothing() {
    let intake = Intake::start().await;
    let mut desk = intake.desk("ps-157-001");
    let nothing = desk.record_visit(wire::RecordVisitRequest::default()).await.unwrap_err();
    assert_eq!(wrong_fields(&nothing), ["request_id", "station", "outcome"]);
    let served_before = wire::RecordVisitRequest {
        arrived_at: Some(timestamp(at("2020-10-23 11:00"))),
        served_at: Some(timestamp(at("2020-10-23 11:30"))),
        ..visit("ps-157-001", wire::VisitOutcome::Complaint)
    };
    assert_eq!(wrong_fields(&desk.record_visit(served_before).await.unwrap_err()), ["arrived_at", "served_at"]);
    assert!(intake.journal().await.is_empty());
    let rows: i64 =
        sqlx::query_scalar("SELECT count(*) FROM intake.visits").fetch_one(&intake.database.pool).await.unwrap();
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn only_a_desk_records_visits_and_only_its_own() {
    let intake = Intake::start().await;
    let at_one = || visit("ps-157-001", wire::VisitOutcome::Information);
    let mut machine = intake.client("systems/112", "control_room", &["up"], false);
    assert_eq!(refused(machine.record_visit(at_one()).await), "PERMISSION_MISSING");
    assert_eq!(refused(intake.desk("ps-157-002").record_visit(at_one()).await), "OUT_OF_SCOPE");
    assert_eq!(refused(intake.district("district-157").record_visit(at_one()).await), "PERMISSION_MISSING");
    let mut new_desk = intake.desk("ps-157-099");
    let unknown = visit("ps-157-099", wire::VisitOutcome::Information);
    assert_eq!(refused(new_desk.record_visit(unknown).await), "STATION_UNKNOWN");
    assert!(intake.sho("ps-157-001").record_visit(at_one()).await.is_ok());
}
