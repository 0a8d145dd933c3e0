//! The machine against a model: whatever is tried, by whom and when, the rules answer as a few lines of arithmetic on
//! hours do, and what is held is what these lines hold.

use std::collections::BTreeSet;

use chrono::Duration;
use proptest::prelude::*;

use platform::terms::Term as _;
use proptest::strategy::ValueTree as _;

use super::*;
use crate::terms::RejectionReason;

/// Hours from the first proposal to the planned beginning and end.
const STARTS: i64 = 24;
const ENDS: i64 = 26;

/// What may be tried.
#[derive(Debug, Clone)]
enum Try {
    Wait(i64),
    WaitUntil(i64),
    Approve(usize),
    Reject(usize),
    Report(usize),
    Attach(usize, EvidenceKind),
    FindHeld(usize, i32),
    Dispute(usize),
    Cancel,
    Sweep,
    /// The partner is suspended, or vetted again.
    Partner(bool),
    /// Another event is verified at the same place and hour, or is found not to be.
    Other(bool),
}

/// Who tries: the organiser (0), two officers, a colleague, the partner (4).
fn who(index: usize) -> String {
    match index {
        4 => principal_of(partner().id),
        _ => [SHO, CO, SSP, "posts/si"][index].to_owned(),
    }
}

fn tries() -> impl Strategy<Value = Vec<Try>> {
    let by = || 0_usize..5;
    let kind = prop::sample::select(vec![
        EvidenceKind::Photo,
        EvidenceKind::RegisterScan,
        EvidenceKind::PartnerAttest,
        EvidenceKind::VenueHeadAttest,
    ]);
    let step = prop_oneof![
        2 => (0_i64..40).prop_map(Try::Wait),
        // To the hour, where one instant decides.
        2 => prop::sample::select(vec![1, STARTS, ENDS, ENDS + 72]).prop_map(Try::WaitUntil),
        3 => by().prop_map(Try::Approve),
        1 => by().prop_map(Try::Reject),
        4 => by().prop_map(Try::Report),
        6 => (by(), kind).prop_map(|(by, kind)| Try::Attach(by, kind)),
        4 => (by(), 0_i32..3).prop_map(|(by, women)| Try::FindHeld(by, women)),
        1 => by().prop_map(Try::Dispute),
        1 => Just(Try::Cancel),
        1 => Just(Try::Sweep),
        1 => any::<bool>().prop_map(Try::Partner),
        1 => any::<bool>().prop_map(Try::Other),
    ];
    prop::collection::vec(step, 1..25)
}

/// The model: hours and sets.
#[derive(Debug, Default)]
struct Model {
    hour: i64,
    state: &'static str,
    with_partner: bool,
    partner_unfit: bool,
    other_held: bool,
    reporter: Option<usize>,
    attached: Vec<(usize, EvidenceKind)>,
}

impl Model {
    fn stands(&self) -> &'static str {
        if self.state == "APPROVED" && self.hour > ENDS + 72 { "LAPSED" } else { self.state }
    }

    /// What an independent person sees.
    fn has_part(&self, by: usize) -> bool {
        by == 0
            || self.reporter == Some(by)
            || (by == 4 && self.with_partner)
            || self.attached.iter().any(|(who, _)| *who == by)
    }

    fn expect(&mut self, what: &Try) -> Result<(), &'static str> {
        let stands = self.stands();
        let need = |states: &[&str]| if states.contains(&stands) { Ok(()) } else { Err("STATE_FORBIDS") };
        let refuse = |wrong: bool, reason| if wrong { Err(reason) } else { Ok(()) };
        match what {
            Try::Wait(hours) => self.hour += hours,
            Try::WaitUntil(hour) => self.hour = self.hour.max(*hour),
            Try::Approve(by) => {
                need(&["PROPOSED"])?;
                refuse(*by == 0, "SAME_PERSON")?;
                refuse(self.hour > ENDS, "TOO_LATE")?;
                refuse(self.with_partner && self.partner_unfit, "PARTNER_NOT_VETTED")?;
                self.state = "APPROVED";
            }
            Try::Reject(by) => {
                need(&["PROPOSED"])?;
                refuse(*by == 0, "SAME_PERSON")?;
                self.state = "REJECTED";
            }
            Try::Report(by) => {
                need(&["APPROVED"])?;
                refuse(self.hour < ENDS, "INVALID_FIELDS")?;
                self.state = "REPORTED";
                self.reporter = Some(*by);
            }
            Try::Attach(by, kind) => {
                need(&["APPROVED", "REPORTED"])?;
                let attests = *kind == EvidenceKind::PartnerAttest;
                refuse(attests && !(self.with_partner && *by == 4), "INVALID_FIELDS")?;
                refuse(self.hour < STARTS, "INVALID_FIELDS")?;
                self.attached.push((*by, *kind));
            }
            Try::FindHeld(by, women) => {
                need(&["REPORTED"])?;
                refuse(self.has_part(*by), "SAME_PERSON")?;
                let kinds: BTreeSet<EvidenceKind> = self.attached.iter().map(|(_, kind)| *kind).collect();
                refuse(kinds.len() < 2, "EVIDENCE_MISSING")?;
                refuse(self.other_held, "HELD_ALREADY")?;
                refuse(*women == 0, "INVALID_FIELDS")?;
                self.state = "VERIFIED";
            }
            Try::Dispute(by) => {
                need(&["REPORTED"])?;
                refuse(self.has_part(*by), "SAME_PERSON")?;
                self.state = "DISPUTED";
            }
            Try::Cancel => {
                need(&["PROPOSED", "APPROVED"])?;
                refuse(self.hour > ENDS, "TOO_LATE")?;
                self.state = "CANCELLED";
            }
            Try::Sweep => self.state = stands,
            Try::Partner(fit) => self.partner_unfit = !fit,
            Try::Other(held) => self.other_held = *held,
        }
        Ok(())
    }
}

/// The rules, driven the same way.
struct Real {
    event: Event,
    exhibits: Vec<Exhibit>,
    partner: Option<Partner>,
    other: bool,
    hour: i64,
    moves: Vec<Move>,
}

impl Real {
    fn moved(&mut self, step: Result<Move, Refusal>) -> Result<(), &'static str> {
        let step = step.map_err(|refusal| refusal.reason())?;
        self.event = step.event.clone();
        self.moves.push(step);
        Ok(())
    }

    fn take(&mut self, what: &Try) -> Result<(), &'static str> {
        let now = starts() + Duration::hours(self.hour - STARTS);
        let exhibits = self.exhibits.clone();
        let other = self.other.then_some("campaigns/a/events/b");
        let grounds = Grounds { exhibits: &exhibits, held_already: other };
        let step = match what {
            Try::Wait(hours) => {
                self.hour += hours;
                return Ok(());
            }
            Try::WaitUntil(hour) => {
                self.hour = self.hour.max(*hour);
                return Ok(());
            }
            Try::Partner(fit) => {
                let vetting = if *fit { VettingState::Vetted } else { VettingState::Suspended };
                self.partner = self.partner.take().map(|partner| Partner { vetting, ..partner });
                return Ok(());
            }
            Try::Other(held) => {
                self.other = *held;
                return Ok(());
            }
            Try::Attach(by, kind) => {
                let shown = shown(&self.event, *kind);
                let attached = self.event.attach(&shown, self.exhibits.len(), &who(*by), now);
                let (event, evidence) = attached.map_err(|refusal| refusal.reason())?;
                assert_eq!(event.state, self.event.state, "evidence moves nothing");
                self.event = event;
                self.exhibits.push(Exhibit { evidence, repeated: false });
                return Ok(());
            }
            Try::Sweep => match self.event.lapse(now) {
                Some(lapsed) => Ok(lapsed),
                None => return Ok(()),
            },
            Try::Approve(by) => self.event.decide(Decision::Approved, self.partner.as_ref(), &who(*by), now),
            Try::Reject(by) => {
                let decision = Decision::Rejected(RejectionReason::Clash);
                self.event.decide(decision, self.partner.as_ref(), &who(*by), now)
            }
            Try::Report(by) => self.event.report(claim(women(3)), &who(*by), now),
            Try::FindHeld(by, found) => self.event.verify(Verdict::Held(women(*found)), grounds, &who(*by), now),
            Try::Dispute(by) => {
                self.event.verify(Verdict::Disputed(DisputeReason::CountsWrong), grounds, &who(*by), now)
            }
            Try::Cancel => self.event.cancel(CancellationReason::Replanned, now),
        };
        self.moved(step)
    }
}

fn state_of(event: &Event) -> &'static str {
    event.state.name().trim_start_matches("EVENT_STATE_")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_is_tried_the_rules_answer_as_the_model_does(with_partner in any::<bool>(), tries in tries()) {
        let partner = with_partner.then(partner);
        let event = proposed(partner.as_ref());
        let mut model = Model { state: "PROPOSED", with_partner, ..Model::default() };
        let mut real = Real { event, exhibits: Vec::new(), partner, other: false, hour: 0, moves: Vec::new() };
        for what in &tries {
            let expected = model.expect(what);
            prop_assert_eq!(real.take(what), expected, "{:?} by {:?}", what, &model);
            prop_assert_eq!(state_of(&real.event), model.state);
        }

        // What the journal was told is one way through the machine, and ends where the event stands.
        let mut at = EventState::Proposed;
        for step in &real.moves {
            prop_assert_eq!(step.moved.from, Some(at));
            at = step.moved.to;
            let counts = matches!(at, EventState::Reported | EventState::Verified);
            prop_assert_eq!(step.moved.reached.is_some(), counts);
        }
        prop_assert_eq!(at, real.event.state);
        // Held is verified, and verified is proven by somebody who had no part in it.
        if real.event.state == EventState::Verified {
            let kinds: BTreeSet<EvidenceKind> = real.exhibits.iter().map(|exhibit| exhibit.evidence.kind).collect();
            prop_assert!(kinds.len() >= 2);
            let verifier = real.event.verified_by.clone().unwrap();
            prop_assert_ne!(&verifier, &real.event.created_by);
            prop_assert_ne!(Some(&verifier), real.event.reported_by.as_ref());
            prop_assert!(real.exhibits.iter().all(|exhibit| exhibit.evidence.attached_by != verifier));
        } else {
            prop_assert_eq!(real.event.found, None);
        }
    }
}

/// Random tries get through the whole machine often enough for the comparison to mean something.
#[test]
fn the_tries_reach_every_state() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut reached = BTreeSet::new();
    for _ in 0..4_000 {
        let tries = tries().new_tree(&mut runner).unwrap().current();
        let mut model = Model { state: "PROPOSED", ..Model::default() };
        for what in &tries {
            let _ = model.expect(what);
            reached.insert(model.state);
        }
    }
    let all: BTreeSet<&str> =
        EventState::ALL.iter().map(|state| state.name().trim_start_matches("EVENT_STATE_")).collect();
    assert_eq!(reached, all);
}
