//! Complaints on the wire and in the journal.

mod event;
mod import;
mod lead;
mod read;
mod register;
mod step;

use mahila_proto::auth::v1::Role;
use mahila_proto::intake::v1 as wire;
use platform::call::Call;
use platform::fields::timestamp;
use platform::terms::Term as _;

pub(crate) use event::{ACKNOWLEDGED, ACTED, ASSIGNED, DIRECTED, FEEDBACK, LEGAL_ACTION, MOVED, REGISTERED, TRIAGED};
pub(crate) use import::import;
use lead::{campaign_event, event_name};
pub(crate) use read::{receipt, reveal_identity};
pub(crate) use register::register;
pub(crate) use step::{acknowledge, action, assign, feedback, legal_action, triage};

use super::complaint::Complaint;
use super::viewer::Viewer;
use crate::Intake;
use crate::clocks;
use crate::clocks::station_name;
use crate::directions::api as directions;

/// Roles that see every complaint of their scope; without one of them, a desk officer sees her own.
const SEE_ALL: [Role; 5] =
    [Role::StationHouseOfficer, Role::CircleOfficer, Role::DistrictHead, Role::Auditor, Role::FeedbackCaller];

/// Whether a caller sees no complaint but her own.
pub(crate) fn sees_own_only(call: &Call) -> bool {
    !SEE_ALL.iter().any(|role| call.caller.is(*role))
}

/// The caller, as complaints ask.
fn viewer(intake: &Intake, call: &Call) -> Viewer {
    Viewer { scope: intake.base.scope(call), principal: call.caller.principal.clone(), own_only: sees_own_only(call) }
}

/// A complaint for the wire.
pub(crate) fn to_wire(complaint: &Complaint) -> wire::Complaint {
    wire::Complaint {
        name: format!("complaints/{}", complaint.id),
        receipt_no: complaint.receipt_no.clone(),
        station: station_name(&complaint.station),
        channel: complaint.channel.number().into(),
        category: complaint.category.number().into(),
        risk: complaint.risk.map_or(0, |risk| risk.number().into()),
        handling_state: complaint.handling.number().into(),
        case_state: complaint.case.number().into(),
        conflict_with_station: complaint.conflict_with_station,
        received_at: Some(timestamp(complaint.received_at)),
        first_word_at: Some(timestamp(complaint.first_word_at)),
        assignee: complaint.assignee.as_ref().map(|post| format!("posts/{post}")).unwrap_or_default(),
        clocks: complaint.clocks.next_due_first().into_iter().map(clocks::to_wire).collect(),
        imported: complaint.imported,
        contact_mode: complaint.contact_mode.number().into(),
        woman_officer_awaited: complaint.woman_officer_awaited(),
        law_sections: complaint.law_sections.iter().map(|section| section.as_str().to_owned()).collect(),
        etag: complaint.etag(),
        directions: complaint.directions.iter().map(directions::to_wire).collect(),
        campaign_event: complaint.campaign_event.as_ref().map(event_name).unwrap_or_default(),
    }
}
