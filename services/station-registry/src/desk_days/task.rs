//! Brings the account of days up to date: rows up to tomorrow, and every day that is over closed, also when several are. Counts
//! how today's desks stand, for the boards.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use platform::Refusal;
use platform::clock::{day_after, ist_day};
use platform::service::{Base, Due};
use platform::telemetry::{self, names};

use super::desk_day::{last_closable, minute_down};
use super::store::{CloseDays, ExpectDays, Standing, is_expecting, standing, to_close};

/// A figure of a day's desks.
type Figure = fn(&Standing) -> i64;

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

/// Counts how today's desks stand.
#[derive(Debug, Clone)]
pub struct CountDesks {
    base: Base,
    /// Nothing before the first count: a board must not show a state without desks.
    counted: Arc<Mutex<Option<Standing>>>,
}

impl CountDesks {
    /// The count of a registry, observed from now on.
    #[must_use]
    pub fn new(base: Base) -> Self {
        let counted = Arc::new(Mutex::new(None));
        let meter = telemetry::meter(base.service.source());
        let figures: [(&str, Figure); 3] = [
            ("expected", |standing| standing.expected),
            ("reported", |standing| standing.reported),
            ("silent", |standing| standing.silent),
        ];
        for (state, figure) in figures {
            let counted = counted.clone();
            let last = move || counted.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(figure);
            meter.observe(&names::REGISTRY_DESKS, &[(names::DESK_STATE, state)], last);
        }
        Self { base, counted }
    }

    async fn count(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        let today = ist_day(now);
        let standing = standing(&self.base.db, today, minute_down(today, now)).await?;
        *self.counted.lock().unwrap_or_else(PoisonError::into_inner) = Some(standing);
        Ok(())
    }
}

impl Due for CountDesks {
    fn name(&self) -> &'static str {
        "count_desks"
    }

    fn run(&self, now: DateTime<Utc>) -> Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send + '_>> {
        Box::pin(self.count(now))
    }
}
