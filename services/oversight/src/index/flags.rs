//! Red flags: shown regardless of the score.

use super::rules::STATUTORY;
use crate::ledger::{Breakdown, Measure, Slot};
use crate::statements::Figures;

platform::term! {
    /// What is shown regardless of the score.
    pub enum Flag: "mahila.oversight.v1.RedFlag" {
        /// A silent day, or no desk.
        Silent = 1,
        /// No complaint in 14 days.
        ZeroIntake = 2,
        /// A limit fixed by law was breached.
        StatutoryBreach = 3,
        /// Final outcomes were not verified with her.
        UnverifiedClosures = 4,
        /// Fifteen decisions within a minute.
        HurriedSitting = 5,
        /// Few cases, though many came.
        FewCases = 6,
    }
}

/// Days without a complaint that are a flag.
pub(crate) const INTAKE_DAYS: u64 = 14;
/// So many women make a docket for want of cases strange: as many as a docket holds.
const MANY: i64 = 15;
/// Number of the reason "few cases".
const FEW_CASES: i16 = 1;

impl Flag {
    /// Whether it is told to readers outside the police: it is about desks and sittings, not about cases.
    pub fn is_public(self) -> bool {
        matches!(self, Self::Silent | Self::HurriedSitting)
    }
}

/// What flags look at, beside the figures of the period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signs {
    /// Its desk is open.
    pub has_desk: bool,
    /// Silent days.
    pub silent: i64,
    /// Complaints of the 14 days up to the last day; `None`: the desk was not open through all of them.
    pub intake: Option<i64>,
    /// The median of that over the stations of its district is above 0.
    pub district_has_intake: bool,
}

/// The flags of a station.
pub(crate) fn flags(figures: &Figures, signs: Signs) -> Vec<Flag> {
    let figure = |slot| figures.get(&slot).copied().unwrap_or_default();
    let whole = |measure| figure(Slot::whole(measure));
    let breached = STATUTORY.iter().any(|code| figure(Slot::by(Measure::ClocksBreached, Breakdown::Kind, *code)) > 0);
    let (disposed, verified) = (whole(Measure::Disposed), whole(Measure::Verified));
    let few_cases = figure(Slot::by(Measure::ReviewShortfalls, Breakdown::Reason, FEW_CASES)) > 0;
    [
        (Flag::Silent, !signs.has_desk || signs.silent > 0),
        (Flag::ZeroIntake, signs.intake == Some(0) && signs.district_has_intake),
        (Flag::StatutoryBreach, breached),
        // More than nine in ten were not.
        (Flag::UnverifiedClosures, disposed > 0 && verified * 10 < disposed),
        (Flag::HurriedSitting, whole(Measure::ReviewSittingsHurried) > 0),
        (Flag::FewCases, few_cases && whole(Measure::Visits) >= MANY),
    ]
    .into_iter()
    .filter_map(|(flag, raised)| raised.then_some(flag))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: Signs = Signs { has_desk: true, silent: 0, intake: Some(3), district_has_intake: true };

    fn raised(figures: &[(Slot, i64)], signs: Signs) -> Vec<Flag> {
        flags(&figures.iter().copied().collect(), signs)
    }

    #[test]
    fn terms_are_those_of_the_contract() {
        platform::terms::check::<Flag>().unwrap();
        let few = platform::terms::label("mahila.review.v1.ShortfallReason", FEW_CASES.into()).unwrap();
        assert_eq!(few.name, "SHORTFALL_REASON_FEW_CASES");
    }

    #[test]
    fn each_flag_has_its_sign() {
        let none: &[(Slot, i64)] = &[];
        assert_eq!(raised(none, QUIET), []);
        assert_eq!(raised(none, Signs { has_desk: false, ..QUIET }), [Flag::Silent]);
        assert_eq!(raised(none, Signs { silent: 1, ..QUIET }), [Flag::Silent]);
        assert_eq!(raised(none, Signs { intake: Some(0), ..QUIET }), [Flag::ZeroIntake]);
        assert_eq!(raised(none, Signs { intake: Some(0), district_has_intake: false, ..QUIET }), []);
        assert_eq!(raised(none, Signs { intake: None, ..QUIET }), [], "its history is too short");
        let breach = |code| [(Slot::by(Measure::ClocksBreached, Breakdown::Kind, code), 1)];
        assert_eq!(raised(&breach(8), QUIET), [Flag::StatutoryBreach]);
        assert_eq!(raised(&breach(2), QUIET), [], "a target of the service");
        let closed = |verified| [(Slot::whole(Measure::Disposed), 20), (Slot::whole(Measure::Verified), verified)];
        assert_eq!(raised(&closed(1), QUIET), [Flag::UnverifiedClosures]);
        assert_eq!(raised(&closed(2), QUIET), [], "ninety in a hundred are not more than ninety");
        assert_eq!(raised(&[(Slot::whole(Measure::ReviewSittingsHurried), 1)], QUIET), [Flag::HurriedSitting]);
        let few = |visits| {
            [
                (Slot::by(Measure::ReviewShortfalls, Breakdown::Reason, FEW_CASES), 1),
                (Slot::whole(Measure::Visits), visits),
            ]
        };
        assert_eq!(raised(&few(15), QUIET), [Flag::FewCases]);
        assert_eq!(raised(&few(14), QUIET), []);
    }
}
