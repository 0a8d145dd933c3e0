//! The steps of an event's life up to the claim. Who checks it stands in `verify`.
//!
//! ```text
//! PROPOSED ─► APPROVED ─► REPORTED ─► VERIFIED | DISPUTED
//!    │  └────────┼─────► CANCELLED (until the planned end)
//!    └► REJECTED └─────► LAPSED (not reported within 72 hours of the planned end)
//! ```

use chrono::{DateTime, SecondsFormat, Utc};
use platform::Refusal;
use platform::clock::ist_day;
use platform::fields::Fields;
use platform::terms::Term as _;

use super::event::{Claim, Ending, Event, Move};
use super::plan::check_length;
use crate::evidence::{Evidence, MOST, Shown};
use crate::partners::Partner;
use crate::terms::{CancellationReason, EventState, EvidenceKind, RejectionReason};
use crate::viewer::principal_of;

/// What comes of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It may be held.
    Approved,
    /// It may not.
    Rejected(RejectionReason),
}

impl Claim {
    /// What cannot be, whatever was planned.
    pub(crate) fn check(&self, fields: &mut Fields, now: DateTime<Utc>) {
        if self.started_at > now {
            fields.wrong("started_at", "lies in the future", "भविष्य का समय है");
        }
        if self.ended_at > now {
            fields.wrong("ended_at", "lies in the future", "भविष्य का समय है");
        }
        check_length(fields, "ended_at", self.started_at, self.ended_at);
        if i64::from(self.leads) > i64::from(self.reached.women) + i64::from(self.reached.girls) {
            fields.wrong("leads", "are more than the women and girls who came", "आई महिलाओं व बालिकाओं से अधिक हैं");
        }
    }
}

impl Event {
    /// Where it stands at `now`: an approved event whose time to be reported is over has lapsed, whether or not anybody
    /// has said so yet.
    pub(crate) fn standing(&self, now: DateTime<Utc>) -> EventState {
        if self.state == EventState::Approved && now > self.report_by() { EventState::Lapsed } else { self.state }
    }

    /// # Errors
    /// `STATE_FORBIDS` unless it stands in one of these states.
    pub(super) fn need_standing(&self, states: &[EventState], now: DateTime<Utc>) -> Result<(), Refusal> {
        let standing = self.standing(now);
        if states.contains(&standing) { Ok(()) } else { Err(Refusal::state_forbids(standing.name())) }
    }

    /// # Errors
    /// `TOO_LATE` once it was planned to be over.
    fn need_not_over(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        if now <= self.ends_at {
            Ok(())
        } else {
            Err(Refusal::too_late(self.ends_at.to_rfc3339_opts(SecondsFormat::Secs, true)))
        }
    }

    /// The event after a step.
    pub(super) fn after(&self, to: EventState, edit: impl FnOnce(&mut Self)) -> Self {
        let mut after = self.clone();
        edit(&mut after);
        after.state = to;
        after.version += 1;
        after
    }

    /// Somebody else than who proposed it decides. `partner` is the one it is held with, as it stands now: one that was
    /// suspended meanwhile is given nothing.
    ///
    /// # Errors
    /// `STATE_FORBIDS`, `SAME_PERSON`; to approve also `TOO_LATE` after its planned end, `PARTNER_NOT_VETTED`.
    pub(crate) fn decide(
        &self,
        decision: Decision,
        partner: Option<&Partner>,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<Move, Refusal> {
        self.need_standing(&[EventState::Proposed], now)?;
        if by == self.created_by {
            return Err(Refusal::same_person());
        }
        let (to, ending) = match decision {
            Decision::Approved => {
                self.need_not_over(now)?;
                if let Some(partner) = partner {
                    partner.need_fit_on(self.day())?;
                }
                (EventState::Approved, None)
            }
            Decision::Rejected(reason) => (EventState::Rejected, Some(Ending::Rejected(reason))),
        };
        let after = self.after(to, |event| {
            event.decided_by = Some(by.to_owned());
            event.ending = ending;
        });
        Ok(after.moved(Some(self.state), None, ist_day(now)))
    }

    /// Somebody says that it was held.
    ///
    /// # Errors
    /// `STATE_FORBIDS`, also once its 72 hours are over. `INVALID_FIELDS` when the times cannot be, or more asked for
    /// help than came.
    pub(crate) fn report(&self, claim: Claim, by: &str, now: DateTime<Utc>) -> Result<Move, Refusal> {
        self.need_standing(&[EventState::Approved], now)?;
        let mut fields = Fields::new();
        if ist_day(claim.started_at) != self.day() {
            // An approval is for a day.
            fields.wrong("started_at", "is not on the day it was planned for", "नियत दिन का समय नहीं है");
        }
        claim.check(&mut fields, now);
        fields.finish()?;
        let after = self.after(EventState::Reported, |event| {
            event.claim = Some(claim);
            event.reported_by = Some(by.to_owned());
        });
        Ok(after.moved(Some(self.state), Some(claim.reached), ist_day(now)))
    }

    /// It is called off. Once it should be over it cannot be: what was not held lapses, and is seen to.
    ///
    /// # Errors
    /// `STATE_FORBIDS`, `TOO_LATE`.
    pub(crate) fn cancel(&self, reason: CancellationReason, now: DateTime<Utc>) -> Result<Move, Refusal> {
        self.need_standing(&[EventState::Proposed, EventState::Approved], now)?;
        self.need_not_over(now)?;
        let after = self.after(EventState::Cancelled, |event| event.ending = Some(Ending::Cancelled(reason)));
        Ok(after.moved(Some(self.state), None, ist_day(now)))
    }

    /// Its 72 hours are over and nobody reported it; `None`: not so. Told for the day on which they ended.
    pub(crate) fn lapse(&self, now: DateTime<Utc>) -> Option<Move> {
        let lapsed = self.state == EventState::Approved && self.standing(now) == EventState::Lapsed;
        let after = lapsed.then(|| self.after(EventState::Lapsed, |_| ()))?;
        Some(after.moved(Some(self.state), None, ist_day(self.report_by())))
    }

    /// Somebody shows that it was held. `kept`: how many pieces there are already. Gives the event as it is then, which
    /// has not moved.
    ///
    /// # Errors
    /// `STATE_FORBIDS` unless it is approved or reported. `INVALID_FIELDS` when a photograph bears another nonce, when
    /// another than the partner attests for it, when there are enough pieces.
    pub(crate) fn attach(
        &self,
        shown: &Shown,
        kept: usize,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<(Self, Evidence), Refusal> {
        self.need_standing(&[EventState::Approved, EventState::Reported], now)?;
        let mut fields = Fields::new();
        fields.nested("evidence", |fields| {
            shown.check(fields, now);
            let is_photo = shown.kind == EvidenceKind::Photo;
            if is_photo && !shown.nonce.is_empty() && shown.nonce != self.nonce() {
                fields.wrong("nonce", "is not that of this event and day", "इस कार्यक्रम व दिन का नहीं है");
            }
            let is_partner = self.partner.is_some_and(|partner| principal_of(partner) == by);
            if shown.kind == EvidenceKind::PartnerAttest && !is_partner {
                fields.wrong(
                    "kind",
                    "is for the event's partner alone to attach",
                    "केवल कार्यक्रम की सहयोगी संस्था ही दे सकती है",
                );
            }
        });
        if kept >= MOST {
            fields.wrong("evidence", format!("at most {MOST} an event"), format!("प्रति कार्यक्रम अधिकतम {MOST}"));
        }
        fields.finish()?;
        Ok((self.after(self.state, |_| ()), shown.keep(by, now)))
    }
}
