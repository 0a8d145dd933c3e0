//! What happens to complaints, as the journal tells it: days and durations, no instant, no person.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::clocks::Breached;
use crate::directions::Done;
use crate::place::Place;
use crate::terms::{ActionKind, CaseState, Category, Channel, DecisionKind, HandlingState, LegalActionKind, Risk};

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

/// Where and as what the figures held a complaint, for them to move from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Where.
    pub place: Place,
    /// How it came.
    pub channel: Channel,
    /// Where handling stood.
    pub handling: HandlingState,
    /// Recorded by a woman officer, as its first entry said.
    pub recorded_by_woman: bool,
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
        /// As what it was counted before, if the place changed.
        counted_before: Option<Counted>,
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
    /// A decision of a review took effect.
    Directed {
        /// What was decided.
        kind: DecisionKind,
        /// It was reopened by it.
        changed_state: bool,
    },
}

impl What {
    /// What of it may answer a direction.
    pub(super) fn done(&self) -> Done {
        match self {
            Self::Assigned { .. } => Done { assigned: true, ..Done::default() },
            Self::Acted { kind, .. } => Done { action: Some(*kind), deed: kind.is_deed(), ..Done::default() },
            Self::LegalAction { kind } => Done { fir: kind.is_fir(), deed: kind.is_deed(), ..Done::default() },
            Self::Registered { .. }
            | Self::Moved { .. }
            | Self::Triaged { .. }
            | Self::Acknowledged { .. }
            | Self::Feedback { .. }
            | Self::Breached(_)
            | Self::Directed { .. } => Done::default(),
        }
    }
}
