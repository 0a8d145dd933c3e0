//! Wrapping data keys again: when another key is the active one, those that were wrapped before are brought to it, so that the
//! key before may go. What they seal stays as it is.
//!
//! Safe beside services that run, and beside itself: a data key is replaced only where it still is the one that was read. Each
//! batch is a transaction of its own; a run that was cut short is begun anew, and steps over what is done.

use std::collections::BTreeMap;

use platform::Refusal;
use platform::seal::Error;
use platform::service::{Base, StartError};
use platform::write::sql_state;
use uuid::Uuid;

use super::sealing::Vault;
use super::store::{self, Rewrap};

/// Data keys read at once, and replaced in one transaction.
const BATCH: i64 = 500;

/// Rounds through the vault, the last of which should find nothing to do: in each of them a service that still seals with the
/// key before may add behind our back, and could do so for ever.
const ROUNDS: usize = 3;

const ACTOR: &str = "tasks/rewrap-vault";

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Data keys looked at in this round.
    pub seen: u64,
    /// Data keys there were when it began.
    pub of: u64,
    /// Data keys wrapped again.
    pub rewrapped: u64,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rewrapped {
    /// The active key.
    pub key: u32,
    /// Data keys there are.
    pub data_keys: u64,
    /// How many of them were wrapped again, or would be.
    pub rewrapped: u64,
    /// How many were left, for the key that wraps them is not in the file; by its number.
    pub missing: BTreeMap<u32, u64>,
    /// How many were left since they are no data keys of their subjects.
    pub damaged: u64,
    /// The subject of the first of those.
    pub first_damaged: Option<Uuid>,
    /// To the last, data keys came that another key wraps: a service that runs seals with it.
    pub still_coming: bool,
}

impl Rewrapped {
    /// Whether the active key wraps them all, or would.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty() && self.damaged == 0 && !self.still_coming
    }

    fn left(&mut self, subject: Uuid, why: Error) {
        match why {
            Error::UnknownKey(key) => *self.missing.entry(key).or_default() += 1,
            Error::NotAuthentic | Error::Format => {
                self.damaged += 1;
                self.first_damaged.get_or_insert(subject);
            }
        }
    }
}

/// Why it ended before its time. What was committed stays, and a next run goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum RewrapError {
    /// It could not begin.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The vault cannot be read: the SQLSTATE, or the kind of failure.
    #[error("the vault cannot be read ({0})")]
    Read(String),
    /// A batch was not committed.
    #[error("data keys could not be replaced ({0})")]
    Write(#[from] Refusal),
}

/// Wraps all data keys again, or only looks how many there are to wrap.
pub(crate) async fn rewrap(
    base: &Base,
    vault: &Vault,
    key: u32,
    dry_run: bool,
    told: &mut (dyn FnMut(Progress) + Send),
) -> Result<Rewrapped, RewrapError> {
    let of = store::count(&base.db).await.map_err(|error| RewrapError::Read(sql_state(&error)))?;
    let (mut rounds, mut rewrapped) = (0, 0);
    loop {
        let mut round = Rewrapped { key, ..Rewrapped::default() };
        let before = rewrapped;
        let mut after = Uuid::nil();
        loop {
            let batch = store::data_keys(&base.db, after, BATCH).await;
            let batch = batch.map_err(|error| RewrapError::Read(sql_state(&error)))?;
            let Some((last, _)) = batch.last() else { break };
            after = *last;
            let again = plan(vault, batch, &mut round);
            if again.subjects.is_empty() {
                continue;
            }
            let count = again.subjects.len() as u64;
            rewrapped += if dry_run { count } else { base.writer.submit_own(ACTOR, again).await? };
            told(Progress { seen: round.data_keys, of: of.unsigned_abs(), rewrapped });
        }
        round.rewrapped = rewrapped;
        if dry_run || rewrapped == before {
            return Ok(round);
        }
        rounds += 1;
        if rounds == ROUNDS {
            return Ok(Rewrapped { still_coming: true, ..round });
        }
    }
}

/// What is to be replaced of these; the rest is counted.
fn plan(vault: &Vault, batch: Vec<(Uuid, Vec<u8>)>, round: &mut Rewrapped) -> Rewrap {
    let mut again = Rewrap { key: round.key, ..Rewrap::default() };
    for (subject, old) in batch {
        round.data_keys += 1;
        match vault.rewrap(subject, &old) {
            Ok(Some(new)) => {
                again.subjects.push(subject);
                again.old.push(old);
                again.new.push(new);
            }
            Ok(None) => {}
            Err(why) => round.left(subject, why),
        }
    }
    again
}
