//! Rosters and check-ins on the wire.

use std::collections::BTreeSet;

use mahila_proto::registry::v1 as wire;
use platform::Refusal;
use platform::call::Call;
use platform::fields::{Fields, date, timestamp};
use platform::journal::{Audience, Event, Kind};
use platform::service::Base;
use prost::Message as _;

use super::check_in::Method;
use super::roster::{MOST_OFFICERS, MOST_SHIFTS, RosterPublished, Shift};
use super::store::{CheckIn, PublishRoster};
use crate::desks::Desk;
use crate::desks::api::station_of;

/// Journal kind: days of a desk have a roster.
pub const PUBLISHED: Kind = Kind { name: "registry.roster.published", audience: Audience::Suite };

impl Event for RosterPublished<'_> {
    fn kind(&self) -> Kind {
        PUBLISHED
    }

    fn subject(&self) -> String {
        self.station.to_owned()
    }

    fn payload(&self) -> Vec<u8> {
        let days = self.days.iter().map(|day| date(*day)).collect();
        wire::RosterPublished { desk: Desk::name(self.station), days }.encode_to_vec()
    }
}

/// `PublishRoster`.
///
/// # Errors
/// `INVALID_FIELDS`, `OUT_OF_SCOPE`, `NOT_FOUND` without a desk.
pub async fn publish(
    base: &Base,
    call: &Call,
    asked: &wire::PublishRosterRequest,
) -> Result<wire::PublishRosterResponse, Refusal> {
    let mut fields = Fields::new();
    let request_id = fields.request_id(&asked.request_id);
    let station = station_of(&mut fields, "desk", &asked.desk);
    fields.some_of("shifts", &asked.shifts, MOST_SHIFTS);
    let shifts = asked.shifts.iter().take(MOST_SHIFTS).enumerate();
    let shifts = shifts.map(|(at, shift)| fields.nested(&format!("shifts[{at}]"), |fields| self::shift(fields, shift)));
    let shifts = shifts.collect();
    fields.finish()?;
    let scope = base.scope(call);
    scope.need_station(&station)?;
    let published = base.writer.submit(call, request_id, asked, PublishRoster { scope, station, shifts }).await?;
    Ok(wire::PublishRosterResponse {
        days: published.days.into_iter().map(date).collect(),
        check_ins_expected: i32::try_from(published.check_ins_expected).unwrap_or(i32::MAX),
    })
}

fn shift(fields: &mut Fields, shift: &wire::Shift) -> Shift {
    fields.at_most("officers", &shift.officers, MOST_OFFICERS);
    let mut officers = Vec::with_capacity(shift.officers.len());
    let mut seen = BTreeSet::new();
    for (at, officer) in shift.officers.iter().take(MOST_OFFICERS).enumerate() {
        let field = format!("officers[{at}]");
        let officer = fields.name(&field, officer, "officers");
        if !officer.is_empty() && !seen.insert(officer.clone()) {
            fields.wrong(&field, "stands in the shift twice", "ड्यूटी में दो बार है");
        }
        officers.push(officer);
    }
    Shift {
        day: fields.day("day", shift.day.as_ref()),
        start: fields.within("start_minute", shift.start_minute, 0, 1439),
        end: fields.within("end_minute", shift.end_minute, 1, 1440),
        officers,
    }
}

/// `CheckIn`.
///
/// # Errors
/// `INVALID_FIELDS`, `OUT_OF_SCOPE`, `NOT_FOUND` without a desk, `NOT_ROSTERED` without a shift that runs or begins within
/// the hour.
pub async fn check_in(
    base: &Base,
    call: &Call,
    asked: &wire::CheckInRequest,
) -> Result<wire::CheckInResponse, Refusal> {
    let mut fields = Fields::new();
    let request_id = fields.request_id(&asked.request_id);
    let station = station_of(&mut fields, "desk", &asked.desk);
    let officer = fields.name("officer", &asked.officer, "officers");
    let method = fields.term::<Method>("method", asked.method);
    fields.finish()?;
    let method = method.ok_or_else(Refusal::internal)?;
    let scope = base.scope(call);
    scope.need_station(&station)?;
    let presence = base.writer.submit(call, request_id, asked, CheckIn { scope, station, officer, method }).await?;
    Ok(wire::CheckInResponse { from: Some(timestamp(presence.from)), until: Some(timestamp(presence.until)) })
}
