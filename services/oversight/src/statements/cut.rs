//! A cut through the tree: which row of a statement a place belongs to, so that the rows add up to the whole.

use chrono::NaiveDate;
use platform::directory::{Name, Tree, UnitKind};

use crate::ledger::Grain;

/// A unit or station that figures are shown for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    /// Its id.
    pub id: String,
    /// What it is.
    pub kind: UnitKind,
    /// Its name.
    pub name: Name,
}

/// The unit asked for and the level below it, on a day.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut<'a> {
    /// Units and stations.
    pub tree: &'a Tree,
    /// The last day of the period: reorganised units are those of that day.
    pub day: NaiveDate,
    /// The unit asked for.
    pub root: &'a str,
    /// The level asked for below it.
    pub level: Option<UnitKind>,
    /// No row lies deeper than this.
    pub deepest: UnitKind,
}

impl Cut<'_> {
    /// A unit or station; `None` when it is not there on that day.
    pub fn node(&self, id: &str) -> Option<Node> {
        let unit = self.tree.unit(id, self.day).map(|unit| (unit.kind, &unit.name));
        let found = unit.or_else(|| self.tree.station(id).map(|station| (UnitKind::Station, &station.name)));
        found.map(|(kind, name)| Node { id: id.to_owned(), kind, name: name.clone() })
    }

    /// Whether the unit asked for is the state: then everything belongs to it, also what the tree does not know (yet).
    pub fn is_state(&self) -> bool {
        self.tree.unit(self.root, self.day).is_some_and(|unit| unit.parent.is_none())
    }

    /// How fine the figures must be read.
    pub fn grain(&self) -> Grain {
        let root = self.node(self.root).map_or(UnitKind::State, |root| root.kind);
        if root.max(self.level.unwrap_or(root)) > UnitKind::District { Grain::Place } else { Grain::District }
    }

    /// Whether a place lies within the unit asked for.
    pub fn contains(&self, place: &str) -> bool {
        self.is_state() || self.tree.is_within(place, self.root, self.day)
    }

    /// Every place within the unit asked for, as fine as figures are read.
    pub fn places(&self, grain: Grain) -> Vec<String> {
        let stations = (grain == Grain::Place).then(|| self.tree.stations().map(|station| &station.id));
        let units = self.tree.units(self.day).map(|unit| &unit.id);
        units.chain(stations.into_iter().flatten()).filter(|id| self.contains(id)).cloned().collect()
    }

    /// A place and the units above it up to the unit asked for, which is left out; nearest first.
    fn below_root(&self, place: &str) -> Vec<(&str, UnitKind)> {
        let itself = self.tree.unit(place, self.day).map(|unit| (unit.id.as_str(), unit.kind));
        let station = self.tree.station(place).map(|station| (station.id.as_str(), UnitKind::Station));
        let above = if station.is_some() && itself.is_none() {
            self.tree.above_station(place, self.day)
        } else {
            self.tree.above(place, self.day)
        };
        let above = above.into_iter().map(|unit| (unit.id.as_str(), unit.kind));
        itself.or(station).into_iter().chain(above).take_while(|(id, _)| *id != self.root).collect()
    }

    /// The row that a place belongs to: its unit of the level asked for; where it has none (a commissionerate answers to the
    /// state, past zone and range), the highest unit below that level, beside the others. `None`: none of them, the rest.
    pub fn row_of(&self, place: &str) -> Option<&str> {
        let level = self.level?;
        let chain = self.below_root(place);
        let of_level = chain.iter().find(|(_, kind)| *kind == level);
        let beside = || chain.iter().rev().find(|(_, kind)| *kind > level && *kind <= self.deepest);
        of_level.or_else(beside).map(|(id, _)| *id)
    }

    /// Every unit (or station) of the level asked for below the unit asked for.
    pub fn rows(&self) -> Vec<Node> {
        let Some(level) = self.level else { return Vec::new() };
        let ids: Vec<&str> = if level == UnitKind::Station {
            self.tree
                .stations()
                .filter(|station| station.exists_on(self.day))
                .map(|station| station.id.as_str())
                .collect()
        } else {
            self.tree.units(self.day).filter(|unit| unit.kind == level).map(|unit| unit.id.as_str()).collect()
        };
        ids.into_iter().filter(|id| *id != self.root && self.contains(id)).filter_map(|id| self.node(id)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{day, tree};
    use super::*;

    fn cut<'a>(tree: &'a Tree, root: &'a str, level: UnitKind) -> Cut<'a> {
        Cut { tree, day: day("2020-10-28"), root, level: Some(level), deepest: UnitKind::Station }
    }

    #[test]
    fn commissionerates_stand_beside_zones_ranges_and_districts_beside_commissionerates() {
        let tree = tree();
        let row = |level, place| cut(&tree, "up", level).row_of(place).map(str::to_owned);
        for level in [UnitKind::Zone, UnitKind::Range, UnitKind::Commissionerate] {
            assert_eq!(row(level, "ps-162-001").as_deref(), Some("commissionerate-lucknow"), "{level:?}");
        }
        assert_eq!(row(UnitKind::Zone, "ps-118-001").as_deref(), Some("zone-agra"));
        assert_eq!(row(UnitKind::Commissionerate, "ps-118-001").as_deref(), Some("district-118"));
        assert_eq!(row(UnitKind::District, "ps-162-001").as_deref(), Some("district-162"));
    }

    #[test]
    fn what_no_station_counts_is_the_rest_of_its_district() {
        let tree = tree();
        let by_station = cut(&tree, "district-118", UnitKind::Station);
        assert_eq!(by_station.row_of("district-118"), None);
        assert_eq!(by_station.row_of("ps-118-001"), Some("ps-118-001"));
        let by_circle = cut(&tree, "up", UnitKind::Circle);
        assert_eq!(by_circle.row_of("district-118"), None);
        assert_eq!(by_circle.row_of("ps-118-001"), Some("circle-118-01"));
        assert_eq!(by_circle.row_of("ps-118-003"), Some("ps-118-003"), "it answers to the district, past the circles");
        assert_eq!(by_circle.row_of("ps-999-001"), None, "nobody knows it");
    }

    #[test]
    fn no_row_lies_deeper_than_it_may() {
        let tree = tree();
        let public = Cut { deepest: UnitKind::District, ..cut(&tree, "up", UnitKind::District) };
        assert_eq!(public.row_of("ps-000-001"), None, "a station without a district would stand alone");
        assert_eq!(cut(&tree, "up", UnitKind::District).row_of("ps-000-001"), Some("ps-000-001"));
    }

    #[test]
    fn figures_are_read_as_fine_as_needed() {
        let tree = tree();
        assert_eq!(cut(&tree, "up", UnitKind::District).grain(), Grain::District);
        assert_eq!(cut(&tree, "up", UnitKind::Circle).grain(), Grain::Place);
        assert_eq!(Cut { level: None, ..cut(&tree, "ps-118-001", UnitKind::Zone) }.grain(), Grain::Place);
    }

    #[test]
    fn the_tree_is_that_of_the_last_day() {
        let tree = tree();
        let later = Cut { day: day("2022-12-01"), ..cut(&tree, "up", UnitKind::Zone) };
        assert_eq!(later.row_of("ps-118-001"), Some("commissionerate-agra"));
        assert!(Cut { root: "zone-agra", ..cut(&tree, "up", UnitKind::Zone) }.contains("ps-118-001"));
        assert!(!Cut { root: "zone-agra", ..later }.contains("ps-118-001"));
    }
}
