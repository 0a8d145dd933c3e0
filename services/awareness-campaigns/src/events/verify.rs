//! Checking a claim. Nobody checks her own: not whoever organised or reported the event, attached evidence to it, or is
//! of the partner it was held with.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use platform::Refusal;
use platform::clock::ist_day;
use platform::fields::Fields;

use super::event::{Ending, Event, Move, Reached};
use crate::evidence::Exhibit;
use crate::terms::{DisputeReason, EventKind, EventState, EvidenceKind};
use crate::viewer::principal_of;

/// Kinds of evidence that a verified event has at least.
const KINDS: usize = 2;

/// What comes of checking a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It was held, and these came as far as the verifier found.
    Held(Reached),
    /// It is not believed.
    Disputed(DisputeReason),
}

/// What a verdict rests on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grounds<'a> {
    /// What shows that it was held.
    pub exhibits: &'a [Exhibit],
    /// The event of its kind that is verified at the same station, place and hour, by its name.
    pub held_already: Option<&'a str>,
}

impl Event {
    /// Somebody independent decides on a claim.
    ///
    /// # Errors
    /// `STATE_FORBIDS` unless it is reported; `SAME_PERSON`. To find it held also `EVIDENCE_MISSING` without two kinds
    /// of evidence, `HELD_ALREADY`, `INVALID_FIELDS` when nobody came (in the media nobody needs to).
    pub(crate) fn verify(
        &self,
        verdict: Verdict,
        grounds: Grounds<'_>,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<Move, Refusal> {
        self.need_standing(&[EventState::Reported], now)?;
        if !self.is_independent(by, grounds.exhibits) {
            return Err(Refusal::same_person());
        }
        let (to, found, ending) = match verdict {
            Verdict::Held(reached) => {
                self.need_proof(reached, grounds)?;
                (EventState::Verified, Some(reached), None)
            }
            Verdict::Disputed(reason) => (EventState::Disputed, None, Some(Ending::Disputed(reason))),
        };
        let after = self.after(to, |event| {
            event.verified_by = Some(by.to_owned());
            event.found = found;
            event.ending = ending;
        });
        Ok(after.moved(Some(self.state), found, ist_day(now)))
    }

    fn is_independent(&self, by: &str, exhibits: &[Exhibit]) -> bool {
        by != self.created_by
            && self.reported_by.as_deref() != Some(by)
            && self.partner.is_none_or(|partner| principal_of(partner) != by)
            && exhibits.iter().all(|exhibit| exhibit.evidence.attached_by != by)
    }

    fn need_proof(&self, reached: Reached, grounds: Grounds<'_>) -> Result<(), Refusal> {
        let kinds: BTreeSet<EvidenceKind> = grounds.exhibits.iter().map(|exhibit| exhibit.evidence.kind).collect();
        if kinds.len() < KINDS {
            return Err(Refusal::evidence_missing());
        }
        if let Some(other) = grounds.held_already {
            return Err(Refusal::held_already(other));
        }
        let mut fields = Fields::new();
        if reached.people() == 0 && self.kind != EventKind::Media {
            fields.wrong("verified", "nobody came: dispute it", "कोई नहीं आया: इसे विवादित करें");
        }
        fields.finish()
    }
}
