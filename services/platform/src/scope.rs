//! Scope: the org units a caller may see, as a value. Every read and every command takes one; there is no other way to make
//! it than from a caller and the tree, or as the service itself.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;

use crate::auth::Caller;
use crate::directory::Tree;
use crate::refusal::Refusal;

/// What a caller may see. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope(Arc<Sight>);

#[derive(Debug, PartialEq, Eq)]
struct Sight {
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
        Self(Arc::new(Sight { stations, units, roots, station_level }))
    }

    /// Everything: for followers and tasks of the service itself, never for a caller.
    #[must_use]
    pub fn service() -> Self {
        Self(Arc::new(Sight { stations: None, units: BTreeSet::new(), roots: BTreeSet::new(), station_level: false }))
    }

    /// The units named in the token.
    #[must_use]
    pub fn roots(&self) -> &BTreeSet<String> {
        &self.0.roots
    }

    /// The stations, for SQL: `$1::text[] IS NULL OR station = ANY($1)`. `None`: all.
    #[must_use]
    pub fn stations(&self) -> Option<Vec<String>> {
        self.0.stations.as_ref().map(|stations| stations.iter().cloned().collect())
    }

    /// Whether complaints that are hidden from their own station are hidden from this caller.
    #[must_use]
    pub fn is_station_level(&self) -> bool {
        self.0.station_level
    }

    /// Whether it covers a station.
    #[must_use]
    pub fn covers_station(&self, station: &str) -> bool {
        self.0.stations.as_ref().is_none_or(|stations| stations.contains(station))
    }

    /// Whether it covers a unit.
    #[must_use]
    pub fn covers_unit(&self, unit: &str) -> bool {
        self.0.stations.is_none() || self.0.units.contains(unit)
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
        let roots = BTreeSet::from([parent.to_owned()]);
        Ok(Self(Arc::new(Sight { stations: Some(stations), units, roots, station_level: self.0.station_level })))
    }
}

/// Scopes worked out before: the same units on the same day under the same tree are the same scope. Walking the tree of a
/// whole state costs as much as a small call.
#[derive(Debug, Clone, Default)]
pub struct Scopes(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// What they were worked out under; another tree or day forgets all.
    under: Option<(Arc<Tree>, NaiveDate)>,
    of: HashMap<Vec<String>, Scope>,
}

/// Remembered at most; a state has some 2,000 units and stations.
const REMEMBERED: usize = 10_000;

impl Scopes {
    /// What the caller may see on a day.
    #[must_use]
    pub fn of(&self, caller: &Caller, tree: &Arc<Tree>, day: NaiveDate) -> Scope {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = known.under.as_ref().is_some_and(|(under, on)| Arc::ptr_eq(under, tree) && *on == day);
        if !same || known.of.len() >= REMEMBERED {
            known.under = Some((tree.clone(), day));
            known.of.clear();
        }
        if let Some(scope) = known.of.get(&caller.units) {
            return scope.clone();
        }
        let scope = Scope::of(caller, tree, day);
        known.of.insert(caller.units.clone(), scope.clone());
        scope
    }
}
