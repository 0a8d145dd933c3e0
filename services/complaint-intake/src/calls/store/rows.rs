//! The rows of calls, read and written by the column.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use platform::terms::Term as _;
use platform::write::{By, Tx};
use uuid::Uuid;

use super::IngestCall;
use crate::calls::book::Call;
use crate::calls::place::Place;
use crate::calls::report::{CallerIndex, Key, Source, Times};
use crate::terms::Category;
use crate::vault::SealedNote;

/// Calls, a column each.
#[derive(Default)]
pub(super) struct CallRows {
    ids: Vec<Uuid>,
    sources: Vec<String>,
    events: Vec<String>,
    revisions: Vec<i32>,
    incidents: Vec<String>,
    stations: Vec<Option<String>>,
    districts: Vec<Option<String>>,
    categories: Vec<i16>,
    received: Vec<DateTime<Utc>>,
    dispatched: Vec<Option<DateTime<Utc>>>,
    arrived: Vec<Option<DateTime<Utc>>>,
    closed: Vec<Option<DateTime<Utc>>>,
    days: Vec<NaiveDate>,
    safe: Vec<bool>,
    silent: Vec<bool>,
    wanted: Vec<bool>,
    complaints: Vec<Option<Uuid>>,
    opens: Vec<bool>,
    since: Vec<Option<i32>>,
    recorded_by: Vec<String>,
    recorded_at: Vec<DateTime<Utc>>,
}

impl CallRows {
    pub(super) fn of(newest: &BTreeMap<&Key, (&By, &IngestCall, &Call)>) -> Self {
        let mut rows = Self::default();
        for (key, (by, _, call)) in newest {
            rows.push(key, call, by);
        }
        rows
    }

    fn push(&mut self, key: &Key, call: &Call, by: &By) {
        self.ids.push(call.id);
        self.sources.push(key.source.number().to_owned());
        self.events.push(key.event.clone());
        self.revisions.push(call.revision);
        self.incidents.push(call.incident.clone());
        self.stations.push(call.place.station.clone());
        self.districts.push(call.place.district.clone());
        self.categories.push(call.category.number());
        self.received.push(call.times.received);
        self.dispatched.push(call.times.dispatched);
        self.arrived.push(call.times.arrived);
        self.closed.push(call.times.closed);
        self.days.push(call.day);
        self.safe.push(call.safe_to_call_back);
        self.silent.push(call.silent);
        self.wanted.push(call.wants_complaint);
        self.complaints.push(call.complaint);
        self.opens.push(call.opens_incident);
        self.since.push(call.days_since_caller_called);
        self.recorded_by.push(by.actor.clone());
        self.recorded_at.push(by.now);
    }
}

/// Calls that are held under these keys.
pub(super) async fn held(tx: &mut Tx, keys: &BTreeSet<&Key>) -> Result<Vec<(Key, Call)>, sqlx::Error> {
    let sources: Vec<String> = keys.iter().map(|key| key.source.number().to_owned()).collect();
    let events: Vec<String> = keys.iter().map(|key| key.event.clone()).collect();
    let rows = sqlx::query!(
        "SELECT id, source, event_id, revision, incident, station, district, category, received_at, dispatched_at, arrived_at,
                closed_at, day, safe_to_call_back, silent, complaint_wanted, complaint, opens_incident,
                days_since_caller_called
         FROM intake.calls JOIN unnest($1::text[], $2::text[]) AS asked (source, event_id) USING (source, event_id)",
        &sources,
        &events
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let key = Key { source: source(&row.source)?, event: row.event_id };
            let call = Call {
                id: row.id,
                revision: row.revision,
                incident: row.incident,
                times: Times {
                    received: row.received_at,
                    dispatched: row.dispatched_at,
                    arrived: row.arrived_at,
                    closed: row.closed_at,
                },
                day: row.day,
                place: Place { station: row.station, district: row.district },
                category: Category::from_number(row.category.into()).unwrap_or(Category::Other),
                safe_to_call_back: row.safe_to_call_back,
                silent: row.silent,
                wants_complaint: row.complaint_wanted,
                complaint: row.complaint,
                opens_incident: row.opens_incident,
                days_since_caller_called: row.days_since_caller_called,
            };
            Ok((key, call))
        })
        .collect()
}

fn source(number: &str) -> Result<Source, sqlx::Error> {
    Source::of(number).ok_or_else(|| sqlx::Error::Decode("a control room that this release does not know".into()))
}

/// Which of these incidents have a call.
pub(super) async fn opened(
    tx: &mut Tx,
    incidents: &BTreeSet<(Source, &str)>,
) -> Result<Vec<(Source, String)>, sqlx::Error> {
    let sources: Vec<String> = incidents.iter().map(|(source, _)| source.number().to_owned()).collect();
    let names: Vec<String> = incidents.iter().map(|(_, incident)| (*incident).to_owned()).collect();
    let rows = sqlx::query!(
        r#"SELECT asked.source AS "source!", asked.incident AS "incident!"
           FROM unnest($1::text[], $2::text[]) AS asked (source, incident)
           WHERE EXISTS (SELECT FROM intake.calls WHERE calls.source = asked.source AND calls.incident = asked.incident)"#,
        &sources,
        &names
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter().map(|row| Ok((source(&row.source)?, row.incident))).collect()
}

/// The last day up to the one asked for on which each phone called.
pub(super) async fn last_called(
    tx: &mut Tx,
    callers: &BTreeSet<(&CallerIndex, NaiveDate)>,
) -> Result<Vec<(CallerIndex, NaiveDate)>, sqlx::Error> {
    let indexes: Vec<Vec<u8>> = callers.iter().map(|(caller, _)| caller.0.to_vec()).collect();
    let days: Vec<NaiveDate> = callers.iter().map(|(_, day)| *day).collect();
    if indexes.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query!(
        r#"SELECT asked.phone_index AS "phone_index!", last.day AS "day!"
           FROM unnest($1::bytea[], $2::date[]) AS asked (phone_index, day)
           CROSS JOIN LATERAL (
               SELECT callers.day FROM vault.callers
               WHERE callers.phone_index = asked.phone_index AND callers.day <= asked.day
               ORDER BY callers.day DESC LIMIT 1
           ) AS last"#,
        &indexes,
        &days
    )
    .fetch_all(tx)
    .await?;
    let index =
        |bytes: Vec<u8>| bytes.try_into().map_err(|_| sqlx::Error::Decode("phone_index is not 32 bytes".into()));
    rows.into_iter().map(|row| Ok((CallerIndex(index(row.phone_index)?), row.day))).collect()
}

/// Writes calls: new ones, and revisions over what is held.
pub(super) async fn write(tx: &mut Tx, rows: &CallRows) -> Result<(), sqlx::Error> {
    if rows.ids.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO intake.calls (id, source, event_id, revision, incident, station, district, category, received_at,
                                   dispatched_at, arrived_at, closed_at, day, safe_to_call_back, silent, complaint_wanted,
                                   complaint, opens_incident, days_since_caller_called, recorded_by, recorded_at)
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[], $7::text[], $8::smallint[],
                              $9::timestamptz[], $10::timestamptz[], $11::timestamptz[], $12::timestamptz[], $13::date[],
                              $14::bool[], $15::bool[], $16::bool[], $17::uuid[], $18::bool[], $19::int[], $20::text[],
                              $21::timestamptz[])
         ON CONFLICT (source, event_id) DO UPDATE SET
             revision = excluded.revision, station = excluded.station, district = excluded.district,
             category = excluded.category, received_at = excluded.received_at, dispatched_at = excluded.dispatched_at,
             arrived_at = excluded.arrived_at, closed_at = excluded.closed_at,
             safe_to_call_back = excluded.safe_to_call_back, silent = excluded.silent,
             complaint_wanted = excluded.complaint_wanted, complaint = excluded.complaint,
             recorded_by = excluded.recorded_by, recorded_at = excluded.recorded_at",
        &rows.ids,
        &rows.sources,
        &rows.events,
        &rows.revisions,
        &rows.incidents,
        &rows.stations as &[Option<String>],
        &rows.districts as &[Option<String>],
        &rows.categories,
        &rows.received,
        &rows.dispatched as &[Option<DateTime<Utc>>],
        &rows.arrived as &[Option<DateTime<Utc>>],
        &rows.closed as &[Option<DateTime<Utc>>],
        &rows.days,
        &rows.safe,
        &rows.silent,
        &rows.wanted,
        &rows.complaints as &[Option<Uuid>],
        &rows.opens,
        &rows.since as &[Option<i32>],
        &rows.recorded_by,
        &rows.recorded_at
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes on which days phones called.
pub(super) async fn write_callers(tx: &mut Tx, called: &BTreeSet<(CallerIndex, NaiveDate)>) -> Result<(), sqlx::Error> {
    let indexes: Vec<Vec<u8>> = called.iter().map(|(caller, _)| caller.0.to_vec()).collect();
    let days: Vec<NaiveDate> = called.iter().map(|(_, day)| *day).collect();
    if indexes.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO vault.callers (phone_index, day) SELECT * FROM unnest($1::bytea[], $2::date[]) ON CONFLICT DO NOTHING",
        &indexes,
        &days
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes where phones were: the one note of a call, under its own id.
pub(super) async fn write_points(tx: &mut Tx, points: &[(Uuid, &SealedNote)]) -> Result<(), sqlx::Error> {
    if points.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = points.iter().map(|(id, _)| *id).collect();
    let sealed: Vec<Vec<u8>> = points.iter().map(|(_, point)| point.sealed.clone()).collect();
    sqlx::query!(
        "INSERT INTO vault.notes (id, subject, sealed) SELECT id, id, sealed FROM unnest($1::uuid[], $2::bytea[]) AS point (id, sealed)",
        &ids,
        &sealed
    )
    .execute(tx)
    .await?;
    Ok(())
}
