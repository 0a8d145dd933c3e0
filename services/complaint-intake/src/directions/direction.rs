//! What a review directs, and what answers it.

use chrono::{DateTime, NaiveDate, Utc};
use platform::clock::day_begins;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::terms::{ActionKind, DecisionKind, HandlingState, ReviewLevel};

/// A decision of a review, as it arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decision {
    /// Its id there.
    pub id: Uuid,
    /// About which complaint.
    pub complaint: Uuid,
    /// What was decided.
    pub kind: DecisionKind,
    /// At which level.
    pub level: ReviewLevel,
    /// The IST day of it.
    pub day: NaiveDate,
}

/// A decision as it stands on its complaint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Direction {
    /// The decision's id.
    pub decision: Uuid,
    /// What was decided; never `Continue`, never `DisciplineEnquiry`.
    pub kind: DecisionKind,
    /// At which level.
    pub level: ReviewLevel,
    /// The IST day of the decision.
    pub day: NaiveDate,
    /// Something was done since that answers it. Stays true.
    pub followed: bool,
}

/// What a step did, as far as directions ask.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Done {
    /// A post was given the complaint.
    pub assigned: bool,
    /// An FIR was registered, of whatever place.
    pub fir: bool,
    /// What was done that is no step in law.
    pub action: Option<ActionKind>,
    /// It did something for her.
    pub deed: bool,
}

impl Decision {
    /// The direction that it is; `None`: go on as before, or an enquiry into an officer's conduct. That one is followed where it
    /// was decided; on the complaint it would be read by the station that it is about.
    pub(crate) fn direction(&self) -> Option<Direction> {
        let followed = match self.kind {
            DecisionKind::Continue | DecisionKind::DisciplineEnquiry => return None,
            // It asks for nothing.
            DecisionKind::OutcomeSound => true,
            _ => false,
        };
        Some(Direction { decision: self.id, kind: self.kind, level: self.level, day: self.day, followed })
    }
}

impl Direction {
    /// After something was done.
    pub(crate) fn after(self, done: Done) -> Self {
        let answers = match self.kind {
            DecisionKind::RegisterFir => done.fir,
            DecisionKind::ChangeOfficer => done.assigned,
            DecisionKind::Refer => done.action == Some(ActionKind::Referred),
            DecisionKind::Counsel => done.action == Some(ActionKind::Counselled),
            DecisionKind::Expedite | DecisionKind::Reopen => done.deed,
            // Nothing is asked here.
            DecisionKind::Continue | DecisionKind::OutcomeSound | DecisionKind::DisciplineEnquiry => false,
        };
        Self { followed: self.followed || answers, ..self }
    }

    /// When it asks for work on a complaint in this state: the beginning of its day, so that it comes before every limit that
    /// is still to run out. `None`: it is followed, or nothing done here could answer it.
    pub(crate) fn due(&self, handling: HandlingState) -> Option<DateTime<Utc>> {
        let can_be_followed = match self.kind {
            // A statutory duty is never barred by our state.
            DecisionKind::RegisterFir => true,
            DecisionKind::ChangeOfficer
            | DecisionKind::Expedite
            | DecisionKind::Refer
            | DecisionKind::Counsel
            | DecisionKind::Reopen => handling != HandlingState::Disposed,
            DecisionKind::Continue | DecisionKind::OutcomeSound | DecisionKind::DisciplineEnquiry => false,
        };
        (!self.followed && can_be_followed).then(|| day_begins(self.day))
    }
}

#[cfg(test)]
mod tests {
    use platform::terms::Term as _;

    use super::*;

    fn decision(kind: DecisionKind) -> Decision {
        Decision {
            id: Uuid::from_u128(1),
            complaint: Uuid::from_u128(2),
            kind,
            level: ReviewLevel::Station,
            day: NaiveDate::from_ymd_opt(2020, 10, 26).unwrap(),
        }
    }

    /// Every step there could be.
    fn everything() -> Vec<Done> {
        let actions = ActionKind::ALL.iter().map(|kind| Some(*kind)).chain([None]);
        let truths = [false, true];
        actions
            .flat_map(|action| truths.map(|deed| (action, deed)))
            .flat_map(|(action, deed)| truths.map(|fir| (action, deed, fir)))
            .flat_map(|(action, deed, fir)| truths.map(|assigned| Done { assigned, fir, action, deed }))
            .collect()
    }

    #[test]
    fn each_direction_is_answered_by_what_it_asks_for_and_by_nothing_else() {
        let answers = |kind, done: Done| match kind {
            DecisionKind::RegisterFir => done.fir,
            DecisionKind::ChangeOfficer => done.assigned,
            DecisionKind::Expedite | DecisionKind::Reopen => done.deed,
            DecisionKind::Refer => done.action == Some(ActionKind::Referred),
            DecisionKind::Counsel => done.action == Some(ActionKind::Counselled),
            DecisionKind::Continue | DecisionKind::OutcomeSound | DecisionKind::DisciplineEnquiry => false,
        };
        for kind in DecisionKind::ALL {
            let Some(direction) = decision(*kind).direction() else {
                assert!(
                    matches!(kind, DecisionKind::Continue | DecisionKind::DisciplineEnquiry),
                    "only these direct nothing here: {kind:?}"
                );
                continue;
            };
            assert_eq!(direction.followed, *kind == DecisionKind::OutcomeSound);
            for done in everything() {
                let after = direction.after(done);
                assert_eq!(after.followed, direction.followed || answers(*kind, done), "{kind:?} after {done:?}");
                assert_eq!(Direction { followed: direction.followed, ..after }, direction, "nothing else changes");
                assert!(!after.followed || everything().iter().all(|later| after.after(*later).followed), "it stays");
            }
        }
    }

    #[test]
    fn what_nobody_followed_asks_for_work_from_its_day_on() {
        let begins = "2020-10-25T18:30:00Z".parse().unwrap();
        for kind in DecisionKind::ALL {
            let Some(direction) = decision(*kind).direction() else { continue };
            let asks = *kind != DecisionKind::OutcomeSound;
            assert_eq!(direction.due(HandlingState::Triaged), asks.then_some(begins), "{kind:?}");
            let at_the_end = *kind == DecisionKind::RegisterFir;
            assert_eq!(direction.due(HandlingState::Disposed), at_the_end.then_some(begins), "{kind:?}");
            assert_eq!(Direction { followed: true, ..direction }.due(HandlingState::Triaged), None);
        }
    }
}
