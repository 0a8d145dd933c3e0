//! Where a review is counted: what every journal entry of it begins with.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::terms::ReviewLevel;

/// The place of a review in the figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// The unit, or the station.
    pub unit: String,
    /// At which level.
    pub level: ReviewLevel,
    /// Of which cycle.
    pub cycle: Uuid,
    /// Its first IST day.
    pub from: NaiveDate,
    /// Its last IST day.
    pub to: NaiveDate,
}
