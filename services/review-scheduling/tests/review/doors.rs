//! Who may call what, and where; every method.

use mahila_proto::review::v1 as wire;
use wire::ReviewLevel;

use crate::calls::{convene, expedite, put_off, request_id, weekly};
use crate::harness::{Client, Review};
use crate::tell::{cases, october};

/// What a call came to: `OK`, or the reason of its refusal.
macro_rules! outcome {
    ($call:expr) => {
        match $call.await {
            Ok(_) => "OK".to_owned(),
            Err(status) => crate::calls::reason(&status),
        }
    };
}

/// Things of one station, by name.
struct Things {
    unit: String,
    cycle: String,
    item: String,
    sitting: String,
    action_item: String,
}

/// Every method but the policies', each on the things of one station, in the order of the contract.
async fn every_method(client: &mut Client, things: &Things) -> Vec<(&'static str, String)> {
    let Things { unit, cycle, item, sitting, action_item } = things;
    let request =
        |kind: wire::DecisionKind| wire::RecordDecisionRequest { kind: kind.into(), ..crate::calls::go_on(item) };
    vec![
        (
            "PreviewSelection",
            outcome!(client.preview_selection(wire::PreviewSelectionRequest { unit: format!("units/{unit}") })),
        ),
        (
            "OpenCycle",
            outcome!(client.open_cycle(wire::OpenCycleRequest {
                request_id: request_id(),
                name: cycle.clone(),
                make_up_from: None
            })),
        ),
        ("GetCycle", outcome!(client.get_cycle(wire::GetCycleRequest { name: cycle.clone() }))),
        (
            "ListCycles",
            outcome!(
                client
                    .list_cycles(wire::ListCyclesRequest { parent: format!("stations/{unit}"), ..Default::default() })
            ),
        ),
        ("ListDocketItems", outcome!(client.list_docket_items(wire::ListDocketItemsRequest { cycle: cycle.clone() }))),
        (
            "VerifySelection",
            outcome!(
                client.verify_selection(wire::VerifySelectionRequest { cycle: cycle.clone(), ..Default::default() })
            ),
        ),
        (
            "ConveneSitting",
            outcome!(client.convene_sitting(wire::ConveneSittingRequest {
                request_id: request_id(),
                cycle: cycle.clone(),
                quorum: vec!["posts/second".into()]
            })),
        ),
        ("RecordDecision", outcome!(client.record_decision(request(wire::DecisionKind::Continue)))),
        ("DeferItem", outcome!(client.defer_item(put_off(item)))),
        (
            "SignMinutes",
            outcome!(client.sign_minutes(wire::SignMinutesRequest { request_id: request_id(), name: sitting.clone() })),
        ),
        (
            "ListActionItems",
            outcome!(client.list_action_items(wire::ListActionItemsRequest {
                parent: format!("stations/{unit}"),
                ..Default::default()
            })),
        ),
        (
            "ClaimActionItem",
            outcome!(client.claim_action_item(wire::ClaimActionItemRequest {
                request_id: request_id(),
                name: action_item.clone()
            })),
        ),
        (
            "VerifyActionItem",
            outcome!(client.verify_action_item(wire::VerifyActionItemRequest {
                request_id: request_id(),
                name: action_item.clone(),
                done: true
            })),
        ),
        (
            "WatchCycle",
            outcome!(client.watch_cycle(wire::WatchCycleRequest { name: cycle.clone(), resume_token: String::new() })),
        ),
    ]
}

/// A review in which Hazratganj is sitting and one action is owed.
async fn sitting() -> (Review, Things) {
    let review = Review::with_cases(&cases("ps-157-001", 16)).await;
    review.begin(october(24)).await;
    let cycle = review.cycle("ps-157-001", october(24)).await.name;
    let sitting = convene(&review, "ps-157-001", &cycle).await;
    let mut sho = review.sho("ps-157-001");
    let decided = sho.record_decision(expedite(&format!("{cycle}/items/1"), "ps-157-001-io")).await.unwrap();
    let things = Things {
        unit: "ps-157-001".into(),
        item: format!("{cycle}/items/2"),
        cycle,
        sitting: sitting.name,
        action_item: decided.into_inner().action_item.unwrap().name,
    };
    (review, things)
}

#[tokio::test]
async fn outside_the_scope_and_not_there_are_one_answer_from_every_method() {
    let (review, theirs) = sitting().await;
    let uuid = uuid::Uuid::new_v4();
    let missing = Things {
        unit: "ps-999-001".into(),
        cycle: format!("reviewCycles/{uuid}"),
        item: format!("reviewCycles/{uuid}/items/1"),
        sitting: format!("sittings/{uuid}"),
        action_item: format!("actionItems/{uuid}"),
    };
    let before = review.journal().await.len();
    for (role, unit) in [
        ("desk_officer", "ps-157-002"),
        ("station_house_officer", "ps-157-002"),
        ("circle_officer", "circle-157-2"),
        ("district_head", "district-164"),
        ("range_head", "district-164"),
        ("headquarters", "district-164"),
        ("auditor", "district-164"),
    ] {
        let mut stranger = review.client("posts/stranger", role, &[unit]);
        let foreign = every_method(&mut stranger, &theirs).await;
        for (method, reason) in &foreign {
            assert!(
                reason == "OUT_OF_SCOPE" || reason == "PERMISSION_MISSING",
                "{method} by {role} of {unit}: {reason}"
            );
        }
        assert_eq!(foreign, every_method(&mut stranger, &missing).await, "whether it exists is not told");
    }
    assert_eq!(review.journal().await.len(), before, "nothing was done");
}

#[tokio::test]
async fn every_method_asks_for_its_role() {
    let (review, ours) = sitting().await;
    for role in ["control_room", "public_reader", "feedback_caller", "registrar", "complainant", "follower"] {
        let mut client = review.client("posts/nobody", role, &["up"]);
        for (method, reason) in every_method(&mut client, &ours).await {
            assert_eq!(reason, "PERMISSION_MISSING", "{method} by {role}");
        }
    }
    for (role, units, not_for_it) in [
        (
            "desk_officer",
            "ps-157-001",
            vec![
                "PreviewSelection",
                "OpenCycle",
                "ListDocketItems",
                "VerifySelection",
                "ConveneSitting",
                "RecordDecision",
                "DeferItem",
                "VerifyActionItem",
                "WatchCycle",
            ],
        ),
        ("station_house_officer", "ps-157-001", vec!["PreviewSelection", "VerifySelection", "VerifyActionItem"]),
        (
            "auditor",
            "up",
            vec![
                "OpenCycle",
                "ConveneSitting",
                "RecordDecision",
                "DeferItem",
                "SignMinutes",
                "ClaimActionItem",
                "VerifyActionItem",
            ],
        ),
    ] {
        let mut client = review.client("posts/somebody", role, &[units]);
        let refused: Vec<_> = every_method(&mut client, &ours)
            .await
            .into_iter()
            .filter(|(method, reason)| {
                // Signing is a matter of having sat there, chairing of chairing there: not of the role alone.
                reason == "PERMISSION_MISSING"
                    && !(role == "desk_officer" && *method == "SignMinutes")
                    && !(role == "station_house_officer"
                        && ["RecordDecision", "DeferItem", "SignMinutes"].contains(method))
            })
            .map(|(method, _)| method)
            .collect();
        assert_eq!(refused, not_for_it, "{role}");
    }
}

#[tokio::test]
async fn policies_are_headquarters_alone_to_put_and_everybody_s_to_read() {
    let review = Review::start().await;
    let put = || wire::PutPolicyRequest { request_id: request_id(), policy: Some(weekly(ReviewLevel::Station)) };
    let get = || wire::GetPolicyRequest { level: ReviewLevel::Station.into(), as_of: None };
    let mut of_a_district = review.client("posts/hq", "headquarters", &["district-157"]);
    assert_eq!(outcome!(of_a_district.put_policy(put())), "OUT_OF_SCOPE", "a policy holds everywhere");
    let mut of_nowhere = review.client("posts/hq", "auditor", &[]);
    assert_eq!(outcome!(of_nowhere.get_policy(get())), "OUT_OF_SCOPE");
    for role in ["desk_officer", "station_house_officer", "circle_officer", "district_head", "range_head", "auditor"] {
        let mut client = review.client("posts/x", role, &["up"]);
        assert_eq!(outcome!(client.put_policy(put())), "PERMISSION_MISSING", "{role}");
        assert_eq!(outcome!(client.get_policy(get())), "NOT_FOUND", "{role}: none holds yet");
    }
    for role in ["public_reader", "complainant", "feedback_caller"] {
        let mut client = review.client("posts/x", role, &["up"]);
        assert_eq!(outcome!(client.get_policy(get())), "PERMISSION_MISSING", "{role}");
    }
    assert!(review.journal().await.is_empty());
}

#[tokio::test]
async fn every_read_tells_all_that_is_wrong_at_once() {
    let (review, _) = sitting().await;
    let mut headquarters = review.headquarters();
    let wrong = wire::ListCyclesRequest {
        parent: "x".into(),
        level: 9,
        states: vec![1, 0, 77],
        from: Some(platform::fields::date(october(25))),
        to: Some(platform::fields::date(october(24))),
        page_size: -1,
        page_token: "x".into(),
    };
    assert_eq!(
        crate::calls::wrong_fields(headquarters.list_cycles(wrong).await),
        ["page_size", "page_token", "parent", "level", "states[1]", "states[2]", "to"]
    );
    let wrong = wire::VerifySelectionRequest { cycle: "x".into(), page_size: -1, page_token: "x".into() };
    assert_eq!(
        crate::calls::wrong_fields(headquarters.verify_selection(wrong).await),
        ["page_size", "page_token", "cycle"]
    );
    let wrong = wire::OpenCycleRequest {
        request_id: "x".into(),
        name: "y".into(),
        make_up_from: Some(mahila_proto::google::r#type::Date { year: 2020, month: 13, day: 1 }),
    };
    assert_eq!(
        crate::calls::wrong_fields(headquarters.open_cycle(wrong).await),
        ["request_id", "name", "make_up_from"]
    );
    for fields in [
        crate::calls::wrong_fields(headquarters.get_cycle(wire::GetCycleRequest::default()).await),
        crate::calls::wrong_fields(headquarters.list_docket_items(wire::ListDocketItemsRequest::default()).await),
        crate::calls::wrong_fields(headquarters.preview_selection(wire::PreviewSelectionRequest::default()).await),
        crate::calls::wrong_fields(headquarters.watch_cycle(wire::WatchCycleRequest::default()).await),
    ] {
        assert_eq!(fields.len(), 1);
    }
}
