//! The registry's side: the roll, the desks, who is on duty.

use chrono::{DateTime, NaiveDate, Utc};
use mahila_proto::auth::v1::Role;
use mahila_proto::registry::v1::{
    CheckInMethod, CheckInRequest, Desk, Facility, Heartbeat, ImportStationsRequest, ImportStationsResponse,
    OpenDeskRequest, PublishRosterRequest, SendHeartbeatsRequest,
};
use platform::clock::minute_of;
use platform::fields::{date, day_of, timestamp};

use super::Player;
use crate::demo::plan::agenda::october;
use crate::demo::plan::draw::Draw;
use crate::demo::plan::staffing;
use crate::demo::{DemoError, tally};

impl Player {
    /// The roll: a dry run, then in earnest.
    pub(super) async fn import_roll(&self) -> Result<(), DemoError> {
        let dry = self.import("import-dry", true).await?;
        if !dry.problems.is_empty() {
            let first = dry.problems.iter().take(20);
            let words = |problem: &mahila_proto::registry::v1::ImportProblem| {
                let reason = problem.reason.as_ref().map(|reason| reason.en.clone()).unwrap_or_default();
                format!("{}:{} {}: {reason}", problem.file, problem.line, problem.column)
            };
            return Err(DemoError::Roll(first.map(words).collect::<Vec<_>>().join("\n")));
        }
        self.import("import", false).await?;
        Ok(())
    }

    async fn import(&self, what: &str, validate_only: bool) -> Result<ImportStationsResponse, DemoError> {
        let message = ImportStationsRequest {
            request_id: Draw::of(what, &[]).uuid(),
            units_csv: self.units_csv.clone(),
            stations_csv: self.stations_csv.clone(),
            validate_only,
        };
        let token = self.lines.token(Role::Registrar, "up");
        self.lines
            .ask("ImportStations", &token, message, |request| {
                let mut registry = self.lines.registry();
                async move { registry.import_stations(request).await }
            })
            .await
    }

    pub(super) async fn open_desk(&self, desk: usize) -> Result<tally::Desk, DemoError> {
        let station = &self.plan.roll.desks[desk].id;
        let facilities = [Facility::SeparateRoom, Facility::Computer, Facility::Seating, Facility::Stationery];
        let message = OpenDeskRequest {
            request_id: Draw::of("open-desk", &[desk as u64]).uuid(),
            desk: Some(Desk {
                name: format!("stations/{station}/desk"),
                opened_on: Some(date(october(crate::demo::plan::agenda::FIRST_DESKS))),
                facilities: facilities.into_iter().map(Into::into).collect(),
                ..Desk::default()
            }),
        };
        let token = self.lines.token(Role::StationHouseOfficer, station);
        let desk = self
            .lines
            .ask("OpenDesk", &token, message, |request| {
                let mut registry = self.lines.registry();
                async move { registry.open_desk(request).await }
            })
            .await?;
        Ok(tally::Desk {
            station: station.clone(),
            opened_on: day_of(desk.opened_on.as_ref()).ok_or(DemoError::Answer("OpenDesk"))?,
            opens_minute: desk.opens_minute,
            closes_minute: desk.closes_minute,
            min_women: desk.min_women,
        })
    }

    pub(super) async fn publish_roster(&self, desk: usize) -> Result<tally::Roster, DemoError> {
        let station = &self.plan.roll.desks[desk].id;
        let message = PublishRosterRequest {
            request_id: Draw::of("roster", &[desk as u64]).uuid(),
            desk: format!("stations/{station}/desk"),
            shifts: staffing::roster(desk, station),
        };
        let token = self.lines.token(Role::StationHouseOfficer, station);
        let published = self
            .lines
            .ask("PublishRoster", &token, message, |request| {
                let mut registry = self.lines.registry();
                async move { registry.publish_roster(request).await }
            })
            .await?;
        let days: Option<Vec<NaiveDate>> = published.days.iter().map(|day| day_of(Some(day))).collect();
        Ok(tally::Roster {
            station: station.clone(),
            days: days.ok_or(DemoError::Answer("PublishRoster"))?,
            check_ins_expected: published.check_ins_expected,
        })
    }

    /// An officer of the pool checks in, on the desk's device.
    pub(super) async fn check_in(&self, desk: usize, day: u32, of_pool: usize) -> Result<tally::CheckIn, DemoError> {
        let station = &self.plan.roll.desks[desk].id;
        let officer = staffing::officer(station, of_pool);
        let message = CheckInRequest {
            request_id: Draw::of("check-in", &[desk as u64, u64::from(day), of_pool as u64]).uuid(),
            desk: format!("stations/{station}/desk"),
            officer: officer.clone(),
            method: CheckInMethod::DevicePin.into(),
        };
        let token = self.lines.token(Role::DeskOfficer, station);
        let duty = self
            .lines
            .ask("CheckIn", &token, message, |request| {
                let mut registry = self.lines.registry();
                async move { registry.check_in(request).await }
            })
            .await?;
        let instant = |at: Option<prost_types::Timestamp>| {
            at.and_then(|at| DateTime::<Utc>::from_timestamp(at.seconds, 0)).ok_or(DemoError::Answer("CheckIn"))
        };
        Ok(tally::CheckIn { station: station.clone(), officer, from: instant(duty.from)?, until: instant(duty.until)? })
    }

    /// The day's signs of life of a desk's device.
    pub(super) async fn heartbeats(&self, desk: usize, day: u32) -> Result<tally::Heartbeats, DemoError> {
        let station = &self.plan.roll.desks[desk].id;
        let beats = staffing::BEATS.iter().map(|minute| Heartbeat {
            captured_at: Some(timestamp(minute_of(october(day), *minute))),
            device: format!("devices/{station}-a"),
            queue_depth: 0,
        });
        let message = SendHeartbeatsRequest {
            request_id: Draw::of("heartbeats", &[desk as u64, u64::from(day)]).uuid(),
            desk: format!("stations/{station}/desk"),
            heartbeats: beats.collect(),
        };
        let token = self.lines.token(Role::DeskOfficer, station);
        let taken = self
            .lines
            .ask("SendHeartbeats", &token, message, |request| {
                let mut registry = self.lines.registry();
                async move { registry.send_heartbeats(request).await }
            })
            .await?;
        Ok(tally::Heartbeats { station: station.clone(), day: october(day), accepted: taken.accepted })
    }
}
