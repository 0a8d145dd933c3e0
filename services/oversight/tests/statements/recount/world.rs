//! What may happen in seventeen days, as the journals tell it.

use chrono::{Days, NaiveDate};
use mahila_proto::campaign::v1 as campaign;
use mahila_proto::intake::v1 as intake;
use mahila_proto::registry::v1 as registry;
use mahila_proto::review::v1 as review;
use platform::feed::Entry;
use platform::fields::date;
use prost::Message;

use super::lot::Lot;
use crate::tell::october;

/// Days of the world, from 12 October on.
pub fn day(number: usize) -> NaiveDate {
    october(12) + Days::new(number as u64)
}

const STATIONS: [&str; 5] = ["ps-118-001", "ps-118-002", "ps-118-003", "ps-143-001", "ps-162-001"];
/// Units that hold reviews, and at which level.
const REVIEWING: [(&str, i32); 9] = [
    ("ps-118-001", 1),
    ("ps-118-002", 1),
    ("ps-143-001", 1),
    ("ps-162-001", 1),
    ("circle-118-01", 2),
    ("district-118", 3),
    ("range-agra", 4),
    ("zone-agra", 5),
    ("up", 6),
];

fn district_of(station: &str) -> String {
    format!("district-{}", &station[3..6])
}

/// Registry, intake, review scheduling, awareness campaigns: each entry with the day on which it is told.
pub struct World {
    pub journals: [Vec<Entry>; 4],
    subjects: usize,
}

fn entry(kind: &str, subject: &str, told: NaiveDate, message: &impl Message) -> Entry {
    Entry {
        seq: 1,
        kind: kind.to_owned(),
        subject: subject.to_owned(),
        payload: message.encode_to_vec().into(),
        day: told,
        traceparent: String::new(),
    }
}

impl World {
    pub fn of(lot: &mut Lot) -> Self {
        let mut world = Self { journals: Default::default(), subjects: 0 };
        world.desks(lot);
        world.visits(lot);
        world.calls(lot);
        for _ in 0..lot.below(14) {
            world.complaint(lot);
        }
        for _ in 0..lot.below(8) {
            world.cycle(lot);
        }
        world.events(lot);
        for journal in &mut world.journals {
            journal.sort_by_key(|entry| entry.day);
        }
        world
    }

    fn subject(&mut self) -> String {
        self.subjects += 1;
        format!("subject-{}", self.subjects)
    }

    /// Some entries come late.
    fn late(lot: &mut Lot, on: NaiveDate) -> NaiveDate {
        if lot.percent(10) { on + Days::new(lot.below(6) as u64) } else { on }
    }

    fn desks(&mut self, lot: &mut Lot) {
        for station in ["ps-118-001", "ps-118-002", "ps-143-001", "ps-162-001"] {
            let opened = lot.below(10);
            let desk = registry::Desk {
                name: format!("stations/{station}/desk"),
                opened_on: Some(date(day(opened))),
                ..registry::Desk::default()
            };
            let told = registry::DeskOpened { desk: Some(desk) };
            self.journals[0].push(entry("registry.desk.opened", station, day(opened), &told));
            for on in opened..17 {
                if lot.percent(15) {
                    continue;
                }
                let desk_day = registry::DeskDay {
                    station: format!("stations/{station}"),
                    day: Some(date(day(on))),
                    status: lot.number(6),
                    check_ins_expected: lot.number(4),
                    check_ins: lot.number(4),
                    service_minutes: 720,
                    two_women_minutes: lot.number(720),
                    ..registry::DeskDay::default()
                };
                let told = registry::DeskDayClosed { desk_day: Some(desk_day) };
                let when = Self::late(lot, day(on));
                self.journals[0].push(entry("registry.desk_day.closed", station, when, &told));
            }
        }
    }

    fn visits(&mut self, lot: &mut Lot) {
        for _ in 0..lot.below(25) {
            let on = day(lot.below(17));
            let visit = intake::VisitRecorded {
                station: format!("stations/{}", lot.pick(&STATIONS)),
                day: Some(date(on)),
                outcome: lot.number(4),
                wait_minutes: None,
            };
            self.journals[1].push(entry("intake.visit.recorded", "visit", Self::late(lot, on), &visit));
        }
    }

    /// A place of a call or complaint: a station, or its district's queue.
    fn place(lot: &mut Lot) -> (String, String) {
        let station = lot.pick(&STATIONS);
        let district = format!("units/{}", district_of(station));
        (if lot.percent(20) { String::new() } else { format!("stations/{station}") }, district)
    }

    fn calls(&mut self, lot: &mut Lot) {
        let mut days: Vec<usize> = (0..lot.below(25)).map(|_| lot.below(17)).collect();
        days.sort_unstable();
        let mut last = [None::<usize>; 4];
        for on in days {
            let caller = lot.below(6);
            let days_since = last.get(caller).copied().flatten().map(|before| i32::try_from(on - before).unwrap());
            if let Some(last) = last.get_mut(caller) {
                *last = Some(on);
            }
            let (subject, opens_incident) = (self.subject(), lot.percent(60));
            let mut was = None;
            for revision in 0..=lot.below(3) {
                let ((station, district), category) = (Self::place(lot), lot.number(19));
                let told = intake::CallRecorded {
                    source: "112".to_owned(),
                    station: station.clone(),
                    district: district.clone(),
                    day: Some(date(day(on))),
                    category,
                    days_since_caller_called: days_since,
                    opens_incident,
                    revision: revision > 0,
                    was: was.replace(intake::CallPlace { station, district, category }),
                };
                let when = day(on) + Days::new(revision as u64);
                self.journals[1].push(entry("intake.call.recorded", &subject, when, &told));
            }
        }
    }

    #[expect(clippy::too_many_lines, reason = "a life, step by step")]
    fn complaint(&mut self, lot: &mut Lot) {
        let (subject, registered) = (self.subject(), lot.below(17));
        let imported = lot.percent(20);
        let (mut station, district) = Self::place(lot);
        let (channel, mut category, by_woman) = (lot.number(16), lot.number(19), lot.percent(50));
        let mut state = 1;
        let place = |station: &str| intake::ComplaintPlace {
            station: station.to_owned(),
            district: district.clone(),
            registered_day: Some(date(day(registered))),
            imported,
            statutory_due_day: None,
        };
        let told = intake::ComplaintRegistered {
            station: station.clone(),
            district: district.clone(),
            day: Some(date(day(registered))),
            channel,
            category,
            risk: 1,
            imported,
            recorded_by_woman: by_woman,
            handling_state: state,
            statutory_due_day: None,
        };
        let mut at = registered;
        // An older one is taken in later than the day in the register.
        let first = day(if imported { registered + lot.below(3) } else { registered });
        self.journals[1].push(entry("intake.complaint.registered", &subject, first, &told));
        let (mut assigned, mut acted) = (false, false);
        for _ in 0..lot.below(10) {
            at += lot.below(3);
            let (on, when) = (Some(date(day(at))), first.max(day(at)));
            let here = Some(place(&station));
            let journal = &mut self.journals[1];
            match lot.below(10) {
                0 | 1 => {
                    let from = std::mem::replace(&mut state, lot.number(6));
                    let told = intake::ComplaintMoved {
                        place: here,
                        from,
                        to: state,
                        day: on,
                        ..intake::ComplaintMoved::default()
                    };
                    journal.push(entry("intake.complaint.moved", &subject, when, &told));
                }
                2 => {
                    let was = std::mem::replace(&mut category, lot.number(19));
                    let hides = !station.is_empty() && lot.percent(50);
                    let mut told = intake::ComplaintTriaged {
                        place: here.clone(),
                        was,
                        category,
                        day: on,
                        ..intake::ComplaintTriaged::default()
                    };
                    if hides {
                        station.clear();
                        told = intake::ComplaintTriaged {
                            place: Some(place(&station)),
                            counted_before: here,
                            channel,
                            handling_state_before: state,
                            recorded_by_woman: by_woman,
                            ..told
                        };
                    }
                    journal.push(entry("intake.complaint.triaged", &subject, when, &told));
                }
                3 => {
                    let first = !std::mem::replace(&mut assigned, true);
                    let told = intake::ComplaintAssigned { place: here, first, day: on };
                    journal.push(entry("intake.complaint.assigned", &subject, when, &told));
                }
                4 => {
                    let told = intake::ComplaintAcknowledged {
                        place: here,
                        receipt_taken: true,
                        in_time: lot.percent(60),
                        day: on,
                    };
                    journal.push(entry("intake.complaint.acknowledged", &subject, when, &told));
                }
                5 => {
                    let first = !std::mem::replace(&mut acted, true);
                    let told = intake::ActionRecorded { place: here, kind: lot.number(7), first, day: on };
                    journal.push(entry("intake.action.recorded", &subject, when, &told));
                }
                6 => {
                    let told = intake::LegalActionRecorded { place: here, kind: lot.number(10), day: on };
                    journal.push(entry("intake.legal_action.recorded", &subject, when, &told));
                }
                7 => {
                    let told = intake::ClockBreached { place: here, code: lot.number(11), day: on };
                    journal.push(entry("intake.clock.breached", &subject, when, &told));
                }
                8 => {
                    let reached = lot.percent(70);
                    let told = intake::FeedbackRecorded {
                        place: here,
                        reached,
                        satisfied: reached && lot.percent(60),
                        day: on,
                    };
                    journal.push(entry("intake.feedback.recorded", &subject, when, &told));
                }
                _ => {
                    let kind = lot.number(9);
                    let told = intake::DirectionTaken { place: here, kind, changed_state: false, day: on };
                    journal.push(entry("intake.direction.taken", &subject, when, &told));
                }
            }
        }
    }

    fn cycle(&mut self, lot: &mut Lot) {
        let ((unit, level), from) = (lot.pick(&REVIEWING), lot.below(14));
        let to = from + lot.below(4);
        let place = || {
            Some(review::ReviewPlace {
                unit: format!("units/{unit}"),
                level,
                cycle: "reviewCycles/1".to_owned(),
                from: Some(date(day(from))),
                to: Some(date(day(to))),
            })
        };
        let mut tell = |kind: &str, on: usize, told: &dyn Fn() -> Vec<u8>| {
            let mut entry = entry(kind, "subject", day(on), &());
            entry.payload = told().into();
            self.journals[2].push(entry);
        };
        // The seed is published before.
        let planned = review::CyclePlanned { place: place(), ..review::CyclePlanned::default() };
        tell("review.cycle.planned", from.saturating_sub(2), &|| planned.encode_to_vec());
        if lot.percent(80) {
            let strata: Vec<review::StratumCount> = (0..lot.below(4))
                .map(|_| review::StratumCount { stratum: lot.number(7), items: lot.number(9) })
                .collect();
            let opened = review::CycleOpened {
                place: place(),
                selected: strata.iter().map(|stratum| stratum.items).sum(),
                strata,
                shortfall_reason: lot.number(3) - 1,
                day: Some(date(day(from))),
                ..review::CycleOpened::default()
            };
            tell("review.cycle.opened", from, &|| opened.encode_to_vec());
        }
        for _ in 0..lot.below(12) {
            let at = from + lot.below(to - from + 3);
            let on = Some(date(day(at)));
            match lot.below(5) {
                0 => {
                    let most_decisions_in_a_minute = lot.number(20);
                    let told = review::SittingHeld {
                        place: place(),
                        most_decisions_in_a_minute,
                        day: on,
                        ..review::SittingHeld::default()
                    };
                    tell("review.sitting.held", at, &|| told.encode_to_vec());
                }
                1 => {
                    let told = review::DecisionRecorded {
                        place: place(),
                        kind: lot.number(9),
                        stratum: lot.number(7),
                        day: on,
                        ..review::DecisionRecorded::default()
                    };
                    tell("review.decision.recorded", at, &|| told.encode_to_vec());
                }
                2 => {
                    let told = review::ItemDeferred { place: place(), time: 1, goes_up: false, day: on };
                    tell("review.item.deferred", at, &|| told.encode_to_vec());
                }
                3 => {
                    let (from, to) = (lot.number(5) - 1, lot.number(4));
                    let told = review::ActionItemMoved { place: place(), from, to, in_time: lot.percent(50), day: on };
                    tell("review.action_item.moved", at, &|| told.encode_to_vec());
                }
                _ => {
                    let told = review::ActionItemOverdue { place: place(), day: on };
                    tell("review.action_item.overdue", at, &|| told.encode_to_vec());
                }
            }
        }
        // Found over the day after, some of them.
        let closed_on = to + lot.below(2);
        let closed = review::CycleClosed {
            place: place(),
            state: lot.number(3) + 3,
            not_reached: lot.number(4) - 1,
            day: Some(date(day(closed_on))),
            ..review::CycleClosed::default()
        };
        tell("review.cycle.closed", closed_on, &|| closed.encode_to_vec());
    }

    fn events(&mut self, lot: &mut Lot) {
        for _ in 0..lot.below(14) {
            let station = lot.pick(&STATIONS);
            let on = day(lot.below(17));
            let place = campaign::EventPlace {
                station: if lot.percent(10) { String::new() } else { format!("stations/{station}") },
                district: format!("units/{}", district_of(station)),
                place_code: lot.pick(&["v-1", "v-2", "v-3", ""]).to_owned(),
                kind: lot.number(12),
                planned_day: Some(date(day(lot.below(17)))),
                with_partner: false,
            };
            let told = campaign::EventMoved {
                place: Some(place),
                from: 0,
                to: lot.number(8),
                reached: Some(campaign::Reached { women: lot.number(40), girls: lot.number(9), men: 2, others: 0 }),
                day: Some(date(on)),
            };
            self.journals[3].push(entry("campaign.event.moved", "event", Self::late(lot, on), &told));
        }
    }
}
