//! What is done about a complaint: step by step, each at a stop of the clock and by somebody who may do it. Most is done in
//! time, some late, some never, so that limits are met and missed.

use mahila_proto::intake::v1::{ActionKind, Category, LegalActionKind, Risk};

use super::agenda::{Agenda, FIRST_CYCLE, Sitters, What};
use super::cases::Told;
use super::draw::Draw;

/// Who does a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The woman officer at the desk.
    Desk,
    /// The station house officer, who is not a woman here.
    House,
    /// The head of the district's police, for what is hidden from the station.
    District,
    /// The woman officer of the district who asks for feedback.
    FeedbackCaller,
}

/// Something done about a complaint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The receipt was offered.
    Acknowledge {
        /// She took the paper.
        taken: bool,
    },
    /// The receipt was printed.
    Receipt,
    /// Category, risk and law were settled.
    Triage {
        /// As found.
        category: Category,
        /// As found.
        risk: Risk,
        /// A child.
        child: bool,
    },
    /// An officer was named, the first to fourth of the station.
    Assign(usize),
    /// Something was done.
    Act(ActionKind),
    /// A step in law was taken.
    Law(LegalActionKind),
    /// She was asked.
    Feedback {
        /// She was reached.
        reached: bool,
        /// She is satisfied.
        satisfied: bool,
        /// She was alone.
        private: bool,
    },
}

/// A step, when and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The stop of the agenda.
    pub stop: usize,
    /// By whom.
    pub who: Who,
    /// What.
    pub step: Step,
}

/// What is done about a complaint of the desks, in order.
#[must_use]
pub fn after_recording(told: &Told, recorder: Who, begun: usize, agenda: &Agenda, draw: &mut Draw) -> Vec<Due> {
    let mut steps = Vec::new();
    if !told.conflict {
        if draw.per_mille(25) {
            // Nobody offered a receipt, and nothing more was done: limits pass.
            return steps;
        }
        steps.push(Due { stop: begun, who: recorder, step: Step::Acknowledge { taken: draw.per_mille(800) } });
        if draw.per_mille(100) {
            steps.push(Due { stop: begun, who: recorder, step: Step::Receipt });
        }
    }
    let superior = if told.conflict { Who::District } else { Who::House };
    let worker = if told.conflict { Who::District } else { recorder };
    steps.extend(handling(told.category, superior, worker, begun, agenda, draw));
    steps
}

/// What is done about the only complaint on paper of a station before its review: it is closed, to her satisfaction.
#[must_use]
pub fn closed_before_review(agenda: &Agenda) -> Vec<Due> {
    let (first, second) = (agenda.work(FIRST_CYCLE, 0), agenda.work(FIRST_CYCLE + 1, 2));
    let triage = Step::Triage { category: Category::DomesticViolence, risk: Risk::Medium, child: false };
    let feedback = Step::Feedback { reached: true, satisfied: true, private: true };
    vec![
        Due { stop: first, who: Who::House, step: triage },
        Due { stop: first, who: Who::House, step: Step::Assign(0) },
        Due { stop: first, who: Who::House, step: Step::Act(ActionKind::SiteVisit) },
        Due { stop: second, who: Who::FeedbackCaller, step: feedback },
    ]
}

/// The head of the district reads a complaint on paper over which its station sits, and finds that it is against the
/// station.
///
/// # Panics
/// Never for days and parts of the agenda.
#[must_use]
pub fn found_against_station(agenda: &Agenda, day: u32, part: u32) -> Due {
    let sit = What::Sit { who: Sitters::Stations, day, part };
    let stop = agenda.stops().iter().position(|stop| stop.what == sit).expect("a part of the agenda");
    let step = Step::Triage { category: Category::PoliceConduct, risk: Risk::Medium, child: false };
    Due { stop, who: Who::District, step }
}

/// What follows once a complaint is recorded, for those of the desks and those that came of calls.
#[must_use]
pub fn handling(
    category: Category,
    superior: Who,
    worker: Who,
    begun: usize,
    agenda: &Agenda,
    draw: &mut Draw,
) -> Vec<Due> {
    let mut steps = Vec::new();
    let after = |stop: Option<usize>, rounds: usize| stop.and_then(|stop| agenda.later(stop, rounds));
    let triage_at = match draw.below(100) {
        0..72 => Some(begun),
        72..90 => after(Some(begun), 1),
        90..97 => after(Some(begun), 3),
        _ => None,
    };
    let Some(triage_at) = triage_at else { return steps };
    let child = category == Category::Pocso || category == Category::ChildMarriage;
    let settled = match category {
        Category::FamilyDispute if draw.per_mille(120) => Category::DomesticViolence,
        Category::Other if draw.per_mille(300) => Category::Stalking,
        other => other,
    };
    let risk = draw.weighted(&[(Risk::Low, 30), (Risk::Medium, 45), (Risk::High, 22), (Risk::Imminent, 3)]);
    steps.push(Due { stop: triage_at, who: superior, step: Step::Triage { category: settled, risk, child } });
    if draw.per_mille(40) {
        return steps;
    }
    steps.push(Due { stop: triage_at, who: superior, step: Step::Assign(draw.below(4)) });
    if draw.per_mille(30) {
        steps.push(Due { stop: triage_at, who: superior, step: Step::Assign(4) });
    }
    let act_at = match draw.below(100) {
        0..30 => Some(triage_at),
        30..70 => after(Some(triage_at), 1),
        70..88 => after(Some(triage_at), 2),
        88..94 => after(Some(triage_at), 4),
        _ => None,
    };
    let Some(act_at) = act_at else { return steps };
    let mut acts = vec![action(draw)];
    if draw.per_mille(200) {
        acts.push(action(draw));
    }
    let law = law(settled, draw);
    steps.extend(acts.iter().map(|kind| Due { stop: act_at, who: worker, step: Step::Act(*kind) }));
    steps.extend(law.iter().map(|kind| Due { stop: act_at, who: superior, step: Step::Law(*kind) }));
    // She is asked about a deed; to have been phoned, or an FIR alone, is none.
    let deed = acts.iter().any(|kind| *kind != ActionKind::Contacted) || law.contains(&LegalActionKind::Preventive);
    let asked_at = if deed && draw.per_mille(90) { after(Some(act_at), 3) } else { None };
    if let Some(asked_at) = asked_at {
        let reached = draw.per_mille(800);
        let feedback =
            Step::Feedback { reached, satisfied: draw.per_mille(700), private: reached && draw.per_mille(950) };
        steps.push(Due { stop: asked_at, who: Who::FeedbackCaller, step: feedback });
    }
    steps
}

fn action(draw: &mut Draw) -> ActionKind {
    draw.weighted(&[
        (ActionKind::Contacted, 38),
        (ActionKind::SiteVisit, 22),
        (ActionKind::RespondentWarned, 14),
        (ActionKind::RightsExplained, 12),
        (ActionKind::Counselled, 8),
        (ActionKind::Referred, 4),
        (ActionKind::MovedToSafety, 2),
    ])
}

fn law(category: Category, draw: &mut Draw) -> Vec<LegalActionKind> {
    let mut steps = Vec::new();
    let grave = matches!(
        category,
        Category::SexualAssault | Category::Pocso | Category::Abduction | Category::Trafficking | Category::AcidAttack
    );
    let registered = match draw.below(1000) {
        _ if grave => Some(LegalActionKind::Fir),
        0..90 => Some(LegalActionKind::Fir),
        90..95 => Some(LegalActionKind::ZeroFir),
        95..175 => Some(LegalActionKind::NonCognizableReport),
        175..190 => Some(LegalActionKind::PreliminaryEnquiry),
        190..230 => Some(LegalActionKind::Preventive),
        230..330 => Some(LegalActionKind::GdEntry),
        _ => None,
    };
    steps.extend(registered);
    if registered == Some(LegalActionKind::Fir) && draw.per_mille(850) {
        steps.push(LegalActionKind::FirCopyGiven);
    }
    if matches!(category, Category::SexualAssault | Category::Pocso) && draw.per_mille(800) {
        steps.push(LegalActionKind::MedicalExamination);
    }
    if category == Category::Pocso && draw.per_mille(800) {
        steps.push(LegalActionKind::ChildWelfareReport);
    }
    steps
}
