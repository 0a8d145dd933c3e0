//! The rules against a model: any steps, in any order, at any time.

use chrono::{DateTime, Duration, TimeZone as _, Utc};
use platform::terms::Term as _;
use proptest::prelude::*;
use uuid::Uuid;

use super::complaint::{Change, Complaint};
use super::event::What;
use super::feedback::{Asker, Told};
use super::law::Section;
use super::register::{NewComplaint, RecordedAt};
use super::steps::Triage;
use crate::terms::{
    ActionKind, CaseState, Category, Channel, ClockCode, ContactMode, HandlingState, LegalActionKind, Risk,
};
use crate::vault::Sealed;

fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2020, 10, 23, 6, 30, 0).unwrap()
}

fn told(category: Category) -> NewComplaint {
    NewComplaint {
        id: Uuid::from_u128(7),
        at: RecordedAt { station: "ps-157-001".into(), district: "district-157".into(), lgd_code: 157, seq: 1 },
        channel: Channel::WalkIn,
        category,
        risk: None,
        conflict_with_station: false,
        contact_mode: ContactMode::Never,
        needs_support: false,
        child: None,
        by_woman: true,
        visit: None,
        told_at: None,
        line: None,
        sealed: Sealed {
            subject: Uuid::from_u128(7),
            wrapped: vec![],
            persons: vec![],
            narrative: None,
            safe_contact: None,
        },
    }
}

fn registered(category: Category) -> Complaint {
    told(category).register("WHD".into(), None, "posts/desk", noon()).complaint
}

#[derive(Debug, Clone)]
enum Step {
    Acknowledge,
    Assign,
    Triage(Category, Risk, Option<&'static str>, bool),
    Legal(LegalActionKind),
    Act(ActionKind, bool),
    Feedback(Told, Asker),
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
    }
}

/// What a careful reader of domain.md would hold in the head: no more than this, and written without the code beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Model {
    handling: HandlingState,
    case: CaseState,
    acknowledged: bool,
    satisfied: bool,
}

impl Model {
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
            Step::Assign => return (!closed).then_some(self),
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
                if *kind != ActionKind::Contacted && in_work {
                    self.handling = H::ActionTaken;
                }
            }
            Step::Legal(kind) => {
                use LegalActionKind as L;
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
        }
        Some(self)
    }

    fn of(complaint: &Complaint) -> Self {
        Self {
            handling: complaint.handling,
            case: complaint.case,
            acknowledged: complaint.acknowledged,
            satisfied: complaint.satisfied,
        }
    }
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
                match &event.what {
                    What::Moved { from, to, case, minutes } => {
                        prop_assert_eq!((*from, *to, *case), (complaint.handling, after.handling, after.case));
                        prop_assert!(*minutes >= 0);
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

#[test]
fn a_child_is_whoever_is_not_known_to_be_of_age_where_the_law_asks() {
    for (category, known, child) in [
        (Category::Pocso, None, true),
        (Category::Pocso, Some(false), true),
        (Category::SexualAssault, None, true),
        (Category::SexualAssault, Some(false), false),
        (Category::EveTeasing, None, false),
        (Category::EveTeasing, Some(true), true),
        (Category::Property, Some(true), true),
    ] {
        let complaint =
            NewComplaint { child: known, ..told(category) }.register("R".into(), None, "posts/d", noon()).complaint;
        assert_eq!(complaint.child, child, "{category:?} {known:?}");
        let report = complaint.clocks.of(ClockCode::ChildReport).is_some();
        assert_eq!(report, child && category != Category::Property, "POCSO knows no offence against property");
    }
}

#[test]
fn critical_ones_are_triaged_in_half_an_hour_and_only_rape_asks_for_a_doctor() {
    for category in Category::ALL {
        let complaint = registered(*category);
        let triage = complaint.clocks.of(ClockCode::Triage).unwrap();
        let minutes = (triage.due_at - triage.started_at).num_minutes();
        assert_eq!(minutes, if category.is_critical() { 30 } else { 240 }, "{}", category.name());
        let medical = complaint.clocks.of(ClockCode::Medical).is_some();
        assert_eq!(medical, *category == Category::SexualAssault, "{}", category.name());
    }
    let imminent = NewComplaint { risk: Some(Risk::Imminent), ..told(Category::Dowry) };
    let complaint = imminent.register("R".into(), None, "posts/d", noon()).complaint;
    let triage = complaint.clocks.of(ClockCode::Triage).unwrap();
    assert_eq!((triage.due_at - triage.started_at).num_minutes(), 30);
}

#[test]
fn a_preliminary_enquiry_runs_fourteen_days_from_receipt_whenever_it_was_permitted() {
    let complaint = registered(Category::Dowry);
    let later = noon() + Duration::days(5);
    let enquiry = complaint.legal_action(LegalActionKind::PreliminaryEnquiry, None, later).unwrap().complaint;
    let clock = enquiry.clocks.of(ClockCode::PreliminaryEnquiry).unwrap();
    assert_eq!(clock.started_at, noon());
    assert_eq!(platform::clock::ist_day(clock.due_at).to_string(), "2020-11-06");
    let fir = enquiry.legal_action(LegalActionKind::Fir, None, later).unwrap().complaint;
    assert!(!fir.clocks.of(ClockCode::PreliminaryEnquiry).unwrap().runs());
}

#[test]
fn the_copy_of_the_fir_is_due_from_the_day_of_the_fir_not_from_its_record() {
    let complaint = registered(Category::Dowry);
    let later = noon() + Duration::days(3);
    let day = platform::clock::ist_day(noon() + Duration::days(1));
    let fir = complaint.legal_action(LegalActionKind::Fir, Some(day), later).unwrap().complaint;
    let copy = fir.clocks.of(ClockCode::FirCopy).unwrap();
    assert_eq!(platform::clock::ist_day(copy.due_at), day);
    assert!(copy.breach_at < later, "it is late already");
    let given = fir.legal_action(LegalActionKind::FirCopyGiven, None, later).unwrap();
    assert!(given.complaint.clocks.of(ClockCode::FirCopy).unwrap().breached);
    assert!(given.events.iter().any(|event| matches!(&event.what, What::Breached(b) if b.code == ClockCode::FirCopy)));
}
