//! Cycles: planned ahead, opened once, closed with what they came to.

use std::collections::BTreeSet;

use mahila_proto::review::v1 as wire;
use platform::fields::{date, day_of};
use wire::{CarriedReason, CycleState, ItemState, ReviewLevel, ShortfallReason, Stratum};

use crate::calls::{convene, expedite, go_on, refused, request_id, sign, sit_through, weekly, wrong_fields};
use crate::harness::{Review, at};
use crate::tell::{cases, october};

#[tokio::test]
async fn a_cycle_is_planned_published_opened_sat_through_signed_completed_and_verified() {
    let all = cases("ps-157-001", 20);
    let review = Review::with_cases(&all).await;
    review.do_due().await;
    let planned = review.cycle("ps-157-001", october(24)).await;
    assert_eq!((planned.state(), day_of(planned.to.as_ref())), (CycleState::Planned, Some(october(30))));
    let published: Vec<wire::CyclePlanned> = review.entries("review.cycle.planned").await;
    let of_ours = published.iter().find(|entry| entry.place.as_ref().unwrap().cycle == planned.name).unwrap();
    assert_eq!(of_ours.seed_sha256, planned.seed_sha256);
    assert!(review.docket(&planned.name).await.is_empty(), "nothing is selected yet");

    review.begin(october(24)).await;
    let open = review.get(&planned.name).await;
    assert_eq!((open.state(), open.eligible, open.selected), (CycleState::Open, 20, 15));
    assert!(open.seed.is_empty() && open.docket_sha256.len() == 32);
    let opened: Vec<wire::CycleOpened> = review.entries("review.cycle.opened").await;
    assert_eq!(opened.iter().filter(|entry| entry.docket_sha256 == open.docket_sha256).count(), 1);
    let docket = review.docket(&planned.name).await;
    assert_eq!(docket.iter().map(|item| item.number).collect::<Vec<_>>(), (1..=15).collect::<Vec<_>>());
    assert!(docket.iter().all(|item| item.why.as_ref().is_some_and(|why| !why.en.is_empty() && !why.hi.is_empty())));

    review.advance_to(at("2020-10-26 11:00")).await;
    let sitting = convene(&review, "ps-157-001", &planned.name).await;
    assert_eq!(review.get(&planned.name).await.state(), CycleState::InSession);
    let mut sho = review.sho("ps-157-001");
    for (number, item) in docket.iter().enumerate() {
        review
            .clock
            .advance_to(at("2020-10-26 11:00") + chrono::Duration::minutes(10 * i64::try_from(number).unwrap()))
            .unwrap();
        let decision = if number == 0 { expedite(&item.name, "ps-157-001-io") } else { go_on(&item.name) };
        sho.record_decision(decision).await.unwrap();
    }
    let signed = review.desk("ps-157-001").sign_minutes(sign(&sitting)).await.unwrap().into_inner();
    assert_eq!((signed.decided, signed.decided_within_seconds, signed.most_decisions_in_a_minute), (15, 8_400, 1));

    let done = review.get(&planned.name).await;
    assert_eq!((done.state(), done.reviewed, done.not_reached), (CycleState::Completed, 15, 0), "at once");
    assert_eq!(done.sittings, std::slice::from_ref(&signed));
    let held: Vec<wire::SittingHeld> = review.entries("review.sitting.held").await;
    assert_eq!(held[0].minutes_sha256, signed.minutes_sha256);
    let closed: Vec<wire::CycleClosed> = review.entries("review.cycle.closed").await;
    let ours = closed.iter().find(|entry| entry.place.as_ref().unwrap().cycle == planned.name).unwrap();
    assert_eq!((&ours.seed, ours.state(), ours.reviewed), (&done.seed, CycleState::Completed, 15));

    let request = wire::VerifySelectionRequest { cycle: planned.name, ..Default::default() };
    let answer = review.auditor().verify_selection(request).await.unwrap().into_inner();
    let published = (&of_ours.seed_sha256[..], &open.docket_sha256[..]);
    let verdict = review_scheduling::verify_selection(&[answer], Some(published)).unwrap();
    assert!(verdict.holds(), "{verdict:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_schedulers_plan_open_and_close_each_cycle_once() {
    let all: Vec<_> =
        ["ps-157-001", "ps-157-002", "ps-164-001"].iter().flat_map(|station| cases(station, 16)).collect();
    let review = Review::with_cases(&all).await;
    let other = review.another().await;
    for day in ["2020-10-23 12:00", "2020-10-24 00:01", "2020-10-31 00:01", "2020-11-07 00:01"] {
        review.clock.advance_to(at(day)).unwrap();
        tokio::join!(review.do_due(), other.do_due(at(day)), review.do_due(), other.do_due(at(day)));
    }
    for kind in ["review.cycle.planned", "review.cycle.opened", "review.cycle.closed"] {
        let subjects: Vec<_> =
            review.journal().await.into_iter().filter(|entry| entry.kind == kind).map(|entry| entry.subject).collect();
        let distinct: BTreeSet<_> = subjects.iter().collect();
        assert_eq!(distinct.len(), subjects.len(), "{kind}: once a cycle");
        // Weeks of the 24th, 31st and 7th are open or over; that of the 14th is planned.
        let weeks = match kind {
            "review.cycle.planned" => 4,
            "review.cycle.opened" => 3,
            _ => 2,
        };
        assert_eq!(subjects.len(), 3 * weeks, "{kind}");
    }
    let cycles = review.cycles(ReviewLevel::Station).await;
    let distinct: BTreeSet<_> = cycles.iter().map(|cycle| (cycle.unit.clone(), day_of(cycle.from.as_ref()))).collect();
    assert_eq!((cycles.len(), distinct.len()), (12, 12));
    let seeds: BTreeSet<_> = cycles.iter().map(|cycle| cycle.seed_sha256.clone()).collect();
    assert_eq!(seeds.len(), 12, "a seed of its own for each");
}

#[tokio::test]
async fn nine_one_and_no_case_are_all_there_is_and_it_says_so() {
    let all: Vec<_> = cases("ps-157-001", 9).into_iter().chain(cases("ps-157-002", 1)).collect();
    let review = Review::with_cases(&all).await;
    review.begin(october(24)).await;
    for (station, count, reason, state) in [
        ("ps-157-001", 9, ShortfallReason::FewCases, CycleState::Open),
        ("ps-157-002", 1, ShortfallReason::FewCases, CycleState::Open),
        ("ps-164-001", 0, ShortfallReason::NoCases, CycleState::Completed),
    ] {
        let cycle = review.cycle(station, october(24)).await;
        assert_eq!(
            (cycle.eligible, cycle.selected, cycle.shortfall_reason(), cycle.state()),
            (count, count, reason, state),
            "{station}"
        );
    }
    sit_through(&review, "ps-157-001", &review.cycle("ps-157-001", october(24)).await.name).await;
    assert_eq!(review.cycle("ps-157-001", october(24)).await.state(), CycleState::Completed, "nine of nine are all");
}

#[tokio::test]
async fn a_missed_cycle_stays_missed_and_another_may_make_up_for_it() {
    let review = Review::with_cases(&cases("ps-157-001", 16)).await;
    review.begin(october(24)).await;
    review.begin(october(31)).await;
    let missed = review.cycle("ps-157-001", october(24)).await;
    assert_eq!((missed.state(), missed.selected, missed.not_reached), (CycleState::Missed, 15, 15));
    assert_eq!(missed.seed.len(), 32, "its seed is told all the same");

    let mut sho = review.sho("ps-157-001");
    let ask =
        |make_up_from| wire::OpenCycleRequest { request_id: request_id(), name: missed.name.clone(), make_up_from };
    assert_eq!(wrong_fields(sho.open_cycle(ask(None)).await), ["make_up_from"]);
    assert_eq!(wrong_fields(sho.open_cycle(ask(Some(date(october(31))))).await), ["make_up_from"], "today is too soon");
    let from = october(31).succ_opt().unwrap();
    let made_up = sho.open_cycle(ask(Some(date(from)))).await.unwrap().into_inner();
    assert_eq!((made_up.state(), &made_up.makes_up_for), (CycleState::Planned, &missed.name));
    let again = sho.open_cycle(ask(Some(date(from)))).await.unwrap().into_inner();
    assert_eq!(again.name, made_up.name, "once");
    let planned: Vec<wire::CyclePlanned> = review.entries("review.cycle.planned").await;
    let ours = planned.iter().find(|entry| entry.makes_up_for == missed.name).unwrap();
    assert_eq!(ours.seed_sha256, made_up.seed_sha256, "published the day before");

    review.begin(from).await;
    sit_through(&review, "ps-157-001", &made_up.name).await;
    assert_eq!(review.get(&made_up.name).await.state(), CycleState::Completed);
    let still = review.get(&missed.name).await;
    assert_eq!((still.state(), still.made_up_by), (CycleState::Missed, made_up.name));
}

#[tokio::test]
async fn what_was_not_reached_comes_first_at_the_next_cycle() {
    let review = Review::with_cases(&cases("ps-157-001", 40)).await;
    review.begin(october(24)).await;
    let first = review.cycle("ps-157-001", october(24)).await.name;
    let sitting = convene(&review, "ps-157-001", &first).await;
    let docket = review.docket(&first).await;
    let mut sho = review.sho("ps-157-001");
    for item in &docket[..5] {
        sho.record_decision(go_on(&item.name)).await.unwrap();
    }
    review.desk("ps-157-001").sign_minutes(sign(&sitting)).await.unwrap();
    assert_eq!(review.get(&first).await.state(), CycleState::InSession, "ten are left");
    review.begin(october(31)).await;
    let over = review.get(&first).await;
    assert_eq!((over.state(), over.reviewed, over.not_reached), (CycleState::Partial, 5, 10));

    let next = review.cycle("ps-157-001", october(31)).await.name;
    let carried: Vec<_> =
        review.docket(&next).await.into_iter().filter(|item| item.stratum() == Stratum::Carried).collect();
    assert_eq!(carried.iter().map(|item| item.number).collect::<Vec<_>>(), (1..=10).collect::<Vec<_>>());
    assert!(carried.iter().all(|item| item.carried_reason() == CarriedReason::NotReached));
    let left: BTreeSet<_> = docket[5..].iter().map(|item| item.complaint.clone()).collect();
    assert_eq!(carried.iter().map(|item| item.complaint.clone()).collect::<BTreeSet<_>>(), left);
    let reviewed: BTreeSet<_> = docket[..5].iter().map(|item| item.complaint.clone()).collect();
    let urgent = review.docket(&next).await;
    let again = urgent.iter().filter(|item| reviewed.contains(&item.complaint) && item.stratum() != Stratum::Random);
    assert_eq!(again.count(), 0, "what was reviewed last week stands back");
}

#[tokio::test]
async fn a_cycle_opens_by_hand_as_it_does_by_itself() {
    let review = Review::with_cases(&cases("ps-157-001", 16)).await;
    review.do_due().await;
    let planned = review.cycle("ps-157-001", october(24)).await;
    let ask = || wire::OpenCycleRequest { request_id: request_id(), name: planned.name.clone(), make_up_from: None };
    let mut sho = review.sho("ps-157-001");
    assert_eq!(refused(sho.open_cycle(ask()).await), "STATE_FORBIDS", "its first day has not come");
    review.clock.advance_to(at("2020-10-24 09:00")).unwrap();
    let request = ask();
    let open = sho.open_cycle(request.clone()).await.unwrap().into_inner();
    assert_eq!((open.state(), open.selected), (CycleState::Open, 15));
    assert_eq!(sho.open_cycle(request).await.unwrap().into_inner(), open, "the same again");
    assert_eq!(sho.open_cycle(ask()).await.unwrap().into_inner().docket_sha256, open.docket_sha256);
    review.do_due().await;
    let opened: Vec<wire::CycleOpened> = review.entries("review.cycle.opened").await;
    assert_eq!(opened.iter().filter(|entry| entry.docket_sha256 == open.docket_sha256).count(), 1);
    let absurd = wire::OpenCycleRequest { make_up_from: Some(date(october(26))), ..ask() };
    assert_eq!(wrong_fields(sho.open_cycle(absurd).await), ["make_up_from"]);
}

#[tokio::test]
async fn after_a_standstill_of_weeks_each_expected_cycle_is_a_record() {
    use CycleState::{Missed, Open, Planned};
    let review = Review::with_cases(&cases("ps-157-001", 16)).await;
    review.advance_to(at("2020-11-20 09:00")).await;
    let mut cycles = review.cycles(ReviewLevel::Station).await;
    cycles.retain(|cycle| cycle.unit == "units/ps-157-001");
    cycles.sort_by_key(|cycle| day_of(cycle.from.as_ref()));
    let states: Vec<_> = cycles.iter().map(wire::ReviewCycle::state).collect();
    assert_eq!(states, [Missed, Missed, Missed, Open, Planned]);
    assert!(cycles[0].docket_sha256.is_empty(), "nothing was selected after the fact");
    review.do_due().await;
    assert_eq!(review.cycles(ReviewLevel::Station).await.len(), 15, "and none twice");
}

#[tokio::test]
async fn cycles_are_listed_by_place_state_and_days_a_page_at_a_time() {
    let review = Review::with_cases(&cases("ps-157-001", 3)).await;
    review.put_policy(weekly(ReviewLevel::District)).await;
    review.begin(october(24)).await;
    let mut ssp = review.ssp("district-157");
    let list = |parent: &str, level: ReviewLevel, page_size, page_token: &str| wire::ListCyclesRequest {
        parent: parent.into(),
        level: level.into(),
        page_size,
        page_token: page_token.into(),
        ..Default::default()
    };
    let mut seen = Vec::new();
    let mut token = String::new();
    loop {
        let page = ssp.list_cycles(list("", ReviewLevel::Unspecified, 2, &token)).await.unwrap().into_inner();
        assert!(page.cycles.len() <= 2);
        seen.extend(page.cycles.into_iter().map(|cycle| (cycle.unit, day_of(cycle.from.as_ref()))));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    let distinct: BTreeSet<_> = seen.iter().cloned().collect();
    assert_eq!((seen.len(), distinct.len()), (6, 6), "two stations and the district, two weeks each: {seen:?}");
    let other = list("units/circle-157-1", ReviewLevel::Unspecified, 10, "");
    let units: BTreeSet<_> =
        ssp.list_cycles(other).await.unwrap().into_inner().cycles.into_iter().map(|c| c.unit).collect();
    assert_eq!(units.into_iter().collect::<Vec<_>>(), ["units/ps-157-001"]);
    let open = wire::ListCyclesRequest {
        states: vec![CycleState::Open.into()],
        from: Some(date(october(24))),
        to: Some(date(october(24))),
        ..list("stations/ps-157-001", ReviewLevel::Station, 10, "")
    };
    let open = ssp.list_cycles(open).await.unwrap().into_inner().cycles;
    assert_eq!(open.iter().map(|cycle| cycle.selected).collect::<Vec<_>>(), [3]);
    let items = review.docket(&open[0].name).await;
    assert!(items.iter().all(|item| item.state() == ItemState::Listed));
}
