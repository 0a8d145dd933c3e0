//! Every desk-day is accounted for: expected, then closed once, with what was known when it was over.

use mahila_proto::registry::v1::{self as wire, DeskDayStatus};
use platform::fields::date;
use prost::Message as _;

use crate::harness::{OPENING, Registry, STATIONS, UNITS, at, day, fields, reason, shift};

const STATION: &str = "ps-162-001";

/// A day of two shifts: `a` and `b` from the start, then `c` and `d`, the last one `late` minutes after the relief.
async fn a_full_day(registry: &Registry, late: i32) {
    let shifts = vec![shift(OPENING, 480, 840, &["a", "b"]), shift(OPENING, 840, 1200, &["c", "d"])];
    registry.publish(STATION, shifts).await.unwrap();
    registry.advance(at(OPENING, 470)).await;
    registry.check_in(STATION, "a").await.unwrap();
    registry.check_in(STATION, "b").await.unwrap();
    registry.advance(at(OPENING, 835)).await;
    registry.check_in(STATION, "c").await.unwrap();
    registry.advance(at(OPENING, 840 + late)).await;
    registry.check_in(STATION, "d").await.unwrap();
}

#[tokio::test]
async fn two_women_are_counted_by_the_minutes_they_share() {
    for (late, status, minutes) in [(30, DeskDayStatus::Compliant, 690), (31, DeskDayStatus::Understaffed, 689)] {
        let registry = Registry::with_desks(&[STATION]).await;
        a_full_day(&registry, late).await;
        let so_far = &registry.desk_days(OPENING, OPENING).await[0];
        assert_eq!((so_far.status(), so_far.check_ins, so_far.two_women_minutes), (DeskDayStatus::Expected, 4, 360));
        registry.advance(at("2020-10-24", 5)).await;
        let closed = &registry.desk_days(OPENING, OPENING).await[0];
        assert_eq!((closed.status(), closed.check_ins_expected, closed.check_ins), (status, 4, 4));
        assert_eq!((closed.service_minutes, closed.two_women_minutes), (720, minutes));
        assert_eq!(closed.station_display_name.as_ref().unwrap().en, "Hazratganj");
    }
}

#[tokio::test]
async fn a_day_is_closed_exactly_once_and_never_changes_again() {
    let registry = Registry::with_desks(&[STATION, "ps-118-001"]).await;
    registry.advance(at(OPENING, 600)).await;
    assert_eq!(
        registry
            .beat(STATION, &[at(OPENING, 590), at(OPENING, 595), at(OPENING, 590)])
            .await
            .unwrap()
            .into_inner()
            .accepted,
        2
    );
    registry.advance(at("2020-10-24", 4)).await;
    assert_eq!(registry.journal("registry.desk_day.closed").await.len(), 0, "it is not 00:05 yet");

    // Two replicas close it at the same moment, and again.
    registry.clock.advance_to(at("2020-10-24", 5)).unwrap();
    let other = registry.replica().await;
    for _ in 0..2 {
        tokio::join!(registry.do_due(), other.do_due());
    }
    let told = registry.journal("registry.desk_day.closed").await;
    let told: Vec<_> = told.iter().map(|entry| (entry.subject.as_str(), entry.actor.as_str())).collect();
    let actor = "tasks/account-desk-days";
    assert_eq!(told, [("ps-118-001/2020-10-23", actor), ("ps-162-001/2020-10-23", actor)]);

    let closed = registry.desk_days(OPENING, OPENING).await;
    let statuses: Vec<DeskDayStatus> = closed.iter().map(wire::DeskDay::status).collect();
    assert_eq!(statuses, [DeskDayStatus::Silent, DeskDayStatus::Unrostered]);
    // What the device could not send earlier is kept, and changes nothing.
    assert_eq!(registry.beat("ps-118-001", &[at(OPENING, 700)]).await.unwrap().into_inner().accepted, 1);
    registry.advance(at("2020-10-24", 60)).await;
    assert_eq!(registry.desk_days(OPENING, OPENING).await, closed);
    assert_eq!(registry.journal("registry.desk_day.closed").await.len(), 2);
}

#[tokio::test]
async fn a_jump_of_the_clock_closes_every_day_in_order() {
    let registry = Registry::with_desks(&[STATION]).await;
    registry.advance(at("2020-10-29", 5)).await;
    let told = registry.journal("registry.desk_day.closed").await;
    let days: Vec<wire::DeskDay> =
        told.iter().map(|entry| wire::DeskDayClosed::decode(&entry.payload[..]).unwrap().desk_day.unwrap()).collect();
    let expected: Vec<_> = (23..=28).map(|of| Some(date(day(&format!("2020-10-{of}"))))).collect();
    assert_eq!(days.iter().map(|day| day.day).collect::<Vec<_>>(), expected);
    assert!(days.iter().all(|day| day.status() == DeskDayStatus::Silent && day.station_display_name.is_none()));
    assert_eq!(registry.desk_days(OPENING, "2020-12-31").await.len(), 8, "today and tomorrow are expected");
}

#[tokio::test]
async fn what_was_not_complete_is_listed_the_worst_first() {
    let registry = Registry::with_desks(&[STATION, "ps-162-002", "ps-118-001"]).await;
    let mut client = registry.headquarters();
    let mut request = wire::ListNonCompliantDesksRequest { day: Some(date(day(OPENING))), ..Default::default() };
    assert_eq!(fields(client.list_non_compliant_desks(request.clone()).await), ["day"], "it is not over");
    // One is rostered and nobody comes, one checks in without a second, one is silent.
    registry.publish("ps-162-002", vec![shift(OPENING, 480, 1200, &["a", "b"])]).await.unwrap();
    registry.publish(STATION, vec![shift(OPENING, 480, 1200, &["a", "b"])]).await.unwrap();
    registry.advance(at(OPENING, 480)).await;
    registry.check_in(STATION, "a").await.unwrap();
    registry.beat("ps-162-002", &[at(OPENING, 480)]).await.unwrap();
    registry.clock.advance_to(at("2020-10-24", 5)).unwrap();
    assert_eq!(reason(client.list_non_compliant_desks(request.clone()).await), "STATE_FORBIDS", "not closed yet");
    registry.advance(at("2020-10-24", 5)).await;

    request.page_size = 1;
    let mut listed = Vec::new();
    loop {
        let page = client.list_non_compliant_desks(request.clone()).await.unwrap().into_inner();
        listed.extend(page.desk_days.iter().map(|day| (day.station.clone(), day.status())));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    let expected = [
        ("stations/ps-118-001", DeskDayStatus::Silent),
        ("stations/ps-162-002", DeskDayStatus::Absent),
        ("stations/ps-162-001", DeskDayStatus::Understaffed),
    ];
    assert_eq!(listed, expected.map(|(station, status)| (station.to_owned(), status)));
}

#[tokio::test]
async fn desk_days_are_listed_by_status_and_page() {
    let registry = Registry::with_desks(&[STATION, "ps-118-001"]).await;
    registry.advance(at("2020-10-25", 5)).await;
    let mut client = registry.headquarters();
    let mut request = wire::ListDeskDaysRequest {
        from: Some(date(day(OPENING))),
        to: Some(date(day("2020-10-26"))),
        statuses: vec![DeskDayStatus::Silent.into()],
        page_size: 3,
        ..Default::default()
    };
    let first = client.list_desk_days(request.clone()).await.unwrap().into_inner();
    request.page_token = first.next_page_token;
    let second = client.list_desk_days(request.clone()).await.unwrap().into_inner();
    let names: Vec<String> = first.desk_days.into_iter().chain(second.desk_days).map(|day| day.name).collect();
    assert_eq!(
        names,
        [
            "stations/ps-118-001/desk/days/2020-10-23",
            "stations/ps-162-001/desk/days/2020-10-23",
            "stations/ps-118-001/desk/days/2020-10-24",
            "stations/ps-162-001/desk/days/2020-10-24",
        ]
    );
    request = wire::ListDeskDaysRequest { to: Some(date(day("2021-01-24"))), page_token: String::new(), ..request };
    assert_eq!(fields(client.list_desk_days(request).await), ["to"], "more than 92 days");
}

#[tokio::test]
async fn heartbeats_of_the_future_are_refused_and_repeats_are_one() {
    let registry = Registry::with_desks(&[STATION]).await;
    registry.advance(at(OPENING, 600)).await;
    let refused = registry.beat(STATION, &[at(OPENING, 600), at(OPENING, 602), at("2020-10-22", 1439)]).await;
    assert_eq!(fields(refused), ["heartbeats[1].captured_at", "heartbeats[2].captured_at"]);
    let ten = [at(OPENING, 600)];
    let twins = tokio::join!(registry.beat(STATION, &ten), registry.beat(STATION, &ten));
    assert_eq!(twins.0.unwrap().into_inner().accepted + twins.1.unwrap().into_inner().accepted, 1);
    assert_eq!(registry.desk_days(OPENING, OPENING).await[0].heartbeats, 1);
    assert_eq!(reason(registry.beat("ps-118-001", &[at(OPENING, 600)]).await), "NOT_FOUND", "no desk");
}

#[tokio::test]
async fn a_station_that_ends_is_not_expected_any_more() {
    let registry = Registry::with_desks(&[STATION, "ps-162-002"]).await;
    let ends = STATIONS.replace("26.85,80.95,2000-01-01,,", "26.85,80.95,2000-01-01,2020-10-24,");
    registry.import(UNITS, &ends).await.unwrap();
    registry.advance(at("2020-10-25", 5)).await;
    let days: Vec<String> = registry.desk_days(OPENING, "2020-10-31").await.into_iter().map(|day| day.name).collect();
    assert_eq!(days.iter().filter(|name| name.contains(STATION)).count(), 1);
    assert_eq!(days.len(), 1 + 4);
    // It goes on after all: no day is missing.
    registry.import(UNITS, STATIONS).await.unwrap();
    registry.advance(at("2020-10-25", 6)).await;
    assert_eq!(registry.desk_days(OPENING, "2020-10-31").await.len(), 8);
}
