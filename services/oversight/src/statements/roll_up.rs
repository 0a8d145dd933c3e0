//! Adds the ledger's sums up along a cut: the whole, a row for each unit of the level, and the rest.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use platform::directory::Tree;

use super::cut::Cut;
use crate::ledger::{Grain, Measure, Slot};

/// A sum that was read: at a place, of one slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sum {
    /// A station, a district, or empty.
    pub place: String,
    /// What.
    pub slot: Slot,
    /// How many.
    pub n: i64,
}

/// Figures by slot; what is not there is 0.
pub(crate) type Figures = BTreeMap<Slot, i64>;

/// Figures, added up.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct RolledUp {
    /// Of the unit asked for.
    pub whole: Figures,
    /// Of each row, by id.
    pub rows: BTreeMap<String, Figures>,
    /// Of what belongs to none of them.
    pub rest: Figures,
}

/// Desks expected and open on the last day, as sums beside those of the ledger. Expected is every station that the order of
/// October 2020 names; open are those of them whose desk has opened.
pub(crate) fn desks(tree: &Tree, opened: &BTreeMap<String, NaiveDate>, day: NaiveDate, grain: Grain) -> Vec<Sum> {
    let mut sums = Vec::new();
    for station in tree.stations().filter(|station| station.kind.has_desk() && station.exists_on(day)) {
        let place = if grain == Grain::District { &station.district } else { &station.id };
        let mut add = |measure| sums.push(Sum { place: place.clone(), slot: Slot::whole(measure), n: 1 });
        add(Measure::DesksExpected);
        if opened.get(&station.id).is_some_and(|opened| *opened <= day) {
            add(Measure::DesksOpen);
        }
    }
    sums
}

/// Adds up. Sums of places outside the unit asked for are left out.
pub(crate) fn roll_up(cut: &Cut<'_>, sums: &[Sum]) -> RolledUp {
    let mut rolled = RolledUp::default();
    for row in cut.rows() {
        rolled.rows.insert(row.id, Figures::new());
    }
    let mut rows: HashMap<&str, Option<Option<&str>>> = HashMap::new();
    for sum in sums {
        let row = *rows.entry(&sum.place).or_insert_with(|| cut.contains(&sum.place).then(|| cut.row_of(&sum.place)));
        let Some(row) = row else { continue };
        *rolled.whole.entry(sum.slot).or_default() += sum.n;
        let figures = match row {
            Some(row) => rolled.rows.entry(row.to_owned()).or_default(),
            None => &mut rolled.rest,
        };
        *figures.entry(sum.slot).or_default() += sum.n;
    }
    if cut.level.is_none() {
        rolled.rest.clear();
    }
    rolled.rest.retain(|_, n| *n != 0);
    rolled
}
