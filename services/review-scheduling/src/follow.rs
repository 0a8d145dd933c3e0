//! What review learns from others: units and stations from the registry's journal; complaints, without identity, from
//! intake's. Protobuf in, rows of the pool out, in the transaction that moves the position.

use mahila_proto::intake::v1 as wire;
use platform::directory::DirectoryCopy;
use platform::feed::{ApplyError, Entry, Projection};
use platform::fields::day_of;
use platform::journal::Draft;
use platform::service::{Base, StartError};
use platform::terms::Term as _;
use platform::write::{By, Tx};
use prost::{DecodeError, Message as _};
use uuid::Uuid;

use crate::pool::store::{self, Fault};
use crate::pool::{Placed, Told, What};
use crate::terms::{HandlingState, Risk};

/// Shows the copies as they were left, and goes on from there.
pub(crate) async fn follow(base: &Base) -> Result<(), StartError> {
    base.directory.load(&base.db).await.map_err(|error| StartError::Database {
        service: base.service.name(),
        fault: platform::write::sql_state(&error),
    })?;
    base.follow(DirectoryCopy::new(base.directory.clone(), base.db.clone()))?;
    base.follow(Pool)?;
    Ok(())
}

/// Follows intake: which complaints there are, where they stand, what presses.
#[derive(Debug, Clone, Copy)]
pub struct Pool;

impl Projection for Pool {
    fn source(&self) -> &'static str {
        "complaint-intake"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[
            "intake.complaint.registered",
            "intake.complaint.moved",
            "intake.complaint.triaged",
            "intake.complaint.assigned",
            "intake.complaint.acknowledged",
            "intake.action.recorded",
            "intake.legal_action.recorded",
            "intake.feedback.recorded",
            "intake.clock.breached",
            "intake.direction.taken",
        ]
    }

    async fn apply(&self, tx: &mut Tx, _by: &By, entries: &[Entry]) -> Result<Vec<Draft>, ApplyError> {
        let told = entries.iter().map(told).collect::<Result<Vec<_>, _>>()?;
        store::learn(tx, &told.into_iter().flatten().collect::<Vec<_>>()).await?;
        Ok(Vec::new())
    }

    async fn reset(&self, tx: &mut Tx) -> Result<(), Fault> {
        store::forget(tx).await
    }
}

/// The id in a name: `ps-157-001` of `stations/ps-157-001`.
fn id_of(name: &str) -> String {
    name.split('/').nth(1).unwrap_or_default().to_owned()
}

/// What an entry tells; `None`: nothing of a complaint.
fn told(entry: &Entry) -> Result<Option<Told>, DecodeError> {
    let Ok(complaint) = Uuid::try_parse(&entry.subject) else { return Ok(None) };
    let payload = &entry.payload[..];
    let (place, what) = match entry.kind.as_str() {
        "intake.complaint.registered" => {
            let told = wire::ComplaintRegistered::decode(payload)?;
            let place = wire::ComplaintPlace {
                station: told.station,
                district: told.district,
                registered_day: told.day,
                imported: told.imported,
                statutory_due_day: told.statutory_due_day,
            };
            (
                Some(place),
                What::Registered { handling: handling(told.handling_state), risk: Risk::from_number(told.risk) },
            )
        }
        "intake.complaint.moved" => {
            let told = wire::ComplaintMoved::decode(payload)?;
            let day = day_of(told.day.as_ref()).unwrap_or(entry.day);
            (told.place, What::Moved { to: handling(told.to), day })
        }
        "intake.complaint.triaged" => {
            let told = wire::ComplaintTriaged::decode(payload)?;
            let hidden_from = told.counted_before.map(|before| id_of(&before.station)).filter(|id| !id.is_empty());
            (told.place, What::Triaged { risk: Risk::from_number(told.risk), hidden_from })
        }
        "intake.complaint.assigned" => (wire::ComplaintAssigned::decode(payload)?.place, What::Other),
        "intake.complaint.acknowledged" => (wire::ComplaintAcknowledged::decode(payload)?.place, What::Other),
        "intake.action.recorded" => (wire::ActionRecorded::decode(payload)?.place, What::Other),
        "intake.legal_action.recorded" => (wire::LegalActionRecorded::decode(payload)?.place, What::Other),
        "intake.direction.taken" => (wire::DirectionTaken::decode(payload)?.place, What::Other),
        "intake.feedback.recorded" => {
            let told = wire::FeedbackRecorded::decode(payload)?;
            let satisfied = told.reached.then_some(told.satisfied);
            (told.place, What::Asked { satisfied })
        }
        "intake.clock.breached" => {
            let told = wire::ClockBreached::decode(payload)?;
            let day = day_of(told.day.as_ref()).unwrap_or(entry.day);
            let what = if is_statutory(told.code()) { What::Breached { day } } else { What::Other };
            (told.place, what)
        }
        _ => return Ok(None),
    };
    let place = place.unwrap_or_default();
    let placed = Placed {
        station: id_of(&place.station),
        district: id_of(&place.district),
        registered_day: day_of(place.registered_day.as_ref()).unwrap_or(entry.day),
        imported: place.imported,
        due_day: day_of(place.statutory_due_day.as_ref()),
    };
    Ok(Some(Told { complaint, placed, what }))
}

/// A state that this release does not know is one in which something is still to be done.
fn handling(number: i32) -> HandlingState {
    HandlingState::from_number(number).unwrap_or(HandlingState::Triaged)
}

/// Fixed by law, not by us: medical examination and report of a child (BNSS 184, POCSO 19(6)), preliminary enquiry,
/// investigation, progress, copy of the FIR (BNSS 173, 193).
fn is_statutory(code: wire::ClockCode) -> bool {
    use wire::ClockCode::{ChildReport, FirCopy, Investigation, Medical, PreliminaryEnquiry, Progress};
    matches!(code, Medical | ChildReport | PreliminaryEnquiry | Investigation | Progress | FirCopy)
}
