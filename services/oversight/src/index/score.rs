//! How a station comes out of the tests.

use super::rules::{Parts, RULES, Rule, Share, Test};
use crate::ledger::Slot;
use crate::statements::Figures;

/// How one test came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Score {
    /// Which.
    pub test: Test,
    /// Hundredths of a point.
    pub hundredths: i64,
    /// Proven; may be more than was to be, or less than nothing.
    pub numerator: i64,
    /// To be proven; 0: nothing is known, and it scores 0.
    pub denominator: i64,
}

fn sum(figures: &Figures, parts: Parts) -> i64 {
    parts.iter().map(|(slot, sign)| sign * figures.get(slot).copied().unwrap_or_default()).sum()
}

/// The share that a test goes by, given figures: its own, unless nothing was to be proven by that.
pub(crate) fn share_of(rule: &Rule, figures: &Figures) -> Share {
    let otherwise = rule.otherwise.filter(|_| sum(figures, rule.share.denominator) == 0);
    otherwise.unwrap_or(rule.share)
}

/// Every slot that a share is made of.
pub(crate) fn slots(share: Share) -> impl Iterator<Item = Slot> {
    share.numerator.iter().chain(share.denominator).map(|(slot, _)| *slot)
}

/// The score of each test.
pub(crate) fn score(figures: &Figures) -> [Score; 8] {
    RULES.map(|rule| {
        let share = share_of(&rule, figures);
        let (numerator, denominator) = (sum(figures, share.numerator), sum(figures, share.denominator));
        let proven = numerator.clamp(0, denominator.max(0));
        let hundredths = (rule.weight * 100 * proven).checked_div(denominator).unwrap_or_default();
        Score { test: rule.test, hundredths, numerator, denominator }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Breakdown, Measure};

    fn scored(figures: &[(Slot, i64)], test: Test) -> (i64, i64, i64) {
        let figures = figures.iter().copied().collect();
        let score = score(&figures).into_iter().find(|score| score.test == test).unwrap();
        (score.hundredths, score.numerator, score.denominator)
    }

    const fn whole(measure: Measure) -> Slot {
        Slot::whole(measure)
    }

    #[test]
    fn what_is_not_known_scores_nothing() {
        assert!(score(&Figures::new()).iter().all(|score| score.hundredths == 0 && score.denominator == 0));
    }

    #[test]
    fn two_shifts_apart_bring_no_two_women_minutes() {
        // One woman from 08 to 14, another from 14 to 20: the desk is understaffed, and the registry tells 0 minutes.
        let day = [
            (whole(Measure::DeskDaysExpected), 1),
            (whole(Measure::DeskDaysUnderstaffed), 1),
            (whole(Measure::ServiceMinutes), 720),
            (whole(Measure::TwoWomenMinutes), 0),
        ];
        assert_eq!(scored(&day, Test::DeskOpen), (1500, 1, 1));
        assert_eq!(scored(&day, Test::TwoWomen), (0, 0, 720));
    }

    #[test]
    fn fifteen_that_continue_are_reviewed_and_not_acted_upon() {
        let figures = [
            (whole(Measure::ReviewItemsSelected), 15),
            (whole(Measure::ReviewItemsReviewed), 15),
            (whole(Measure::ReviewCyclesExpected), 1),
        ];
        assert_eq!(scored(&figures, Test::Reviewed), (1500, 15, 15));
        assert_eq!(scored(&figures, Test::ActedUpon), (0, 0, 0));
    }

    #[test]
    fn where_no_case_was_eligible_the_cycle_counts_and_where_it_was_missed_it_does_not() {
        let cycle =
            |completed| [(whole(Measure::ReviewCyclesExpected), 1), (whole(Measure::ReviewCyclesCompleted), completed)];
        assert_eq!(scored(&cycle(1), Test::Reviewed), (1500, 1, 1));
        assert_eq!(scored(&cycle(0), Test::Reviewed), (0, 0, 1));
        let nine = [(whole(Measure::ReviewItemsSelected), 9), (whole(Measure::ReviewItemsReviewed), 3)];
        assert_eq!(scored(&nine, Test::Reviewed), (500, 3, 9), "all that were eligible, not fifteen");
    }

    #[test]
    fn a_share_is_at_most_one_and_never_less_than_nothing() {
        let breach = |code| Slot::by(Measure::ClocksBreached, Breakdown::Kind, code);
        let acknowledged = [(whole(Measure::Complaints), 2), (whole(Measure::AcknowledgedInTime), 3)];
        assert_eq!(scored(&acknowledged, Test::Receipts).0, 1000, "one of them came the day before");
        let breached = [(whole(Measure::Complaints), 2), (breach(5), 1), (breach(8), 2), (breach(1), 9)];
        assert_eq!(scored(&breached, Test::LimitsKept), (0, -1, 2), "targets of the service are not counted");
        let one = [(whole(Measure::Complaints), 3), (breach(6), 1)];
        assert_eq!(scored(&one, Test::LimitsKept), (1000, 2, 3));
    }
}
