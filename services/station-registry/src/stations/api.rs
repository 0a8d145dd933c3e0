//! Stations on the wire. Reads are answered from the snapshot alone, under the caller's scope (but `ResolveStation`, which
//! looks past it).

use mahila_proto::registry::v1 as wire;
use mahila_proto::r#type::v1::LocalizedText;
use platform::Refusal;
use platform::call::Call;
use platform::clock::ist_day;
use platform::directory::{STATION_CHANGED, Station, StationType, station_to_wire};
use platform::fields::Fields;
use platform::journal::{Audience, Event, Kind};
use platform::limits::SEARCH;
use platform::service::Base;
use prost::Message as _;

use super::import::{self, Plan, Problem, is_pincode};
use super::resolve::{Candidate, Point, resolve as candidates};
use super::store::{self, ImportStations};
use super::{RollWatch, Snapshot};
use crate::units::api::{day_asked, page};

/// Journal kind: a station as it stands now.
pub const CHANGED: Kind = Kind { name: STATION_CHANGED, audience: Audience::Suite };

/// A search that names no size.
const FOUND: usize = 20;
/// A search at most.
const FOUND_MOST: usize = 100;

/// A station is not what it was.
#[derive(Debug, Clone, Copy)]
pub struct StationChanged<'a>(pub &'a Station);

impl Event for StationChanged<'_> {
    fn kind(&self) -> Kind {
        CHANGED
    }

    fn subject(&self) -> String {
        self.0.id.clone()
    }

    fn payload(&self) -> Vec<u8> {
        wire::StationChanged { station: Some(station_to_wire(self.0)) }.encode_to_vec()
    }
}

/// `GetStation`.
///
/// # Errors
/// `INVALID_FIELDS`, `OUT_OF_SCOPE`, `NOT_FOUND` on that day.
pub fn get(base: &Base, call: &Call, asked: &wire::GetStationRequest) -> Result<wire::Station, Refusal> {
    let mut fields = Fields::new();
    let id = fields.name("name", &asked.name, "stations");
    let day = day_asked(&mut fields, base, asked.as_of.as_ref());
    fields.finish()?;
    base.scope(call).need_station(&id)?;
    let tree = base.directory.tree();
    let station = tree.station(&id).filter(|station| station.exists_on(day));
    station.map(|station| station_to_wire(station)).ok_or_else(|| Refusal::not_found(format!("stations/{id}")))
}

/// `ListStations`.
///
/// # Errors
/// `INVALID_FIELDS`, `OUT_OF_SCOPE` and `NOT_FOUND` of `parent`.
pub fn list(base: &Base, call: &Call, asked: wire::ListStationsRequest) -> Result<wire::ListStationsResponse, Refusal> {
    let mut fields = Fields::new();
    let parent = fields.optional_name("parent", &asked.parent, "units");
    let kind = fields.optional_term::<StationType>("type", asked.r#type);
    let day = day_asked(&mut fields, base, asked.as_of.as_ref());
    let (size, token) = (asked.page_size, asked.page_token.clone());
    let rest = wire::ListStationsRequest { page_size: 0, page_token: String::new(), ..asked };
    let page = page::<String>(&mut fields, size, &token, &rest);
    fields.finish()?;

    let tree = base.directory.tree();
    let mut scope = base.scope(call);
    if let Some(parent) = parent {
        scope = scope.narrow(&parent, &tree, day)?;
    }
    let mut stations: Vec<_> = tree
        .stations()
        .filter(|station| page.after.as_ref().is_none_or(|after| station.id > *after))
        .filter(|station| kind.is_none_or(|kind| station.kind == kind) && station.exists_on(day))
        .filter(|station| scope.covers_station(&station.id))
        .take(page.size + 1)
        .collect();
    let next_page_token = page.cut(&mut stations, |station| station.id.clone());
    Ok(wire::ListStationsResponse {
        stations: stations.into_iter().map(|s| station_to_wire(s)).collect(),
        next_page_token,
    })
}

/// `SearchStations`.
///
/// # Errors
/// `INVALID_FIELDS`.
pub fn search(
    base: &Base,
    snapshot: &Snapshot,
    call: &Call,
    asked: &wire::SearchStationsRequest,
) -> Result<wire::SearchStationsResponse, Refusal> {
    let mut fields = Fields::new();
    let query = fields.required_text("query", &asked.query, SEARCH);
    let most = match usize::try_from(asked.page_size) {
        Ok(0) => FOUND,
        Ok(size) => size.min(FOUND_MOST),
        Err(_) => {
            fields.wrong("page_size", "must not be negative", "ऋणात्मक नहीं हो सकता");
            FOUND
        }
    };
    fields.finish()?;
    let scope = base.scope(call);
    let roll = snapshot.roll();
    let today = ist_day(base.clock.now());
    let station = |id: &str| roll.tree.station(id).filter(|station| station.exists_on(today));
    let found = roll.names.find(&query, most, |id| scope.covers_station(id) && station(id).is_some());
    Ok(wire::SearchStationsResponse {
        stations: found.into_iter().filter_map(station).map(|s| station_to_wire(s)).collect(),
    })
}

/// `ResolveStation`. Looks past the caller's scope: a woman anywhere may be sent anywhere in the state.
///
/// # Errors
/// `INVALID_FIELDS`.
pub fn resolve(base: &Base, asked: &wire::ResolveStationRequest) -> Result<wire::ResolveStationResponse, Refusal> {
    let mut fields = Fields::new();
    let pincode = (!asked.pincode.is_empty()).then_some(asked.pincode.as_str());
    if pincode.is_some_and(|pincode| !is_pincode(pincode)) {
        fields.wrong("pincode", "must be six digits, the first not 0", "छह अंक होने चाहिए, पहला 0 नहीं");
    }
    let point = match (asked.latitude, asked.longitude) {
        (Some(latitude), Some(longitude)) => Some(Point { latitude, longitude }),
        (None, None) => None,
        (latitude, _) => {
            let missing = if latitude.is_none() { "latitude" } else { "longitude" };
            fields.wrong(missing, "is required with the other", "दूसरे के साथ आवश्यक है");
            None
        }
    };
    if point.is_some_and(|point| !point.is_in_india()) {
        fields.wrong("latitude", "lies outside India", "भारत के बाहर है");
    }
    if pincode.is_none() && asked.latitude.is_none() && asked.longitude.is_none() {
        fields.wrong("pincode", "a pincode or a point is required", "पिनकोड या स्थान आवश्यक है");
    }
    fields.finish()?;
    let found = candidates(&base.directory.tree(), pincode, point, ist_day(base.clock.now()));
    Ok(wire::ResolveStationResponse { candidates: found.iter().map(candidate).collect() })
}

fn candidate(candidate: &Candidate) -> wire::StationCandidate {
    wire::StationCandidate {
        station: Some(station_to_wire(&candidate.station)),
        distance_km: candidate.distance_km,
        why: candidate.why.word().to_owned(),
    }
}

/// `ImportStations`.
///
/// # Errors
/// `INVALID_FIELDS`, `OUT_OF_SCOPE` unless the caller's scope is the whole state, `IMPORT_REFUSED` with the first problems.
pub async fn import(
    base: &Base,
    watch: &RollWatch,
    call: &Call,
    asked: wire::ImportStationsRequest,
) -> Result<wire::ImportStationsResponse, Refusal> {
    let mut fields = Fields::new();
    let request_id = fields.request_id(&asked.request_id);
    if asked.units_csv.is_empty() && asked.stations_csv.is_empty() {
        fields.wrong("stations_csv", "one of the two files is required", "दोनों में से एक फ़ाइल आवश्यक है");
    }
    fields.finish()?;
    let scope = base.scope(call);
    if scope.stations().is_some() {
        return Err(Refusal::out_of_scope());
    }
    if asked.validate_only {
        let held = store::read(&base.db).await?;
        return Ok(dry_run(import::plan(&asked.units_csv, &asked.stations_csv, &held)));
    }
    let command =
        ImportStations { scope, units_csv: asked.units_csv.clone(), stations_csv: asked.stations_csv.clone() };
    let taken = base.writer.submit(call, request_id, &asked, command).await?;
    // Done and committed: a snapshot that cannot be read now is read at the next tick.
    if let Err(refusal) = watch.look().await {
        tracing::warn!(%refusal, "the roll was imported, but cannot be read; trying again");
    }
    Ok(answer(taken.units, taken.stations, taken.unchanged))
}

fn dry_run(plan: Result<Plan, Vec<Problem>>) -> wire::ImportStationsResponse {
    match plan {
        Ok(plan) => answer(plan.versions.len(), plan.stations.len(), plan.unchanged),
        Err(problems) => wire::ImportStationsResponse {
            problems: problems.iter().map(problem).collect(),
            ..wire::ImportStationsResponse::default()
        },
    }
}

fn answer(units: usize, stations: usize, unchanged: usize) -> wire::ImportStationsResponse {
    let count = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    wire::ImportStationsResponse {
        units_written: count(units),
        stations_written: count(stations),
        unchanged: count(unchanged),
        problems: Vec::new(),
    }
}

fn problem(problem: &Problem) -> wire::ImportProblem {
    let (en, hi) = problem.fault.text();
    wire::ImportProblem {
        file: problem.file.field().to_owned(),
        line: i32::try_from(problem.line).unwrap_or(i32::MAX),
        column: problem.column.to_owned(),
        reason: Some(LocalizedText { en: en.to_owned(), hi: hi.to_owned() }),
    }
}
