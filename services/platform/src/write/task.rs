//! The writer's task: batches, and what becomes of one that the database did not take.

use sqlx::{PgPool, Postgres, Transaction};
use tokio::sync::{Mutex, MutexGuard, mpsc, watch};
use tokio::time::Instant;

use super::commit::{Tail, begin, need_not_wait};
use super::fault::{is_race, refusal_of};
use super::measure::Measures;
use super::plan::Plan;
use super::{AtOnce, By, Job, Options, is_away, sql_state};
use crate::SharedClock;
use crate::journal::Draft;
use crate::refusal::Refusal;
use crate::telemetry;

/// Takes what queued, writes it, answers: two batches at a time, of which one may still be committing while the next begins.
pub(super) struct Task {
    pool: PgPool,
    clock: SharedClock,
    turn: Mutex<Turn>,
    committed: watch::Sender<i64>,
    options: Options,
    measures: Measures,
}

/// What belongs to the batch whose turn it is: from taking it out of the queue until its last statement before COMMIT was
/// done. So commands are applied in the order in which they came, and a batch is numbered after the one before it.
struct Turn {
    jobs: mpsc::Receiver<Job>,
    /// Whether the next batch is asked first which of it are repeats, see [`Task::apply`].
    asking: bool,
}

/// A batch that is written but for COMMIT.
struct Applied {
    tx: Transaction<'static, Postgres>,
    answers: Answers,
    /// The newest entry's number.
    newest: Option<i64>,
    /// Some of it were repeats, or refused.
    doubts: bool,
}

type Answers = Vec<Result<Vec<u8>, Refusal>>;

/// Why a batch was not committed.
enum Failed {
    /// The database said no to something in it.
    Database(sqlx::Error),
    /// The database does not answer; whether the COMMIT was done is not known.
    Away,
}

impl From<sqlx::Error> for Failed {
    fn from(error: sqlx::Error) -> Self {
        if is_away(&error) {
            tracing::warn!(error = %sql_state(&error), "the database does not answer");
            Self::Away
        } else {
            Self::Database(error)
        }
    }
}

impl Task {
    pub(super) fn new(
        pool: PgPool,
        clock: SharedClock,
        jobs: mpsc::Receiver<Job>,
        committed: watch::Sender<i64>,
        options: Options,
        measures: Measures,
    ) -> Self {
        let turn = Mutex::new(Turn { jobs, asking: true });
        Self { pool, clock, turn, committed, options, measures }
    }

    pub(super) async fn run(self) {
        tokio::join!(self.write_all(), self.write_all());
    }

    async fn write_all(&self) {
        let most = self.options.batch.clamp(1, 256);
        loop {
            let mut turn = self.turn.lock().await;
            let mut batch = Vec::with_capacity(most);
            if turn.jobs.recv_many(&mut batch, most).await == 0 {
                return;
            }
            let now = Instant::now();
            batch.retain(|job| !job.answer.is_closed() || job.deadline.is_none_or(|deadline| deadline > now));
            if batch.is_empty() {
                continue;
            }
            match batch_trace(self.options.service, &batch) {
                Some(trace) => trace.instrument(self.write(turn, batch)).await,
                None => self.write(turn, batch).await,
            }
        }
    }

    async fn write(&self, mut turn: MutexGuard<'_, Turn>, batch: Vec<Job>) {
        if let Some(answers) = self.at_once(&mut turn, &batch).await {
            return self.reply(batch, answers);
        }
        match self.apply(&mut turn, &batch).await {
            Ok(applied) => {
                // While this one is being committed the next begins, and waits for it where it has to.
                drop(turn);
                let answers = self.commit(applied).await;
                self.reply(batch, answers);
            }
            Err(Failed::Away) => {
                let answers = batch.iter().map(|_| Err(Refusal::database_away())).collect();
                self.reply(batch, answers);
            }
            Err(Failed::Database(_)) if batch.len() > 1 => {
                // One by one: what is poisoned falls out alone.
                for job in batch {
                    let job = vec![job];
                    let answers = self.lone(&mut turn, &job).await;
                    self.reply(job, answers);
                }
            }
            Err(Failed::Database(error)) => {
                let answers = self.second_try(&mut turn, &batch, error).await;
                self.reply(batch, answers);
            }
        }
    }

    /// A lone command that is one statement: applied, kept, journalled and committed by it. `None`: it is none, or the database
    /// said no; then it goes the way of all others, which asks first.
    async fn at_once(&self, turn: &mut Turn, batch: &[Job]) -> Option<Answers> {
        let [job] = batch else { return None };
        if turn.asking || !job.subjects.is_empty() {
            return None;
        }
        let by = By { actor: job.actor.clone(), now: self.clock.now() };
        let AtOnce { done, write } = (job.at_once)(&*job.command, &by)?;
        let drafts: Vec<(usize, Draft)> = done.entries.into_iter().map(|draft| (0, draft)).collect();
        name_row(batch, &drafts);
        let kept = job.key.iter().map(|_| (0, done.effect.clone())).collect::<Vec<_>>();
        let tail = Tail::of(batch, &kept, &drafts, by.now);
        let wrote = async { write(&mut *self.pool.acquire().await?, &tail).await }.await;
        turn.asking = wrote.is_err();
        match wrote.map_err(Failed::from) {
            Ok(newest) => {
                self.measures.batch.record(batch.len());
                self.tell(newest);
                Some(vec![Ok(done.effect)])
            }
            Err(Failed::Away) => Some(vec![Err(Refusal::database_away())]),
            Err(Failed::Database(_)) => None,
        }
    }

    async fn lone(&self, turn: &mut Turn, job: &[Job]) -> Answers {
        match self.apply(turn, job).await {
            Ok(applied) => self.commit(applied).await,
            Err(Failed::Away) => vec![Err(Refusal::database_away())],
            Err(Failed::Database(error)) => self.second_try(turn, job, error).await,
        }
    }

    /// A lone command that failed: a race with another replica is tried again, the rest is refused.
    async fn second_try(&self, turn: &mut Turn, job: &[Job], error: sqlx::Error) -> Answers {
        let mut error = error;
        for _ in 0..5 {
            if !is_race(&error) {
                break;
            }
            match self.apply(turn, job).await {
                Ok(applied) => return self.commit(applied).await,
                Err(Failed::Away) => return vec![Err(Refusal::database_away())],
                Err(Failed::Database(again)) => error = again,
            }
        }
        vec![Err(refusal_of(&job[0], &error))]
    }

    /// Applies a batch in one transaction, which is left open.
    ///
    /// Hardly any command is a repeat, so a batch is tried without asking. A repeat cannot slip through: its answer is kept
    /// already, which violates the key of what is kept; or it is refused, by a rule or by the database. Whatever is refused so
    /// is rolled back, and the whole is done again, asked first; and so are the batches after it, until one has neither.
    async fn apply(&self, turn: &mut Turn, batch: &[Job]) -> Result<Applied, Failed> {
        self.measures.batch.record(batch.len());
        let asked = std::mem::replace(&mut turn.asking, true);
        let applied = match self.try_to_apply(batch, asked).await {
            Ok(None) => self.try_to_apply(batch, true).await,
            Err(error) if !asked && !is_away(&error) => self.try_to_apply(batch, true).await,
            applied => applied,
        };
        let applied = applied?.expect("an asked batch has no doubts");
        turn.asking = applied.doubts;
        Ok(applied)
    }

    /// `None`: something was refused that was not asked whether it is a repeat; nothing was written.
    async fn try_to_apply(&self, batch: &[Job], asked: bool) -> Result<Option<Applied>, sqlx::Error> {
        let mut tx = self.pool.begin_with(begin(batch)).await?;
        // Read once the locks are held, so that the order of instants is the order of commits on one subject.
        let now = self.clock.now();

        let mut plan = Plan::new(batch);
        if asked {
            plan.answer_repeats(&mut tx, batch).await?;
        }
        let bys: Vec<By> = batch.iter().map(|job| By { actor: job.actor.clone(), now }).collect();
        let mut drafts: Vec<(usize, Draft)> = Vec::new();
        for group in plan.groups(batch) {
            let commands: Vec<_> = group.iter().map(|&index| (&bys[index], &*batch[index].command)).collect();
            let outcomes = (batch[group[0]].apply)(&mut tx, &commands).await?;
            for (&index, outcome) in group.iter().zip(outcomes) {
                plan.answers[index] = Some(outcome.map(|done| {
                    drafts.extend(done.entries.into_iter().map(|draft| (index, draft)));
                    done.effect
                }));
            }
        }
        let doubts = plan.has_doubts(batch);
        if doubts && !asked {
            tx.rollback().await?;
            return Ok(None);
        }
        // Entries stand in the order in which the commands came.
        drafts.sort_by_key(|(index, _)| *index);

        name_row(batch, &drafts);
        let kept = plan.kept(batch);
        let tail = Tail::of(batch, &kept, &drafts, now);
        if tail.is_empty() && batch.iter().all(|job| job.derives) {
            need_not_wait(&mut tx).await?;
        }
        let newest = tail.append(&mut tx).await?;
        Ok(Some(Applied { tx, answers: plan.into_answers(), newest, doubts }))
    }

    /// Whatever goes wrong here, nobody knows whether it was done: the same again tells.
    async fn commit(&self, applied: Applied) -> Answers {
        let Applied { tx, answers, newest, .. } = applied;
        if let Err(error) = tx.commit().await {
            tracing::warn!(error = %sql_state(&error), "the database does not say whether it committed");
            return answers.iter().map(|_| Err(Refusal::database_away())).collect();
        }
        self.tell(newest);
        answers
    }

    /// Wakes the feed.
    fn tell(&self, newest: Option<i64>) {
        let Some(seq) = newest else { return };
        self.committed.send_if_modified(|newest| {
            let newer = seq > *newest;
            *newest = seq.max(*newest);
            newer
        });
    }

    fn reply(&self, batch: Vec<Job>, answers: Answers) {
        for (job, answer) in batch.into_iter().zip(answers) {
            self.measures.wait.record_within(job.queued.elapsed(), job.within);
            // The caller may have gone; what was done stays done.
            let _ = job.answer.send(answer);
        }
    }
}

/// Whose row it was, where there is one answer to that: from a trace to the row.
fn name_row(batch: &[Job], drafts: &[(usize, Draft)]) {
    if let ([_], [(_, first), ..]) = (batch, drafts) {
        telemetry::set(telemetry::names::SUBJECT, telemetry::Value::token(&first.subject));
    }
}

/// The span of a batch: a child of its first sampled caller, linked to the others. None is built when nobody is sampled.
fn batch_trace(service: &'static str, batch: &[Job]) -> Option<telemetry::Trace> {
    let mut callers = batch
        .iter()
        .map(|job| telemetry::Parent::from_traceparent(&job.traceparent))
        .filter(telemetry::Parent::is_sampled);
    let trace = telemetry::enter(&callers.next()?, service, telemetry::names::WRITE_BATCH, telemetry::Kind::Internal);
    callers.for_each(|caller| trace.link(&caller));
    Some(trace)
}
