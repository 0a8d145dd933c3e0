//! What runs by itself: cycles are planned ahead, those whose days are over are closed, those whose first day has come
//! are opened; in this order, so that what was not reached is carried before the next docket is selected. Before any is
//! selected, closed cases that no stratum draws again leave the pool. All of it is harmless when run again or by two
//! replicas.

use std::pin::Pin;

use chrono::{DateTime, NaiveDate, Utc};
use platform::Refusal;
use platform::clock::ist_day;
use platform::seal::Random;
use platform::service::Due;
use platform::terms::Term as _;
use uuid::Uuid;

use super::store::{self, New};
use crate::Review;
use crate::docket::Seed;
use crate::levels::units;
use crate::policies::store as policies;
use crate::policies::{Period, Policy, days_after, superseded_on};
use crate::pool::store::Leave;
use crate::terms::ReviewLevel;

/// Who does it, in the journal.
const ACTOR: &str = "tasks/review-cycles";
/// Cycles are planned so many days ahead: their seeds are published that much before anybody knows the pool they meet.
const AHEAD: i32 = 7;
/// Cycles planned, opened or closed by one command at most: a state's stations in three, so that whoever calls meanwhile
/// waits for a part of it.
const BATCH: usize = 512;
/// As many, for a read.
const LIMIT: i64 = 512;

/// A fresh seed.
pub(crate) fn fresh_seed(random: &Random) -> Seed {
    let mut bytes = [0; 32];
    random(&mut bytes);
    Seed::new(bytes)
}

/// Keeps cycles as the calendar has them.
#[derive(Clone, Debug)]
pub(crate) struct KeepCycles(pub Review);

impl KeepCycles {
    async fn keep(&self, today: NaiveDate) -> Result<(), Refusal> {
        self.plan(today).await?;
        self.close(today).await?;
        self.open(today).await
    }

    async fn plan(&self, today: NaiveDate) -> Result<(), Refusal> {
        let all = policies::read_all(&self.0.base.db).await?;
        for policy in &all {
            let planned = policies::read_last_planned(&self.0.base.db, policy.level).await?;
            // After a standstill of weeks, each cycle that was expected meanwhile is a row all the same. Under way, since
            // stations are opened on any day.
            let from = planned.unwrap_or(policy.valid_from).min(today);
            for period in policy.periods(from, days_after(today, AHEAD), superseded_on(&all, policy)) {
                self.plan_period(policy, period).await?;
            }
        }
        Ok(())
    }

    async fn plan_period(&self, policy: &Policy, period: Period) -> Result<(), Refusal> {
        let base = &self.0.base;
        let units = units(&base.directory.tree(), policy.level, period.from);
        let missing = store::missing(&base.db, policy.level, period.from, &units).await?;
        for units in missing.chunks(BATCH) {
            let new = |unit: &String| New { id: Uuid::new_v4(), unit: unit.clone(), seed: fresh_seed(&self.0.random) };
            let cycles = units.iter().map(new).collect();
            let command = store::PlanCycles { policy: policy.clone(), period, cycles };
            let planned = base.writer.submit_own(ACTOR, command).await?;
            tracing::info!(level = policy.level.word(), from = %period.from, cycles = planned, "review cycles were planned");
        }
        Ok(())
    }

    async fn close(&self, today: NaiveDate) -> Result<(), Refusal> {
        let base = &self.0.base;
        loop {
            let cycles = store::unclosed(&base.db, today, LIMIT).await?;
            if cycles.is_empty() {
                return Ok(());
            }
            let closed = base.writer.submit_own(ACTOR, store::CloseCycles { cycles }).await?;
            tracing::info!(cycles = closed, "review cycles whose days are over were closed");
        }
    }

    async fn open(&self, today: NaiveDate) -> Result<(), Refusal> {
        let mut left = false;
        for level in ReviewLevel::ALL {
            loop {
                let cycles = store::due(&self.0.base.db, *level, today, LIMIT).await?;
                if cycles.is_empty() {
                    break;
                }
                if !left {
                    self.let_leave().await?;
                    left = true;
                }
                if self.open_some(*level, cycles).await? == 0 {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Lets closed cases leave the pool.
    async fn let_leave(&self) -> Result<(), Refusal> {
        let mut left = 0;
        loop {
            let some = self.0.base.writer.submit_own(ACTOR, Leave).await?;
            left += some;
            if some < Leave::AT_ONCE {
                break;
            }
        }
        if left > 0 {
            tracing::info!(cases = left, "closed cases left the pool");
        }
        Ok(())
    }

    /// Opens a batch; gives how many.
    async fn open_some(&self, level: ReviewLevel, cycles: Vec<Uuid>) -> Result<usize, Refusal> {
        let base = &self.0.base;
        let command = store::OpenDue { level, cycles, tree: base.directory.tree() };
        let opened = base.writer.submit_own(ACTOR, command).await?;
        tracing::info!(level = level.word(), cycles = opened, "review cycles were opened");
        Ok(opened)
    }
}

impl Due for KeepCycles {
    fn name(&self) -> &'static str {
        "keep_review_cycles"
    }

    fn run(&self, now: DateTime<Utc>) -> Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send + '_>> {
        Box::pin(self.keep(ist_day(now)))
    }
}
