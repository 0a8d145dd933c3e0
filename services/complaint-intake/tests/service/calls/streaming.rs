//! The stream: order, repeats, revisions, poison, races, whose calls, and the end.

use std::collections::{BTreeMap, BTreeSet};

use mahila_proto::intake::v1 as wire;
use platform::fields::timestamp;
use tonic_types::{ErrorDetail, StatusExt as _};

use super::{KIND, by, control_room, in_district, report, status_of, tell, tell_one};
use crate::harness::{Intake, at, reason, refused};

#[tokio::test]
async fn a_stream_with_repeats_and_revisions_is_answered_in_order_and_counts_every_call_once() {
    let intake = Intake::start().await;
    let stations = ["ps-157-001", "ps-157-002", "ps-164-001"];
    let mut reports = Vec::new();
    for number in 0..400_usize {
        let call = wire::CallReport {
            location: Some(wire::CallLocation {
                station: format!("stations/{}", stations[number % 3]),
                ..wire::CallLocation::default()
            }),
            // Every phone calls three times, on two days.
            caller: Some(by("", &format!("98765{:05}", number / 3))),
            received_at: Some(timestamp(at(if number < 200 { "2020-10-22 21:00" } else { "2020-10-23 08:00" }))),
            ..report(&format!("E{number}"), 1)
        };
        reports.push(call.clone());
        if number % 20 == 0 {
            reports.push(call.clone());
        }
        if number % 7 == 0 {
            let location = Some(wire::CallLocation { station: "stations/ps-157-002".into(), ..Default::default() });
            reports.push(wire::CallReport { revision: 2, location, ..call.clone() });
        }
        if number % 35 == 0 {
            reports.push(call);
        }
    }
    let answers = tell(&mut control_room(&intake), reports.clone()).await;

    assert_eq!(answers.len(), reports.len());
    let mut held: BTreeMap<&str, &wire::CallReport> = BTreeMap::new();
    for (report, answer) in reports.iter().zip(&answers) {
        assert_eq!((&answer.event_id, answer.revision), (&report.event_id, report.revision));
        let known = held.get(report.event_id.as_str()).map(|held| held.revision);
        let expected = match known {
            None => wire::CallOutcome::New,
            Some(known) if report.revision > known => wire::CallOutcome::Revised,
            Some(known) if report.revision == known => wire::CallOutcome::Repeated,
            Some(_) => wire::CallOutcome::OutOfDate,
        };
        assert_eq!(answer.outcome(), expected, "{} {}", report.event_id, report.revision);
        if matches!(expected, wire::CallOutcome::New | wire::CallOutcome::Revised) {
            held.insert(&report.event_id, report);
        }
    }

    let mut figures: BTreeMap<String, i64> = BTreeMap::new();
    let (mut callers, mut incidents) = (0, 0);
    for entry in intake.entries::<wire::CallRecorded>(KIND).await {
        *figures.entry(entry.station.clone()).or_default() += 1;
        if let Some(was) = entry.was {
            *figures.entry(was.station).or_default() -= 1;
        } else {
            callers += usize::from(entry.days_since_caller_called.is_none());
            incidents += usize::from(entry.opens_incident);
        }
    }
    let mut expected: BTreeMap<String, i64> = BTreeMap::new();
    for report in held.values() {
        *expected.entry(report.location.as_ref().unwrap().station.clone()).or_default() += 1;
    }
    let phones: BTreeSet<_> = reports.iter().map(|report| report.caller.as_ref().unwrap().phone.clone()).collect();
    assert_eq!(figures, expected);
    assert_eq!((callers, incidents), (phones.len(), 400));
    let rows: i64 =
        sqlx::query_scalar("SELECT count(*) FROM intake.calls").fetch_one(&intake.database.pool).await.unwrap();
    assert_eq!(rows, 400);

    // The same again, in another stream: nothing is new.
    let again = tell(&mut control_room(&intake), reports).await;
    let anything = |answer: &wire::IngestCallsResponse| {
        !matches!(answer.outcome(), wire::CallOutcome::Repeated | wire::CallOutcome::OutOfDate)
    };
    assert_eq!(again.iter().filter(|answer| anything(answer)).count(), 0);
}

#[tokio::test]
async fn a_poisoned_report_is_refused_with_all_that_is_wrong_and_the_stream_goes_on() {
    use wire::CallOutcome::{New, Refused};

    let intake = Intake::start().await;
    let bad = wire::CallReport {
        source: "100".into(),
        event_id: "Saroj Devi".into(),
        revision: 0,
        received_at: None,
        category: 99,
        caller: Some(by("", "12")),
        location: Some(wire::CallLocation { latitude: Some(26.0), accuracy_m: -1, ..wire::CallLocation::default() }),
        ..wire::CallReport::default()
    };
    let future = wire::CallReport { received_at: Some(timestamp(at("2020-10-23 10:06"))), ..report("E3", 1) };
    let answers =
        tell(&mut control_room(&intake), vec![report("E1", 1), bad, report("E2", 1), future, report("E4", 1)]).await;

    assert_eq!(
        answers.iter().map(wire::IngestCallsResponse::outcome).collect::<Vec<_>>(),
        [New, Refused, New, Refused, New]
    );
    assert_eq!(answers[1].event_id, "", "what is no id is not repeated");
    let status = status_of(&answers[1]);
    assert_eq!(reason(&status), "INVALID_FIELDS");
    let mut wrong = Vec::new();
    for detail in status.get_error_details_vec() {
        if let ErrorDetail::BadRequest(bad) = detail {
            wrong.extend(bad.field_violations.into_iter().map(|violation| violation.field));
        }
    }
    assert_eq!(
        wrong,
        [
            "report.source",
            "report.event_id",
            "report.revision",
            "report.category",
            "report.received_at",
            "report.location.accuracy_m",
            "report.location.longitude",
            "report.caller.phone"
        ]
    );
    assert_eq!(reason(&status_of(&answers[3])), "INVALID_FIELDS");
    assert_eq!(intake.entries::<wire::CallRecorded>(KIND).await.len(), 3);
}

#[tokio::test]
async fn two_control_rooms_racing_over_the_same_call_make_one() {
    let intake = Intake::start().await;
    let reports: Vec<_> = (0..150).map(|number| report(&format!("E{number}"), 1)).collect();
    let (mut one, mut other) = (control_room(&intake), control_room(&intake));
    let (first, second) = tokio::join!(tell(&mut one, reports.clone()), tell(&mut other, reports));
    let new = |answers: &[wire::IngestCallsResponse]| {
        answers.iter().filter(|answer| answer.outcome() == wire::CallOutcome::New).count()
    };
    assert_eq!(new(&first) + new(&second), 150);
    assert_eq!(intake.entries::<wire::CallRecorded>(KIND).await.len(), 150);
}

#[tokio::test]
async fn only_control_rooms_tell_of_calls_and_only_inside_their_units() {
    let intake = Intake::start().await;
    let nothing = || tokio_stream::iter(Vec::<wire::IngestCallsRequest>::new());
    assert_eq!(refused(intake.sho("ps-157-001").ingest_calls(nothing()).await), "PERMISSION_MISSING");

    let mut mahoba = intake.client("systems/112-mahoba", "control_room", &["district-164"], false);
    tell_one(&mut control_room(&intake), report("E1", 1)).await;
    let moved_away = wire::CallReport { location: Some(in_district("district-164")), ..report("E1", 2) };
    let unplaced = wire::CallReport { location: None, ..report("E3", 1) };
    let answers = tell(&mut mahoba, vec![report("E2", 1), moved_away, unplaced]).await;
    for foreign in &answers[..2] {
        assert_eq!(foreign.outcome(), wire::CallOutcome::Refused);
        assert_eq!(reason(&status_of(foreign)), "OUT_OF_SCOPE");
    }
    assert_eq!(answers[2].district, "units/district-164", "a district's own control room keeps what it cannot place");
}

#[tokio::test]
async fn a_stream_ends_when_the_service_stops_and_what_was_taken_in_was_answered() {
    let intake = Intake::start().await;
    let mut room = control_room(&intake);
    let (send, receive) = tokio::sync::mpsc::channel(4);
    let stream = room.ingest_calls(tokio_stream::wrappers::ReceiverStream::new(receive)).await.unwrap();
    let mut stream = stream.into_inner();
    send.send(wire::IngestCallsRequest { report: Some(report("E1", 1)) }).await.unwrap();
    assert_eq!(stream.message().await.unwrap().unwrap().outcome(), wire::CallOutcome::New);
    let (end, ()) = tokio::join!(stream.message(), intake.stop());
    assert_eq!(reason(&end.unwrap_err()), "STOPPING");
}

#[tokio::test]
async fn a_control_room_tells_of_its_own_calls_alone() {
    let intake = Intake::start().await;
    tell_one(&mut control_room(&intake), report("E1", 1)).await;
    for stranger in ["systems/1090", "systems/11", "systems/1121", "posts/112", "systems/"] {
        let mut stranger = intake.client(stranger, "control_room", &["up"], false);
        for told in [report("E1", 2), report("E2", 1)] {
            let answers = tell(&mut stranger, vec![told]).await;
            assert_eq!(answers[0].outcome(), wire::CallOutcome::Refused);
            assert_eq!(reason(&status_of(&answers[0])), "OUT_OF_SCOPE");
        }
    }
    let told = wire::CallReport { source: "1090".into(), ..report("E1", 1) };
    let mut women_power_line = intake.client("systems/1090", "control_room", &["up"], false);
    assert_ne!(tell(&mut women_power_line, vec![told]).await[0].outcome(), wire::CallOutcome::Refused);
}
