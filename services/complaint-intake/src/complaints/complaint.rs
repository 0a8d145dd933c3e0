//! A complaint as the suite holds it, without identity, and how a change to it comes about.

use chrono::{DateTime, Utc};
use platform::Refusal;
use platform::clock::ist_day;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::event::{Event, What};
use super::law::Section;
use crate::clocks::{Breached, Clocks, Facts};
use crate::directions::Direction;
use crate::place::Place;
use crate::terms::{CaseState, Category, Channel, ClockCode, ContactMode, HandlingState, LegalActionKind, Risk};

/// A complaint, without identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct Complaint {
    /// A random UUID: tells nothing.
    pub id: Uuid,
    /// As on the receipt.
    pub receipt_no: String,
    /// Where it was recorded; empty: the district's queue.
    pub station: String,
    /// The district's unit.
    pub district: String,
    /// How it came.
    pub channel: Channel,
    /// What it is about.
    pub category: Category,
    /// The danger; `None`: not assessed.
    pub risk: Option<Risk>,
    /// Where handling stands.
    pub handling: HandlingState,
    /// Where the case stands.
    pub case: CaseState,
    /// Somebody of the station is complained against or related: hidden from that station.
    pub conflict_with_station: bool,
    /// When it was recorded.
    pub received_at: DateTime<Utc>,
    /// The earliest word of it: visit, call or capture.
    pub first_word_at: DateTime<Utc>,
    /// The post that handles it, without `posts/`.
    pub assignee: Option<String>,
    /// Taken in from a paper register.
    pub imported: bool,
    /// Whether she may be contacted.
    pub contact_mode: ContactMode,
    /// She is disabled and needs the place of her choice, an interpreter, video (BNSS 173(1), second proviso).
    pub needs_support: bool,
    /// She is a child, or of unknown age where the law asks for age.
    pub child: bool,
    /// A woman officer has recorded it or met her.
    pub heard_by_woman: bool,
    /// A woman officer recorded it. Never changes: the figures that its first entry moved are moved by this again.
    pub recorded_by_woman: bool,
    /// Sections named at triage.
    pub law_sections: Vec<Section>,
    /// The receipt was offered.
    pub acknowledged: bool,
    /// Actions so far that are not steps in law.
    pub actions: i32,
    /// Kinds of the steps in law so far.
    pub legal_actions: Vec<LegalActionKind>,
    /// She was told of the progress since the FIR.
    pub progress_told: bool,
    /// She said so, alone, to a woman from outside.
    pub satisfied: bool,
    /// Who recorded it.
    pub recorded_by: String,
    /// The event of a campaign at which she asked for help; told with her consent.
    pub campaign_event: Option<CampaignEvent>,
    /// Its limits.
    pub clocks: Clocks,
    /// What reviews directed, in the order in which it took effect.
    pub directions: Vec<Direction>,
    /// From 1; one more with every change.
    pub version: i64,
}

/// An event of an awareness campaign, by the ids in its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CampaignEvent {
    /// The campaign.
    pub campaign: Uuid,
    /// The event in it.
    pub event: Uuid,
}

/// A complaint after a step, and what the journal is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// As it is now.
    pub complaint: Complaint,
    /// In this order.
    pub events: Vec<Event>,
}

impl Complaint {
    /// Changes with every change.
    pub(crate) fn etag(&self) -> String {
        self.version.to_string()
    }

    /// # Errors
    /// `ETAG_MISMATCH` when the caller read another version; empty: any will do.
    pub(crate) fn need_etag(&self, sent: &str) -> Result<(), Refusal> {
        if sent.is_empty() || sent == self.etag() { Ok(()) } else { Err(Refusal::etag_mismatch(sent, self.etag())) }
    }

    /// Whether a principal recorded or holds it.
    pub(crate) fn is_handled_by(&self, principal: &str) -> bool {
        let holds = |post: &String| principal.strip_prefix("posts/") == Some(post.as_str());
        self.recorded_by == principal || self.assignee.as_ref().is_some_and(holds)
    }

    /// A woman officer must still record it (BNSS 173(1), first proviso). She is fetched; nobody is turned away.
    pub(crate) fn woman_officer_awaited(&self) -> bool {
        !self.imported
            && !self.heard_by_woman
            && (self.category.asks_for_woman_officer() || self.law_sections.iter().any(Section::asks_for_woman_officer))
    }

    /// Where the journal counts it.
    pub(crate) fn place(&self) -> Place {
        Place {
            station: if self.conflict_with_station { String::new() } else { self.station.clone() },
            district: self.district.clone(),
            registered_day: ist_day(self.received_at),
            imported: self.imported,
            statutory_due: self.clocks.statutory_due(),
        }
    }

    /// When it next asks for work: the earliest of its running limits and of the directions that nobody followed. `None`:
    /// nothing waits.
    pub(super) fn due(&self) -> Option<DateTime<Utc>> {
        let directed = self.directions.iter().filter_map(|direction| direction.due(self.handling));
        self.clocks.next().map(|clock| clock.due_at).into_iter().chain(directed).min()
    }

    /// The limit that [`Complaint::due`] is of; `None`: a direction, or nothing waits.
    pub(super) fn due_limit(&self) -> Option<ClockCode> {
        self.clocks.next().filter(|clock| Some(clock.due_at) == self.due()).map(|clock| clock.code)
    }

    /// What limits ask.
    fn facts(&self, fir_at: Option<DateTime<Utc>>) -> Facts<'_> {
        let named = |asks: fn(&Section) -> bool| self.law_sections.iter().any(asks);
        Facts {
            first_word: self.first_word_at,
            imported: self.imported,
            critical: self.category.is_critical() || self.risk == Some(Risk::Imminent),
            rape: self.category == Category::SexualAssault || named(Section::is_rape),
            child: self.child,
            child_offence: self.category.is_sexual() || named(Section::is_pocso),
            two_months: matches!(self.category, Category::SexualAssault | Category::Pocso)
                || named(Section::ends_in_two_months),
            acknowledged: self.acknowledged,
            acted: self.actions > 0,
            progress_told: self.progress_told,
            satisfied: self.satisfied,
            handling: self.handling,
            case: self.case,
            legal: &self.legal_actions,
            fir_at,
        }
    }

    /// Starts the limits of a new complaint.
    pub(super) fn start_clocks(&mut self) {
        let mut clocks = Clocks::default();
        clocks.settle(&self.facts(None), self.received_at);
        self.clocks = clocks;
    }

    /// The complaint after a step: `edit` says what the step does, `what` what the journal is told of it; limits, directions
    /// that it answers, version and the entries that follow from them come by themselves.
    pub(super) fn change(
        &self,
        now: DateTime<Utc>,
        fir_at: Option<DateTime<Utc>>,
        what: Vec<What>,
        edit: impl FnOnce(&mut Self),
    ) -> Change {
        let mut after = self.clone();
        for direction in &mut after.directions {
            *direction = what.iter().fold(*direction, |direction, what| direction.after(what.done()));
        }
        edit(&mut after);
        after.version += 1;
        let mut clocks = std::mem::take(&mut after.clocks);
        let late = clocks.settle(&after.facts(fir_at), now);
        after.clocks = clocks;

        let event = |what| Event { complaint: self.id, place: after.place(), day: ist_day(now), what };
        let mut events: Vec<Event> = what.into_iter().map(event).collect();
        if (self.handling, self.case) != (after.handling, after.case) {
            events.push(event(What::Moved {
                from: self.handling,
                to: after.handling,
                case: after.case,
                minutes: (now - self.first_word_at).num_minutes().max(0),
            }));
        }
        for (code, day) in late {
            events.push(event(What::Breached(Breached { complaint: self.id, place: after.place(), code, day })));
        }
        Change { complaint: after, events }
    }
}
