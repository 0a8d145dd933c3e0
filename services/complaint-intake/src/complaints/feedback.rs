//! She is asked, in private, by a woman from outside the station who did none of the work. Only so does "satisfied" count,
//! and only so does a complaint end.

use chrono::{DateTime, Utc};
use platform::Refusal;
use platform::terms::Term as _;

use super::complaint::{Change, Complaint};
use super::event::What;
use crate::terms::HandlingState;

/// What came of asking her.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told {
    /// She was reached; otherwise it was an attempt.
    pub reached: bool,
    /// She was alone and could speak.
    pub in_private: bool,
    /// She is satisfied; not read where she was not reached.
    pub satisfied: bool,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asker {
    /// A woman.
    pub woman: bool,
    /// Of the station itself.
    pub of_station: bool,
    /// Recorded, holds or acted in this complaint.
    pub acted: bool,
}

impl Complaint {
    /// She was asked, or an attempt was made.
    ///
    /// # Errors
    /// `SAME_PERSON`: the station, or whoever did the work, may not check it. `STATE_FORBIDS`: there is nothing yet, or no
    /// longer, to ask about.
    pub(crate) fn feedback(&self, told: Told, asker: &Asker, now: DateTime<Utc>) -> Result<Change, Refusal> {
        if asker.of_station || asker.acted {
            return Err(Refusal::same_person());
        }
        if self.handling != HandlingState::ActionTaken {
            return Err(Refusal::state_forbids(self.handling.name()));
        }
        // With somebody beside her "yes" says nothing; so does one said to a man about what happened to her.
        let satisfied = told.reached && told.in_private && told.satisfied && asker.woman;
        // That she is not satisfied is believed in any company.
        let not_satisfied = told.reached && !told.satisfied;
        let what = What::Feedback { reached: told.reached && told.in_private, satisfied };
        Ok(self.change(now, None, vec![what], |complaint| {
            if satisfied {
                complaint.satisfied = true;
                // With an FIR her word is not the end: the final report is awaited (BNSS 193(3)).
                if !complaint.case.awaits_final_report() {
                    complaint.handling = HandlingState::Disposed;
                }
            } else if not_satisfied {
                complaint.satisfied = false;
                complaint.handling = HandlingState::Reopened;
            }
        }))
    }
}
