//! Small cells, hidden from readers outside the police: a figure of 1 to 4 of one district may name a woman.
//!
//! Hiding it is not enough, since a row's total less its other cells gives it away. So further cells are hidden until every
//! hidden one could be another number ([`table`]). This is decided for the whole state and every unit down to the district
//! at once, whatever part a statement shows, so that a statement by range does not give away what one by district hides.
//! What desks did (their days, check-ins, minutes) is nobody's secret and never hidden. Periods are closed days; figures of
//! one period less those of a shorter one are not guarded against.

mod table;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use platform::directory::{Tree, UnitKind, UnitVersion};
use platform::terms::Term as _;

use super::cut::Cut;
use super::roll_up::Sum;
use crate::ledger::{Breakdown, Measure, Slot};
use table::Table;

/// Which cells are hidden.
#[derive(Debug, Default, Clone)]
pub(crate) struct Hidden {
    cells: HashSet<(String, Slot)>,
    /// Where figures enter the tree: units without units below, and what a unit above them counts itself.
    leaves: Vec<Leaf>,
}

#[derive(Debug, Clone)]
struct Leaf {
    unit: String,
    key: String,
}

/// The key of what a unit with units below it counts itself. No id ends so.
fn own(unit: &str) -> String {
    format!("{unit}/")
}

impl Hidden {
    /// Nothing: for the chain of command.
    pub fn none() -> Self {
        Self::default()
    }

    /// What must be hidden of these sums of the whole state.
    pub fn of(tree: &Tree, day: NaiveDate, sums: &[Sum]) -> Self {
        let Some(skeleton) = Skeleton::of(tree, day) else { return Self::none() };
        let leaf_of = skeleton.leaves_of(tree, day, sums);
        let mut cells = HashSet::new();
        for measure in Measure::ALL.iter().copied().filter(|measure| !measure.is_of_desks()) {
            let of_measure: Vec<&Sum> = sums.iter().filter(|sum| sum.slot.measure == measure).collect();
            let (slots, groups) = slots(measure, &of_measure);
            let mut table = Table::new(skeleton.parents.clone(), slots.len(), groups);
            for sum in of_measure {
                if let (Some(leaf), Ok(slot)) = (leaf_of.get(sum.place.as_str()), slots.binary_search(&sum.slot)) {
                    table.add(*leaf, slot, sum.n);
                }
            }
            for (node, slot) in table.hide() {
                cells.insert((skeleton.keys[node].clone(), slots[slot]));
            }
        }
        Self { cells, leaves: skeleton.leaves() }
    }

    /// Whether a unit's figure is hidden.
    pub fn hides(&self, unit: &str, slot: Slot) -> bool {
        self.cells.contains(&(unit.to_owned(), slot))
    }

    /// Whether the figure of the rest is: when any part of it is.
    pub fn hides_rest(&self, cut: &Cut<'_>, slot: Slot) -> bool {
        self.leaves
            .iter()
            .filter(|leaf| self.cells.contains(&(leaf.key.clone(), slot)))
            .any(|leaf| cut.contains(&leaf.unit) && cut.row_of(&leaf.unit).is_none())
    }
}

/// The cells of a measure: its whole first, then each value of each breakdown; and which of them add up to the whole.
fn slots(measure: Measure, sums: &[&Sum]) -> (Vec<Slot>, Vec<Vec<usize>>) {
    let found: BTreeSet<Slot> = sums.iter().map(|sum| sum.slot).chain([Slot::whole(measure)]).collect();
    let slots: Vec<Slot> = found.into_iter().collect();
    let mut groups: BTreeMap<Breakdown, Vec<usize>> = BTreeMap::new();
    for (at, slot) in slots.iter().enumerate() {
        if let Some(breakdown) = slot.breakdown {
            groups.entry(breakdown).or_default().push(at);
        }
    }
    (slots, groups.into_values().collect())
}

/// The units from the state down to the districts, as they are on a day.
struct Skeleton {
    keys: Vec<String>,
    parents: Vec<Option<usize>>,
    root: usize,
    /// By unit: where its figures enter.
    entry: HashMap<String, usize>,
}

fn is_shown(unit: &UnitVersion) -> bool {
    unit.kind <= UnitKind::District
}

impl Skeleton {
    fn of(tree: &Tree, day: NaiveDate) -> Option<Self> {
        let units: Vec<&UnitVersion> = tree.units(day).filter(|unit| is_shown(unit)).collect();
        let root = units.iter().position(|unit| unit.parent.is_none())?;
        let at: HashMap<&str, usize> = units.iter().enumerate().map(|(at, unit)| (unit.id.as_str(), at)).collect();
        let mut keys: Vec<String> = units.iter().map(|unit| unit.id.clone()).collect();
        let mut parents: Vec<Option<usize>> = units
            .iter()
            .enumerate()
            .map(|(here, unit)| {
                let above = tree.above(&unit.id, day).into_iter().find_map(|unit| at.get(unit.id.as_str()).copied());
                // A unit that hangs in the air is shown beside the others of the state.
                (here != root).then(|| above.unwrap_or(root))
            })
            .collect();
        let mut entry = HashMap::new();
        for (here, unit) in units.iter().enumerate() {
            let has_below = parents.contains(&Some(here));
            entry.insert(unit.id.clone(), if has_below { keys.len() } else { here });
            if has_below {
                keys.push(own(&unit.id));
                parents.push(Some(here));
            }
        }
        Some(Self { keys, parents, root, entry })
    }

    /// Where the figures of each place enter: at the nearest unit that is shown.
    fn leaves_of<'a>(&self, tree: &Tree, day: NaiveDate, sums: &'a [Sum]) -> HashMap<&'a str, usize> {
        let mut found = HashMap::new();
        for sum in sums {
            found.entry(sum.place.as_str()).or_insert_with(|| {
                let itself = tree.unit(&sum.place, day);
                let above = match (itself, tree.station(&sum.place)) {
                    (None, Some(_)) => tree.above_station(&sum.place, day),
                    _ => tree.above(&sum.place, day),
                };
                let nearest = itself.into_iter().chain(above).find(|unit| is_shown(unit));
                nearest.map_or(self.entry[&self.keys[self.root]], |unit| self.entry[&unit.id])
            });
        }
        found
    }

    fn leaves(&self) -> Vec<Leaf> {
        let leaf = |(unit, at): (&String, &usize)| Leaf { unit: unit.clone(), key: self.keys[*at].clone() };
        let mut leaves: Vec<Leaf> = self.entry.iter().map(leaf).collect();
        leaves.sort_by(|a, b| a.unit.cmp(&b.unit));
        leaves
    }
}
