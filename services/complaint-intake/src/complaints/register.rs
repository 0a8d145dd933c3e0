//! Recording a complaint. Never refused for place (a zero FIR is for that), for want of a name, or for want of a woman
//! officer: four facts are asked, the rest comes later.

use chrono::{DateTime, NaiveDate, Utc};
use platform::clock::{day_begins, ist_day};
use uuid::Uuid;

use super::complaint::{CampaignEvent, Change, Complaint};
use super::event::{Event, What};
use crate::clocks::Clocks;
use crate::terms::{CaseState, Category, Channel, ContactMode, HandlingState, Risk};
use crate::vault::Sealed;

/// Where a complaint is recorded, as the directory has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordedAt {
    /// The station; empty: the district's queue.
    pub station: String,
    /// The district's unit.
    pub district: String,
    /// The district's code in the receipt; 0: not known yet.
    pub lgd_code: i32,
    /// The station's number in its district; 0: the district's queue.
    pub seq: i32,
}

/// A line of a paper register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RegisterLine {
    /// Its number there.
    pub register_no: String,
    /// The day it was written down.
    pub day: NaiveDate,
}

/// A complaint as it is told, its identity sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewComplaint {
    /// Drawn before the command, so that identity can be sealed for it.
    pub id: Uuid,
    /// Where.
    pub at: RecordedAt,
    /// How it came.
    pub channel: Channel,
    /// What it is about.
    pub category: Category,
    /// The danger; `None`: not assessed.
    pub risk: Option<Risk>,
    /// Somebody of the station is complained against or related.
    pub conflict_with_station: bool,
    /// Whether and how she may be contacted.
    pub contact_mode: ContactMode,
    /// She needs the place of her choice, an interpreter, video.
    pub needs_support: bool,
    /// Whether she is under 18; `None`: not known.
    pub child: Option<bool>,
    /// A woman officer records it.
    pub by_woman: bool,
    /// The visit it comes from.
    pub visit: Option<Uuid>,
    /// When it was first told, other than by the visit: a capture on a device, a call.
    pub told_at: Option<DateTime<Utc>>,
    /// From a paper register.
    pub line: Option<RegisterLine>,
    /// The event of a campaign at which she asked for help; told with her consent.
    pub campaign_event: Option<CampaignEvent>,
    /// What names anybody.
    pub sealed: Sealed,
}

impl NewComplaint {
    /// The IST day of its receipt: of an imported one, the day in the register.
    pub(crate) fn received_day(&self, now: DateTime<Utc>) -> NaiveDate {
        self.line.as_ref().map_or_else(|| ist_day(now), |line| line.day)
    }

    /// Records it. `arrived_at`: when she came, if it comes from a visit.
    pub(crate) fn register(
        &self,
        receipt_no: String,
        arrived_at: Option<DateTime<Utc>>,
        recorded_by: &str,
        now: DateTime<Utc>,
    ) -> Change {
        let received_at = self.line.as_ref().map_or(now, |line| day_begins(line.day).min(now));
        // The earliest word counts. None is later than the recording, whatever a device's clock says.
        let first_word_at = [arrived_at, self.told_at].into_iter().flatten().fold(received_at, DateTime::min);
        let imported = self.line.is_some();
        let mut complaint = Complaint {
            id: self.id,
            receipt_no,
            station: self.at.station.clone(),
            district: self.at.district.clone(),
            channel: self.channel,
            category: self.category,
            risk: self.risk,
            // What stands in a paper register was acknowledged, or will never be.
            handling: if imported { HandlingState::Acknowledged } else { HandlingState::Received },
            case: CaseState::None,
            conflict_with_station: self.conflict_with_station || self.category.is_against_station(),
            received_at,
            first_word_at,
            assignee: None,
            imported,
            contact_mode: self.contact_mode,
            needs_support: self.needs_support,
            child: is_child(self.category, self.child),
            heard_by_woman: self.by_woman,
            recorded_by_woman: self.by_woman,
            law_sections: Vec::new(),
            acknowledged: imported,
            actions: 0,
            legal_actions: Vec::new(),
            progress_told: false,
            satisfied: false,
            recorded_by: recorded_by.to_owned(),
            campaign_event: self.campaign_event,
            clocks: Clocks::default(),
            directions: Vec::new(),
            version: 1,
        };
        complaint.start_clocks();
        let event = Event {
            complaint: complaint.id,
            place: complaint.place(),
            day: ist_day(received_at),
            what: What::Registered {
                channel: complaint.channel,
                category: complaint.category,
                risk: complaint.risk,
                by_woman: self.by_woman,
                handling: complaint.handling,
            },
        };
        Change { complaint, events: vec![event] }
    }
}

/// Whether a child's safeguards apply. Where the law asks for age and nobody knows it, they do until triage settles it;
/// otherwise only a known age makes a child.
fn is_child(category: Category, known: Option<bool>) -> bool {
    match category {
        Category::Pocso => true,
        Category::SexualAssault => known != Some(false),
        _ => known == Some(true),
    }
}
