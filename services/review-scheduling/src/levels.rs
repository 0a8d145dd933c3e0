//! Which units a level has, and which cases a unit of it looks at.
//!
//! A case that is hidden from its station, or waits in a district's queue, has a district and no station: no station and no
//! circle looks at it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use platform::directory::Tree;
use platform::terms::Term as _;

use crate::terms::ReviewLevel;

/// Units of a level on a day: of the lowest, the stations that have a desk.
pub(crate) fn units(tree: &Tree, level: ReviewLevel, day: NaiveDate) -> Vec<String> {
    if level == ReviewLevel::Station {
        let has = tree.stations().filter(|station| station.kind.has_desk() && station.exists_on(day));
        return has.map(|station| station.id.clone()).collect();
    }
    tree.units(day).filter(|unit| unit.kind == level.unit_kind()).map(|unit| unit.id.clone()).collect()
}

/// The level of a unit or station on a day; `None`: it is none that reviews.
pub(crate) fn level_of(tree: &Tree, unit: &str, day: NaiveDate) -> Option<ReviewLevel> {
    if tree.station(unit).is_some() {
        return Some(ReviewLevel::Station);
    }
    let kind = tree.unit(unit, day)?.kind;
    ReviewLevel::ALL.iter().copied().find(|level| level.unit_kind() == kind)
}

/// The unit of a level that a case lies in.
pub(crate) fn unit_of(
    tree: &Tree,
    level: ReviewLevel,
    station: &str,
    district: &str,
    day: NaiveDate,
) -> Option<String> {
    match level {
        ReviewLevel::Station => {
            let found = tree.station(station)?;
            (found.kind.has_desk() && found.exists_on(day)).then(|| station.to_owned())
        }
        ReviewLevel::Circle if station.is_empty() => None,
        ReviewLevel::Circle => tree.of_kind(station, level.unit_kind(), day).map(|unit| unit.id.clone()),
        _ => tree.of_kind(district, level.unit_kind(), day).map(|unit| unit.id.clone()),
    }
}

/// The level at which a carried case comes up: the lowest from `from` on that reviews at all and has a unit for it.
pub(crate) fn comes_up_at(
    tree: &Tree,
    reviewing: &[ReviewLevel],
    from: ReviewLevel,
    station: &str,
    district: &str,
    day: NaiveDate,
) -> Option<ReviewLevel> {
    let mut levels: Vec<ReviewLevel> = reviewing.iter().copied().filter(|level| *level >= from).collect();
    levels.sort_unstable();
    levels.into_iter().find(|level| unit_of(tree, *level, station, district, day).is_some())
}

/// Which cases units of a level look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Catchment {
    /// By the station that recorded it: station to unit.
    Stations(BTreeMap<String, String>),
    /// By its district, also what no station may see: district to unit.
    Districts(BTreeMap<String, String>),
    /// All of them: the state.
    All(String),
}

impl Catchment {
    /// That of these units, which are of one level.
    pub(crate) fn of(tree: &Tree, level: ReviewLevel, units: &[String], day: NaiveDate) -> Self {
        let within = |ids: Vec<String>| {
            let unit = |id: &String| tree.of_kind(id, level.unit_kind(), day).map(|unit| unit.id.clone());
            ids.into_iter()
                .filter_map(|id| unit(&id).filter(|unit| units.contains(unit)).map(|unit| (id, unit)))
                .collect()
        };
        match level {
            ReviewLevel::Station => Self::Stations(units.iter().map(|unit| (unit.clone(), unit.clone())).collect()),
            ReviewLevel::Circle => Self::Stations(within(tree.stations().map(|station| station.id.clone()).collect())),
            ReviewLevel::District => Self::Districts(units.iter().map(|unit| (unit.clone(), unit.clone())).collect()),
            ReviewLevel::Range | ReviewLevel::Zone => {
                Self::Districts(within(self::units(tree, ReviewLevel::District, day)))
            }
            ReviewLevel::State => Self::All(units.first().cloned().unwrap_or_default()),
        }
    }

    /// The unit that looks at a case.
    pub(crate) fn unit(&self, station: &str, district: &str) -> Option<&String> {
        match self {
            Self::Stations(units) => units.get(station),
            Self::Districts(units) => units.get(district),
            Self::All(unit) => Some(unit),
        }
    }
}

#[cfg(test)]
mod tests {
    use platform::directory::{Name, Station, StationType, UnitKind, UnitVersion};

    use super::*;

    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2020, 10, 24).unwrap()
    }

    fn tree() -> Tree {
        let from = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap();
        let unit = |id: &str, kind, parent: Option<&str>| UnitVersion {
            id: id.into(),
            kind,
            name: Name::default(),
            parent: parent.map(Into::into),
            from,
            to: None,
            lgd_code: 0,
        };
        let station = |id: &str, kind, parent: &str, district: &str| Station {
            id: id.into(),
            kind,
            name: Name::default(),
            parent: parent.into(),
            district: district.into(),
            seq: 1,
            pincode: String::new(),
            latitude: 0.0,
            longitude: 0.0,
            from,
            to: None,
            synthetic: true,
            source: String::new(),
        };
        Tree::new(
            vec![
                unit("up", UnitKind::State, None),
                unit("zone-a", UnitKind::Zone, Some("up")),
                unit("range-a", UnitKind::Range, Some("zone-a")),
                unit("commissionerate-l", UnitKind::Commissionerate, Some("up")),
                unit("district-1", UnitKind::District, Some("range-a")),
                unit("district-2", UnitKind::District, Some("commissionerate-l")),
                unit("circle-1", UnitKind::Circle, Some("district-1")),
            ],
            vec![
                station("ps-1", StationType::Regular, "circle-1", "district-1"),
                station("grp-1", StationType::Grp, "district-1", "district-1"),
                station("ps-2", StationType::Mahila, "district-2", "district-2"),
            ],
        )
    }

    #[test]
    fn the_lowest_level_is_that_of_stations_with_a_desk() {
        assert_eq!(units(&tree(), ReviewLevel::Station, day()), ["ps-1", "ps-2"]);
        assert_eq!(units(&tree(), ReviewLevel::District, day()), ["district-1", "district-2"]);
        assert_eq!(level_of(&tree(), "ps-1", day()), Some(ReviewLevel::Station));
        assert_eq!(level_of(&tree(), "commissionerate-l", day()), None, "its district reviews");
    }

    #[test]
    fn a_case_comes_up_at_the_lowest_level_that_reviews_and_has_a_unit_for_it() {
        use ReviewLevel::{Circle, District, Range, State, Station};
        let up = |reviewing: &[ReviewLevel], from, station, district| {
            comes_up_at(&tree(), reviewing, from, station, district, day())
        };
        assert_eq!(up(&[State, Station, District], Station, "ps-1", "district-1"), Some(Station));
        assert_eq!(up(&[Station, Circle, District], Station, "", "district-1"), Some(District), "hidden from both");
        assert_eq!(up(&[Station, Range, State], District, "ps-1", "district-1"), Some(Range));
        assert_eq!(up(&[Station, Range, State], District, "ps-2", "district-2"), Some(State), "no range above it");
        assert_eq!(up(&[Station], District, "ps-1", "district-1"), None);
        assert_eq!(up(&[Station, Circle], Station, "grp-1", "district-1"), None);
    }

    #[test]
    fn a_unit_looks_at_what_lies_in_it() {
        let of = |level, units: &[&str]| {
            let units: Vec<String> = units.iter().map(|unit| (*unit).to_owned()).collect();
            Catchment::of(&tree(), level, &units, day())
        };
        let station = of(ReviewLevel::Station, &["ps-1"]);
        assert_eq!(station.unit("ps-1", "district-1").map(String::as_str), Some("ps-1"));
        assert_eq!(station.unit("", "district-1"), None);
        let circle = of(ReviewLevel::Circle, &["circle-1"]);
        assert_eq!(circle.unit("ps-1", "district-1").map(String::as_str), Some("circle-1"));
        assert_eq!((circle.unit("grp-1", "district-1"), circle.unit("", "district-1")), (None, None));
        let range = of(ReviewLevel::Range, &["range-a"]);
        assert_eq!(range.unit("", "district-1").map(String::as_str), Some("range-a"));
        assert_eq!(range.unit("ps-2", "district-2"), None);
        let state = of(ReviewLevel::State, &["up"]);
        assert_eq!(state.unit("", "district-2").map(String::as_str), Some("up"));
    }
}
