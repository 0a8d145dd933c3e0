//! The rates that units are ranked by, as data. The contract's `RankMetric` says the same in words.

use crate::ledger::{Measure, Slot};
use crate::statements::{Shown, UnitFigures};

platform::term! {
    /// A rate.
    pub enum Metric: "mahila.oversight.v1.RankMetric" {
        /// The index.
        Index = 1,
        /// Desk-days heard from with somebody there.
        DeskDaysHeard = 2,
        /// Two-women minutes.
        TwoWomen = 3,
        /// Women who left unserved.
        LeftUnserved = 4,
        /// Receipts in time.
        ReceiptsInTime = 5,
        /// Complaints recorded by a woman officer.
        RecordedByWoman = 6,
        /// Limits breached.
        LimitsBreached = 7,
        /// Outcomes verified with her.
        Verified = 8,
        /// Review cycles held.
        CyclesHeld = 9,
        /// Cases reviewed.
        Reviewed = 10,
        /// Acted upon.
        ActedUpon = 11,
        /// Action items verified in time.
        ActedInTime = 12,
        /// Events verified.
        CampaignsVerified = 13,
    }
}

/// What a rate is made of: sums of these measures.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    /// What counts.
    pub numerator: &'static [Measure],
    /// Of how many.
    pub denominator: &'static [Measure],
}

impl Metric {
    /// What it is made of; `None`: of the index.
    pub fn rate(self) -> Option<Rate> {
        let (numerator, denominator): (&'static [Measure], &'static [Measure]) = match self {
            Self::Index => return None,
            Self::DeskDaysHeard => {
                (&[Measure::DeskDaysUnderstaffed, Measure::DeskDaysCompliant], &[Measure::DeskDaysExpected])
            }
            Self::TwoWomen => (&[Measure::TwoWomenMinutes], &[Measure::ServiceMinutes]),
            Self::LeftUnserved => (&[Measure::VisitsLeftUnserved], &[Measure::Visits]),
            Self::ReceiptsInTime => (&[Measure::AcknowledgedInTime], &[Measure::Complaints]),
            Self::RecordedByWoman => (&[Measure::ComplaintsRecordedByWoman], &[Measure::Complaints]),
            Self::LimitsBreached => (&[Measure::ClocksBreached], &[Measure::Complaints]),
            Self::Verified => (&[Measure::Verified], &[Measure::Disposed]),
            Self::CyclesHeld => {
                (&[Measure::ReviewCyclesHeld], &[Measure::ReviewCyclesHeld, Measure::ReviewCyclesMissed])
            }
            Self::Reviewed => (&[Measure::ReviewItemsReviewed], &[Measure::ReviewItemsSelected]),
            Self::ActedUpon => (&[Measure::ActedUpon], &[Measure::ReviewItemsReviewed]),
            Self::ActedInTime => (
                &[Measure::ActionItemsVerifiedInTime],
                &[Measure::ActionItemsVerifiedInTime, Measure::ActionItemsOverdue],
            ),
            Self::CampaignsVerified => (&[Measure::CampaignEventsVerified], &[Measure::CampaignEventsPlanned]),
        };
        Some(Rate { numerator, denominator })
    }

    /// Whether more is better.
    pub fn higher_is_better(self) -> bool {
        !matches!(self, Self::LeftUnserved | Self::LimitsBreached)
    }
}

impl Rate {
    /// Numerator and denominator of a unit; `None`: one of its figures is hidden.
    pub fn of(self, figures: &UnitFigures) -> Option<(i64, i64)> {
        let sum = |measures: &[Measure]| {
            measures.iter().try_fold(0, |sum, measure| match figures.get(Slot::whole(*measure)) {
                Shown::Number(n) => Some(sum + n),
                Shown::Hidden => None,
            })
        };
        Some((sum(self.numerator)?, sum(self.denominator)?))
    }
}

#[cfg(test)]
mod tests {
    use platform::terms::Term as _;

    use super::*;

    #[test]
    fn terms_are_those_of_the_contract_and_each_but_the_index_has_a_rate() {
        platform::terms::check::<Metric>().unwrap();
        let without: Vec<Metric> = Metric::ALL.iter().copied().filter(|metric| metric.rate().is_none()).collect();
        assert_eq!(without, [Metric::Index]);
    }
}
