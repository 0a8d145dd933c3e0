//! Reviews: cycles, dockets, sittings, decisions, action items.

use chrono::NaiveDate;
use mahila_proto::review::v1 as wire;
use platform::feed::{ApplyError, Entry, Projection};
use platform::fields::day_of;
use platform::journal::Draft;
use platform::terms::Term as _;
use platform::write::{By, Tx};
use prost::Message as _;

use super::{id_of, number};
use crate::ledger::store::{self, Fault};
use crate::ledger::{ActionItemState, CycleState, Docket, Happening, Review, Source, Tally, count};

/// Follows review scheduling.
#[derive(Debug, Clone, Copy)]
pub struct Reviews;

impl Projection for Reviews {
    fn source(&self) -> &'static str {
        "review-scheduling"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[
            "review.cycle.planned",
            "review.cycle.opened",
            "review.cycle.closed",
            "review.sitting.held",
            "review.decision.recorded",
            "review.item.deferred",
            "review.action_item.moved",
            "review.action_item.overdue",
        ]
    }

    async fn apply(&self, tx: &mut Tx, _by: &By, entries: &[Entry]) -> Result<Vec<Draft>, ApplyError> {
        let mut tally = Tally::default();
        for entry in entries {
            if let Some(review) = review(entry)? {
                count(&Happening::Review(review), &mut tally);
            }
        }
        store::add(tx, &tally).await?;
        Ok(Vec::new())
    }

    async fn reset(&self, tx: &mut Tx) -> Result<(), Fault> {
        store::forget(tx, Source::Review).await
    }
}

fn docket(place: Option<&wire::ReviewPlace>, day: NaiveDate) -> Docket {
    let place = place.cloned().unwrap_or_default();
    Docket {
        unit: id_of(&place.unit),
        level: number(place.level),
        from: day_of(place.from.as_ref()).unwrap_or(day),
        to: day_of(place.to.as_ref()).unwrap_or(day),
    }
}

/// What an entry tells; `None`: a kind that is not counted.
fn review(entry: &Entry) -> Result<Option<Review>, prost::DecodeError> {
    let payload = &entry.payload[..];
    let day = |day: Option<&_>| day_of(day).unwrap_or(entry.day);
    let docket = |place: Option<&_>| docket(place, entry.day);
    Ok(Some(match entry.kind.as_str() {
        "review.cycle.planned" => {
            let told = wire::CyclePlanned::decode(payload)?;
            Review::Planned { docket: docket(told.place.as_ref()) }
        }
        "review.cycle.opened" => {
            let told = wire::CycleOpened::decode(payload)?;
            let strata = told.strata.iter().map(|stratum| (number(stratum.stratum), i64::from(stratum.items)));
            Review::Opened {
                docket: docket(told.place.as_ref()),
                selected: told.selected.into(),
                strata: strata.collect(),
                shortfall: number(told.shortfall_reason),
                day: day(told.day.as_ref()),
            }
        }
        "review.cycle.closed" => {
            let told = wire::CycleClosed::decode(payload)?;
            Review::Closed {
                docket: docket(told.place.as_ref()),
                state: CycleState::from_number(told.state),
                not_reached: told.not_reached.into(),
                day: day(told.day.as_ref()),
            }
        }
        "review.sitting.held" => {
            let told = wire::SittingHeld::decode(payload)?;
            Review::Sitting {
                docket: docket(told.place.as_ref()),
                most_in_a_minute: told.most_decisions_in_a_minute.into(),
                day: day(told.day.as_ref()),
            }
        }
        _ => return item(entry),
    }))
}

/// What happened to a case or an action item.
fn item(entry: &Entry) -> Result<Option<Review>, prost::DecodeError> {
    let payload = &entry.payload[..];
    let day = |day: Option<&_>| day_of(day).unwrap_or(entry.day);
    let docket = |place: Option<&_>| docket(place, entry.day);
    Ok(Some(match entry.kind.as_str() {
        "review.decision.recorded" => {
            let told = wire::DecisionRecorded::decode(payload)?;
            Review::Decided {
                docket: docket(told.place.as_ref()),
                kind: number(told.kind),
                day: day(told.day.as_ref()),
            }
        }
        "review.item.deferred" => {
            let told = wire::ItemDeferred::decode(payload)?;
            Review::Deferred { docket: docket(told.place.as_ref()), day: day(told.day.as_ref()) }
        }
        "review.action_item.moved" => {
            let told = wire::ActionItemMoved::decode(payload)?;
            Review::ActionItem {
                docket: docket(told.place.as_ref()),
                from: ActionItemState::from_number(told.from),
                to: ActionItemState::from_number(told.to),
                in_time: told.in_time,
                day: day(told.day.as_ref()),
            }
        }
        "review.action_item.overdue" => {
            let told = wire::ActionItemOverdue::decode(payload)?;
            Review::Overdue { docket: docket(told.place.as_ref()), day: day(told.day.as_ref()) }
        }
        _ => return Ok(None),
    }))
}
