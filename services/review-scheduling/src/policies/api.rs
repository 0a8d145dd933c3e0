//! Policies on the wire.

use mahila_proto::review::v1 as wire;
use platform::Refusal;
use platform::call::Call;
use platform::clock::ist_day;
use platform::fields::{Fields, date};
use platform::journal::{Audience, Event, Kind};
use platform::service::Base;
use platform::terms::Term as _;
use prost::Message as _;
use tonic::{Request, Response, Status};

use super::policy::{Policy, PolicyPut, in_force};
use super::store::{self, PutPolicy};
use crate::terms::ReviewLevel;

/// Journal kind: how a level reviews was set. The audit trail's alone: what follows from it stands in every cycle.
pub(crate) const POLICY_PUT: Kind = Kind { name: "review.policy.put", audience: Audience::Private };

impl Event for PolicyPut {
    fn kind(&self) -> Kind {
        POLICY_PUT
    }

    fn subject(&self) -> String {
        format!("{}-{}", self.0.level.word(), self.0.valid_from)
    }

    fn payload(&self) -> Vec<u8> {
        to_wire(&self.0).encode_to_vec()
    }
}

/// The name of a level's policy of a day.
pub(crate) fn name(level: ReviewLevel, valid_from: chrono::NaiveDate) -> String {
    format!("reviewPolicies/{}-{valid_from}", level.word())
}

/// A policy for the wire.
pub(crate) fn to_wire(policy: &Policy) -> wire::ReviewPolicy {
    wire::ReviewPolicy {
        name: name(policy.level, policy.valid_from),
        level: policy.level.number().into(),
        valid_from: Some(date(policy.valid_from)),
        every_days: policy.every_days,
        lasts_days: policy.lasts_days,
        quota: policy.quota,
        random_minimum: policy.random_minimum,
        max_deferrals: policy.max_deferrals,
        quorum: policy.quorum,
        min_gap_days: policy.min_gap_days,
        action_days: policy.action_days,
    }
}

fn from_wire(fields: &mut Fields, told: &wire::ReviewPolicy) -> Option<Policy> {
    let level = fields.term("level", told.level);
    let valid_from = fields.day("valid_from", told.valid_from.as_ref());
    let every_days = fields.within("every_days", told.every_days, 1, 366);
    let lasts_days = fields.within("lasts_days", told.lasts_days, 1, every_days);
    let quota = fields.within("quota", told.quota, 1, 100);
    let policy = Policy {
        level: level.unwrap_or(ReviewLevel::Station),
        valid_from,
        every_days,
        lasts_days,
        quota,
        random_minimum: fields.within("random_minimum", told.random_minimum, 0, quota),
        max_deferrals: fields.within("max_deferrals", told.max_deferrals, 0, 10),
        quorum: fields.within("quorum", told.quorum, 1, 10),
        min_gap_days: fields.within("min_gap_days", told.min_gap_days, 0, 366),
        action_days: fields.within("action_days", told.action_days, 1, 366),
    };
    level.map(|_| policy)
}

/// Sets how a level reviews.
pub(crate) async fn put(
    base: &Base,
    request: Request<wire::PutPolicyRequest>,
) -> Result<Response<wire::ReviewPolicy>, Status> {
    let call = Call::of(&request)?;
    let scope = base.scope(&call);
    let message = request.into_inner();
    let mut fields = Fields::new();
    let request_id = fields.request_id(&message.request_id);
    let told = message.policy.clone().unwrap_or_default();
    let policy = fields.nested("policy", |fields| from_wire(fields, &told));
    fields.finish()?;
    // Policies hold everywhere: only who sees everything sets them.
    if scope.stations().is_some() {
        return Err(Refusal::out_of_scope().into());
    }
    let policy = policy.ok_or_else(Refusal::internal)?;
    let policy = base.writer.submit(&call, request_id, &message, PutPolicy { policy }).await?;
    Ok(Response::new(to_wire(&policy)))
}

/// How a level reviews on a day. The same everywhere: whoever has units may know it.
pub(crate) async fn get(
    base: &Base,
    request: Request<wire::GetPolicyRequest>,
) -> Result<Response<wire::ReviewPolicy>, Status> {
    let call = Call::of(&request)?;
    let scope = base.scope(&call);
    let message = request.into_inner();
    let mut fields = Fields::new();
    let level: Option<ReviewLevel> = fields.term("level", message.level);
    let day = fields.optional_day("as_of", message.as_of.as_ref());
    fields.finish()?;
    if scope.roots().is_empty() {
        return Err(Refusal::out_of_scope().into());
    }
    let level = level.ok_or_else(Refusal::internal)?;
    let policies = store::read_all(&base.db).await?;
    let day = day.unwrap_or_else(|| ist_day(base.clock.now()));
    let policy = in_force(&policies, level, day);
    let none = || Refusal::not_found(format!("reviewPolicies/{}", level.word()));
    Ok(Response::new(to_wire(policy.ok_or_else(none)?)))
}
