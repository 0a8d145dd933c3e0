//! A cycle as it stands, and what it comes to.

use chrono::NaiveDate;
use platform::Refusal;
use platform::fields::Fields;
use platform::terms::Term as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::place::Place;
use crate::policies::days_after;
use crate::terms::{CycleState, ShortfallReason};

/// A make-up cycle begins within so many days.
const MADE_UP_WITHIN: i32 = 31;

/// A cycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cycle {
    /// Which, of which unit, and when.
    pub place: Place,
    /// Where it stands.
    pub state: CycleState,
    /// The first day of the policy it follows.
    pub policy_from: NaiveDate,
    /// Cases that the policy asks for.
    pub quota: i32,
    /// The missed one that it makes up for.
    pub makes_up_for: Option<Uuid>,
    /// The one that makes up for it.
    pub made_up_by: Option<Uuid>,
    /// Published when it was planned.
    pub seed_sha256: Vec<u8>,
    /// The seed: once it is closed.
    pub seed: Option<Vec<u8>>,
    /// Complaints that could have been on the docket; `None`: it was never opened.
    pub eligible: Option<i32>,
    /// Where it holds fewer than the quota: why.
    pub shortfall: Option<ShortfallReason>,
    /// Published when it was opened.
    pub docket_sha256: Option<Vec<u8>>,
    /// Its items.
    pub counts: Counts,
}

/// Items of a docket, by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// On the docket.
    pub selected: i32,
    /// Decided.
    pub reviewed: i32,
    /// Put off.
    pub deferred: i32,
    /// Not reached.
    pub not_reached: i32,
}

impl Counts {
    /// Still to be taken.
    pub(crate) fn listed(&self) -> i32 {
        self.selected - self.reviewed - self.deferred - self.not_reached
    }
}

/// What a cycle comes to when its days are over, or all of it is done. A sitting counts when a second person signed its
/// minutes; where nobody was eligible nothing is owed, and none is asked for.
pub(crate) fn outcome(opened: bool, counts: &Counts, held: bool, unsigned: bool) -> CycleState {
    match (opened, counts.selected) {
        (false, _) => CycleState::Missed,
        (true, 0) => CycleState::Completed,
        _ if !held => CycleState::Missed,
        _ if counts.listed() > 0 || counts.not_reached > 0 || unsigned => CycleState::Partial,
        _ => CycleState::Completed,
    }
}

/// What is to be done with a cycle that somebody asks to open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opening {
    /// Select its docket now.
    Open,
    /// It is open, or already made up for: answered as it is.
    Leave,
    /// Plan the cycle that makes up for it.
    MakeUp {
        /// Its first day.
        from: NaiveDate,
        /// Its last.
        to: NaiveDate,
    },
}

impl Cycle {
    /// What is to be done with it today.
    ///
    /// # Errors
    /// `STATE_FORBIDS`: its first day has not come, or it is over. `INVALID_FIELDS`: a missed one asks for the first day of
    /// the one that makes up for it, tomorrow or later; any other asks for none.
    pub(crate) fn opening(&self, make_up_from: Option<NaiveDate>, today: NaiveDate) -> Result<Opening, Refusal> {
        let mut fields = Fields::new();
        if self.state != CycleState::Missed {
            if make_up_from.is_some() {
                fields.wrong("make_up_from", "must be absent: it was not missed", "रिक्त होना चाहिए: चक्र छूटा नहीं है");
            }
            fields.finish()?;
            return match self.state {
                CycleState::Planned if self.place.from <= today && today <= self.place.to => Ok(Opening::Open),
                state if state.is_open() => Ok(Opening::Leave),
                state => Err(Refusal::state_forbids(state.name())),
            };
        }
        if self.made_up_by.is_some() {
            return Ok(Opening::Leave);
        }
        match make_up_from {
            None => fields.wrong("make_up_from", "is required: it was missed", "आवश्यक है: चक्र छूट गया था"),
            Some(day) if day <= today || day > days_after(today, MADE_UP_WITHIN) => fields.wrong(
                "make_up_from",
                format!("must be tomorrow or later, at most {MADE_UP_WITHIN} days ahead"),
                format!("कल या उसके बाद, अधिकतम {MADE_UP_WITHIN} दिन आगे होना चाहिए"),
            ),
            Some(_) => {}
        }
        fields.finish()?;
        let from = make_up_from.unwrap_or(today);
        let lasts = (self.place.to - self.place.from).num_days();
        Ok(Opening::MakeUp { from, to: days_after(from, i32::try_from(lasts).unwrap_or_default()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::ReviewLevel;

    fn october(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2020, 10, day).unwrap()
    }

    fn cycle(state: CycleState) -> Cycle {
        Cycle {
            place: Place {
                unit: "ps-157-001".into(),
                level: ReviewLevel::Station,
                cycle: Uuid::nil(),
                from: october(24),
                to: october(30),
            },
            state,
            policy_from: october(24),
            quota: 15,
            makes_up_for: None,
            made_up_by: None,
            seed_sha256: vec![0; 32],
            seed: None,
            eligible: None,
            shortfall: None,
            docket_sha256: None,
            counts: Counts::default(),
        }
    }

    #[test]
    fn what_it_comes_to() {
        let counts = |selected, reviewed, deferred| Counts { selected, reviewed, deferred, not_reached: 0 };
        for (opened, counts, held, unsigned, state) in [
            (false, counts(0, 0, 0), false, false, CycleState::Missed),
            (true, counts(0, 0, 0), false, false, CycleState::Completed),
            (true, counts(15, 0, 0), false, false, CycleState::Missed),
            (true, counts(15, 15, 0), false, true, CycleState::Missed),
            (true, counts(15, 14, 0), true, false, CycleState::Partial),
            (true, counts(15, 15, 0), true, true, CycleState::Partial),
            (true, counts(15, 13, 2), true, false, CycleState::Completed),
            (true, Counts { not_reached: 1, ..counts(15, 14, 0) }, true, false, CycleState::Partial),
        ] {
            assert_eq!(outcome(opened, &counts, held, unsigned), state, "{opened} {counts:?} {held} {unsigned}");
        }
    }

    #[test]
    fn it_opens_in_its_days_and_a_missed_one_is_made_up_for_later() {
        let planned = cycle(CycleState::Planned);
        assert_eq!(planned.opening(None, october(24)).unwrap(), Opening::Open);
        assert_eq!(planned.opening(None, october(30)).unwrap(), Opening::Open);
        for day in [23, 31] {
            assert_eq!(planned.opening(None, october(day)).unwrap_err().reason(), "STATE_FORBIDS");
        }
        assert_eq!(planned.opening(Some(october(25)), october(24)).unwrap_err().reason(), "INVALID_FIELDS");
        assert_eq!(cycle(CycleState::InSession).opening(None, october(25)).unwrap(), Opening::Leave);
        assert_eq!(cycle(CycleState::Completed).opening(None, october(25)).unwrap_err().reason(), "STATE_FORBIDS");

        let missed = cycle(CycleState::Missed);
        let today = october(31);
        let from = days_after(today, 2);
        assert_eq!(missed.opening(Some(from), today).unwrap(), Opening::MakeUp { from, to: days_after(from, 6) });
        for day in [None, Some(today), Some(days_after(today, 32))] {
            assert_eq!(missed.opening(day, today).unwrap_err().reason(), "INVALID_FIELDS");
        }
        let made_up = Cycle { made_up_by: Some(Uuid::max()), ..missed };
        assert_eq!(made_up.opening(Some(from), today).unwrap(), Opening::Leave);
    }
}
