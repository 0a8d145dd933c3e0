//! Events on the wire and in the journal.

mod journal;
mod list;
mod plan;
mod step;

use mahila_proto::auth::v1::Role;
use mahila_proto::campaign::v1 as wire;
use platform::call::Call;
use platform::fields::timestamp;
use platform::terms::Term as _;

pub(crate) use journal::MOVED;
pub(crate) use list::list;
pub(crate) use plan::create;
pub(crate) use step::{approve, attach, cancel, report, verify};

use super::event::{Dossier, Ending, Reached, Venue};
use crate::evidence;
use crate::terms::EventState;

/// Roles that see signals: those who may verify, and who look over their shoulder. To the one who reported they would
/// tell how not to be noticed.
const SEE_SIGNALS: [Role; 5] =
    [Role::CircleOfficer, Role::DistrictHead, Role::RangeHead, Role::Headquarters, Role::Auditor];

/// Whether a caller sees signals.
fn sees_signals(call: &Call) -> bool {
    !call.caller.is(Role::Partner) && SEE_SIGNALS.iter().any(|role| call.caller.is(*role))
}

fn reached_to_wire(reached: Reached) -> wire::Reached {
    wire::Reached { women: reached.women, girls: reached.girls, men: reached.men, others: reached.others }
}

fn venue_to_wire(venue: &Venue) -> wire::Venue {
    wire::Venue {
        display_name: venue.display_name.clone(),
        place_code: venue.place_code.clone(),
        location: venue.location.map(evidence::api::point_to_wire),
        capacity: venue.capacity,
    }
}

/// An event for the wire, as this caller sees it.
fn to_wire(dossier: &Dossier, call: &Call) -> wire::Event {
    let event = &dossier.event;
    let mut seen = wire::Event {
        name: event.name(),
        title: event.title.clone(),
        kind: event.kind.number().into(),
        station: format!("stations/{}", event.station),
        venue: Some(venue_to_wire(&event.venue)),
        partner: event.partner.map(crate::viewer::principal_of).unwrap_or_default(),
        starts_at: Some(timestamp(event.starts_at)),
        ends_at: Some(timestamp(event.ends_at)),
        state: event.state.number().into(),
        created_by: event.created_by.clone(),
        decided_by: event.decided_by.clone().unwrap_or_default(),
        reported_by: event.reported_by.clone().unwrap_or_default(),
        verified_by: event.verified_by.clone().unwrap_or_default(),
        started_at: event.claim.map(|claim| timestamp(claim.started_at)),
        ended_at: event.claim.map(|claim| timestamp(claim.ended_at)),
        claimed: event.claim.map(|claim| reached_to_wire(claim.reached)),
        found: event.found.map(reached_to_wire),
        leads: event.claim.map_or(0, |claim| claim.leads),
        report_by: Some(timestamp(event.report_by())),
        evidence: dossier.exhibits.iter().map(|exhibit| evidence::api::to_wire(&exhibit.evidence)).collect(),
        etag: event.etag(),
        ..wire::Event::default()
    };
    if matches!(event.state, EventState::Approved | EventState::Reported) {
        seen.photo_nonce = event.nonce();
    }
    if sees_signals(call) {
        seen.signals = dossier.signals().into_iter().map(|signal| signal.number().into()).collect();
    }
    match event.ending {
        Some(Ending::Rejected(reason)) => seen.rejection_reason = reason.number().into(),
        Some(Ending::Cancelled(reason)) => seen.cancellation_reason = reason.number().into(),
        Some(Ending::Disputed(reason)) => seen.dispute_reason = reason.number().into(),
        None => {}
    }
    seen
}
