//! Closing: what was not reached is carried on, the seed is told.

use chrono::NaiveDate;
use platform::Refusal;
use platform::clock::ist_day;
use platform::terms::Term as _;
use platform::write::{By, Command, Outcome, Subject, Tx, read_refusal};
use sqlx::PgPool;
use uuid::Uuid;

use super::items::carry_all;
use super::{done, load, lock};
use crate::cycles::cycle::outcome;
use crate::cycles::event::{Event, What};
use crate::place::Place;
use crate::pool::store::{Fault, unknown};
use crate::terms::{CarriedReason, CycleState, DeferralReason, ItemState, ReviewLevel, SittingState};

/// Cycles whose days are over and that are not closed.
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub(crate) async fn unclosed(db: &PgPool, today: NaiveDate, limit: i64) -> Result<Vec<Uuid>, Refusal> {
    sqlx::query_scalar!(
        "SELECT id FROM review.cycles WHERE state < 4 AND to_day < $1 ORDER BY to_day, id LIMIT $2",
        today,
        limit
    )
    .fetch_all(db)
    .await
    .map_err(|error| read_refusal(&error))
}

/// Closes cycles whose days are over; those that are closed already are left.
#[derive(Debug)]
pub(crate) struct CloseCycles {
    /// Which.
    pub cycles: Vec<Uuid>,
}

impl Command for CloseCycles {
    /// How many were closed here.
    type Effect = usize;
    const NAME: &'static str = "close_review_cycles";

    fn subjects(&self) -> Vec<Subject> {
        self.cycles.iter().map(|cycle| lock(*cycle)).collect()
    }

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<usize>, sqlx::Error> {
        let over = sqlx::query_scalar!(
            "SELECT id FROM review.cycles WHERE id = ANY($1) AND state < 4 AND to_day < $2",
            &self.cycles,
            ist_day(by.now)
        )
        .fetch_all(&mut *tx)
        .await?;
        let events = close(tx, &over, by).await?;
        Ok(Ok(done(over.len(), &events)))
    }
}

/// Closes these cycles, whose locks are held and which are not closed, as they stand.
pub(crate) async fn close(tx: &mut Tx, cycles: &[Uuid], by: &By) -> Result<Vec<Event>, Fault> {
    let today = ist_day(by.now);
    let mut events = send_up_recused(tx, cycles, by).await?;
    let left = sqlx::query!(
        "UPDATE review.items i SET state = $2, taken_at = $3, taken_on = $4
         FROM review.cycles c WHERE c.id = i.cycle AND i.cycle = ANY($1) AND i.state = 1
         RETURNING i.complaint, c.level, i.deferrals",
        cycles,
        ItemState::NotReached.number(),
        by.now,
        today
    )
    .fetch_all(&mut *tx)
    .await?;
    let complaints: Vec<Uuid> = left.iter().map(|row| row.complaint).collect();
    let levels: Vec<i16> = left.iter().map(|row| row.level).collect();
    let reasons = vec![CarriedReason::NotReached.number(); left.len()];
    let deferrals: Vec<i32> = left.iter().map(|row| row.deferrals).collect();
    carry_all(tx, &complaints, &levels, &reasons, &deferrals).await?;

    let sittings = sqlx::query!(
        r#"SELECT cycle, bool_or(state = 2) AS "held!", bool_or(state = 1) AS "unsigned!"
           FROM review.sittings WHERE cycle = ANY($1) GROUP BY cycle"#,
        cycles
    )
    .fetch_all(&mut *tx)
    .await?;
    sqlx::query!(
        "UPDATE review.sittings SET state = $2 WHERE cycle = ANY($1) AND state = 1",
        cycles,
        SittingState::NotHeld.number()
    )
    .execute(&mut *tx)
    .await?;
    let mut ids = Vec::with_capacity(cycles.len());
    let mut states = Vec::with_capacity(cycles.len());
    for cycle in load(tx, cycles).await? {
        let sat = sittings.iter().find(|row| row.cycle == cycle.place.cycle);
        let (held, unsigned) = sat.map_or((false, false), |row| (row.held, row.unsigned));
        let state = outcome(cycle.docket_sha256.is_some(), &cycle.counts, held, unsigned);
        ids.push(cycle.place.cycle);
        states.push(state);
        let what = What::Closed { state, counts: cycle.counts, seed: Vec::new() };
        events.push(Event { place: cycle.place, day: today, what });
    }
    finish(tx, &ids, &states, today).await?;
    tell_seeds(tx, &ids, &mut events).await?;
    Ok(events)
}

async fn finish(tx: &mut Tx, ids: &[Uuid], states: &[CycleState], today: NaiveDate) -> Result<(), Fault> {
    let numbers: Vec<i16> = states.iter().map(|state| state.number()).collect();
    sqlx::query!(
        "UPDATE review.cycles c SET state = closed.state, closed_on = $3
         FROM unnest($1::uuid[], $2::smallint[]) AS closed (id, state) WHERE c.id = closed.id",
        ids,
        &numbers,
        today
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// From now on anybody can run the selection again.
async fn tell_seeds(tx: &mut Tx, ids: &[Uuid], events: &mut [Event]) -> Result<(), Fault> {
    let seeds = sqlx::query!("SELECT cycle, seed FROM review.seeds WHERE cycle = ANY($1)", ids).fetch_all(tx).await?;
    for event in events {
        if let What::Closed { seed, .. } = &mut event.what {
            let kept = seeds.iter().find(|row| row.cycle == event.place.cycle).ok_or(Fault::RowNotFound)?;
            seed.clone_from(&kept.seed);
        }
    }
    Ok(())
}

/// Cases that nobody who sits at their station may decide, since the station turned out to be a party to them, go up.
pub(crate) async fn send_up_recused(tx: &mut Tx, cycles: &[Uuid], by: &By) -> Result<Vec<Event>, Fault> {
    let today = ist_day(by.now);
    let rows = sqlx::query!(
        "UPDATE review.items i
         SET state = $2, deferral_reason = $3, goes_up = true, taken_at = $4, taken_on = $5
         FROM review.cycles c, review.pool p
         WHERE c.id = i.cycle AND p.complaint = i.complaint AND i.cycle = ANY($1) AND i.state = 1
           AND c.level = 1 AND (p.hidden_from = c.unit OR p.station = '')
         RETURNING i.complaint, i.deferrals, c.id AS cycle, c.level, c.unit, c.from_day, c.to_day",
        cycles,
        ItemState::Deferred.number(),
        DeferralReason::Recused.number(),
        by.now,
        today
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut events = Vec::with_capacity(rows.len());
    let (mut complaints, mut levels) = (Vec::new(), Vec::new());
    for row in rows {
        let level = ReviewLevel::from_number(row.level.into()).ok_or_else(|| unknown("level"))?;
        complaints.push(row.complaint);
        levels.push(level.above().number());
        let place = Place { unit: row.unit, level, cycle: row.cycle, from: row.from_day, to: row.to_day };
        let what = What::Deferred { complaint: row.complaint, time: row.deferrals + 1, goes_up: true };
        events.push(Event { place, day: today, what });
    }
    let count = complaints.len();
    let reasons = vec![CarriedReason::NoStation.number(); count];
    carry_all(tx, &complaints, &levels, &reasons, &vec![0; count]).await?;
    Ok(events)
}
