//! A campaign of Mission Shakti's first phase: partners, and what becomes of each event from 24 to 31 October. All invented.

use mahila_proto::campaign::v1::{EventKind, EvidenceKind, PartnerKind, Reached};

use super::agenda::{FIRST_CYCLE, LAST};
use super::draw::Draw;
use super::roll::Roll;
use super::staffing::{Staffing, staffing};

/// Events of a district.
pub const A_DISTRICT: usize = 4;
/// The one that nobody reports.
pub const LAPSED: usize = 40;
/// The one whose claim is not believed: of the partner that is suspended for it.
pub const DISPUTED: usize = 265;
/// The one that is called off.
pub const CALLED_OFF: usize = 130;
/// The one that is not approved.
pub const REJECTED: usize = 201;
/// Of those that were held, one in so many is claimed only.
const CLAIMED_ONLY: (usize, usize) = (12, 5);

/// Partner organisations.
pub const PARTNERS: usize = 8;
/// The one that nobody has looked at yet.
pub const PENDING: usize = 6;
/// The one that is suspended in the week.
pub const SUSPENDED: usize = 7;
/// The day on which it is.
pub const SUSPENDED_ON: u32 = 28;

/// Event kinds, in turn.
const KINDS: [EventKind; 12] = [
    EventKind::Chaupal,
    EventKind::School,
    EventKind::GramPanchayat,
    EventKind::SelfDefence,
    EventKind::College,
    EventKind::CyberSafety,
    EventKind::Ward,
    EventKind::LegalAidCamp,
    EventKind::Market,
    EventKind::Workplace,
    EventKind::Rally,
    EventKind::GramPanchayat,
];

/// What becomes of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// It is not approved.
    Rejected,
    /// It is called off.
    CalledOff,
    /// It is approved, and never heard of again.
    Lapsed,
    /// It is reported, and nobody checks it in the week.
    Claimed,
    /// It is reported, and not believed.
    Disputed,
    /// It is reported, proven and verified.
    Verified,
}

/// An event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The desk whose station answers for it.
    pub desk: usize,
    /// What kind.
    pub kind: EventKind,
    /// Day of October.
    pub day: u32,
    /// Minutes after midnight IST at which it begins.
    pub from_minute: i32,
    /// Minutes that it takes.
    pub minutes: i32,
    /// The partner it is held with.
    pub partner: Option<usize>,
    /// What becomes of it.
    pub course: Course,
    /// People, as reported.
    pub claimed: Reached,
    /// People, as the verifier finds them.
    pub found: Reached,
    /// Women who ask for help.
    pub leads: i32,
    /// What shows that it was held, in the order in which it is attached.
    pub evidence: Vec<EvidenceKind>,
}

/// A partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    /// Its district.
    pub district: String,
    /// What it is.
    pub kind: PartnerKind,
    /// Its name.
    pub display_name: &'static str,
}

/// The partners, each of a district.
#[must_use]
pub fn partners(roll: &Roll) -> Vec<Partner> {
    let districts = roll.districts();
    let named = [
        ("Sahyog Mahila Samiti", PartnerKind::Ngo),
        ("Prerna Swayam Sahayata Samuh", PartnerKind::SelfHelpGroup),
        ("Zila Vidhik Seva Pradhikaran", PartnerKind::LegalServices),
        ("Rajkiya Balika Inter College", PartnerKind::Education),
        ("Mahila Kalyan Vibhag", PartnerKind::Department),
        ("Disha Nari Sansthan", PartnerKind::Ngo),
        ("Udaan Foundation", PartnerKind::Ngo),
        ("Jagriti Seva Sansthan", PartnerKind::Ngo),
    ];
    let of = |(number, (display_name, kind)): (usize, (&'static str, PartnerKind))| Partner {
        district: districts[(number * 9 + 3) % districts.len()].to_owned(),
        kind,
        display_name,
    };
    named.into_iter().enumerate().map(of).collect()
}

/// The events, four a district.
#[must_use]
pub fn events(roll: &Roll) -> Vec<Event> {
    let partners = partners(roll);
    let districts = roll.districts();
    let number = |place: usize, of_district: usize| place * A_DISTRICT + of_district;
    districts
        .iter()
        .enumerate()
        .flat_map(|(place, district)| (0..A_DISTRICT).map(move |of_district| (place, *district, of_district)))
        .map(|(place, district, of_district)| {
            let desks = roll.of_district(district);
            let partner = partners.iter().position(|partner| partner.district == *district);
            let partner = partner.filter(|partner| *partner != PENDING && (1..3).contains(&of_district));
            event(number(place, of_district), desks[of_district * 3 % desks.len()], partner)
        })
        .collect()
}

fn event(number: usize, desk: usize, partner: Option<usize>) -> Event {
    let mut draw = Draw::of("event", &[number as u64]);
    let drawn = FIRST_CYCLE + draw.number(LAST - FIRST_CYCLE + 1);
    let (course, day) = match number {
        LAPSED => (Course::Lapsed, FIRST_CYCLE + 1),
        DISPUTED => (Course::Disputed, SUSPENDED_ON - 2),
        CALLED_OFF => (Course::CalledOff, FIRST_CYCLE + 3),
        REJECTED => (Course::Rejected, FIRST_CYCLE + 2),
        // What is held on the last day is not checked in the week any more.
        claimed if claimed % CLAIMED_ONLY.0 == CLAIMED_ONLY.1 || drawn == LAST => (Course::Claimed, drawn),
        _ => (Course::Verified, drawn),
    };
    let kind = KINDS[(number + number / KINDS.len()) % KINDS.len()];
    let of_girls = matches!(kind, EventKind::School | EventKind::College | EventKind::SelfDefence);
    let (women, girls) = if of_girls { (6, 70) } else { (48, 14) };
    let about = |draw: &mut Draw, mean: i32| draw.between(mean / 2, mean * 3 / 2);
    let claimed = Reached {
        women: about(&mut draw, women),
        girls: about(&mut draw, girls),
        men: about(&mut draw, 10),
        others: draw.between(0, 2),
    };
    // Whoever checks finds a few less than were claimed.
    let found = Reached {
        women: claimed.women - draw.between(0, 3.min(claimed.women)),
        girls: claimed.girls - draw.between(0, 4),
        ..claimed
    };
    let mut evidence = vec![EvidenceKind::Photo];
    let other = draw.pick(&[EvidenceKind::Geo, EvidenceKind::RegisterScan, EvidenceKind::VenueHeadAttest]);
    // Of those that are claimed only, half lack a second kind.
    if course != Course::Claimed || number.is_multiple_of(2) {
        evidence.push(if partner.is_some() { EvidenceKind::PartnerAttest } else { other });
    }
    let asks = course == Course::Verified && number % 17 == 4 && day < LAST;
    let leads = if asks && staffing(desk, day + 1) != Staffing::Silent { draw.between(1, 2) } else { 0 };
    let (from_minute, minutes) = (60 * draw.between(10, 16), 30 * draw.between(2, 5));
    Event { desk, kind, day, from_minute, minutes, partner, course, claimed, found, leads, evidence }
}

/// Who asked for help: event, desk, and the day on which the desk writes it down.
#[must_use]
pub fn leads(events: &[Event]) -> Vec<(usize, usize, u32)> {
    let of = |(number, event): (usize, &Event)| {
        let lead = (number, event.desk, event.day + 1);
        (0..event.leads).map(move |_| lead).collect::<Vec<_>>()
    };
    events.iter().enumerate().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::super::roll::tests::roll;
    use super::*;

    #[test]
    fn three_hundred_events_of_which_one_each_goes_wrong() {
        let events = events(&roll());
        assert_eq!(events.len(), 300);
        let count = |course| events.iter().filter(|event| event.course == course).count();
        for course in [Course::Rejected, Course::CalledOff, Course::Lapsed, Course::Disputed] {
            assert_eq!(count(course), 1, "{course:?}");
        }
        assert!((30..90).contains(&count(Course::Claimed)), "{}", count(Course::Claimed));
        assert!(count(Course::Verified) > 200, "{}", count(Course::Verified));
        assert!(events.iter().all(|event| (FIRST_CYCLE..=LAST).contains(&event.day)));
        assert!(events.iter().all(|event| event.from_minute + event.minutes <= 19 * 60));
    }

    #[test]
    fn what_is_verified_has_two_kinds_of_evidence_and_people_who_came() {
        for event in events(&roll()).iter().filter(|event| event.course == Course::Verified) {
            let mut kinds = event.evidence.clone();
            kinds.dedup();
            assert_eq!(kinds.len(), 2);
            assert!(event.found.women >= 0 && event.found.women <= event.claimed.women && event.found.girls > 0);
        }
    }

    #[test]
    fn the_disputed_one_is_of_the_partner_that_is_suspended_for_it() {
        let events = events(&roll());
        assert_eq!(events[DISPUTED].partner, Some(SUSPENDED));
        assert!(events[DISPUTED].day < SUSPENDED_ON);
        // Before it is suspended, and nothing is proposed with it afterwards.
        assert!(events.iter().all(|event| event.partner != Some(PENDING)));
        assert_eq!(partners(&roll()).len(), PARTNERS);
    }

    #[test]
    fn a_few_ask_for_help_and_a_desk_that_is_heard_from_writes_it_down() {
        let leads = leads(&events(&roll()));
        assert!((8..30).contains(&leads.len()), "{}", leads.len());
        assert!(leads.iter().all(|(_, desk, day)| *day <= LAST && staffing(*desk, *day) != Staffing::Silent));
    }
}
