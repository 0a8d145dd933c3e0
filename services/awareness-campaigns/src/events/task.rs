//! The sweep: says of every event that nobody reported in time, once, that it lapsed. What was not reported was not
//! held.

use std::future::Future;
use std::pin::Pin;

use chrono::{DateTime, Utc};
use platform::Refusal;
use platform::service::{Base, Due};
use platform::write::read_refusal;

use super::store::{LapseEvents, overdue};

/// Events looked at in one transaction.
const PAGE: i64 = 250;

/// Sweeps.
#[derive(Debug)]
pub(crate) struct Lapses {
    base: Base,
}

impl Lapses {
    /// Sweeps what this base holds.
    pub(crate) fn new(base: Base) -> Self {
        Self { base }
    }

    /// Walks by key from the longest overdue on: a page that cannot be written is stepped over, so that nothing behind
    /// it waits; it is tried again by the next sweep.
    async fn sweep(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        let mut after = None;
        let mut failed = None;
        loop {
            let page = overdue(&self.base.db, now, after, PAGE).await;
            let (events, last) = page.map_err(|error| read_refusal(&error))?;
            if last.is_none() {
                return failed.map_or(Ok(()), Err);
            }
            after = last;
            if let Err(refusal) = self.base.writer.submit_own("tasks/lapses", LapseEvents { events }).await {
                failed = Some(refusal);
            }
        }
    }
}

impl Due for Lapses {
    fn name(&self) -> &'static str {
        "lapse_unreported_events"
    }

    fn run(&self, now: DateTime<Utc>) -> Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send + '_>> {
        Box::pin(self.sweep(now))
    }
}
