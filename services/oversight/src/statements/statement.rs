//! A statement, put together: what is silent, the whole, the rows, each figure shown or hidden.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use platform::directory::{Name, Tree, UnitKind};
use platform::terms::Term as _;

use super::completeness::{Completeness, MissedReviews, completeness, missed_reviews};
use super::cut::{Cut, Node};
use super::period::Period;
use super::roll_up::{Figures, RolledUp, Sum, desks, roll_up};
use super::silence::{Heard, Silent, silent};
use super::suppress::{Hidden, same_units};
use crate::ledger::{Grain, Measure, Slot};

/// A figure as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The number.
    Number(i64),
    /// Between 1 and 4, or hidden so that such a one cannot be worked out.
    Hidden,
}

/// A figure of the period, and the same of the period before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stated {
    /// Which.
    pub slot: Slot,
    /// Of the period.
    pub now: Shown,
    /// Of the period before; 0 where that is not told.
    pub before: Shown,
}

/// The figures of one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnitFigures {
    /// The unit; `None`: the rest.
    pub unit: Option<Node>,
    /// Some station below is made up.
    pub synthetic: bool,
    /// In the read-out order.
    pub figures: Vec<Stated>,
}

impl UnitFigures {
    /// One figure of the period; what is not listed is 0.
    pub fn get(&self, slot: Slot) -> Shown {
        let found = self.figures.binary_search_by_key(&slot, |stated| stated.slot);
        found.map_or(Shown::Number(0), |at| self.figures[at].now)
    }
}

/// The statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    /// Of which days.
    pub period: Period,
    /// The period before; `None`: it is not told.
    pub before: Option<Period>,
    /// By which level.
    pub level: Option<UnitKind>,
    /// Who is not heard from.
    pub silent: Vec<Silent>,
    /// Who missed reviews.
    pub missed_reviews: Vec<MissedReviews>,
    /// Who was to report, and did.
    pub completeness: Completeness,
    /// The unit asked for.
    pub whole: UnitFigures,
    /// The units of the level, by name; the rest last.
    pub rows: Vec<UnitFigures>,
    /// Small cells are hidden.
    pub public_copy: bool,
}

/// What was read for a statement.
#[derive(Debug, Default, Clone)]
pub(crate) struct Read {
    /// Sums of the period.
    pub sums: Vec<Sum>,
    /// Sums of the period before.
    pub before: Vec<Sum>,
    /// Desks and reports.
    pub heard: Heard,
}

/// What the rest is called: what belongs to no unit of the level.
pub(crate) const REST: (&str, &str) = ("Not of any of these", "इनमें से किसी का नहीं");

/// The same, as a name.
pub(crate) fn rest_name() -> Name {
    Name { en: REST.0.to_owned(), hi: REST.1.to_owned() }
}

/// Figures of one period along a cut, and which of them are hidden.
struct Told {
    rolled: RolledUp,
    hidden: Hidden,
}

impl Told {
    /// Small cells are found in the whole state, whatever is shown of it: two statements must not give each other away.
    fn of(
        cut: &Cut<'_>,
        day: NaiveDate,
        sums: &[Sum],
        heard: &Heard,
        covers: impl Fn(&str) -> bool,
        public_copy: bool,
    ) -> Self {
        let mut sums = sums.to_vec();
        sums.extend(desks(cut.tree, &heard.opened, day, cut.grain()));
        let hidden = if public_copy { Hidden::of(cut.tree, day, &sums) } else { Hidden::none() };
        sums.retain(|sum| covers(&sum.place));
        Self { rolled: roll_up(cut, &sums), hidden }
    }

    fn figures(&self, unit: Option<&str>, is_whole: bool) -> Option<&Figures> {
        match unit {
            _ if is_whole => Some(&self.rolled.whole),
            Some(unit) => self.rolled.rows.get(unit),
            None => Some(&self.rolled.rest),
        }
    }

    fn show(&self, cut: &Cut<'_>, unit: Option<&str>, is_whole: bool, slot: Slot) -> Shown {
        let hides = match unit {
            Some(unit) => self.hidden.hides(unit, slot),
            None => self.hidden.hides_rest(cut, slot),
        };
        let figures = self.figures(unit, is_whole);
        if hides { Shown::Hidden } else { Shown::Number(figures.and_then(|at| at.get(&slot)).copied().unwrap_or(0)) }
    }
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
    let before = period.before();
    // What is hidden of the period before is decided as in its own statement. Where units were reorganised since, that
    // statement has other rows, and both together might give away what either hides.
    let before_told = !public_copy || same_units(cut.tree, before.to, period.to);
    let now = Told::of(cut, period.to, &read.sums, &read.heard, &covers, public_copy);
    let then = before_told.then(|| Told::of(cut, before.to, &read.before, &read.heard, &covers, public_copy));

    let synthetic = synthetic(cut, cut.grain());
    let shown = |unit: Option<Node>, is_whole: bool| {
        let id = unit.as_ref().map(|unit| unit.id.as_str());
        let figures = show(cut, &now, then.as_ref(), id, is_whole);
        UnitFigures { synthetic: id.is_some_and(|id| synthetic.contains(id)), unit, figures }
    };
    let ids: BTreeSet<&String> =
        [Some(&now), then.as_ref()].into_iter().flatten().flat_map(|told| told.rolled.rows.keys()).collect();
    let mut rows: Vec<UnitFigures> =
        ids.into_iter().filter_map(|id| cut.node(id)).map(|node| shown(Some(node), false)).collect();
    rows.sort_by_cached_key(|row| row.unit.as_ref().map(|unit| (unit.name.en.clone(), unit.id.clone())));
    if !now.rolled.rest.is_empty() || then.as_ref().is_some_and(|then| !then.rolled.rest.is_empty()) {
        rows.push(shown(None, false));
    }
    let stations = || cut.tree.stations().filter(|station| cut.contains(&station.id) && covers(&station.id));
    Statement {
        period,
        before: before_told.then_some(before),
        level: cut.level,
        silent: silent(cut.tree, stations(), &read.heard, period, true),
        missed_reviews: missed_reviews(cut, &read.heard, &covers),
        completeness: completeness(stations(), &read.heard, &now.rolled.whole, period),
        whole: shown(Some(root), true),
        rows,
        public_copy,
    }
}

/// The whole of each measure, 0 or not, and every value of a breakdown that is not 0 in one of the periods.
fn show(cut: &Cut<'_>, now: &Told, then: Option<&Told>, unit: Option<&str>, is_whole: bool) -> Vec<Stated> {
    let wholes = Measure::ALL.iter().map(|measure| Slot::whole(*measure));
    let figures = [Some(now), then].into_iter().flatten().filter_map(|told| told.figures(unit, is_whole));
    let parts = figures.flatten().filter(|(slot, n)| slot.breakdown.is_some() && **n != 0).map(|(slot, _)| *slot);
    let slots: BTreeSet<Slot> = wholes.chain(parts).collect();
    slots
        .into_iter()
        .map(|slot| Stated {
            slot,
            now: now.show(cut, unit, is_whole, slot),
            before: then.map_or(Shown::Number(0), |then| then.show(cut, unit, is_whole, slot)),
        })
        .collect()
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
