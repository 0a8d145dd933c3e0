//! A case on the docket of a cycle, and what becomes of it.

use chrono::{DateTime, NaiveDate, Utc};
use platform::Refusal;
use platform::terms::Term as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::terms::{CarriedReason, DecisionKind, DeferralReason, ItemState, ReviewLevel, Stratum};

/// A case on a docket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DocketItem {
    /// On whose docket.
    pub cycle: Uuid,
    /// Its number there.
    pub number: i32,
    /// Which complaint.
    pub complaint: Uuid,
    /// Why it is here.
    pub stratum: Stratum,
    /// Why it is carried.
    pub carried: Option<CarriedReason>,
    /// The day that put it here.
    pub day: NaiveDate,
    /// So often it was put off at this level before.
    pub deferrals: i32,
    /// What became of it.
    pub taken: Taken,
    /// In which sitting, and when; `None`: in none.
    pub in_sitting: Option<(Uuid, DateTime<Utc>)>,
}

/// What became of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Taken {
    /// Nothing yet.
    Listed,
    /// It was decided.
    Reviewed {
        /// Names the decision in the journal.
        decision: Uuid,
        /// What.
        kind: DecisionKind,
    },
    /// It was put off.
    Deferred {
        /// Why.
        reason: DeferralReason,
        /// To the level above.
        goes_up: bool,
    },
    /// The cycle ended before.
    NotReached,
}

impl Taken {
    /// As the contract calls it.
    pub(crate) fn state(&self) -> ItemState {
        match self {
            Self::Listed => ItemState::Listed,
            Self::Reviewed { .. } => ItemState::Reviewed,
            Self::Deferred { .. } => ItemState::Deferred,
            Self::NotReached => ItemState::NotReached,
        }
    }
}

impl DocketItem {
    /// It is still to be taken.
    ///
    /// # Errors
    /// `STATE_FORBIDS`.
    pub(crate) fn need_listed(&self) -> Result<(), Refusal> {
        match self.taken.state() {
            ItemState::Listed => Ok(()),
            state => Err(Refusal::state_forbids(state.name())),
        }
    }

    /// The decision about it; `None`: there is none.
    pub(crate) fn decision(&self) -> Option<Uuid> {
        match self.taken {
            Taken::Reviewed { decision, .. } => Some(decision),
            _ => None,
        }
    }

    /// Put off once more: after as many deferrals as the policy allows it goes up. Nobody is above the state.
    pub(crate) fn put_off(&self, level: ReviewLevel, max_deferrals: i32, reason: DeferralReason) -> Taken {
        let goes_up = self.deferrals >= max_deferrals && level != ReviewLevel::State;
        Taken::Deferred { reason, goes_up }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_two_deferrals_it_goes_up_and_from_the_state_nowhere() {
        let item = |deferrals| DocketItem {
            cycle: Uuid::nil(),
            number: 1,
            complaint: Uuid::nil(),
            stratum: Stratum::Oldest,
            carried: None,
            day: NaiveDate::default(),
            deferrals,
            taken: Taken::Listed,
            in_sitting: None,
        };
        let up = |deferrals, level| match item(deferrals).put_off(level, 2, DeferralReason::SheAsked) {
            Taken::Deferred { goes_up, .. } => goes_up,
            _ => panic!("it is put off"),
        };
        assert_eq!([0, 1, 2, 3].map(|deferrals| up(deferrals, ReviewLevel::Station)), [false, false, true, true]);
        assert!(!up(9, ReviewLevel::State));
    }
}
