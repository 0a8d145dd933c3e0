//! Reviews and awareness events.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{counted, number, october, value};
use crate::ledger::Tally;
use crate::ledger::campaign::{Coverage, EventMoved};
use crate::ledger::happening::Happening;
use crate::ledger::measure::{Breakdown, Measure, Slot};
use crate::ledger::review::{Docket, Review};
use crate::ledger::states::{ActionItemState, CycleState, EventState};

fn docket(level: i16) -> Docket {
    Docket { unit: "ps-1".into(), level, from: october(10), to: october(16) }
}

fn figures(reviews: Vec<Review>, from: u32, to: u32) -> Vec<(Measure, i64)> {
    let tally = counted(&reviews.into_iter().map(Happening::Review).collect::<Vec<_>>());
    let wholes = platform::terms::Term::ALL
        .iter()
        .map(|measure: &Measure| (*measure, value(&tally, Slot::whole(*measure), None, october(from), october(to))));
    wholes.filter(|(_, n)| *n != 0).collect()
}

#[test]
fn fifteen_that_continue_are_reviewed_fifteen_and_acted_upon_none() {
    let decided = |kind| Review::Decided { docket: docket(1), kind, day: october(12) };
    let fifteen: Vec<Review> = vec![decided(1); 15];
    assert_eq!(figures(fifteen, 10, 16), [(Measure::ReviewItemsReviewed, 15)]);
}

#[test]
fn acted_upon_is_what_another_verified() {
    use ActionItemState::{Claimed, Open, Rejected, Verified};
    let item =
        |from, to, in_time, day: u32| Review::ActionItem { docket: docket(1), from, to, in_time, day: october(day) };
    let told = vec![
        item(None, Some(Open), false, 12),
        item(Some(Open), Some(Claimed), false, 13),
        item(Some(Claimed), Some(Rejected), false, 13),
        Review::Overdue { docket: docket(1), day: october(14) },
        item(Some(Rejected), Some(Claimed), false, 15),
        item(Some(Claimed), Some(Verified), false, 16),
        item(None, Some(Open), false, 12),
        item(Some(Claimed), Some(Verified), true, 13),
    ];
    assert_eq!(
        figures(told.clone(), 10, 16),
        [
            (Measure::ActedUpon, 2),
            (Measure::ActionItemsMade, 2),
            (Measure::ActionItemsClaimed, 2),
            (Measure::ActionItemsVerifiedInTime, 1),
            (Measure::ActionItemsOverdue, 1)
        ]
    );
    assert_eq!(
        figures(told, 10, 13),
        [
            (Measure::ActedUpon, 1),
            (Measure::ActionItemsMade, 2),
            (Measure::ActionItemsClaimed, 1),
            (Measure::ActionItemsVerifiedInTime, 1)
        ],
        "as it stood then"
    );
}

#[test]
fn a_cycle_is_expected_on_its_first_day_and_ends_on_its_last_though_it_is_swept_after_midnight() {
    let planned = Review::Planned { docket: docket(1) };
    let closed =
        |state, day| Review::Closed { docket: docket(1), state: Some(state), not_reached: 4, day: october(day) };
    let missed = vec![planned.clone(), closed(CycleState::Missed, 17)];
    assert_eq!(
        figures(missed.clone(), 10, 16),
        [(Measure::ReviewCyclesExpected, 1), (Measure::ReviewCyclesMissed, 1), (Measure::ReviewItemsNotReached, 4)]
    );
    assert_eq!(figures(missed.clone(), 10, 15), [(Measure::ReviewCyclesExpected, 1)]);
    assert_eq!(figures(missed, 17, 20), []);
    assert_eq!(
        figures(vec![planned.clone(), closed(CycleState::Partial, 14)], 10, 14)[1..3],
        [(Measure::ReviewCyclesHeld, 1), (Measure::ReviewCyclesPartial, 1)]
    );
    assert_eq!(
        figures(vec![planned, closed(CycleState::Completed, 14)], 10, 14)[1..3],
        [(Measure::ReviewCyclesHeld, 1), (Measure::ReviewCyclesCompleted, 1)]
    );
}

#[test]
fn a_docket_is_counted_by_stratum_and_level_with_the_reason_why_it_is_short() {
    let opened =
        Review::Opened { docket: docket(3), selected: 9, strata: vec![(1, 4), (6, 5)], shortfall: 1, day: october(10) };
    let tally = counted(&[Happening::Review(opened)]);
    let lines: Vec<(Slot, i64)> = tally.lines().map(|(line, n)| (line.slot, n)).collect();
    let selected = |breakdown, key| Slot::by(Measure::ReviewItemsSelected, breakdown, key);
    assert_eq!(
        lines,
        [
            (Slot::whole(Measure::ReviewShortfalls), 1),
            (Slot::by(Measure::ReviewShortfalls, Breakdown::Reason, 1), 1),
            (Slot::whole(Measure::ReviewItemsSelected), 9),
            (selected(Breakdown::Stratum, 1), 4),
            (selected(Breakdown::Stratum, 6), 5),
            (selected(Breakdown::Level, 3), 9)
        ]
    );
}

#[test]
fn fifteen_decisions_within_a_minute_are_hurried_and_fourteen_are_not() {
    let sitting = |most_in_a_minute| Review::Sitting { docket: docket(1), most_in_a_minute, day: october(12) };
    assert_eq!(
        figures(vec![sitting(15), sitting(14), sitting(0)], 10, 16),
        [(Measure::ReviewSittingsHeld, 3), (Measure::ReviewSittingsHurried, 1)]
    );
}

fn event(code: &str, to: EventState, day: u32) -> EventMoved {
    EventMoved {
        station: "ps-1".into(),
        district: "district-1".into(),
        place_code: code.into(),
        kind: 3,
        planned: october(10),
        to: Some(to),
        women: 40,
        girls: 9,
        day: october(day),
    }
}

#[test]
fn only_verified_events_are_held_and_reach_anybody() {
    use EventState::{Approved, Cancelled, Disputed, Lapsed, Proposed, Rejected, Reported, Verified};
    let told = [Proposed, Rejected, Approved, Reported, Disputed, Lapsed, Cancelled];
    let of = |told: &[EventState], from, to| {
        let happened: Vec<Happening> = told.iter().map(|to| Happening::Event(event("v-1", *to, 12))).collect();
        let tally = counted(&happened);
        let wholes = platform::terms::Term::ALL.iter().map(|measure: &Measure| {
            (*measure, value(&tally, Slot::whole(*measure), None, october(from), october(to)))
        });
        wholes.filter(|(_, n)| *n != 0).collect::<Vec<_>>()
    };
    assert_eq!(
        of(&told, 1, 30),
        [
            (Measure::CampaignEventsPlanned, 1),
            (Measure::CampaignEventsClaimed, 1),
            (Measure::CampaignEventsDisputed, 1),
            (Measure::CampaignEventsLapsed, 1),
            (Measure::CampaignEventsCancelled, 1)
        ]
    );
    assert_eq!(
        of(&[Verified], 12, 12),
        [(Measure::CampaignEventsVerified, 1), (Measure::WomenReached, 40), (Measure::GirlsReached, 9)]
    );
    assert_eq!(of(&[Approved], 1, 11), [], "approved after it was planned for: on that day");
    let early = EventMoved { day: october(2), ..event("v-1", Approved, 2) };
    let tally = counted(&[Happening::Event(early)]);
    let planned =
        |from, to| value(&tally, Slot::whole(Measure::CampaignEventsPlanned), None, october(from), october(to));
    assert_eq!((planned(2, 9), planned(10, 10)), (0, 1), "on the day it is planned for");
}

proptest! {
    /// Whatever the order in which verifications are told, a period counts each place once, at the unit of its first day in it.
    #[test]
    fn a_place_is_covered_once_a_period(
        told in proptest::collection::vec((0..3_usize, 1..20_u32, 0..3_usize), 0..20), from in 1..20_u32, days in 0..20_u32,
    ) {
        let (mut coverage, mut tally) = (Coverage::default(), Tally::default());
        let codes = ["v-1", "v-2", ""];
        let mut first: BTreeMap<(usize, u32), usize> = BTreeMap::new();
        for (code, day, station) in told {
            let at = EventMoved { station: format!("ps-{station}"), ..event(codes[code], EventState::Verified, day) };
            coverage.count(&at, &mut tally);
            first.entry((code, day)).or_insert(station);
        }
        let to = from + days;
        let slot = Slot::whole(Measure::PlacesCovered);
        for station in 0..3 {
            let naive = (0..2).filter(|code| {
                let mut days = first.range((*code, from)..=(*code, to));
                days.next().is_some_and(|(_, at)| *at == station)
            });
            let unit = format!("ps-{station}");
            prop_assert_eq!(value(&tally, slot, Some(&unit), october(from), october(to.min(31))), number(naive));
        }
        let known = coverage.news().map(|(code, day, unit)| (code.to_owned(), day, unit.to_owned())).collect::<Vec<_>>();
        prop_assert_eq!(Coverage::known(known).news().count(), 0);
    }
}
