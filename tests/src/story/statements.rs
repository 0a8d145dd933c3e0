//! Holds statements against the recount: every unit, every measure, every breakdown, to the last digit.

use std::collections::{BTreeMap, BTreeSet};

use mahila_proto::oversight::v1::{Breakdown, Measure, Statement, UnitFigures};

use super::recount::{Figures, Recount, Slot};
use super::roll::Roll;

/// Differences are listed up to so many.
const LISTED: usize = 40;

/// All measures of the contract.
pub fn measures() -> impl Iterator<Item = Measure> {
    (1..).map_while(|number| Measure::try_from(number).ok())
}

/// The figures of a unit as stated; those that are zero are left out, as are suppressed ones.
pub fn stated(unit: &UnitFigures) -> Figures {
    let mut figures = Figures::new();
    for figure in unit.figures.iter().filter(|figure| figure.value != 0) {
        let slot = (figure.measure(), figure.breakdown(), figure.key.clone());
        assert!(figures.insert(slot, figure.value).is_none(), "a figure stands twice");
    }
    figures
}

/// Holds a whole statement against the recount.
pub fn hold(statement: &Statement, recount: &Recount, roll: &Roll, kind: &str) {
    let whole = statement.whole.as_ref().expect("the whole");
    every_measure_once(whole);
    let mut wrong = differences("the whole", &stated(whole), &recount.whole());

    let expected = recount.by(roll, kind);
    let mut rows: BTreeMap<String, Figures> = BTreeMap::new();
    for row in &statement.rows {
        every_measure_once(row);
        let unit = row.unit.trim_start_matches("units/").trim_start_matches("stations/").to_owned();
        assert!(rows.insert(unit, stated(row)).is_none(), "a unit has two rows");
    }
    let without: Vec<String> = roll.of_kind(kind).into_iter().filter(|unit| !rows.contains_key(unit)).collect();
    assert!(without.is_empty(), "a row for each {kind}: {without:?}");
    let nothing = Figures::new();
    for unit in rows.keys().chain(expected.keys()).collect::<BTreeSet<_>>() {
        let name = if unit.is_empty() { "the rest row" } else { unit };
        wrong.extend(differences(name, rows.get(unit).unwrap_or(&nothing), expected.get(unit).unwrap_or(&nothing)));
    }
    assert!(
        wrong.is_empty(),
        "by {kind}: {} figures differ from what was answered:\n{}",
        wrong.len(),
        wrong.iter().take(LISTED).cloned().collect::<Vec<_>>().join("\n")
    );
}

fn every_measure_once(unit: &UnitFigures) {
    let wholes: Vec<Measure> = unit
        .figures
        .iter()
        .filter(|figure| figure.breakdown() == Breakdown::Unspecified)
        .map(mahila_proto::oversight::v1::Figure::measure)
        .collect();
    assert_eq!(wholes, measures().collect::<Vec<_>>(), "{}: every measure, in the read-out order", unit.unit);
}

fn differences(unit: &str, stated: &Figures, counted: &Figures) -> Vec<String> {
    let slots: BTreeSet<&Slot> = stated.keys().chain(counted.keys()).collect();
    slots
        .into_iter()
        .filter_map(|slot| {
            let (said, is) = (stated.get(slot).copied().unwrap_or(0), counted.get(slot).copied().unwrap_or(0));
            (said != is).then(|| format!("{unit}: {slot:?}: stated {said}, answered {is}"))
        })
        .collect()
}

/// Holds a copy for readers outside the police against the full one: small cells are hidden, what is shown is true, and no
/// hidden cell can be solved for from its sums.
pub fn hold_public(public: &Statement, full: &Statement) {
    assert!(public.public_copy && !full.public_copy);
    let truth: BTreeMap<&str, Figures> = units(full).map(|unit| (unit.unit.as_str(), stated(unit))).collect();
    let mut hidden = 0;
    for unit in units(public) {
        for figure in &unit.figures {
            let slot = (figure.measure(), figure.breakdown(), figure.key.clone());
            let is = truth[unit.unit.as_str()].get(&slot).copied().unwrap_or(0);
            if figure.suppressed {
                hidden += 1;
                assert_eq!(figure.value, 0, "{} {slot:?} is hidden and still told", unit.unit);
            } else {
                assert_eq!(figure.value, is, "{} {slot:?}", unit.unit);
                assert!(!is_of_women(figure.measure()) || !(1..=4).contains(&is), "{} {slot:?} is {is}", unit.unit);
            }
        }
    }
    assert!(hidden > 0, "small cells are there to be hidden");
    for (relation, cells) in relations(public) {
        let unknown = cells.iter().filter(|hidden| **hidden).count();
        assert_ne!(unknown, 1, "{relation} lets its one hidden cell be solved for");
    }
}

/// Desk-days and minutes are about desks, cycles and sittings about officers, events are public: they name nobody.
fn is_of_women(measure: Measure) -> bool {
    (Measure::Visits..=Measure::Reopened).contains(&measure)
        || (Measure::ReviewItemsSelected..=Measure::ActionItemsOverdue).contains(&measure)
}

fn units(statement: &Statement) -> impl Iterator<Item = &UnitFigures> {
    statement.whole.iter().chain(&statement.rows)
}

/// Sums that a reader can check: the whole and its rows for each figure, and each measure and the values of its breakdown.
/// For each, which of its cells are hidden. Breakdowns leave out zeros, so every value a reader sees is in the sum.
fn relations(statement: &Statement) -> Vec<(String, Vec<bool>)> {
    let mut by_slot: BTreeMap<Slot, Vec<bool>> = BTreeMap::new();
    let mut by_unit: BTreeMap<(String, Measure, Breakdown), Vec<bool>> = BTreeMap::new();
    for unit in units(statement) {
        let mut breakdowns = BTreeMap::<Measure, BTreeSet<Breakdown>>::new();
        for figure in unit.figures.iter().filter(|figure| is_of_women(figure.measure())) {
            let (measure, breakdown) = (figure.measure(), figure.breakdown());
            by_slot.entry((measure, breakdown, figure.key.clone())).or_default().push(figure.suppressed);
            if breakdown != Breakdown::Unspecified {
                breakdowns.entry(measure).or_default().insert(breakdown);
                by_unit.entry((unit.unit.clone(), measure, breakdown)).or_default().push(figure.suppressed);
            }
        }
        for figure in unit.figures.iter().filter(|figure| figure.breakdown() == Breakdown::Unspecified) {
            for breakdown in breakdowns.get(&figure.measure()).into_iter().flatten() {
                let key = (unit.unit.clone(), figure.measure(), *breakdown);
                by_unit.entry(key).or_default().push(figure.suppressed);
            }
        }
    }
    let slots = by_slot.into_iter().map(|(slot, cells)| (format!("{slot:?} over the units"), cells));
    slots.chain(by_unit.into_iter().map(|(key, cells)| (format!("{key:?}"), cells))).collect()
}
