//! Who was to report, and did: stations by their desk-days, units by their review cycles.

use std::sync::Arc;

use platform::directory::{Name, Station, Tree, UnitKind};

use super::cut::{Cut, Node};
use super::period::Period;
use super::roll_up::Figures;
use super::silence::{Heard, Reports};
use crate::ledger::{Measure, Slot};

/// Reports expected, made, and made as they should be.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reported {
    /// Expected.
    pub expected: i64,
    /// Made.
    pub actual: i64,
    /// Made in time and whole.
    pub on_time: i64,
}

/// How complete a statement is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Completeness {
    /// Stations that should have a desk: heard from at all, and on each desk-day.
    pub units: Reported,
    /// Desk-days: not silent, and with somebody of the roster there.
    pub desk_days: Reported,
    /// Review cycles: held, and completed.
    pub cycles: Reported,
}

/// How complete the figures of a unit are. `stations` are those within it that the reader may see.
pub(crate) fn completeness<'a>(
    stations: impl Iterator<Item = &'a Arc<Station>>,
    heard: &Heard,
    figures: &Figures,
    period: Period,
) -> Completeness {
    let mut units = Reported::default();
    for station in stations.filter(|station| station.kind.has_desk() && station.exists_on(period.to)) {
        let Reports { closed, silent, .. } = heard.reports_of(&station.id);
        let reported = heard.is_open(&station.id, period.to) && closed > silent;
        units.expected += 1;
        units.actual += i64::from(reported);
        units.on_time += i64::from(reported && silent == 0);
    }
    let figure = |measure| figures.get(&Slot::whole(measure)).copied().unwrap_or_default();
    let expected = figure(Measure::DeskDaysExpected);
    Completeness {
        units,
        desk_days: Reported {
            expected,
            actual: expected - figure(Measure::DeskDaysSilent),
            on_time: figure(Measure::DeskDaysUnderstaffed) + figure(Measure::DeskDaysCompliant),
        },
        cycles: Reported {
            expected: figure(Measure::ReviewCyclesExpected),
            actual: figure(Measure::ReviewCyclesHeld),
            on_time: figure(Measure::ReviewCyclesCompleted),
        },
    }
}

/// A unit that missed reviews.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MissedReviews {
    /// Which.
    pub unit: Node,
    /// Its district's name; empty above districts.
    pub district: Name,
    /// Cycles missed.
    pub cycles: i64,
}

/// Units within the cut that missed reviews, and that the reader may see; the most cycles first, then by name.
pub(crate) fn missed_reviews(cut: &Cut<'_>, heard: &Heard, covers: impl Fn(&str) -> bool) -> Vec<MissedReviews> {
    let missed =
        heard.reports.iter().filter(|(unit, reports)| reports.missed > 0 && covers(unit) && cut.contains(unit));
    let mut found: Vec<MissedReviews> = missed
        .filter_map(|(unit, reports)| {
            let node = cut.node(unit).filter(|node| node.kind <= cut.deepest)?;
            Some(MissedReviews { district: district_of(cut.tree, cut, unit), unit: node, cycles: reports.missed })
        })
        .collect();
    found.sort_by_cached_key(|missed| (-missed.cycles, missed.unit.name.en.clone(), missed.unit.id.clone()));
    found
}

fn district_of(tree: &Tree, cut: &Cut<'_>, unit: &str) -> Name {
    let district = match tree.station(unit) {
        Some(station) => tree.unit(&station.district, cut.day),
        None => tree.of_kind(unit, UnitKind::District, cut.day),
    };
    district.filter(|district| district.id != unit).map(|district| district.name.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{day, tree};
    use super::*;

    #[test]
    fn a_station_reports_when_it_was_heard_and_in_time_when_on_each_day() {
        let tree = tree();
        let opened = ["ps-118-001", "ps-118-002", "ps-118-003"].map(|id| (id.to_owned(), day("2020-10-23")));
        let reports = [("ps-118-001", 6, 0), ("ps-118-002", 6, 1), ("ps-118-003", 6, 6)]
            .map(|(id, closed, silent)| (id.to_owned(), Reports { closed, silent, missed: 0 }));
        let heard = Heard { opened: opened.into(), reports: reports.into() };
        let period = Period { from: day("2020-10-23"), to: day("2020-10-28") };
        let slots = [
            (Measure::DeskDaysExpected, 18),
            (Measure::DeskDaysSilent, 7),
            (Measure::DeskDaysCompliant, 9),
            (Measure::DeskDaysUnderstaffed, 1),
            (Measure::ReviewCyclesExpected, 4),
            (Measure::ReviewCyclesHeld, 3),
            (Measure::ReviewCyclesCompleted, 2),
        ];
        let figures = slots.map(|(measure, n)| (Slot::whole(measure), n)).into();
        let complete = completeness(tree.stations(), &heard, &figures, period);
        let three = |reported: Reported| (reported.expected, reported.actual, reported.on_time);
        assert_eq!(three(complete.units), (4, 2, 1), "one has no desk, one was silent throughout");
        assert_eq!((three(complete.desk_days), three(complete.cycles)), ((18, 11, 10), (4, 3, 2)));
    }

    #[test]
    fn who_missed_reviews_is_listed_within_the_cut_and_no_deeper_than_it_may() {
        let tree = tree();
        let missed = [("ps-118-001", 1), ("district-118", 2), ("ps-162-001", 1), ("up", 1), ("ps-118-003", 0)];
        let reports =
            missed.map(|(id, missed)| (id.to_owned(), Reports { missed, ..Reports::default() })).into_iter().collect();
        let heard = Heard { reports, ..Heard::default() };
        let list = |root, deepest| {
            let cut = Cut { tree: &tree, day: day("2020-10-28"), root, level: None, deepest };
            missed_reviews(&cut, &heard, |_| true)
                .into_iter()
                .map(|missed| (missed.unit.id, missed.district.en))
                .collect::<Vec<_>>()
        };
        let of = |id: &str, district: &str| (id.to_owned(), district.to_owned());
        assert_eq!(
            list("up", UnitKind::Station),
            [
                of("district-118", ""),
                of("ps-118-001", "Unit district-118"),
                of("ps-162-001", "Unit district-162"),
                of("up", "")
            ]
        );
        assert_eq!(list("up", UnitKind::District), [of("district-118", ""), of("up", "")]);
        assert_eq!(list("zone-agra", UnitKind::Station).len(), 2);
    }
}
