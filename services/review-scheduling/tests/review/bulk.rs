//! Many cycles at once, through the path that opens a state's.

use std::collections::BTreeMap;

use mahila_proto::review::v1 as wire;
use platform::clock::minute_of;
use wire::ReviewLevel;

use crate::calls::weekly;
use crate::harness::{Review, at};
use crate::tell::october;

/// More than one batch of the task, far fewer than 1,535.
const STATIONS: i32 = 560;

#[tokio::test]
async fn hundreds_of_dockets_open_together_each_with_its_own_cases() {
    let review = Review::start().await;
    sqlx::query(
        "INSERT INTO platform.directory_stations
             (id, seq, kind, name_en, name_hi, parent, district, pincode, latitude, longitude, valid_from, valid_to, synthetic, source)
         SELECT 'ps-164-' || lpad(n::text, 4, '0'), n, 1, 'S', 'स', 'district-164', 'district-164', '', 0, 0, '2020-01-01', NULL, true, 'test'
         FROM generate_series(1000, 999 + $1) AS n",
    )
    .bind(STATIONS)
    .execute(&review.database.pool)
    .await
    .unwrap();
    // Station n has n modulo 40 cases.
    sqlx::query(
        "INSERT INTO review.pool (complaint, station, district, hidden_from, registered_day, imported, handling_state, risk,
                                  reopened, breached_day, due_day)
         SELECT gen_random_uuid(), 'ps-164-' || lpad(n::text, 4, '0'), 'district-164', '', date '2020-10-01', false, 1, 2,
                false, NULL, NULL
         FROM generate_series(1000, 999 + $1) AS n, generate_series(1, n % 40) AS case_of_it",
    )
    .bind(STATIONS)
    .execute(&review.database.pool)
    .await
    .unwrap();
    // The directory is read when a process starts.
    let replica = review.another().await;
    review.put_policy(weekly(ReviewLevel::Station)).await;
    replica.do_due(at("2020-10-23 12:00")).await;
    review.clock.advance_to(minute_of(october(24), 1)).unwrap();
    replica.do_due(minute_of(october(24), 1)).await;

    let opened: Vec<wire::CycleOpened> = review.entries("review.cycle.opened").await;
    let opened: BTreeMap<String, wire::CycleOpened> =
        opened.into_iter().map(|entry| (entry.place.clone().unwrap().unit, entry)).collect();
    assert_eq!(opened.len(), usize::try_from(STATIONS).unwrap() + 3, "all of them, once");
    for number in 1000..1000 + STATIONS {
        let entry = &opened[&format!("units/ps-164-{number}")];
        let cases = number % 40;
        assert_eq!((entry.eligible, entry.selected), (cases, cases.min(15)), "{number}");
    }
    let foreign: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM review.items i JOIN review.cycles c ON c.id = i.cycle
         JOIN review.pool p ON p.complaint = i.complaint WHERE p.station <> c.unit",
    )
    .fetch_one(&review.database.pool)
    .await
    .unwrap();
    assert_eq!(foreign, 0);
}
