//! What women brought, and what was done about it.

use chrono::NaiveDate;
use mahila_proto::intake::v1 as wire;
use platform::feed::{ApplyError, Entry, Projection};
use platform::fields::day_of;
use platform::journal::Draft;
use platform::write::{By, Tx};
use prost::Message as _;

use super::{id_of, number};
use crate::ledger::store::{self, Fault};
use crate::ledger::{Before, Call, CallPlace, Happening, Place, Source, Tally, count};

/// Follows intake: visits, calls, complaints and what is done about them.
#[derive(Debug, Clone, Copy)]
pub struct Intake;

impl Projection for Intake {
    fn source(&self) -> &'static str {
        "complaint-intake"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[
            "intake.visit.recorded",
            "intake.call.recorded",
            "intake.complaint.registered",
            "intake.complaint.moved",
            "intake.complaint.triaged",
            "intake.complaint.assigned",
            "intake.complaint.acknowledged",
            "intake.action.recorded",
            "intake.legal_action.recorded",
            "intake.clock.breached",
            "intake.feedback.recorded",
            "intake.direction.taken",
        ]
    }

    async fn apply(&self, tx: &mut Tx, _by: &By, entries: &[Entry]) -> Result<Vec<Draft>, ApplyError> {
        let mut tally = Tally::default();
        for entry in entries {
            if let Some(happening) = happening(entry)? {
                count(&happening, &mut tally);
            }
        }
        store::add(tx, &tally).await?;
        Ok(Vec::new())
    }

    async fn reset(&self, tx: &mut Tx) -> Result<(), Fault> {
        store::forget(tx, Source::Intake).await
    }
}

fn place(place: Option<&wire::ComplaintPlace>, day: NaiveDate) -> Place {
    let place = place.cloned().unwrap_or_default();
    Place {
        station: id_of(&place.station),
        district: id_of(&place.district),
        registered: day_of(place.registered_day.as_ref()).unwrap_or(day),
        imported: place.imported,
    }
}

/// What an entry tells; `None`: a kind that is not counted.
fn happening(entry: &Entry) -> Result<Option<Happening>, prost::DecodeError> {
    let payload = &entry.payload[..];
    let day = |day: Option<&_>| day_of(day).unwrap_or(entry.day);
    Ok(Some(match entry.kind.as_str() {
        "intake.visit.recorded" => {
            let visit = wire::VisitRecorded::decode(payload)?;
            Happening::Visit {
                station: id_of(&visit.station),
                day: day(visit.day.as_ref()),
                left_unserved: visit.outcome() == wire::VisitOutcome::LeftUnserved,
            }
        }
        "intake.call.recorded" => {
            let told = wire::CallRecorded::decode(payload)?;
            match call(&told, entry) {
                Some(call) => Happening::Call(call),
                None => return Ok(None),
            }
        }
        "intake.complaint.registered" => {
            let told = wire::ComplaintRegistered::decode(payload)?;
            Happening::Registered {
                place: Place {
                    station: id_of(&told.station),
                    district: id_of(&told.district),
                    registered: day(told.day.as_ref()),
                    imported: told.imported,
                },
                told: entry.day,
                channel: number(told.channel),
                category: number(told.category),
                state: number(told.handling_state),
                by_woman: told.recorded_by_woman,
            }
        }
        "intake.complaint.moved" => {
            let told = wire::ComplaintMoved::decode(payload)?;
            let day = day(told.day.as_ref());
            Happening::Moved {
                place: place(told.place.as_ref(), day),
                from: number(told.from),
                to: number(told.to),
                day,
            }
        }
        "intake.complaint.triaged" => {
            let told = wire::ComplaintTriaged::decode(payload)?;
            let day = day(told.day.as_ref());
            Happening::Triaged {
                place: place(told.place.as_ref(), day),
                counted_before: told.counted_before.as_ref().map(|before| Before {
                    place: place(Some(before), day),
                    channel: number(told.channel),
                    state: number(told.handling_state_before),
                    by_woman: told.recorded_by_woman,
                }),
                was: number(told.was),
                category: number(told.category),
                day,
            }
        }
        _ => return step(entry),
    }))
}

/// What was done about a complaint.
fn step(entry: &Entry) -> Result<Option<Happening>, prost::DecodeError> {
    let payload = &entry.payload[..];
    let day = |day: Option<&_>| day_of(day).unwrap_or(entry.day);
    Ok(Some(match entry.kind.as_str() {
        "intake.complaint.assigned" => {
            let told = wire::ComplaintAssigned::decode(payload)?;
            let day = day(told.day.as_ref());
            Happening::Assigned { place: place(told.place.as_ref(), day), first: told.first, day }
        }
        "intake.complaint.acknowledged" => {
            let told = wire::ComplaintAcknowledged::decode(payload)?;
            let day = day(told.day.as_ref());
            Happening::Acknowledged { place: place(told.place.as_ref(), day), in_time: told.in_time, day }
        }
        "intake.action.recorded" => {
            let told = wire::ActionRecorded::decode(payload)?;
            let day = day(told.day.as_ref());
            Happening::Action {
                place: place(told.place.as_ref(), day),
                kind: number(told.kind),
                first: told.first,
                day,
            }
        }
        "intake.legal_action.recorded" => {
            let told = wire::LegalActionRecorded::decode(payload)?;
            let day = day(told.day.as_ref());
            Happening::LegalAction { place: place(told.place.as_ref(), day), kind: number(told.kind), day }
        }
        "intake.clock.breached" => {
            let told = wire::ClockBreached::decode(payload)?;
            let day = day(told.day.as_ref());
            Happening::Breached { place: place(told.place.as_ref(), day), code: number(told.code), day }
        }
        "intake.feedback.recorded" => {
            let told = wire::FeedbackRecorded::decode(payload)?;
            let day = day(told.day.as_ref());
            Happening::Feedback {
                place: place(told.place.as_ref(), day),
                reached: told.reached,
                satisfied: told.satisfied,
                day,
            }
        }
        "intake.direction.taken" => {
            let told = wire::DirectionTaken::decode(payload)?;
            let day = day(told.day.as_ref());
            Happening::Directed { place: place(told.place.as_ref(), day), kind: number(told.kind), day }
        }
        _ => return Ok(None),
    }))
}

/// A call; `None` for a revision that does not say where the call was counted: nothing moves.
fn call(told: &wire::CallRecorded, entry: &Entry) -> Option<Call> {
    let was = told.was.as_ref().map(|was| CallPlace {
        station: id_of(&was.station),
        district: id_of(&was.district),
        category: number(was.category),
    });
    if told.revision && was.is_none() {
        return None;
    }
    Some(Call {
        at: CallPlace {
            station: id_of(&told.station),
            district: id_of(&told.district),
            category: number(told.category),
        },
        day: day_of(told.day.as_ref()).unwrap_or(entry.day),
        days_since: told.days_since_caller_called.and_then(|days| u32::try_from(days).ok()),
        opens_incident: told.opens_incident,
        was: was.filter(|_| told.revision),
    })
}
