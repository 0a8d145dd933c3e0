//! Desks in the database.

use std::collections::HashMap;

use chrono::NaiveDate;
use platform::clock::{day_after, ist_day};
use platform::directory::StationType;
use platform::page::Page;
use platform::terms::Term as _;
use platform::write::{By, Command, Done, Outcome, Subject, Tx, read_refusal};
use platform::{Refusal, Scope};
use sqlx::PgPool;

use super::desk::{Desk, DeskOpened, Facility, Ground, Opening};
use crate::desk_days;

/// Opens a desk.
#[derive(Debug)]
pub struct OpenDesk {
    /// Must cover the station.
    pub scope: Scope,
    /// Which, and how.
    pub opening: Opening,
}

impl Command for OpenDesk {
    type Effect = Desk;
    const NAME: &'static str = "open_desk";

    fn subjects(&self) -> Vec<Subject> {
        vec![Subject::of("desk", &self.opening.station)]
    }

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<Desk>, sqlx::Error> {
        let mut outcomes = Self::apply_all(tx, &[(by, self)]).await?;
        Ok(outcomes.remove(0))
    }

    /// A state opens all its desks on one day.
    async fn apply_all(tx: &mut Tx, batch: &[(&By, &Self)]) -> Result<Vec<Outcome<Desk>>, sqlx::Error> {
        let stations: Vec<String> = batch.iter().map(|(_, command)| command.opening.station.clone()).collect();
        let mut grounds = grounds(tx, &stations).await?;
        let mut outcomes: Vec<Outcome<Desk>> = Vec::with_capacity(batch.len());
        let mut opened: Vec<Desk> = Vec::new();
        for (by, command) in batch {
            let station = &command.opening.station;
            let ground = grounds.get_mut(station);
            let decided = command
                .scope
                .need_station(station)
                .and_then(|()| command.opening.decide(ground.as_deref().copied(), ist_day(by.now)));
            if let (Ok(desk), Some(ground)) = (&decided, ground) {
                ground.taken = true;
                opened.push(desk.clone());
            }
            outcomes.push(decided.map(|desk| Done::new(desk.clone()).and(&DeskOpened(&desk))));
        }
        if let Some((by, _)) = batch.first() {
            insert(tx, &opened).await?;
            let stations: Vec<String> = opened.into_iter().map(|desk| desk.station).collect();
            desk_days::expect(tx, Some(&stations), day_after(ist_day(by.now))).await?;
        }
        Ok(outcomes)
    }
}

async fn grounds(tx: &mut Tx, stations: &[String]) -> Result<HashMap<String, Ground>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT id, kind, valid_from, valid_to,
                  EXISTS (SELECT FROM registry.desks WHERE desks.station = stations.id) AS "taken!"
           FROM registry.stations WHERE id = ANY($1)"#,
        stations
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let kind = StationType::from_number(row.kind.into());
            let kind = kind.ok_or_else(|| sqlx::Error::Decode("stations.kind is not known to this release".into()))?;
            Ok((row.id, Ground { kind, from: row.valid_from, to: row.valid_to, taken: row.taken }))
        })
        .collect()
}

async fn insert(tx: &mut Tx, desks: &[Desk]) -> Result<(), sqlx::Error> {
    if desks.is_empty() {
        return Ok(());
    }
    let number = |pick: fn(&Desk) -> i32| -> Vec<i32> { desks.iter().map(pick).collect() };
    let stations: Vec<String> = desks.iter().map(|desk| desk.station.clone()).collect();
    let opened_on: Vec<NaiveDate> = desks.iter().map(|desk| desk.opened_on).collect();
    let versions: Vec<i64> = desks.iter().map(|desk| desk.version).collect();
    sqlx::query!(
        "INSERT INTO registry.desks
             (station, opened_on, opens_minute, closes_minute, min_women, facilities, version, accounted_to)
         SELECT station, opened_on, opens, closes, women, facilities, version, opened_on - 1
         FROM unnest($1::text[], $2::date[], $3::int[], $4::int[], $5::int[], $6::int[], $7::bigint[])
              AS desk (station, opened_on, opens, closes, women, facilities, version)",
        &stations,
        &opened_on,
        &number(|desk| desk.opens_minute),
        &number(|desk| desk.closes_minute),
        &number(|desk| desk.min_women),
        &number(|desk| bits(&desk.facilities)),
        &versions
    )
    .execute(tx)
    .await?;
    Ok(())
}

fn bits(facilities: &[Facility]) -> i32 {
    facilities.iter().fold(0, |bits, facility| bits | 1 << (facility.number() - 1))
}

fn facilities(bits: i32) -> Vec<Facility> {
    Facility::ALL.iter().copied().filter(|facility| bits & 1 << (facility.number() - 1) != 0).collect()
}

struct Row {
    station: String,
    opened_on: NaiveDate,
    opens_minute: i32,
    closes_minute: i32,
    min_women: i32,
    facilities: i32,
    version: i64,
}

impl From<Row> for Desk {
    fn from(row: Row) -> Self {
        Self {
            station: row.station,
            opened_on: row.opened_on,
            opens_minute: row.opens_minute,
            closes_minute: row.closes_minute,
            min_women: row.min_women,
            facilities: facilities(row.facilities),
            version: row.version,
        }
    }
}

/// A station's desk.
///
/// # Errors
/// `OUT_OF_SCOPE`, `NOT_FOUND`, `DATABASE_AWAY`, `INTERNAL`.
pub async fn get(db: &PgPool, scope: &Scope, station: &str) -> Result<Desk, Refusal> {
    scope.need_station(station)?;
    let row = sqlx::query_as!(
        Row,
        "SELECT station, opened_on, opens_minute, closes_minute, min_women, facilities, version
         FROM registry.desks WHERE station = $1",
        station
    )
    .fetch_optional(db)
    .await
    .map_err(|error| read_refusal(&error))?;
    row.map(Desk::from).ok_or_else(|| Refusal::not_found(Desk::name(station)))
}

/// Desks by station, one more than the page holds.
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub async fn list(db: &PgPool, scope: &Scope, page: &Page<String>) -> Result<Vec<Desk>, Refusal> {
    let stations = scope.stations();
    let rows = sqlx::query_as!(
        Row,
        "SELECT station, opened_on, opens_minute, closes_minute, min_women, facilities, version
         FROM registry.desks
         WHERE ($1::text[] IS NULL OR station = ANY($1)) AND ($2::text IS NULL OR station > $2)
         ORDER BY station LIMIT $3",
        stations.as_deref(),
        page.after,
        page.limit()
    )
    .fetch_all(db)
    .await
    .map_err(|error| read_refusal(&error))?;
    Ok(rows.into_iter().map(Desk::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facilities_come_back_as_they_went() {
        for set in 0..1 << Facility::ALL.len() {
            assert_eq!(bits(&facilities(set)), set);
        }
        let all = facilities(i32::MAX);
        assert_eq!(all.len(), Facility::ALL.len());
    }
}
