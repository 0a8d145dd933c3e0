//! The writer's task: batches, and what becomes of one that the database did not take.

use sqlx::{Connection as _, PgPool};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::commit::{finish, lock_subjects};
use super::fault::{is_race, refusal_of};
use super::measure::Measures;
use super::plan::Plan;
use super::{By, Job, Options, is_away, sql_state};
use crate::SharedClock;
use crate::journal::{Draft, Head};
use crate::refusal::Refusal;
use crate::telemetry;

/// Takes what queued, writes it, answers.
pub(super) struct Task {
    pool: PgPool,
    clock: SharedClock,
    jobs: mpsc::Receiver<Job>,
    committed: watch::Sender<i64>,
    /// The head after our last commit, so that a lone writer need not read it; any error forgets it.
    head: Option<Head>,
    /// Whether the next batch is asked first which of it are repeats, see [`Task::transaction`].
    asking: bool,
    options: Options,
    measures: Measures,
}

/// A batch that was committed.
struct Written {
    answers: Vec<Result<Vec<u8>, Refusal>>,
    head: Option<Head>,
    /// Some of it were repeats, or refused.
    doubts: bool,
}

/// Why a batch was not committed.
enum Failed {
    /// The database said no to something in it.
    Database(sqlx::Error),
    /// The database does not answer; whether the COMMIT was done is not known.
    Away,
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
        Self { pool, clock, jobs, committed, head: None, asking: true, options, measures }
    }

    pub(super) async fn run(mut self) {
        let most = self.options.batch.clamp(1, 256);
        let mut batch = Vec::with_capacity(most);
        while self.jobs.recv_many(&mut batch, most).await > 0 {
            self.write(std::mem::take(&mut batch)).await;
        }
    }

    async fn write(&mut self, mut batch: Vec<Job>) {
        let now = Instant::now();
        batch.retain(|job| !job.answer.is_closed() || job.deadline.is_none_or(|deadline| deadline > now));
        if batch.is_empty() {
            return;
        }
        match batch_trace(self.options.service, &batch) {
            Some(trace) => trace.instrument(self.write_traced(batch)).await,
            None => self.write_traced(batch).await,
        }
    }

    async fn write_traced(&mut self, batch: Vec<Job>) {
        match self.transaction(&batch).await {
            Ok(answers) => self.reply(batch, answers),
            Err(Failed::Away) => {
                let answers = batch.iter().map(|_| Err(Refusal::database_away())).collect();
                self.reply(batch, answers);
            }
            Err(Failed::Database(_)) if batch.len() > 1 => {
                // One by one: what is poisoned falls out alone.
                for job in batch {
                    let job = vec![job];
                    let answers = self.lone(&job).await;
                    self.reply(job, answers);
                }
            }
            Err(Failed::Database(error)) => {
                let answers = self.second_try(&batch, error).await;
                self.reply(batch, answers);
            }
        }
    }

    async fn lone(&mut self, job: &[Job]) -> Vec<Result<Vec<u8>, Refusal>> {
        match self.transaction(job).await {
            Ok(answers) => answers,
            Err(Failed::Away) => vec![Err(Refusal::database_away())],
            Err(Failed::Database(error)) => self.second_try(job, error).await,
        }
    }

    /// A lone command that failed: a race with another replica is tried again, the rest is refused.
    async fn second_try(&mut self, job: &[Job], error: sqlx::Error) -> Vec<Result<Vec<u8>, Refusal>> {
        let mut error = error;
        for _ in 0..5 {
            if !is_race(&error) {
                break;
            }
            match self.transaction(job).await {
                Ok(answers) => return answers,
                Err(Failed::Away) => return vec![Err(Refusal::database_away())],
                Err(Failed::Database(again)) => error = again,
            }
        }
        vec![Err(refusal_of(&job[0], &error))]
    }

    /// Applies a batch in one transaction.
    ///
    /// Hardly any command is a repeat, so a batch is tried without asking. A repeat cannot slip through: its answer is kept
    /// already, which violates the key of what is kept; or it is refused, by a rule or by the database. Whatever is refused so
    /// is rolled back, and the whole is done again, asked first; and so are the batches after it, until one has neither.
    async fn transaction(&mut self, batch: &[Job]) -> Result<Vec<Result<Vec<u8>, Refusal>>, Failed> {
        self.measures.batch.record(batch.len());
        let known = self.head.take();
        let asked = std::mem::replace(&mut self.asking, true);
        let result = match self.try_transaction(batch, known, asked).await {
            Ok(None) => self.try_transaction(batch, known, true).await,
            Err(error) if !asked && !is_away(&error) => self.try_transaction(batch, None, true).await,
            result => result,
        };
        match result {
            Ok(written) => {
                let Written { answers, head, doubts } = written.expect("an asked batch has no doubts");
                if let Some(head) = head {
                    self.committed.send_replace(head.seq);
                }
                self.head = head.or(known);
                self.asking = doubts;
                Ok(answers)
            }
            Err(error) if is_away(&error) => {
                tracing::warn!(error = %sql_state(&error), "the database does not answer");
                Err(Failed::Away)
            }
            Err(error) => Err(Failed::Database(error)),
        }
    }

    /// `None`: something was refused that was not asked whether it is a repeat; nothing was written.
    async fn try_transaction(
        &self,
        batch: &[Job],
        known: Option<Head>,
        asked: bool,
    ) -> Result<Option<Written>, sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        let mut tx = connection.begin().await?;
        lock_subjects(&mut tx, batch).await?;
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

        // Whose row it was, where there is one answer to that: from a trace to the row.
        if let ([_], [(_, first), ..]) = (batch, &drafts[..]) {
            telemetry::set(telemetry::names::SUBJECT, telemetry::Value::token(&first.subject));
        }
        let kept = plan.kept(batch);
        let head = finish(&mut tx, batch, &kept, &drafts, now, known).await?;
        tx.commit().await?;
        Ok(Some(Written { answers: plan.into_answers(), head, doubts }))
    }

    fn reply(&self, batch: Vec<Job>, answers: Vec<Result<Vec<u8>, Refusal>>) {
        for (job, answer) in batch.into_iter().zip(answers) {
            self.measures.wait.record_within(job.queued.elapsed(), job.within);
            // The caller may have gone; what was done stays done.
            let _ = job.answer.send(answer);
        }
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
