//! The first and the last statements of a writing transaction: locks; then kept answers, numbered entries and the moved head.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Job, Key, Tx};
use crate::journal::{self, Draft, Head};

/// Takes the locks of everything the batch touches, in one order for all replicas.
pub(super) async fn lock_subjects(tx: &mut Tx, batch: &[Job]) -> Result<(), sqlx::Error> {
    let mut subjects: Vec<i64> = batch.iter().flat_map(|job| job.subjects.iter().map(|subject| subject.0)).collect();
    if subjects.is_empty() {
        return Ok(());
    }
    subjects.sort_unstable();
    subjects.dedup();
    sqlx::query!(
        r#"SELECT pg_advisory_xact_lock(subject) AS "locked!: ()" FROM (SELECT unnest($1::bigint[]) AS subject ORDER BY 1) AS ordered"#,
        &subjects
    )
    .fetch_all(tx)
    .await?;
    Ok(())
}

/// Keeps the answers, then numbers and hashes the entries and moves the head: the last statement before COMMIT.
pub(super) async fn finish(
    tx: &mut Tx,
    batch: &[Job],
    kept: &[(usize, Vec<u8>)],
    drafts: &[(usize, Draft)],
    now: DateTime<Utc>,
    known: Option<Head>,
) -> Result<Option<Head>, sqlx::Error> {
    let keys: Vec<&Key> = kept.iter().filter_map(|(index, _)| batch[*index].key.as_ref()).collect();
    let kept = Kept {
        callers: keys.iter().map(|key| key.caller.clone()).collect(),
        methods: keys.iter().map(|key| key.method.to_owned()).collect(),
        ids: keys.iter().map(|key| key.request_id).collect(),
        digests: keys.iter().map(|key| key.digest.to_vec()).collect(),
        effects: kept.iter().map(|(_, effect)| effect.clone()).collect(),
    };
    if drafts.is_empty() {
        if !kept.ids.is_empty() {
            kept.insert(tx, now).await?;
        }
        return Ok(None);
    }
    if let Some(known) = known {
        let entries = Numbered::after(known, batch, drafts, now);
        if entries.insert_if_head_is(tx, &kept, known, now).await? {
            return Ok(Some(entries.head));
        }
    } else if !kept.ids.is_empty() {
        kept.insert(tx, now).await?;
    }
    // Another replica moved the head meanwhile (or we do not know it yet): take it, then number.
    let held = journal::lock_head(tx).await?;
    let entries = Numbered::after(held, batch, drafts, now);
    let nothing = Kept::default();
    if entries.insert_if_head_is(tx, &nothing, held, now).await? {
        Ok(Some(entries.head))
    } else {
        Err(sqlx::Error::Protocol("the journal head moved while it was locked".into()))
    }
}

/// Answers to keep, a column each.
#[derive(Default)]
struct Kept {
    callers: Vec<String>,
    methods: Vec<String>,
    ids: Vec<Uuid>,
    digests: Vec<Vec<u8>>,
    effects: Vec<Vec<u8>>,
}

impl Kept {
    async fn insert(&self, tx: &mut Tx, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
        sqlx::query!(
            "INSERT INTO platform.idempotency (caller, method, request_id, digest, effect, at)
             SELECT caller, method, request_id, digest, effect, $6
             FROM unnest($1::text[], $2::text[], $3::uuid[], $4::bytea[], $5::bytea[])
                  AS kept (caller, method, request_id, digest, effect)",
            &self.callers,
            &self.methods,
            &self.ids,
            &self.digests,
            &self.effects,
            now
        )
        .execute(tx)
        .await?;
        Ok(())
    }
}

/// Entries with their numbers and hashes, a column each.
struct Numbered {
    head: Head,
    seqs: Vec<i64>,
    kinds: Vec<String>,
    subjects: Vec<String>,
    payloads: Vec<Vec<u8>>,
    actors: Vec<String>,
    traceparents: Vec<String>,
    hashes: Vec<Vec<u8>>,
}

impl Numbered {
    fn after(mut head: Head, batch: &[Job], drafts: &[(usize, Draft)], now: DateTime<Utc>) -> Self {
        let count = drafts.len();
        let mut numbered = Self {
            head,
            seqs: Vec::with_capacity(count),
            kinds: Vec::with_capacity(count),
            subjects: Vec::with_capacity(count),
            payloads: Vec::with_capacity(count),
            actors: Vec::with_capacity(count),
            traceparents: Vec::with_capacity(count),
            hashes: Vec::with_capacity(count),
        };
        for (index, draft) in drafts {
            let job = &batch[*index];
            head = head.next(draft.kind, &draft.subject, &draft.payload, &job.actor, now, &job.traceparent);
            numbered.seqs.push(head.seq);
            numbered.kinds.push(draft.kind.to_owned());
            numbered.subjects.push(draft.subject.clone());
            numbered.payloads.push(draft.payload.clone());
            numbered.actors.push(job.actor.clone());
            numbered.traceparents.push(job.traceparent.clone());
            numbered.hashes.push(head.hash.to_vec());
        }
        numbered.head = head;
        numbered
    }

    /// One statement: keep the answers, move the head if it is where it should be, add the entries if it moved. The head
    /// waits for the answers, so that every replica takes its locks in the same order.
    async fn insert_if_head_is(
        &self,
        tx: &mut Tx,
        kept: &Kept,
        head: Head,
        now: DateTime<Utc>,
    ) -> Result<bool, sqlx::Error> {
        let added = sqlx::query!(
            "WITH kept AS (
                 INSERT INTO platform.idempotency (caller, method, request_id, digest, effect, at)
                 SELECT caller, method, request_id, digest, effect, $6
                 FROM unnest($1::text[], $2::text[], $3::uuid[], $4::bytea[], $5::bytea[])
                      AS kept (caller, method, request_id, digest, effect)
                 RETURNING 1
             ), moved AS (
                 UPDATE platform.journal_head SET seq = $7, hash = $8
                 WHERE seq = $9 AND hash = $10 AND (SELECT count(*) FROM kept) >= 0
                 RETURNING 1
             )
             INSERT INTO platform.journal (seq, kind, subject, payload, actor, at, traceparent, hash)
             SELECT seq, kind, subject, payload, actor, $6, traceparent, hash
             FROM moved, unnest($11::bigint[], $12::text[], $13::text[], $14::bytea[], $15::text[], $16::text[], $17::bytea[])
                  AS entry (seq, kind, subject, payload, actor, traceparent, hash)",
            &kept.callers,
            &kept.methods,
            &kept.ids,
            &kept.digests,
            &kept.effects,
            now,
            self.head.seq,
            &self.head.hash[..],
            head.seq,
            &head.hash[..],
            &self.seqs,
            &self.kinds,
            &self.subjects,
            &self.payloads,
            &self.actors,
            &self.traceparents,
            &self.hashes
        )
        .execute(tx)
        .await?
        .rows_affected();
        Ok(added > 0)
    }
}
