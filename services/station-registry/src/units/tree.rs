//! The tree as it was on a day: a unit with all below it.

use std::collections::HashMap;

use chrono::NaiveDate;
use platform::directory::{Station, Tree, UnitKind, UnitVersion};

/// A unit with those below it, by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Branch {
    /// The unit.
    pub unit: UnitVersion,
    /// Those right below it.
    pub children: Vec<Branch>,
}

/// Levels at most below a root. The import refuses circles; this bounds the walk all the same.
const DEPTH: usize = 16;

/// The unit that a station is.
#[must_use]
pub fn unit_of(station: &Station) -> UnitVersion {
    UnitVersion {
        id: station.id.clone(),
        kind: UnitKind::Station,
        name: station.name.clone(),
        parent: Some(station.parent.clone()),
        from: station.from,
        to: station.to,
        lgd_code: 0,
    }
}

/// A unit, or the unit that a station is, as it was on a day.
#[must_use]
pub fn find(tree: &Tree, id: &str, day: NaiveDate) -> Option<UnitVersion> {
    let station = || tree.station(id).filter(|station| station.exists_on(day)).map(|station| unit_of(station));
    tree.unit(id, day).cloned().or_else(station)
}

/// The state, on a day.
#[must_use]
pub fn state(tree: &Tree, day: NaiveDate) -> Option<&UnitVersion> {
    tree.units(day).find(|unit| unit.parent.is_none())
}

/// A unit and all below it on a day; `None` when it does not exist then.
#[must_use]
pub fn branch(tree: &Tree, root: &str, day: NaiveDate, stations: bool) -> Option<Branch> {
    let root = find(tree, root, day)?;
    let mut below: HashMap<&str, Vec<UnitVersion>> = HashMap::new();
    // Both come by id, so that children stand by name.
    for unit in tree.units(day) {
        if let Some(parent) = &unit.parent {
            below.entry(parent).or_default().push(unit.clone());
        }
    }
    if stations {
        for station in tree.stations().filter(|station| station.exists_on(day)) {
            below.entry(&station.parent).or_default().push(unit_of(station));
        }
    }
    Some(grow(root, &mut below, DEPTH))
}

fn grow(unit: UnitVersion, below: &mut HashMap<&str, Vec<UnitVersion>>, depth: usize) -> Branch {
    let children = if depth == 0 { Vec::new() } else { below.remove(unit.id.as_str()).unwrap_or_default() };
    Branch { unit, children: children.into_iter().map(|child| grow(child, below, depth - 1)).collect() }
}

#[cfg(test)]
mod tests {
    use platform::directory::Name;

    use super::*;
    use crate::stations::samples::{day, station, unit};

    fn lucknow() -> Tree {
        Tree::new(
            vec![
                unit("up", UnitKind::State, None, "2000-01-01", None),
                unit("range-lucknow", UnitKind::Range, Some("up"), "2000-01-01", None),
                unit("commissionerate-lucknow", UnitKind::Commissionerate, Some("up"), "2020-01-13", None),
                unit("district-162", UnitKind::District, Some("range-lucknow"), "2000-01-01", Some("2020-01-13")),
                unit("district-162", UnitKind::District, Some("commissionerate-lucknow"), "2020-01-13", None),
            ],
            vec![
                station("ps-162-002", "district-162", 2, "2000-01-01", Some("2020-06-01")),
                station("ps-162-001", "district-162", 1, "2000-01-01", None),
            ],
        )
    }

    fn ids(branch: &Branch) -> Vec<String> {
        std::iter::once(branch.unit.id.clone()).chain(branch.children.iter().flat_map(ids)).collect()
    }

    #[test]
    fn the_tree_is_that_of_the_day() {
        let tree = lucknow();
        let before = branch(&tree, "up", day("2019-12-31"), false).unwrap();
        assert_eq!(ids(&before), ["up", "range-lucknow", "district-162"]);
        let after = branch(&tree, "up", day("2020-01-13"), true).unwrap();
        assert_eq!(
            ids(&after),
            ["up", "commissionerate-lucknow", "district-162", "ps-162-001", "ps-162-002", "range-lucknow"]
        );
        let later = branch(&tree, "district-162", day("2020-10-23"), true).unwrap();
        assert_eq!(ids(&later), ["district-162", "ps-162-001"]);
        assert_eq!(branch(&tree, "commissionerate-lucknow", day("2019-12-31"), true), None);
    }

    #[test]
    fn a_station_is_a_unit_while_it_exists() {
        let tree = lucknow();
        let found = find(&tree, "ps-162-002", day("2020-05-31")).unwrap();
        assert_eq!(
            (found.kind, found.parent.as_deref(), found.name),
            (UnitKind::Station, Some("district-162"), Name::default())
        );
        assert_eq!(find(&tree, "ps-162-002", day("2020-06-01")), None);
        assert_eq!(state(&tree, day("2020-06-01")).unwrap().id, "up");
    }
}
