//! Desk-days and heartbeats on the wire.

use chrono::{Duration, NaiveDate};
use mahila_proto::registry::v1 as wire;
use platform::call::Call;
use platform::directory::Tree;
use platform::fields::{Fields, date};
use platform::journal::{Audience, Event, Kind};
use platform::service::Base;
use platform::terms::Term as _;
use platform::{Refusal, Scope};
use prost::Message as _;

use super::desk_day::{DeskDay, DeskDayClosed, Status, last_closable};
use super::heartbeat::{Heartbeat, MOST};
use super::store::{self, AfterNonCompliant, Asked, SendHeartbeats};
use crate::desks::Desk;
use crate::desks::api::station_of;
use crate::units::api::page;

/// Journal kind: a day of a desk is over.
pub const CLOSED: Kind = Kind { name: "registry.desk_day.closed", audience: Audience::Suite };

/// Days between the first and the last of a list at most.
const MOST_DAYS: i64 = 92;
/// Calls that wait on a device at most: more is a device gone mad.
const MOST_WAITING: i32 = 1_000_000;

impl Event for DeskDayClosed<'_> {
    fn kind(&self) -> Kind {
        CLOSED
    }

    fn subject(&self) -> String {
        format!("{}/{}", self.0.key.station, self.0.key.day)
    }

    fn payload(&self) -> Vec<u8> {
        wire::DeskDayClosed { desk_day: Some(to_wire(self.0)) }.encode_to_vec()
    }
}

/// A desk-day for the wire, without the station's display name.
fn to_wire(desk_day: &DeskDay) -> wire::DeskDay {
    let DeskDay { key, figures } = desk_day;
    wire::DeskDay {
        name: format!("{}/days/{}", Desk::name(&key.station), key.day),
        station: format!("stations/{}", key.station),
        day: Some(date(key.day)),
        status: figures.status.number().into(),
        check_ins_expected: figures.check_ins_expected,
        check_ins: figures.check_ins,
        service_minutes: figures.service_minutes,
        two_women_minutes: figures.two_women_minutes,
        heartbeats: figures.heartbeats,
        station_display_name: None,
    }
}

fn named(desk_days: &[DeskDay], tree: &Tree) -> Vec<wire::DeskDay> {
    let named = desk_days.iter().map(|desk_day| wire::DeskDay {
        station_display_name: tree.station(&desk_day.key.station).map(|station| (&station.name).into()),
        ..to_wire(desk_day)
    });
    named.collect()
}

/// `SendHeartbeats`.
///
/// # Errors
/// `INVALID_FIELDS`, `OUT_OF_SCOPE`, `NOT_FOUND` without a desk.
pub async fn send_heartbeats(
    base: &Base,
    call: &Call,
    asked: &wire::SendHeartbeatsRequest,
) -> Result<wire::SendHeartbeatsResponse, Refusal> {
    let mut fields = Fields::new();
    let request_id = fields.request_id(&asked.request_id);
    let station = station_of(&mut fields, "desk", &asked.desk);
    fields.some_of("heartbeats", &asked.heartbeats, MOST);
    let heartbeats = asked.heartbeats.iter().take(MOST).enumerate().filter_map(|(at, heartbeat)| {
        fields.nested(&format!("heartbeats[{at}]"), |fields| self::heartbeat(fields, heartbeat))
    });
    let heartbeats = heartbeats.collect();
    fields.finish()?;
    let scope = base.scope(call);
    scope.need_station(&station)?;
    let accepted = base.writer.submit(call, request_id, asked, SendHeartbeats { scope, station, heartbeats }).await?;
    Ok(wire::SendHeartbeatsResponse { accepted })
}

fn heartbeat(fields: &mut Fields, heartbeat: &wire::Heartbeat) -> Option<Heartbeat> {
    let device = fields.name("device", &heartbeat.device, "devices");
    let queue_depth = fields.within("queue_depth", heartbeat.queue_depth, 0, MOST_WAITING);
    if heartbeat.captured_at.is_none() {
        fields.wrong("captured_at", "is required", "आवश्यक है");
    }
    let captured_at = fields.optional_instant("captured_at", heartbeat.captured_at.as_ref())?;
    Some(Heartbeat { captured_at, device, queue_depth })
}

/// `ListDeskDays`.
///
/// # Errors
/// `INVALID_FIELDS`, `OUT_OF_SCOPE` and `NOT_FOUND` of `parent`, which is looked for on the last day.
pub async fn list(
    base: &Base,
    call: &Call,
    asked: wire::ListDeskDaysRequest,
) -> Result<wire::ListDeskDaysResponse, Refusal> {
    let mut fields = Fields::new();
    let parent = match asked.parent.strip_prefix("stations/") {
        Some(_) => fields.optional_name("parent", &asked.parent, "stations"),
        None => fields.optional_name("parent", &asked.parent, "units"),
    };
    let (from, to) = (fields.day("from", asked.from.as_ref()), fields.day("to", asked.to.as_ref()));
    if to < from {
        fields.wrong("to", "must not be earlier than from", "from से पहले नहीं हो सकता");
    } else if to - from > Duration::days(MOST_DAYS) {
        fields.wrong("to", "must be at most 92 days after from", "from के अधिकतम 92 दिन बाद");
    }
    let statuses = asked.statuses.iter().enumerate();
    let statuses =
        statuses.filter_map(|(at, number)| fields.term::<Status>(&format!("statuses[{at}]"), *number)).collect();
    let (size, token) = (asked.page_size, asked.page_token.clone());
    let rest = wire::ListDeskDaysRequest { page_size: 0, page_token: String::new(), ..asked };
    let page = page(&mut fields, size, &token, &rest);
    fields.finish()?;

    let tree = base.directory.tree();
    let scope = below(base.scope(call), parent.as_deref(), &tree, to)?;
    let asked = Asked { from, to, statuses, page };
    let mut desk_days = store::list(&base.db, &scope, &asked, base.clock.now()).await?;
    let next_page_token = asked.page.cut(&mut desk_days, |desk_day| desk_day.key.clone());
    Ok(wire::ListDeskDaysResponse { desk_days: named(&desk_days, &tree), next_page_token })
}

/// `ListNonCompliantDesks`.
///
/// # Errors
/// `INVALID_FIELDS` when the day is not over, `OUT_OF_SCOPE` and `NOT_FOUND` of `parent`, `STATE_FORBIDS` while a desk's day
/// is not closed: half a list would pass for a whole one.
pub async fn list_non_compliant(
    base: &Base,
    call: &Call,
    asked: wire::ListNonCompliantDesksRequest,
) -> Result<wire::ListNonCompliantDesksResponse, Refusal> {
    let mut fields = Fields::new();
    let day = fields.day("day", asked.day.as_ref());
    if day > last_closable(base.clock.now()) {
        fields.wrong("day", "is not over", "अभी समाप्त नहीं हुआ है");
    }
    let parent = fields.optional_name("parent", &asked.parent, "units");
    let (size, token) = (asked.page_size, asked.page_token.clone());
    let rest = wire::ListNonCompliantDesksRequest { page_size: 0, page_token: String::new(), ..asked };
    let page = page(&mut fields, size, &token, &rest);
    fields.finish()?;

    let tree = base.directory.tree();
    let scope = below(base.scope(call), parent.as_deref(), &tree, day)?;
    if store::is_open(&base.db, &scope, day).await? {
        return Err(Refusal::state_forbids(Status::Expected.name()));
    }
    let mut desk_days = store::non_compliant(&base.db, &scope, day, &page).await?;
    let next_page_token = page.cut(&mut desk_days, after);
    Ok(wire::ListNonCompliantDesksResponse { desk_days: named(&desk_days, &tree), next_page_token })
}

fn after(desk_day: &DeskDay) -> AfterNonCompliant {
    let rank = Status::NOT_COMPLIANT.iter().position(|status| *status == desk_day.figures.status);
    // PostgreSQL counts from 1.
    let rank = rank.and_then(|rank| i32::try_from(rank + 1).ok()).unwrap_or_default();
    AfterNonCompliant { rank, station: desk_day.key.station.clone() }
}

fn below(scope: Scope, parent: Option<&str>, tree: &Tree, day: NaiveDate) -> Result<Scope, Refusal> {
    match parent {
        Some(parent) => scope.narrow(parent, tree, day),
        None => Ok(scope),
    }
}
