//! Which cells of a table must be hidden so that no small one can be worked out.
//!
//! The table: units in a tree, each cell of a unit the sum of those below it; and in each unit a whole that several
//! breakdowns add up to. A reader knows these sums, every cell that is shown, and that a hidden cell is not 0.
//!
//! A hidden cell is safe when there is a *move*: another table that agrees with everything shown and differs in that cell.
//! Moves are made of single cases, so that all sums stay true by themselves: one case changes its value of a breakdown in
//! one unit, and perhaps another changes back elsewhere; or a case more here, and perhaps one less elsewhere. For each small
//! cell the move that hides the least is looked for, and all cells that it touches are hidden. In the end each hidden cell
//! lies on a move, so each could be at least two numbers.

/// Smaller numbers than this are small; 0 is not.
const SMALL: i64 = 5;

/// The cells of one measure.
#[derive(Debug, Clone)]
pub(super) struct Table {
    parents: Vec<Option<usize>>,
    /// From the root to each unit, itself included.
    paths: Vec<Vec<usize>>,
    /// Units with none below.
    leaves: Vec<usize>,
    /// The slots of each breakdown; slot 0 is the whole.
    groups: Vec<Vec<usize>>,
    /// By unit and slot.
    cells: Vec<Vec<i64>>,
}

/// A cell: unit and slot.
type Cell = (usize, usize);
/// What a move does: cells, each one more or one less.
type Move = Vec<(Cell, i64)>;

impl Table {
    /// An empty table. `parents` names for each unit the one above it; one has none.
    pub fn new(parents: Vec<Option<usize>>, slots: usize, groups: Vec<Vec<usize>>) -> Self {
        let path = |unit: usize| {
            let mut path: Vec<usize> = std::iter::successors(Some(unit), |at| parents[*at]).collect();
            path.reverse();
            path
        };
        let paths = (0..parents.len()).map(path).collect();
        let leaves = (0..parents.len()).filter(|unit| !parents.contains(&Some(*unit))).collect();
        let cells = vec![vec![0; slots]; parents.len()];
        Self { parents, paths, leaves, groups, cells }
    }

    /// Adds to a leaf's cell, and to those above it.
    pub fn add(&mut self, leaf: usize, slot: usize, n: i64) {
        for at in std::iter::successors(Some(leaf), |at| self.parents[*at]) {
            self.cells[at][slot] += n;
        }
    }

    /// The number of a cell.
    pub fn number(&self, unit: usize, slot: usize) -> i64 {
        self.cells[unit][slot]
    }

    /// The cells to hide, by unit and slot: the small ones, those that are hidden elsewhere (`also`) unless they are 0, and
    /// whatever else it takes.
    pub fn hide(&self, also: &[Cell]) -> Vec<Cell> {
        let mut hidden: Vec<Vec<bool>> =
            self.cells.iter().map(|unit| unit.iter().map(|n| (1..SMALL).contains(n)).collect()).collect();
        for (unit, slot) in also.iter().copied().filter(|(unit, slot)| self.number(*unit, *slot) > 0) {
            hidden[unit][slot] = true;
        }
        let mut search = Search { table: self, hidden };
        let mut safe: Vec<Vec<bool>> = self.cells.iter().map(|unit| vec![false; unit.len()]).collect();
        // Deepest first: what hides a district's cell often hides its range's as well.
        let mut small = search.cells();
        small.sort_by_key(|(unit, slot)| (usize::MAX - self.paths[*unit].len(), *unit, *slot));
        for (unit, slot) in small {
            if !safe[unit][slot] {
                for ((unit, slot), _) in search.cheapest(unit, slot).unwrap_or_default() {
                    search.hidden[unit][slot] = true;
                    safe[unit][slot] = true;
                }
            }
        }
        search.cells()
    }
}

struct Search<'a> {
    table: &'a Table,
    hidden: Vec<Vec<bool>>,
}

/// The cheapest of what was offered.
#[derive(Default)]
struct Best(Option<(i64, Move)>);

impl Best {
    fn offer(&mut self, cost: Option<i64>, the_move: impl FnOnce() -> Move) {
        if let Some(cost) = cost
            && self.0.as_ref().is_none_or(|(least, _)| cost < *least)
        {
            self.0 = Some((cost, the_move()));
        }
    }

    fn is_free(&self) -> bool {
        matches!(self.0, Some((0, _)))
    }
}

impl Search<'_> {
    fn cells(&self) -> Vec<Cell> {
        let hidden = |unit: usize| (0..self.hidden[unit].len()).filter(move |slot| self.hidden[unit][*slot]);
        (0..self.hidden.len()).flat_map(|unit| hidden(unit).map(move |slot| (unit, slot))).collect()
    }

    /// What it costs to make a cell one more or one less: what is lost when it is hidden, nothing if it already is. `None`:
    /// it cannot be: a reader sees that it is 0, or would.
    fn cost_of(&self, unit: usize, slot: usize, change: i64) -> Option<i64> {
        let n = self.table.cells[unit][slot];
        if n < 1 || n + change < 1 {
            return None;
        }
        Some(if self.hidden[unit][slot] { 0 } else { n })
    }

    fn cost(&self, units: &[usize], slot: usize, change: i64) -> Option<i64> {
        units.iter().try_fold(0, |cost, unit| Some(cost + self.cost_of(*unit, slot, change)?))
    }

    /// The cheapest move that changes a cell.
    fn cheapest(&self, unit: usize, slot: usize) -> Option<Move> {
        let best = self.groups_with(slot).map(|group| self.cheapest_swap(unit, slot, group)).and_then(|best| best.0);
        best.or_else(|| self.cheapest_transfer(unit, slot).0).map(|(_, found)| found)
    }

    fn groups_with(&self, slot: usize) -> Option<&[usize]> {
        self.table.groups.iter().find(|group| group.contains(&slot)).map(Vec::as_slice)
    }

    fn is_below(&self, leaf: usize, unit: usize) -> bool {
        self.table.paths[leaf].contains(&unit)
    }

    /// Leaves below a unit, and those that are not.
    fn sides(&self, unit: usize) -> (Vec<usize>, Vec<usize>) {
        self.table.leaves.iter().partition(|leaf| self.is_below(**leaf, unit))
    }

    /// What two paths have in common, and what each has alone.
    fn fork(&self, one: usize, other: usize) -> (&[usize], &[usize], &[usize]) {
        let (one, other) = (&self.table.paths[one][..], &self.table.paths[other][..]);
        let shared = one.iter().zip(other).take_while(|(a, b)| a == b).count();
        (&one[..shared], &one[shared..], &other[shared..])
    }

    /// One case of a leaf below `unit` changes its value between `slot` and another of the group; perhaps a case of another
    /// leaf changes back. Wholes stay as they are.
    fn cheapest_swap(&self, unit: usize, slot: usize, group: &[usize]) -> Best {
        let mut best = Best::default();
        let (below, elsewhere) = self.sides(unit);
        for (leaf, sign) in below.iter().flat_map(|leaf| [(*leaf, 1), (*leaf, -1)]) {
            for other in group.iter().copied().filter(|other| *other != slot) {
                let pair =
                    |units: &[usize], sign| Some(self.cost(units, slot, sign)? + self.cost(units, other, -sign)?);
                if best.is_free() || pair(&[leaf], sign).is_none() {
                    continue;
                }
                let path = &self.table.paths[leaf];
                best.offer(pair(path, sign), || changes(path, slot, sign).chain(changes(path, other, -sign)).collect());
                for back in elsewhere.iter().copied() {
                    let (_, here, there) = self.fork(leaf, back);
                    let cost = pair(here, sign).zip(pair(there, -sign)).map(|(here, there)| here + there);
                    best.offer(cost, || {
                        let here = changes(here, slot, sign).chain(changes(here, other, -sign));
                        let there = changes(there, slot, -sign).chain(changes(there, other, sign));
                        here.chain(there).collect()
                    });
                }
            }
        }
        best
    }

    /// A case more or less in a leaf below `unit`; perhaps one less or more in another leaf. Every breakdown follows.
    fn cheapest_transfer(&self, unit: usize, slot: usize) -> Best {
        let mut best = Best::default();
        let (below, elsewhere) = self.sides(unit);
        for (leaf, sign) in below.iter().flat_map(|leaf| [(*leaf, 1), (*leaf, -1)]) {
            let elsewhere = elsewhere.iter().copied().map(Some);
            for other in std::iter::once(None).chain(elsewhere) {
                if best.is_free() {
                    return best;
                }
                let parts = self.transfer(leaf, other, sign, slot);
                let cost = parts.as_ref().map(|(cost, _)| *cost);
                best.offer(cost, || parts.map(|(_, found)| found).unwrap_or_default());
            }
        }
        best
    }

    fn transfer(&self, leaf: usize, other: Option<usize>, sign: i64, slot: usize) -> Option<(i64, Move)> {
        let path = &self.table.paths[leaf][..];
        let (shared, here, there) = other.map_or((&path[..0], path, &path[..0]), |other| self.fork(leaf, other));
        let mut cost = self.cost(here, 0, sign)? + self.cost(there, 0, -sign)?;
        let mut found: Move = changes(here, 0, sign).chain(changes(there, 0, -sign)).collect();
        for group in &self.table.groups {
            let mut best = Best::default();
            let fixed = group.contains(&slot).then_some(slot);
            for one in group.iter().copied().filter(|one| fixed.is_none_or(|fixed| *one == fixed)) {
                let Some(cost_here) = self.cost(here, one, sign) else { continue };
                for two in group.iter().copied().filter(|two| other.is_some() || *two == one) {
                    let crossing = if one == two {
                        Some(0)
                    } else {
                        self.cost(shared, one, sign).zip(self.cost(shared, two, -sign)).map(|(a, b)| a + b)
                    };
                    let cost = crossing.zip(self.cost(there, two, -sign)).map(|(a, b)| a + b + cost_here);
                    best.offer(cost, || {
                        let apart = if one == two { &shared[..0] } else { shared };
                        let moved = changes(here, one, sign).chain(changes(there, two, -sign));
                        moved.chain(changes(apart, one, sign)).chain(changes(apart, two, -sign)).collect()
                    });
                }
            }
            let (least, moved) = best.0?;
            cost += least;
            found.extend(moved);
        }
        Some((cost, found))
    }
}

fn changes(units: &[usize], slot: usize, change: i64) -> impl Iterator<Item = (Cell, i64)> {
    units.iter().map(move |unit| ((*unit, slot), change))
}

#[cfg(test)]
mod tests;
