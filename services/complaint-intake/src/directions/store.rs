//! Directions in the database. A decision's id is its key: what took effect once is found again, whichever history of
//! review's journal it is told in.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use platform::terms::Term as _;
use platform::write::Tx;
use uuid::Uuid;

use super::direction::{Decision, Direction};
use crate::clocks::store::term;

/// The database failed.
pub(crate) type Fault = sqlx::Error;

/// What stands on these complaints, in the order in which it took effect.
pub(crate) async fn load(db: &mut Tx, complaints: &[Uuid]) -> Result<HashMap<Uuid, Vec<Direction>>, sqlx::Error> {
    // Kind 1 goes on as before: it directs nothing.
    let rows = sqlx::query!(
        "SELECT decision, complaint, kind, level, day, followed FROM intake.directions
         WHERE complaint = ANY($1) AND kind NOT IN (1, 9) ORDER BY complaint, ord",
        complaints
    )
    .fetch_all(db)
    .await?;
    let mut directions: HashMap<Uuid, Vec<Direction>> = HashMap::new();
    for row in rows {
        directions.entry(row.complaint).or_default().push(Direction {
            decision: row.decision,
            kind: term(row.kind)?,
            level: term(row.level)?,
            day: row.day,
            followed: row.followed,
        });
    }
    Ok(directions)
}

/// Writes decisions down; gives the ids of those that were not known yet.
pub(crate) async fn insert(tx: &mut Tx, decisions: &[Decision]) -> Result<HashSet<Uuid>, sqlx::Error> {
    let ids: Vec<Uuid> = decisions.iter().map(|decision| decision.id).collect();
    let complaints: Vec<Uuid> = decisions.iter().map(|decision| decision.complaint).collect();
    let kinds: Vec<i16> = decisions.iter().map(|decision| decision.kind.number()).collect();
    let levels: Vec<i16> = decisions.iter().map(|decision| decision.level.number()).collect();
    let days: Vec<NaiveDate> = decisions.iter().map(|decision| decision.day).collect();
    let followed: Vec<bool> =
        decisions.iter().map(|decision| decision.direction().is_none_or(|direction| direction.followed)).collect();
    let fresh = sqlx::query_scalar!(
        "INSERT INTO intake.directions (decision, complaint, kind, level, day, followed)
         SELECT decision, complaint, kind, level, day, followed
         FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::smallint[], $5::date[], $6::bool[])
              WITH ORDINALITY AS told (decision, complaint, kind, level, day, followed, place)
         ORDER BY place
         ON CONFLICT (decision) DO NOTHING
         RETURNING decision",
        &ids,
        &complaints,
        &kinds,
        &levels,
        &days,
        &followed
    )
    .fetch_all(tx)
    .await?;
    Ok(fresh.into_iter().collect())
}

/// Writes down which of these were followed.
pub(crate) async fn save_followed(tx: &mut Tx, directions: &[Direction]) -> Result<(), sqlx::Error> {
    let followed: Vec<Uuid> =
        directions.iter().filter(|direction| direction.followed).map(|direction| direction.decision).collect();
    if followed.is_empty() {
        return Ok(());
    }
    sqlx::query!("UPDATE intake.directions SET followed = true WHERE decision = ANY($1) AND NOT followed", &followed)
        .execute(tx)
        .await?;
    Ok(())
}
