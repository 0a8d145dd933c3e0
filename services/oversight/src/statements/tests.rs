//! A small state, and that figures add up in it, whatever they are.

mod written;

use chrono::NaiveDate;
use platform::directory::{Name, Station, StationType, Tree, UnitKind, UnitVersion};
use platform::locale::Language;
use proptest::prelude::*;

use super::cut::Cut;
use super::period::Period;
use super::render::{self, Frame};
use super::roll_up::{RolledUp, Sum, roll_up};
use super::silence::{Heard, Reports};
use super::statement::{Read, Shown, Stated, Statement, statement};
use crate::ledger::{Breakdown, Grain, Measure, Slot};

pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn unit(id: &str, kind: UnitKind, parent: Option<&str>, from: &str, to: Option<&str>) -> UnitVersion {
    UnitVersion {
        id: id.into(),
        kind,
        name: Name { en: format!("Unit {id}"), hi: format!("इकाई {id}") },
        parent: parent.map(str::to_owned),
        from: day(from),
        to: to.map(day),
        lgd_code: 0,
    }
}

fn station(id: &str, kind: StationType, parent: &str, district: &str) -> Station {
    Station {
        id: id.into(),
        kind,
        name: Name { en: format!("Thana {id}"), hi: format!("थाना {id}") },
        parent: parent.into(),
        district: district.into(),
        seq: 1,
        pincode: String::new(),
        latitude: 0.0,
        longitude: 0.0,
        from: day("2000-01-01"),
        to: None,
        synthetic: id.ends_with('2'),
        source: String::new(),
    }
}

/// Two zones, three ranges, four districts and a commissionerate; a station past the circles, one that no district has, one
/// of the railways. Agra becomes a commissionerate in 2022.
pub(super) fn tree() -> Tree {
    let always = |id, kind, parent| unit(id, kind, parent, "2000-01-01", None);
    Tree::new(
        vec![
            always("up", UnitKind::State, None),
            always("zone-agra", UnitKind::Zone, Some("up")),
            always("zone-lucknow", UnitKind::Zone, Some("up")),
            always("range-agra", UnitKind::Range, Some("zone-agra")),
            always("range-aligarh", UnitKind::Range, Some("zone-agra")),
            always("range-lucknow", UnitKind::Range, Some("zone-lucknow")),
            unit("commissionerate-lucknow", UnitKind::Commissionerate, Some("up"), "2020-01-13", None),
            unit("commissionerate-agra", UnitKind::Commissionerate, Some("up"), "2022-11-26", None),
            unit("district-118", UnitKind::District, Some("range-agra"), "2000-01-01", Some("2022-11-26")),
            unit("district-118", UnitKind::District, Some("commissionerate-agra"), "2022-11-26", None),
            always("district-143", UnitKind::District, Some("range-agra")),
            always("district-119", UnitKind::District, Some("range-aligarh")),
            always("district-162", UnitKind::District, Some("commissionerate-lucknow")),
            always("circle-118-01", UnitKind::Circle, Some("district-118")),
            always("circle-143-01", UnitKind::Circle, Some("district-143")),
            always("circle-162-01", UnitKind::Circle, Some("district-162")),
        ],
        vec![
            station("ps-118-001", StationType::Regular, "circle-118-01", "district-118"),
            station("ps-118-002", StationType::Mahila, "circle-118-01", "district-118"),
            station("ps-118-003", StationType::Regular, "district-118", "district-118"),
            station("ps-162-001", StationType::Regular, "circle-162-01", "district-162"),
            station("ps-000-001", StationType::Grp, "range-lucknow", "range-lucknow"),
        ],
    )
}

const PLACES: [&str; 11] = [
    "ps-118-001",
    "ps-118-002",
    "ps-118-003",
    "ps-162-001",
    "ps-000-001",
    "ps-999-001",
    "district-118",
    "district-143",
    "district-119",
    "district-162",
    "",
];

const LEVELS: [UnitKind; 6] = [
    UnitKind::Zone,
    UnitKind::Range,
    UnitKind::Commissionerate,
    UnitKind::District,
    UnitKind::Circle,
    UnitKind::Station,
];

fn period() -> Period {
    Period { from: day("2020-10-17"), to: day("2020-10-28") }
}

fn cut<'a>(tree: &'a Tree, root: &'a str, level: Option<UnitKind>, public: bool) -> Cut<'a> {
    let deepest = if public { UnitKind::District } else { UnitKind::Station };
    Cut { tree, day: period().to, root, level, deepest }
}

fn sums() -> impl Strategy<Value = Vec<Sum>> {
    let slot = prop_oneof![
        Just(Slot::whole(Measure::Visits)),
        Just(Slot::whole(Measure::ReviewItemsDeferred)),
        Just(Slot::whole(Measure::ReviewSittingsHeld)),
        Just(Slot::whole(Measure::Complaints)),
        (1..4_i16).prop_map(|key| Slot::by(Measure::Complaints, Breakdown::Category, key)),
    ];
    let sum = (0..PLACES.len(), slot, 1..30_i64);
    proptest::collection::vec(sum.prop_map(|(at, slot, n)| Sum { place: PLACES[at].to_owned(), slot, n }), 0..40)
}

fn add_up(rolled: &RolledUp) -> super::roll_up::Figures {
    let mut whole = super::roll_up::Figures::new();
    for figures in rolled.rows.values().chain([&rolled.rest]) {
        for (slot, n) in figures {
            *whole.entry(*slot).or_default() += n;
        }
    }
    whole
}

proptest! {
    /// Whatever the level, the rows and the rest are the whole; and the whole of a unit is its row in the one above.
    #[test]
    fn children_add_up_to_their_parent(sums in sums()) {
        let tree = tree();
        for root in ["up", "zone-agra", "range-agra", "commissionerate-lucknow", "district-118", "circle-118-01"] {
            for level in LEVELS {
                let cut = cut(&tree, root, Some(level), false);
                let rolled = roll_up(&cut, &sums);
                prop_assert_eq!(&add_up(&rolled), &rolled.whole, "{} by {:?}", root, level);
                for (row, figures) in &rolled.rows {
                    let alone = roll_up(&Cut { root: row, level: None, ..cut }, &sums);
                    let inside = cut.node(row).unwrap().kind < UnitKind::District;
                    prop_assert!(!inside || alone.whole == *figures, "{} within {} by {:?}", row, root, level);
                }
            }
        }
    }

    /// Everything that was read is in the state's whole, also what nobody knows the place of.
    #[test]
    fn the_state_counts_everything(sums in sums()) {
        let tree = tree();
        let rolled = roll_up(&cut(&tree, "up", Some(UnitKind::Zone), false), &sums);
        let all: i64 = sums.iter().map(|sum| sum.n).sum();
        prop_assert_eq!(rolled.whole.values().sum::<i64>(), all);
    }

    /// In a public copy nothing small is shown, of the period or of the one before; what is hidden by one level is hidden by
    /// every other; and the period before is hidden as in its own statement, so that the one tells nothing that the other does not.
    #[test]
    fn public_copies_show_nothing_small_and_agree_with_each_other(now in sums(), before in sums()) {
        let tree = tree();
        let (now, before) = (consistent(&now), consistent(&before));
        let mut seen: std::collections::HashMap<(Period, String, Slot), Shown> = std::collections::HashMap::new();
        let week = period().before();
        for (root, level) in [("up", Some(UnitKind::District)), ("up", Some(UnitKind::Range)), ("up", Some(UnitKind::Zone)),
            ("zone-agra", Some(UnitKind::District)), ("range-agra", Some(UnitKind::District)), ("district-118", None)] {
            for (of, sums, sums_before) in [(period(), &now, &before), (week, &before, &vec![])] {
                let statement = public_of(&tree, of, root, level, sums, sums_before);
                for row in std::iter::once(&statement.whole).chain(&statement.rows) {
                    for stated in row.figures.iter().filter(|stated| stated.slot.measure.counts_women()) {
                        for (of, shown) in [(of, stated.now), (of.before(), stated.before)] {
                            if let Shown::Number(n) = shown {
                                prop_assert!(n <= 0 || n >= 5, "{:?} {:?} is {}", row.unit, stated.slot, n);
                            }
                            let Some(unit) = &row.unit else { continue };
                            let told = seen.insert((of, unit.id.clone(), stated.slot), shown);
                            prop_assert!(told.is_none_or(|told| told == shown), "{} {:?} of {:?}", unit.id, stated.slot, of);
                        }
                    }
                }
            }
        }
    }

    /// Figures of desks, sittings and events are never hidden.
    #[test]
    fn what_names_nobody_is_shown(sums in sums()) {
        let tree = tree();
        let statement = public(&tree, "up", Some(UnitKind::District), &consistent(&sums));
        for row in std::iter::once(&statement.whole).chain(&statement.rows) {
            let mut open = row.figures.iter().filter(|stated| !stated.slot.measure.counts_women());
            prop_assert!(open.all(|stated| stated.now != Shown::Hidden && stated.before != Shown::Hidden));
        }
    }
}

/// Sums whose breakdown adds up to the whole, as the ledger's do.
fn consistent(sums: &[Sum]) -> Vec<Sum> {
    let parts = sums.iter().filter(|sum| sum.slot != Slot::whole(Measure::Complaints)).cloned();
    let wholes = sums
        .iter()
        .filter(|sum| sum.slot.breakdown.is_some())
        .map(|sum| Sum { slot: Slot::whole(Measure::Complaints), ..sum.clone() });
    parts.chain(wholes).collect()
}

fn public(tree: &Tree, root: &str, level: Option<UnitKind>, sums: &[Sum]) -> Statement {
    public_of(tree, period(), root, level, sums, &[])
}

fn public_of(
    tree: &Tree,
    period: Period,
    root: &str,
    level: Option<UnitKind>,
    sums: &[Sum],
    before: &[Sum],
) -> Statement {
    let cut = Cut { day: period.to, ..cut(tree, root, level, true) };
    let read = Read { sums: sums.to_vec(), before: before.to_vec(), heard: Heard::default() };
    statement(&cut, period, cut.node(root).unwrap(), &read, |_| true, true)
}

fn sum(place: &str, slot: Slot, n: i64) -> Sum {
    Sum { place: place.to_owned(), slot, n }
}

fn full(tree: &Tree, level: UnitKind, sums: Vec<Sum>) -> Statement {
    full_with(tree, level, sums, Vec::new())
}

fn full_with(tree: &Tree, level: UnitKind, sums: Vec<Sum>, before: Vec<Sum>) -> Statement {
    let cut = cut(tree, "up", Some(level), false);
    let opened = ["ps-118-001", "ps-118-002"].map(|station| (station.to_owned(), day("2020-10-23"))).into();
    let reports = [
        ("ps-118-002".to_owned(), Reports { closed: 6, silent: 6, missed: 0 }),
        ("ps-118-001".to_owned(), Reports { closed: 6, silent: 0, missed: 1 }),
    ];
    let read = Read { sums, before, heard: Heard { opened, reports: reports.into() } };
    statement(&cut, period(), cut.node("up").unwrap(), &read, |_| true, false)
}

#[test]
fn desks_are_expected_of_regular_and_womens_stations_and_open_ones_are_among_them() {
    let statement = full(&tree(), UnitKind::District, Vec::new());
    assert_eq!(statement.whole.get(Slot::whole(Measure::DesksExpected)), Shown::Number(4), "railway police apart");
    assert_eq!(statement.whole.get(Slot::whole(Measure::DesksOpen)), Shown::Number(2));
    let silent: Vec<_> = statement.silent.iter().map(|silent| (silent.station.as_str(), silent.no_desk)).collect();
    assert_eq!(silent, [("ps-118-003", true), ("ps-162-001", true), ("ps-118-002", false)]);
    let rows: Vec<_> = statement.rows.iter().map(|row| row.unit.as_ref().unwrap().id.as_str()).collect();
    assert_eq!(
        rows,
        ["district-118", "district-119", "district-143", "district-162"],
        "by name, also those without a figure"
    );
    assert!(statement.whole.synthetic && statement.rows[0].synthetic && !statement.rows[3].synthetic);
}

#[test]
fn wholes_are_shown_though_they_are_nought_and_values_of_breakdowns_are_not() {
    let by = |key| Slot::by(Measure::Calls, Breakdown::Category, key);
    let sums = vec![
        sum("district-118", Slot::whole(Measure::Calls), 2),
        sum("district-118", by(1), 2),
        sum("district-118", by(4), 0),
    ];
    let statement = full(&tree(), UnitKind::Zone, sums);
    let wholes = statement.whole.figures.iter().filter(|stated| stated.slot.breakdown.is_none()).count();
    assert_eq!(wholes, 62);
    let parts = |statement: &Statement| {
        statement.whole.figures.iter().filter(|stated| stated.slot.breakdown.is_some()).copied().collect::<Vec<_>>()
    };
    let stated = |slot, now, before| Stated { slot, now: Shown::Number(now), before: Shown::Number(before) };
    assert_eq!(parts(&statement), [stated(by(1), 2, 0)]);
    assert!(statement.whole.figures.is_sorted_by_key(|stated| stated.slot), "in the read-out order");

    let before = vec![sum("district-118", by(1), 7), sum("district-143", by(6), 3)];
    let with_before = full_with(&tree(), UnitKind::District, vec![sum("district-118", by(1), 2)], before);
    assert_eq!(parts(&with_before), [stated(by(1), 2, 7), stated(by(6), 0, 3)], "what there was before is told too");
    assert_eq!(with_before.before, Some(period().before()));
    let agra = with_before.rows.iter().find(|row| row.unit.as_ref().unwrap().id == "district-143").unwrap();
    assert!(agra.figures.contains(&stated(by(6), 0, 3)));
}

#[test]
fn a_copy_for_outside_tells_no_period_before_when_units_were_reorganised_since() {
    let tree = tree();
    let day_of_reform = Period { from: day("2022-11-21"), to: day("2022-11-27") };
    let before = vec![sum("district-118", Slot::whole(Measure::Visits), 40)];
    let public = public_of(&tree, day_of_reform, "up", Some(UnitKind::District), &before, &before);
    assert_eq!(public.before, None);
    assert!(public.rows.iter().flat_map(|row| &row.figures).all(|stated| stated.before == Shown::Number(0)));
    let week_after = Period { from: day("2022-12-05"), to: day("2022-12-11") };
    let public = public_of(&tree, week_after, "up", Some(UnitKind::District), &before, &before);
    assert_eq!(public.before, Some(week_after.before()));
}

#[test]
fn the_rest_comes_last_and_only_where_there_is_one() {
    let calls = || vec![sum("district-118", Slot::whole(Measure::Calls), 2)];
    let by_station = full(&tree(), UnitKind::Station, calls());
    assert_eq!(by_station.rows.last().unwrap().unit, None);
    let by_district = full(&tree(), UnitKind::District, calls());
    assert!(by_district.rows.iter().all(|row| row.unit.is_some()));
}

#[test]
fn a_reader_sees_no_place_outside_the_scope() {
    let tree = tree();
    let cut = cut(&tree, "range-agra", Some(UnitKind::District), false);
    let read = Read {
        sums: vec![
            sum("district-118", Slot::whole(Measure::Calls), 20),
            sum("district-143", Slot::whole(Measure::Calls), 30),
        ],
        ..Read::default()
    };
    let covers = |place: &str| place.contains("143");
    let statement = statement(&cut, period(), cut.node("range-agra").unwrap(), &read, covers, false);
    assert_eq!(statement.whole.get(Slot::whole(Measure::Calls)), Shown::Number(30));
    assert!(statement.silent.is_empty());
}

#[test]
fn one_rape_in_one_district_cannot_be_singled_out() {
    let tree = tree();
    let by = |key| Slot::by(Measure::Complaints, Breakdown::Category, key);
    let mut sums = Vec::new();
    for (place, parts) in
        [("district-118", [(1, 40), (5, 1)]), ("district-143", [(1, 30), (5, 7)]), ("district-162", [(1, 20), (5, 9)])]
    {
        for (key, n) in parts {
            sums.push(sum(place, by(key), n));
            sums.push(sum(place, Slot::whole(Measure::Complaints), n));
        }
    }
    for (root, level) in
        [("up", Some(UnitKind::District)), ("up", Some(UnitKind::Range)), ("range-agra", Some(UnitKind::District))]
    {
        let statement = public(&tree, root, level, &sums);
        let agra =
            |row: &&super::statement::UnitFigures| row.unit.as_ref().is_some_and(|unit| unit.id == "district-118");
        if let Some(agra) = statement.rows.iter().find(agra) {
            assert_eq!(agra.get(by(5)), Shown::Hidden);
            assert_eq!(agra.get(Slot::whole(Measure::Complaints)), Shown::Number(41), "the whole need not be hidden");
            assert_eq!(agra.get(by(1)), Shown::Hidden, "or the whole would give it away");
        }
        let hidden = statement.rows.iter().filter(|row| row.get(by(5)) == Shown::Hidden).count();
        let whole_hidden = usize::from(statement.whole.get(by(5)) == Shown::Hidden);
        assert!(hidden + whole_hidden != 1, "{root} {level:?}: the others would give it away");
        let frame = Frame { statement: &statement, simulated: false };
        let text = render::text(frame, Language::En);
        assert!(text.contains("* stands for <5"), "{text}");
        let csv = render::csv(&statement, true);
        let of_agra: Vec<&str> = csv.lines().filter(|line| line.starts_with("units/district-118,")).collect();
        assert!(of_agra.iter().all(|line| !line.ends_with("CATEGORY_SEXUAL_ASSAULT,1,0")));
        assert!(of_agra.is_empty() || of_agra.iter().any(|line| line.ends_with("CATEGORY_SEXUAL_ASSAULT,*,0")));
    }
}

#[test]
fn grain_and_desks_agree() {
    let tree = tree();
    let opened = [("ps-118-001".to_owned(), day("2020-10-23"))].into();
    for grain in [Grain::Place, Grain::District] {
        let desks = super::roll_up::desks(&tree, &opened, day("2020-10-28"), grain);
        let agra = roll_up(&cut(&tree, "up", Some(UnitKind::District), false), &desks).rows["district-118"].clone();
        assert_eq!(agra[&Slot::whole(Measure::DesksExpected)], 3);
        assert_eq!(agra[&Slot::whole(Measure::DesksOpen)], 1);
    }
}
