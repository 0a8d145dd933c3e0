//! The plan of a batch: repeats are answered from what is kept, twins share one effect, the rest is grouped by kind of command.

use std::any::TypeId;
use std::collections::HashMap;

use uuid::Uuid;

use super::{Job, Tx};
use crate::refusal::Refusal;

/// Who is applied, who repeats whom, and what each is answered.
pub(super) struct Plan {
    pub(super) answers: Vec<Option<Result<Vec<u8>, Refusal>>>,
    /// For a twin: the one of the same key before it.
    first: Vec<Option<usize>>,
    /// Answered by an earlier transaction.
    replayed: Vec<bool>,
}

impl Plan {
    pub(super) fn new(batch: &[Job]) -> Self {
        let mut seen: HashMap<(&str, &str, Uuid), usize> = HashMap::new();
        let mut plan = Self {
            answers: vec![None; batch.len()],
            first: vec![None; batch.len()],
            replayed: vec![false; batch.len()],
        };
        for (index, job) in batch.iter().enumerate() {
            let Some(key) = &job.key else { continue };
            match seen.entry((&key.caller, key.method, key.request_id)) {
                std::collections::hash_map::Entry::Vacant(vacant) => {
                    vacant.insert(index);
                }
                std::collections::hash_map::Entry::Occupied(first) => {
                    let first = *first.get();
                    if batch[first].key.as_ref().is_some_and(|other| other.digest == key.digest) {
                        plan.first[index] = Some(first);
                    } else {
                        plan.answers[index] = Some(Err(Refusal::request_id_reused()));
                    }
                }
            }
        }
        plan
    }

    pub(super) async fn answer_repeats(&mut self, tx: &mut Tx, batch: &[Job]) -> Result<(), sqlx::Error> {
        let (mut callers, mut methods, mut ids, mut indexes) = (vec![], vec![], vec![], vec![]);
        for (index, job) in batch.iter().enumerate() {
            let (Some(key), None, None) = (&job.key, self.first[index], &self.answers[index]) else { continue };
            callers.push(key.caller.clone());
            methods.push(key.method.to_owned());
            ids.push(key.request_id);
            indexes.push(i32::try_from(index).expect("a batch is small"));
        }
        if ids.is_empty() {
            return Ok(());
        }
        // LATERAL with a limit: each key is looked up by itself. A plain join, planned while the table was small, reads all of
        // the table for every batch until somebody analyses it (measured: a lone call then takes as long as the table is).
        let rows = sqlx::query!(
            r#"SELECT asked.place AS "place!", kept.digest, kept.effect
               FROM unnest($1::text[], $2::text[], $3::uuid[], $4::int[]) AS asked (caller, method, request_id, place)
               CROSS JOIN LATERAL (
                   SELECT digest, effect FROM platform.idempotency kept
                   WHERE kept.caller = asked.caller AND kept.method = asked.method AND kept.request_id = asked.request_id
                   LIMIT 1
               ) AS kept"#,
            &callers,
            &methods,
            &ids,
            &indexes
        )
        .fetch_all(tx)
        .await?;
        for row in rows {
            let index = usize::try_from(row.place).expect("it was an index");
            let same = batch[index].key.as_ref().is_some_and(|key| key.digest[..] == row.digest);
            self.replayed[index] = true;
            self.answers[index] = Some(if same { Ok(row.effect) } else { Err(Refusal::request_id_reused()) });
        }
        Ok(())
    }

    /// Whether some with a key were answered before or were refused.
    pub(super) fn has_doubts(&self, batch: &[Job]) -> bool {
        let refused = |index: usize| matches!(self.answers[index], Some(Err(_)));
        (0..batch.len()).any(|index| batch[index].key.is_some() && (self.replayed[index] || refused(index)))
    }

    /// Those to be applied, by kind of command, within a kind by subject and then in the order they came.
    pub(super) fn groups(&self, batch: &[Job]) -> Vec<Vec<usize>> {
        let mut groups: Vec<(TypeId, Vec<usize>)> = Vec::new();
        for (index, job) in batch.iter().enumerate() {
            if self.answers[index].is_some() || self.first[index].is_some() {
                continue;
            }
            match groups.iter_mut().find(|(kind, _)| *kind == job.kind) {
                Some((_, group)) => group.push(index),
                None => groups.push((job.kind, vec![index])),
            }
        }
        groups.into_iter().map(|(_, group)| group).collect()
    }

    /// Those whose answer is to be kept.
    pub(super) fn kept(&self, batch: &[Job]) -> Vec<(usize, Vec<u8>)> {
        let mut kept: Vec<(usize, Vec<u8>)> = Vec::new();
        for (index, job) in batch.iter().enumerate() {
            if job.key.is_none() || self.replayed[index] || self.first[index].is_some() {
                continue;
            }
            if let Some(Ok(effect)) = &self.answers[index] {
                kept.push((index, effect.clone()));
            }
        }
        // One order for all replicas.
        kept.sort_by(|(a, _), (b, _)| {
            let key = |index: &usize| batch[*index].key.as_ref().map(|key| (&key.caller, key.method, key.request_id));
            key(a).cmp(&key(b))
        });
        kept
    }

    pub(super) fn into_answers(self) -> Vec<Result<Vec<u8>, Refusal>> {
        let answers = &self.answers;
        self.first
            .iter()
            .enumerate()
            .map(|(index, first)| answers[first.unwrap_or(index)].clone().unwrap_or_else(|| Err(Refusal::internal())))
            .collect()
    }
}
