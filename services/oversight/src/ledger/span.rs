//! Blocks of days: how a period of any length is read from a few lines.
//!
//! A line of the ledger has two days, that of what happened and its cohort, and a period counts it when both lie in it.
//! Plain cumulative counts, whose difference a period would be, cannot answer that: they know one day. So each line is kept
//! in blocks of a day, a week (Monday to Sunday) and eight weeks, in both of its days. A period is cut into the largest
//! blocks that fit: a calendar week is one, any week at most seven, none that may be asked for (401 days) more than 31.
//! So what a statement reads does not grow with the days of the period, a late entry costs as much as any other, and a
//! period's figures need nothing but a sum.

use chrono::{Days, NaiveDate};

/// The first day that blocks know: a Monday, before any desk.
pub(crate) const FIRST: NaiveDate = NaiveDate::from_ymd_opt(1900, 1, 1).expect("a day");

/// Days of a block, by level; each is a multiple of the one before, so that larger blocks are made of whole smaller ones.
const SPANS: [i64; 3] = [1, 7, 56];

/// Blocks of two days, as one number: eight bytes of a key where four columns would take twenty.
pub(crate) type Pair = i64;

/// A block: its level above the 24 bits of its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Block(i64);

impl Block {
    fn of(level: usize, day: i64) -> Self {
        Self((i64::try_from(level).unwrap_or_default() << 24) | (day / SPANS[level]))
    }

    fn with(self, cohort: Self) -> Pair {
        (self.0 << 32) | cohort.0
    }
}

/// Days since [`FIRST`]; what lies before it counts as that day.
fn number(day: NaiveDate) -> i64 {
    (day - FIRST).num_days().max(0)
}

/// Every pair of blocks that a line is kept in. A line whose days are one is only ever read by that one block.
pub(crate) fn pairs_of(day: NaiveDate, cohort: NaiveDate) -> Vec<Pair> {
    let levels = 0..SPANS.len();
    let blocks = |day: NaiveDate| levels.clone().map(move |level| Block::of(level, number(day)));
    if day == cohort {
        return blocks(day).map(|block| block.with(block)).collect();
    }
    blocks(day).flat_map(|block| blocks(cohort).map(move |cohort| block.with(cohort))).collect()
}

/// The blocks that make up the days from `from` to `to`, in their order.
fn cover(from: NaiveDate, to: NaiveDate) -> Vec<Block> {
    let (mut at, last) = (number(from), number(to));
    let mut blocks = Vec::new();
    while at <= last {
        let fits = |level: &usize| at % SPANS[*level] == 0 && at + SPANS[*level] - 1 <= last;
        let level = (0..SPANS.len()).rev().find(fits).unwrap_or_default();
        blocks.push(Block::of(level, at));
        at += SPANS[level];
    }
    blocks
}

/// Every pair of blocks of lines that a period counts. No cohort lies behind its day.
pub(crate) fn pairs_within(from: NaiveDate, to: NaiveDate) -> Vec<Pair> {
    let blocks = cover(from, to);
    let earlier = |at: usize| blocks[..=at].iter();
    let mut pairs: Vec<Pair> = (0..blocks.len())
        .flat_map(|at| earlier(at).map(move |cohort| (at, *cohort)))
        .map(|(at, c)| blocks[at].with(c))
        .collect();
    pairs.sort_unstable();
    pairs
}

/// The pairs of lines of one day alone that a period counts.
pub(crate) fn days_within(from: NaiveDate, to: NaiveDate) -> Vec<Pair> {
    cover(from, to).into_iter().map(|block| block.with(block)).collect()
}

/// The Monday of a day's week.
pub(crate) fn monday(day: NaiveDate) -> NaiveDate {
    let past = u64::try_from(number(day) % 7).unwrap_or_default();
    day.checked_sub_days(Days::new(past)).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(number: i64) -> NaiveDate {
        FIRST + chrono::TimeDelta::days(44_000 + number)
    }

    #[test]
    fn blocks_begin_on_mondays() {
        use chrono::Datelike as _;
        assert_eq!(FIRST.weekday(), chrono::Weekday::Mon);
        let saturday = NaiveDate::from_ymd_opt(2020, 10, 31).unwrap();
        assert_eq!(monday(saturday), NaiveDate::from_ymd_opt(2020, 10, 26).unwrap());
        assert_eq!(monday(monday(saturday)), monday(saturday));
    }

    #[test]
    fn a_period_has_few_blocks_however_long_it_is() {
        let most = |days: i64| (0..56).map(|at| cover(day(at), day(at + days - 1)).len()).max().unwrap();
        assert_eq!((most(1), most(7), most(12)), (1, 7, 12));
        assert_eq!((most(28), most(90), most(200), most(401)), (10, 18, 24, 23));
        assert_eq!((1..=401).map(most).max(), Some(31));
        let week = monday(day(3));
        assert_eq!(cover(week, week + Days::new(6)).len(), 1, "a calendar week is one block");
        assert_eq!(pairs_within(week, week + Days::new(6)).len(), 1);
    }

    proptest! {
        /// A line is found once by each period that both its days lie in, and by no other.
        #[test]
        fn a_line_is_read_once_by_the_periods_that_count_it(
            from in 0..500_i64, days in 0..400_i64, at in 0..900_i64, before in 0..300_i64,
        ) {
            let (from, to) = (day(from), day(from + days));
            for cohort in [day(at), day(at - before)] {
                let kept = pairs_of(day(at), cohort);
                let read = pairs_within(from, to);
                let found = read.iter().filter(|pair| kept.contains(pair)).count();
                let counts = (from..=to).contains(&day(at)) && (from..=to).contains(&cohort);
                prop_assert_eq!(found, usize::from(counts), "{} {} in {} to {}", day(at), cohort, from, to);
                prop_assert!(read.windows(2).all(|two| two[0] < two[1]), "each once, in order");
            }
            let alone = days_within(from, to);
            let found = pairs_of(day(at), day(at)).iter().filter(|pair| alone.contains(pair)).count();
            prop_assert_eq!(found, usize::from((from..=to).contains(&day(at))));
        }
    }
}
