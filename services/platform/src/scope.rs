//! Scope: the org units a caller may see, as a value. Every read and every command takes one; there is no other way to make
//! it than from a caller and the tree, or as the service itself.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::auth::Caller;
use crate::directory::Tree;
use crate::refusal::Refusal;

/// What a caller may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// `None`: everything.
    stations: Option<BTreeSet<String>>,
    /// Units named in the token, and those below them.
    units: BTreeSet<String>,
    /// Those named in the token.
    roots: BTreeSet<String>,
    /// The scope is a station (or several), not a unit above stations: some things are hidden from a station itself.
    station_level: bool,
}

impl Scope {
    /// What the caller may see on a day. A station named in the token counts even before the tree knows it.
    #[must_use]
    pub fn of(caller: &Caller, tree: &Tree, day: NaiveDate) -> Self {
        let roots: BTreeSet<String> = caller.units.iter().cloned().collect();
        let is_state = |id: &str| tree.unit(id, day).map_or(id == "up", |unit| unit.parent.is_none());
        let units: BTreeSet<String> = tree
            .units(day)
            .filter(|unit| roots.iter().any(|root| tree.is_within(&unit.id, root, day)))
            .map(|unit| unit.id.clone())
            .chain(roots.iter().cloned())
            .collect();
        let station_level =
            !roots.is_empty() && roots.iter().all(|root| tree.unit(root, day).is_none() && !is_state(root));
        let stations = if roots.iter().any(|root| is_state(root)) {
            None
        } else {
            let below =
                tree.stations().filter(|station| units.contains(&station.parent)).map(|station| station.id.clone());
            Some(below.chain(roots.iter().filter(|root| tree.unit(root, day).is_none()).cloned()).collect())
        };
        Self { stations, units, roots, station_level }
    }

    /// Everything: for followers and tasks of the service itself, never for a caller.
    #[must_use]
    pub fn service() -> Self {
        Self { stations: None, units: BTreeSet::new(), roots: BTreeSet::new(), station_level: false }
    }

    /// The units named in the token.
    #[must_use]
    pub fn roots(&self) -> &BTreeSet<String> {
        &self.roots
    }

    /// The stations, for SQL: `$1::text[] IS NULL OR station = ANY($1)`. `None`: all.
    #[must_use]
    pub fn stations(&self) -> Option<Vec<String>> {
        self.stations.as_ref().map(|stations| stations.iter().cloned().collect())
    }

    /// Whether complaints that are hidden from their own station are hidden from this caller.
    #[must_use]
    pub fn is_station_level(&self) -> bool {
        self.station_level
    }

    /// Whether it covers a station.
    #[must_use]
    pub fn covers_station(&self, station: &str) -> bool {
        self.stations.as_ref().is_none_or(|stations| stations.contains(station))
    }

    /// Whether it covers a unit.
    #[must_use]
    pub fn covers_unit(&self, unit: &str) -> bool {
        self.stations.is_none() || self.units.contains(unit)
    }

    /// # Errors
    /// `OUT_OF_SCOPE` unless it covers the station.
    pub fn need_station(&self, station: &str) -> Result<(), Refusal> {
        if self.covers_station(station) { Ok(()) } else { Err(Refusal::out_of_scope()) }
    }

    /// # Errors
    /// `OUT_OF_SCOPE` unless it covers the unit.
    pub fn need_unit(&self, unit: &str) -> Result<(), Refusal> {
        if self.covers_unit(unit) { Ok(()) } else { Err(Refusal::out_of_scope()) }
    }

    /// Only what lies below a unit (or is the station) as well.
    ///
    /// # Errors
    /// `OUT_OF_SCOPE` when the unit lies outside.
    pub fn narrow(&self, parent: &str, tree: &Tree, day: NaiveDate) -> Result<Self, Refusal> {
        let is_station = tree.station(parent).is_some();
        if is_station {
            self.need_station(parent)?;
        } else {
            self.need_unit(parent)?;
        }
        if !is_station && tree.unit(parent, day).is_none() {
            return Err(Refusal::not_found(format!("units/{parent}")));
        }
        let stations = if is_station {
            BTreeSet::from([parent.to_owned()])
        } else {
            tree.stations()
                .filter(|station| tree.is_within(&station.id, parent, day) && self.covers_station(&station.id))
                .map(|station| station.id.clone())
                .collect()
        };
        let units =
            tree.units(day).filter(|unit| tree.is_within(&unit.id, parent, day)).map(|unit| unit.id.clone()).collect();
        Ok(Self {
            stations: Some(stations),
            units,
            roots: BTreeSet::from([parent.to_owned()]),
            station_level: self.station_level,
        })
    }
}
