//! Where and as what a complaint is counted: what every journal entry about it begins with.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The place in which the figures hold a complaint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// The station; empty where the complaint is hidden from it, and for a district's queue.
    pub station: String,
    /// The district's unit.
    pub district: String,
    /// The IST day it was recorded.
    pub registered_day: NaiveDate,
    /// From a paper register: counted apart.
    pub imported: bool,
    /// The IST day on which the earliest of its running statutory limits falls due. One that passed and was not met runs on and
    /// is told all the same: that it is late is what a review looks for. `None`: none runs.
    pub statutory_due: Option<NaiveDate>,
}
