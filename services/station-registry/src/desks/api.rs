//! Desks on the wire.

use mahila_proto::registry::v1 as wire;
use platform::Refusal;
use platform::call::Call;
use platform::clock::ist_day;
use platform::fields::{Fields, date};
use platform::journal::{Audience, Event, Kind};
use platform::service::Base;
use platform::terms::Term as _;
use prost::Message as _;

use super::desk::{Desk, DeskOpened, Facility, LEAST_WOMEN, MOST_WOMEN, Opening, USUAL_HOURS};
use super::store::{self, OpenDesk};
use crate::units::api::page;

/// Journal kind: a desk was opened.
pub const OPENED: Kind = Kind { name: "registry.desk.opened", audience: Audience::Suite };

impl Event for DeskOpened<'_> {
    fn kind(&self) -> Kind {
        OPENED
    }

    fn subject(&self) -> String {
        self.0.station.clone()
    }

    fn payload(&self) -> Vec<u8> {
        wire::DeskOpened { desk: Some(to_wire(self.0)) }.encode_to_vec()
    }
}

/// The station of `stations/{station}/desk`; empty on a violation.
pub fn station_of(fields: &mut Fields, field: &str, name: &str) -> String {
    if let Some(station) = name.strip_suffix("/desk").or(name.is_empty().then_some(name)) {
        return fields.name(field, station, "stations");
    }
    fields.wrong(field, "must be stations/{station}/desk", "stations/{station}/desk होना चाहिए");
    String::new()
}

/// A desk for the wire.
#[must_use]
pub fn to_wire(desk: &Desk) -> wire::Desk {
    wire::Desk {
        name: Desk::name(&desk.station),
        opened_on: Some(date(desk.opened_on)),
        opens_minute: desk.opens_minute,
        closes_minute: desk.closes_minute,
        min_women: desk.min_women,
        facilities: desk.facilities.iter().map(|facility| facility.number().into()).collect(),
        etag: desk.etag(),
    }
}

/// `OpenDesk`.
///
/// # Errors
/// `INVALID_FIELDS`, `OUT_OF_SCOPE`, `STATION_UNKNOWN`, `STATE_FORBIDS` for a station whose type has no desk,
/// `ALREADY_EXISTS`.
pub async fn open(base: &Base, call: &Call, asked: &wire::OpenDeskRequest) -> Result<wire::Desk, Refusal> {
    let mut fields = Fields::new();
    let request_id = fields.request_id(&asked.request_id);
    if asked.desk.is_none() {
        fields.wrong("desk", "is required", "आवश्यक है");
    }
    let desk = asked.desk.clone().unwrap_or_default();
    let opening = fields.nested("desk", |fields| opening(fields, &desk));
    fields.finish()?;
    let scope = base.scope(call);
    scope.need_station(&opening.station)?;
    let desk = base.writer.submit(call, request_id, asked, OpenDesk { scope, opening }).await?;
    Ok(to_wire(&desk))
}

fn opening(fields: &mut Fields, desk: &wire::Desk) -> Opening {
    let station = station_of(fields, "name", &desk.name);
    let hours = match (desk.opens_minute, desk.closes_minute) {
        (0, 0) => USUAL_HOURS,
        (opens, closes) => {
            let hours =
                (fields.within("opens_minute", opens, 0, 1439), fields.within("closes_minute", closes, 1, 1440));
            if hours.0 >= hours.1 {
                fields.wrong("closes_minute", "must be later than opens_minute", "opens_minute के बाद होना चाहिए");
            }
            hours
        }
    };
    let min_women = match desk.min_women {
        0 => LEAST_WOMEN,
        women => fields.within("min_women", women, LEAST_WOMEN, MOST_WOMEN),
    };
    let facilities = desk
        .facilities
        .iter()
        .enumerate()
        .filter_map(|(at, number)| fields.term::<Facility>(&format!("facilities[{at}]"), *number))
        .collect();
    Opening {
        station,
        opened_on: fields.optional_day("opened_on", desk.opened_on.as_ref()),
        hours,
        min_women,
        facilities,
    }
}

/// `GetDesk`.
///
/// # Errors
/// `INVALID_FIELDS`, `OUT_OF_SCOPE`, `NOT_FOUND`.
pub async fn get(base: &Base, call: &Call, asked: &wire::GetDeskRequest) -> Result<wire::Desk, Refusal> {
    let mut fields = Fields::new();
    let station = station_of(&mut fields, "name", &asked.name);
    fields.finish()?;
    Ok(to_wire(&store::get(&base.db, &base.scope(call), &station).await?))
}

/// `ListDesks`.
///
/// # Errors
/// `INVALID_FIELDS`, `OUT_OF_SCOPE` and `NOT_FOUND` of `parent`.
pub async fn list(base: &Base, call: &Call, asked: wire::ListDesksRequest) -> Result<wire::ListDesksResponse, Refusal> {
    let mut fields = Fields::new();
    let parent = fields.optional_name("parent", &asked.parent, "units");
    let (size, token) = (asked.page_size, asked.page_token.clone());
    let rest = wire::ListDesksRequest { page_size: 0, page_token: String::new(), ..asked };
    let page = page(&mut fields, size, &token, &rest);
    fields.finish()?;
    let mut scope = base.scope(call);
    if let Some(parent) = parent {
        scope = scope.narrow(&parent, &base.directory.tree(), ist_day(base.clock.now()))?;
    }
    let mut desks = store::list(&base.db, &scope, &page).await?;
    let next_page_token = page.cut(&mut desks, |desk| desk.station.clone());
    Ok(wire::ListDesksResponse { desks: desks.iter().map(to_wire).collect(), next_page_token })
}
