//! What happens in sittings, as the journal tells it: days, counts and durations.

use chrono::NaiveDate;
use uuid::Uuid;

use super::sitting::Pace;
use crate::place::Place;
use crate::terms::{DecisionKind, Stratum};

/// Something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// Where it is counted.
    pub place: Place,
    /// The IST day.
    pub day: NaiveDate,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// It was convened.
    Convened,
    /// A case was decided.
    Decided {
        /// Which.
        complaint: Uuid,
        /// Names the decision.
        decision: Uuid,
        /// What.
        kind: DecisionKind,
        /// Why the case was on the docket.
        stratum: Stratum,
    },
    /// The minutes were signed.
    Held {
        /// Items decided in it.
        decided: i32,
        /// Items put off in it.
        deferred: i32,
        /// How fast.
        pace: Pace,
        /// Of the minutes.
        minutes_sha256: [u8; 32],
    },
}
