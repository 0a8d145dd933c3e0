//! What a decision owes, and the steps to its end.

use chrono::NaiveDate;
use platform::Refusal;
use platform::terms::Term as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::place::Place;
use crate::terms::{ActionItemState, DecisionKind, ReviewLevel};

/// What a decision owes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ActionItem {
    /// Which.
    pub id: Uuid,
    /// Where it was decided.
    pub place: Place,
    /// Which case of the docket.
    pub number: i32,
    /// Which complaint.
    pub complaint: Uuid,
    /// What was decided.
    pub kind: DecisionKind,
    /// The post that owes it, without `posts/`.
    pub owner: String,
    /// By the end of this IST day.
    pub due_day: NaiveDate,
    /// Where it stands.
    pub state: ActionItemState,
    /// Its due day passed before it was verified.
    pub overdue: bool,
    /// Who said last that it is done.
    pub claimed_by: Option<String>,
    /// Who looked last.
    pub verified_by: Option<String>,
}

/// Something happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// Which.
    pub action_item: Uuid,
    /// Where it was decided.
    pub place: Place,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// It is new, or took a step.
    Moved {
        /// From; `None`: it is new.
        from: Option<ActionItemState>,
        /// To.
        to: ActionItemState,
        /// Verified by its due day.
        in_time: bool,
        /// The IST day.
        day: NaiveDate,
    },
    /// Its due day passed before it was verified.
    Overdue {
        /// The day it was due.
        due_day: NaiveDate,
    },
}

/// Who looks whether it is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Verifier<'a> {
    /// Who.
    pub principal: &'a str,
    /// The highest level that the caller's roles chair; `None`: none.
    pub chairs: Option<ReviewLevel>,
    /// The caller is of the unit that decided, not of one above it.
    pub of_its_unit: bool,
}

impl ActionItem {
    fn event(&self, what: What) -> Event {
        Event { action_item: self.id, place: self.place.clone(), what }
    }

    fn moved(&self, from: Option<ActionItemState>, day: NaiveDate) -> Event {
        let in_time = self.state == ActionItemState::Verified && day <= self.due_day;
        self.event(What::Moved { from, to: self.state, in_time, day })
    }

    /// It is new.
    pub(crate) fn begun(&self, day: NaiveDate) -> Event {
        self.moved(None, day)
    }

    /// Whether a principal holds the post that owes it.
    pub(crate) fn is_owned_by(&self, principal: &str) -> bool {
        principal.strip_prefix("posts/") == Some(self.owner.as_str())
    }

    /// Its side says that it is done.
    ///
    /// # Errors
    /// `STATE_FORBIDS`.
    pub(crate) fn claim(&mut self, principal: &str, day: NaiveDate) -> Result<Vec<Event>, Refusal> {
        if !matches!(self.state, ActionItemState::Open | ActionItemState::Rejected) {
            return Err(Refusal::state_forbids(self.state.name()));
        }
        let from = self.state;
        self.state = ActionItemState::Claimed;
        self.claimed_by = Some(principal.to_owned());
        Ok(vec![self.moved(Some(from), day)])
    }

    /// Another looked. One who is late says so herself, should nobody have said it yet.
    ///
    /// # Errors
    /// `SAME_PERSON`: who owes it, who claimed it, or whoever is not above those who decided it. `STATE_FORBIDS`: nobody says
    /// that it is done.
    pub(crate) fn verify(&mut self, by: &Verifier, done: bool, day: NaiveDate) -> Result<Vec<Event>, Refusal> {
        let level = self.place.level;
        let above = by.chairs.is_some_and(|chairs| chairs > level) && !by.of_its_unit;
        // Nobody is above the state: another at headquarters looks.
        let at_the_top = level == ReviewLevel::State && by.chairs == Some(level);
        let acted = self.is_owned_by(by.principal) || self.claimed_by.as_deref() == Some(by.principal);
        if acted || !(above || at_the_top) {
            return Err(Refusal::same_person());
        }
        if self.state != ActionItemState::Claimed {
            return Err(Refusal::state_forbids(self.state.name()));
        }
        let mut events = self.grow_overdue(day);
        self.state = if done { ActionItemState::Verified } else { ActionItemState::Rejected };
        self.verified_by = Some(by.principal.to_owned());
        events.push(self.moved(Some(ActionItemState::Claimed), day));
        Ok(events)
    }

    /// Its due day passed: said once.
    pub(crate) fn grow_overdue(&mut self, day: NaiveDate) -> Vec<Event> {
        if self.overdue || self.state == ActionItemState::Verified || day <= self.due_day {
            return Vec::new();
        }
        self.overdue = true;
        vec![self.event(What::Overdue { due_day: self.due_day })]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn october(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2020, 10, day).unwrap()
    }

    fn owed(level: ReviewLevel) -> ActionItem {
        ActionItem {
            id: Uuid::nil(),
            place: Place { unit: "unit".into(), level, cycle: Uuid::nil(), from: october(24), to: october(30) },
            number: 1,
            complaint: Uuid::nil(),
            kind: DecisionKind::Expedite,
            owner: "io".into(),
            due_day: october(28),
            state: ActionItemState::Open,
            overdue: false,
            claimed_by: None,
            verified_by: None,
        }
    }

    fn by(principal: &str, chairs: ReviewLevel) -> Verifier<'_> {
        Verifier { principal, chairs: Some(chairs), of_its_unit: false }
    }

    #[test]
    fn neither_who_owes_nor_who_claims_nor_who_decided_verifies() {
        let mut item = owed(ReviewLevel::Station);
        item.claim("posts/co", october(26)).unwrap();
        for verifier in [
            by("posts/io", ReviewLevel::State),
            by("posts/co", ReviewLevel::Circle),
            by("posts/sho", ReviewLevel::Station),
            Verifier { of_its_unit: true, ..by("posts/other", ReviewLevel::Circle) },
            Verifier { chairs: None, ..by("posts/desk", ReviewLevel::Station) },
        ] {
            assert_eq!(item.verify(&verifier, true, october(27)).unwrap_err().reason(), "SAME_PERSON", "{verifier:?}");
        }
        let events = item.verify(&by("posts/ssp", ReviewLevel::District), true, october(28)).unwrap();
        assert!(matches!(events[..], [Event { what: What::Moved { in_time: true, .. }, .. }]), "{events:?}");
        assert_eq!(item.claim("posts/io", october(28)).unwrap_err().reason(), "STATE_FORBIDS");

        let mut item = owed(ReviewLevel::State);
        item.claim("posts/io", october(26)).unwrap();
        assert!(item.verify(&by("posts/zone", ReviewLevel::Zone), true, october(27)).is_err());
        assert!(item.verify(&by("posts/hq-2", ReviewLevel::State), true, october(27)).is_ok());
    }

    #[test]
    fn what_is_found_not_done_is_owed_again_and_overdue_is_said_once() {
        let mut item = owed(ReviewLevel::Station);
        assert!(item.grow_overdue(october(28)).is_empty(), "the whole of its due day is left");
        item.claim("posts/io", october(28)).unwrap();
        let rejected = item.verify(&by("posts/co", ReviewLevel::Circle), false, october(29)).unwrap();
        assert_eq!(rejected.len(), 2, "late, and rejected: {rejected:?}");
        assert_eq!(rejected[0].what, What::Overdue { due_day: october(28) });
        assert!(item.grow_overdue(october(30)).is_empty());
        item.claim("posts/io", october(30)).unwrap();
        let verified = item.verify(&by("posts/co", ReviewLevel::Circle), true, october(31)).unwrap();
        assert!(matches!(verified[..], [Event { what: What::Moved { in_time: false, .. }, .. }]), "{verified:?}");
    }
}
