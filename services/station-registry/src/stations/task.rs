//! Keeps the snapshot in step with the tables: after an import here at once, after one by another replica at the next tick.

use std::pin::Pin;

use chrono::{DateTime, Utc};
use platform::Refusal;
use platform::service::{Base, Due};

use super::roll::Snapshot;
use super::store;

/// Reads the roll again when its version has moved.
#[derive(Debug, Clone)]
pub struct RollWatch {
    base: Base,
    snapshot: Snapshot,
}

impl RollWatch {
    /// A watch that fills `snapshot`.
    #[must_use]
    pub fn new(base: Base, snapshot: Snapshot) -> Self {
        Self { base, snapshot }
    }

    /// Reads the roll if it is newer than what is held.
    ///
    /// # Errors
    /// `DATABASE_AWAY`, `INTERNAL`.
    pub async fn look(&self) -> Result<(), Refusal> {
        if store::version(&self.base.db).await? != self.snapshot.roll().version {
            let held = store::read(&self.base.db).await?;
            tracing::info!(
                units = held.units.len(),
                stations = held.stations.len(),
                version = held.version,
                "the roll was read"
            );
            self.snapshot.swap(held);
        }
        Ok(())
    }
}

impl Due for RollWatch {
    fn name(&self) -> &'static str {
        "watch_roll"
    }

    fn run(&self, _now: DateTime<Utc>) -> Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send + '_>> {
        Box::pin(self.look())
    }
}
