//! Which reviews a caller sees: those of the stations and units of the scope, and none of what a station must not know of
//! itself.

use chrono::NaiveDate;
use platform::Scope;
use platform::directory::Tree;

use crate::terms::ReviewLevel;

/// Which reviews a caller sees, as parameters of a read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sight {
    /// Those of these stations. `None`: of all, and of all units.
    pub stations: Option<Vec<String>>,
    /// And those of these units.
    pub units: Vec<String>,
    /// Not cases to which the station itself is a party.
    pub of_station: bool,
}

impl Sight {
    /// What a scope sees.
    pub(crate) fn of(scope: &Scope, tree: &Tree, day: NaiveDate) -> Self {
        let stations = scope.stations();
        let units = match stations {
            None => Vec::new(),
            Some(_) => tree.units(day).filter(|unit| scope.covers_unit(&unit.id)).map(|unit| unit.id.clone()).collect(),
        };
        Self { stations, units, of_station: scope.is_station_level() }
    }
}

/// Whether a scope covers the unit of a review.
pub(crate) fn covers(scope: &Scope, level: ReviewLevel, unit: &str) -> bool {
    if level == ReviewLevel::Station { scope.covers_station(unit) } else { scope.covers_unit(unit) }
}
