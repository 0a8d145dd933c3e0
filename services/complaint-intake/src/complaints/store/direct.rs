//! Decisions of reviews, as they arrive: a page of them in a handful of statements, each of which takes effect once.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use platform::terms::Term;
use platform::write::{By, Tx};
use uuid::Uuid;

use super::load_all;
use crate::clocks::store as clocks;
use crate::complaints::complaint::{Change, Complaint};
use crate::directions::{Decision, store as directions};

/// What decisions came to.
#[derive(Debug, Default)]
pub(crate) struct Directed {
    /// What changed, in the order of the decisions.
    pub changes: Vec<Change>,
    /// The decisions about complaints that are not here, which no later page will bring: they have no effect.
    pub unknown: Vec<Uuid>,
}

/// Lets decisions take effect, each once, however often it is told. The locks of their complaints are held.
pub(crate) async fn direct(tx: &mut Tx, by: &By, decisions: &[Decision]) -> Result<Directed, sqlx::Error> {
    if decisions.is_empty() {
        return Ok(Directed::default());
    }
    let about: Vec<Uuid> = decisions.iter().map(|decision| decision.complaint).collect();
    let mut complaints = load_all(tx, &about, true).await?;
    let (known, unknown): (Vec<Decision>, Vec<Decision>) =
        decisions.iter().copied().partition(|decision| complaints.contains_key(&decision.complaint));
    let mut fresh = directions::insert(tx, &known).await?;

    let read: HashMap<Uuid, i64> = complaints.values().map(|complaint| (complaint.id, complaint.version)).collect();
    let mut directed = Directed { changes: Vec::new(), unknown: unknown.iter().map(|decision| decision.id).collect() };
    for decision in known.iter().filter(|decision| fresh.remove(&decision.id)) {
        let Some(complaint) = complaints.get_mut(&decision.complaint) else { continue };
        if let Some(change) = complaint.direct(decision, by.now) {
            complaint.clone_from(&change.complaint);
            directed.changes.push(change);
        }
    }
    // Of several decisions about one complaint the last state is written.
    let last: BTreeMap<Uuid, &Complaint> =
        directed.changes.iter().map(|change| (change.complaint.id, &change.complaint)).collect();
    save(tx, &last, &read).await?;
    Ok(directed)
}

/// Writes complaints as decisions left them; each must be the version that was read.
async fn save(
    tx: &mut Tx,
    complaints: &BTreeMap<Uuid, &Complaint>,
    read: &HashMap<Uuid, i64>,
) -> Result<(), sqlx::Error> {
    if complaints.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = complaints.keys().copied().collect();
    let before: Vec<i64> = ids.iter().map(|id| read.get(id).copied().unwrap_or_default()).collect();
    let after: Vec<i64> = complaints.values().map(|complaint| complaint.version).collect();
    let handling: Vec<i16> = complaints.values().map(|complaint| complaint.handling.number()).collect();
    let satisfied: Vec<bool> = complaints.values().map(|complaint| complaint.satisfied).collect();
    let due: Vec<Option<DateTime<Utc>>> = complaints.values().map(|complaint| complaint.due()).collect();
    let codes: Vec<Option<i16>> =
        complaints.values().map(|complaint| complaint.due_limit().map(Term::number)).collect();
    let saved = sqlx::query!(
        "UPDATE intake.complaints SET
             handling_state = directed.handling, satisfied = directed.satisfied, next_due_at = directed.due,
             next_code = directed.code, version = directed.after
         FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::smallint[], $5::bool[], $6::timestamptz[], $7::smallint[])
              AS directed (id, before, after, handling, satisfied, due, code)
         WHERE complaints.id = directed.id AND complaints.version = directed.before",
        &ids,
        &before,
        &after,
        &handling,
        &satisfied,
        &due as &[Option<DateTime<Utc>>],
        &codes as &[Option<i16>]
    )
    .execute(&mut *tx)
    .await?;
    if usize::try_from(saved.rows_affected()) != Ok(ids.len()) {
        // Their locks are held: nobody else can have changed one.
        return Err(sqlx::Error::RowNotFound);
    }
    let mut columns = clocks::Columns::default();
    for (id, complaint) in complaints {
        columns.push(*id, &complaint.clocks);
    }
    clocks::save(tx, &columns).await
}
