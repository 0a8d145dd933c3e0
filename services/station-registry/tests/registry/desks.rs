//! Opening desks.

use mahila_proto::registry::v1::{self as wire, DeskDayStatus, Facility};
use platform::fields::date;
use prost::Message as _;

use crate::harness::{OPENING, Registry, day, fields, reason, request_id};

fn opening(station: &str) -> wire::OpenDeskRequest {
    let desk = wire::Desk { name: format!("stations/{station}/desk"), ..wire::Desk::default() };
    wire::OpenDeskRequest { request_id: request_id(), desk: Some(desk) }
}

#[tokio::test]
async fn a_desk_opens_with_the_orders_hours_and_is_accounted_for_at_once() {
    let registry = Registry::with_roll().await;
    let opened = registry.open("ps-162-001").await.unwrap();
    assert_eq!((opened.opens_minute, opened.closes_minute, opened.min_women), (480, 1200, 2));
    assert_eq!(opened.opened_on, Some(date(day(OPENING))));
    assert_eq!(opened.etag, "\"1\"");
    let request = wire::GetDeskRequest { name: "stations/ps-162-001/desk".into() };
    assert_eq!(registry.desk("ps-162-001").get_desk(request).await.unwrap().into_inner(), opened);

    let journal = registry.journal("registry.desk.opened").await;
    assert_eq!((journal.len(), journal[0].subject.as_str()), (1, "ps-162-001"));
    assert_eq!(wire::DeskOpened::decode(&journal[0].payload[..]).unwrap().desk, Some(opened));

    let days = registry.desk_days(OPENING, "2020-10-31").await;
    let days: Vec<_> = days.iter().map(|day| (day.name.as_str(), day.status(), day.service_minutes)).collect();
    assert_eq!(
        days,
        [
            ("stations/ps-162-001/desk/days/2020-10-23", DeskDayStatus::Expected, 720),
            ("stations/ps-162-001/desk/days/2020-10-24", DeskDayStatus::Expected, 720),
        ]
    );
}

#[tokio::test]
async fn a_desk_opens_once() {
    let registry = Registry::with_roll().await;
    let mut client = registry.headquarters();
    let request = opening("ps-162-001");
    let first = client.open_desk(request.clone()).await.unwrap().into_inner();
    assert_eq!(client.open_desk(request.clone()).await.unwrap().into_inner(), first, "a repeat is answered the same");
    assert_eq!(reason(client.open_desk(opening("ps-162-001")).await), "ALREADY_EXISTS");

    // Two at the same moment, in one batch.
    let (mut one, mut other) = (client.clone(), client.clone());
    let answers = tokio::join!(one.open_desk(opening("ps-118-001")), other.open_desk(opening("ps-118-001")));
    let opened = [answers.0, answers.1].into_iter().flatten().count();
    assert_eq!((opened, registry.journal("registry.desk.opened").await.len()), (1, 2));
}

#[tokio::test]
async fn what_may_not_open_is_told_why() {
    let registry = Registry::with_roll().await;
    assert_eq!(reason(registry.open("ps-162-003").await), "STATE_FORBIDS", "railway police");
    assert_eq!(reason(registry.open("ps-162-099").await), "STATION_UNKNOWN");
    let mut request = opening("ps-162-001");
    request.desk = Some(wire::Desk { opened_on: Some(date(day("2020-10-22"))), ..request.desk.unwrap() });
    assert_eq!(fields(registry.headquarters().open_desk(request).await), ["desk.opened_on"]);
    let all_wrong = wire::OpenDeskRequest {
        request_id: "1".into(),
        desk: Some(wire::Desk {
            name: "stations/ps-162-001".into(),
            opens_minute: 600,
            closes_minute: 500,
            min_women: 1,
            facilities: vec![Facility::Cctv.into(), 99],
            ..wire::Desk::default()
        }),
    };
    let expected = ["request_id", "desk.name", "desk.closes_minute", "desk.min_women", "desk.facilities[1]"];
    assert_eq!(fields(registry.headquarters().open_desk(all_wrong).await), expected);
}

#[tokio::test]
async fn desks_come_in_pages() {
    let registry = Registry::with_desks(&["ps-162-001", "ps-162-002", "ps-118-001"]).await;
    let mut client = registry.headquarters();
    let mut request = wire::ListDesksRequest { page_size: 2, ..wire::ListDesksRequest::default() };
    let first = client.list_desks(request.clone()).await.unwrap().into_inner();
    request.page_token = first.next_page_token;
    let second = client.list_desks(request.clone()).await.unwrap().into_inner();
    assert_eq!((first.desks.len(), second.desks.len(), second.next_page_token.as_str()), (2, 1, ""));
    request.parent = "units/range-agra".into();
    assert_eq!(fields(client.list_desks(request.clone()).await), ["page_token"], "a token is bound to its request");
    request.page_token.clear();
    let agra = client.list_desks(request).await.unwrap().into_inner().desks;
    assert_eq!(agra.iter().map(|desk| desk.name.as_str()).collect::<Vec<_>>(), ["stations/ps-118-001/desk"]);
}
