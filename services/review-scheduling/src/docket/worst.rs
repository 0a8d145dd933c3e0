//! Which units below have the worst figure: a level above the stations takes from them first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Units of the worst, at most.
const WORST: usize = 5;
/// A unit with fewer open cases has no figure: one late case of two would be half of them.
const FLOOR: u64 = 5;

/// The units with the greatest share of open cases in which a statutory limit passed or an action is overdue; none without such
/// a case. `open`: each open case's unit, and whether it is late.
pub(crate) fn worst<'a>(open: impl Iterator<Item = (&'a str, bool)>) -> BTreeSet<String> {
    let mut figures: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for (unit, late) in open {
        let figure = figures.entry(unit).or_default();
        figure.0 += u64::from(late);
        figure.1 += 1;
    }
    // In millionths: whole numbers, the same on every machine. Between equals the id decides.
    let share = |(late, all): (u64, u64)| late * 1_000_000 / all;
    let mut ranked: Vec<(Reverse<u64>, &str)> = figures
        .into_iter()
        .filter(|(unit, (late, all))| !unit.is_empty() && *late > 0 && *all >= FLOOR)
        .map(|(unit, figure)| (Reverse(share(figure)), unit))
        .collect();
    ranked.sort_unstable();
    ranked.into_iter().take(WORST).map(|(_, unit)| unit.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases(unit: &str, late: usize, all: usize) -> impl Iterator<Item = (&str, bool)> {
        (0..all).map(move |case| (unit, case < late))
    }

    #[test]
    fn the_greatest_shares_are_the_worst_and_small_units_have_none() {
        let open = cases("a", 1, 10)
            .chain(cases("b", 9, 10))
            .chain(cases("c", 0, 50))
            .chain(cases("d", 4, 4))
            .chain(cases("e", 20, 100))
            .chain(cases("", 9, 9));
        assert_eq!(worst(open).into_iter().collect::<Vec<_>>(), ["a", "b", "e"]);
    }

    #[test]
    fn no_more_than_five_and_between_equals_the_id_decides() {
        let units = ["h", "g", "f", "e", "d", "c", "b"];
        let open = units.iter().flat_map(|unit| cases(unit, if *unit == "h" { 6 } else { 3 }, 6));
        assert_eq!(worst(open).into_iter().collect::<Vec<_>>(), ["b", "c", "d", "e", "h"]);
        assert!(worst(std::iter::empty()).is_empty());
    }
}
