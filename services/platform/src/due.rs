//! What runs by itself: closing a day, sweeping limits. Every run is watched: how long ago the last one succeeded is what
//! tells that nothing is swept any more, whatever the reason.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::refusal::Refusal;
use crate::telemetry::{self, Counter, Kind, Parent, names};

/// What runs by itself when its time has come. Run at every tick of a real clock, and by `AdvanceTo` in a replay. Must be
/// harmless when run again, or by two replicas.
pub trait Due: Send + Sync {
    /// For logs, traces and metrics: `account_desk_days`, one of [`names::TASKS`].
    fn name(&self) -> &'static str;
    /// Does everything that was due at `now`.
    fn run(&self, now: DateTime<Utc>) -> Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send + '_>>;
}

/// A [`Due`] as the process runs it: traced, counted, and missed when it does not succeed.
pub(crate) struct Watched {
    due: Arc<dyn Due>,
    service: &'static str,
    failures: Counter,
    succeeded: Arc<Mutex<Instant>>,
}

impl Watched {
    /// To be made once for each task of the process, once telemetry has started.
    pub(crate) fn new(service: &'static str, due: Arc<dyn Due>) -> Self {
        let meter = telemetry::meter(service);
        let labels = [(names::DUE_TASK, due.name())];
        let succeeded = Arc::new(Mutex::new(Instant::now()));
        let last = succeeded.clone();
        let age = move || last.lock().unwrap_or_else(PoisonError::into_inner).elapsed();
        meter.observe(&names::DUE_AGE, &labels, age);
        Self { failures: meter.counter(&names::DUE_FAILURES, &labels), due, service, succeeded }
    }

    /// Runs it. That it failed is logged, within its trace.
    ///
    /// # Errors
    /// The task's refusal.
    pub(crate) async fn run(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        let trace = telemetry::enter(&Parent::current(), self.service, self.due.name(), Kind::Internal);
        let done = trace.instrument(self.due.run(now)).await;
        match &done {
            Ok(()) => *self.succeeded.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now(),
            Err(refusal) => {
                self.failures.add(1);
                trace.fail(refusal.reason());
                trace.in_scope(|| {
                    tracing::warn!(task = self.due.name(), %refusal, "what fell due could not be done; trying again");
                });
            }
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use super::*;

    /// Fails until it is told not to.
    #[derive(Default)]
    struct Sweep(AtomicBool);

    impl Due for Sweep {
        fn name(&self) -> &'static str {
            "sweep"
        }

        fn run(&self, _: DateTime<Utc>) -> Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send + '_>> {
            let succeeds = self.0.load(Ordering::Relaxed);
            Box::pin(async move { if succeeds { Ok(()) } else { Err(Refusal::database_away()) } })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_fails_ages_until_it_succeeds() {
        let sweep = Arc::new(Sweep::default());
        let watched = Watched::new("due", sweep.clone());
        let age = || watched.succeeded.lock().unwrap().elapsed();
        tokio::time::advance(Duration::from_mins(5)).await;
        assert_eq!(watched.run(DateTime::UNIX_EPOCH).await, Err(Refusal::database_away()));
        assert_eq!(age(), Duration::from_mins(5), "it counts from the start, and a failure does not reset it");
        sweep.0.store(true, Ordering::Relaxed);
        watched.run(DateTime::UNIX_EPOCH).await.unwrap();
        assert_eq!(age(), Duration::ZERO);
    }
}
