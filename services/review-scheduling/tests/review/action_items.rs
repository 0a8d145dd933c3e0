//! What a decision owes, to its end.

use mahila_proto::review::v1 as wire;
use platform::fields::date;
use wire::{ActionItemState, Stratum};

use crate::calls::{convene, expedite, go_on, refused, request_id, sign, wrong_fields};
use crate::harness::Review;
use crate::tell::{cases, october};

/// A station's cycle with one decision that owes an action by the 27th; gives the action item.
async fn owed() -> (Review, wire::ActionItem) {
    let review = Review::with_cases(&cases("ps-157-001", 40)).await;
    review.begin(october(24)).await;
    let cycle = review.cycle("ps-157-001", october(24)).await.name;
    let sitting = convene(&review, "ps-157-001", &cycle).await;
    let docket = review.docket(&cycle).await;
    let mut sho = review.sho("ps-157-001");
    let decided = sho.record_decision(expedite(&docket[0].name, "ps-157-001-io")).await.unwrap().into_inner();
    for item in &docket[1..] {
        sho.record_decision(go_on(&item.name)).await.unwrap();
    }
    review.desk("ps-157-001").sign_minutes(sign(&sitting)).await.unwrap();
    (review, decided.action_item.unwrap())
}

fn claim(item: &wire::ActionItem) -> wire::ClaimActionItemRequest {
    wire::ClaimActionItemRequest { request_id: request_id(), name: item.name.clone() }
}

fn verify(item: &wire::ActionItem, done: bool) -> wire::VerifyActionItemRequest {
    wire::VerifyActionItemRequest { request_id: request_id(), name: item.name.clone(), done }
}

#[tokio::test]
async fn neither_the_owner_nor_the_claimer_nor_the_deciding_station_verifies() {
    use ActionItemState::{Claimed, Open, Rejected, Unspecified, Verified};
    let (review, item) = owed().await;
    let mut owner = review.client("posts/ps-157-001-io", "desk_officer", &["ps-157-001"]);
    let mut co = review.co("circle-157-1");
    assert_eq!(refused(co.verify_action_item(verify(&item, true)).await), "STATE_FORBIDS", "nobody says it is done");
    assert_eq!(refused(co.claim_action_item(claim(&item)).await), "PERMISSION_MISSING", "not the circle's to claim");
    let claimed = owner.claim_action_item(claim(&item)).await.unwrap().into_inner();
    assert_eq!((claimed.state(), claimed.claimed_by.as_str()), (ActionItemState::Claimed, "posts/ps-157-001-io"));
    assert_eq!(refused(owner.claim_action_item(claim(&item)).await), "STATE_FORBIDS");

    assert_eq!(refused(review.sho("ps-157-001").verify_action_item(verify(&item, true)).await), "PERMISSION_MISSING");
    // The owner, in the meantime promoted.
    let mut promoted = review.client("posts/ps-157-001-io", "circle_officer", &["circle-157-1"]);
    assert_eq!(refused(promoted.verify_action_item(verify(&item, true)).await), "SAME_PERSON");
    let mut deciding = review.client("posts/other", "circle_officer", &["ps-157-001"]);
    assert_eq!(refused(deciding.verify_action_item(verify(&item, true)).await), "SAME_PERSON", "of the same station");

    let rejected = co.verify_action_item(verify(&item, false)).await.unwrap().into_inner();
    assert_eq!(rejected.state(), ActionItemState::Rejected, "owed again");
    review.sho("ps-157-001").claim_action_item(claim(&item)).await.unwrap();
    let request = verify(&item, true);
    let verified = co.verify_action_item(request.clone()).await.unwrap().into_inner();
    assert_eq!((verified.state(), verified.overdue), (ActionItemState::Verified, false));
    assert_eq!(co.verify_action_item(request).await.unwrap().into_inner(), verified);
    let moved: Vec<wire::ActionItemMoved> = review.entries("review.action_item.moved").await;
    let states: Vec<_> = moved.iter().map(|entry| (entry.from(), entry.to(), entry.in_time)).collect();
    assert_eq!(
        states,
        [
            (Unspecified, Open, false),
            (Open, Claimed, false),
            (Claimed, Rejected, false),
            (Rejected, Claimed, false),
            (Claimed, Verified, true)
        ]
    );
}

#[tokio::test]
async fn what_is_overdue_is_said_once_and_comes_before_the_next_review() {
    let (review, item) = owed().await;
    review.begin(october(27)).await;
    assert!(review.entries::<wire::ActionItemOverdue>("review.action_item.overdue").await.is_empty(), "its whole day");
    review.begin(october(28)).await;
    let other = review.another().await;
    other.do_due(crate::harness::at("2020-10-28 01:00")).await;
    review.do_due().await;
    let said: Vec<wire::ActionItemOverdue> = review.entries("review.action_item.overdue").await;
    assert_eq!(said.iter().map(|entry| entry.day).collect::<Vec<_>>(), [Some(date(october(27)))]);
    let overdue = wire::ListActionItemsRequest { overdue_only: true, ..Default::default() };
    let listed = review.sho("ps-157-001").list_action_items(overdue).await.unwrap().into_inner().action_items;
    assert_eq!(listed.iter().map(|item| item.name.as_str()).collect::<Vec<_>>(), [item.name.as_str()]);

    review.begin(october(31)).await;
    let docket = review.docket(&review.cycle("ps-157-001", october(31)).await.name).await;
    let again = docket.iter().find(|on| on.complaint == item.complaint).expect("it is reviewed again");
    assert!(matches!(again.stratum(), Stratum::ActionOverdue | Stratum::Random));

    review.sho("ps-157-001").claim_action_item(claim(&item)).await.unwrap();
    review.co("circle-157-1").verify_action_item(verify(&item, true)).await.unwrap();
    let moved: Vec<wire::ActionItemMoved> = review.entries("review.action_item.moved").await;
    assert!(!moved.last().unwrap().in_time);
    assert_eq!(review.entries::<wire::ActionItemOverdue>("review.action_item.overdue").await.len(), 1);
}

#[tokio::test]
async fn who_is_late_says_so_before_any_sweep_does() {
    let (review, item) = owed().await;
    review.clock.advance_to(crate::harness::at("2020-10-29 09:00")).unwrap();
    review.sho("ps-157-001").claim_action_item(claim(&item)).await.unwrap();
    let verified = review.co("circle-157-1").verify_action_item(verify(&item, true)).await.unwrap().into_inner();
    assert!(verified.overdue);
    review.do_due().await;
    assert_eq!(review.entries::<wire::ActionItemOverdue>("review.action_item.overdue").await.len(), 1);
}

#[tokio::test]
async fn they_are_listed_next_due_first_and_what_is_wrong_is_told_at_once() {
    let (review, item) = owed().await;
    let mut co = review.co("circle-157-1");
    let all = co.list_action_items(wire::ListActionItemsRequest::default()).await.unwrap().into_inner();
    assert_eq!(all.action_items, std::slice::from_ref(&item));
    let none = wire::ListActionItemsRequest { states: vec![ActionItemState::Verified.into()], ..Default::default() };
    assert!(co.list_action_items(none).await.unwrap().into_inner().action_items.is_empty());
    let elsewhere = review.sho("ps-157-002").list_action_items(wire::ListActionItemsRequest::default()).await;
    assert!(elsewhere.unwrap().into_inner().action_items.is_empty());
    let wrong = wire::ListActionItemsRequest {
        parent: "x".into(),
        states: vec![0, 9],
        page_size: -1,
        page_token: "x".into(),
        ..Default::default()
    };
    assert_eq!(
        wrong_fields(co.list_action_items(wrong).await),
        ["page_size", "page_token", "parent", "states[0]", "states[1]"]
    );
    assert_eq!(
        wrong_fields(co.claim_action_item(wire::ClaimActionItemRequest::default()).await),
        ["request_id", "name"]
    );
    assert_eq!(
        wrong_fields(co.verify_action_item(wire::VerifyActionItemRequest::default()).await),
        ["request_id", "name"]
    );
}
