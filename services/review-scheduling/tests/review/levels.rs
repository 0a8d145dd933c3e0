//! Above the stations.

use std::collections::BTreeSet;

use mahila_proto::intake::v1::ClockCode;
use mahila_proto::review::v1 as wire;
use wire::{CarriedReason, CycleState, ReviewLevel, Stratum};

use crate::calls::{expedite, go_on, refused, request_id, sign, weekly};
use crate::harness::Review;
use crate::tell::{Case, cases, october};

#[tokio::test]
async fn a_district_takes_first_what_no_station_may_and_then_what_presses_in_all_of_it() {
    let mut all = cases("ps-157-001", 8);
    all.extend(cases("ps-157-002", 8));
    // Hidden from the first word; and a case of another district.
    all[0].station = String::new();
    let foreign = Case::at("ps-164-001", october(1));
    all[9].due = Some(october(26));
    let review = Review::with_cases(&all).await;
    review.tell([foreign.registered()]).await;
    for level in [ReviewLevel::Circle, ReviewLevel::District, ReviewLevel::State] {
        review.put_policy(wire::ReviewPolicy { random_minimum: 0, ..weekly(level) }).await;
    }
    review.begin(october(24)).await;

    let district = review.cycle("district-157", october(24)).await;
    assert_eq!((district.eligible, district.selected), (16, 15));
    let docket = review.docket(&district.name).await;
    assert_eq!((docket[0].complaint.clone(), docket[0].carried_reason()), (all[0].name(), CarriedReason::NoStation));
    assert_eq!((docket[1].complaint.clone(), docket[1].stratum()), (all[9].name(), Stratum::Clock));
    assert!(docket.iter().all(|item| item.complaint != foreign.name()));

    let station = review.cycle("ps-157-001", october(24)).await;
    assert_eq!(station.eligible, 7, "never at the station");
    let circle = review.cycle("circle-157-1", october(24)).await;
    assert_eq!(circle.eligible, 7, "nor at its circle");
    let state = review.cycle("up", october(24)).await;
    assert_eq!(state.eligible, 17);
    let state = review.docket(&state.name).await;
    assert!(state.iter().all(|item| item.stratum() != Stratum::Carried), "the district has it");
}

#[tokio::test]
async fn the_agenda_above_the_stations_comes_from_the_worst_figures_below() {
    // Nine of ten late at the first station; three of twenty at the second, whose cases are older; none at the third.
    let (first, second, third) = (cases("ps-157-001", 10), cases("ps-157-002", 20), cases("ps-164-001", 20));
    let review = Review::with_cases(&[]).await;
    let late = first[..9].iter().map(|case| case.breached(ClockCode::Medical, october(20)));
    let late = late.chain(second[..3].iter().map(|case| case.breached(ClockCode::Medical, october(10))));
    let told: Vec<_> = first.iter().chain(&second).chain(&third).map(Case::registered).chain(late).collect();
    review.tell(told).await;
    for level in [ReviewLevel::District, ReviewLevel::State] {
        review.put_policy(wire::ReviewPolicy { random_minimum: 0, ..weekly(level) }).await;
    }
    review.begin(october(24)).await;

    let names = |cases: &[Case]| cases.iter().map(Case::name).collect::<BTreeSet<_>>();
    for unit in ["district-157", "up"] {
        let cycle = review.cycle(unit, october(24)).await;
        let docket = review.docket(&cycle.name).await;
        let worst: Vec<_> = docket.iter().filter(|item| item.stratum() == Stratum::WorstBelow).collect();
        assert_eq!(worst.len(), 7, "{unit}: half of the docket");
        let late = names(&first[..9]).union(&names(&second[..3])).cloned().collect();
        assert!(worst.iter().map(|item| item.complaint.clone()).collect::<BTreeSet<_>>().is_subset(&late), "{unit}");
        assert!(worst[0].why.as_ref().is_some_and(|why| why.en.contains("worst figures")), "{:?}", worst[0].why);
        assert_eq!(
            docket.iter().filter(|item| item.stratum() == Stratum::Clock).count(),
            5,
            "{unit}: the other late ones"
        );
        let request = wire::VerifySelectionRequest { cycle: cycle.name, page_size: 0, page_token: String::new() };
        let verified = review.auditor().verify_selection(request).await.unwrap().into_inner();
        assert!(verified.seed_holds && verified.docket_holds, "{unit}");
    }
    let station = review.docket(&review.cycle("ps-157-001", october(24)).await.name).await;
    assert!(station.iter().all(|item| item.stratum() != Stratum::WorstBelow), "nothing is below a station");
}

#[tokio::test]
async fn each_level_is_chaired_by_its_own() {
    let review = Review::with_cases(&cases("ps-157-001", 4)).await;
    for level in [ReviewLevel::Circle, ReviewLevel::District, ReviewLevel::State] {
        review.put_policy(weekly(level)).await;
    }
    review.begin(october(24)).await;
    let convene = |cycle: &str| wire::ConveneSittingRequest {
        request_id: request_id(),
        cycle: cycle.into(),
        quorum: vec!["posts/second".into()],
    };
    let roles = ["station_house_officer", "circle_officer", "district_head", "range_head", "headquarters"];
    for (unit, chair) in [("ps-157-001", 0), ("circle-157-1", 1), ("district-157", 2), ("up", 4)] {
        let cycle = review.cycle(unit, october(24)).await.name;
        for (place, role) in roles.iter().enumerate() {
            let mut client = review.client(&format!("posts/{role}"), role, &["up"]);
            let answer = client.convene_sitting(convene(&cycle)).await;
            if place == chair {
                answer.unwrap();
            } else {
                assert_eq!(refused(answer), "PERMISSION_MISSING", "{role} of {unit}");
            }
        }
    }
}

#[tokio::test]
async fn a_district_sits_decides_and_is_done_like_a_station() {
    let review = Review::with_cases(&cases("ps-157-001", 4)).await;
    review.put_policy(weekly(ReviewLevel::District)).await;
    review.begin(october(24)).await;
    let cycle = review.cycle("district-157", october(24)).await.name;
    let mut ssp = review.ssp("district-157");
    let request = wire::ConveneSittingRequest {
        request_id: request_id(),
        cycle: cycle.clone(),
        quorum: vec!["posts/circle-157-1-co".into()],
    };
    let sitting = ssp.convene_sitting(request).await.unwrap().into_inner();
    let docket = review.docket(&cycle).await;
    ssp.record_decision(expedite(&docket[0].name, "ps-157-001-sho")).await.unwrap();
    for item in &docket[1..] {
        ssp.record_decision(go_on(&item.name)).await.unwrap();
    }
    // A circle's officer sits in the district's review and signs for it, though the district lies above the circle.
    let mut second = review.client("posts/circle-157-1-co", "circle_officer", &["district-157"]);
    second.sign_minutes(sign(&sitting)).await.unwrap();
    assert_eq!(review.get(&cycle).await.state(), CycleState::Completed);

    // The house officer owes it, sees it and says when it is done, though the district's review is none of the station's.
    let mut sho = review.sho("ps-157-001");
    let mine = wire::ListActionItemsRequest { mine_only: true, ..Default::default() };
    let mine = sho.list_action_items(mine).await.unwrap().into_inner().action_items;
    assert_eq!(mine.len(), 1);
    let claim = wire::ClaimActionItemRequest { request_id: request_id(), name: mine[0].name.clone() };
    assert_eq!(sho.claim_action_item(claim).await.unwrap().into_inner().state(), wire::ActionItemState::Claimed);
    let verify = || wire::VerifyActionItemRequest { request_id: request_id(), name: mine[0].name.clone(), done: true };
    assert_eq!(refused(ssp.verify_action_item(verify()).await), "SAME_PERSON", "the district decided it");
    review.headquarters().verify_action_item(verify()).await.unwrap();
}
