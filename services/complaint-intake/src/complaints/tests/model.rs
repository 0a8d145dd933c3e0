//! The rules against a model: any steps, in any order, at any time.

use chrono::{DateTime, Duration, Utc};
use platform::terms::Term as _;
use proptest::prelude::*;

use super::{decision, noon, registered};
use crate::complaints::complaint::{Change, Complaint};
use crate::complaints::event::What;
use crate::complaints::feedback::{Asker, Told};
use crate::complaints::law::Section;
use crate::complaints::steps::Triage;
use crate::terms::{ActionKind, CaseState, Category, ClockCode, DecisionKind, HandlingState, LegalActionKind, Risk};

#[derive(Debug, Clone)]
enum Step {
    Acknowledge,
    Assign,
    Triage(Category, Risk, Option<&'static str>, bool),
    Legal(LegalActionKind),
    Act(ActionKind, bool),
    Feedback(Told, Asker),
    Direct(u128, DecisionKind),
}

fn any_of<T: platform::terms::Term + std::fmt::Debug>() -> impl Strategy<Value = T> {
    prop::sample::select(T::ALL)
}

fn step() -> impl Strategy<Value = Step> {
    let sections = prop::sample::select(vec![None, Some("BNS 64"), Some("BNS 78"), Some("POCSO 4"), Some("BNS 85")]);
    let told = any::<(bool, bool, bool)>().prop_map(|(reached, in_private, satisfied)| Told {
        reached,
        in_private,
        satisfied: reached && satisfied,
    });
    // Mostly somebody who may ask.
    let asker = (prop::bool::weighted(0.9), prop::bool::weighted(0.1), prop::bool::weighted(0.1))
        .prop_map(|(woman, of_station, acted)| Asker { woman, of_station, acted });
    prop_oneof![
        Just(Step::Acknowledge),
        Just(Step::Assign),
        (any_of(), any_of(), sections, any::<bool>()).prop_map(|(a, b, c, d)| Step::Triage(a, b, c, d)),
        any_of().prop_map(Step::Legal),
        (any_of(), any::<bool>()).prop_map(|(kind, woman)| Step::Act(kind, woman)),
        (told, asker).prop_map(|(told, asker)| Step::Feedback(told, asker)),
        // The first goes on as before, the last is followed elsewhere: neither stands on the complaint.
        (any::<u128>(), prop::sample::select(&DecisionKind::ALL[1..DecisionKind::ALL.len() - 1]))
            .prop_map(|(id, kind)| Step::Direct(id, kind)),
    ]
}

fn take(complaint: &Complaint, step: &Step, now: DateTime<Utc>) -> Result<Change, platform::Refusal> {
    match step {
        Step::Acknowledge => complaint.acknowledge(true, now),
        Step::Assign => complaint.assign("io", now),
        Step::Triage(category, risk, section, child) => {
            let law_sections = section.and_then(Section::parse).into_iter().collect();
            complaint.triage(&Triage { category: *category, risk: *risk, law_sections, child: *child }, now)
        }
        Step::Legal(kind) => complaint.legal_action(*kind, None, now),
        Step::Act(kind, woman) => complaint.act(*kind, *woman, now),
        Step::Feedback(told, asker) => complaint.feedback(*told, asker, now),
        Step::Direct(id, kind) => Ok(complaint.direct(&decision(*id, *kind, now), now).expect("it directs something")),
    }
}

/// What a careful reader of domain.md would hold in the head: no more than this, and written without the code beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Model {
    handling: HandlingState,
    case: CaseState,
    acknowledged: bool,
    satisfied: bool,
    /// What was directed, and whether it was followed.
    directed: Vec<(DecisionKind, bool)>,
}

impl Model {
    fn answer(&mut self, kinds: &[DecisionKind]) {
        for (kind, followed) in &mut self.directed {
            *followed |= kinds.contains(kind);
        }
    }

    /// The model after a step; `None`: refused.
    fn after(mut self, step: &Step) -> Option<Self> {
        use HandlingState as H;
        let open_case = self.case == CaseState::Fir || self.case == CaseState::ZeroFir;
        let closed = self.handling == H::Disposed;
        let in_work = self.handling == H::Triaged || self.handling == H::Reopened;
        match step {
            Step::Acknowledge => {
                if self.acknowledged {
                    return None;
                }
                self.acknowledged = true;
                if self.handling == H::Received {
                    self.handling = H::Acknowledged;
                }
            }
            Step::Assign => {
                self.answer(&[DecisionKind::ChangeOfficer]);
                return (!closed).then_some(self);
            }
            Step::Triage(..) => {
                if closed {
                    return None;
                }
                if self.handling == H::Received || self.handling == H::Acknowledged {
                    self.handling = H::Triaged;
                }
            }
            Step::Act(kind, _) => {
                if closed {
                    return None;
                }
                self.answer(match kind {
                    ActionKind::Contacted => &[],
                    ActionKind::Referred => &[DecisionKind::Refer, DecisionKind::Expedite, DecisionKind::Reopen],
                    ActionKind::Counselled => &[DecisionKind::Counsel, DecisionKind::Expedite, DecisionKind::Reopen],
                    _ => &[DecisionKind::Expedite, DecisionKind::Reopen],
                });
                if *kind != ActionKind::Contacted && in_work {
                    self.handling = H::ActionTaken;
                }
            }
            Step::Legal(kind) => {
                use LegalActionKind as L;
                self.answer(match kind {
                    L::Fir | L::ZeroFir => &[DecisionKind::RegisterFir],
                    L::Preventive | L::FinalReport => &[DecisionKind::Expedite, DecisionKind::Reopen],
                    _ => &[],
                });
                let reported = self.case == CaseState::FinalReport;
                let before_fir = !open_case && !reported;
                match kind {
                    L::Fir if before_fir || self.case == CaseState::ZeroFir => self.case = CaseState::Fir,
                    L::ZeroFir if before_fir => self.case = CaseState::ZeroFir,
                    L::NonCognizableReport if before_fir => self.case = CaseState::NonCognizable,
                    L::PreliminaryEnquiry if before_fir => self.case = CaseState::PreliminaryEnquiry,
                    L::FinalReport if !before_fir => self.case = CaseState::FinalReport,
                    L::FirCopyGiven if !before_fir => {}
                    L::GdEntry | L::Preventive | L::MedicalExamination | L::ChildWelfareReport => {}
                    _ => return None,
                }
                if closed && matches!(kind, L::Fir | L::ZeroFir | L::PreliminaryEnquiry) {
                    self.handling = H::Triaged;
                    self.satisfied = false;
                } else if *kind == L::FinalReport && self.handling == H::ActionTaken && self.satisfied {
                    self.handling = H::Disposed;
                } else if matches!(kind, L::FinalReport | L::Preventive) && in_work {
                    self.handling = H::ActionTaken;
                }
            }
            Step::Feedback(told, asker) => {
                if asker.of_station || asker.acted || self.handling != H::ActionTaken {
                    return None;
                }
                if told.reached && !told.satisfied {
                    self.handling = H::Reopened;
                    self.satisfied = false;
                } else if told.reached && told.in_private && asker.woman {
                    self.satisfied = true;
                    if !open_case {
                        self.handling = H::Disposed;
                    }
                }
            }
            Step::Direct(_, kind) => {
                self.directed.push((*kind, *kind == DecisionKind::OutcomeSound));
                if *kind == DecisionKind::Reopen && (closed || self.handling == H::ActionTaken) {
                    self.handling = H::Reopened;
                    self.satisfied = false;
                }
            }
        }
        Some(self)
    }

    fn of(complaint: &Complaint) -> Self {
        Self {
            handling: complaint.handling,
            case: complaint.case,
            acknowledged: complaint.acknowledged,
            satisfied: complaint.satisfied,
            directed: complaint.directions.iter().map(|direction| (direction.kind, direction.followed)).collect(),
        }
    }
}

/// What the journal says of limits, and what work lists go by.
fn is_told(complaint: &Complaint, what: &What, due: Option<chrono::NaiveDate>) -> Result<(), TestCaseError> {
    let running = || complaint.clocks.all().iter().filter(|clock| clock.stopped_at.is_none());
    let statutory = running().filter(|clock| clock.statutory).map(|clock| clock.due_at).min();
    prop_assert_eq!(due, statutory.map(platform::clock::ist_day), "{:?}: breached or not, it runs", what);
    let waits = |direction: &&crate::directions::Direction| {
        let open = complaint.handling != HandlingState::Disposed;
        let asks = direction.kind != DecisionKind::OutcomeSound;
        !direction.followed && asks && (open || direction.kind == DecisionKind::RegisterFir)
    };
    let directed =
        complaint.directions.iter().filter(waits).map(|direction| platform::clock::day_begins(direction.day));
    prop_assert_eq!(complaint.due(), running().map(|clock| clock.due_at).chain(directed).min());
    let limit = complaint.due_limit().and_then(|code| complaint.clocks.of(code)).map(|clock| clock.due_at);
    prop_assert!(limit.is_none() || limit == complaint.due());
    Ok(())
}

/// What no step may do to the limits.
fn limits_hold(before: &Complaint, after: &Complaint, now: DateTime<Utc>) -> Result<(), TestCaseError> {
    for clock in before.clocks.all() {
        let later = after.clocks.of(clock.code).expect("a limit is never taken away");
        prop_assert!(!clock.breached || later.breached, "{:?} was breached", clock.code);
        prop_assert!(later.due_at >= clock.due_at, "{:?}", clock.code);
        if clock.code != ClockCode::Feedback || clock.runs() {
            prop_assert_eq!(
                (clock.started_at, clock.due_at),
                (later.started_at, later.due_at),
                "{:?} moved",
                clock.code
            );
        }
        if later.stopped_at == Some(now) && clock.runs() && now > clock.breach_at {
            prop_assert!(later.breached, "{:?} was stopped too late", clock.code);
        }
    }
    for clock in after.clocks.all() {
        let from_first_word = !matches!(clock.code, ClockCode::FirCopy | ClockCode::Feedback);
        prop_assert!(!from_first_word || clock.started_at == after.first_word_at, "{:?}", clock.code);
        prop_assert!(clock.started_at <= now);
    }
    if after.handling == HandlingState::Disposed {
        prop_assert!(after.clocks.next().is_none(), "nothing runs once it is disposed");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_steps_in_any_order_do_what_the_model_says(
        category in any_of::<Category>(),
        steps in prop::collection::vec((step(), 0i64..200_000), 1..40),
    ) {
        let mut complaint = registered(category);
        let mut now = noon();
        let mut breached: Vec<ClockCode> = Vec::new();
        for (step, seconds) in steps {
            now += Duration::seconds(seconds);
            let expected = Model::of(&complaint).after(&step);
            let change = match (take(&complaint, &step, now), expected) {
                (Err(_), None) => continue,
                (Ok(change), Some(model)) => {
                    prop_assert_eq!(Model::of(&change.complaint), model, "{:?}", step);
                    change
                }
                (taken, expected) => {
                    return Err(TestCaseError::fail(format!("{step:?}: {taken:?}, the model says {expected:?}")));
                }
            };
            let after = change.complaint;
            prop_assert_eq!(after.version, complaint.version + 1);
            prop_assert!(!(after.handling == HandlingState::Disposed && after.case.awaits_final_report()));
            prop_assert!(!complaint.conflict_with_station || after.conflict_with_station, "conflict is never lost");
            prop_assert!(after.conflict_with_station || after.category != Category::PoliceConduct);
            limits_hold(&complaint, &after, now)?;

            let moved = (complaint.handling, complaint.case) != (after.handling, after.case);
            let told: Vec<_> = change.events.iter().filter(|event| matches!(event.what, What::Moved { .. })).collect();
            prop_assert_eq!(told.len(), usize::from(moved));
            for event in &change.events {
                prop_assert_eq!(event.place.station.is_empty(), after.conflict_with_station);
                is_told(&after, &event.what, event.place.statutory_due)?;
                match &event.what {
                    What::Moved { from, to, case, minutes } => {
                        prop_assert_eq!((*from, *to, *case), (complaint.handling, after.handling, after.case));
                        prop_assert!(*minutes >= 0);
                    }
                    What::Triaged { counted_before, .. } => {
                        let found = after.conflict_with_station && !complaint.conflict_with_station;
                        prop_assert_eq!(counted_before.is_some(), found);
                        let Some(before) = counted_before else { continue };
                        prop_assert_eq!(&before.place, &complaint.place());
                        prop_assert_eq!((before.channel, before.handling), (complaint.channel, complaint.handling));
                        prop_assert!(before.recorded_by_woman, "as the first entry said, whoever met her since");
                    }
                    What::Breached(breach) => {
                        prop_assert!(!breached.contains(&breach.code), "{:?} twice", breach.code);
                        breached.push(breach.code);
                    }
                    _ => {}
                }
            }
            complaint = after;
        }
    }
}
