//! Limits on the wire and in the journal.

use mahila_proto::intake::v1 as wire;
use platform::fields::{date, timestamp};
use platform::journal::{Audience, Event, Kind};
use platform::terms::Term as _;
use prost::Message as _;

use super::clock::{Breached, Clock};
use crate::place::Place;

/// Journal kind: a limit passed.
pub(crate) const CLOCK_BREACHED: Kind =
    Kind { name: "intake.clock.breached", audience: Audience::Only(&["review-scheduling", "oversight"]) };

impl Event for Breached {
    fn kind(&self) -> Kind {
        CLOCK_BREACHED
    }

    fn subject(&self) -> String {
        self.complaint.to_string()
    }

    fn payload(&self) -> Vec<u8> {
        wire::ClockBreached {
            place: Some((&self.place).into()),
            code: self.code.number().into(),
            day: Some(date(self.day)),
        }
        .encode_to_vec()
    }
}

impl From<&Place> for wire::ComplaintPlace {
    fn from(place: &Place) -> Self {
        Self {
            station: station_name(&place.station),
            district: format!("units/{}", place.district),
            registered_day: Some(date(place.registered_day)),
            imported: place.imported,
            statutory_due_day: place.statutory_due.map(date),
        }
    }
}

/// `stations/{station}`; nothing of nothing.
pub(crate) fn station_name(station: &str) -> String {
    if station.is_empty() { String::new() } else { format!("stations/{station}") }
}

/// A limit for the wire.
pub(crate) fn to_wire(clock: &Clock) -> wire::Clock {
    wire::Clock {
        code: clock.code.number().into(),
        started_at: Some(timestamp(clock.started_at)),
        due_at: Some(timestamp(clock.due_at)),
        stopped_at: clock.stopped_at.map(timestamp),
        breached: clock.breached,
        statutory: clock.statutory,
    }
}
