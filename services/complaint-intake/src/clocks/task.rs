//! The sweep: says of every limit that passed, once, that it passed. A complaint on which somebody writes every day passes
//! its limits like any other: nothing but the step that meets a limit stops it.

use std::future::Future;
use std::pin::Pin;

use chrono::{DateTime, Utc};
use platform::Refusal;
use platform::service::{Base, Due};
use platform::write::read_refusal;

use super::store::{MarkBreached, passed};

/// Limits looked at in one transaction.
const PAGE: i64 = 250;

/// Sweeps.
#[derive(Debug)]
pub(crate) struct Breaches {
    base: Base,
}

impl Breaches {
    /// Sweeps what this base holds.
    pub(crate) fn new(base: Base) -> Self {
        Self { base }
    }

    /// Walks by key from the longest passed on: a page that cannot be marked is stepped over, so that nothing behind it
    /// waits; it is tried again by the next sweep.
    async fn sweep(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        let mut after = None;
        let mut failed = None;
        loop {
            let (mut complaints, last) =
                passed(&self.base.db, now, after, PAGE).await.map_err(|error| read_refusal(&error))?;
            if last.is_none() {
                return failed.map_or(Ok(()), Err);
            }
            after = last;
            complaints.sort_unstable();
            complaints.dedup();
            if let Err(refusal) = self.base.writer.submit_own("tasks/breaches", MarkBreached { complaints }).await {
                failed = Some(refusal);
            }
        }
    }
}

impl Due for Breaches {
    fn name(&self) -> &'static str {
        "mark_breached_limits"
    }

    fn run(&self, now: DateTime<Utc>) -> Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send + '_>> {
        Box::pin(self.sweep(now))
    }
}
