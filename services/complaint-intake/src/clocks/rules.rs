//! Which limits there are, and what makes each run. One place, read beside the law.

use chrono::{DateTime, Utc};

use super::clock::Clock;
use super::limit::Limit;
use crate::terms::{CaseState, ClockCode, HandlingState, LegalActionKind};

/// What a limit is.
#[derive(Debug)]
pub(super) struct Rule {
    /// Its code.
    pub(super) code: ClockCode,
    /// How long.
    pub(super) limit: Limit,
    /// Fixed by law.
    statutory: bool,
    /// Since when.
    since: Since,
    /// What calls for it again is another event with a limit of its own. Never so for a statutory one.
    pub(super) anew: bool,
}

/// Since when a limit runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Since {
    /// The earliest visit, call or capture. Also for the case: not from the FIR, which may come late.
    FirstWord,
    /// The FIR, when its copy is due.
    Fir,
    /// The step that called for it.
    Step,
}

const fn minutes(code: ClockCode, minutes: i64, statutory: bool) -> Rule {
    Rule { code, limit: Limit::Minutes(minutes), statutory, since: Since::FirstWord, anew: false }
}

const fn days(code: ClockCode, days: u64, statutory: bool) -> Rule {
    let limit = Limit::Days { days, exclude_first_day: true };
    Rule { code, limit, statutory, since: Since::FirstWord, anew: false }
}

/// All, by code.
pub(super) const RULES: [Rule; 11] = [
    minutes(ClockCode::Acknowledge, 30, false),
    minutes(ClockCode::Triage, 4 * 60, false),
    minutes(ClockCode::FirstAction, 24 * 60, false),
    // CPGRAMS 2024.
    days(ClockCode::Resolve, 21, false),
    // BNSS 184(1): within twenty-four hours of receiving the information.
    minutes(ClockCode::Medical, 24 * 60, true),
    // POCSO 19(6).
    minutes(ClockCode::ChildReport, 24 * 60, true),
    // BNSS 173(3); from receipt, not from the permission: the stricter reading.
    days(ClockCode::PreliminaryEnquiry, 14, true),
    // BNSS 193(2).
    Rule {
        code: ClockCode::Investigation,
        limit: Limit::Months { months: 2, exclude_first_day: true },
        statutory: true,
        since: Since::FirstWord,
        anew: false,
    },
    // BNSS 193(3)(ii).
    days(ClockCode::Progress, 90, true),
    // BNSS 173(2).
    Rule { code: ClockCode::FirCopy, limit: Limit::Forthwith, statutory: true, since: Since::Fir, anew: false },
    // After a reopening she is asked about another action.
    Rule {
        code: ClockCode::Feedback,
        limit: Limit::Days { days: 3, exclude_first_day: true },
        statutory: false,
        since: Since::Step,
        anew: true,
    },
];

/// Triage of what is critical, in minutes.
const CRITICAL_TRIAGE: Limit = Limit::Minutes(30);

impl Rule {
    /// The limit as it starts.
    pub(super) fn start(&self, facts: &Facts<'_>, now: DateTime<Utc>) -> Clock {
        let started_at = match self.since {
            Since::FirstWord => facts.first_word,
            Since::Fir => facts.fir_at.unwrap_or(now),
            Since::Step => now,
        };
        let limit = if self.code == ClockCode::Triage && facts.critical { CRITICAL_TRIAGE } else { self.limit };
        Clock {
            code: self.code,
            started_at,
            due_at: limit.due(started_at),
            breach_at: limit.breach(started_at),
            stopped_at: None,
            breached: false,
            statutory: self.statutory,
        }
    }
}

/// What is known of a complaint, as far as limits ask.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own that a limit asks for")]
pub(crate) struct Facts<'a> {
    /// The earliest visit, call or capture.
    pub first_word: DateTime<Utc>,
    /// Taken in from a paper register: what is due in its first days has no meaning any more.
    pub imported: bool,
    /// Triage is urgent.
    pub critical: bool,
    /// Rape or its attempt is told (BNSS 184 asks for nothing else).
    pub rape: bool,
    /// She is a child, or of unknown age.
    pub child: bool,
    /// It is an offence that the POCSO Act knows.
    pub child_offence: bool,
    /// It is an offence whose investigation must end in two months (BNSS 193(2)).
    pub two_months: bool,
    /// A receipt was offered.
    pub acknowledged: bool,
    /// Something was done.
    pub acted: bool,
    /// She was told of the progress since the FIR.
    pub progress_told: bool,
    /// She was asked about the last action, and is satisfied.
    pub satisfied: bool,
    /// Where handling stands.
    pub handling: HandlingState,
    /// Where the case stands.
    pub case: CaseState,
    /// Steps in law so far.
    pub legal: &'a [LegalActionKind],
    /// When the FIR was registered, as far as the step that tells of it knows.
    pub fir_at: Option<DateTime<Utc>>,
}

impl Facts<'_> {
    /// Whether a limit must run now; `started`: it has run before.
    pub(super) fn must_run(&self, code: ClockCode, started: bool) -> bool {
        let new = !self.imported;
        let fir = matches!(self.case, CaseState::Fir | CaseState::ZeroFir);
        let done = |kind| self.legal.contains(&kind);
        if self.handling == HandlingState::Disposed {
            return false;
        }
        match code {
            ClockCode::Acknowledge => new && !self.acknowledged,
            ClockCode::Triage => new && matches!(self.handling, HandlingState::Received | HandlingState::Acknowledged),
            ClockCode::FirstAction => new && !self.acted,
            // "Without an FIR": with one the case has limits of its own.
            ClockCode::Resolve => new && !fir && self.case != CaseState::FinalReport,
            // A re-triage does not end what the first word began.
            ClockCode::Medical => new && !done(LegalActionKind::MedicalExamination) && (started || self.rape),
            // Only that she is found to be of age ends it without the report.
            ClockCode::ChildReport => {
                new && !done(LegalActionKind::ChildWelfareReport) && self.child && (started || self.child_offence)
            }
            ClockCode::PreliminaryEnquiry => self.case == CaseState::PreliminaryEnquiry,
            ClockCode::Investigation => fir && (started || self.two_months),
            ClockCode::Progress => fir && !self.progress_told,
            ClockCode::FirCopy => (fir || self.case == CaseState::FinalReport) && !done(LegalActionKind::FirCopyGiven),
            ClockCode::Feedback => self.handling == HandlingState::ActionTaken && !self.satisfied,
        }
    }
}
