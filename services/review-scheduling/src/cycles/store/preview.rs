//! What a docket would look like. Writes nothing.

use chrono::{Days, NaiveDate};
use platform::Refusal;
use platform::directory::Tree;
use platform::write::read_refusal;
use sqlx::PgPool;
use uuid::Uuid;

use super::candidates::{Known, gather};
use crate::docket::{Candidate, Docket, Rules, Seed, select};
use crate::policies::store as policies;
use crate::policies::{days_after, in_force};
use crate::terms::ReviewLevel;

/// What a docket of a unit would look like, were it selected now under this seed. Nothing is written.
///
/// # Errors
/// `NOT_FOUND`: the level does not review today. `DATABASE_AWAY`, `INTERNAL`.
pub(crate) async fn preview(
    db: &PgPool,
    tree: &Tree,
    level: ReviewLevel,
    unit: &str,
    today: NaiveDate,
    seed: &Seed,
) -> Result<Docket, Refusal> {
    let policies = policies::read_all(db).await?;
    let none = || Refusal::not_found(format!("reviewPolicies/{}", level.word()));
    let policy = in_force(&policies, level, today).ok_or_else(none)?;
    let since = today - Days::new(u64::try_from(policy.min_gap_days).unwrap_or_default());
    let units = [unit.to_owned()];
    let gathered = async { gather(&mut *db.acquire().await?, tree, level, &units, today, since).await };
    let gathered = gathered.await.map_err(|error| read_refusal(&error))?;
    let candidate = |known: &Known| known.candidate(today, policy.min_gap_days);
    let candidates: Vec<Candidate> = gathered.of(unit).iter().map(candidate).collect();
    let rules = Rules {
        quota: usize::try_from(policy.quota).unwrap_or_default(),
        random_minimum: usize::try_from(policy.random_minimum).unwrap_or_default(),
        next_cycle_day: days_after(today, policy.every_days),
    };
    Ok(select(seed, Uuid::nil(), &rules, &candidates))
}
