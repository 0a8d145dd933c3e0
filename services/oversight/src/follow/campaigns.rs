//! Awareness events, and the places they cover.

use std::collections::BTreeSet;

use mahila_proto::campaign::v1 as wire;
use platform::feed::{ApplyError, Entry, Projection};
use platform::fields::day_of;
use platform::journal::Draft;
use platform::terms::Term as _;
use platform::write::{By, Tx};
use prost::Message as _;

use super::{id_of, number};
use crate::ledger::store::{self, Fault};
use crate::ledger::{EventMoved, EventState, Happening, Source, Tally, count};

const EVENT_MOVED: &str = "campaign.event.moved";

/// Follows awareness campaigns.
#[derive(Debug, Clone, Copy)]
pub struct Campaigns;

impl Projection for Campaigns {
    fn source(&self) -> &'static str {
        "awareness-campaigns"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[EVENT_MOVED]
    }

    async fn apply(&self, tx: &mut Tx, _by: &By, entries: &[Entry]) -> Result<Vec<Draft>, ApplyError> {
        let of_kind = entries.iter().filter(|entry| entry.kind == EVENT_MOVED);
        let events = of_kind.map(event).collect::<Result<Vec<_>, _>>()?;
        let codes: BTreeSet<String> = events.iter().filter_map(EventMoved::covers).map(str::to_owned).collect();
        let mut coverage = store::covered(tx, &codes).await?;
        let mut tally = Tally::default();
        for event in events {
            coverage.count(&event, &mut tally);
            count(&Happening::Event(event), &mut tally);
        }
        store::cover(tx, &coverage).await?;
        store::add(tx, &tally).await?;
        Ok(Vec::new())
    }

    async fn reset(&self, tx: &mut Tx) -> Result<(), Fault> {
        store::forget(tx, Source::Campaigns).await
    }
}

fn event(entry: &Entry) -> Result<EventMoved, prost::DecodeError> {
    let told = wire::EventMoved::decode(&entry.payload[..])?;
    let (place, reached) = (told.place.unwrap_or_default(), told.reached.unwrap_or_default());
    let day = day_of(told.day.as_ref()).unwrap_or(entry.day);
    Ok(EventMoved {
        station: id_of(&place.station),
        district: id_of(&place.district),
        place_code: place.place_code,
        kind: number(place.kind),
        planned: day_of(place.planned_day.as_ref()).unwrap_or(day),
        to: EventState::from_number(told.to),
        women: reached.women.into(),
        girls: reached.girls.into(),
        day,
    })
}
