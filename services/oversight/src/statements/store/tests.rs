//! What a statement costs to read: rows, counted, and how the database finds them.

use chrono::{Days, NaiveDate};
use platform::postgres::testing::{TestDatabase, test_database};
use platform::terms::Term;
use sqlx::{Connection as _, Row as _};

use super::*;
use crate::ledger::{Happening, Place, Tally, count, store as ledger};

#[test]
fn numbers_in_the_query_are_those_of_the_measures() {
    let reports = [Measure::DeskDaysSilent, Measure::DeskDaysExpected, Measure::ReviewCyclesMissed];
    assert_eq!(reports.map(Term::number), [1, 8, 37]);
}

/// A Monday.
const FIRST: NaiveDate = NaiveDate::from_ymd_opt(2020, 10, 19).expect("a day");
const DAYS: u64 = 401;
const DISTRICTS: u64 = 6;

fn day(number: u64) -> NaiveDate {
    FIRST + Days::new(number)
}

fn period(from: u64, days: u64) -> Period {
    Period { from: day(from), to: day(from + days - 1) }
}

/// Each day in each district two visits, and a complaint that is triaged the day after and acted upon two weeks later.
async fn four_hundred_days() -> TestDatabase {
    let db = test_database(&crate::MIGRATOR).await;
    let mut connection = sqlx::PgConnection::connect(&db.app_url).await.unwrap();
    for at in 0..DAYS {
        let mut tally = Tally::default();
        for district in 0..DISTRICTS {
            let place = |registered: u64| Place {
                station: String::new(),
                district: format!("district-{district}"),
                registered: day(registered),
                imported: false,
            };
            let visit = |left_unserved| Happening::Visit { station: place(at).district, day: day(at), left_unserved };
            let category = i16::try_from(at % 5).unwrap() + 1;
            let registered = Happening::Registered {
                place: place(at),
                told: day(at),
                channel: category,
                category,
                state: 1,
                by_woman: true,
            };
            let moved = |ago: u64, from, to| {
                let place = at.checked_sub(ago).map(place);
                place.map(|place| Happening::Moved { place, from, to, day: day(at) })
            };
            let told = [Some(visit(true)), Some(visit(false)), Some(registered), moved(1, 1, 3), moved(14, 3, 4)];
            told.iter().flatten().for_each(|happening| count(happening, &mut tally));
        }
        ledger::add(&mut connection, &tally).await.unwrap();
    }
    sqlx::query("ANALYZE oversight.ledger")
        .execute(&mut sqlx::PgConnection::connect(&db.url).await.unwrap())
        .await
        .unwrap();
    db
}

/// Rows of the ledger that a period is read from.
async fn rows(db: &PgPool, period: Period) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM oversight.ledger WHERE grain = 2 AND pair = ANY($1)")
        .bind(pairs_within(period.from, period.to))
        .fetch_one(db)
        .await
        .unwrap()
}

async fn figures(db: &PgPool, period: Period) -> Vec<Sum> {
    let all = Places(None);
    let wanted = Wanted { places: &all, grain: Grain::District, reporting: &all, period, before: None, measures: &[] };
    read(db, wanted).await.unwrap().sums
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_read_does_not_grow_with_the_days_of_the_period() {
    let db = four_hundred_days().await;
    let whole = |measure, sums: &[Sum]| -> i64 {
        sums.iter().filter(|sum| sum.slot == Slot::whole(measure)).map(|sum| sum.n).sum()
    };
    for (from, days) in [(0, 7), (3, 7), (0, 12), (1, 28), (2, 90), (3, 365), (0, 401)] {
        let sums = figures(&db.pool, period(from, days)).await;
        let all = i64::try_from(days * DISTRICTS).unwrap();
        assert_eq!((whole(Measure::Visits, &sums), whole(Measure::Complaints, &sums)), (2 * all, all));
        let parts: i64 = sums.iter().filter(|sum| sum.slot.breakdown == Some(Breakdown::State)).map(|sum| sum.n).sum();
        assert_eq!(parts, all, "states add up to the complaints of {days} days");
    }

    let by_length = async |days: u64| {
        let mut most = 0;
        for from in (0..7).filter(|from| from + days <= DAYS) {
            most = most.max(rows(&db.pool, period(from, days)).await);
        }
        most
    };
    let (week, month, quarter, year) =
        (by_length(7).await, by_length(28).await, by_length(90).await, by_length(365).await);
    let of_week = rows(&db.pool, period(0, 7)).await;
    println!(
        "rows read by district: a calendar week {of_week}, any week {week}, 28 days {month}, 90 days {quarter}, 365 days {year}"
    );
    let a_day: i64 = rows(&db.pool, period(3, 1)).await;
    assert!(of_week <= 3 * a_day, "a calendar week costs a day: {of_week} {a_day}");
    // Thirteen, and fifty-two, times as many days: by days it would be as many times the rows.
    assert!(quarter < 4 * week, "{quarter} {week}");
    assert!(year < 6 * week, "{year} {week}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_are_found_by_an_index_however_many_blocks_there_are() {
    let db = four_hundred_days().await;
    for (period, units) in [(period(0, 7), None), (period(3, 365), None), (period(3, 365), Some(vec!["district-1"]))] {
        let plan = sqlx::query(
            "EXPLAIN (FORMAT TEXT)
             SELECT unit, measure, breakdown, key, sum(n)::bigint FROM oversight.ledger
             WHERE grain = $1 AND pair = ANY($2) AND (cardinality($3::int[]) = 0 OR measure::int = ANY($3))
               AND ($4::text[] IS NULL OR unit = ANY($4))
             GROUP BY unit, measure, breakdown, key HAVING sum(n) <> 0",
        )
        .bind(2_i16)
        .bind(pairs_within(period.from, period.to))
        .bind(Vec::<i32>::new())
        .bind(units)
        .fetch_all(&db.pool)
        .await
        .unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
        let plan = plan.join("\n");
        assert!(plan.contains("ledger_pkey") && !plan.contains("Seq Scan"), "{plan}");
    }
}
