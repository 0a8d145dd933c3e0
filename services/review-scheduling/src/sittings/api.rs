//! Sittings on the wire and in the journal.

use mahila_proto::review::v1 as wire;
use platform::Refusal;
use platform::auth::Caller;
use platform::call::Call;
use platform::clock::ist_day;
use platform::fields::{Fields, date, timestamp};
use platform::journal::{Audience, Event as JournalEvent, Kind};
use platform::terms::Term as _;
use prost::Message as _;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::event::{Event, What};
use super::sitting::Sitting;
use super::store::{self, ConveneSitting, Decide, SignMinutes, TakeItem, Taking};
use crate::Review;
use crate::action_items::api as action_items;
use crate::cycles::api::{chairs, item_to_wire, place_to_wire};
use crate::policies::days_after;
use crate::terms::{DecisionKind, DeferralReason, ReviewLevel};

/// Journal kind: a sitting was convened. The audit trail's alone: what counts is that it was held.
pub(crate) const CONVENED: Kind = Kind { name: "review.sitting.convened", audience: Audience::Private };
/// Journal kind: minutes signed. To oversight alone.
pub(crate) const HELD: Kind = Kind { name: "review.sitting.held", audience: Audience::Only(&["oversight"]) };
/// Journal kind: a case was decided. To intake, where it takes effect, and oversight.
pub(crate) const DECIDED: Kind =
    Kind { name: "review.decision.recorded", audience: Audience::Only(&["complaint-intake", "oversight"]) };

/// A post may owe an action for so many days at most.
const DUE_WITHIN: i32 = 366;
/// Persons named as a quorum at most.
const SIT: usize = 20;

impl JournalEvent for Event {
    fn kind(&self) -> Kind {
        match self.what {
            What::Convened => CONVENED,
            What::Decided { .. } => DECIDED,
            What::Held { .. } => HELD,
        }
    }

    fn subject(&self) -> String {
        match self.what {
            What::Decided { complaint, .. } => complaint.to_string(),
            What::Convened | What::Held { .. } => self.place.cycle.to_string(),
        }
    }

    fn payload(&self) -> Vec<u8> {
        let place = place_to_wire(&self.place);
        let day = Some(date(self.day));
        match &self.what {
            What::Convened => place.encode_to_vec(),
            What::Decided { decision, kind, stratum, .. } => wire::DecisionRecorded {
                place: Some(place),
                decision: decision.to_string(),
                kind: kind.number().into(),
                stratum: stratum.number().into(),
                day,
            }
            .encode_to_vec(),
            What::Held { decided, deferred, pace, minutes_sha256 } => wire::SittingHeld {
                place: Some(place),
                decided: *decided,
                deferred: *deferred,
                decided_within_seconds: pace.within_seconds,
                most_decisions_in_a_minute: pace.most_in_a_minute,
                minutes_sha256: minutes_sha256.to_vec(),
                day,
            }
            .encode_to_vec(),
        }
    }
}

/// A sitting for the wire.
fn to_wire(sitting: &Sitting) -> wire::Sitting {
    let (signed_by, signed_at) = sitting.signed.clone().unzip();
    wire::Sitting {
        name: format!("sittings/{}", sitting.id),
        cycle: format!("reviewCycles/{}", sitting.cycle),
        chair: sitting.chair.clone(),
        quorum: sitting.quorum.clone(),
        state: sitting.state.number().into(),
        convened_at: Some(timestamp(sitting.convened_at)),
        signed_by: signed_by.unwrap_or_default(),
        signed_at: signed_at.map(timestamp),
        decided: sitting.decided,
        deferred: sitting.deferred,
        decided_within_seconds: sitting.pace.within_seconds,
        most_decisions_in_a_minute: sitting.pace.most_in_a_minute,
        minutes_sha256: sitting.minutes_sha256.clone().unwrap_or_default(),
    }
}

/// The sittings of a cycle, for whoever may see the cycle.
pub(crate) async fn sittings_of(review: &Review, cycle: Uuid) -> Result<Vec<wire::Sitting>, Refusal> {
    Ok(store::read_of(&review.base.db, cycle).await?.iter().map(to_wire).collect())
}

fn levels(caller: &Caller) -> Vec<ReviewLevel> {
    ReviewLevel::ALL.iter().copied().filter(|level| chairs(caller, *level)).collect()
}

/// Begins a sitting.
pub(crate) async fn convene(
    review: &Review,
    request: Request<wire::ConveneSittingRequest>,
) -> Result<Response<wire::Sitting>, Status> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let request_id = fields.request_id(&message.request_id);
    let cycle = fields.uuid_name("cycle", &message.cycle, "reviewCycles");
    fields.some_of("quorum", &message.quorum, SIT);
    let mut member =
        |(place, name): (usize, &String)| format!("posts/{}", fields.name(&format!("quorum[{place}]"), name, "posts"));
    let quorum = message.quorum.iter().take(SIT).enumerate().map(&mut member).collect();
    fields.finish()?;
    let command = ConveneSitting {
        id: Uuid::new_v4(),
        cycle,
        scope: review.base.scope(&call),
        chairs: levels(&call.caller),
        quorum,
    };
    let sitting = review.base.writer.submit(&call, request_id, &message, command).await?;
    Ok(Response::new(to_wire(&sitting)))
}

/// Reads `reviewCycles/{uuid}/items/{number}`.
fn item_name(fields: &mut Fields, name: &str) -> (Uuid, i32) {
    if name.is_empty() {
        fields.wrong("name", "is required", "आवश्यक है");
        return (Uuid::nil(), 0);
    }
    let read = || {
        let (cycle, number) = name.strip_prefix("reviewCycles/")?.split_once("/items/")?;
        let number: i32 = number.parse().ok().filter(|number| *number > 0)?;
        Some((Uuid::try_parse(cycle).ok()?, number))
    };
    read().unwrap_or_else(|| {
        fields.wrong(
            "name",
            "must be reviewCycles/, a UUID, /items/ and a number",
            "reviewCycles/, UUID, /items/ और संख्या होना चाहिए",
        );
        (Uuid::nil(), 0)
    })
}

fn decision(review: &Review, fields: &mut Fields, message: &wire::RecordDecisionRequest) -> Option<Decide> {
    let kind: Option<DecisionKind> = fields.term("kind", message.kind);
    let owner = fields.optional_name("owner", &message.owner, "posts");
    let due_day = fields.optional_day("due_day", message.due_day.as_ref());
    let today = ist_day(review.base.clock.now());
    if due_day.is_some_and(|day| day < today || day > days_after(today, DUE_WITHIN)) {
        fields.wrong(
            "due_day",
            format!("must be today or later, at most {DUE_WITHIN} days ahead"),
            format!("आज या उसके बाद, अधिकतम {DUE_WITHIN} दिन आगे होना चाहिए"),
        );
    }
    let owes = kind.is_none_or(DecisionKind::owes_action);
    if kind.is_some() && owes && message.owner.is_empty() {
        fields.wrong("owner", "is required: somebody must do it", "आवश्यक है: किसी को यह करना है");
    }
    if !owes {
        for (field, told) in [("owner", !message.owner.is_empty()), ("due_day", message.due_day.is_some())] {
            if told {
                fields.wrong(field, "must be absent: nothing is owed", "रिक्त होना चाहिए: कुछ करना शेष नहीं");
            }
        }
    }
    Some(Decide {
        decision: Uuid::new_v4(),
        action_item: Uuid::new_v4(),
        kind: kind?,
        owner: owner.unwrap_or_default(),
        due_day,
    })
}

/// Records what is decided about a case.
pub(crate) async fn decide(
    review: &Review,
    request: Request<wire::RecordDecisionRequest>,
) -> Result<Response<wire::RecordDecisionResponse>, Status> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let request_id = fields.request_id(&message.request_id);
    let (cycle, number) = item_name(&mut fields, &message.name);
    let decide = decision(review, &mut fields, &message);
    fields.finish()?;
    let taking = Taking::Decide(decide.ok_or_else(Refusal::internal)?);
    let command = TakeItem { cycle, number, scope: review.base.scope(&call), chairs: levels(&call.caller), taking };
    let taken = review.base.writer.submit(&call, request_id, &message, command).await?;
    Ok(Response::new(wire::RecordDecisionResponse {
        decision: taken.item.decision().map(|decision| decision.to_string()).unwrap_or_default(),
        item: Some(item_to_wire(&taken.item)),
        action_item: taken.action_item.as_ref().map(action_items::to_wire),
    }))
}

/// Puts a case off.
pub(crate) async fn defer(
    review: &Review,
    request: Request<wire::DeferItemRequest>,
) -> Result<Response<wire::DocketItem>, Status> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let request_id = fields.request_id(&message.request_id);
    let (cycle, number) = item_name(&mut fields, &message.name);
    let reason: Option<DeferralReason> = fields.term("reason", message.reason);
    if reason == Some(DeferralReason::Recused) {
        fields.wrong("reason", "is the service's own", "यह कारण सेवा स्वयं देती है");
    }
    fields.finish()?;
    let taking = Taking::Defer(reason.ok_or_else(Refusal::internal)?);
    let command = TakeItem { cycle, number, scope: review.base.scope(&call), chairs: levels(&call.caller), taking };
    let taken = review.base.writer.submit(&call, request_id, &message, command).await?;
    Ok(Response::new(item_to_wire(&taken.item)))
}

/// Signs minutes.
pub(crate) async fn sign(
    review: &Review,
    request: Request<wire::SignMinutesRequest>,
) -> Result<Response<wire::Sitting>, Status> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let request_id = fields.request_id(&message.request_id);
    let sitting = fields.uuid_name("name", &message.name, "sittings");
    fields.finish()?;
    let cycle = store::cycle_of(&review.base.db, sitting).await?.ok_or_else(Refusal::out_of_scope)?;
    let command = SignMinutes { sitting, cycle, scope: review.base.scope(&call) };
    let sitting = review.base.writer.submit(&call, request_id, &message, command).await?;
    Ok(Response::new(to_wire(&sitting)))
}
