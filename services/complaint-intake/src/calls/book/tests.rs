//! The book against tables, and against models that are too simple to be wrong.

use std::collections::BTreeMap;

use chrono::Duration;
use platform::clock::minute_of;
use proptest::prelude::*;

use super::*;

fn day(number: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2020, 10, number).unwrap()
}

fn noon(number: u32) -> DateTime<Utc> {
    minute_of(day(number), 720)
}

fn at(station: &str) -> Place {
    Place { station: Some(station.to_owned()), district: Some("district-162".to_owned()) }
}

fn report(event: &str, revision: i32, on: u32) -> Report {
    Report {
        key: Key { source: Source::Emergency112, event: event.to_owned() },
        revision,
        incident: event.to_owned(),
        times: Times { received: noon(on), dispatched: None, arrived: None, closed: None },
        place: at("ps-162-001"),
        has_desk: true,
        category: Category::DomesticViolence,
        safe_to_call_back: false,
        silent: false,
        wants_complaint: false,
        caller: None,
    }
}

fn phone(number: u8) -> CallerIndex {
    CallerIndex([number; 32])
}

fn ids(number: u128) -> Ids {
    Ids { call: Uuid::from_u128(number), complaint: Uuid::from_u128(1_000_000 + number) }
}

fn take(book: &mut Book, report: &Report, number: u128) -> Taken {
    book.take(report, ids(number), &Scope::service(), noon(23)).unwrap()
}

#[test]
fn a_repeat_and_a_late_older_revision_change_nothing() {
    let mut book = Book::default();
    let first = take(&mut book, &report("E1", 2, 20), 1);
    assert_eq!(first.outcome, CallOutcome::New);
    assert_eq!(first.recorded, Some(Recorded { source: Source::Emergency112, call: first.call.clone(), was: None }));
    for (revision, outcome) in [(2, CallOutcome::Repeated), (1, CallOutcome::OutOfDate)] {
        let again = Report { category: Category::Dowry, wants_complaint: true, ..report("E1", revision, 20) };
        let taken = take(&mut book, &again, 2);
        assert_eq!(taken, Taken { outcome, call: first.call.clone(), recorded: None, becomes_complaint: false });
    }
}

#[test]
fn a_revision_moves_the_figures_only_when_place_or_category_changed() {
    let mut book = Book::default();
    let first = take(&mut book, &Report { caller: Some(phone(1)), ..report("E1", 1, 20) }, 1);
    let same = take(&mut book, &Report { silent: true, ..report("E1", 2, 20) }, 2);
    assert_eq!((same.outcome, &same.recorded, same.call.silent), (CallOutcome::Revised, &None, true));
    let moved = take(&mut book, &Report { place: at("ps-162-002"), ..report("E1", 3, 20) }, 3);
    let recorded = moved.recorded.unwrap();
    assert_eq!(recorded.was, Some((at("ps-162-001"), Category::DomesticViolence)));
    assert_eq!((recorded.call.id, recorded.call.opens_incident), (first.call.id, true));
    let renamed =
        take(&mut book, &Report { place: at("ps-162-002"), category: Category::Stalking, ..report("E1", 4, 20) }, 4);
    assert_eq!(renamed.recorded.unwrap().was, Some((at("ps-162-002"), Category::DomesticViolence)));
}

#[test]
fn a_call_stays_on_its_first_day_and_is_closed_when_it_is_closed() {
    let mut book = Book::default();
    take(&mut book, &report("E1", 1, 16), 1);
    let mut closing = report("E1", 2, 17);
    closing.times = Times { received: noon(2), dispatched: None, arrived: None, closed: Some(noon(23)) };
    let taken = take(&mut book, &closing, 2);
    assert_eq!((taken.outcome, taken.call.day), (CallOutcome::Revised, day(16)));
    let late = book.take(&report("E2", 1, 15), ids(3), &Scope::service(), noon(23)).unwrap_err();
    assert_eq!(late.violations()[0].field, "received_at");
    assert_eq!(take(&mut book, &report("E2", 1, 17), 4).outcome, CallOutcome::New, "a refused report left nothing");
}

#[test]
fn a_complaint_comes_once_as_soon_as_it_is_wanted_and_has_a_desk() {
    let mut book = Book::default();
    let wanted = Report { wants_complaint: true, has_desk: false, place: Place::default(), ..report("E1", 1, 20) };
    assert!(!take(&mut book, &wanted, 1).becomes_complaint);
    // What was asked for stays asked for, although this revision does not repeat it.
    let placed = take(&mut book, &report("E1", 2, 20), 2);
    assert_eq!((placed.becomes_complaint, placed.call.complaint), (true, Some(ids(2).complaint)));
    let again = take(&mut book, &Report { wants_complaint: true, ..report("E1", 3, 20) }, 3);
    assert_eq!((again.becomes_complaint, again.call.complaint), (false, Some(ids(2).complaint)));
}

#[test]
fn calls_of_one_incident_open_it_once_a_control_room() {
    let mut book = Book::default();
    let about = |event: &str, source: Source| {
        let report = report(event, 1, 20);
        Report { incident: "I1".to_owned(), key: Key { source, ..report.key.clone() }, ..report }
    };
    assert!(take(&mut book, &about("E1", Source::Emergency112), 1).call.opens_incident);
    assert!(!take(&mut book, &about("E2", Source::Emergency112), 2).call.opens_incident);
    assert!(take(&mut book, &about("E1", Source::WomenPowerLine1090), 3).call.opens_incident);
    assert!(take(&mut book, &report("E3", 1, 20), 4).call.opens_incident);
}

#[test]
fn a_phone_told_late_counts_from_the_next_call_on() {
    let mut book = Book::default();
    assert_eq!(take(&mut book, &report("E1", 1, 20), 1).call.days_since_caller_called, None);
    take(&mut book, &Report { caller: Some(phone(7)), ..report("E1", 2, 20) }, 2);
    let next = take(&mut book, &Report { caller: Some(phone(7)), ..report("E2", 1, 20) }, 3);
    assert_eq!(next.call.days_since_caller_called, Some(0));
}

/// One thing told: which event, which revision, by whom, on which day.
#[derive(Debug, Clone)]
struct Step {
    event: u8,
    revision: i32,
    category: Category,
    station: u8,
    wants: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let category = prop_oneof![Just(Category::DomesticViolence), Just(Category::EveTeasing)];
    let step = (0_u8..6, 1_i32..5, category, 0_u8..3, any::<bool>())
        .prop_map(|(event, revision, category, station, wants)| Step { event, revision, category, station, wants });
    proptest::collection::vec(step, 0..60)
}

proptest! {
    /// Figures made of the journal's entries are those of the newest revisions, whatever comes twice or out of order, and
    /// however the reports are cut into batches (a book that was written and read again).
    #[test]
    fn figures_follow_the_newest_revision_of_every_call(steps in steps(), cut in 1_usize..10) {
        let mut newest: BTreeMap<u8, Step> = BTreeMap::new();
        let mut wanted: HashSet<u8> = HashSet::new();
        let mut figures: BTreeMap<(Place, Category), i64> = BTreeMap::new();
        let mut complaints = 0;
        let mut book = Book::default();
        for (number, step) in steps.iter().enumerate() {
            if number % cut == 0 {
                let mut read = Book::default();
                book.calls.iter().for_each(|(key, call)| read.hold(key.clone(), call.clone()));
                book = read;
            }
            let told = Report {
                category: step.category,
                place: at(&format!("ps-162-00{}", step.station)),
                wants_complaint: step.wants,
                ..report(&format!("E{}", step.event), step.revision, 20)
            };
            let taken = take(&mut book, &told, number as u128);
            let expected = match newest.get(&step.event).map(|held| held.revision) {
                None => CallOutcome::New,
                Some(held) if step.revision > held => CallOutcome::Revised,
                Some(held) if step.revision == held => CallOutcome::Repeated,
                Some(_) => CallOutcome::OutOfDate,
            };
            prop_assert_eq!(taken.outcome, expected);
            if matches!(expected, CallOutcome::New | CallOutcome::Revised) {
                newest.insert(step.event, step.clone());
                if step.wants {
                    wanted.insert(step.event);
                }
            }
            complaints += usize::from(taken.becomes_complaint);
            if let Some(recorded) = taken.recorded {
                if let Some((place, category)) = recorded.was {
                    *figures.entry((place, category)).or_default() -= 1;
                }
                *figures.entry((recorded.call.place, recorded.call.category)).or_default() += 1;
            }
        }
        let mut expected: BTreeMap<(Place, Category), i64> = BTreeMap::new();
        for step in newest.values() {
            *expected.entry((at(&format!("ps-162-00{}", step.station)), step.category)).or_default() += 1;
        }
        figures.retain(|_, count| *count != 0);
        prop_assert_eq!(figures, expected);
        prop_assert_eq!(complaints, wanted.len());
    }

    /// Callers of any period are a set of phones, as long as days are told in order; otherwise never fewer.
    #[test]
    fn callers_of_a_period_are_counted_once(
        told in proptest::collection::vec((0_u8..5, 17_u32..23), 0..40),
        in_order: bool,
        from in 17_u32..23,
        length in 0_u32..6,
    ) {
        let mut told = told;
        if in_order {
            told.sort_by_key(|(_, on)| *on);
        }
        let period = day(from)..=day((from + length).min(30));
        let mut book = Book::default();
        let (mut counted, mut callers) = (0, HashSet::new());
        for (number, (caller, on)) in told.iter().enumerate() {
            let report = Report { caller: Some(phone(*caller)), ..report(&format!("E{number}"), 1, *on) };
            let call = take(&mut book, &report, number as u128).call;
            if period.contains(&call.day) {
                callers.insert(*caller);
                let before = call.days_since_caller_called.map(|days| call.day - Duration::days(days.into()));
                counted += usize::from(before.is_none_or(|before| before < *period.start()));
            }
        }
        if in_order {
            prop_assert_eq!(counted, callers.len());
        } else {
            prop_assert!(counted >= callers.len());
        }
    }
}
