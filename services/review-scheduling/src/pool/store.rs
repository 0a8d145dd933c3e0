//! The pool's table. The follower writes it; what was closed long ago leaves by itself.

use std::collections::HashMap;

use chrono::NaiveDate;
use platform::clock::ist_day;
use platform::terms::Term;
use platform::write::{By, Command, Done, Outcome, Tx};
use uuid::Uuid;

use super::case::{Case, Placed, Told};
use super::leaving::drawn_from;
use crate::terms::{HandlingState, Risk};

/// The database said no.
pub(crate) type Fault = sqlx::Error;

/// A number that this release does not know: written by a newer one.
pub(crate) fn unknown(column: &str) -> Fault {
    sqlx::Error::Decode(format!("{column} holds a number that this release does not know").into())
}

/// Takes in a page of entries, in their order: each complaint is read and written once, however much is told of it.
pub(crate) async fn learn(tx: &mut Tx, told: &[Told]) -> Result<(), Fault> {
    if told.is_empty() {
        return Ok(());
    }
    let mut ids: Vec<Uuid> = told.iter().map(|told| told.complaint).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut cases = read(tx, &ids).await?;
    for told in told {
        cases.entry(told.complaint).and_modify(|case| case.learn(told)).or_insert_with(|| Case::of(told));
    }
    let cases: Vec<&Case> = ids.iter().filter_map(|id| cases.get(id)).collect();
    write(tx, &cases).await
}

/// Forgets everything.
pub(crate) async fn forget(tx: &mut Tx) -> Result<(), Fault> {
    sqlx::query!("DELETE FROM review.pool").execute(tx).await.map(|_| ())
}

async fn read(tx: &mut Tx, ids: &[Uuid]) -> Result<HashMap<Uuid, Case>, Fault> {
    let rows = sqlx::query!(
        "SELECT complaint, station, district, hidden_from, registered_day, imported, handling_state, risk, reopened,
                breached_day, due_day, closed_day
         FROM review.pool WHERE complaint = ANY($1)",
        ids
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let case = Case {
                complaint: row.complaint,
                placed: Placed {
                    station: row.station,
                    district: row.district,
                    registered_day: row.registered_day,
                    imported: row.imported,
                    due_day: row.due_day,
                },
                hidden_from: row.hidden_from,
                handling: HandlingState::from_number(row.handling_state.into())
                    .ok_or_else(|| unknown("handling_state"))?,
                risk: row.risk.and_then(|risk| Risk::from_number(risk.into())),
                closed_day: row.closed_day,
                reopened: row.reopened,
                breached_day: row.breached_day,
            };
            Ok((row.complaint, case))
        })
        .collect()
}

async fn write(tx: &mut Tx, cases: &[&Case]) -> Result<(), Fault> {
    let text = |pick: fn(&Case) -> &String| -> Vec<String> { cases.iter().map(|case| pick(case).clone()).collect() };
    let ids: Vec<Uuid> = cases.iter().map(|case| case.complaint).collect();
    let registered: Vec<NaiveDate> = cases.iter().map(|case| case.placed.registered_day).collect();
    let imported: Vec<bool> = cases.iter().map(|case| case.placed.imported).collect();
    let handling: Vec<i16> = cases.iter().map(|case| case.handling.number()).collect();
    let risks: Vec<Option<i16>> = cases.iter().map(|case| case.risk.map(Term::number)).collect();
    let reopened: Vec<bool> = cases.iter().map(|case| case.reopened).collect();
    let breached: Vec<Option<NaiveDate>> = cases.iter().map(|case| case.breached_day).collect();
    let due: Vec<Option<NaiveDate>> = cases.iter().map(|case| case.placed.due_day).collect();
    let closed: Vec<Option<NaiveDate>> = cases.iter().map(|case| case.closed_day).collect();
    sqlx::query!(
        "INSERT INTO review.pool (complaint, station, district, hidden_from, registered_day, imported, handling_state, risk,
                                  reopened, breached_day, due_day, closed_day)
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::date[], $6::bool[], $7::smallint[],
                              $8::smallint[], $9::bool[], $10::date[], $11::date[], $12::date[])
         ON CONFLICT (complaint) DO UPDATE SET
             station = excluded.station, district = excluded.district, hidden_from = excluded.hidden_from,
             registered_day = excluded.registered_day, imported = excluded.imported,
             handling_state = excluded.handling_state, risk = excluded.risk, reopened = excluded.reopened,
             breached_day = excluded.breached_day, due_day = excluded.due_day,
             closed_day = excluded.closed_day",
        &ids,
        &text(|case| &case.placed.station),
        &text(|case| &case.placed.district),
        &text(|case| &case.hidden_from),
        &registered,
        &imported,
        &handling,
        &risks as &[Option<i16>],
        &reopened,
        &breached as &[Option<NaiveDate>],
        &due as &[Option<NaiveDate>],
        &closed as &[Option<NaiveDate>]
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Closed cases leave that no stratum draws again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leave;

impl Leave {
    /// So many at once at most: the limit below, which stands there as a number so that the plan knows how few they
    /// are.
    pub(crate) const AT_ONCE: u64 = 2_048;
}

impl Command for Leave {
    /// How many left.
    type Effect = u64;
    const NAME: &'static str = "leave_review_pool";

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<u64>, Fault> {
        let today = ist_day(by.now);
        // Closed before days were written down, or by a release that wrote none.
        sqlx::query!(
            "UPDATE review.pool SET closed_day = $1 WHERE handling_state = 6 AND hidden_from = '' AND closed_day IS NULL",
            today
        )
        .execute(&mut *tx)
        .await?;
        // Item state 1: listed; action item state 3: verified.
        let leaving = sqlx::query_scalar!(
            "SELECT p.complaint FROM review.pool p
             WHERE p.handling_state = 6 AND p.hidden_from = '' AND p.closed_day < $1
               AND NOT EXISTS (SELECT FROM review.carried c WHERE c.complaint = p.complaint)
               AND NOT EXISTS (SELECT FROM review.action_items a WHERE a.complaint = p.complaint AND a.state <> 3)
               AND NOT EXISTS (SELECT FROM review.items i WHERE i.complaint = p.complaint AND i.state = 1)
             ORDER BY p.closed_day LIMIT 2048",
            drawn_from(today)
        )
        .fetch_all(&mut *tx)
        .await?;
        // What was told meanwhile counts.
        let left = sqlx::query!(
            "DELETE FROM review.pool
             WHERE complaint = ANY($1) AND handling_state = 6 AND hidden_from = '' AND closed_day < $2",
            &leaving,
            drawn_from(today)
        )
        .execute(tx)
        .await?;
        Ok(Ok(Done::new(left.rows_affected())))
    }
}
