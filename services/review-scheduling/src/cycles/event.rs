//! What happens to cycles and their cases, as the journal tells it: days and counts, no instant, nobody's name.

use chrono::NaiveDate;
use uuid::Uuid;

use super::cycle::Counts;
use crate::place::Place;
use crate::terms::{CycleState, ShortfallReason, Stratum};

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
    /// It is expected; the digest of its seed is published.
    Planned {
        /// SHA-256 of the seed.
        seed_sha256: [u8; 32],
        /// The missed one that it makes up for.
        makes_up_for: Option<Uuid>,
    },
    /// Its docket is frozen.
    Opened {
        /// Complaints that could have been on it.
        eligible: i32,
        /// The quota.
        quota: i32,
        /// Items by stratum.
        strata: Vec<(Stratum, i32)>,
        /// Where it holds fewer: why.
        shortfall: Option<ShortfallReason>,
        /// SHA-256 over it.
        docket_sha256: [u8; 32],
    },
    /// All done, or its days are over.
    Closed {
        /// What it came to.
        state: CycleState,
        /// Its items.
        counts: Counts,
        /// Its seed, from now on anybody's.
        seed: Vec<u8>,
    },
    /// A case was put off.
    Deferred {
        /// Which.
        complaint: Uuid,
        /// For the how many-th time at this level.
        time: i32,
        /// To the level above.
        goes_up: bool,
    },
}
