//! What the journal is told: counts and places, days and no instants, no person. To oversight alone.

use mahila_proto::campaign::v1 as wire;
use platform::fields::date;
use platform::journal::{Audience, Event, Kind};
use platform::terms::Term as _;
use prost::Message as _;

use super::reached_to_wire;
use crate::events::event::Moved;

/// Journal kind: an event moved.
pub(crate) const MOVED: Kind = Kind { name: "campaign.event.moved", audience: Audience::Only(&["oversight"]) };

impl Event for Moved {
    fn kind(&self) -> Kind {
        MOVED
    }

    fn subject(&self) -> String {
        self.event.to_string()
    }

    fn payload(&self) -> Vec<u8> {
        let counted = &self.counted;
        wire::EventMoved {
            place: Some(wire::EventPlace {
                station: format!("stations/{}", counted.station),
                district: format!("units/{}", counted.district),
                place_code: counted.place_code.clone(),
                kind: counted.kind.number().into(),
                planned_day: Some(date(counted.planned_day)),
                with_partner: counted.with_partner,
            }),
            from: self.from.map_or(0, |from| from.number().into()),
            to: self.to.number().into(),
            reached: self.reached.map(reached_to_wire),
            day: Some(date(self.day)),
        }
        .encode_to_vec()
    }
}
