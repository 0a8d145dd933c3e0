//! Rosters and check-ins.

use futures_util::future::join_all;
use mahila_proto::registry::v1 as wire;
use platform::fields::{date, timestamp};
use prost::Message as _;

use crate::harness::{OPENING, Registry, at, day, fields, reason, shift};

const STATION: &str = "ps-162-001";

#[tokio::test]
async fn a_roster_takes_the_place_of_the_earlier_one_of_its_days() {
    let registry = Registry::with_desks(&[STATION]).await;
    let first = vec![shift(OPENING, 480, 840, &["a", "b"]), shift("2020-10-24", 480, 1200, &["a", "b", "c"])];
    let published = registry.publish(STATION, first).await.unwrap().into_inner();
    assert_eq!((published.days.len(), published.check_ins_expected), (2, 5));
    registry.publish(STATION, vec![shift(OPENING, 480, 840, &["c"])]).await.unwrap();
    let expected: Vec<i32> =
        registry.desk_days(OPENING, "2020-10-24").await.iter().map(|day| day.check_ins_expected).collect();
    assert_eq!(expected, [1, 3], "the other day keeps its roster");

    let journal = registry.journal("registry.roster.published").await;
    let told = wire::RosterPublished::decode(&journal[0].payload[..]).unwrap();
    assert_eq!(told.days, [date(day(OPENING)), date(day("2020-10-24"))]);
    for entry in &journal {
        assert!(!String::from_utf8_lossy(&entry.payload).contains("officers"), "no officer leaves the service");
    }
}

#[tokio::test]
async fn rosters_that_arrive_together_are_taken_one_after_another() {
    let registry = Registry::with_desks(&[STATION, "ps-118-001"]).await;
    let registry = &registry;
    let rosters = (1..=20).map(async |count| {
        let officers: Vec<String> = (0..count).map(|officer| format!("o{officer}")).collect();
        let officers: Vec<&str> = officers.iter().map(String::as_str).collect();
        let station = if count % 2 == 0 { STATION } else { "ps-118-001" };
        registry.publish(station, vec![shift(OPENING, 480, 840, &officers)]).await
    });
    let mut largest = 0;
    for answer in join_all(rosters).await {
        largest = largest.max(answer.unwrap().into_inner().check_ins_expected);
    }
    assert_eq!(largest, 20);
    assert_eq!(registry.journal("registry.roster.published").await.len(), 20);
    // Whichever came last: it stands whole.
    for desk_day in registry.desk_days(OPENING, OPENING).await {
        assert!((1..=20).contains(&desk_day.check_ins_expected), "{desk_day:?}");
    }
}

#[tokio::test]
async fn a_roster_that_cannot_be_kept_is_refused_whole() {
    let registry = Registry::with_desks(&[STATION]).await;
    let shifts = vec![
        shift("2020-10-22", 480, 840, &["a"]),
        shift(OPENING, 480, 840, &["a"]),
        shift(OPENING, 800, 1200, &["a"]),
    ];
    assert_eq!(fields(registry.publish(STATION, shifts).await), ["shifts[0].day", "shifts[2].officers"]);
    // Without a roster the day owes what the order asks: two women in two shifts.
    assert_eq!(registry.desk_days(OPENING, OPENING).await[0].check_ins_expected, 4);
    let twice = vec![shift(OPENING, 480, 840, &["a", "a"])];
    assert_eq!(fields(registry.publish(STATION, twice).await), ["shifts[0].officers[1]"]);
    assert_eq!(fields(registry.publish(STATION, vec![]).await), ["shifts"]);
    assert_eq!(reason(registry.publish("ps-162-002", vec![shift(OPENING, 480, 840, &["a"])]).await), "NOT_FOUND");
}

#[tokio::test]
async fn a_second_check_in_is_the_same_as_one() {
    let registry = Registry::with_desks(&[STATION]).await;
    registry.publish(STATION, vec![shift(OPENING, 480, 840, &["a", "b"])]).await.unwrap();
    assert_eq!(reason(registry.check_in(STATION, "a").await), "NOT_ROSTERED", "two hours early");
    registry.advance(at(OPENING, 425)).await;
    let first = registry.check_in(STATION, "a").await.unwrap().into_inner();
    assert_eq!(
        first,
        wire::CheckInResponse { from: Some(timestamp(at(OPENING, 480))), until: Some(timestamp(at(OPENING, 840))) }
    );
    registry.advance(at(OPENING, 500)).await;
    assert_eq!(registry.check_in(STATION, "a").await.unwrap().into_inner(), first);
    // Twins in one batch.
    let twins = tokio::join!(registry.check_in(STATION, "b"), registry.check_in(STATION, "b"));
    let twins = (twins.0.unwrap().into_inner(), twins.1.unwrap().into_inner());
    assert_eq!((twins.0.from, &twins.0), (Some(timestamp(at(OPENING, 500))), &twins.1));
    assert_eq!(registry.desk_days(OPENING, OPENING).await[0].check_ins, 2);

    assert_eq!(reason(registry.check_in(STATION, "c").await), "NOT_ROSTERED");
    assert_eq!(reason(registry.check_in("ps-162-002", "a").await), "NOT_FOUND", "no desk");
    registry.advance(at(OPENING, 840)).await;
    assert_eq!(reason(registry.check_in(STATION, "a").await), "NOT_ROSTERED", "her shift is over");
}
