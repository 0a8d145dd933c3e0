//! Every method has its door: who has no token, no permission or another district does not come in.

use std::collections::BTreeSet;

use mahila_proto::METHODS;
use mahila_proto::registry::v1::{self as wire, CheckInMethod};
use platform::fields::{date, timestamp};
use platform::status::reason_of;
use tonic::Status;

use crate::harness::{Client, OPENING, Registry, STATIONS, at, day, request_id, shift};

/// Calls every method about a station and a unit; the number of rows of lists that ask for no parent counts as an answer.
async fn every_method(client: &mut Client, station: &str, unit: &str) -> Vec<(&'static str, Result<usize, Status>)> {
    let (station_name, unit_name, desk) =
        (format!("stations/{station}"), format!("units/{unit}"), format!("stations/{station}/desk"));
    let today = Some(date(day(OPENING)));
    macro_rules! call {
        ($name:literal, $method:ident, $request:expr, $rows:expr) => {
            ($name, client.$method($request).await.map(|answer| $rows(answer.into_inner())))
        };
        ($name:literal, $method:ident, $request:expr) => {
            call!($name, $method, $request, |_| 1)
        };
    }
    vec![
        call!("GetUnit", get_unit, wire::GetUnitRequest { name: unit_name.clone(), as_of: None }),
        call!("ListUnits", list_units, wire::ListUnitsRequest { parent: unit_name.clone(), ..Default::default() }),
        call!("GetTree", get_tree, wire::GetTreeRequest { root: unit_name.clone(), ..Default::default() }),
        call!("GetStation", get_station, wire::GetStationRequest { name: station_name.clone(), as_of: None }),
        call!(
            "ListStations",
            list_stations,
            wire::ListStationsRequest { parent: unit_name.clone(), ..Default::default() }
        ),
        call!(
            "SearchStations",
            search_stations,
            wire::SearchStationsRequest { query: "lucknow".into(), page_size: 0 },
            |found: wire::SearchStationsResponse| found.stations.len()
        ),
        call!(
            "ResolveStation",
            resolve_station,
            wire::ResolveStationRequest { pincode: "226001".into(), ..Default::default() }
        ),
        call!(
            "ImportStations",
            import_stations,
            wire::ImportStationsRequest {
                request_id: request_id(),
                stations_csv: STATIONS.into(),
                ..Default::default()
            }
        ),
        call!(
            "OpenDesk",
            open_desk,
            wire::OpenDeskRequest {
                request_id: request_id(),
                desk: Some(wire::Desk { name: desk.clone(), ..Default::default() })
            }
        ),
        call!("GetDesk", get_desk, wire::GetDeskRequest { name: desk.clone() }),
        call!("ListDesks", list_desks, wire::ListDesksRequest { parent: unit_name.clone(), ..Default::default() }),
        call!(
            "PublishRoster",
            publish_roster,
            wire::PublishRosterRequest {
                request_id: request_id(),
                desk: desk.clone(),
                shifts: vec![shift(OPENING, 480, 1200, &["a"])]
            }
        ),
        call!(
            "CheckIn",
            check_in,
            wire::CheckInRequest {
                request_id: request_id(),
                desk: desk.clone(),
                officer: "officers/a".into(),
                method: CheckInMethod::Qr.into()
            }
        ),
        call!(
            "SendHeartbeats",
            send_heartbeats,
            wire::SendHeartbeatsRequest {
                request_id: request_id(),
                desk,
                heartbeats: vec![wire::Heartbeat {
                    captured_at: Some(timestamp(at(OPENING, 450))),
                    device: "devices/d".into(),
                    queue_depth: 0
                }]
            }
        ),
        call!(
            "ListDeskDays",
            list_desk_days,
            wire::ListDeskDaysRequest { parent: station_name, from: today, to: today, ..Default::default() }
        ),
        call!(
            "ListNonCompliantDesks",
            list_non_compliant_desks,
            wire::ListNonCompliantDesksRequest {
                day: Some(date(day("2020-10-22"))),
                parent: unit_name,
                ..Default::default()
            }
        ),
    ]
}

/// All roles that some method of the registry asks for.
const EVERYTHING: [&str; 5] = ["desk_officer", "station_house_officer", "headquarters", "registrar", "auditor"];

fn reasons(answers: Vec<(&'static str, Result<usize, Status>)>) -> Vec<(&'static str, String)> {
    let said = |answer: Result<usize, Status>| match answer {
        Ok(rows) => format!("{rows} row(s)"),
        Err(status) => reason_of(&status).expect("every refusal says why"),
    };
    answers.into_iter().map(|(name, answer)| (name, said(answer))).collect()
}

#[tokio::test]
async fn every_method_is_asked() {
    let registry = Registry::with_roll().await;
    let mut all = registry.client(&EVERYTHING, "up");
    registry.clock.advance_to(at(OPENING, 460)).unwrap();
    let answers = every_method(&mut all, "ps-162-001", "district-162").await;
    let asked: BTreeSet<&str> = answers.iter().map(|(name, _)| *name).collect();
    let served: BTreeSet<&str> = METHODS
        .iter()
        .filter(|method| method.service == "mahila.registry.v1.RegistryService")
        .map(|method| method.name)
        .collect();
    assert_eq!(asked, served);
    for (name, said) in reasons(answers) {
        assert!(said.ends_with("row(s)"), "{name} is open to whoever may: {said}");
    }
}

#[tokio::test]
async fn who_shows_no_token_is_a_stranger_everywhere() {
    let registry = Registry::with_roll().await;
    for (name, said) in reasons(every_method(&mut registry.stranger(), "ps-162-001", "district-162").await) {
        assert_eq!(said, "TOKEN_INVALID", "{name}");
    }
}

#[tokio::test]
async fn who_has_another_role_has_no_permission() {
    let registry = Registry::with_roll().await;
    let mut outside = registry.client(&["complainant", "public_reader", "follower", "replay_operator"], "up");
    for (name, said) in reasons(every_method(&mut outside, "ps-162-001", "district-162").await) {
        assert_eq!(said, "PERMISSION_MISSING", "{name}");
    }
    // And each role has what the contract gives it, no more.
    for (role, may) in [
        (
            "auditor",
            &[
                "GetDesk",
                "GetStation",
                "GetTree",
                "GetUnit",
                "ListDeskDays",
                "ListDesks",
                "ListNonCompliantDesks",
                "ListStations",
                "ListUnits",
                "SearchStations",
            ][..],
        ),
        (
            "registrar",
            &[
                "GetStation",
                "GetTree",
                "GetUnit",
                "ImportStations",
                "ListStations",
                "ListUnits",
                "ResolveStation",
                "SearchStations",
            ][..],
        ),
        (
            "control_room",
            &["GetStation", "GetTree", "GetUnit", "ListStations", "ListUnits", "ResolveStation", "SearchStations"][..],
        ),
    ] {
        let answers = reasons(every_method(&mut registry.client(&[role], "up"), "ps-162-001", "district-162").await);
        let mut open: Vec<&str> =
            answers.iter().filter(|(_, said)| said != "PERMISSION_MISSING").map(|(name, _)| *name).collect();
        open.sort_unstable();
        assert_eq!(open, may, "{role}");
    }
}

#[tokio::test]
async fn another_district_is_out_of_scope_whether_it_exists_or_not() {
    let registry = Registry::with_desks(&["ps-162-001"]).await;
    let mut agra = registry.client(&EVERYTHING, "district-118");
    for (station, unit) in [("ps-162-001", "district-162"), ("ps-999-001", "district-999")] {
        for (name, said) in reasons(every_method(&mut agra, station, unit).await) {
            let expected = match name {
                // Sees nothing of another district.
                "SearchStations" => "0 row(s)",
                // Looks past the scope.
                "ResolveStation" => "1 row(s)",
                _ => "OUT_OF_SCOPE",
            };
            assert_eq!(said, expected, "{name} of {station}");
        }
    }
    assert_eq!(registry.journal("registry.roster.published").await.len(), 0);
}

#[tokio::test]
async fn a_list_without_a_parent_is_a_list_of_the_callers_scope() {
    let registry = Registry::with_desks(&["ps-162-001", "ps-118-001"]).await;
    registry.advance(at("2020-10-24", 10)).await;
    let mut agra = registry.client(&EVERYTHING, "ps-118-001");
    let desks = agra.list_desks(wire::ListDesksRequest::default()).await.unwrap().into_inner().desks;
    assert_eq!(desks.iter().map(|desk| desk.name.as_str()).collect::<Vec<_>>(), ["stations/ps-118-001/desk"]);
    let opening = Some(date(day(OPENING)));
    let days = wire::ListDeskDaysRequest { from: opening, to: opening, ..Default::default() };
    let days = agra.list_desk_days(days).await.unwrap().into_inner().desk_days;
    assert_eq!(days.iter().map(|day| day.station.as_str()).collect::<Vec<_>>(), ["stations/ps-118-001"]);
    let silent = wire::ListNonCompliantDesksRequest { day: opening, ..Default::default() };
    let silent = agra.list_non_compliant_desks(silent).await.unwrap().into_inner().desk_days;
    assert_eq!(silent.iter().map(|day| day.station.as_str()).collect::<Vec<_>>(), ["stations/ps-118-001"]);
    let own = wire::GetUnitRequest { name: "units/ps-118-001".into(), as_of: None };
    assert_eq!(agra.get_unit(own).await.unwrap().into_inner().parent, "units/district-118");
}
