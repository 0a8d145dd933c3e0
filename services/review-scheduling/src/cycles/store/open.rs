//! Opening: dockets are selected and frozen, together with what they were selected from. However many cycles open at once,
//! it is a handful of statements.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use platform::clock::ist_day;
use platform::directory::Tree;
use platform::terms::Term as _;
use platform::write::{By, Command, Outcome, Subject, Tx, read_refusal};
use platform::{Refusal, Scope};
use sqlx::PgPool;
use uuid::Uuid;

use super::candidates::{gather, put_down};
use super::close::close;
use super::freeze::{Frozen, Planned, Rows, planned};
use super::plan::{self, New};
use super::{done, every_level, level_lock, load, lock};
use crate::cycles::cycle::{Cycle, Opening};
use crate::cycles::event::{Event, What};
use crate::docket::Seed;
use crate::place::Place;
use crate::policies::store as policies;
use crate::policies::{Period, Policy, days_after, in_force};
use crate::pool::store::Fault;
use crate::sight::covers;
use crate::terms::{ReviewLevel, Stratum};

/// Planned cycles of a level whose first day has come.
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub(crate) async fn due(db: &PgPool, level: ReviewLevel, today: NaiveDate, limit: i64) -> Result<Vec<Uuid>, Refusal> {
    sqlx::query_scalar!(
        "SELECT id FROM review.cycles WHERE state = 1 AND level = $1 AND from_day <= $2 AND to_day >= $2 ORDER BY id LIMIT $3",
        level.number(),
        today,
        limit
    )
    .fetch_all(db)
    .await
    .map_err(|error| read_refusal(&error))
}

/// Opens cycles of one level whose first day has come; those that another replica opened meanwhile are left.
#[derive(Debug)]
pub(crate) struct OpenDue {
    /// Of which level.
    pub level: ReviewLevel,
    /// Which.
    pub cycles: Vec<Uuid>,
    /// Units and stations as they are.
    pub tree: Arc<Tree>,
}

impl Command for OpenDue {
    /// How many were opened here.
    type Effect = usize;
    const NAME: &'static str = "open_review_cycles";

    fn subjects(&self) -> Vec<Subject> {
        vec![level_lock(self.level)]
    }

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<usize>, sqlx::Error> {
        let events = open(tx, self.level, &self.cycles, &self.tree, by).await?;
        let opened = events.iter().filter(|event| matches!(event.what, What::Opened { .. })).count();
        Ok(Ok(done(opened, &events)))
    }
}

/// Opens a cycle by hand, or plans the one that makes up for it.
#[derive(Debug)]
pub(crate) struct OpenCycle {
    /// Which.
    pub cycle: Uuid,
    /// Who asks.
    pub scope: Scope,
    /// Of a missed one: the first day of the one that makes up for it.
    pub make_up_from: Option<NaiveDate>,
    /// Of the cycle that makes up for it, should there be need of one.
    pub id: Uuid,
    /// Fresh, for the same.
    pub seed: Seed,
    /// Units and stations as they are.
    pub tree: Arc<Tree>,
}

impl Command for OpenCycle {
    /// The cycle asked for, or the one that makes up for it.
    type Effect = Cycle;
    const NAME: &'static str = "open_review_cycle";

    fn subjects(&self) -> Vec<Subject> {
        every_level().chain([lock(self.cycle)]).collect()
    }

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<Cycle>, sqlx::Error> {
        let Some(cycle) = load(tx, &[self.cycle]).await?.pop() else { return Ok(Err(Refusal::out_of_scope())) };
        let Place { level, unit, .. } = cycle.place.clone();
        if !covers(&self.scope, level, &unit) {
            return Ok(Err(Refusal::out_of_scope()));
        }
        let (events, answered) = match cycle.opening(self.make_up_from, ist_day(by.now)) {
            Err(refusal) => return Ok(Err(refusal)),
            Ok(Opening::Leave) => (Vec::new(), cycle.made_up_by.unwrap_or(self.cycle)),
            Ok(Opening::Open) => match open(tx, level, &[self.cycle], &self.tree, by).await? {
                // The one before it is about to be closed.
                none if none.is_empty() => return Ok(Err(Refusal::state_forbids(cycle.state.name()))),
                events => (events, self.cycle),
            },
            Ok(Opening::MakeUp { from, to }) => {
                let policies = policies::all(tx).await?;
                // The level may have ceased to review: then the missed one's own policy holds.
                let own =
                    || policies.iter().find(|policy| (policy.level, policy.valid_from) == (level, cycle.policy_from));
                let policy: &Policy = in_force(&policies, level, from).or_else(own).ok_or(sqlx::Error::RowNotFound)?;
                let period = Period { from, to, next: days_after(from, policy.every_days) };
                let new = New { id: self.id, unit, seed: self.seed };
                plan::insert(tx, policy, period, std::slice::from_ref(&new), Some(self.cycle)).await?;
                (vec![plan::event(&new, level, period, Some(self.cycle), by)], self.id)
            }
        };
        let cycle = load(tx, &[answered]).await?.pop().ok_or(sqlx::Error::RowNotFound)?;
        Ok(Ok(done(cycle, &events)))
    }
}

/// Opens those of these cycles that are planned and whose days have come.
async fn open(tx: &mut Tx, level: ReviewLevel, cycles: &[Uuid], tree: &Tree, by: &By) -> Result<Vec<Event>, Fault> {
    let today = ist_day(by.now);
    let planned = planned(tx, level, cycles, today).await?;
    if planned.is_empty() {
        return Ok(Vec::new());
    }
    let units: Vec<String> = planned.iter().map(|planned| planned.place.unit.clone()).collect();
    let since = planned.iter().map(|planned| planned.place.from - gap(planned.min_gap_days)).min().unwrap_or(today);
    let gathered = gather(tx, tree, level, &units, today, since).await?;
    let mut rows = Rows::default();
    let mut events = Vec::with_capacity(planned.len());
    let mut empty = Vec::new();
    for planned in &planned {
        let known = gathered.of(&planned.place.unit);
        let frozen = Frozen::of(planned, known);
        rows.push(planned.place.cycle, &frozen, known);
        if frozen.docket.items.is_empty() {
            empty.push(planned.place.cycle);
        }
        events.push(opened(planned, &frozen, today));
    }
    rows.insert(tx, today).await?;
    put_down(tx, &rows.carried, &rows.carried_from).await?;
    if !empty.is_empty() {
        // Nothing is owed: there is nothing to sit over.
        events.extend(close(tx, &empty, by).await?);
    }
    Ok(events)
}

fn gap(days: i32) -> Days {
    Days::new(u64::try_from(days).unwrap_or_default())
}

fn opened(planned: &Planned, frozen: &Frozen, today: NaiveDate) -> Event {
    let mut strata: BTreeMap<Stratum, i32> = BTreeMap::new();
    for item in &frozen.docket.items {
        *strata.entry(item.stratum).or_default() += 1;
    }
    let count = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    let what = What::Opened {
        eligible: count(frozen.docket.eligible),
        quota: count(planned.rules.quota),
        strata: strata.into_iter().collect(),
        shortfall: frozen.docket.shortfall,
        docket_sha256: frozen.docket_sha256,
    };
    Event { place: planned.place.clone(), day: today, what }
}
