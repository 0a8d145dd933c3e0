//! What oversight learns: desks and their days from the registry's journal, everything else from intake's. Protobuf in,
//! increments of the ledger out, in the transaction that moves the position: each entry counts once, whatever crashes.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use mahila_proto::intake::v1 as intake;
use mahila_proto::registry::v1 as registry;
use platform::directory::{DirectoryCopy, REGISTRY, STATION_CHANGED, UNIT_CHANGED};
use platform::feed::{ApplyError, Entry, Projection};
use platform::fields::day_of;
use platform::journal::Draft;
use platform::terms::Term as _;
use platform::write::{By, Tx};
use prost::Message as _;

use crate::ledger::store::{self, Fault};
use crate::ledger::{Call, CallPlace, DeskDay, DeskDayStatus, Happening, Place, Tally, count};

const DESK_OPENED: &str = "registry.desk.opened";
const DESK_DAY_CLOSED: &str = "registry.desk_day.closed";

/// Follows the registry: units and stations (the copy that the whole service reads), desks and their days.
#[derive(Debug)]
pub struct Registry {
    copy: DirectoryCopy,
}

impl Registry {
    /// Passes units and stations on to `copy`.
    #[must_use]
    pub fn new(copy: DirectoryCopy) -> Self {
        Self { copy }
    }
}

impl Projection for Registry {
    fn source(&self) -> &'static str {
        REGISTRY
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[UNIT_CHANGED, STATION_CHANGED, DESK_OPENED, DESK_DAY_CLOSED]
    }

    async fn apply(&self, tx: &mut Tx, by: &By, entries: &[Entry]) -> Result<Vec<Draft>, ApplyError> {
        let mut districts = BTreeMap::new();
        let mut desks = BTreeMap::new();
        let mut tally = Tally::default();
        for entry in entries {
            match entry.kind.as_str() {
                STATION_CHANGED => {
                    if let Some(station) = registry::StationChanged::decode(&entry.payload[..])?.station {
                        districts.insert(id_of(&station.name), id_of(&station.district));
                    }
                }
                DESK_OPENED => {
                    if let Some(desk) = registry::DeskOpened::decode(&entry.payload[..])?.desk {
                        desks.insert(id_of(&desk.name), day_of(desk.opened_on.as_ref()).unwrap_or(entry.day));
                    }
                }
                DESK_DAY_CLOSED => {
                    if let Some(closed) = registry::DeskDayClosed::decode(&entry.payload[..])?.desk_day {
                        count(&Happening::DeskDay(desk_day(&closed, entry)), &mut tally);
                    }
                }
                _ => {}
            }
        }
        store::regroup(tx, &districts).await?;
        let drafts = self.copy.apply(tx, by, entries).await?;
        store::open_desks(tx, &desks).await?;
        store::add(tx, &tally).await?;
        Ok(drafts)
    }

    async fn reset(&self, tx: &mut Tx) -> Result<(), Fault> {
        store::forget_registry(tx).await?;
        self.copy.reset(tx).await
    }

    async fn committed(&self) -> Result<(), Fault> {
        self.copy.committed().await
    }
}

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
        store::forget_intake(tx).await
    }
}

/// The id in a name, without what lies below it: `ps-157-001` of `stations/ps-157-001/desk`.
fn id_of(name: &str) -> String {
    name.split('/').nth(1).unwrap_or_default().to_owned()
}

/// A value's number as it is stored; the contract has no numbers beyond.
fn number(value: i32) -> i16 {
    i16::try_from(value).unwrap_or_default()
}

fn desk_day(closed: &registry::DeskDay, entry: &Entry) -> DeskDay {
    DeskDay {
        station: id_of(&closed.station),
        day: day_of(closed.day.as_ref()).unwrap_or(entry.day),
        status: DeskDayStatus::from_number(closed.status),
        check_ins_expected: closed.check_ins_expected.into(),
        check_ins: closed.check_ins.into(),
        service_minutes: closed.service_minutes.into(),
        two_women_minutes: closed.two_women_minutes.into(),
    }
}

fn place(place: Option<&intake::ComplaintPlace>, day: NaiveDate) -> Place {
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
            let visit = intake::VisitRecorded::decode(payload)?;
            Happening::Visit {
                station: id_of(&visit.station),
                day: day(visit.day.as_ref()),
                left_unserved: visit.outcome() == intake::VisitOutcome::LeftUnserved,
            }
        }
        "intake.call.recorded" => {
            let told = intake::CallRecorded::decode(payload)?;
            match call(&told, entry) {
                Some(call) => Happening::Call(call),
                None => return Ok(None),
            }
        }
        "intake.complaint.registered" => {
            let told = intake::ComplaintRegistered::decode(payload)?;
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
            let told = intake::ComplaintMoved::decode(payload)?;
            let day = day(told.day.as_ref());
            Happening::Moved {
                place: place(told.place.as_ref(), day),
                from: number(told.from),
                to: number(told.to),
                day,
            }
        }
        "intake.complaint.triaged" => {
            let told = intake::ComplaintTriaged::decode(payload)?;
            let day = day(told.day.as_ref());
            Happening::Triaged {
                place: place(told.place.as_ref(), day),
                counted_before: told.counted_before.as_ref().map(|before| place(Some(before), day)),
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
            let told = intake::ComplaintAssigned::decode(payload)?;
            let day = day(told.day.as_ref());
            Happening::Assigned { place: place(told.place.as_ref(), day), first: told.first, day }
        }
        "intake.complaint.acknowledged" => {
            let told = intake::ComplaintAcknowledged::decode(payload)?;
            let day = day(told.day.as_ref());
            Happening::Acknowledged { place: place(told.place.as_ref(), day), in_time: told.in_time, day }
        }
        "intake.action.recorded" => {
            let told = intake::ActionRecorded::decode(payload)?;
            let day = day(told.day.as_ref());
            Happening::Action {
                place: place(told.place.as_ref(), day),
                kind: number(told.kind),
                first: told.first,
                day,
            }
        }
        "intake.legal_action.recorded" => {
            let told = intake::LegalActionRecorded::decode(payload)?;
            let day = day(told.day.as_ref());
            Happening::LegalAction { place: place(told.place.as_ref(), day), kind: number(told.kind), day }
        }
        "intake.clock.breached" => {
            let told = intake::ClockBreached::decode(payload)?;
            let day = day(told.day.as_ref());
            Happening::Breached { place: place(told.place.as_ref(), day), code: number(told.code), day }
        }
        _ => return Ok(None),
    }))
}

/// A call; `None` for a revision that does not say where the call was counted: nothing moves.
fn call(told: &intake::CallRecorded, entry: &Entry) -> Option<Call> {
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
