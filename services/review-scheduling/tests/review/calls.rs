//! Calls that many tests make, and what they come to.

use mahila_proto::review::v1 as wire;
use platform::fields::date;
use tonic::Status;
use tonic_types::StatusExt as _;
use uuid::Uuid;

use crate::harness::{Client, Review};
use crate::tell::october;

/// The docket as a client sees it.
pub async fn docket_of(client: &mut Client, cycle: &str) -> Vec<wire::DocketItem> {
    let request = wire::ListDocketItemsRequest { cycle: cycle.to_owned() };
    client.list_docket_items(request).await.expect("a docket").into_inner().items
}

/// Weekly reviews of fifteen from the 24th of October on, two by lot, a quorum of one besides the chair.
pub fn weekly(level: wire::ReviewLevel) -> wire::ReviewPolicy {
    wire::ReviewPolicy {
        name: String::new(),
        level: level.into(),
        valid_from: Some(date(october(24))),
        every_days: 7,
        lasts_days: 7,
        quota: 15,
        random_minimum: 2,
        max_deferrals: 2,
        quorum: 1,
        min_gap_days: 28,
        action_days: 3,
    }
}

/// Convenes a sitting of a station's cycle, its house officer in the chair, its desk as the quorum.
pub async fn convene(review: &Review, station: &str, cycle: &str) -> wire::Sitting {
    let request = wire::ConveneSittingRequest {
        request_id: request_id(),
        cycle: cycle.to_owned(),
        quorum: vec![format!("posts/{station}-desk")],
    };
    review.sho(station).convene_sitting(request).await.expect("it is convened").into_inner()
}

/// A decision about a case that owes nothing.
pub fn go_on(name: &str) -> wire::RecordDecisionRequest {
    wire::RecordDecisionRequest {
        request_id: request_id(),
        name: name.to_owned(),
        kind: wire::DecisionKind::Continue.into(),
        ..Default::default()
    }
}

/// A decision about a case that a post must act on.
pub fn expedite(name: &str, owner: &str) -> wire::RecordDecisionRequest {
    wire::RecordDecisionRequest {
        kind: wire::DecisionKind::Expedite.into(),
        owner: format!("posts/{owner}"),
        ..go_on(name)
    }
}

/// Puts a case off.
pub fn put_off(name: &str) -> wire::DeferItemRequest {
    wire::DeferItemRequest {
        request_id: request_id(),
        name: name.to_owned(),
        reason: wire::DeferralReason::ReportAwaited.into(),
    }
}

/// The second signature.
pub fn sign(sitting: &wire::Sitting) -> wire::SignMinutesRequest {
    wire::SignMinutesRequest { request_id: request_id(), name: sitting.name.clone() }
}

/// A sitting of a station's cycle in which everything that is listed is gone on with; signed.
pub async fn sit_through(review: &Review, station: &str, cycle: &str) -> wire::Sitting {
    let sitting = convene(review, station, cycle).await;
    let mut sho = review.sho(station);
    for item in review.docket(cycle).await {
        if item.state() == wire::ItemState::Listed {
            sho.record_decision(go_on(&item.name)).await.expect("it is decided");
        }
    }
    review.desk(station).sign_minutes(sign(&sitting)).await.expect("it is signed").into_inner()
}

/// A fresh `request_id`.
pub fn request_id() -> String {
    Uuid::new_v4().to_string()
}

/// The reason of a refusal.
pub fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// The reason for which a call was refused.
///
/// # Panics
/// When it was not.
pub fn refused<T: std::fmt::Debug>(answer: Result<tonic::Response<T>, Status>) -> String {
    reason(&answer.expect_err("it is refused"))
}

/// The paths of the fields that are wrong.
pub fn wrong_fields<T: std::fmt::Debug>(answer: Result<tonic::Response<T>, Status>) -> Vec<String> {
    let status = answer.expect_err("it is refused");
    let violations = status.get_details_bad_request().map(|bad| bad.field_violations).unwrap_or_default();
    violations.into_iter().map(|violation| violation.field).collect()
}
