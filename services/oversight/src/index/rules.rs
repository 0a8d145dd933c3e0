//! The tests and their weights, as data. Each is a share: proven, of what was to be proven; both are sums of the statement's
//! figures. The contract's `IndexTest` says the same in words.

use crate::ledger::{Breakdown, Measure, Slot};

platform::term! {
    /// What is tested.
    pub enum Test: "mahila.oversight.v1.IndexTest" {
        /// The desk is really open each day.
        DeskOpen = 1,
        /// Two women are there together.
        TwoWomen = 2,
        /// Receipts are given.
        Receipts = 3,
        /// Cases are reviewed.
        Reviewed = 4,
        /// Action items are done in time, and verified by another.
        ActedUpon = 5,
        /// Statutory limits are kept.
        LimitsKept = 6,
        /// She is satisfied, asked by a third person.
        Feedback = 7,
        /// Campaigns are verified.
        Campaigns = 8,
    }
}

/// A sum of figures: each adds, or takes away.
pub(crate) type Parts = &'static [(Slot, i64)];

/// A test.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    /// Which.
    pub test: Test,
    /// Points it can bring.
    pub weight: i64,
    /// Proven, of what was to be proven.
    pub share: Share,
    /// Where nothing was to be proven by that: another share.
    pub otherwise: Option<Share>,
}

/// A share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share {
    /// Of it.
    pub numerator: Parts,
    /// The whole.
    pub denominator: Parts,
}

const fn plus(measure: Measure) -> (Slot, i64) {
    (Slot::whole(measure), 1)
}

/// A breach of a limit fixed by law.
const fn breach(code: i16) -> (Slot, i64) {
    (Slot::by(Measure::ClocksBreached, Breakdown::Kind, code), -1)
}

/// Codes of the limits fixed by law: medical examination, child report, preliminary enquiry, investigation, progress, copy of
/// the FIR. The others are targets of the service.
pub(crate) const STATUTORY: [i16; 6] = [5, 6, 7, 8, 9, 10];

const fn rule(test: Test, weight: i64, numerator: Parts, denominator: Parts) -> Rule {
    Rule { test, weight, share: Share { numerator, denominator }, otherwise: None }
}

/// All of them; the weights add up to 100.
pub(crate) const RULES: [Rule; 8] = [
    rule(
        Test::DeskOpen,
        15,
        &[plus(Measure::DeskDaysUnderstaffed), plus(Measure::DeskDaysCompliant)],
        &[plus(Measure::DeskDaysExpected)],
    ),
    rule(Test::TwoWomen, 15, &[plus(Measure::TwoWomenMinutes)], &[plus(Measure::ServiceMinutes)]),
    rule(Test::Receipts, 10, &[plus(Measure::AcknowledgedInTime)], &[plus(Measure::Complaints)]),
    Rule {
        test: Test::Reviewed,
        weight: 15,
        share: Share {
            numerator: &[plus(Measure::ReviewItemsReviewed)],
            denominator: &[plus(Measure::ReviewItemsSelected)],
        },
        // Where no case was eligible, holding the cycle is all there was to do.
        otherwise: Some(Share {
            numerator: &[plus(Measure::ReviewCyclesCompleted)],
            denominator: &[plus(Measure::ReviewCyclesExpected)],
        }),
    },
    rule(
        Test::ActedUpon,
        15,
        &[plus(Measure::ActionItemsVerifiedInTime)],
        &[plus(Measure::ActionItemsVerifiedInTime), plus(Measure::ActionItemsOverdue)],
    ),
    rule(
        Test::LimitsKept,
        15,
        &[
            plus(Measure::Complaints),
            breach(STATUTORY[0]),
            breach(STATUTORY[1]),
            breach(STATUTORY[2]),
            breach(STATUTORY[3]),
            breach(STATUTORY[4]),
            breach(STATUTORY[5]),
        ],
        &[plus(Measure::Complaints)],
    ),
    rule(Test::Feedback, 10, &[plus(Measure::FeedbackSatisfied)], &[plus(Measure::FeedbackAttempts)]),
    rule(Test::Campaigns, 5, &[plus(Measure::CampaignEventsVerified)], &[plus(Measure::CampaignEventsPlanned)]),
];

/// Every measure that tests and flags look at.
pub(crate) fn measures() -> Vec<Measure> {
    let shares = RULES.iter().flat_map(|rule| [Some(rule.share), rule.otherwise]).flatten();
    let parts = shares.flat_map(|share| share.numerator.iter().chain(share.denominator));
    let of_flags = [
        Measure::Visits,
        Measure::Disposed,
        Measure::Verified,
        Measure::ReviewShortfalls,
        Measure::ReviewSittingsHurried,
    ];
    let mut measures: Vec<Measure> = parts.map(|(slot, _)| slot.measure).chain(of_flags).collect();
    measures.sort_unstable();
    measures.dedup();
    measures
}

#[cfg(test)]
mod tests {
    use platform::terms::Term as _;

    use super::*;

    #[test]
    fn weights_add_up_to_a_hundred_and_every_test_has_one() {
        platform::terms::check::<Test>().unwrap();
        assert_eq!(RULES.iter().map(|rule| rule.weight).sum::<i64>(), 100);
        assert_eq!(RULES.map(|rule| rule.test), Test::ALL);
    }

    #[test]
    fn statutory_limits_are_those_of_the_law() {
        let name = |code: &i16| platform::terms::label("mahila.intake.v1.ClockCode", (*code).into()).unwrap().name;
        assert_eq!(
            STATUTORY.iter().map(name).collect::<Vec<_>>(),
            [
                "CLOCK_CODE_MEDICAL",
                "CLOCK_CODE_CHILD_REPORT",
                "CLOCK_CODE_PRELIMINARY_ENQUIRY",
                "CLOCK_CODE_INVESTIGATION",
                "CLOCK_CODE_PROGRESS",
                "CLOCK_CODE_FIR_COPY"
            ]
        );
    }
}
