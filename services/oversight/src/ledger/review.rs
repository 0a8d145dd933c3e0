//! What review scheduling's journal tells, as far as it is counted: cycles, sittings, cases of no name, action items.

use chrono::NaiveDate;

use super::states::{ActionItemState, CycleState};

/// Whose review: the unit that holds it, and at which level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Docket {
    /// The unit, of a station's review the station.
    pub unit: String,
    /// Number of the level.
    pub level: i16,
    /// First day of the cycle.
    pub from: NaiveDate,
    /// Last day of the cycle.
    pub to: NaiveDate,
}

/// Something in a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Review {
    /// A cycle is expected.
    Planned {
        /// Whose.
        docket: Docket,
    },
    /// Its docket is frozen.
    Opened {
        /// Whose.
        docket: Docket,
        /// Cases on it.
        selected: i64,
        /// Of those, by number of the stratum.
        strata: Vec<(i16, i64)>,
        /// Number of the reason why it is short; 0: it is not.
        shortfall: i16,
        /// When.
        day: NaiveDate,
    },
    /// It ended.
    Closed {
        /// Whose.
        docket: Docket,
        /// How; `None`: a word this release does not know.
        state: Option<CycleState>,
        /// Cases not reached.
        not_reached: i64,
        /// When it was closed.
        day: NaiveDate,
    },
    /// A sitting's minutes are signed.
    Sitting {
        /// Whose.
        docket: Docket,
        /// Most decisions within any one minute of it.
        most_in_a_minute: i64,
        /// When.
        day: NaiveDate,
    },
    /// A case was decided.
    Decided {
        /// Whose.
        docket: Docket,
        /// Number of the kind of decision.
        kind: i16,
        /// When.
        day: NaiveDate,
    },
    /// A case was put off.
    Deferred {
        /// Whose.
        docket: Docket,
        /// When.
        day: NaiveDate,
    },
    /// An action item changed its state.
    ActionItem {
        /// Whose.
        docket: Docket,
        /// From; `None`: it is new.
        from: Option<ActionItemState>,
        /// To; `None`: a word this release does not know.
        to: Option<ActionItemState>,
        /// By its due day.
        in_time: bool,
        /// When.
        day: NaiveDate,
    },
    /// An action item is overdue.
    Overdue {
        /// Whose.
        docket: Docket,
        /// The day it was due.
        day: NaiveDate,
    },
}
