//! Proposing an event: the request parsed whole, then one command.

use chrono::{DateTime, Utc};
use mahila_proto::campaign::v1 as wire;
use platform::Refusal;
use platform::call::Call;
use platform::directory::Tree;
use platform::fields::Fields;
use platform::service::Base;
use prost_types::Timestamp;
use tonic::{Request, Response};
use uuid::Uuid;

use super::to_wire;
use crate::api::{Answer, body, today, viewer};
use crate::events::event::Venue;
use crate::events::plan::{Proposal, check_ahead, check_place, check_times};
use crate::events::store::ProposeEvent;
use crate::evidence;
use crate::terms::EventKind;
use crate::words::title;

/// People that a place holds at most.
const CAPACITY: i32 = 100_000;

fn venue(fields: &mut Fields, told: &wire::Venue, kind: Option<EventKind>) -> Venue {
    let display_name = title(fields, "display_name", &told.display_name);
    check_place(fields, kind, &told.place_code);
    Venue {
        display_name,
        place_code: told.place_code.clone(),
        location: told.location.map(|point| evidence::api::point(fields, "location", point)),
        capacity: fields.within("capacity", told.capacity, 0, CAPACITY),
    }
}

fn instant(fields: &mut Fields, field: &str, stamp: Option<&Timestamp>) -> Option<DateTime<Utc>> {
    if stamp.is_none() {
        fields.wrong(field, "is required", "आवश्यक है");
    }
    fields.optional_instant(field, stamp)
}

/// An event as it is told, its district not yet known; `None` with a violation.
fn parse(fields: &mut Fields, told: &wire::Event, now: DateTime<Utc>) -> Option<Proposal> {
    let kind = fields.term("kind", told.kind);
    let title = title(fields, "title", &told.title);
    let station = fields.name("station", &told.station, "stations");
    let told_venue = body(told.venue.as_ref());
    let venue = fields.nested("venue", |fields| venue(fields, &told_venue, kind));
    let partner = fields.optional_uuid_name("partner", &told.partner, "partners");
    let starts_at = instant(fields, "starts_at", told.starts_at.as_ref());
    let ends_at = instant(fields, "ends_at", told.ends_at.as_ref());
    let (starts_at, ends_at) = starts_at.zip(ends_at)?;
    check_times(fields, starts_at, ends_at, now);
    if !fields.clean() {
        // All at once. Where it is the only fault, the rule tells it, inside the command: a repeat that comes after the
        // event began is answered as it was the first time.
        check_ahead(fields, starts_at, now);
    }
    let (id, district) = (Uuid::new_v4(), String::new());
    Some(Proposal { id, title, kind: kind?, station, district, venue, partner, starts_at, ends_at })
}

/// The units that hold a station that exists, the nearest first.
///
/// # Errors
/// `STATION_UNKNOWN`.
fn place_in(base: &Base, tree: &Tree, proposal: &mut Proposal) -> Result<Vec<String>, Refusal> {
    let day = today(base);
    let station = tree.station(&proposal.station).filter(|station| station.exists_on(day));
    let station = station.ok_or_else(|| Refusal::station_unknown(&proposal.station))?;
    proposal.district.clone_from(&station.district);
    Ok(tree.above_station(&station.id, day).into_iter().map(|unit| unit.id.clone()).collect())
}

/// An event is proposed.
pub(crate) async fn create(base: &Base, request: Request<wire::CreateEventRequest>) -> Answer<wire::Event> {
    let call = Call::of(&request)?;
    let viewer = viewer(base, &call);
    let message = request.into_inner();
    let now = base.clock.now();
    let mut fields = Fields::new();
    let request_id = fields.request_id(&message.request_id);
    let campaign = fields.uuid_name("parent", &message.parent, "campaigns");
    let told = body(message.event.as_ref());
    let proposal = fields.nested("event", |fields| parse(fields, &told, now));
    fields.finish()?;
    let mut proposal = proposal.ok_or_else(Refusal::internal)?;

    viewer.scope.need_station(&proposal.station)?;
    let units = place_in(base, &base.directory.tree(), &mut proposal)?;
    let command = ProposeEvent { campaign, proposal, viewer, units };
    let dossier = base.writer.submit(&call, request_id, &message, command).await?;
    Ok(Response::new(to_wire(&dossier, &call)))
}
