//! Measures the opening of a state's dockets: 1,535 stations, 100,000 complaints, then 75 districts and the state over
//! the same. `cargo run --release -p review-scheduling --example open_state`; `MAHILA_TEST_POSTGRES` names a server,
//! otherwise one is started that does not wait for its disk.
//!
//! With a number as its argument so many more were closed in the nine weeks before, evenly: `-- 173000` are those of a
//! state with a million a year. Those of the last eight weeks are drawn from; the others leave before anything is
//! opened, in the time that is told.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use platform::clock::{ReplayClock, minute_of};
use platform::lifecycle::Lifecycle;
use platform::postgres::testing::test_database;
use platform::settings::{ClockMode, DatabasesSettings, PeersSettings, Settings};

const DIRECTORY: &str = "
INSERT INTO platform.directory_units (id, valid_from, valid_to, kind, name_en, name_hi, parent, lgd_code)
SELECT 'up', '2020-01-01'::date, NULL::date, 1, 'Uttar Pradesh', 'उत्तर प्रदेश', NULL, 0
UNION ALL SELECT 'district-' || n, '2020-01-01', NULL, 5, 'District', 'जनपद', 'up', n FROM generate_series(118, 192) AS n;
INSERT INTO platform.directory_stations
    (id, seq, kind, name_en, name_hi, parent, district, pincode, latitude, longitude, valid_from, valid_to, synthetic, source)
SELECT 'ps-' || n, n, 1, 'Station', 'थाना', 'district-' || 118 + n % 75, 'district-' || 118 + n % 75, '', 0, 0, '2020-01-01', NULL, true, 'measure'
FROM generate_series(0, 1534) AS n";

/// Complaints over a year and a half, a tenth with a running limit, some passed, some reopened, some in danger.
const COMPLAINTS: &str = "
INSERT INTO review.pool (complaint, station, district, hidden_from, registered_day, imported, handling_state, risk, reopened,
                         breached_day, due_day)
SELECT gen_random_uuid(), 'ps-' || n % 1535, 'district-' || 118 + (n % 1535) % 75, '', date '2020-10-23' - n % 500, n % 3 > 0,
       1 + n % 5, 1 + n % 4, n % 5 = 4,
       CASE WHEN n % 20 = 7 THEN date '2020-10-23' - n % 60 END, CASE WHEN n % 10 = 3 THEN date '2020-10-23' + n % 60 END
FROM generate_series(1, 100000) AS n;
ANALYZE review.pool;
INSERT INTO review.policies (level, valid_from, every_days, lasts_days, quota, random_minimum, max_deferrals, quorum, min_gap_days,
                             action_days, put_by, put_at)
SELECT level, date '2020-10-24', 7, 7, 15, 2, 2, 2, 28, 7, 'measure', now() FROM unnest(ARRAY[1, 3, 6]) AS level";

/// Complaints that were closed on days of the nine weeks before.
const CLOSED: &str = "
INSERT INTO review.pool (complaint, station, district, hidden_from, registered_day, imported, handling_state, risk, reopened, closed_day)
SELECT gen_random_uuid(), 'ps-' || n % 1535, 'district-' || 118 + (n % 1535) % 75, '', date '2020-09-23' - n % 365, false, 6, 1 + n % 4,
       false, date '2020-10-23' - n % 63
FROM generate_series(1, $1) AS n";

#[tokio::main]
async fn main() {
    let closed: i32 = std::env::args().nth(1).map_or(0, |number| number.parse().expect("how many were closed"));
    let database = test_database(&review_scheduling::MIGRATOR).await;
    sqlx::query(CLOSED).bind(closed).execute(&database.pool).await.expect("closed complaints");
    for sql in [DIRECTORY, COMPLAINTS] {
        sqlx::raw_sql(sql).execute(&database.pool).await.expect("a state");
    }
    let nobody = Some("http://127.0.0.1:1".to_owned());
    let mut settings = Settings {
        simulated: true,
        database: DatabasesSettings { review: Some(database.settings()), ..DatabasesSettings::default() },
        peers: PeersSettings { registry: nobody.clone(), intake: nobody, ..PeersSettings::default() },
        ..Settings::default()
    };
    settings.clock.mode = ClockMode::Replay;
    let day = NaiveDate::from_ymd_opt(2020, 10, 24).expect("a day");
    let clock = Arc::new(ReplayClock::new(minute_of(day, -600)));
    let life = Lifecycle::new(Duration::ZERO, Duration::ZERO);
    let parts = review_scheduling::start(&Arc::new(settings), clock.clone(), &life).await.expect("review starts");
    let keep = parts.due.first().expect("what keeps cycles");

    for (what, instant) in [("planned", minute_of(day, -600)), ("opened", minute_of(day, 1))] {
        clock.advance_to(instant).expect("forward");
        let begun = Instant::now();
        keep.run(instant).await.expect("it is done");
        println!("cycles of 1,535 stations, 75 districts and the state {what} in {:?}", begun.elapsed());
    }
    let drawn: i64 =
        sqlx::query_scalar("SELECT count(*) FROM review.pool").fetch_one(&database.pool).await.expect("a pool");
    println!("out of {drawn} complaints; {} had left", 100_000 + i64::from(closed) - drawn);
    let rows = "SELECT count(DISTINCT cycle), count(*) FROM review.items";
    let (cycles, items): (i64, i64) = sqlx::query_as(rows).fetch_one(&database.pool).await.expect("items");
    println!("{cycles} dockets, {items} items");
    life.shutdown();
}
