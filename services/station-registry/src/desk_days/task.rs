//! Brings the account of days up to date: rows up to tomorrow, and every day that is over closed, also when several are.

use std::pin::Pin;

use chrono::{DateTime, Utc};
use platform::Refusal;
use platform::clock::{day_after, ist_day};
use platform::service::{Base, Due};

use super::desk_day::last_closable;
use super::store::{CloseDays, ExpectDays, is_expecting, to_close};

/// Who closes a day, in the journal.
const ACTOR: &str = "tasks/account-desk-days";

/// Accounts for every desk and day.
#[derive(Debug, Clone)]
pub struct AccountDays {
    base: Base,
}

impl AccountDays {
    /// The account of a registry.
    #[must_use]
    pub fn new(base: Base) -> Self {
        Self { base }
    }

    async fn account(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        let Base { db, writer, .. } = &self.base;
        let tomorrow = day_after(ist_day(now));
        if is_expecting(db, tomorrow).await? {
            writer.submit_own(ACTOR, ExpectDays { up_to: tomorrow }).await?;
        }
        let last = last_closable(now);
        loop {
            let due = to_close(db, last).await?;
            let Some(day) = due.first().map(|key| key.day) else { return Ok(()) };
            let stations = due.into_iter().map(|key| key.station).collect();
            let closed = writer.submit_own(ACTOR, CloseDays { day, stations }).await?;
            tracing::info!(%day, desks = closed, "desk-days were closed");
        }
    }
}

impl Due for AccountDays {
    fn name(&self) -> &'static str {
        "account_desk_days"
    }

    fn run(&self, now: DateTime<Utc>) -> Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send + '_>> {
        Box::pin(self.account(now))
    }
}
