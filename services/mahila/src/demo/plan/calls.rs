//! The women's calls to 112 from 17 to 22 October 2020: 4,679 in six days.
//!
//! Published is that 112 acted on 3,915 of them from the 17th to the 21st, 3,394 about domestic violence and 521 about
//! eve-teasing. The 764 of the 22nd make up the six days' 4,679; their mix is invented, and their event ids say so. Places,
//! hours and callers are invented throughout.

use chrono::{DateTime, Duration, Utc};
use mahila_proto::intake::v1::Category;
use platform::clock::minute_of;

use super::agenda::{FIRST_CALLS, LAST_CALLS, october};
use super::draw::Draw;
use super::people::Woman;
use super::register::few;
use super::roll::Roll;

/// Calls of a day: domestic violence, eve-teasing, then stalking, dowry and other.
const DAYS: [[usize; 5]; 6] = [
    [651, 98, 0, 0, 0],
    [668, 101, 0, 0, 0],
    [690, 106, 0, 0, 0],
    [702, 110, 0, 0, 0],
    [683, 106, 0, 0, 0],
    [640, 100, 9, 8, 7],
];

const CATEGORIES: [Category; 5] =
    [Category::DomesticViolence, Category::EveTeasing, Category::Stalking, Category::Dowry, Category::Other];

/// How busy the hours of a day are: quiet before dawn, busiest at eight in the evening.
const HOURS: [usize; 24] = [8, 5, 3, 2, 2, 3, 10, 18, 28, 35, 40, 44, 46, 44, 42, 45, 52, 64, 80, 92, 96, 84, 52, 25];

/// Where a call came from, as the control room knows it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Place {
    /// It knows the station.
    Station(usize),
    /// A point near the station, metres around it.
    Point {
        /// The station.
        near: usize,
        /// Degrees north of it.
        north: f64,
        /// Degrees east of it.
        east: f64,
        /// Metres.
        accuracy: i32,
    },
    /// Only the district of this station.
    District(usize),
    /// Nothing.
    Unknown,
}

/// One call event.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Call {
    /// `P-20201017-0001`; of the 22nd `INVENTED-20201022-0001`.
    pub event_id: String,
    /// Another call may be about the same; empty: this call alone.
    pub incident_id: String,
    /// When it was picked up.
    pub received_at: DateTime<Utc>,
    /// When it was closed.
    pub closed_at: DateTime<Utc>,
    /// What it is about.
    pub category: Category,
    /// Where.
    pub place: Place,
    /// Who called; `None`: not known.
    pub caller: Option<Woman>,
    /// Another than the caller is the victim.
    pub victim: Option<Woman>,
    /// She asks for a complaint.
    pub asks: bool,
    /// A cognizable offence was disclosed.
    pub cognizable: bool,
    /// What the first report had wrong: the category, or the place.
    pub first_said: (Category, Place),
    /// What was only told later: the first report did not ask for a complaint.
    pub asks_later: bool,
    /// The control room sends a second revision when it closes the event.
    pub revised: bool,
    /// The first report is sent twice.
    pub sent_twice: bool,
    /// The first report comes once more after the second: out of date.
    pub comes_late: bool,
}

impl Call {
    /// Whether a complaint should come of it.
    #[must_use]
    pub fn becomes_complaint(&self) -> bool {
        self.asks || self.cognizable
    }
}

/// All calls, in the order in which they came.
#[must_use]
pub fn calls(roll: &Roll) -> Vec<Call> {
    let mut calls = Vec::with_capacity(4_679);
    for day in FIRST_CALLS..=LAST_CALLS {
        let counts = DAYS[(day - FIRST_CALLS) as usize];
        let mut of_day: Vec<(DateTime<Utc>, Category)> = CATEGORIES
            .iter()
            .zip(counts)
            .flat_map(|(category, count)| (0..count).map(move |n| (minute_drawn(day, *category, n), *category)))
            .collect();
        of_day.sort_by_key(|(at, category)| (*at, i32::from(*category)));
        for (n, (at, category)) in of_day.into_iter().enumerate() {
            calls.push(call(roll, day, n, at, category));
        }
    }
    again(roll, &mut calls);
    incidents(&mut calls);
    calls
}

fn minute_drawn(day: u32, category: Category, n: usize) -> DateTime<Utc> {
    let mut draw = Draw::of("call-hour", &[u64::from(day), category as u64, n as u64]);
    let hours: Vec<(i32, usize)> = (0..).zip(HOURS).collect();
    let hour = draw.weighted(&hours);
    minute_of(october(day), 60 * hour) + Duration::seconds(i64::from(draw.between(0, 3_599)))
}

fn call(roll: &Roll, day: u32, n: usize, received_at: DateTime<Utc>, category: Category) -> Call {
    let mut draw = Draw::of("call", &[u64::from(day), n as u64]);
    // By station, so that a district with more stations has more calls.
    let near = loop {
        let near = draw.below(roll.desks.len());
        if few(near).is_none() {
            break near;
        }
    };
    let place = match draw.below(1000) {
        0..620 => Place::Station(near),
        620..970 => Place::Point {
            near,
            north: f64::from(draw.between(-90, 90)) / 10_000.0,
            east: f64::from(draw.between(-90, 90)) / 10_000.0,
            accuracy: draw.between(2, 60) * 20,
        },
        970..996 => Place::District(near),
        _ => Place::Unknown,
    };
    // A child's call, a call cut off, a phone without a card.
    let caller = (!draw.per_mille(30)).then_some(Woman(FIRST_WOMAN + 1_000 * day as usize + n));
    let another = draw.per_mille(60).then_some(Woman(FIRST_WOMAN + 50_000 + 1_000 * day as usize + n));
    let asks = draw.per_mille(60);
    let cognizable = draw.per_mille(25);
    let complaint = asks || cognizable;
    let mut first_said = (category, place);
    // Corrections only where nothing hangs on what was said first.
    match draw.below(1000) {
        _ if complaint => {}
        0..12 => first_said.0 = Category::FamilyDispute,
        12..22 => first_said.1 = Place::Station(draw.pick(roll.neighbours(near))),
        22..26 => first_said.1 = Place::District(near),
        _ => {}
    }
    let corrected = first_said != (category, place);
    let asks_later = asks && !cognizable && draw.per_mille(80);
    let prefix = if day == LAST_CALLS { "INVENTED" } else { "P" };
    let revised = corrected || asks_later || draw.per_mille(600);
    Call {
        event_id: format!("{prefix}-202010{day:02}-{:04}", n + 1),
        incident_id: String::new(),
        received_at,
        closed_at: received_at + Duration::minutes(i64::from(draw.between(35, 170))),
        category,
        place,
        caller,
        victim: another,
        asks,
        cognizable,
        first_said,
        asks_later,
        revised,
        sent_twice: draw.per_mille(50),
        comes_late: revised && draw.per_mille(6),
    }
}

/// The numbers of the women who call.
const FIRST_WOMAN: usize = 200_000;

/// An eighth of the callers have called before, from the same place, on the same day or earlier.
fn again(roll: &Roll, calls: &mut [Call]) {
    for index in 1..calls.len() {
        let mut draw = Draw::of("call-again", &[index as u64]);
        if !draw.per_mille(120) || calls[index].caller.is_none() || is_corrected(&calls[index]) {
            continue;
        }
        let earlier = &calls[draw.below(index)];
        let (caller, Place::Station(near)) = (earlier.caller, earlier.place) else { continue };
        let nearby = draw.pick(&roll.neighbours(near)[..1.max(roll.neighbours(near).len() / 8)]);
        if caller.is_some() && few(nearby).is_none() {
            calls[index].caller = caller;
            calls[index].place = Place::Station(nearby);
            calls[index].first_said.1 = calls[index].place;
        }
    }
}

/// Some incidents are told by two callers within minutes.
fn incidents(calls: &mut [Call]) {
    for index in 1..calls.len() {
        let mut draw = Draw::of("call-incident", &[index as u64]);
        let (earlier, later) = calls.split_at_mut(index);
        let (first, second) = (&mut earlier[index - 1], &mut later[0]);
        let may = first.category == second.category
            && first.incident_id.is_empty()
            && first.caller != second.caller
            && second.received_at - first.received_at < Duration::minutes(20)
            && !is_corrected(first)
            && !is_corrected(second);
        if may && draw.per_mille(35) {
            first.incident_id = format!("I-{}", first.event_id);
            second.incident_id.clone_from(&first.incident_id);
            second.place = first.place;
            second.first_said = (second.category, second.place);
        }
    }
}

fn is_corrected(call: &Call) -> bool {
    call.first_said != (call.category, call.place)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use platform::clock::ist_day;

    use super::super::roll::tests::roll;
    use super::*;

    fn share(calls: &[Call], of: impl Fn(&Call) -> bool) -> usize {
        calls.iter().filter(|call| of(call)).count()
    }

    #[test]
    fn they_are_4679_of_which_3915_are_on_record() {
        let calls = calls(&roll());
        assert_eq!(calls.len(), 4_679);
        let recorded: Vec<Call> =
            calls.iter().filter(|call| ist_day(call.received_at) < october(LAST_CALLS)).cloned().collect();
        assert_eq!(recorded.len(), 3_915);
        assert_eq!(share(&recorded, |call| call.category == Category::DomesticViolence), 3_394);
        assert_eq!(share(&recorded, |call| call.category == Category::EveTeasing), 521);
        let invented = share(&calls, |call| call.event_id.starts_with("INVENTED-20201022-"));
        assert_eq!(invented, 764);
        let mut kinds: BTreeMap<Category, usize> = BTreeMap::new();
        for call in calls.iter().filter(|call| ist_day(call.received_at) == october(LAST_CALLS)) {
            *kinds.entry(call.category).or_default() += 1;
        }
        assert_eq!(kinds.into_values().collect::<Vec<_>>(), [640, 8, 9, 100, 7]);
    }

    #[test]
    fn they_come_in_order_with_ids_of_their_own() {
        let calls = calls(&roll());
        assert!(calls.windows(2).all(|pair| pair[0].received_at <= pair[1].received_at));
        assert_eq!(calls.iter().map(|call| &call.event_id).collect::<BTreeSet<_>>().len(), calls.len());
        assert!(calls.iter().all(|call| call.event_id.len() <= 64));
    }

    #[test]
    fn they_are_as_ragged_as_calls_are() {
        let calls = calls(&roll());
        let between = |count: usize, least: usize, most: usize| assert!((least..=most).contains(&count), "{count}");
        between(share(&calls, |call| call.sent_twice), 190, 280);
        between(share(&calls, |call| matches!(call.place, Place::District(_) | Place::Unknown)), 100, 190);
        assert!(share(&calls, |call| call.place == Place::Unknown) > 5);
        between(share(&calls, Call::becomes_complaint), 330, 480);
        between(share(&calls, is_corrected), 60, 150);
        between(share(&calls, |call| !call.incident_id.is_empty()), 120, 400);
        assert!(share(&calls, |call| call.asks_later) > 5 && share(&calls, |call| call.comes_late) > 5);
        let callers: BTreeSet<usize> = calls.iter().filter_map(|call| call.caller).map(|caller| caller.0).collect();
        between(calls.len() - callers.len() - share(&calls, |call| call.caller.is_none()), 250, 650);
        let evening = share(&calls, |call| (13..17).contains(&(call.received_at.timestamp() / 3600 % 24)));
        between(evening, 1_100, 2_200);
    }

    #[test]
    fn stations_that_are_to_have_few_cases_get_none_of_a_call() {
        let places = |call: &Call| matches!(call.place, Place::Station(near) if few(near).is_some());
        assert_eq!(share(&calls(&roll()), |call| call.becomes_complaint() && places(call)), 0);
    }

    #[test]
    fn districts_with_more_stations_have_more_calls() {
        let roll = roll();
        let calls = calls(&roll);
        let near = |call: &Call| match call.place {
            Place::Station(near) | Place::District(near) | Place::Point { near, .. } => Some(near),
            Place::Unknown => None,
        };
        let of = |district: &str| {
            calls.iter().filter_map(near).filter(|near| roll.desks[*near].district == district).count()
        };
        // Lucknow has 51 stations, Prayagraj 38, the smallest districts 13.
        assert!(of("district-162") > 100, "{}", of("district-162"));
        assert!(roll.districts().into_iter().all(|district| of(district) > 15));
    }
}
