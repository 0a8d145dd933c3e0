//! Recording a complaint: the request parsed whole, identity sealed, then one command.

use chrono::{DateTime, Duration, Utc};
use mahila_proto::intake::v1 as wire;
use platform::Refusal;
use platform::call::Call;
use platform::clock::ist_day;
use platform::directory::Tree;
use platform::fields::Fields;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{campaign_event, to_wire};
use crate::Intake;
use crate::complaints::complaint::CampaignEvent;
use crate::complaints::register::{NewComplaint, RecordedAt};
use crate::complaints::store::RegisterComplaint;
use crate::terms::{Category, Channel, Risk};
use crate::vault::{Identity, api as identity};

/// Characters of a narrative at most.
pub(super) const NARRATIVE: usize = 20_000;
/// How long a device may have been offline.
const OFFLINE: Duration = Duration::days(7);

/// Where a station stands in the directory today.
///
/// # Errors
/// `STATION_UNKNOWN`: the registry has not told of it.
pub(super) fn recorded_at(tree: &Tree, station: &str, now: DateTime<Utc>) -> Result<RecordedAt, Refusal> {
    let known = tree.station(station).ok_or_else(|| Refusal::station_unknown(station))?;
    let lgd_code = tree.unit(&known.district, ist_day(now)).map_or(0, |district| district.lgd_code);
    Ok(RecordedAt { station: known.id.clone(), district: known.district.clone(), lgd_code, seq: known.seq })
}

struct Told {
    station: String,
    channel: Option<Channel>,
    category: Option<Category>,
    risk: Option<Risk>,
    visit: Option<Uuid>,
    captured_at: Option<DateTime<Utc>>,
    campaign_event: Option<CampaignEvent>,
    identity: Identity,
}

fn parse(fields: &mut Fields, message: &wire::RegisterComplaintRequest, now: DateTime<Utc>) -> Told {
    Told {
        station: fields.name("station", &message.station, "stations"),
        channel: fields.term("channel", message.channel),
        category: fields.term("category", message.category),
        identity: Identity {
            safe_contact: identity::safe_contact(fields, "safe_contact", message.safe_contact.as_ref()),
            persons: identity::persons(fields, "persons", &message.persons),
            narrative: identity::narrative(fields, "narrative", &message.narrative, NARRATIVE),
        },
        visit: fields.optional_uuid_name("visit", &message.visit, "visits"),
        risk: fields.optional_term("risk", message.risk),
        campaign_event: campaign_event(fields, message),
        captured_at: fields.recent_instant("captured_at", message.captured_at.as_ref(), now, OFFLINE),
    }
}

/// Records a complaint.
pub(crate) async fn register(
    intake: &Intake,
    request: Request<wire::RegisterComplaintRequest>,
) -> Result<Response<wire::Complaint>, Status> {
    let call = Call::of(&request)?;
    let scope = intake.base.scope(&call);
    let message = request.into_inner();
    let now = intake.base.clock.now();

    let mut fields = Fields::new();
    let request_id = fields.request_id(&message.request_id);
    let told = parse(&mut fields, &message, now);
    fields.finish()?;
    let (channel, category) = told.channel.zip(told.category).ok_or_else(Refusal::internal)?;

    scope.need_station(&told.station)?;
    let at = recorded_at(&intake.base.directory.tree(), &told.station, now)?;
    let id = Uuid::new_v4();
    let new = NewComplaint {
        id,
        at,
        channel,
        category,
        risk: told.risk,
        conflict_with_station: message.conflict_with_station,
        contact_mode: told.identity.safe_contact.mode,
        needs_support: message.needs_support,
        child: told.identity.is_child(),
        by_woman: call.caller.woman,
        visit: told.visit,
        told_at: told.captured_at,
        line: None,
        campaign_event: told.campaign_event,
        sealed: intake.vault.seal(id, &told.identity),
    };
    let command = RegisterComplaint { new: new.clone(), known: intake.serials.clone() };
    let done = intake.base.writer.submit(&call, request_id, &message, command).await?;
    // The first answer again: the rule makes the same complaint of the same words, number and instant.
    let new = NewComplaint { id: done.id, ..new };
    let change = new.register(done.receipt_no, done.arrived_at, &call.caller.principal, done.now);
    Ok(Response::new(to_wire(&change.complaint)))
}
