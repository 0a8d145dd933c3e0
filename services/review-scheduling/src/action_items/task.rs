//! The sweep: says of every action item whose due day passed, once, that it is overdue.

use std::pin::Pin;

use chrono::{DateTime, NaiveDate, Utc};
use platform::Refusal;
use platform::clock::ist_day;
use platform::service::Due;

use super::store::{self, MarkOverdue as Mark};
use crate::Review;

/// Items looked at in one transaction.
const PAGE: i64 = 256;

/// Sweeps.
#[derive(Clone, Debug)]
pub(crate) struct MarkOverdue(pub Review);

impl MarkOverdue {
    async fn sweep(&self, today: NaiveDate) -> Result<(), Refusal> {
        let base = &self.0.base;
        loop {
            let items = store::unswept(&base.db, today, PAGE).await?;
            if items.is_empty() || base.writer.submit_own("tasks/action-items", Mark { items }).await? == 0 {
                return Ok(());
            }
        }
    }
}

impl Due for MarkOverdue {
    fn name(&self) -> &'static str {
        "mark_overdue_action_items"
    }

    fn run(&self, now: DateTime<Utc>) -> Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send + '_>> {
        Box::pin(self.sweep(ist_day(now)))
    }
}
