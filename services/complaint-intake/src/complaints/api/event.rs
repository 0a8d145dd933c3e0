//! What the journal is told: protobuf, days and durations. To review and oversight alone.

use mahila_proto::intake::v1 as wire;
use platform::fields::date;
use platform::journal::{Audience, Event as JournalEvent, Kind};
use platform::terms::Term;
use prost::Message as _;

use crate::clocks::station_name;
use crate::complaints::event::{Event, What};

/// A term's number on the wire; 0: none.
fn number_of<T: Term>(term: Option<T>) -> i32 {
    term.map_or(0, |term| term.number().into())
}

const fn kind(name: &'static str) -> Kind {
    Kind { name, audience: Audience::Only(&["review-scheduling", "oversight"]) }
}

/// Journal kind: a complaint was recorded.
pub(crate) const REGISTERED: Kind = kind("intake.complaint.registered");
/// Journal kind: handling or case state changed.
pub(crate) const MOVED: Kind = kind("intake.complaint.moved");
/// Journal kind: category, risk and law were settled.
pub(crate) const TRIAGED: Kind = kind("intake.complaint.triaged");
/// Journal kind: a post was given it.
pub(crate) const ASSIGNED: Kind = kind("intake.complaint.assigned");
/// Journal kind: the receipt was offered.
pub(crate) const ACKNOWLEDGED: Kind = kind("intake.complaint.acknowledged");
/// Journal kind: something was done.
pub(crate) const ACTED: Kind = kind("intake.action.recorded");
/// Journal kind: a step in law was taken.
pub(crate) const LEGAL_ACTION: Kind = kind("intake.legal_action.recorded");
/// Journal kind: she was asked.
pub(crate) const FEEDBACK: Kind = kind("intake.feedback.recorded");
/// Journal kind: a decision of a review took effect.
pub(crate) const DIRECTED: Kind = kind("intake.direction.taken");

impl JournalEvent for Event {
    fn kind(&self) -> Kind {
        match &self.what {
            What::Registered { .. } => REGISTERED,
            What::Moved { .. } => MOVED,
            What::Triaged { .. } => TRIAGED,
            What::Assigned { .. } => ASSIGNED,
            What::Acknowledged { .. } => ACKNOWLEDGED,
            What::Acted { .. } => ACTED,
            What::LegalAction { .. } => LEGAL_ACTION,
            What::Feedback { .. } => FEEDBACK,
            What::Breached(breached) => breached.kind(),
            What::Directed { .. } => DIRECTED,
        }
    }

    fn subject(&self) -> String {
        self.complaint.to_string()
    }

    fn payload(&self) -> Vec<u8> {
        let place = Some((&self.place).into());
        let day = Some(date(self.day));
        match &self.what {
            What::Registered { channel, category, risk, by_woman, handling } => wire::ComplaintRegistered {
                station: station_name(&self.place.station),
                district: format!("units/{}", self.place.district),
                day,
                channel: channel.number().into(),
                category: category.number().into(),
                risk: number_of(*risk),
                imported: self.place.imported,
                recorded_by_woman: *by_woman,
                handling_state: handling.number().into(),
                statutory_due_day: self.place.statutory_due.map(date),
            }
            .encode_to_vec(),
            What::Moved { from, to, case, minutes } => wire::ComplaintMoved {
                place,
                from: from.number().into(),
                to: to.number().into(),
                case_state: case.number().into(),
                day,
                minutes_since_first_word: *minutes,
            }
            .encode_to_vec(),
            What::Triaged { was, category, risk, counted_before } => wire::ComplaintTriaged {
                place,
                was: was.number().into(),
                category: category.number().into(),
                risk: risk.number().into(),
                day,
                counted_before: counted_before.as_ref().map(|counted| (&counted.place).into()),
                channel: number_of(counted_before.as_ref().map(|counted| counted.channel)),
                handling_state_before: number_of(counted_before.as_ref().map(|counted| counted.handling)),
                recorded_by_woman: counted_before.as_ref().is_some_and(|counted| counted.recorded_by_woman),
            }
            .encode_to_vec(),
            What::Assigned { first } => wire::ComplaintAssigned { place, first: *first, day }.encode_to_vec(),
            What::Acknowledged { receipt_taken, in_time } => {
                wire::ComplaintAcknowledged { place, receipt_taken: *receipt_taken, in_time: *in_time, day }
                    .encode_to_vec()
            }
            What::Acted { kind, first } => {
                wire::ActionRecorded { place, kind: kind.number().into(), first: *first, day }.encode_to_vec()
            }
            What::LegalAction { kind } => {
                wire::LegalActionRecorded { place, kind: kind.number().into(), day }.encode_to_vec()
            }
            What::Feedback { reached, satisfied } => {
                wire::FeedbackRecorded { place, reached: *reached, satisfied: *satisfied, day }.encode_to_vec()
            }
            What::Breached(breached) => breached.payload(),
            What::Directed { kind, changed_state } => {
                wire::DirectionTaken { place, kind: kind.number().into(), changed_state: *changed_state, day }
                    .encode_to_vec()
            }
        }
    }
}
