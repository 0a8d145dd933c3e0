//! What is known of desks and days, for the rules: four questions, however many days.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use platform::clock::{day_after, day_begins};
use platform::write::Tx;

use super::super::desk_day::{Duty, Evidence, Key, minute_up};
use super::super::presence::Presence;

/// The evidence of these desk-days; none of a desk that does not exist.
///
/// # Errors
/// The database does not answer.
pub async fn evidence(db: &mut Tx, keys: &[Key]) -> Result<HashMap<Key, Evidence>, sqlx::Error> {
    let stations: Vec<String> = keys.iter().map(|key| key.station.clone()).collect();
    let days: Vec<NaiveDate> = keys.iter().map(|key| key.day).collect();
    let mut evidence = hours(db, &stations, keys).await?;
    if evidence.is_empty() {
        return Ok(evidence);
    }
    let duties = sqlx::query!(
        r#"SELECT duty.station, duty.day, duty.start_minute, duty.end_minute,
                  EXISTS (SELECT FROM registry.check_ins came
                          WHERE came.station = duty.station AND came.day = duty.day AND came.officer = duty.officer
                            AND came.start_minute = duty.start_minute) AS "came!"
           FROM unnest($1::text[], $2::date[]) AS asked (station, day)
           JOIN registry.duties duty ON duty.station = asked.station AND duty.day = asked.day"#,
        &stations,
        &days
    )
    .fetch_all(&mut *db)
    .await?;
    for row in duties {
        if let Some(evidence) = evidence.get_mut(&Key { day: row.day, station: row.station }) {
            evidence.duties.push(Duty { start: row.start_minute, end: row.end_minute, came: row.came });
        }
    }
    let check_ins = sqlx::query!(
        r#"SELECT came.station, came.day, came.officer, came.from_at, came.until_at
           FROM unnest($1::text[], $2::date[]) AS asked (station, day)
           JOIN registry.check_ins came ON came.station = asked.station AND came.day = asked.day"#,
        &stations,
        &days
    )
    .fetch_all(&mut *db)
    .await?;
    for row in check_ins {
        let (from, until) = (minute_up(row.day, row.from_at), minute_up(row.day, row.until_at));
        if let Some(evidence) = evidence.get_mut(&Key { day: row.day, station: row.station }) {
            evidence.presences.push(Presence { officer: row.officer, from, until });
        }
    }
    heartbeats(db, &stations, &days, &mut evidence).await?;
    Ok(evidence)
}

async fn hours(db: &mut Tx, stations: &[String], keys: &[Key]) -> Result<HashMap<Key, Evidence>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT station, opens_minute, closes_minute, min_women FROM registry.desks WHERE station = ANY($1)",
        stations
    )
    .fetch_all(db)
    .await?;
    let desks: HashMap<String, Evidence> = rows
        .into_iter()
        .map(|row| {
            let (opens, closes, min_women) = (row.opens_minute, row.closes_minute, row.min_women);
            (row.station, Evidence { opens, closes, min_women, ..Evidence::default() })
        })
        .collect();
    Ok(keys.iter().filter_map(|key| Some((key.clone(), desks.get(&key.station)?.clone()))).collect())
}

async fn heartbeats(
    db: &mut Tx,
    stations: &[String],
    days: &[NaiveDate],
    evidence: &mut HashMap<Key, Evidence>,
) -> Result<(), sqlx::Error> {
    let begins: Vec<DateTime<Utc>> = days.iter().map(|day| day_begins(*day)).collect();
    let ends: Vec<DateTime<Utc>> = days.iter().map(|day| day_begins(day_after(*day))).collect();
    let rows = sqlx::query!(
        r#"SELECT asked.station AS "station!", asked.day AS "day!", count(*) AS "heartbeats!"
           FROM unnest($1::text[], $2::date[], $3::timestamptz[], $4::timestamptz[]) AS asked (station, day, begins, ends)
           JOIN registry.heartbeats beat
             ON beat.station = asked.station AND beat.captured_at >= asked.begins AND beat.captured_at < asked.ends
           GROUP BY asked.station, asked.day"#,
        stations,
        days,
        &begins,
        &ends
    )
    .fetch_all(db)
    .await?;
    for row in rows {
        if let Some(evidence) = evidence.get_mut(&Key { day: row.day, station: row.station }) {
            evidence.heartbeats = i32::try_from(row.heartbeats).unwrap_or(i32::MAX);
        }
    }
    Ok(())
}
