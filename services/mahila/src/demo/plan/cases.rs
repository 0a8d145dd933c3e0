//! Women who come to the desks from 23 to 31 October, complaints that reach a station otherwise, and what they tell.
//! What is done about each stands in [`super::handling`].

use mahila_proto::intake::v1::{Category, Channel, Risk, VisitOutcome};

use super::agenda::{Agenda, FIRST_DESKS, LAST, ROUNDS};
use super::draw::Draw;
use super::handling::{Due, Who, after_recording};
use super::people::Woman;
use super::register::few;
use super::staffing::{Staffing, staffing};

/// Everyone who comes, also she who leaves unserved: 1,500 a day.
pub const VISITS: usize = 13_500;
/// Of those, left unserved: one in fifty.
pub const LEFT_UNSERVED: usize = 270;
/// Of those, a complaint.
pub const COMPLAINTS_OF_VISITS: usize = 6_750;
/// Complaints that came without a visit.
pub const OTHER_COMPLAINTS: usize = 1_500;

/// How the others came, by weight.
const CHANNELS: [(Channel, usize); 10] = [
    (Channel::Phone, 42),
    (Channel::WomenPowerLine1090, 18),
    (Channel::Igrs, 11),
    (Channel::WomenHelpline181, 9),
    (Channel::Upcop, 7),
    (Channel::Cm1076, 5),
    (Channel::PinkBooth, 3),
    (Channel::Beat, 2),
    (Channel::Childline1098, 1),
    (Channel::Post, 2),
];

/// What they are about, by weight.
const CATEGORIES: [(Category, usize); 16] = [
    (Category::DomesticViolence, 340),
    (Category::Dowry, 130),
    (Category::EveTeasing, 120),
    (Category::FamilyDispute, 110),
    (Category::Stalking, 70),
    (Category::CyberHarassment, 50),
    (Category::Property, 45),
    (Category::ObsceneCalls, 30),
    (Category::Missing, 25),
    (Category::Elopement, 20),
    (Category::SexualAssault, 16),
    (Category::Workplace, 12),
    (Category::Pocso, 10),
    (Category::ChildMarriage, 6),
    (Category::Abduction, 6),
    (Category::Other, 10),
];

/// A visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    /// Minutes she came before the stop.
    pub came_before: i32,
    /// Minutes she waited; `None`: she was not served.
    pub waited: Option<i32>,
    /// What it came to.
    pub outcome: VisitOutcome,
}

/// A complaint as it is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// How it came.
    pub channel: Channel,
    /// What it is about.
    pub category: Category,
    /// The danger as it looks.
    pub risk: Risk,
    /// Somebody of the station is concerned.
    pub conflict: bool,
    /// Who; `None`: nameless.
    pub woman: Option<Woman>,
}

/// Somebody who comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its number, from 0.
    pub number: usize,
    /// The desk.
    pub desk: usize,
    /// The stop at which it begins.
    pub stop: usize,
    /// Who records it.
    pub who: Who,
    /// The visit; `None`: the complaint came otherwise.
    pub visit: Option<Visit>,
    /// The complaint; `None`: none came of it.
    pub told: Option<Told>,
    /// The event at which she asked for help; `None`: it did not come of one.
    pub event: Option<usize>,
    /// What is done about it, in order.
    pub steps: Vec<Due>,
}

/// All cases; `leads` are events, the desks that take in who asked for help there, and the days on which they do.
#[must_use]
pub fn cases(desks: usize, leads: &[(usize, usize, u32)], agenda: &Agenda) -> Vec<Case> {
    let first = VISITS + OTHER_COMPLAINTS;
    let leads = (first..).zip(leads).map(|(number, lead)| of_event(number, *lead, agenda));
    (0..first).map(|number| case(number, desks, agenda)).chain(leads).collect()
}

/// She asked for help at an event, and the next day the desk writes down what she consented to tell.
fn of_event(number: usize, (event, desk, day): (usize, usize, u32), agenda: &Agenda) -> Case {
    let mut draw = Draw::of("lead", &[number as u64]);
    let told = Told { channel: Channel::Campaign, conflict: false, ..told(number, false, &mut draw) };
    let stop = agenda.work(day, 0);
    let steps = after_recording(&told, Who::Desk, stop, agenda, &mut draw);
    Case { number, desk, stop, who: Who::Desk, visit: None, told: Some(told), event: Some(event), steps }
}

fn case(number: usize, desks: usize, agenda: &Agenda) -> Case {
    let mut draw = Draw::of("case", &[number as u64]);
    let (desk, day) = loop {
        let (desk, day) = (draw.below(desks), FIRST_DESKS + draw.number(LAST - FIRST_DESKS + 1));
        // A silent desk takes nothing in: that is what silent means.
        let takes_in = staffing(desk, day) != Staffing::Silent;
        // Nor do stations that are to have few cases, before the first docket is selected.
        if takes_in && (day > FIRST_DESKS || few(desk).is_none()) {
            break (desk, day);
        }
    };
    let stop = agenda.work(day, draw.number(ROUNDS));
    let visit = (number < VISITS).then(|| visit(number, &mut draw));
    let complains = visit.is_none_or(|visit| visit.outcome == VisitOutcome::Complaint);
    let told = complains.then(|| told(number, visit.is_some(), &mut draw));
    let who = if draw.per_mille(80) { Who::House } else { Who::Desk };
    let steps = told.map(|told| after_recording(&told, who, stop, agenda, &mut draw)).unwrap_or_default();
    Case { number, desk, stop, who, visit, told, event: None, steps }
}

/// Outcomes turn in hundreds, so that their sums are exact.
fn visit(number: usize, draw: &mut Draw) -> Visit {
    let outcome = match number % 100 {
        0..2 => VisitOutcome::LeftUnserved,
        2..52 => VisitOutcome::Complaint,
        52..87 => VisitOutcome::Information,
        _ => VisitOutcome::Referred,
    };
    let came_before = draw.between(4, 70);
    let waited = (outcome != VisitOutcome::LeftUnserved).then(|| draw.between(1, 40.min(came_before)));
    Visit { came_before, waited, outcome }
}

fn told(number: usize, came: bool, draw: &mut Draw) -> Told {
    let channel = if came { Channel::WalkIn } else { draw.weighted(&CHANNELS) };
    let conflict = draw.per_mille(8);
    let category = if conflict && draw.per_mille(400) { Category::PoliceConduct } else { draw.weighted(&CATEGORIES) };
    let risk = draw.weighted(&[
        (Risk::Unspecified, 40),
        (Risk::Low, 22),
        (Risk::Medium, 24),
        (Risk::High, 12),
        (Risk::Imminent, 2),
    ]);
    let woman = (!draw.per_mille(30)).then_some(Woman(number));
    Told { channel, category, risk, conflict, woman }
}

#[cfg(test)]
mod tests {
    use super::super::handling::Step;
    use super::*;

    #[test]
    fn thirteen_and_a_half_thousand_come_270_leave_unserved_and_8250_complain() {
        let cases = cases(1_535, &[], &Agenda::new());
        let visits: Vec<Visit> = cases.iter().filter_map(|case| case.visit).collect();
        assert_eq!(visits.len(), VISITS);
        assert_eq!(visits.iter().filter(|visit| visit.waited.is_none()).count(), LEFT_UNSERVED);
        let of_visits = visits.iter().filter(|visit| visit.outcome == VisitOutcome::Complaint).count();
        assert_eq!(of_visits, COMPLAINTS_OF_VISITS);
        assert_eq!(cases.iter().filter(|case| case.told.is_some()).count(), COMPLAINTS_OF_VISITS + OTHER_COMPLAINTS);
    }

    #[test]
    fn nobody_is_taken_in_where_a_desk_is_silent() {
        let agenda = Agenda::new();
        for case in cases(1_535, &[(0, 7, 26)], &agenda) {
            let super::super::agenda::What::Work { day, .. } = agenda.stops()[case.stop].what else {
                panic!("a case begins in a round of work")
            };
            let silent = staffing(case.desk, day) == Staffing::Silent;
            assert_eq!(silent, case.event.is_some(), "who plans a lead looks to it");
            assert!(day > FIRST_DESKS || few(case.desk).is_none());
        }
    }

    #[test]
    fn steps_are_in_order_of_time_and_never_by_the_station_when_it_is_concerned() {
        let cases = cases(1_535, &[(3, 8, 26)], &Agenda::new());
        let mut hidden = 0;
        for case in &cases {
            assert!(case.steps.iter().all(|due| due.stop >= case.stop));
            assert!(case.steps.windows(2).all(|pair| pair[0].stop <= pair[1].stop), "{case:?}");
            if case.told.is_some_and(|told| told.conflict) {
                hidden += 1;
                assert!(case.steps.iter().all(|due| !matches!(due.who, Who::Desk | Who::House)), "{case:?}");
            }
        }
        assert!((40..100).contains(&hidden), "{hidden}");
        assert_eq!(cases.last().and_then(|case| case.told).map(|told| told.channel), Some(Channel::Campaign));
    }

    #[test]
    fn most_is_done_and_some_is_left() {
        let cases = cases(1_535, &[], &Agenda::new());
        let count =
            |of: fn(&Step) -> bool| cases.iter().flat_map(|case| &case.steps).filter(|due| of(&due.step)).count();
        let between = |count: usize, least: usize, most: usize| assert!((least..=most).contains(&count), "{count}");
        between(count(|step| matches!(step, Step::Acknowledge { .. })), 7_800, 8_200);
        between(count(|step| matches!(step, Step::Triage { .. })), 7_350, 8_100);
        between(count(|step| matches!(step, Step::Assign(_))), 7_050, 8_100);
        between(count(|step| matches!(step, Step::Act(_))), 6_750, 9_000);
        between(count(|step| matches!(step, Step::Law(_))), 1_800, 3_600);
        between(count(|step| matches!(step, Step::Feedback { .. })), 180, 750);
    }
}
