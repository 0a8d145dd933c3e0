//! What the journals tell, as far as it is counted. Days and durations, no instants, and nobody's name.

use chrono::NaiveDate;

use super::campaign::EventMoved;
use super::review::Review;
use super::states::{DeskDayStatus, HandlingState};

/// Something that is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Happening {
    /// A desk's day is over.
    DeskDay(DeskDay),
    /// Somebody came.
    Visit {
        /// Where.
        station: String,
        /// When.
        day: NaiveDate,
        /// She left unserved.
        left_unserved: bool,
    },
    /// A call, or a revision that moved it.
    Call(Call),
    /// A complaint was recorded.
    Registered {
        /// Where it is counted; its registered day is the day of the recording (of an imported one: in the register).
        place: Place,
        /// The day on which it came to the journal.
        told: NaiveDate,
        /// Number of the channel.
        channel: i16,
        /// Number of the category.
        category: i16,
        /// Number of the state.
        state: i16,
        /// Recorded by a woman officer.
        by_woman: bool,
    },
    /// Its state changed.
    Moved {
        /// Where it is counted.
        place: Place,
        /// Number of the state before.
        from: i16,
        /// Number of the state after.
        to: i16,
        /// When.
        day: NaiveDate,
    },
    /// It was triaged, perhaps not for the first time.
    Triaged {
        /// Where it is counted.
        place: Place,
        /// Where and as what it was counted until now, if triage hid it from its station.
        counted_before: Option<Before>,
        /// Number of the category before.
        was: i16,
        /// Number of the category now.
        category: i16,
        /// When.
        day: NaiveDate,
    },
    /// It was given to an officer.
    Assigned {
        /// Where it is counted.
        place: Place,
        /// Nobody had it before.
        first: bool,
        /// When.
        day: NaiveDate,
    },
    /// A receipt was offered.
    Acknowledged {
        /// Where it is counted.
        place: Place,
        /// Within 30 minutes.
        in_time: bool,
        /// When.
        day: NaiveDate,
    },
    /// Something was done.
    Action {
        /// Where it is counted.
        place: Place,
        /// Number of the kind.
        kind: i16,
        /// The first for this complaint.
        first: bool,
        /// When.
        day: NaiveDate,
    },
    /// A step in law.
    LegalAction {
        /// Where it is counted.
        place: Place,
        /// Number of the kind.
        kind: i16,
        /// When.
        day: NaiveDate,
    },
    /// A limit passed.
    Breached {
        /// Where it is counted.
        place: Place,
        /// Number of the limit.
        code: i16,
        /// The day it was due.
        day: NaiveDate,
    },
    /// She was to be asked, in private.
    Feedback {
        /// Where it is counted.
        place: Place,
        /// She was reached.
        reached: bool,
        /// She is satisfied.
        satisfied: bool,
        /// When.
        day: NaiveDate,
    },
    /// A decision of a review took effect.
    Directed {
        /// Where it is counted.
        place: Place,
        /// Number of the kind of decision.
        kind: i16,
        /// When.
        day: NaiveDate,
    },
    /// Something in a review.
    Review(Review),
    /// An awareness event changed its state.
    Event(EventMoved),
}

/// Where and as what a complaint was counted before triage hid it from its station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Before {
    /// Where.
    pub place: Place,
    /// Number of the channel.
    pub channel: i16,
    /// Number of the state before triage.
    pub state: i16,
    /// Recorded by a woman officer.
    pub by_woman: bool,
}

/// One desk on one day, over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeskDay {
    /// Whose.
    pub station: String,
    /// Which.
    pub day: NaiveDate,
    /// What became of it; `None`: a word this release does not know.
    pub status: Option<DeskDayStatus>,
    /// Officers rostered, one a shift.
    pub check_ins_expected: i64,
    /// Of those, checked in.
    pub check_ins: i64,
    /// Minutes of service.
    pub service_minutes: i64,
    /// Minutes with two checked-in women.
    pub two_women_minutes: i64,
}

/// A call as it is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    /// Where it is counted.
    pub at: CallPlace,
    /// The day of the call.
    pub day: NaiveDate,
    /// Days since the last day before on which she called, 0: earlier on this day; `None`: never, or not known who called.
    pub days_since: Option<u32>,
    /// First call about its incident.
    pub opens_incident: bool,
    /// With a revision: where it was counted until now.
    pub was: Option<CallPlace>,
}

/// Where and as what a call is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CallPlace {
    /// The station; empty: the district's queue.
    pub station: String,
    /// The district.
    pub district: String,
    /// Number of the category.
    pub category: i16,
}

impl CallPlace {
    /// The unit of the ledger.
    pub fn unit(&self) -> &str {
        if self.station.is_empty() { &self.district } else { &self.station }
    }
}

/// Where and when a complaint is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The station; empty where it is hidden from that station: then only the district counts it.
    pub station: String,
    /// The district.
    pub district: String,
    /// The day it was recorded.
    pub registered: NaiveDate,
    /// From a paper register.
    pub imported: bool,
}

impl Place {
    /// The unit of the ledger.
    pub fn unit(&self) -> &str {
        if self.station.is_empty() { &self.district } else { &self.station }
    }
}

/// Whether a move takes a complaint out of what awaits triage and into triaged: once in its life, since no state leads back.
pub(crate) fn is_first_triage(from: i16, to: i16) -> bool {
    let waits = [HandlingState::Received as i16, HandlingState::Acknowledged as i16];
    waits.contains(&from) && to == HandlingState::Triaged as i16
}
