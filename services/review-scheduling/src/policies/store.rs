//! Policies in the database: a handful of rows a level.

use chrono::NaiveDate;
use platform::Refusal;
use platform::clock::ist_day;
use platform::terms::Term as _;
use platform::write::{By, Command, Done, Outcome, Subject, Tx, read_refusal};
use sqlx::PgPool;

use super::policy::{Policy, PolicyPut};
use crate::pool::store::unknown;
use crate::terms::ReviewLevel;

/// What plans a level, and what changes how it is planned, have to themselves.
pub(crate) fn lock(level: ReviewLevel) -> Subject {
    Subject::of("review-level", level.word())
}

/// Sets how a level reviews.
#[derive(Debug)]
pub(crate) struct PutPolicy {
    /// As told.
    pub policy: Policy,
}

impl Command for PutPolicy {
    type Effect = Policy;
    const NAME: &'static str = "put_review_policy";

    fn subjects(&self) -> Vec<Subject> {
        vec![lock(self.policy.level)]
    }

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<Policy>, sqlx::Error> {
        let policy = &self.policy;
        let planned = last_planned(tx, policy.level).await?;
        if let Err(refusal) = policy.may_be_put(ist_day(by.now), planned) {
            return Ok(Err(refusal));
        }
        sqlx::query!(
            "INSERT INTO review.policies (level, valid_from, every_days, lasts_days, quota, random_minimum, max_deferrals, quorum,
                                          min_gap_days, action_days, put_by, put_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
             ON CONFLICT (level, valid_from) DO UPDATE SET
                 every_days = excluded.every_days, lasts_days = excluded.lasts_days, quota = excluded.quota,
                 random_minimum = excluded.random_minimum, max_deferrals = excluded.max_deferrals, quorum = excluded.quorum,
                 min_gap_days = excluded.min_gap_days, action_days = excluded.action_days, put_by = excluded.put_by,
                 put_at = excluded.put_at",
            policy.level.number(),
            policy.valid_from,
            policy.every_days,
            policy.lasts_days,
            policy.quota,
            policy.random_minimum,
            policy.max_deferrals,
            policy.quorum,
            policy.min_gap_days,
            policy.action_days,
            by.actor,
            by.now
        )
        .execute(tx)
        .await?;
        Ok(Ok(Done::new(policy.clone()).and(&PolicyPut(policy.clone()))))
    }
}

/// The first day of the last cycle of a level's rhythm that is planned.
async fn last_planned(tx: &mut Tx, level: ReviewLevel) -> Result<Option<NaiveDate>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT max(from_day) FROM review.cycles WHERE level = $1 AND makes_up_for IS NULL",
        level.number()
    )
    .fetch_one(tx)
    .await
}

/// As [`last_planned`], for a read.
pub(crate) async fn read_last_planned(db: &PgPool, level: ReviewLevel) -> Result<Option<NaiveDate>, Refusal> {
    let last = async { last_planned(&mut *db.acquire().await?, level).await };
    last.await.map_err(|error| read_refusal(&error))
}

/// All policies, of every level, by first day.
pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<Policy>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT level, valid_from, every_days, lasts_days, quota, random_minimum, max_deferrals, quorum, min_gap_days, action_days
         FROM review.policies ORDER BY level, valid_from"
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Policy {
                level: ReviewLevel::from_number(row.level.into()).ok_or_else(|| unknown("level"))?,
                valid_from: row.valid_from,
                every_days: row.every_days,
                lasts_days: row.lasts_days,
                quota: row.quota,
                random_minimum: row.random_minimum,
                max_deferrals: row.max_deferrals,
                quorum: row.quorum,
                min_gap_days: row.min_gap_days,
                action_days: row.action_days,
            })
        })
        .collect()
}

/// As [`all`], for a read.
pub(crate) async fn read_all(db: &PgPool) -> Result<Vec<Policy>, Refusal> {
    let policies = async { all(&mut *db.acquire().await?).await };
    policies.await.map_err(|error| read_refusal(&error))
}
