//! A state's desks at once.

use mahila_proto::registry::v1 as wire;
use platform::fields::date;

use crate::harness::{OPENING, Registry, at, day, request_id, shift};

const UNITS: &str = include_str!("../../data/units.csv");
const STATIONS: &str = include_str!("../../data/stations.csv");

/// Runs many calls, some at a time.
async fn together<F>(calls: Vec<F>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut running = tokio::task::JoinSet::new();
    for call in calls {
        if running.len() == 128 {
            running.join_next().await.unwrap().unwrap();
        }
        running.spawn(call);
    }
    while let Some(done) = running.join_next().await {
        done.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifteen_hundred_desks_are_opened_staffed_and_closed() {
    let registry = Registry::start().await;
    registry.import(UNITS, STATIONS).await.unwrap();
    let stations: Vec<String> = STATIONS
        .lines()
        .skip(1)
        .filter(|line| !line.contains(",GRP,"))
        .filter_map(|line| line.split(',').next().map(str::to_owned))
        .collect();
    assert_eq!(stations.len(), 1535);
    let client = registry.client(&["headquarters", "station_house_officer"], "up");

    let open = stations.iter().map(|station| {
        let (mut client, name) = (client.clone(), format!("stations/{station}/desk"));
        async move {
            let desk = Some(wire::Desk { name, ..wire::Desk::default() });
            client.open_desk(wire::OpenDeskRequest { request_id: request_id(), desk }).await.unwrap();
        }
    });
    together(open.collect()).await;
    let roster = stations.iter().map(|station| {
        let (mut client, desk) = (client.clone(), format!("stations/{station}/desk"));
        async move {
            let shifts = vec![shift(OPENING, 480, 1200, &["a", "b"])];
            client.publish_roster(wire::PublishRosterRequest { request_id: request_id(), desk, shifts }).await.unwrap();
        }
    });
    together(roster.collect()).await;
    registry.advance(at(OPENING, 470)).await;
    let check_in =
        stations.iter().flat_map(|station| ["a", "b"].map(|officer| (station, officer))).map(|(station, officer)| {
            let (mut client, desk) = (client.clone(), format!("stations/{station}/desk"));
            async move {
                let officer = format!("officers/{officer}");
                let request = wire::CheckInRequest { request_id: request_id(), desk, officer, method: 1 };
                client.check_in(request).await.unwrap();
            }
        });
    together(check_in.collect()).await;
    registry.advance(at("2020-10-29", 5)).await;

    let told = registry.journal("registry.desk_day.closed").await;
    let different: std::collections::HashSet<&str> = told.iter().map(|entry| entry.subject.as_str()).collect();
    assert_eq!((told.len(), different.len()), (1535 * 6, 1535 * 6));
    // Two women were there on the first day, and nobody on the next.
    for (on, first_page) in [(OPENING, 0), ("2020-10-24", 1000)] {
        let request = wire::ListNonCompliantDesksRequest {
            day: Some(date(day(on))),
            page_size: 1000,
            ..wire::ListNonCompliantDesksRequest::default()
        };
        let page = registry.headquarters().list_non_compliant_desks(request).await.unwrap().into_inner();
        assert_eq!(page.desk_days.len(), first_page, "{on}");
    }
}
