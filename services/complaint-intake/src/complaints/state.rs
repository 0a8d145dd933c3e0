//! Handling is ours, the case is the law's: two states side by side. Which step may follow which.

use platform::Refusal;
use platform::terms::Term as _;

use crate::terms::{ActionKind, CaseState, HandlingState, LegalActionKind};

impl HandlingState {
    /// # Errors
    /// `STATE_FORBIDS` once it is disposed: nothing more is done to it but by the law.
    pub(super) fn need_open(self) -> Result<(), Refusal> {
        if self == Self::Disposed { Err(Refusal::state_forbids(self.name())) } else { Ok(()) }
    }

    /// After triage: a first one settles it, a later one changes what it is and not where it stands.
    pub(super) fn after_triage(self) -> Result<Self, Refusal> {
        self.need_open()?;
        Ok(match self {
            // The receipt is optional: triage does not wait for it.
            Self::Received | Self::Acknowledged => Self::Triaged,
            later => later,
        })
    }

    /// After a review said to open it again: what had come to an outcome is in work once more. What is in work goes on.
    pub(super) fn after_reopening(self) -> Self {
        match self {
            Self::ActionTaken | Self::Disposed => Self::Reopened,
            other => other,
        }
    }

    /// After something was done for her. Before triage it is recorded and settles nothing: nobody has said what this is.
    pub(super) fn after_deed(self) -> Self {
        match self {
            Self::Triaged | Self::Reopened => Self::ActionTaken,
            other => other,
        }
    }
}

impl ActionKind {
    /// It did something for her. To have spoken to her has not: a call is how an action begins.
    pub(super) fn is_deed(self) -> bool {
        self != Self::Contacted
    }

    /// She was met, and not only he.
    pub(super) fn meets_her(self) -> bool {
        self != Self::RespondentWarned
    }
}

impl LegalActionKind {
    /// It did something for her by itself. An FIR does not: it begins the case.
    pub(super) fn is_deed(self) -> bool {
        matches!(self, Self::Preventive | Self::FinalReport)
    }

    /// It is an FIR, of whatever place.
    pub(super) fn is_fir(self) -> bool {
        matches!(self, Self::Fir | Self::ZeroFir)
    }
}

impl CaseState {
    /// There is an FIR that nobody has finally reported on.
    pub(super) fn awaits_final_report(self) -> bool {
        matches!(self, Self::Fir | Self::ZeroFir)
    }

    /// After a step in law.
    ///
    /// # Errors
    /// `STATE_FORBIDS`: the law knows no such step here. An FIR is not undone, and what is not registered has no report.
    pub(super) fn after(self, step: LegalActionKind) -> Result<Self, Refusal> {
        use LegalActionKind as Step;
        let forbidden = || Err(Refusal::state_forbids(self.name()));
        let has_fir = self.awaits_final_report() || self == Self::FinalReport;
        match step {
            Step::GdEntry | Step::Preventive | Step::MedicalExamination | Step::ChildWelfareReport => Ok(self),
            Step::NonCognizableReport if !has_fir => Ok(Self::NonCognizable),
            Step::PreliminaryEnquiry if !has_fir => Ok(Self::PreliminaryEnquiry),
            Step::ZeroFir if !has_fir => Ok(Self::ZeroFir),
            // A zero FIR becomes one where the place is.
            Step::Fir if !has_fir || self == Self::ZeroFir => Ok(Self::Fir),
            // A supplementary report (BNSS 193(9)) may follow the first.
            Step::FinalReport if has_fir => Ok(Self::FinalReport),
            Step::FirCopyGiven if has_fir => Ok(self),
            _ => forbidden(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_law_knows_these_steps_and_no_others() {
        use CaseState::{FinalReport, Fir, NonCognizable, None, PreliminaryEnquiry, ZeroFir};
        // Rows: from; columns: NCR, PE, zero FIR, FIR, final report, copy.
        let table = [
            (
                None,
                [Some(NonCognizable), Some(PreliminaryEnquiry), Some(ZeroFir), Some(Fir), Option::None, Option::None],
            ),
            (
                NonCognizable,
                [Some(NonCognizable), Some(PreliminaryEnquiry), Some(ZeroFir), Some(Fir), Option::None, Option::None],
            ),
            (
                PreliminaryEnquiry,
                [Some(NonCognizable), Some(PreliminaryEnquiry), Some(ZeroFir), Some(Fir), Option::None, Option::None],
            ),
            (ZeroFir, [Option::None, Option::None, Option::None, Some(Fir), Some(FinalReport), Some(ZeroFir)]),
            (Fir, [Option::None, Option::None, Option::None, Option::None, Some(FinalReport), Some(Fir)]),
            (
                FinalReport,
                [Option::None, Option::None, Option::None, Option::None, Some(FinalReport), Some(FinalReport)],
            ),
        ];
        let steps = [
            LegalActionKind::NonCognizableReport,
            LegalActionKind::PreliminaryEnquiry,
            LegalActionKind::ZeroFir,
            LegalActionKind::Fir,
            LegalActionKind::FinalReport,
            LegalActionKind::FirCopyGiven,
        ];
        assert_eq!(table.len(), CaseState::ALL.len());
        for (from, row) in table {
            for (step, to) in steps.into_iter().zip(row) {
                assert_eq!(from.after(step).ok(), to, "{from:?} after {step:?}");
            }
            for step in LegalActionKind::ALL.iter().filter(|step| !steps.contains(step)) {
                assert_eq!(from.after(*step), Ok(from), "{step:?} is no step of the case");
            }
        }
    }

    #[test]
    fn triage_settles_once_and_changes_later() {
        use HandlingState::{Acknowledged, ActionTaken, Disposed, Received, Reopened, Triaged};
        for (from, to) in [
            (Received, Some(Triaged)),
            (Acknowledged, Some(Triaged)),
            (Triaged, Some(Triaged)),
            (ActionTaken, Some(ActionTaken)),
            (Reopened, Some(Reopened)),
            (Disposed, None),
        ] {
            assert_eq!(from.after_triage().ok(), to, "{from:?}");
        }
    }

    #[test]
    fn only_what_came_to_an_outcome_can_be_opened_again() {
        use HandlingState::{ActionTaken, Disposed, Reopened};
        for from in HandlingState::ALL {
            let reopens = [ActionTaken, Disposed].contains(from);
            assert_eq!(from.after_reopening(), if reopens { Reopened } else { *from }, "{from:?}");
        }
    }

    #[test]
    fn a_call_or_an_fir_is_no_deed() {
        assert!(!ActionKind::Contacted.is_deed());
        assert!(ActionKind::MovedToSafety.is_deed());
        assert!(!LegalActionKind::Fir.is_deed() && !LegalActionKind::ZeroFir.is_deed());
        assert!(LegalActionKind::Preventive.is_deed());
    }
}
