//! Limits in the database, and the sweep over those that passed.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use platform::clock::ist_day;
use platform::terms::Term;
use platform::write::{By, Command, Done, Outcome, Subject, Tx};
use sqlx::PgPool;
use uuid::Uuid;

use super::clock::{Breached, Clock, Clocks};
use crate::place::Place;
use crate::terms::ClockCode;

/// The lock of a complaint: whoever changes one holds it.
pub(crate) fn lock(complaint: Uuid) -> Subject {
    Subject::of("complaint", &complaint.to_string())
}

/// A stored number's term.
pub(crate) fn term<T: Term>(number: i16) -> Result<T, sqlx::Error> {
    T::from_number(number.into())
        .ok_or_else(|| sqlx::Error::Decode(format!("{number} is no value of {} here", T::CONTRACT).into()))
}

struct Row {
    complaint: Uuid,
    code: i16,
    started_at: DateTime<Utc>,
    due_at: DateTime<Utc>,
    breach_at: DateTime<Utc>,
    stopped_at: Option<DateTime<Utc>>,
    breached: bool,
    statutory: bool,
}

/// The limits of these complaints.
pub(crate) async fn load(db: &mut Tx, complaints: &[Uuid]) -> Result<HashMap<Uuid, Clocks>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT complaint, code, started_at, due_at, breach_at, stopped_at, breached, statutory
         FROM intake.clocks WHERE complaint = ANY($1)",
        complaints
    )
    .fetch_all(db)
    .await?;
    let mut clocks: HashMap<Uuid, Vec<Clock>> = HashMap::new();
    for row in rows {
        clocks.entry(row.complaint).or_default().push(Clock {
            code: term(row.code)?,
            started_at: row.started_at,
            due_at: row.due_at,
            breach_at: row.breach_at,
            stopped_at: row.stopped_at,
            breached: row.breached,
            statutory: row.statutory,
        });
    }
    Ok(clocks.into_iter().map(|(complaint, clocks)| (complaint, Clocks::new(clocks))).collect())
}

/// Limits of many complaints, a column each.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    pub(crate) complaints: Vec<Uuid>,
    pub(crate) codes: Vec<i16>,
    pub(crate) started: Vec<DateTime<Utc>>,
    pub(crate) due: Vec<DateTime<Utc>>,
    pub(crate) breach: Vec<DateTime<Utc>>,
    pub(crate) stopped: Vec<Option<DateTime<Utc>>>,
    pub(crate) breached: Vec<bool>,
    pub(crate) statutory: Vec<bool>,
}

impl Columns {
    /// Adds those of a complaint.
    pub(crate) fn push(&mut self, complaint: Uuid, clocks: &Clocks) {
        for clock in clocks.all() {
            self.complaints.push(complaint);
            self.codes.push(clock.code.number());
            self.started.push(clock.started_at);
            self.due.push(clock.due_at);
            self.breach.push(clock.breach_at);
            self.stopped.push(clock.stopped_at);
            self.breached.push(clock.breached);
            self.statutory.push(clock.statutory);
        }
    }
}

/// Writes limits as they are now: one statement, however many.
pub(crate) async fn save(tx: &mut Tx, columns: &Columns) -> Result<(), sqlx::Error> {
    if columns.complaints.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO intake.clocks (complaint, code, started_at, due_at, breach_at, stopped_at, breached, statutory)
         SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[],
                              $6::timestamptz[], $7::bool[], $8::bool[])
         ON CONFLICT (complaint, code) DO UPDATE SET
             started_at = excluded.started_at, due_at = excluded.due_at, breach_at = excluded.breach_at,
             stopped_at = excluded.stopped_at, breached = excluded.breached",
        &columns.complaints,
        &columns.codes,
        &columns.started,
        &columns.due,
        &columns.breach,
        &columns.stopped as &[Option<DateTime<Utc>>],
        &columns.breached,
        &columns.statutory
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Where a page of the sweep ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct After {
    breach_at: DateTime<Utc>,
    complaint: Uuid,
    code: i16,
}

/// A page of limits that passed at `now` and of which nothing was said yet, the longest ago first; after the page before,
/// whatever became of it. Reads what another replica may be marking: [`MarkBreached`] looks again.
pub(crate) async fn passed(
    db: &PgPool,
    now: DateTime<Utc>,
    after: Option<After>,
    limit: i64,
) -> Result<(Vec<Uuid>, Option<After>), sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT breach_at, complaint, code FROM intake.clocks
         WHERE stopped_at IS NULL AND NOT breached AND breach_at < $1
           AND ($2::timestamptz IS NULL OR (breach_at, complaint, code) > ($2, $3, $4))
         ORDER BY breach_at, complaint, code LIMIT $5",
        now,
        after.map(|after| after.breach_at),
        after.map(|after| after.complaint),
        after.map(|after| after.code),
        limit
    )
    .fetch_all(db)
    .await?;
    let last = rows.last().map(|row| After { breach_at: row.breach_at, complaint: row.complaint, code: row.code });
    Ok((rows.into_iter().map(|row| row.complaint).collect(), last))
}

/// Marks what has passed of these complaints, each (complaint, code) once.
#[derive(Debug)]
pub(crate) struct MarkBreached {
    /// Whose limits to look at.
    pub complaints: Vec<Uuid>,
}

impl Command for MarkBreached {
    /// How many were marked.
    type Effect = usize;
    const NAME: &'static str = "mark_breached";

    fn subjects(&self) -> Vec<Subject> {
        self.complaints.iter().map(|complaint| lock(*complaint)).collect()
    }

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<usize>, sqlx::Error> {
        struct Marked {
            complaint: Uuid,
            code: i16,
            due_at: DateTime<Utc>,
            station: String,
            district: String,
            received_day: NaiveDate,
            conflict_with_station: bool,
            imported: bool,
            statutory_due_at: Option<DateTime<Utc>>,
        }
        let mut rows = sqlx::query_as!(
            Marked,
            r#"UPDATE intake.clocks SET breached = true
               FROM intake.complaints
               WHERE complaints.id = clocks.complaint AND clocks.complaint = ANY($1)
                 AND stopped_at IS NULL AND NOT breached AND breach_at < $2
               RETURNING complaint, code, due_at, station, district, received_day, conflict_with_station,
                         register_no IS NOT NULL AS "imported!",
                         (SELECT min(running.due_at) FROM intake.clocks AS running
                          WHERE running.complaint = complaints.id AND running.statutory AND running.stopped_at IS NULL)
                             AS statutory_due_at"#,
            &self.complaints,
            by.now
        )
        .fetch_all(tx)
        .await?;
        rows.sort_by_key(|row| (row.due_at, row.complaint, row.code));
        let mut done = Done::new(rows.len());
        for row in rows {
            let place = Place {
                station: if row.conflict_with_station { String::new() } else { row.station },
                district: row.district,
                registered_day: row.received_day,
                imported: row.imported,
                statutory_due: row.statutory_due_at.map(ist_day),
            };
            let (code, day) = (term::<ClockCode>(row.code)?, ist_day(row.due_at));
            done = done.and(&Breached { complaint: row.complaint, place, code, day });
        }
        Ok(Ok(done))
    }
}
