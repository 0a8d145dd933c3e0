//! Counting against a naive model, which looks at what there is and recounts it for a period.

mod deeds;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::ledger::happening::{Before, Call, CallPlace, Place};
use crate::ledger::measure::Breakdown;
use crate::ledger::span::{pairs_of, pairs_within};
use crate::ledger::states::HandlingState;

fn october(number: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2020, 10, number).unwrap()
}

/// What a period makes of a line: both its days lie in it. And what the query of the statements makes of it, by blocks of days:
/// the same.
fn value(tally: &Tally, slot: Slot, unit: Option<&str>, from: NaiveDate, to: NaiveDate) -> i64 {
    let lines = || tally.lines().filter(|(line, _)| line.slot == slot && unit.is_none_or(|unit| line.unit == unit));
    let within = |day: NaiveDate| (from..=to).contains(&day);
    let by_days: i64 = lines().filter(|(line, _)| within(line.day) && within(line.cohort)).map(|(_, n)| n).sum();
    let read = pairs_within(from, to);
    let kept = |line: &Line| pairs_of(line.day, line.cohort).iter().filter(|pair| read.contains(pair)).count();
    let by_blocks: i64 = lines().map(|(line, n)| n * i64::try_from(kept(line)).unwrap()).sum();
    assert_eq!(by_days, by_blocks);
    assert!(lines().all(|(line, _)| line.cohort <= line.day), "no cohort lies behind its day");
    by_days
}

fn counted(happenings: &[Happening]) -> Tally {
    let mut tally = Tally::default();
    for happening in happenings {
        count(happening, &mut tally);
    }
    tally
}

fn place(station: usize, day: u32, imported: bool) -> Place {
    // Some are hidden from their station.
    let station = if station == 0 { String::new() } else { format!("ps-{station}") };
    Place { station, district: "district-1".into(), registered: october(day), imported }
}

/// A call that a control room made, as it is known in the end.
#[derive(Debug, Clone)]
struct Heard {
    caller: Option<usize>,
    incident: usize,
    day: u32,
    /// Where and as what, revision by revision.
    revisions: Vec<(usize, i16)>,
}

fn call_place((station, category): (usize, i16)) -> CallPlace {
    let station = if station == 0 { String::new() } else { format!("ps-{station}") };
    CallPlace { station, district: "district-1".into(), category }
}

fn calls() -> impl Strategy<Value = Vec<Heard>> {
    let revisions = proptest::collection::vec((0..3_usize, 1..4_i16), 1..4);
    let heard = (proptest::option::of(0..4_usize), 0..6_usize, 1..12_u32, revisions);
    let heard = heard.prop_map(|(caller, incident, day, revisions)| Heard { caller, incident, day, revisions });
    proptest::collection::vec(heard, 0..25).prop_map(|mut calls| {
        calls.sort_by_key(|call| call.day);
        calls
    })
}

/// What intake's journal tells of them: in the order of their days, each revision a later entry.
fn told(calls: &[Heard]) -> Vec<Happening> {
    let mut last: BTreeMap<usize, u32> = BTreeMap::new();
    let mut incidents = BTreeSet::new();
    let mut told = Vec::new();
    for call in calls {
        let days_since = call.caller.and_then(|caller| last.insert(caller, call.day)).map(|before| call.day - before);
        let opens_incident = incidents.insert(call.incident);
        for (at, revision) in call.revisions.iter().enumerate() {
            told.push(Happening::Call(Call {
                at: call_place(*revision),
                day: october(call.day),
                days_since,
                opens_incident,
                was: at.checked_sub(1).map(|before| call_place(call.revisions[before])),
            }));
        }
    }
    told
}

/// A complaint's life: where, when, what, and what was done on which later day.
#[derive(Debug, Clone)]
struct Life {
    station: usize,
    registered: u32,
    imported: bool,
    channel: i16,
    category: i16,
    by_woman: bool,
    steps: Vec<(u32, Step)>,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    To(i16),
    Triage(i16),
    Assign,
    Receipt(bool),
    Act(i16),
    Law(i16),
    Breach(i16),
}

fn lives() -> impl Strategy<Value = Vec<Life>> {
    let step = prop_oneof![
        (1..7_i16).prop_map(Step::To),
        (1..5_i16).prop_map(Step::Triage),
        Just(Step::Assign),
        any::<bool>().prop_map(Step::Receipt),
        (1..8_i16).prop_map(Step::Act),
        (1..11_i16).prop_map(Step::Law),
        (1..12_i16).prop_map(Step::Breach),
    ];
    let steps = proptest::collection::vec((0..6_u32, step), 0..8);
    let life = (0..3_usize, 1..12_u32, prop::bool::weighted(0.3), 1..4_i16, 1..5_i16, any::<bool>(), steps);
    let life = life.prop_map(|(station, registered, imported, channel, category, by_woman, mut steps)| {
        steps.sort_by_key(|(after, _)| *after);
        Life { station, registered, imported, channel, category, by_woman, steps }
    });
    proptest::collection::vec(life, 0..12)
}

/// The day on which older complaints were taken in.
const TAKEN_IN: u32 = 10;

fn happenings(life: &Life) -> Vec<Happening> {
    let place = || place(life.station, life.registered, life.imported);
    let mut state = HandlingState::Received as i16;
    let mut category = life.category;
    let (mut assigned, mut acted) = (false, false);
    let mut told = vec![Happening::Registered {
        place: place(),
        told: october(TAKEN_IN),
        channel: life.channel,
        category,
        state,
        by_woman: life.by_woman,
    }];
    for (after, step) in &life.steps {
        let day = october(life.registered + after);
        told.push(match *step {
            Step::To(to) => Happening::Moved { place: place(), from: std::mem::replace(&mut state, to), to, day },
            Step::Triage(now) => {
                let was = std::mem::replace(&mut category, now);
                Happening::Triaged { place: place(), counted_before: None, was, category: now, day }
            }
            Step::Assign => Happening::Assigned { place: place(), first: !std::mem::replace(&mut assigned, true), day },
            Step::Receipt(in_time) => Happening::Acknowledged { place: place(), in_time, day },
            Step::Act(kind) => {
                Happening::Action { place: place(), kind, first: !std::mem::replace(&mut acted, true), day }
            }
            Step::Law(kind) => Happening::LegalAction { place: place(), kind, day },
            Step::Breach(code) => Happening::Breached { place: place(), code, day },
        });
    }
    told
}

/// The last of something by the end of a day.
fn by_then(life: &Life, to: u32, first: i16, pick: fn(Step) -> Option<i16>) -> i16 {
    let known = life.steps.iter().filter(|(after, _)| life.registered + after <= to);
    known.filter_map(|(_, step)| pick(*step)).next_back().unwrap_or(first)
}

fn number<T>(things: impl Iterator<Item = T>) -> i64 {
    i64::try_from(things.count()).unwrap()
}

proptest! {
    #[test]
    fn calls_callers_and_incidents_are_those_of_the_last_revisions(calls in calls(), from in 1..12_u32, days in 0..12_u32) {
        let to = from + days;
        let tally = counted(&told(&calls));
        let within: Vec<&Heard> = calls.iter().filter(|call| (from..=to).contains(&call.day)).collect();
        let last = |call: &Heard| *call.revisions.last().unwrap();
        let figure = |slot, unit: Option<&str>| value(&tally, slot, unit, october(from), october(to));

        for station in 0..3 {
            let unit = call_place((station, 1)).unit().to_owned();
            let here = number(within.iter().filter(|call| last(call).0 == station));
            prop_assert_eq!(figure(Slot::whole(Measure::Calls), Some(&unit)), here);
        }
        for category in 1..4 {
            let so = number(within.iter().filter(|call| last(call).1 == category));
            prop_assert_eq!(figure(Slot::by(Measure::Calls, Breakdown::Category, category), None), so);
        }
        prop_assert_eq!(figure(Slot::whole(Measure::CallsUnplaced), None), number(within.iter().filter(|call| last(call).0 == 0)));

        // Each caller once, where her first call of the period is; a call nobody is known of, one each.
        let mut seen = BTreeSet::new();
        let firsts: Vec<&&Heard> = within.iter().filter(|call| call.caller.is_none_or(|caller| seen.insert(caller))).collect();
        prop_assert_eq!(figure(Slot::whole(Measure::Callers), None), number(firsts.iter()));
        for station in 0..3 {
            let unit = call_place((station, 1)).unit().to_owned();
            let here = number(firsts.iter().filter(|call| last(call).0 == station));
            prop_assert_eq!(figure(Slot::whole(Measure::Callers), Some(&unit)), here);
        }

        let mut seen = BTreeSet::new();
        let opened = calls.iter().filter(|call| seen.insert(call.incident));
        prop_assert_eq!(figure(Slot::whole(Measure::Incidents), None), number(opened.filter(|call| (from..=to).contains(&call.day))));
    }

    #[test]
    fn complaints_are_those_of_the_period_as_they_stood_at_its_end(lives in lives(), from in 1..12_u32, days in 0..12_u32) {
        let to = from + days;
        let tally = counted(&lives.iter().flat_map(happenings).collect::<Vec<_>>());
        let figure = |slot| value(&tally, slot, None, october(from), october(to));
        let ours: Vec<&Life> = lives.iter().filter(|life| !life.imported).collect();
        let begun: Vec<&&Life> = ours.iter().filter(|life| (from..=to).contains(&life.registered)).collect();

        prop_assert_eq!(figure(Slot::whole(Measure::Complaints)), number(begun.iter()));
        prop_assert_eq!(figure(Slot::whole(Measure::ComplaintsRecordedByWoman)), number(begun.iter().filter(|life| life.by_woman)));
        let imported = if (from..=to).contains(&TAKEN_IN) { number(lives.iter().filter(|life| life.imported)) } else { 0 };
        prop_assert_eq!(figure(Slot::whole(Measure::ComplaintsImported)), imported);
        for channel in 1..4 {
            let so = number(begun.iter().filter(|life| life.channel == channel));
            prop_assert_eq!(figure(Slot::by(Measure::Complaints, Breakdown::Channel, channel)), so);
        }
        for category in 1..5 {
            let now = |life: &Life| by_then(life, to, life.category, |step| if let Step::Triage(to) = step { Some(to) } else { None });
            let so = number(begun.iter().filter(|life| now(life) == category));
            prop_assert_eq!(figure(Slot::by(Measure::Complaints, Breakdown::Category, category)), so);
        }
        for state in 1..7 {
            let now = |life: &Life| by_then(life, to, 1, |step| if let Step::To(to) = step { Some(to) } else { None });
            let so = number(begun.iter().filter(|life| now(life) == state));
            prop_assert_eq!(figure(Slot::by(Measure::Complaints, Breakdown::State, state)), so);
        }
    }

    #[test]
    fn what_was_done_counts_on_its_day(lives in lives(), from in 1..12_u32, days in 0..12_u32) {
        let to = from + days;
        let tally = counted(&lives.iter().flat_map(happenings).collect::<Vec<_>>());
        let figure = |slot| value(&tally, slot, None, october(from), october(to));
        let steps: Vec<(bool, Step)> = lives
            .iter()
            .flat_map(|life| life.steps.iter().map(|(after, step)| (life.imported, life.registered + after, *step)))
            .filter(|(_, day, _)| (from..=to).contains(day))
            .map(|(imported, _, step)| (imported, step))
            .collect();
        let count = |pick: fn(bool, Step) -> bool| number(steps.iter().filter(|(imported, step)| pick(*imported, *step)));

        prop_assert_eq!(figure(Slot::whole(Measure::Actions)), count(|_, step| matches!(step, Step::Act(_))), "older ones too");
        prop_assert_eq!(figure(Slot::whole(Measure::LegalActions)), count(|_, step| matches!(step, Step::Law(_))));
        prop_assert_eq!(figure(Slot::by(Measure::LegalActions, Breakdown::Kind, 2)), count(|_, step| matches!(step, Step::Law(2))));
        prop_assert_eq!(figure(Slot::whole(Measure::ClocksBreached)), count(|imported, step| !imported && matches!(step, Step::Breach(_))));
        prop_assert_eq!(figure(Slot::whole(Measure::Acknowledged)), count(|imported, step| !imported && matches!(step, Step::Receipt(_))));
        prop_assert_eq!(figure(Slot::whole(Measure::AcknowledgedInTime)), count(|imported, step| !imported && matches!(step, Step::Receipt(true))));

        let first = |pick: fn(Step) -> bool| {
            let days = lives.iter().filter(|life| !life.imported).filter_map(|life| {
                life.steps.iter().find(|(_, step)| pick(*step)).map(|(after, _)| life.registered + after)
            });
            number(days.filter(|day| (from..=to).contains(day)))
        };
        prop_assert_eq!(figure(Slot::whole(Measure::FirstActions)), first(|step| matches!(step, Step::Act(_))));
        prop_assert_eq!(figure(Slot::whole(Measure::Assigned)), first(|step| matches!(step, Step::Assign)));
    }
}

fn moved(from: HandlingState, to: HandlingState, imported: bool) -> Happening {
    Happening::Moved { place: place(1, 5, imported), from: from as i16, to: to as i16, day: october(6) }
}

#[test]
fn a_complaint_is_triaged_once_and_disposed_when_she_confirmed_it() {
    use HandlingState::{Acknowledged, ActionTaken, Disposed, Received, Reopened, Triaged};
    for (from, to, triaged, disposed) in [
        (Received, Triaged, 1, 0),
        (Acknowledged, Triaged, 1, 0),
        (Disposed, Triaged, 0, 0),
        (Triaged, ActionTaken, 0, 0),
        (ActionTaken, Disposed, 0, 1),
        (ActionTaken, Reopened, 0, 0),
        (Disposed, Disposed, 0, 0),
    ] {
        let tally = counted(&[moved(from, to, false)]);
        let figure = |measure| value(&tally, Slot::whole(measure), None, october(1), october(30));
        assert_eq!(figure(Measure::Triaged), triaged, "{from:?} {to:?}");
        assert_eq!((figure(Measure::Disposed), figure(Measure::Verified)), (disposed, disposed), "{from:?} {to:?}");
    }
    let older = counted(&[moved(HandlingState::ActionTaken, HandlingState::Disposed, true)]);
    assert_eq!(value(&older, Slot::whole(Measure::Disposed), None, october(1), october(30)), 1);
    assert_eq!(older.lines().filter(|(line, _)| line.slot.measure == Measure::Complaints).count(), 0);
}

#[test]
fn a_complaint_that_triage_hides_from_its_station_takes_every_figure_along() {
    let before = Before { place: place(1, 5, false), channel: 3, state: 2, by_woman: true };
    let registered = Happening::Registered {
        place: place(1, 5, false),
        told: october(5),
        channel: 3,
        category: 1,
        state: 1,
        by_woman: true,
    };
    let moved = |place: Place, from: i16, to: i16, day: u32| Happening::Moved { place, from, to, day: october(day) };
    let triaged = Happening::Triaged {
        place: place(0, 5, false),
        counted_before: Some(before),
        was: 1,
        category: 18,
        day: october(7),
    };
    let acknowledged = moved(place(1, 5, false), 1, 2, 6);
    // Whether the move is told before the triage or after it.
    let orders = [
        [registered.clone(), acknowledged.clone(), triaged.clone(), moved(place(0, 5, false), 2, 3, 7)],
        [registered, acknowledged, moved(place(0, 5, false), 2, 3, 7), triaged],
    ];
    for told in orders {
        let tally = counted(&told);
        let by = |breakdown, key| Slot::by(Measure::Complaints, breakdown, key);
        let stands = |unit: &str, to: u32| {
            let tally = &tally;
            let mut slots: Vec<Slot> = tally.lines().map(|(line, _)| line.slot).collect();
            slots.sort();
            slots.dedup();
            let figures = slots.into_iter().map(|slot| (slot, value(tally, slot, Some(unit), october(1), october(to))));
            figures.filter(|(slot, n)| slot.measure != Measure::Triaged && *n != 0).collect::<Vec<_>>()
        };
        let all = |category, state| {
            vec![
                (Slot::whole(Measure::Complaints), 1),
                (by(Breakdown::Channel, 3), 1),
                (by(Breakdown::Category, category), 1),
                (by(Breakdown::State, state), 1),
                (Slot::whole(Measure::ComplaintsRecordedByWoman), 1),
            ]
        };
        assert_eq!(stands("ps-1", 30), [], "nothing of it is left there");
        assert_eq!(stands("district-1", 30), all(18, 3));
        assert_eq!((stands("ps-1", 6), stands("district-1", 6)), (all(1, 2), vec![]), "until then it was there");
    }
}

#[test]
fn a_desk_day_is_one_of_five() {
    let statuses = [
        (DeskDayStatus::Silent, Measure::DeskDaysSilent),
        (DeskDayStatus::Unrostered, Measure::DeskDaysUnrostered),
        (DeskDayStatus::Absent, Measure::DeskDaysAbsent),
        (DeskDayStatus::Understaffed, Measure::DeskDaysUnderstaffed),
        (DeskDayStatus::Compliant, Measure::DeskDaysCompliant),
    ];
    for (status, measure) in statuses {
        let desk_day = DeskDay {
            station: "ps-1".into(),
            day: october(23),
            status: Some(status),
            check_ins_expected: 4,
            check_ins: 3,
            service_minutes: 720,
            two_women_minutes: 360,
        };
        let tally = counted(&[Happening::DeskDay(desk_day)]);
        let figures: Vec<(Measure, i64)> = tally.lines().map(|(line, n)| (line.slot.measure, n)).collect();
        assert_eq!(
            figures,
            [
                (measure, 1),
                (Measure::DeskDaysExpected, 1),
                (Measure::CheckInsExpected, 4),
                (Measure::CheckIns, 3),
                (Measure::ServiceMinutes, 720),
                (Measure::TwoWomenMinutes, 360)
            ]
        );
    }
}

#[test]
fn a_revision_that_changes_nothing_leaves_no_line() {
    let call = |was: Option<(usize, i16)>| {
        Happening::Call(Call {
            at: call_place((1, 1)),
            day: october(17),
            days_since: None,
            opens_incident: true,
            was: was.map(call_place),
        })
    };
    assert_eq!(counted(&[call(Some((1, 1)))]).lines().count(), 0);
    let (once, revised) = (counted(&[call(None)]), counted(&[call(None), call(Some((1, 1)))]));
    assert!(once.lines().eq(revised.lines()));
}
