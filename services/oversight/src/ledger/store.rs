//! The ledger's tables. Lines are kept twice: where something happened, and by district (see the migration). A district's
//! lines follow the registry: when a station is learnt of, or changes its district, its lines move there.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use platform::terms::Term as _;
use platform::write::Tx;

use super::campaign::Coverage;
use super::count::Tally;
use super::measure::{Measure, Slot, Source};
use super::span::{Pair, pairs_of};

/// The database said no.
pub(crate) type Fault = sqlx::Error;

/// Columns of rows, for `unnest`.
#[derive(Default)]
struct Columns {
    pair: Vec<Pair>,
    unit: Vec<String>,
    measure: Vec<i16>,
    breakdown: Vec<i16>,
    key: Vec<i16>,
    n: Vec<i64>,
}

impl Columns {
    fn of(tally: &Tally) -> Self {
        let mut rows: BTreeMap<(Pair, &str, Slot), i64> = BTreeMap::new();
        for (line, n) in tally.lines() {
            for pair in pairs_of(line.day, line.cohort) {
                *rows.entry((pair, &line.unit, line.slot)).or_default() += n;
            }
        }
        let mut columns = Self::default();
        for ((pair, unit, Slot { measure, breakdown, key }), n) in rows.into_iter().filter(|(_, n)| *n != 0) {
            columns.pair.push(pair);
            columns.unit.push(unit.to_owned());
            columns.measure.push(measure.number());
            columns.breakdown.push(breakdown.map_or(0, platform::terms::Term::number));
            columns.key.push(key);
            columns.n.push(n);
        }
        columns
    }
}

/// Adds a page of increments, in both grains, with one statement. Rows are taken in one order, whoever adds: two replicas that
/// follow different journals never wait for each other in a circle.
pub(crate) async fn add(tx: &mut Tx, tally: &Tally) -> Result<(), Fault> {
    let columns = Columns::of(tally);
    if columns.n.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "WITH seen AS (
             SELECT * FROM unnest($1::bigint[], $2::text[], $3::smallint[], $4::smallint[], $5::smallint[], $6::bigint[])
                 AS line (pair, unit, measure, breakdown, key, n)
         ), both_grains AS (
             SELECT 1::smallint AS grain, pair, unit, measure, breakdown, key, n FROM seen
             UNION ALL
             SELECT 2::smallint, pair, COALESCE(station.district, seen.unit), measure, breakdown, key, sum(n)::bigint
             FROM seen LEFT JOIN platform.directory_stations station ON station.id = seen.unit
             GROUP BY pair, COALESCE(station.district, seen.unit), measure, breakdown, key
         )
         INSERT INTO oversight.ledger (grain, pair, unit, measure, breakdown, key, n)
         SELECT grain, pair, unit, measure, breakdown, key, n FROM both_grains
         ORDER BY grain, pair, unit, measure, breakdown, key
         ON CONFLICT (grain, pair, unit, measure, breakdown, key) DO UPDATE SET n = ledger.n + excluded.n",
        &columns.pair,
        &columns.unit,
        &columns.measure,
        &columns.breakdown,
        &columns.key,
        &columns.n
    )
    .execute(&mut *tx)
    .await?;
    let days: BTreeSet<NaiveDate> = tally.lines().map(|(line, _)| line.day).collect();
    changed(tx, days.into_iter().collect()).await
}

/// The figures of these days changed.
async fn changed(tx: &mut Tx, days: Vec<NaiveDate>) -> Result<(), Fault> {
    sqlx::query!(
        "INSERT INTO oversight.changes (day, n) SELECT day, 1 FROM unnest($1::date[]) AS day ORDER BY day
         ON CONFLICT (day) DO UPDATE SET n = changes.n + 1",
        &days
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The figures of every day may have changed.
async fn all_changed(tx: &mut Tx) -> Result<(), Fault> {
    sqlx::query!("UPDATE oversight.changes SET n = n + 1").execute(tx).await?;
    Ok(())
}

/// Desks that opened; the last word on a station counts.
pub(crate) async fn open_desks(tx: &mut Tx, desks: &BTreeMap<String, NaiveDate>) -> Result<(), Fault> {
    if desks.is_empty() {
        return Ok(());
    }
    let (stations, days): (Vec<String>, Vec<NaiveDate>) =
        desks.iter().map(|(station, day)| (station.clone(), *day)).unzip();
    sqlx::query!(
        "INSERT INTO oversight.desks (station, opened_on) SELECT * FROM unnest($1::text[], $2::date[])
         ON CONFLICT (station) DO UPDATE SET opened_on = excluded.opened_on",
        &stations,
        &days
    )
    .execute(&mut *tx)
    .await?;
    let days: BTreeSet<NaiveDate> = days.into_iter().collect();
    changed(tx, days.into_iter().collect()).await
}

/// Days on which these places were covered.
pub(crate) async fn covered(tx: &mut Tx, codes: &BTreeSet<String>) -> Result<Coverage, Fault> {
    if codes.is_empty() {
        return Ok(Coverage::default());
    }
    let codes: Vec<String> = codes.iter().cloned().collect();
    let rows = sqlx::query!("SELECT place_code, day, unit FROM oversight.covered WHERE place_code = ANY($1)", &codes)
        .fetch_all(tx)
        .await?;
    Ok(Coverage::known(rows.into_iter().map(|row| (row.place_code, row.day, row.unit))))
}

/// Keeps what was learnt of places.
pub(crate) async fn cover(tx: &mut Tx, coverage: &Coverage) -> Result<(), Fault> {
    let (mut codes, mut days, mut units) = (Vec::new(), Vec::new(), Vec::new());
    for (code, day, unit) in coverage.news() {
        codes.push(code.to_owned());
        days.push(day);
        units.push(unit.to_owned());
    }
    sqlx::query!(
        "INSERT INTO oversight.covered (place_code, day, unit) SELECT * FROM unnest($1::text[], $2::date[], $3::text[])",
        &codes,
        &days,
        &units
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Moves lines of the district grain to the districts that stations now belong to. Before the directory learns of it: where
/// the lines are is read from what it says until now.
pub(crate) async fn regroup(tx: &mut Tx, districts: &BTreeMap<String, String>) -> Result<(), Fault> {
    if districts.is_empty() {
        return Ok(());
    }
    // Another replica may be counting at this moment, by the districts as they were: it ends first, or begins after us.
    sqlx::query!("LOCK TABLE oversight.ledger IN SHARE ROW EXCLUSIVE MODE").execute(&mut *tx).await?;
    let (stations, districts): (Vec<String>, Vec<String>) =
        districts.iter().map(|(station, district)| (station.clone(), district.clone())).unzip();
    let moved = sqlx::query!(
        "WITH moved AS (
             SELECT news.station, COALESCE(known.district, news.station) AS was, news.district AS now
             FROM unnest($1::text[], $2::text[]) AS news (station, district)
             LEFT JOIN platform.directory_stations known ON known.id = news.station
             WHERE COALESCE(known.district, news.station) <> news.district
         )
         INSERT INTO oversight.ledger (grain, pair, unit, measure, breakdown, key, n)
         SELECT 2, pair, place.unit, measure, breakdown, key, sum(place.sign * n)::bigint
         FROM oversight.ledger JOIN moved ON moved.station = ledger.unit
         CROSS JOIN LATERAL (VALUES (moved.was, -1), (moved.now, 1)) AS place (unit, sign)
         WHERE ledger.grain = 1
         GROUP BY pair, place.unit, measure, breakdown, key
         ON CONFLICT (grain, pair, unit, measure, breakdown, key) DO UPDATE SET n = ledger.n + excluded.n",
        &stations,
        &districts
    )
    .execute(&mut *tx)
    .await?;
    if moved.rows_affected() > 0 {
        all_changed(tx).await?;
    }
    Ok(())
}

fn measures_of(source: Source) -> Vec<i16> {
    Measure::ALL.iter().filter(|measure| measure.source() == source).map(|measure| measure.number()).collect()
}

/// Forgets what the registry told: desks, desk-days, and which station belongs to which district.
pub(crate) async fn forget_registry(tx: &mut Tx) -> Result<(), Fault> {
    sqlx::query!("LOCK TABLE oversight.ledger IN SHARE ROW EXCLUSIVE MODE").execute(&mut *tx).await?;
    sqlx::query!("DELETE FROM oversight.desks").execute(&mut *tx).await?;
    sqlx::query!("DELETE FROM oversight.ledger WHERE grain = 2 OR measure = ANY($1)", &measures_of(Source::Registry))
        .execute(&mut *tx)
        .await?;
    // As if no station were known: they move to their districts as the registry names them again.
    sqlx::query!(
        "INSERT INTO oversight.ledger (grain, pair, unit, measure, breakdown, key, n)
         SELECT 2, pair, unit, measure, breakdown, key, n FROM oversight.ledger WHERE grain = 1"
    )
    .execute(&mut *tx)
    .await?;
    all_changed(tx).await
}

/// Forgets what another service told.
pub(crate) async fn forget(tx: &mut Tx, source: Source) -> Result<(), Fault> {
    sqlx::query!("DELETE FROM oversight.ledger WHERE measure = ANY($1)", &measures_of(source))
        .execute(&mut *tx)
        .await?;
    if source == Source::Campaigns {
        sqlx::query!("DELETE FROM oversight.covered").execute(&mut *tx).await?;
    }
    all_changed(tx).await
}
