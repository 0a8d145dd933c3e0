//! Small cells, hidden from readers outside the police: a figure of 1 to 4 of one district may name a woman.
//!
//! Hiding it is not enough, since a row's total less its other cells gives it away. So further cells are hidden until every
//! hidden one could be another number ([`table`]). This is decided for the whole state and every unit down to the district
//! at once, whatever part a statement shows, so that a statement by range does not give away what one by district hides.
//! What desks, sittings and public events did is nobody's secret and never hidden; what counts women, calls and cases is, cases
//! on dockets too.
//!
//! The difference of two periods that overlap would undo all of this, however well each hides. So readers outside the police
//! get whole weeks, one at a time ([`Period::for_outside`]), and the figures of the period before are hidden as in that
//! week's own statement: whoever reads both learns nothing from the second.
//!
//! [`Period::for_outside`]: super::period::Period::for_outside

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
        let of = |measure| OfMeasure::new(&skeleton, measure, sums, &leaf_of);
        let (kin, alone): (Vec<Measure>, Vec<Measure>) = Measure::ALL
            .iter()
            .copied()
            .filter(|measure| measure.counts_women())
            .partition(|measure| KIN.contains(measure));
        let mut kin: Vec<OfMeasure> = kin.into_iter().map(of).collect();
        agree(&mut kin);
        let mut cells = HashSet::new();
        for of_measure in alone.into_iter().map(of).chain(kin) {
            let hidden = of_measure.hidden.into_iter();
            cells.extend(hidden.map(|(node, slot)| (skeleton.keys[node].clone(), of_measure.slots[slot])));
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

/// Measures that nearly tell each other: of a cycle that is over the cases selected are those reviewed, deferred and not reached,
/// and decisions take effect as directions. What one hides the others hide.
const KIN: [Measure; 5] = [
    Measure::ReviewItemsSelected,
    Measure::ReviewItemsReviewed,
    Measure::ReviewItemsDeferred,
    Measure::ReviewItemsNotReached,
    Measure::DirectionsTaken,
];

/// The cells of a measure, and which of them are hidden.
struct OfMeasure {
    slots: Vec<Slot>,
    table: Table,
    hidden: Vec<(usize, usize)>,
}

impl OfMeasure {
    fn new(skeleton: &Skeleton, measure: Measure, sums: &[Sum], leaf_of: &HashMap<&str, usize>) -> Self {
        let of_measure: Vec<&Sum> = sums.iter().filter(|sum| sum.slot.measure == measure).collect();
        let (slots, groups) = slots(measure, &of_measure);
        let mut table = Table::new(skeleton.parents.clone(), slots.len(), groups);
        for sum in of_measure {
            if let (Some(leaf), Ok(slot)) = (leaf_of.get(sum.place.as_str()), slots.binary_search(&sum.slot)) {
                table.add(*leaf, slot, sum.n);
            }
        }
        let hidden = table.hide(&[]);
        Self { slots, table, hidden }
    }

    /// Where the same figure of this measure stands.
    fn same(&self, slot: Slot) -> Option<usize> {
        let measure = self.slots.first()?.measure;
        self.slots.binary_search(&Slot { measure, ..slot }).ok()
    }
}

/// Hides with each what the others hide, until all agree: each round hides more or is the last.
fn agree(kin: &mut [OfMeasure]) {
    loop {
        let hidden: BTreeSet<(usize, Slot)> =
            kin.iter().flat_map(|of| of.hidden.iter().map(|(node, slot)| (*node, of.slots[*slot]))).collect();
        let mut agreed = true;
        for of in kin.iter_mut() {
            let also: Vec<(usize, usize)> =
                hidden.iter().filter_map(|(node, slot)| Some((*node, of.same(*slot)?))).collect();
            let now = of.table.hide(&also);
            agreed &= now.len() == of.hidden.len();
            of.hidden = now;
        }
        if agreed {
            return;
        }
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

/// Whether the units that are shown stand alike on two days, so that the same cells would be hidden.
pub(crate) fn same_units(tree: &Tree, one: NaiveDate, other: NaiveDate) -> bool {
    let on = |day| Skeleton::of(tree, day).map(|skeleton| (skeleton.keys, skeleton.parents));
    on(one) == on(other)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{day, tree};
    use super::*;

    const DISTRICTS: [&str; 4] = ["district-118", "district-143", "district-119", "district-162"];

    /// What sittings of a district came to: cases reviewed, deferred, not reached; some decisions are not yet taken.
    fn sums(districts: &[(i64, i64, i64, i64)]) -> Vec<Sum> {
        let of = |(at, (reviewed, deferred, not_reached, late)): (usize, &(i64, i64, i64, i64))| {
            let sum = move |slot, n| Sum { place: DISTRICTS[at].to_owned(), slot, n };
            let whole = move |measure, n| sum(Slot::whole(measure), n);
            let by = move |measure, n| sum(Slot::by(measure, Breakdown::Kind, 1 + i16::from(at > 1)), n);
            let selected = reviewed + deferred + not_reached;
            [
                whole(Measure::ReviewItemsSelected, selected),
                sum(Slot::by(Measure::ReviewItemsSelected, Breakdown::Stratum, 5), selected),
                whole(Measure::ReviewItemsReviewed, *reviewed),
                by(Measure::ReviewItemsReviewed, *reviewed),
                whole(Measure::ReviewItemsDeferred, *deferred),
                whole(Measure::ReviewItemsNotReached, *not_reached),
                whole(Measure::DirectionsTaken, (reviewed - late).max(0)),
                by(Measure::DirectionsTaken, (reviewed - late).max(0)),
            ]
        };
        districts.iter().enumerate().flat_map(of).filter(|sum| sum.n != 0).collect()
    }

    fn small_or_not() -> impl Strategy<Value = i64> {
        prop_oneof![2 => 0..5_i64, 3 => 5..40_i64]
    }

    proptest! {
        /// Nobody works a case count of a sitting out from the others: where one is hidden, none that is not 0 is shown.
        #[test]
        fn what_one_count_of_a_sitting_hides_no_other_tells(
            districts in proptest::collection::vec((small_or_not(), 0..4_i64, 0..4_i64, 0..2_i64), 4),
        ) {
            let (tree, sums) = (tree(), sums(&districts));
            let hidden = Hidden::of(&tree, day("2020-10-28"), &sums);
            for district in DISTRICTS {
                let number = |measure: Measure| {
                    let of = |sum: &&Sum| sum.place == district && sum.slot == Slot::whole(measure);
                    sums.iter().find(of).map_or(0, |sum| sum.n)
                };
                let stated: Vec<Measure> = KIN.into_iter().filter(|measure| number(*measure) > 0).collect();
                let hides = |measure: &Measure| hidden.hides(district, Slot::whole(*measure));
                prop_assert!(stated.iter().all(hides) || !stated.iter().any(hides), "{} {:?}", district, districts);
                prop_assert!(stated.iter().all(|measure| hides(measure) || number(*measure) >= 5));
            }
        }
    }
}
