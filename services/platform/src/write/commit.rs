//! The first and the last statements of a writing transaction: locks; then kept answers, and entries with their numbers.

use chrono::{DateTime, Utc};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{Job, Key, Tx};
use crate::journal::{self, Draft};

/// Begins, and takes the locks of everything the batch touches, in one order for all replicas. One message, and so one answer
/// to wait for; the locks are numbers, and nothing of a request is in it.
pub(super) fn begin(batch: &[Job]) -> AssertSqlSafe<String> {
    let mut subjects: Vec<i64> = batch.iter().flat_map(|job| job.subjects.iter().map(|subject| subject.0)).collect();
    subjects.sort_unstable();
    subjects.dedup();
    if subjects.is_empty() {
        return AssertSqlSafe("BEGIN".to_owned());
    }
    let subjects = subjects.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
    AssertSqlSafe(format!(
        "BEGIN; SELECT pg_advisory_xact_lock(subject) FROM unnest('{{{subjects}}}'::bigint[]) AS subject"
    ))
}

/// The last statement of what is derived and not told to anybody: its COMMIT does not wait for the disk, and no flush
/// is made for it. What is committed so is never seen out of order: a crash takes the end of the log, or nothing.
pub(super) async fn need_not_wait(tx: &mut Tx) -> Result<(), sqlx::Error> {
    sqlx::query("SET LOCAL synchronous_commit = off").execute(tx).await?;
    Ok(())
}

/// What the door adds to the rows of commands, a column each, for `platform.append`: answers to keep, in one order for all
/// replicas; entries in the order in which the commands came.
#[derive(Debug, Default)]
#[expect(missing_docs, reason = "the columns of the two tables")]
pub struct Tail {
    pub callers: Vec<String>,
    pub methods: Vec<String>,
    pub request_ids: Vec<Uuid>,
    pub digests: Vec<Vec<u8>>,
    pub effects: Vec<Vec<u8>>,
    pub kinds: Vec<String>,
    pub subjects: Vec<String>,
    pub payloads: Vec<Vec<u8>>,
    pub actors: Vec<String>,
    pub traceparents: Vec<String>,
    /// See [`journal::body`].
    pub bodies: Vec<Vec<u8>>,
    /// When all this was decided.
    pub at: DateTime<Utc>,
}

impl Tail {
    pub(super) fn of(batch: &[Job], kept: &[(usize, Vec<u8>)], drafts: &[(usize, Draft)], at: DateTime<Utc>) -> Self {
        let keys: Vec<&Key> = kept.iter().filter_map(|(index, _)| batch[*index].key.as_ref()).collect();
        let jobs: Vec<&Job> = drafts.iter().map(|(index, _)| &batch[*index]).collect();
        let entries = || drafts.iter().map(|(_, draft)| draft);
        Self {
            callers: keys.iter().map(|key| key.caller.clone()).collect(),
            methods: keys.iter().map(|key| key.method.to_owned()).collect(),
            request_ids: keys.iter().map(|key| key.request_id).collect(),
            digests: keys.iter().map(|key| key.digest.to_vec()).collect(),
            effects: kept.iter().map(|(_, effect)| effect.clone()).collect(),
            kinds: entries().map(|draft| draft.kind.to_owned()).collect(),
            subjects: entries().map(|draft| draft.subject.clone()).collect(),
            payloads: entries().map(|draft| draft.payload.clone()).collect(),
            actors: jobs.iter().map(|job| job.actor.clone()).collect(),
            traceparents: jobs.iter().map(|job| job.traceparent.clone()).collect(),
            bodies: entries()
                .zip(&jobs)
                .map(|(draft, job)| {
                    journal::body(draft.kind, &draft.subject, &draft.payload, &job.actor, at, &job.traceparent)
                })
                .collect(),
            at,
        }
    }

    /// Whether there is nothing to add.
    pub(super) fn is_empty(&self) -> bool {
        self.kinds.is_empty() && self.request_ids.is_empty()
    }

    /// Adds it: the last statement before COMMIT. Gives the number of the newest entry, if there is one.
    pub(super) async fn append(&self, tx: &mut Tx) -> Result<Option<i64>, sqlx::Error> {
        if self.is_empty() {
            return Ok(None);
        }
        sqlx::query_scalar!(
            "SELECT platform.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            &self.callers,
            &self.methods,
            &self.request_ids,
            &self.digests,
            &self.effects,
            &self.kinds,
            &self.subjects,
            &self.payloads,
            &self.actors,
            &self.traceparents,
            &self.bodies,
            self.at
        )
        .fetch_one(tx)
        .await
    }
}
