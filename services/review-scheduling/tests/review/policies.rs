//! How levels review.

use chrono::NaiveDate;
use mahila_proto::review::v1 as wire;
use platform::fields::date;
use wire::ReviewLevel;

use crate::calls::{refused, request_id, weekly, wrong_fields};
use crate::harness::Review;
use crate::tell::october;

fn put(policy: wire::ReviewPolicy) -> wire::PutPolicyRequest {
    wire::PutPolicyRequest { request_id: request_id(), policy: Some(policy) }
}

fn november(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2020, 11, day).unwrap()
}

#[tokio::test]
async fn a_policy_holds_from_its_day_until_the_next() {
    let review = Review::start().await;
    let first = review.put_policy(weekly(ReviewLevel::Station)).await;
    assert_eq!(first.name, "reviewPolicies/station-2020-10-24");
    let ten = wire::ReviewPolicy { quota: 10, valid_from: Some(date(november(21))), ..weekly(ReviewLevel::Station) };
    let ten = review.put_policy(ten).await;
    let mut auditor = review.auditor();
    let get = |level: ReviewLevel, day| wire::GetPolicyRequest { level: level.into(), as_of: Some(date(day)) };
    let mut quota =
        async |level, day| auditor.get_policy(get(level, day)).await.map(|policy| policy.into_inner().quota);
    assert_eq!(quota(ReviewLevel::Station, november(20)).await.unwrap(), 15);
    assert_eq!(quota(ReviewLevel::Station, november(21)).await.unwrap(), ten.quota);
    for (level, day) in [(ReviewLevel::Station, october(23)), (ReviewLevel::District, november(21))] {
        assert_eq!(refused(quota(level, day).await.map(tonic::Response::new)), "NOT_FOUND");
    }
}

#[tokio::test]
async fn a_policy_is_mended_until_a_cycle_follows_it_and_never_after() {
    let review = Review::start().await;
    review.put_policy(weekly(ReviewLevel::Station)).await;
    let mended = wire::ReviewPolicy { quota: 12, ..weekly(ReviewLevel::Station) };
    assert_eq!(review.put_policy(mended.clone()).await.quota, 12);
    review.do_due().await;
    let mut headquarters = review.headquarters();
    assert_eq!(wrong_fields(headquarters.put_policy(put(mended.clone())).await), ["policy.valid_from"]);
    let past = wire::ReviewPolicy { valid_from: Some(date(october(22))), ..mended };
    assert_eq!(
        wrong_fields(headquarters.put_policy(put(past)).await),
        ["policy.valid_from", "policy.valid_from"],
        "past, and before what is planned"
    );
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once_and_a_repeat_is_answered_as_the_first() {
    let review = Review::start().await;
    let mut headquarters = review.headquarters();
    assert_eq!(
        wrong_fields(headquarters.put_policy(wire::PutPolicyRequest::default()).await),
        [
            "request_id",
            "policy.level",
            "policy.valid_from",
            "policy.every_days",
            "policy.lasts_days",
            "policy.quota",
            "policy.quorum",
            "policy.action_days"
        ]
    );
    let crooked = wire::ReviewPolicy { lasts_days: 8, random_minimum: 16, ..weekly(ReviewLevel::Station) };
    assert_eq!(
        wrong_fields(headquarters.put_policy(put(crooked)).await),
        ["policy.lasts_days", "policy.random_minimum"]
    );
    let request = put(weekly(ReviewLevel::Station));
    let first = headquarters.put_policy(request.clone()).await.unwrap().into_inner();
    assert_eq!(headquarters.put_policy(request.clone()).await.unwrap().into_inner(), first);
    let other = wire::PutPolicyRequest {
        policy: Some(wire::ReviewPolicy { quota: 14, ..weekly(ReviewLevel::Station) }),
        ..request
    };
    assert_eq!(refused(headquarters.put_policy(other).await), "REQUEST_ID_REUSED");
    assert_eq!(wrong_fields(headquarters.get_policy(wire::GetPolicyRequest::default()).await), ["level"]);
}
