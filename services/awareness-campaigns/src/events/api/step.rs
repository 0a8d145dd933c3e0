//! The steps on the wire: each parses its fields, and all take the same way in.

use mahila_proto::campaign::v1 as wire;
use mahila_proto::campaign::v1::approve_event_request::Decision as WireDecision;
use mahila_proto::campaign::v1::verify_event_request::Verdict as WireVerdict;
use platform::Refusal;
use platform::call::Call;
use platform::fields::Fields;
use platform::service::Base;
use tonic::{Request, Response};
use uuid::Uuid;

use super::to_wire;
use crate::api::{Answer, body, chosen, event_name, viewer};
use crate::events::event::{Claim, Reached};
use crate::events::steps::Decision;
use crate::events::store::{Step, TakeStep};
use crate::events::verify::Verdict;
use crate::evidence;

/// People of one sort at an event at most: more is a slip of the pen.
const PEOPLE: i32 = 1_000_000;

/// What every step names.
struct Target {
    request_id: Uuid,
    campaign: Uuid,
    event: Uuid,
    etag: String,
}

fn target(fields: &mut Fields, request_id: &str, field: &str, name: &str, etag: &str) -> Target {
    let request_id = fields.request_id(request_id);
    let (campaign, event) = event_name(fields, field, name);
    Target { request_id, campaign, event, etag: fields.text("etag", etag, 32) }
}

async fn take(
    base: &Base,
    call: &Call,
    target: Target,
    message: &impl prost::Message,
    step: Option<Step>,
) -> Answer<wire::Event> {
    // Every violation was told before: what is not there now was not parsed, which is a fault of ours.
    let step = step.ok_or_else(Refusal::internal)?;
    let command = TakeStep {
        campaign: target.campaign,
        event: target.event,
        viewer: viewer(base, call),
        etag: target.etag,
        step,
    };
    let dossier = base.writer.submit(call, target.request_id, message, command).await?;
    Ok(Response::new(to_wire(&dossier, call)))
}

/// An event is approved or rejected.
pub(crate) async fn approve(base: &Base, request: Request<wire::ApproveEventRequest>) -> Answer<wire::Event> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let target = target(&mut fields, &message.request_id, "name", &message.name, &message.etag);
    let decision = match chosen(&mut fields, "decision", message.decision.as_ref()) {
        Some(WireDecision::Approved(_)) => Some(Decision::Approved),
        Some(WireDecision::Rejected(reason)) => fields.term("rejected", *reason).map(Decision::Rejected),
        None => None,
    };
    fields.finish()?;
    take(base, &call, target, &message, decision.map(Step::Decide)).await
}

fn reached(fields: &mut Fields, field: &str, told: wire::Reached) -> Reached {
    fields.nested(field, |fields| Reached {
        women: fields.within("women", told.women, 0, PEOPLE),
        girls: fields.within("girls", told.girls, 0, PEOPLE),
        men: fields.within("men", told.men, 0, PEOPLE),
        others: fields.within("others", told.others, 0, PEOPLE),
    })
}

/// What is claimed; `None` with a violation.
fn claim(fields: &mut Fields, message: &wire::ReportEventRequest) -> Option<Claim> {
    let started_at = fields.optional_instant("started_at", message.started_at.as_ref());
    let ended_at = fields.optional_instant("ended_at", message.ended_at.as_ref());
    for (field, sent) in [
        ("started_at", message.started_at.is_some()),
        ("ended_at", message.ended_at.is_some()),
        ("reached", message.reached.is_some()),
    ] {
        if !sent {
            fields.wrong(field, "is required", "आवश्यक है");
        }
    }
    let reached = message.reached.map(|told| reached(fields, "reached", told));
    let leads = fields.within("leads", message.leads, 0, PEOPLE);
    Some(Claim { started_at: started_at?, ended_at: ended_at?, reached: reached?, leads })
}

/// An event is claimed to have been held.
pub(crate) async fn report(base: &Base, request: Request<wire::ReportEventRequest>) -> Answer<wire::Event> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let target = target(&mut fields, &message.request_id, "name", &message.name, &message.etag);
    let claim = claim(&mut fields, &message);
    if let Some(claim) = &claim {
        claim.check(&mut fields, base.clock.now());
    }
    fields.finish()?;
    take(base, &call, target, &message, claim.map(Step::Report)).await
}

/// Something shows that an event was held.
pub(crate) async fn attach(base: &Base, request: Request<wire::AttachEvidenceRequest>) -> Answer<wire::Event> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let target = target(&mut fields, &message.request_id, "event", &message.event, "");
    let told = body(message.evidence.as_ref());
    let shown = fields.nested("evidence", |fields| evidence::api::parse(fields, &told, base.clock.now()));
    fields.finish()?;
    take(base, &call, target, &message, shown.map(Step::Attach)).await
}

/// A claim is checked.
pub(crate) async fn verify(base: &Base, request: Request<wire::VerifyEventRequest>) -> Answer<wire::Event> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let target = target(&mut fields, &message.request_id, "name", &message.name, &message.etag);
    let verdict = match chosen(&mut fields, "verdict", message.verdict.as_ref()) {
        Some(WireVerdict::Verified(told)) => Some(Verdict::Held(reached(&mut fields, "verified", *told))),
        Some(WireVerdict::Disputed(reason)) => fields.term("disputed", *reason).map(Verdict::Disputed),
        None => None,
    };
    fields.finish()?;
    take(base, &call, target, &message, verdict.map(Step::Verify)).await
}

/// An event is called off.
pub(crate) async fn cancel(base: &Base, request: Request<wire::CancelEventRequest>) -> Answer<wire::Event> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let target = target(&mut fields, &message.request_id, "name", &message.name, &message.etag);
    let reason = fields.term("reason", message.reason);
    fields.finish()?;
    take(base, &call, target, &message, reason.map(Step::Cancel)).await
}
