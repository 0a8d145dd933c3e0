//! Calls on the wire: one report parsed, one answer given. [`stream`] does this for many at once, in order.

mod stream;

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use mahila_proto::intake::v1 as wire;
use platform::call::Call;
use platform::clock::ist_day;
use platform::directory::Tree;
use platform::fields::{Fields, date};
use platform::journal::{Audience, Event, Kind};
use platform::refusal::Refusal;
use platform::scope::Scope;
use platform::status::rpc_status;
use platform::terms::Term as _;
use prost::Message as _;
use uuid::Uuid;

use super::book::{Ids, Recorded};
use super::place::{Location, Place, Point};
use super::report::{CallerIndex, Key, Report, Source, Times, read_id};
use super::store::{Answer, IngestCall};
use crate::Intake;
use crate::complaints::NewComplaint;
use crate::terms::{CallOutcome, Category, ContactMode, PersonRole};
use crate::vault::{Identity, Note, SafeContact, api as identity};

pub(crate) use stream::{Answers, ingest_calls};

/// Journal kind: a call's first word, or a revision that moved it.
pub(crate) const CALL_RECORDED: Kind =
    Kind { name: "intake.call.recorded", audience: Audience::Only(&["review-scheduling", "oversight"]) };

/// Characters of what was said on the phone.
const NARRATIVE: usize = 4_000;

impl Event for Recorded {
    fn kind(&self) -> Kind {
        CALL_RECORDED
    }

    fn subject(&self) -> String {
        self.call.id.to_string()
    }

    fn payload(&self) -> Vec<u8> {
        let call = &self.call;
        wire::CallRecorded {
            source: self.source.number().to_owned(),
            station: named("stations", call.place.station.as_deref()),
            district: named("units", call.place.district.as_deref()),
            day: Some(date(call.day)),
            category: call.category.number().into(),
            days_since_caller_called: call.days_since_caller_called,
            opens_incident: call.opens_incident,
            revision: self.was.is_some(),
            was: self.was.as_ref().map(|(place, category)| wire::CallPlace {
                station: named("stations", place.station.as_deref()),
                district: named("units", place.district.as_deref()),
                category: category.number().into(),
            }),
        }
        .encode_to_vec()
    }
}

fn named(collection: &str, id: Option<&str>) -> String {
    id.map(|id| format!("{collection}/{id}")).unwrap_or_default()
}

/// What a control room may see, and the tree it was made from: made anew only when either could have changed.
struct View {
    tree: Arc<Tree>,
    day: NaiveDate,
    scope: Arc<Scope>,
}

impl View {
    fn of(intake: &Intake, call: &Call) -> Self {
        let (tree, day) = (intake.base.directory.tree(), ist_day(intake.base.clock.now()));
        let scope = Arc::new(Scope::of(&call.caller, &tree, day));
        Self { tree, day, scope }
    }

    fn is_current(&self, intake: &Intake) -> bool {
        Arc::ptr_eq(&self.tree, &intake.base.directory.tree()) && self.day == ist_day(intake.base.clock.now())
    }

    /// The unit of a control room that has but one.
    fn home(&self) -> Option<&str> {
        let mut roots = self.scope.roots().iter();
        roots.next().filter(|_| roots.next().is_none()).map(String::as_str)
    }
}

/// Everything that a report says, valid.
struct Told {
    key: Key,
    revision: i32,
    incident: String,
    times: Times,
    location: Location,
    category: Category,
    identity: Identity,
}

/// Reads a report: all violations at once.
fn read(told: &wire::CallReport) -> Result<Told, Refusal> {
    let mut fields = Fields::new();
    let read = fields.nested("report", |fields| fields_of(fields, told));
    fields.finish()?;
    read.ok_or_else(Refusal::internal)
}

fn fields_of(fields: &mut Fields, told: &wire::CallReport) -> Option<Told> {
    let source = Source::of(&told.source);
    if source.is_none() {
        fields.wrong("source", "must be 112, 1090, 181 or 1098", "112, 1090, 181 या 1098 होना चाहिए");
    }
    if told.event_id.is_empty() {
        fields.wrong("event_id", "is required", "आवश्यक है");
    }
    let event = read_id(fields, "event_id", &told.event_id);
    let incident = read_id(fields, "incident_id", &told.incident_id);
    let revision = fields.within("revision", told.revision, 1, i32::MAX);
    let category = fields.term("category", told.category);
    let times = times(fields, told);
    let location = fields.nested("location", |fields| location(fields, told.location.as_ref()));
    let identity = identity_of(fields, told);
    let incident = if incident.is_empty() { event.clone() } else { incident };
    let key = Key { source: source?, event };
    Some(Told { key, revision, incident, times: times?, location, category: category?, identity })
}

fn times(fields: &mut Fields, told: &wire::CallReport) -> Option<Times> {
    if told.received_at.is_none() {
        fields.wrong("received_at", "is required", "आवश्यक है");
    }
    let received = fields.optional_instant("received_at", told.received_at.as_ref());
    let dispatched = fields.optional_instant("dispatched_at", told.dispatched_at.as_ref());
    let arrived = fields.optional_instant("arrived_at", told.arrived_at.as_ref());
    let closed = fields.optional_instant("closed_at", told.closed_at.as_ref());
    Some(Times { received: received?, dispatched, arrived, closed })
}

fn location(fields: &mut Fields, told: Option<&wire::CallLocation>) -> Location {
    let Some(told) = told else { return Location::default() };
    let station = fields.optional_name("station", &told.station, "stations");
    let district = fields.optional_name("district", &told.district, "units");
    if told.accuracy_m < 0 {
        fields.wrong("accuracy_m", "must not be negative", "ऋणात्मक नहीं हो सकता");
    }
    let point = match (told.latitude, told.longitude) {
        (None, None) => None,
        (Some(latitude), Some(longitude)) => {
            if !(-90.0..=90.0).contains(&latitude) {
                fields.wrong("latitude", "must be -90 to 90", "-90 से 90 के बीच होना चाहिए");
            }
            if !(-180.0..=180.0).contains(&longitude) {
                fields.wrong("longitude", "must be -180 to 180", "-180 से 180 के बीच होना चाहिए");
            }
            Some(Point { latitude, longitude, accuracy_m: told.accuracy_m })
        }
        (latitude, _) => {
            let missing = if latitude.is_some() { "longitude" } else { "latitude" };
            fields.wrong(missing, "is required beside the other", "दूसरे के साथ आवश्यक है");
            None
        }
    };
    Location { station, district, point }
}

/// Who called, to whom it happened, what was said. Where the control room does not say who they are, the caller complains for
/// herself, or tells of the victim named beside her.
fn identity_of(fields: &mut Fields, told: &wire::CallReport) -> Identity {
    let caller_is = if told.victim.is_some() { PersonRole::Informant } else { PersonRole::Complainant };
    let mut persons = Vec::new();
    for (field, person, usual) in [("caller", &told.caller, caller_is), ("victim", &told.victim, PersonRole::Victim)] {
        let Some(person) = person else { continue };
        let role = if person.role == 0 { usual.number().into() } else { person.role };
        let person = wire::Person { role, ..person.clone() };
        persons.extend(fields.nested(field, |fields| identity::person(fields, &person)));
    }
    // Safe to ring, and nobody asked for the hours: any. Otherwise never, until she says so herself.
    let mode = if told.safe_to_call_back { ContactMode::Call } else { ContactMode::Never };
    let to_minute = if told.safe_to_call_back { 1440 } else { 0 };
    Identity {
        persons,
        safe_contact: SafeContact { mode, to_minute, ..SafeContact::never() },
        narrative: identity::narrative(fields, "narrative", &told.narrative, NARRATIVE),
    }
}

/// The command of a report: placed, and everything that names anybody sealed.
fn command(
    intake: &Intake,
    call: &Call,
    view: &View,
    message: &wire::CallReport,
    now: DateTime<Utc>,
) -> Result<IngestCall, Refusal> {
    let told = read(message)?;
    if !told.key.source.is_told_by(&call.caller.principal) {
        return Err(Refusal::out_of_scope());
    }
    let day = ist_day(told.times.received.min(now));
    let place = Place::of(&told.location, view.home(), &view.tree, day);
    let desk = place.desk(&view.tree, day);
    let ids = Ids { call: intake.vault.call_id(told.key.source.number(), &told.key.event), complaint: Uuid::new_v4() };
    let caller =
        told.identity.persons.first().filter(|_| message.caller.is_some()).and_then(|caller| caller.phone.as_ref());
    let report = Report {
        revision: told.revision,
        incident: told.incident,
        times: told.times,
        place,
        has_desk: desk.is_some(),
        category: told.category,
        safe_to_call_back: message.safe_to_call_back,
        silent: message.silent,
        wants_complaint: message.asks_for_complaint || message.cognizable,
        caller: caller.map(|phone| CallerIndex(intake.vault.phone_index(phone))),
        key: told.key,
    };
    let complaint = desk.map(|at| NewComplaint {
        id: ids.complaint,
        at,
        channel: report.key.source.channel(),
        category: report.category,
        risk: None,
        conflict_with_station: false,
        contact_mode: told.identity.safe_contact.mode,
        needs_support: false,
        child: told.identity.is_child(),
        by_woman: call.caller.woman,
        visit: None,
        told_at: Some(report.times.received),
        line: None,
        campaign_event: None,
        sealed: intake.vault.seal(ids.complaint, &told.identity),
    });
    let says_who =
        !told.identity.persons.is_empty() || !told.identity.narrative.is_empty() || told.location.point.is_some();
    let sealed = intake.vault.seal(ids.call, &told.identity);
    let point = told.location.point.map(|point| Note(point.written()));
    let point = point.map(|point| intake.vault.seal_note(ids.call, &sealed.wrapped, &point)).transpose()?;
    Ok(IngestCall { report, ids, scope: view.scope.clone(), sealed, point, says_who, complaint })
}

/// Which report is answered, so that a client need not count. An id that is none is not repeated: it may be anything.
fn about(message: &wire::CallReport) -> wire::IngestCallsResponse {
    let mut ignored = Fields::new();
    wire::IngestCallsResponse {
        source: Source::of(&message.source).map(|source| source.number().to_owned()).unwrap_or_default(),
        event_id: read_id(&mut ignored, "", &message.event_id),
        revision: message.revision,
        ..wire::IngestCallsResponse::default()
    }
}

/// The answer to a report that was taken in.
fn answered(about: wire::IngestCallsResponse, answer: &Answer) -> wire::IngestCallsResponse {
    wire::IngestCallsResponse {
        outcome: answer.outcome.number().into(),
        station: named("stations", answer.place.station.as_deref()),
        district: named("units", answer.place.district.as_deref()),
        complaint: answer.complaint.map(|id| format!("complaints/{id}")).unwrap_or_default(),
        ..about
    }
}

/// The answer to a report that was not. The stream goes on.
fn refused(about: wire::IngestCallsResponse, refusal: Refusal) -> wire::IngestCallsResponse {
    wire::IngestCallsResponse {
        outcome: CallOutcome::Refused.number().into(),
        error: Some(rpc_status(refusal)),
        ..about
    }
}
