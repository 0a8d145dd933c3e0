//! Whether a reader who knows all sums could work a hidden cell out. The reader here knows nothing of moves: another table
//! that agrees with everything shown is looked for by trying.

use proptest::prelude::*;

use super::*;

/// A reader: which cells are hidden, and which sums are known. Each sum is a list of cells with their signs, adding up to 0.
struct Reader {
    /// The true number of each hidden cell.
    truth: Vec<i64>,
    sums: Vec<Vec<(usize, i64)>>,
}

impl Reader {
    fn of(table: &Table, hidden: &[Cell]) -> Self {
        let number = |cell: Cell| hidden.iter().position(|hidden| *hidden == cell);
        let mut sums = Vec::new();
        let mut known = |cells: Vec<(Cell, i64)>| {
            let unknown: Vec<(usize, i64)> =
                cells.into_iter().filter_map(|(cell, sign)| Some((number(cell)?, sign))).collect();
            if !unknown.is_empty() {
                sums.push(unknown);
            }
        };
        for unit in 0..table.cells.len() {
            let below: Vec<usize> =
                (0..table.cells.len()).filter(|other| table.parents[*other] == Some(unit)).collect();
            for slot in 0..table.cells[unit].len() {
                if !below.is_empty() {
                    known(below.iter().map(|below| ((*below, slot), 1)).chain([((unit, slot), -1)]).collect());
                }
            }
            for group in &table.groups {
                known(group.iter().map(|slot| ((unit, *slot), 1)).chain([((unit, 0), -1)]).collect());
            }
        }
        Self { truth: hidden.iter().map(|(unit, slot)| table.cells[*unit][*slot]).collect(), sums }
    }

    /// Whether the cell could be another number. Sums hold of the truth, so they hold of another table when its differences
    /// add up to 0; differences of one suffice to show that it is not certain.
    fn could_be_another(&self, cell: usize) -> bool {
        [1, -1].into_iter().any(|change| {
            let mut changes = vec![None; self.truth.len()];
            changes[cell] = Some(change);
            self.truth[cell] + change >= 1 && self.complete(&mut changes)
        })
    }

    /// Gives the undecided cells differences, if that can be done.
    fn complete(&self, changes: &mut Vec<Option<i64>>) -> bool {
        let open = |sum: &&Vec<(usize, i64)>| {
            let known: i64 = sum.iter().map(|(cell, sign)| sign * changes[*cell].unwrap_or(0)).sum();
            (known != 0).then_some(sum.iter().filter(|(cell, _)| changes[*cell].is_none()).count())
        };
        // The sum that is wrong and has the fewest cells left; if none is wrong, all others stay as they are.
        let wrong = self.sums.iter().filter_map(|sum| Some((open(&sum)?, sum))).min_by_key(|(left, _)| *left);
        let Some((_, sum)) = wrong else { return true };
        let known: i64 = sum.iter().map(|(cell, sign)| sign * changes[*cell].unwrap_or(0)).sum();
        for (cell, sign) in sum.iter().filter(|(cell, _)| changes[*cell].is_none()).copied().collect::<Vec<_>>() {
            let change = -known.signum() * sign;
            if self.truth[cell] + change >= 1 {
                changes[cell] = Some(change);
                if self.complete(changes) {
                    return true;
                }
                changes[cell] = None;
            }
        }
        false
    }
}

/// A state with two zones of two districts each, and one district of its own.
const PARENTS: [Option<usize>; 8] = [None, Some(0), Some(0), Some(1), Some(1), Some(2), Some(2), Some(0)];
const LEAVES: [usize; 5] = [3, 4, 5, 6, 7];

/// Cases, each with a district and a value of two breakdowns of three values.
fn table(cases: &[(usize, usize, usize, i64)]) -> Table {
    let mut table = Table::new(PARENTS.to_vec(), 7, vec![vec![1, 2, 3], vec![4, 5, 6]]);
    for (leaf, one, two, n) in cases.iter().copied() {
        for slot in [0, 1 + one, 4 + two] {
            table.add(LEAVES[leaf], slot, n);
        }
    }
    table
}

fn cases() -> impl Strategy<Value = Vec<(usize, usize, usize, i64)>> {
    let n = prop_oneof![4 => 1..3_i64, 2 => 3..8_i64, 1 => 8..40_i64];
    proptest::collection::vec((0..LEAVES.len(), 0..3_usize, 0..3_usize, n), 1..14)
}

fn certain(table: &Table, hidden: &[Cell]) -> Vec<Cell> {
    let reader = Reader::of(table, hidden);
    (0..hidden.len()).filter(|cell| !reader.could_be_another(*cell)).map(|cell| hidden[cell]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_hidden_cell_can_be_worked_out(
        cases in cases(), also in proptest::collection::vec((0..PARENTS.len(), 0..7_usize), 0..3),
    ) {
        let table = table(&cases);
        let hidden = table.hide(&also);
        prop_assert!(also.iter().all(|cell| hidden.contains(cell) || table.number(cell.0, cell.1) == 0));
        for (unit, cells) in table.cells.iter().enumerate() {
            for (slot, n) in cells.iter().enumerate() {
                let is_hidden = hidden.contains(&(unit, slot));
                prop_assert!(is_hidden || !(1..SMALL).contains(n), "{} {} shows {}", unit, slot, n);
                prop_assert!(!is_hidden || *n != 0, "{} {} hides a nought that everybody sees", unit, slot);
            }
        }
        prop_assert_eq!(certain(&table, &hidden), []);
    }
}

#[test]
fn the_reader_works_out_what_is_hidden_alone() {
    // Three values of one district, one small, and another district beside it.
    let table = table(&[(0, 0, 0, 3), (0, 1, 0, 20), (1, 0, 0, 30), (1, 1, 0, 40)]);
    let alone: Vec<Cell> = vec![(3, 1)];
    assert_eq!(certain(&table, &alone), alone, "its whole and its zone's other district give it away");
    let hidden = table.hide(&[]);
    assert!(
        hidden.contains(&(3, 1)) && hidden.contains(&(3, 2)) && hidden.contains(&(4, 1)) && hidden.contains(&(4, 2))
    );
    assert!(
        !hidden.contains(&(3, 0)) && !hidden.contains(&(1, 1)),
        "neither its whole nor its zone's cell need be hidden"
    );
}

#[test]
fn two_ones_do_not_guard_each_other() {
    // Both hidden and not 0, and together 2: each must be 1.
    let table = table(&[(0, 0, 0, 1), (0, 1, 0, 1), (1, 2, 1, 50)]);
    let ones: Vec<Cell> = vec![(3, 1), (3, 2)];
    assert!(!certain(&table, &ones).is_empty());
    assert!(certain(&table, &table.hide(&[])).is_empty());
}

#[test]
fn where_nothing_is_small_nothing_is_hidden() {
    assert!(table(&[(0, 0, 0, 5), (1, 1, 1, 6), (4, 2, 2, 700)]).hide(&[]).is_empty());
    assert!(table(&[]).hide(&[]).is_empty());
}
