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
    options: Options,
    measures: Measures,
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
        Self { pool, clock, jobs, committed, head: None, options, measures }
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
    async fn transaction(&mut self, batch: &[Job]) -> Result<Vec<Result<Vec<u8>, Refusal>>, Failed> {
        self.measures.batch.record(batch.len());
        let known = self.head.take();
        let result = self.try_transaction(batch, known).await;
        match result {
            Ok((answers, head)) => {
                if let Some(head) = head {
                    self.committed.send_replace(head.seq);
                }
                self.head = head.or(known);
                Ok(answers)
            }
            Err(error) if is_away(&error) => {
                tracing::warn!(error = %sql_state(&error), "the database does not answer");
                Err(Failed::Away)
            }
            Err(error) => Err(Failed::Database(error)),
        }
    }

    async fn try_transaction(
        &self,
        batch: &[Job],
        known: Option<Head>,
    ) -> Result<(Vec<Result<Vec<u8>, Refusal>>, Option<Head>), sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        let mut tx = connection.begin().await?;
        lock_subjects(&mut tx, batch).await?;
        // Read once the locks are held, so that the order of instants is the order of commits on one subject.
        let now = self.clock.now();

        let mut plan = Plan::new(batch);
        plan.answer_repeats(&mut tx, batch).await?;
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
        // Entries stand in the order in which the commands came.
        drafts.sort_by_key(|(index, _)| *index);

        // Whose row it was, where there is one answer to that: from a trace to the row.
        if let ([_], [(_, first), ..]) = (batch, &drafts[..]) {
            telemetry::set(telemetry::names::SUBJECT, telemetry::Value::token(&first.subject));
        }
        let kept = plan.kept(batch);
        let head = finish(&mut tx, batch, &kept, &drafts, now, known).await?;
        tx.commit().await?;
        Ok((plan.into_answers(), head))
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
