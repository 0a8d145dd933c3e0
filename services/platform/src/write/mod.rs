//! The one door for writes. A command is applied inside a transaction that the writer owns: rows, journal, idempotency,
//! COMMIT, then the answer. Nothing is acknowledged before COMMIT.
//!
//! The writer takes whatever queued while its last batch was written, as one transaction (no linger: a lone call loses
//! nothing, and may be one statement); while that one commits, the next begins.
//! Locks are taken in one order, whoever writes: subjects, idempotency keys, journal head. A refusal leaves the others
//! alone. A database error reruns the batch one by one, so that a poisoned command falls out alone. A caller that went away
//! cancels nothing; a deadline bounds its wait, never the transaction.

mod commit;
mod fault;
mod measure;
mod plan;
mod task;

use std::any::{Any, TypeId};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use uuid::Uuid;

pub use commit::Tail;
pub use fault::{is_away, read_refusal, sql_state};

use crate::SharedClock;
use crate::call::Call;
use crate::journal::{Draft, Event};
use crate::refusal::Refusal;
use crate::telemetry::{self, SpanIds};
use measure::Measures;
use task::Task;

/// The open transaction that a command is applied in. Rooms hold it only in `store.rs`; nothing below can reach the pool.
pub type Tx = sqlx::PgConnection;

/// Who, and when: the same instant for the whole batch, so that order of time is order of commit.
#[derive(Debug, Clone)]
pub struct By {
    /// `posts/…`, `services/…`, `tasks/…`: goes into the journal.
    pub actor: String,
    /// Now.
    pub now: DateTime<Utc>,
}

/// What a command came to.
pub type Outcome<E> = Result<Done<E>, Refusal>;

/// A command that was applied.
#[derive(Debug)]
pub struct Done<E> {
    /// What the caller is answered, also when it sends the same again: no secret, no identity.
    pub effect: E,
    /// What goes into the journal.
    pub entries: Vec<Draft>,
}

impl<E> Done<E> {
    /// Applied, with nothing for the journal.
    #[must_use]
    pub fn new(effect: E) -> Self {
        Self { effect, entries: Vec::new() }
    }

    /// And this happened.
    #[must_use]
    pub fn and(mut self, event: &impl Event) -> Self {
        self.entries.push(Draft::of(event));
        self
    }
}

/// A command that needs to read nothing: what it comes to, and the one statement that writes it.
pub struct AtOnce<E> {
    /// As it will be, once the statement is done.
    pub done: Done<E>,
    /// Writes its rows, and ends in `platform.append`; gives what that gives. What it assumed of the database and could be
    /// otherwise (the number that follows) it must prove, or fail.
    pub write: WriteAtOnce,
}

/// See [`AtOnce`].
pub type WriteAtOnce = Box<dyn for<'a> FnOnce(&'a mut Tx, &'a Tail) -> Writing<'a> + Send>;

/// The newest entry's number, if there is one.
pub type Writing<'a> = Pin<Box<dyn Future<Output = Result<Option<i64>, sqlx::Error>> + Send + 'a>>;

/// A thing that is locked while a command is applied to it: a complaint, a desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject(i64);

impl Subject {
    /// The lock of one thing of a kind.
    #[must_use]
    pub fn of(kind: &str, id: &str) -> Self {
        let digest = Sha256::new().chain_update(kind).chain_update([0]).chain_update(id).finalize();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        Self(i64::from_be_bytes(first))
    }
}

/// A change. Decide first, then write: a refusal must leave no rows behind.
pub trait Command: Send + Sync + Sized + 'static {
    /// What the caller is answered. Kept for repeats, so: no secret, no identity.
    type Effect: Serialize + DeserializeOwned + Send + 'static;
    /// For spans and metrics: `register_complaint`.
    const NAME: &'static str;
    /// Whether it only derives rows from what another journal keeps, with the place it read up to: what a crash of the
    /// database takes of it is read again, so where it journals nothing its COMMIT need not wait for the disk.
    const DERIVES: bool = false;

    /// What it must have for itself.
    fn subjects(&self) -> Vec<Subject> {
        Vec::new()
    }

    /// Applies it alone.
    fn apply(&self, tx: &mut Tx, by: &By) -> impl Future<Output = Result<Outcome<Self::Effect>, sqlx::Error>> + Send;

    /// Applies many, answers in their order. One after another, unless a hot command brings a multi-row form.
    fn apply_all(
        tx: &mut Tx,
        batch: &[(&By, &Self)],
    ) -> impl Future<Output = Result<Vec<Outcome<Self::Effect>>, sqlx::Error>> + Send {
        async move {
            let mut outcomes = Vec::with_capacity(batch.len());
            for (by, command) in batch {
                outcomes.push(command.apply(tx, by).await?);
            }
            Ok(outcomes)
        }
    }

    /// Its one statement, where it has no subjects and nothing to read: then a lone one waits for the database once, not for
    /// BEGIN, rows, journal and COMMIT each. When the database says no, it is applied like any other.
    fn at_once(&self, _by: &By) -> Option<AtOnce<Self::Effect>> {
        None
    }

    /// The refusal that a violated constraint of the database means for this command; `None`: a fault of ours.
    fn constraint(&self, _name: &str) -> Option<Refusal> {
        None
    }
}

/// Makes a repeat answer what the first call was answered.
#[derive(Debug, Clone)]
pub struct Key {
    caller: String,
    method: &'static str,
    request_id: Uuid,
    digest: [u8; 32],
}

/// Bounds of a writer.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Commands that may wait; one more is refused with `BUSY`. At least 1.
    pub queue: usize,
    /// Commands in one transaction, at most; 1 to 256.
    pub batch: usize,
    /// Keys the digests of requests, which may hold identity.
    pub digest_key: [u8; 32],
    /// The service, for spans and metrics: `complaint-intake`.
    pub service: &'static str,
}

/// The way into the queue. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Writer {
    queue: mpsc::Sender<Job>,
    committed: watch::Receiver<i64>,
    digest_key: [u8; 32],
    measures: Measures,
}

struct Job {
    queued: Instant,
    within: Option<SpanIds>,
    key: Option<Key>,
    actor: String,
    traceparent: String,
    name: &'static str,
    derives: bool,
    kind: TypeId,
    subjects: Vec<Subject>,
    command: Arc<dyn Any + Send + Sync>,
    apply: ApplyAll,
    at_once: ErasedAtOnce,
    constraint: fn(&(dyn Any + Send + Sync), &str) -> Option<Refusal>,
    deadline: Option<Instant>,
    answer: oneshot::Sender<Result<Vec<u8>, Refusal>>,
}

type Erased = Result<Done<Vec<u8>>, Refusal>;
type ErasedAtOnce = fn(&(dyn Any + Send + Sync), &By) -> Option<AtOnce<Vec<u8>>>;
type ApplyAll = for<'a> fn(
    &'a mut Tx,
    &'a [(&'a By, &'a (dyn Any + Send + Sync))],
) -> Pin<Box<dyn Future<Output = Result<Vec<Erased>, sqlx::Error>> + Send + 'a>>;

fn apply_all<'a, C: Command>(
    tx: &'a mut Tx,
    batch: &'a [(&'a By, &'a (dyn Any + Send + Sync))],
) -> Pin<Box<dyn Future<Output = Result<Vec<Erased>, sqlx::Error>> + Send + 'a>> {
    Box::pin(async move {
        let typed: Vec<(&By, &C)> =
            batch.iter().map(|(by, command)| (*by, command.downcast_ref::<C>().expect("grouped by type"))).collect();
        let outcomes = C::apply_all(tx, &typed).await?;
        assert_eq!(outcomes.len(), typed.len(), "{}: an outcome a command", C::NAME);
        Ok(outcomes.into_iter().map(|outcome| outcome.map(erased)).collect())
    })
}

fn erased<E: Serialize>(done: Done<E>) -> Done<Vec<u8>> {
    Done { effect: serde_json::to_vec(&done.effect).expect("an effect is plain data"), entries: done.entries }
}

fn at_once<C: Command>(command: &(dyn Any + Send + Sync), by: &By) -> Option<AtOnce<Vec<u8>>> {
    let AtOnce { done, write } = command.downcast_ref::<C>()?.at_once(by)?;
    Some(AtOnce { done: erased(done), write })
}

fn constraint<C: Command>(command: &(dyn Any + Send + Sync), name: &str) -> Option<Refusal> {
    command.downcast_ref::<C>().and_then(|command| command.constraint(name))
}

impl Writer {
    /// Starts the writer's task. It ends when the last `Writer` is dropped and everything queued is done.
    pub fn start(
        pool: PgPool,
        clock: SharedClock,
        options: Options,
    ) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (queue, jobs) = mpsc::channel(options.queue.max(1));
        let (committed, watcher) = watch::channel(0);
        let measures = Measures::of(options.service, &queue);
        let task = Task::new(pool, clock, jobs, committed, options, measures.clone());
        (Self { queue, committed: watcher, digest_key: options.digest_key, measures }, task.run())
    }

    /// The key of a call: the same caller, method and `request_id` with the same content is a repeat.
    #[must_use]
    pub fn key(&self, call: &Call, request_id: Uuid, request: &impl prost::Message) -> Key {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.digest_key).expect("any length will do");
        mac.update(&request.encode_to_vec());
        Key {
            caller: call.caller.principal.clone(),
            method: call.method.path,
            request_id,
            digest: mac.finalize().into_bytes().into(),
        }
    }

    /// Applies a command for a caller, once, however often it is sent.
    ///
    /// # Errors
    /// The command's refusal; `REQUEST_ID_REUSED`; `BUSY` with the queue full; `DEADLINE` when the caller's time is up
    /// (it may still be done: the same again tells); `DATABASE_AWAY`; `INTERNAL`.
    pub async fn submit<C: Command>(
        &self,
        call: &Call,
        request_id: Uuid,
        request: &impl prost::Message,
        command: C,
    ) -> Result<C::Effect, Refusal> {
        let key = self.key(call, request_id, request);
        self.send(Some(key), call.caller.principal.clone(), call.deadline, command).await
    }

    /// Applies a command of the service itself (a follower, a task), which must be harmless when applied again.
    ///
    /// # Errors
    /// As [`Writer::submit`].
    pub async fn submit_own<C: Command>(&self, actor: &str, command: C) -> Result<C::Effect, Refusal> {
        self.send(None, actor.to_owned(), None, command).await
    }

    /// Queues a command of a caller whose content is its own key (one revision of one call), so that no `request_id` is asked
    /// and no answer kept: it must be harmless when applied again. Waits for a place in the queue, since a stream is slowed
    /// down rather than refused; gives back the answer to wait for. Commands are applied in the order they were queued in.
    ///
    /// # Errors
    /// `STOPPING`. The answer's: as [`Writer::submit`].
    pub async fn enqueue<C: Command>(
        &self,
        call: &Call,
        command: C,
    ) -> Result<impl Future<Output = Result<C::Effect, Refusal>> + Send + use<C>, Refusal> {
        let (job, answered) = job(None, call.caller.principal.clone(), call.deadline, command);
        self.queue.send(job).await.map_err(|_| Refusal::stopping())?;
        Ok(answer_of::<C>(answered, call.deadline))
    }

    async fn send<C: Command>(
        &self,
        key: Option<Key>,
        actor: String,
        deadline: Option<Instant>,
        command: C,
    ) -> Result<C::Effect, Refusal> {
        let own = key.is_none();
        let (job, answered) = job(key, actor, deadline, command);
        if own {
            // The service's own work waits its turn: nobody can send it again for it.
            self.queue.send(job).await.map_err(|_| Refusal::stopping())?;
        } else {
            self.queue.try_send(job).map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => {
                    self.measures.refused.add(1);
                    Refusal::busy(Duration::from_millis(50))
                }
                mpsc::error::TrySendError::Closed(_) => Refusal::stopping(),
            })?;
        }
        answer_of::<C>(answered, deadline).await
    }

    /// The newest entry committed here; changes wake the feed. Other replicas' entries are found by asking the database.
    #[must_use]
    pub fn committed(&self) -> watch::Receiver<i64> {
        self.committed.clone()
    }
}

type Answered = oneshot::Receiver<Result<Vec<u8>, Refusal>>;

fn job<C: Command>(key: Option<Key>, actor: String, deadline: Option<Instant>, command: C) -> (Job, Answered) {
    let (answer, answered) = oneshot::channel();
    let job = Job {
        queued: Instant::now(),
        within: SpanIds::current(),
        key,
        actor,
        traceparent: telemetry::current_traceparent().unwrap_or_default(),
        name: C::NAME,
        derives: C::DERIVES,
        kind: TypeId::of::<C>(),
        subjects: command.subjects(),
        command: Arc::new(command),
        apply: apply_all::<C>,
        at_once: at_once::<C>,
        constraint: constraint::<C>,
        deadline,
        answer,
    };
    (job, answered)
}

async fn answer_of<C: Command>(answered: Answered, deadline: Option<Instant>) -> Result<C::Effect, Refusal> {
    let answered = async { answered.await.unwrap_or_else(|_| Err(Refusal::stopping())) };
    let bytes = match deadline {
        Some(deadline) => {
            tokio::time::timeout_at(deadline, answered).await.map_err(|_| Refusal::deadline()).and_then(|a| a)?
        }
        None => answered.await?,
    };
    serde_json::from_slice(&bytes).map_err(|error| {
        tracing::error!(command = C::NAME, %error, "a stored answer cannot be read");
        Refusal::internal()
    })
}
