//! What happens to complaints, as the journal tells it: days and durations, no instant, no person.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::clocks::Breached;
use crate::place::Place;
use crate::terms::{ActionKind, CaseState, Category, Channel, HandlingState, LegalActionKind, Risk};

/// Something happened to a complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// To which.
    pub complaint: Uuid,
    /// Where it is counted.
    pub place: Place,
    /// The IST day it happened.
    pub day: NaiveDate,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// It was recorded.
    Registered {
        /// How it came.
        channel: Channel,
        /// What it is about.
        category: Category,
        /// The danger, where assessed.
        risk: Option<Risk>,
        /// By a woman officer.
        by_woman: bool,
        /// The state it begins in.
        handling: HandlingState,
    },
    /// Handling or case state changed.
    Moved {
        /// From.
        from: HandlingState,
        /// To.
        to: HandlingState,
        /// Case state after it.
        case: CaseState,
        /// Whole minutes from the first word.
        minutes: i64,
    },
    /// Category, risk and law were settled.
    Triaged {
        /// Category before.
        was: Category,
        /// Category now.
        category: Category,
        /// The danger now.
        risk: Risk,
        /// Where it was counted before, if that changed.
        counted_before: Option<Place>,
    },
    /// A post was given it.
    Assigned {
        /// Nobody had it before.
        first: bool,
    },
    /// The receipt was offered.
    Acknowledged {
        /// She took it.
        receipt_taken: bool,
        /// In time.
        in_time: bool,
    },
    /// Something was done.
    Acted {
        /// What.
        kind: ActionKind,
        /// The first.
        first: bool,
    },
    /// A step in law was taken.
    LegalAction {
        /// Which.
        kind: LegalActionKind,
    },
    /// She was asked.
    Feedback {
        /// Reached, alone.
        reached: bool,
        /// Satisfied, and it counts.
        satisfied: bool,
    },
    /// A limit passed.
    Breached(Breached),
}
