//! A statement, put together: what is silent, the whole, the rows, each figure shown or hidden.

use std::collections::BTreeSet;

use platform::directory::{Name, Tree, UnitKind};
use platform::terms::Term as _;

use super::cut::{Cut, Node};
use super::period::Period;
use super::roll_up::{Figures, Sum, desks, roll_up};
use super::silence::{Heard, Silent, silent};
use super::suppress::Hidden;
use crate::ledger::{Grain, Measure, Slot};

/// A figure as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The number.
    Number(i64),
    /// Between 1 and 4, or hidden so that such a one cannot be worked out.
    Hidden,
}

/// The figures of one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnitFigures {
    /// The unit; `None`: the rest.
    pub unit: Option<Node>,
    /// Some station below is made up.
    pub synthetic: bool,
    /// In the read-out order.
    pub figures: Vec<(Slot, Shown)>,
}

impl UnitFigures {
    /// One figure; what is not listed is 0.
    pub fn get(&self, slot: Slot) -> Shown {
        self.figures.iter().find(|(at, _)| *at == slot).map_or(Shown::Number(0), |(_, shown)| *shown)
    }
}

/// The statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    /// Of which days.
    pub period: Period,
    /// By which level.
    pub level: Option<UnitKind>,
    /// Who is not heard from.
    pub silent: Vec<Silent>,
    /// The unit asked for.
    pub whole: UnitFigures,
    /// The units of the level, by name; the rest last.
    pub rows: Vec<UnitFigures>,
    /// Small cells are hidden.
    pub public_copy: bool,
}

/// What was read for a statement.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    /// Sums of the period.
    pub sums: Vec<Sum>,
    /// Desks and silence.
    pub heard: Heard,
}

/// What the rest is called: what belongs to no unit of the level.
pub(crate) const REST: (&str, &str) = ("Not of any of these", "इनमें से किसी का नहीं");

/// The same, as a name.
pub(crate) fn rest_name() -> Name {
    Name { en: REST.0.to_owned(), hi: REST.1.to_owned() }
}

/// Puts a statement together. `covers` says which places the reader may see.
pub(crate) fn statement(
    cut: &Cut<'_>,
    period: Period,
    root: Node,
    read: &Read,
    covers: impl Fn(&str) -> bool,
    public_copy: bool,
) -> Statement {
    let grain = cut.grain();
    let mut sums = read.sums.clone();
    sums.extend(desks(cut.tree, &read.heard.opened, period.to, grain));
    // Small cells are found in the whole state, whatever is shown of it: two statements must not give each other away.
    let hidden = if public_copy { Hidden::of(cut.tree, period.to, &sums) } else { Hidden::none() };
    sums.retain(|sum| covers(&sum.place));

    let rolled = roll_up(cut, &sums);
    let synthetic = synthetic(cut, grain);
    let shown = |unit: Option<Node>, figures: &Figures| {
        let id = unit.as_ref().map(|unit| unit.id.as_str());
        let figures = show(figures, |slot| match id {
            Some(id) => hidden.hides(id, slot),
            None => hidden.hides_rest(cut, slot),
        });
        UnitFigures { synthetic: id.is_some_and(|id| synthetic.contains(id)), unit, figures }
    };
    let mut rows: Vec<UnitFigures> =
        rolled.rows.iter().map(|(id, figures)| shown(cut.node(id), figures)).filter(|row| row.unit.is_some()).collect();
    rows.sort_by_cached_key(|row| row.unit.as_ref().map(|unit| (unit.name.en.clone(), unit.id.clone())));
    if !rolled.rest.is_empty() {
        rows.push(shown(None, &rolled.rest));
    }
    let stations = cut.tree.stations().filter(|station| cut.contains(&station.id) && covers(&station.id));
    Statement {
        period,
        level: cut.level,
        silent: silent(cut.tree, stations, &read.heard, period, true),
        whole: shown(Some(root), &rolled.whole),
        rows,
        public_copy,
    }
}

/// The whole of each measure, 0 or not, and every value of a breakdown that is not 0.
fn show(figures: &Figures, hides: impl Fn(Slot) -> bool) -> Vec<(Slot, Shown)> {
    let wholes = Measure::ALL.iter().map(|measure| Slot::whole(*measure));
    let parts = figures.iter().filter(|(slot, n)| slot.breakdown.is_some() && **n != 0).map(|(slot, _)| *slot);
    let slots: BTreeSet<Slot> = wholes.chain(parts).collect();
    let shown =
        |slot: Slot| if hides(slot) { Shown::Hidden } else { Shown::Number(figures.get(&slot).copied().unwrap_or(0)) };
    slots.into_iter().map(|slot| (slot, shown(slot))).collect()
}

/// Units of the cut, itself included, with a station below that is made up.
fn synthetic(cut: &Cut<'_>, grain: Grain) -> BTreeSet<String> {
    let tree: &Tree = cut.tree;
    let mut found = BTreeSet::new();
    for station in tree.stations().filter(|station| station.synthetic && station.exists_on(cut.day)) {
        let place = if grain == Grain::District { &station.district } else { &station.id };
        if cut.contains(place) {
            found.insert(cut.root.to_owned());
            found.extend(cut.row_of(place).map(str::to_owned));
        }
    }
    found
}
