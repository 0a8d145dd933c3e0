//! The steps after recording, each as the rule reads: what it asks, what it changes, what the journal is told.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use platform::Refusal;
use platform::clock::{day_after, day_begins, ist_day};
use platform::terms::Term as _;

use super::complaint::{Change, Complaint};
use super::event::{Counted, What};
use super::law::Section;
use crate::directions::Decision;
use crate::terms::{ActionKind, Category, DecisionKind, HandlingState, LegalActionKind, Risk};

/// "In time" of an acknowledgement.
const ACKNOWLEDGE_IN: Duration = Duration::minutes(30);

/// What triage settles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Triage {
    /// What it is about.
    pub category: Category,
    /// The danger.
    pub risk: Risk,
    /// Sections with their act.
    pub law_sections: Vec<Section>,
    /// The victim is a child, or her age is not known.
    pub child: bool,
}

impl Complaint {
    /// The receipt was offered to her. To take no paper is as good: it may be found.
    pub(crate) fn acknowledge(&self, receipt_taken: bool, now: DateTime<Utc>) -> Result<Change, Refusal> {
        if self.acknowledged {
            return Err(Refusal::state_forbids(HandlingState::Acknowledged.name()));
        }
        let in_time = now - self.first_word_at <= ACKNOWLEDGE_IN;
        Ok(self.change(now, None, vec![What::Acknowledged { receipt_taken, in_time }], |complaint| {
            complaint.acknowledged = true;
            if complaint.handling == HandlingState::Received {
                complaint.handling = HandlingState::Acknowledged;
            }
        }))
    }

    /// A post is given it; a post stays when its officer is transferred.
    pub(crate) fn assign(&self, post: &str, now: DateTime<Utc>) -> Result<Change, Refusal> {
        self.handling.need_open()?;
        let first = self.assignee.is_none();
        Ok(self.change(now, None, vec![What::Assigned { first }], |complaint| {
            complaint.assignee = Some(post.to_owned());
        }))
    }

    /// Category, risk and law are settled. A later triage changes them and leaves limits that run as they are.
    pub(crate) fn triage(&self, triage: &Triage, now: DateTime<Utc>) -> Result<Change, Refusal> {
        let handling = self.handling.after_triage()?;
        // Conflict is found, never lost: no later category takes the complaint back to the station.
        let conflict = self.conflict_with_station || triage.category.is_against_station();
        let counted_before = (conflict && !self.conflict_with_station).then(|| Counted {
            place: self.place(),
            channel: self.channel,
            handling: self.handling,
            recorded_by_woman: self.recorded_by_woman,
        });
        let what = What::Triaged { was: self.category, category: triage.category, risk: triage.risk, counted_before };
        Ok(self.change(now, None, vec![what], |complaint| {
            complaint.handling = handling;
            complaint.category = triage.category;
            complaint.risk = Some(triage.risk);
            complaint.law_sections.clone_from(&triage.law_sections);
            complaint.child = triage.child || triage.category == Category::Pocso;
            complaint.conflict_with_station = conflict;
        }))
    }

    /// A step in law was taken on `day` (`None`: today). The suite records its number, it issues nothing.
    pub(crate) fn legal_action(
        &self,
        kind: LegalActionKind,
        day: Option<NaiveDate>,
        now: DateTime<Utc>,
    ) -> Result<Change, Refusal> {
        let day = day.unwrap_or_else(|| ist_day(now));
        let case = self.case.after(kind)?;
        // When it was registered, no later than told: the copy is due from there.
        let fir_at = kind.is_fir().then(|| {
            let end = day_begins(day_after(day)) - Duration::microseconds(1);
            end.min(now).max(self.first_word_at.min(now))
        });
        Ok(self.change(now, fir_at, vec![What::LegalAction { kind }], |complaint| {
            complaint.case = case;
            if !complaint.legal_actions.contains(&kind) {
                complaint.legal_actions.push(kind);
            }
            complaint.handling = match complaint.handling {
                // A statutory duty is never barred by our state: with a case begun, handling goes on.
                HandlingState::Disposed if kind.is_fir() || kind == LegalActionKind::PreliminaryEnquiry => {
                    HandlingState::Triaged
                }
                // She is satisfied, and this was what was missing.
                HandlingState::ActionTaken if complaint.satisfied && !case.awaits_final_report() => {
                    HandlingState::Disposed
                }
                handling if kind.is_deed() => handling.after_deed(),
                handling => handling,
            };
            if complaint.handling == HandlingState::Triaged {
                complaint.satisfied = false;
            }
        }))
    }

    /// Something was done for her.
    pub(crate) fn act(&self, kind: ActionKind, by_woman: bool, now: DateTime<Utc>) -> Result<Change, Refusal> {
        self.handling.need_open()?;
        let first = self.actions == 0;
        Ok(self.change(now, None, vec![What::Acted { kind, first }], |complaint| {
            complaint.actions += 1;
            complaint.heard_by_woman |= by_woman && kind.meets_her();
            // What she is told once the case runs tells her how it goes (BNSS 193(3)(ii), "by any means").
            complaint.progress_told |= kind == ActionKind::Contacted && complaint.case.awaits_final_report();
            if kind.is_deed() {
                complaint.handling = complaint.handling.after_deed();
            }
        }))
    }

    /// A decision of a review takes effect. It reopens what it says to reopen; whatever else it says stands on the complaint as
    /// a direction until something is done that answers it. `None`: it directs nothing.
    pub(crate) fn direct(&self, decision: &Decision, now: DateTime<Utc>) -> Option<Change> {
        let direction = decision.direction()?;
        let handling = match direction.kind {
            DecisionKind::Reopen => self.handling.after_reopening(),
            _ => self.handling,
        };
        let changed_state = handling != self.handling;
        Some(self.change(now, None, vec![What::Directed { kind: direction.kind, changed_state }], |complaint| {
            complaint.directions.push(direction);
            if changed_state {
                complaint.handling = handling;
                // Of what comes now she has not been asked.
                complaint.satisfied = false;
            }
        }))
    }
}
