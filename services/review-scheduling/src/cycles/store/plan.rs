//! Planning: rows of cycles that are expected.

use chrono::NaiveDate;
use platform::Refusal;
use platform::clock::ist_day;
use platform::terms::Term as _;
use platform::write::{By, Command, Outcome, Subject, Tx, read_refusal};
use sqlx::PgPool;
use uuid::Uuid;

use super::{done, level_lock};
use crate::cycles::event::{Event, What};
use crate::docket::Seed;
use crate::place::Place;
use crate::policies::store as policies;
use crate::policies::{Period, Policy, in_force};
use crate::terms::{CycleState, ReviewLevel};

/// A cycle to plan.
#[derive(Debug, Clone)]
pub(crate) struct New {
    /// Of the cycle: a random UUID.
    pub id: Uuid,
    /// Whose.
    pub unit: String,
    /// Fresh.
    pub seed: Seed,
}

/// Which of these units have no cycle that begins on a day.
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub(crate) async fn missing(
    db: &PgPool,
    level: ReviewLevel,
    from: NaiveDate,
    units: &[String],
) -> Result<Vec<String>, Refusal> {
    sqlx::query_scalar!(
        r#"SELECT unit AS "unit!" FROM unnest($3::text[]) AS unit
           EXCEPT SELECT unit FROM review.cycles WHERE level = $1 AND from_day = $2 AND makes_up_for IS NULL
           ORDER BY 1"#,
        level.number(),
        from,
        units
    )
    .fetch_all(db)
    .await
    .map_err(|error| read_refusal(&error))
}

/// Plans the cycles of a period for units of a level. One that another replica planned meanwhile is left as it is.
#[derive(Debug)]
pub(crate) struct PlanCycles {
    /// The policy, which must still be the one.
    pub policy: Policy,
    /// The days.
    pub period: Period,
    /// Whose.
    pub cycles: Vec<New>,
}

impl Command for PlanCycles {
    /// How many were planned here.
    type Effect = usize;
    const NAME: &'static str = "plan_review_cycles";

    fn subjects(&self) -> Vec<Subject> {
        vec![level_lock(self.policy.level)]
    }

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<usize>, sqlx::Error> {
        let policies = policies::all(tx).await?;
        if in_force(&policies, self.policy.level, self.period.from) != Some(&self.policy) {
            return Ok(Ok(done(0, &[])));
        }
        let planned = insert(tx, &self.policy, self.period, &self.cycles, None).await?;
        let events: Vec<Event> = self
            .cycles
            .iter()
            .filter(|new| planned.contains(&new.id))
            .map(|new| event(new, self.policy.level, self.period, None, by))
            .collect();
        Ok(Ok(done(events.len(), &events)))
    }
}

/// What the journal is told of a planned cycle.
pub(super) fn event(new: &New, level: ReviewLevel, period: Period, makes_up_for: Option<Uuid>, by: &By) -> Event {
    let place = Place { unit: new.unit.clone(), level, cycle: new.id, from: period.from, to: period.to };
    Event { place, day: ist_day(by.now), what: What::Planned { seed_sha256: new.seed.sha256(), makes_up_for } }
}

/// Writes planned cycles with their seeds; gives those that are new.
pub(super) async fn insert(
    tx: &mut Tx,
    policy: &Policy,
    period: Period,
    cycles: &[New],
    makes_up_for: Option<Uuid>,
) -> Result<Vec<Uuid>, sqlx::Error> {
    let ids: Vec<Uuid> = cycles.iter().map(|new| new.id).collect();
    let units: Vec<String> = cycles.iter().map(|new| new.unit.clone()).collect();
    let hashes: Vec<Vec<u8>> = cycles.iter().map(|new| new.seed.sha256().to_vec()).collect();
    let planned = sqlx::query_scalar!(
        "INSERT INTO review.cycles (id, unit, seed_sha256, level, from_day, to_day, next_day, policy_from, makes_up_for, state)
         SELECT new.id, new.unit, new.seed_sha256, $4, $5, $6, $7, $8, $9, $10
         FROM unnest($1::uuid[], $2::text[], $3::bytea[]) AS new (id, unit, seed_sha256)
         ON CONFLICT DO NOTHING RETURNING id",
        &ids,
        &units,
        &hashes,
        policy.level.number(),
        period.from,
        period.to,
        period.next,
        policy.valid_from,
        makes_up_for,
        CycleState::Planned.number()
    )
    .fetch_all(&mut *tx)
    .await?;
    let kept: Vec<&New> = cycles.iter().filter(|new| planned.contains(&new.id)).collect();
    let ids: Vec<Uuid> = kept.iter().map(|new| new.id).collect();
    let seeds: Vec<Vec<u8>> = kept.iter().map(|new| new.seed.bytes().to_vec()).collect();
    sqlx::query!("INSERT INTO review.seeds (cycle, seed) SELECT * FROM unnest($1::uuid[], $2::bytea[])", &ids, &seeds)
        .execute(tx)
        .await?;
    Ok(planned)
}
