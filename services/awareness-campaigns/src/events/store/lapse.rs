//! Events that nobody reported in time.

use chrono::{DateTime, Utc};
use platform::write::{By, Command, Done, Outcome, Subject, Tx};
use sqlx::PgPool;
use uuid::Uuid;

use super::row::{events, update};
use super::{Event, lock};
use crate::events::event::REPORTED_WITHIN;

/// Where a page of the sweep ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct After {
    ends_at: DateTime<Utc>,
    id: Uuid,
}

/// A page of approved events (state 2) whose time to be reported is over at `now`, the longest ago first; after the
/// page before, whatever became of it. Reads what another replica may be lapsing: [`LapseEvents`] looks again.
pub(crate) async fn overdue(
    db: &PgPool,
    now: DateTime<Utc>,
    after: Option<After>,
    limit: i64,
) -> Result<(Vec<Uuid>, Option<After>), sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT ends_at, id FROM campaigns.events
         WHERE state = 2 AND ends_at < $1 AND ($2::timestamptz IS NULL OR (ends_at, id) > ($2, $3))
         ORDER BY ends_at, id LIMIT $4",
        now - REPORTED_WITHIN,
        after.map(|after| after.ends_at),
        after.map(|after| after.id),
        limit
    )
    .fetch_all(db)
    .await?;
    let last = rows.last().map(|row| After { ends_at: row.ends_at, id: row.id });
    Ok((rows.into_iter().map(|row| row.id).collect(), last))
}

/// Lapses those of these events that are due, each once.
#[derive(Debug)]
pub(crate) struct LapseEvents {
    /// Which to look at.
    pub events: Vec<Uuid>,
}

impl Command for LapseEvents {
    /// How many lapsed.
    type Effect = usize;
    const NAME: &'static str = "lapse_events";

    fn subjects(&self) -> Vec<Subject> {
        self.events.iter().map(|event| lock(*event)).collect()
    }

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<usize>, sqlx::Error> {
        let rows = events!("WHERE id = ANY($1) ORDER BY ends_at, id", &self.events).fetch_all(&mut *tx).await?;
        let mut done = Done::new(0);
        for row in rows {
            if let Some(lapsed) = Event::try_from(row)?.lapse(by.now) {
                update(tx, &lapsed.event).await?;
                done.effect += 1;
                done = done.and(&lapsed.moved);
            }
        }
        Ok(Ok(done))
    }
}
