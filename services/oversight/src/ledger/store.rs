//! The ledger's tables. Lines are kept twice: where something happened, and by district (see the migration). A district's
//! lines follow the registry: when a station is learnt of, or changes its district, its lines move there.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use platform::terms::Term as _;
use platform::write::Tx;

use super::count::Tally;
use super::measure::{Measure, Slot};

/// The database said no.
pub(crate) type Fault = sqlx::Error;

/// Columns of lines, for `unnest`.
#[derive(Default)]
struct Columns {
    measure: Vec<i16>,
    day: Vec<NaiveDate>,
    unit: Vec<String>,
    breakdown: Vec<i16>,
    key: Vec<i16>,
    cohort: Vec<NaiveDate>,
    n: Vec<i64>,
}

impl Columns {
    fn of(tally: &Tally) -> Self {
        let mut columns = Self::default();
        for (line, n) in tally.lines() {
            let Slot { measure, breakdown, key } = line.slot;
            columns.measure.push(measure.number());
            columns.day.push(line.day);
            columns.unit.push(line.unit.clone());
            columns.breakdown.push(breakdown.map_or(0, platform::terms::Term::number));
            columns.key.push(key);
            columns.cohort.push(line.cohort);
            columns.n.push(n);
        }
        columns
    }
}

/// Adds a page of increments, in both grains, with one statement.
pub(crate) async fn add(tx: &mut Tx, tally: &Tally) -> Result<(), Fault> {
    let columns = Columns::of(tally);
    if columns.n.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "WITH seen AS (
             SELECT * FROM unnest($1::smallint[], $2::date[], $3::text[], $4::smallint[], $5::smallint[], $6::date[], $7::bigint[])
                 AS line (measure, day, unit, breakdown, key, cohort, n)
         )
         INSERT INTO oversight.ledger (grain, measure, day, unit, breakdown, key, cohort, n)
         SELECT 1, measure, day, unit, breakdown, key, cohort, n FROM seen
         UNION ALL
         SELECT 2, measure, day, COALESCE(station.district, seen.unit) AS unit, breakdown, key, cohort, sum(n)::bigint
         FROM seen LEFT JOIN platform.directory_stations station ON station.id = seen.unit
         GROUP BY measure, day, COALESCE(station.district, seen.unit), breakdown, key, cohort
         ON CONFLICT (grain, measure, day, unit, breakdown, key, cohort) DO UPDATE SET n = ledger.n + excluded.n",
        &columns.measure,
        &columns.day,
        &columns.unit,
        &columns.breakdown,
        &columns.key,
        &columns.cohort,
        &columns.n
    )
    .execute(tx)
    .await?;
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
    sqlx::query!(
        "WITH moved AS (
             SELECT news.station, COALESCE(known.district, news.station) AS was, news.district AS now
             FROM unnest($1::text[], $2::text[]) AS news (station, district)
             LEFT JOIN platform.directory_stations known ON known.id = news.station
             WHERE COALESCE(known.district, news.station) <> news.district
         )
         INSERT INTO oversight.ledger (grain, measure, day, unit, breakdown, key, cohort, n)
         SELECT 2, measure, day, place.unit, breakdown, key, cohort, sum(place.sign * n)::bigint
         FROM oversight.ledger JOIN moved ON moved.station = ledger.unit
         CROSS JOIN LATERAL (VALUES (moved.was, -1), (moved.now, 1)) AS place (unit, sign)
         WHERE ledger.grain = 1
         GROUP BY measure, day, place.unit, breakdown, key, cohort
         ON CONFLICT (grain, measure, day, unit, breakdown, key, cohort) DO UPDATE SET n = ledger.n + excluded.n",
        &stations,
        &districts
    )
    .execute(tx)
    .await?;
    Ok(())
}

fn measures_of_desks() -> Vec<i16> {
    Measure::ALL.iter().filter(|measure| measure.is_of_desks()).map(|measure| measure.number()).collect()
}

/// Forgets what the registry told: desks, desk-days, and which station belongs to which district.
pub(crate) async fn forget_registry(tx: &mut Tx) -> Result<(), Fault> {
    sqlx::query!("LOCK TABLE oversight.ledger IN SHARE ROW EXCLUSIVE MODE").execute(&mut *tx).await?;
    sqlx::query!("DELETE FROM oversight.desks").execute(&mut *tx).await?;
    sqlx::query!("DELETE FROM oversight.ledger WHERE grain = 2 OR measure = ANY($1)", &measures_of_desks())
        .execute(&mut *tx)
        .await?;
    // As if no station were known: they move to their districts as the registry names them again.
    sqlx::query!(
        "INSERT INTO oversight.ledger (grain, measure, day, unit, breakdown, key, cohort, n)
         SELECT 2, measure, day, unit, breakdown, key, cohort, n FROM oversight.ledger WHERE grain = 1"
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Forgets what intake told.
pub(crate) async fn forget_intake(tx: &mut Tx) -> Result<(), Fault> {
    sqlx::query!("DELETE FROM oversight.ledger WHERE measure <> ALL($1)", &measures_of_desks()).execute(tx).await?;
    Ok(())
}
