//! An event as the service holds it, and what the journal is told of its moves.

use chrono::{DateTime, Duration, NaiveDate, Timelike as _, Utc};
use platform::Refusal;
use platform::clock::{ist, ist_day};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::evidence::{Exhibit, Point, Scene, photo_nonce, signals};
use crate::terms::{CancellationReason, DisputeReason, EventKind, EventState, RejectionReason, Signal};

/// After its planned end an event is reported within this, or not at all.
pub(crate) const REPORTED_WITHIN: Duration = Duration::hours(72);

/// People at an event. How many, never who.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reached {
    /// Women.
    pub women: i32,
    /// Girls, under 18.
    pub girls: i32,
    /// Men and boys.
    pub men: i32,
    /// Others, and those who do not say.
    pub others: i32,
}

impl Reached {
    /// All of them.
    pub(crate) fn people(self) -> i64 {
        [self.women, self.girls, self.men, self.others].map(i64::from).iter().sum()
    }
}

/// Where an event is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Venue {
    /// The place's name.
    pub display_name: String,
    /// Code of the village council, ward or institution; empty: none.
    pub place_code: String,
    /// Where it lies, if known.
    pub location: Option<Point>,
    /// People it holds; 0: not known.
    pub capacity: i32,
}

/// Why an event ended as it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ending {
    /// It was not approved.
    Rejected(RejectionReason),
    /// It was called off.
    Cancelled(CancellationReason),
    /// It is not believed.
    Disputed(DisputeReason),
}

/// What was claimed of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claim {
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: DateTime<Utc>,
    /// Who came.
    pub reached: Reached,
    /// Women who asked for help.
    pub leads: i32,
}

/// An awareness event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Event {
    /// A random UUID.
    pub id: Uuid,
    /// Its campaign.
    pub campaign: Uuid,
    /// What it is called.
    pub title: String,
    /// What kind.
    pub kind: EventKind,
    /// The station that answers for it.
    pub station: String,
    /// The station's district on the day it was proposed.
    pub district: String,
    /// Where it is held.
    pub venue: Venue,
    /// The partner it is held with.
    pub partner: Option<Uuid>,
    /// Planned beginning.
    pub starts_at: DateTime<Utc>,
    /// Planned end.
    pub ends_at: DateTime<Utc>,
    /// Where it stands.
    pub state: EventState,
    /// With REJECTED, CANCELLED and DISPUTED: why.
    pub ending: Option<Ending>,
    /// Who organises it.
    pub created_by: String,
    /// Who approved or rejected it.
    pub decided_by: Option<String>,
    /// Who reported it.
    pub reported_by: Option<String>,
    /// What was claimed; from REPORTED on.
    pub claim: Option<Claim>,
    /// Who verified or disputed it.
    pub verified_by: Option<String>,
    /// Who came, as the verifier found; with VERIFIED alone.
    pub found: Option<Reached>,
    /// From 1; one more with every change.
    pub version: i64,
}

impl Event {
    /// `campaigns/{campaign}/events/{event}`.
    pub(crate) fn name(&self) -> String {
        format!("campaigns/{}/events/{}", self.campaign, self.id)
    }

    /// Changes with every change.
    pub(crate) fn etag(&self) -> String {
        self.version.to_string()
    }

    /// # Errors
    /// `ETAG_MISMATCH` when the caller read another version; empty: any will do.
    pub(crate) fn need_etag(&self, sent: &str) -> Result<(), Refusal> {
        if sent.is_empty() || sent == self.etag() { Ok(()) } else { Err(Refusal::etag_mismatch(sent, self.etag())) }
    }

    /// The IST day it is planned for.
    pub(crate) fn day(&self) -> NaiveDate {
        ist_day(self.starts_at)
    }

    /// Until when it can be reported, that instant included.
    pub(crate) fn report_by(&self) -> DateTime<Utc> {
        self.ends_at + REPORTED_WITHIN
    }

    /// When it began: as reported, and as planned until then.
    pub(crate) fn begins_at(&self) -> DateTime<Utc> {
        self.claim.map_or(self.starts_at, |claim| claim.started_at)
    }

    /// The hour of India's clock in which it began: two events of one kind at one place in it are one.
    pub(crate) fn hour(&self) -> DateTime<Utc> {
        let wall = self.begins_at().with_timezone(&ist());
        let into = Duration::minutes(wall.minute().into()) + Duration::seconds(wall.second().into());
        self.begins_at() - into - Duration::nanoseconds(wall.nanosecond().into())
    }

    /// What the app writes into its photographs.
    pub(crate) fn nonce(&self) -> String {
        photo_nonce(self.id, self.day())
    }

    /// Where it is counted.
    fn counted(&self) -> Counted {
        Counted {
            station: self.station.clone(),
            district: self.district.clone(),
            place_code: self.venue.place_code.clone(),
            kind: self.kind,
            planned_day: self.day(),
            with_partner: self.partner.is_some(),
        }
    }

    /// The move that brought it where it stands.
    pub(super) fn moved(self, from: Option<EventState>, reached: Option<Reached>, day: NaiveDate) -> Move {
        let moved = Moved { event: self.id, counted: self.counted(), from, to: self.state, reached, day };
        Move { event: self, moved }
    }
}

/// Where and as what an event is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Its station.
    pub station: String,
    /// The district's unit.
    pub district: String,
    /// Code of the place; empty: none.
    pub place_code: String,
    /// What kind.
    pub kind: EventKind,
    /// The IST day it is planned for.
    pub planned_day: NaiveDate,
    /// With a partner organisation.
    pub with_partner: bool,
}

/// An event moved, as the journal tells it: counts and places, days and no instants, no person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moved {
    /// Which.
    pub event: Uuid,
    /// Where it is counted.
    pub counted: Counted,
    /// From; `None`: it is new.
    pub from: Option<EventState>,
    /// To.
    pub to: EventState,
    /// To REPORTED those claimed, to VERIFIED those found.
    pub reached: Option<Reached>,
    /// The IST day.
    pub day: NaiveDate,
}

/// An event after a move, and what the journal is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Move {
    /// As it is now.
    pub event: Event,
    /// What happened.
    pub moved: Moved,
}

/// An event with all that is looked at beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Dossier {
    /// The event.
    pub event: Event,
    /// What shows that it was held, in the order in which it came.
    pub exhibits: Vec<Exhibit>,
    /// Another event stands at the same place within the hour.
    pub crowded: bool,
}

impl Dossier {
    /// What looks odd.
    pub(crate) fn signals(&self) -> Vec<Signal> {
        signals(&Scene {
            begins_at: self.event.begins_at(),
            location: self.event.venue.location,
            capacity: self.event.venue.capacity,
            people: self.event.claim.map(|claim| claim.reached.people()),
            crowded: self.crowded,
            exhibits: &self.exhibits,
        })
    }
}
