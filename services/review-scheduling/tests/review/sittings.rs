//! Sittings: who sits, what they decide, what goes up.

use mahila_proto::review::v1 as wire;
use platform::fields::date;
use sha2::{Digest as _, Sha256};
use wire::{CycleState, DecisionKind, ItemState, ReviewLevel, SittingState, Stratum};

use crate::calls::{
    convene, docket_of, expedite, go_on, put_off, refused, request_id, sign, sit_through, weekly, wrong_fields,
};
use crate::harness::Review;
use crate::tell::{Case, cases, october};

/// A review with an open cycle of Hazratganj; gives its name.
async fn open(cases: &[Case]) -> (Review, String) {
    let review = Review::with_cases(cases).await;
    review.begin(october(24)).await;
    let cycle = review.cycle("ps-157-001", october(24)).await.name;
    (review, cycle)
}

fn sitting_of(cycle: &str, quorum: &[&str]) -> wire::ConveneSittingRequest {
    let quorum = quorum.iter().map(|post| format!("posts/{post}")).collect();
    wire::ConveneSittingRequest { request_id: request_id(), cycle: cycle.into(), quorum }
}

#[tokio::test]
async fn a_sitting_has_a_quorum_besides_its_chair_and_one_is_held_at_a_time() {
    let (review, cycle) = open(&cases("ps-157-001", 16)).await;
    let mut sho = review.sho("ps-157-001");
    assert_eq!(
        wrong_fields(sho.convene_sitting(wire::ConveneSittingRequest::default()).await),
        ["request_id", "cycle", "quorum"]
    );
    let chair_twice = sitting_of(&cycle, &["ps-157-001-sho", "ps-157-001-sho"]);
    assert_eq!(wrong_fields(sho.convene_sitting(chair_twice).await), ["quorum[0]", "quorum[1]", "quorum"]);
    let twice = sitting_of(&cycle, &["ps-157-001-desk", "ps-157-001-desk"]);
    assert_eq!(wrong_fields(sho.convene_sitting(twice).await), ["quorum[1]"]);
    assert_eq!(review.get(&cycle).await.state(), CycleState::Open, "a refusal leaves nothing behind");

    let request = sitting_of(&cycle, &["ps-157-001-desk"]);
    let sitting = sho.convene_sitting(request.clone()).await.unwrap().into_inner();
    assert_eq!(sho.convene_sitting(request).await.unwrap().into_inner(), sitting, "the same again");
    assert_eq!(refused(sho.convene_sitting(sitting_of(&cycle, &["ps-157-001-si"])).await), "STATE_FORBIDS");
    // The circle's officer sees the cycle and does not chair it.
    let mut co = review.co("circle-157-1");
    assert_eq!(refused(co.convene_sitting(sitting_of(&cycle, &["x"])).await), "PERMISSION_MISSING");
    let planned = review.cycle("ps-157-001", october(31)).await.name;
    assert_eq!(refused(sho.convene_sitting(sitting_of(&planned, &["ps-157-001-desk"])).await), "STATE_FORBIDS");
}

#[tokio::test]
async fn a_case_is_decided_once_and_a_decision_that_asks_for_something_names_who_owes_it() {
    let (review, cycle) = open(&cases("ps-157-001", 16)).await;
    let mut sho = review.sho("ps-157-001");
    let item = review.docket(&cycle).await.remove(0);
    assert_eq!(refused(sho.record_decision(go_on(&item.name)).await), "STATE_FORBIDS", "nobody sits");
    convene(&review, "ps-157-001", &cycle).await;

    assert_eq!(
        wrong_fields(sho.record_decision(wire::RecordDecisionRequest::default()).await),
        ["request_id", "name", "kind"]
    );
    let all_wrong = wire::RecordDecisionRequest {
        request_id: "x".into(),
        name: "reviewCycles/1/items/0".into(),
        kind: 77,
        owner: "nobody".into(),
        due_day: Some(date(october(23))),
    };
    assert_eq!(wrong_fields(sho.record_decision(all_wrong).await), ["request_id", "name", "kind", "owner", "due_day"]);
    let nobody = wire::RecordDecisionRequest { kind: DecisionKind::RegisterFir.into(), ..go_on(&item.name) };
    assert_eq!(wrong_fields(sho.record_decision(nobody).await), ["owner"]);
    let needless =
        wire::RecordDecisionRequest { owner: "posts/io".into(), due_day: Some(date(october(26))), ..go_on(&item.name) };
    assert_eq!(wrong_fields(sho.record_decision(needless).await), ["owner", "due_day"]);

    let request = expedite(&item.name, "ps-157-001-io");
    let decided = sho.record_decision(request.clone()).await.unwrap().into_inner();
    let owed = decided.action_item.clone().unwrap();
    assert_eq!((owed.owner.as_str(), owed.due_day), ("posts/ps-157-001-io", Some(date(october(27)))), "three days");
    assert_eq!(decided.item.as_ref().unwrap().state(), ItemState::Reviewed);
    assert_eq!(sho.record_decision(request).await.unwrap().into_inner(), decided, "the same again");
    assert_eq!(refused(sho.record_decision(go_on(&item.name)).await), "STATE_FORBIDS");
    assert_eq!(refused(sho.defer_item(put_off(&item.name)).await), "STATE_FORBIDS");
    assert_eq!(refused(sho.record_decision(go_on(&format!("{cycle}/items/99"))).await), "NOT_FOUND");
    // Another house officer of the same station, standing in, does not chair this sitting.
    let mut other = review.client("posts/ps-157-001-sho-2", "station_house_officer", &["ps-157-001"]);
    assert_eq!(refused(other.record_decision(go_on(&format!("{cycle}/items/2"))).await), "PERMISSION_MISSING");

    let told: Vec<wire::DecisionRecorded> = review.entries("review.decision.recorded").await;
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].kind(), &told[0].decision), (DecisionKind::Expedite, &decided.decision));
    let subject = review.journal().await.into_iter().find(|entry| entry.kind == "review.decision.recorded").unwrap();
    assert_eq!(format!("complaints/{}", subject.subject), item.complaint);
}

#[tokio::test]
async fn minutes_need_a_second_person_and_never_change_once_they_are_signed() {
    let (review, cycle) = open(&cases("ps-157-001", 16)).await;
    let sitting = convene(&review, "ps-157-001", &cycle).await;
    let mut desk = review.desk("ps-157-001");
    assert_eq!(wrong_fields(desk.sign_minutes(wire::SignMinutesRequest::default()).await), ["request_id", "name"]);
    assert_eq!(refused(desk.sign_minutes(sign(&sitting)).await), "STATE_FORBIDS", "nothing was taken");
    let docket = review.docket(&cycle).await;
    let mut sho = review.sho("ps-157-001");
    sho.record_decision(go_on(&docket[0].name)).await.unwrap();
    sho.defer_item(put_off(&docket[1].name)).await.unwrap();
    assert_eq!(refused(sho.sign_minutes(sign(&sitting)).await), "SAME_PERSON");
    let mut absent = review.client("posts/ps-157-001-desk-2", "desk_officer", &["ps-157-001"]);
    assert_eq!(refused(absent.sign_minutes(sign(&sitting)).await), "PERMISSION_MISSING");
    let request = sign(&sitting);
    let signed = desk.sign_minutes(request.clone()).await.unwrap().into_inner();
    assert_eq!((signed.state(), signed.decided, signed.deferred), (SittingState::Signed, 1, 1));
    assert_eq!(desk.sign_minutes(request).await.unwrap().into_inner(), signed);
    assert_eq!(refused(desk.sign_minutes(sign(&sitting)).await), "STATE_FORBIDS", "signed is signed");
    assert_eq!(refused(sho.record_decision(go_on(&docket[2].name)).await), "STATE_FORBIDS");

    // The digest is over words that anybody can write down again.
    let at = |stamp: &Option<prost_types::Timestamp>| {
        let stamp = stamp.as_ref().unwrap();
        let instant = chrono::DateTime::from_timestamp(stamp.seconds, u32::try_from(stamp.nanos).unwrap()).unwrap();
        instant.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
    };
    let id = |name: &str| name.rsplit('/').next().unwrap().to_owned();
    let now = review.docket(&cycle).await;
    let decision: Vec<wire::DecisionRecorded> = review.entries("review.decision.recorded").await;
    let minutes = format!(
        "mahila-minutes/1\nsitting {}\ncycle {}\nchair posts/ps-157-001-sho\nquorum posts/ps-157-001-desk\nconvened {}\n\
         1 {} DECISION_KIND_CONTINUE {} {}\n2 {} DEFERRAL_REASON_REPORT_AWAITED {}\nsigned posts/ps-157-001-desk {}\n",
        id(&sitting.name),
        id(&cycle),
        at(&signed.convened_at),
        id(&now[0].complaint),
        decision[0].decision,
        at(&now[0].taken_at),
        id(&now[1].complaint),
        at(&now[1].taken_at),
        at(&signed.signed_at),
    );
    assert_eq!(signed.minutes_sha256, Sha256::digest(minutes).to_vec());

    // The rest is for another sitting of the same cycle.
    sit_through(&review, "ps-157-001", &cycle).await;
    let done = review.get(&cycle).await;
    assert_eq!((done.state(), done.reviewed, done.deferred, done.sittings.len()), (CycleState::Completed, 14, 1, 2));
    assert_eq!(done.sittings[0], signed);
}

#[tokio::test]
async fn fifteen_decisions_in_a_minute_are_told_as_such() {
    let (review, cycle) = open(&cases("ps-157-001", 16)).await;
    // The clock of this test stands still: all fifteen are decided in one instant.
    let signed = sit_through(&review, "ps-157-001", &cycle).await;
    assert_eq!((signed.decided_within_seconds, signed.most_decisions_in_a_minute), (0, 15));
    let held: Vec<wire::SittingHeld> = review.entries("review.sitting.held").await;
    assert_eq!(held[0].most_decisions_in_a_minute, 15);
}

#[tokio::test]
async fn a_sitting_that_nobody_signed_was_not_held() {
    let (review, cycle) = open(&cases("ps-157-001", 3)).await;
    let sitting = convene(&review, "ps-157-001", &cycle).await;
    let mut sho = review.sho("ps-157-001");
    for item in review.docket(&cycle).await {
        sho.record_decision(go_on(&item.name)).await.unwrap();
    }
    review.begin(october(31)).await;
    let over = review.get(&cycle).await;
    assert_eq!((over.state(), over.reviewed), (CycleState::Missed, 3), "decided, and not held");
    assert_eq!(over.sittings[0].state(), SittingState::NotHeld);
    assert_eq!(refused(review.desk("ps-157-001").sign_minutes(sign(&sitting)).await), "STATE_FORBIDS");
    assert!(review.entries::<wire::SittingHeld>("review.sitting.held").await.is_empty());
}

#[tokio::test]
async fn a_case_is_put_off_twice_and_the_third_time_goes_to_the_district() {
    let all = cases("ps-157-001", 1);
    let review = Review::with_cases(&all).await;
    review.put_policy(weekly(ReviewLevel::District)).await;
    let mut sho = review.sho("ps-157-001");
    let weeks = [october(24), october(31), october(31) + chrono::Days::new(7)];
    for (before, week) in weeks.into_iter().enumerate() {
        review.begin(week).await;
        let cycle = review.cycle("ps-157-001", week).await.name;
        let sitting = convene(&review, "ps-157-001", &cycle).await;
        let item = review.docket(&cycle).await.remove(0);
        assert_eq!(item.deferrals, i32::try_from(before).unwrap());
        assert_eq!(item.stratum() == Stratum::Carried, before > 0);
        let off = sho.defer_item(put_off(&item.name)).await.unwrap().into_inner();
        assert_eq!(off.goes_up, before == 2, "week {before}");
        review.desk("ps-157-001").sign_minutes(sign(&sitting)).await.unwrap();
        assert_eq!(review.get(&cycle).await.state(), CycleState::Completed, "put off within the rules");
    }
    let told: Vec<wire::ItemDeferred> = review.entries("review.item.deferred").await;
    assert_eq!(
        told.iter().map(|entry| (entry.time, entry.goes_up)).collect::<Vec<_>>(),
        [(1, false), (2, false), (3, true)]
    );
    let wrong = wire::DeferItemRequest { reason: wire::DeferralReason::Recused.into(), ..put_off("x") };
    assert_eq!(wrong_fields(sho.defer_item(wrong).await), ["name", "reason"]);

    let next = weeks[2] + chrono::Days::new(7);
    review.begin(next).await;
    let district = review.cycle("district-157", next).await.name;
    let item = review.docket(&district).await.remove(0);
    assert_eq!(item.carried_reason(), wire::CarriedReason::SentUp);
    assert_eq!((item.complaint, item.deferrals), (all[0].name(), 0));
    // And not at the station any more as a carried one.
    let station = review.docket(&review.cycle("ps-157-001", next).await.name).await;
    assert!(station.iter().all(|item| item.stratum() != Stratum::Carried));
}

#[tokio::test]
async fn a_chair_whose_station_is_a_party_neither_decides_nor_puts_off_nor_sees_and_the_case_goes_up() {
    let mut all = cases("ps-157-001", 10);
    let review = Review::with_cases(&all).await;
    review.put_policy(weekly(ReviewLevel::District)).await;
    review.begin(october(24)).await;
    let cycle = review.cycle("ps-157-001", october(24)).await.name;
    let docket = review.docket(&cycle).await;
    let number = |case: &Case| docket.iter().find(|item| item.complaint == case.name()).unwrap().clone();
    let (before, during) = (number(&all[0]), number(&all[1]));

    // Found before the sitting: it is gone when they sit down.
    let told = all[0].hidden();
    review.tell([told]).await;
    let mut sho = review.sho("ps-157-001");
    assert_eq!(docket_of(&mut sho, &cycle).await.len(), 9, "hidden from the station's docket");
    let sitting = convene(&review, "ps-157-001", &cycle).await;
    let up = review.docket(&cycle).await.into_iter().find(|item| item.name == before.name).unwrap();
    assert_eq!(
        (up.state(), up.deferral_reason(), up.goes_up),
        (ItemState::Deferred, wire::DeferralReason::Recused, true)
    );

    // Found while they sit: the chair cannot touch it, and it goes with the minutes.
    let told = all[1].hidden();
    review.tell([told]).await;
    assert_eq!(refused(sho.record_decision(go_on(&during.name)).await), "RECUSED");
    assert_eq!(refused(sho.defer_item(put_off(&during.name)).await), "RECUSED");
    for item in docket_of(&mut sho, &cycle).await {
        sho.record_decision(go_on(&item.name)).await.unwrap();
    }
    review.desk("ps-157-001").sign_minutes(sign(&sitting)).await.unwrap();
    let done = review.get(&cycle).await;
    assert_eq!((done.state(), done.reviewed, done.deferred), (CycleState::Completed, 8, 2));

    review.begin(october(31)).await;
    let district = review.docket(&review.cycle("district-157", october(31)).await.name).await;
    for case in &all[..2] {
        let item = district.iter().find(|item| item.complaint == case.name()).expect("the district takes it");
        assert_eq!((item.stratum(), item.carried_reason()), (Stratum::Carried, wire::CarriedReason::NoStation));
    }
    let station = review.docket(&review.cycle("ps-157-001", october(31)).await.name).await;
    assert!(station.iter().all(|item| item.complaint != all[0].name() && item.complaint != all[1].name()));
}

#[tokio::test]
async fn a_chair_who_may_decide_none_of_what_is_left_cannot_sit() {
    let mut all = cases("ps-157-001", 2);
    let (review, cycle) = open(&all).await;
    let told: Vec<_> = all.iter_mut().map(Case::hidden).collect();
    review.tell(told).await;
    let mut sho = review.sho("ps-157-001");
    assert_eq!(refused(sho.convene_sitting(sitting_of(&cycle, &["ps-157-001-desk"])).await), "RECUSED");
    review.begin(october(31)).await;
    let over = review.get(&cycle).await;
    assert_eq!((over.state(), over.deferred, over.not_reached), (CycleState::Missed, 2, 0));
    assert!(over.sittings.is_empty());
}
