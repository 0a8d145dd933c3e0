//! Counts every figure of the statement again, from what the replaying client was answered and from the definitions in the
//! contract. Knows nothing of how the suite counts, and uses nothing of it but the contract's messages.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, FixedOffset, NaiveDate, Utc};
use mahila::demo::Tally;
use mahila::demo::tally::What;
use mahila_proto::intake::v1::{CallOutcome, Clock, ClockCode, Complaint, HandlingState, VisitOutcome};
use mahila_proto::oversight::v1::{Breakdown, Measure};
use prost_types::Timestamp;

use super::desk_days::{DeskDay, desk_days};
use super::roll::Roll;
use super::week::Found;

/// What is counted, by what, and which value of it.
pub type Slot = (Measure, Breakdown, String);
/// Figures that are not zero.
pub type Figures = BTreeMap<Slot, i64>;

/// So many of something at a place.
#[derive(Debug, Clone)]
pub struct Count {
    /// `ps-162-001`; empty: none.
    pub station: String,
    /// `district-162`; empty: none.
    pub district: String,
    slot: Slot,
    n: i64,
}

/// The recount.
#[derive(Debug)]
pub struct Recount {
    counts: Vec<Count>,
    /// Every desk-day of the story.
    pub desk_days: BTreeMap<(NaiveDate, String), DeskDay>,
    last: NaiveDate,
}

impl Recount {
    /// Counts what was answered up to `last`, itself included; `found` is what the client asked for afterwards.
    pub fn new(tally: &Tally, found: &Found, roll: &Roll, last: NaiveDate) -> Self {
        let mut recount = Self { counts: Vec::new(), desk_days: desk_days(tally, last), last };
        recount.desks(tally, roll);
        recount.visits(tally, roll);
        recount.calls(tally);
        recount.complaints(tally, roll);
        recount.reviews(tally, found, roll);
        recount.events(tally, roll);
        recount
    }

    /// Counts `n` more at a place.
    pub fn add(&mut self, station: &str, district: &str, slot: Slot, n: i64) {
        if n != 0 {
            self.counts.push(Count { station: station.to_owned(), district: district.to_owned(), slot, n });
        }
    }

    fn desks(&mut self, tally: &Tally, roll: &Roll) {
        for station in &roll.desks {
            self.add(station, roll.district_of(station), whole(Measure::DesksExpected), 1);
        }
        for desk in &tally.desks {
            self.add(&desk.station, roll.district_of(&desk.station), whole(Measure::DesksOpen), 1);
        }
        for ((_, station), desk_day) in self.desk_days.clone() {
            let district = roll.district_of(&station);
            for (measure, n) in [
                (desk_day.status, 1),
                (Measure::DeskDaysExpected, 1),
                (Measure::CheckInsExpected, desk_day.check_ins_expected),
                (Measure::CheckIns, desk_day.check_ins),
                (Measure::ServiceMinutes, desk_day.service_minutes),
                (Measure::TwoWomenMinutes, desk_day.two_women_minutes),
            ] {
                self.add(&station, district, whole(measure), n);
            }
        }
    }

    fn visits(&mut self, tally: &Tally, roll: &Roll) {
        for visit in &tally.visits {
            let district = roll.district_of(&visit.station);
            self.add(&visit.station, district, whole(Measure::Visits), 1);
            let unserved = i64::from(visit.outcome == VisitOutcome::LeftUnserved);
            self.add(&visit.station, district, whole(Measure::VisitsLeftUnserved), unserved);
        }
        for register in &tally.registers {
            let taken = i64::try_from(register.complaints).expect("a register");
            let district = roll.district_of(&register.station);
            self.add(&register.station, district, whole(Measure::ComplaintsImported), taken);
        }
    }

    /// Events, not reports: each counts at the place and with the category of its last word, on the day of its first.
    fn calls(&mut self, tally: &Tally) {
        let mut first = Vec::new();
        let mut last: BTreeMap<&str, &mahila::demo::tally::Call> = BTreeMap::new();
        for call in &tally.calls {
            assert_ne!(call.outcome, CallOutcome::Refused, "no report was refused");
            let held = last.get(call.event_id.as_str());
            match held {
                None => first.push(call),
                // Only what changed something is a word on the event.
                Some(held) if call.revision <= held.revision => continue,
                Some(_) => {}
            }
            last.insert(&call.event_id, call);
        }
        let mut incidents = BTreeSet::new();
        let mut callers = BTreeSet::new();
        for call in first {
            let counted = last[call.event_id.as_str()];
            let (station, district) = (counted.station.clone(), counted.district.clone());
            let mut slots = vec![
                whole(Measure::Calls),
                (Measure::Calls, Breakdown::Category, counted.category.as_str_name().to_owned()),
            ];
            if station.is_empty() {
                slots.push(whole(Measure::CallsUnplaced));
            }
            let incident = if call.incident_id.is_empty() { &call.event_id } else { &call.incident_id };
            if incidents.insert(incident.clone()) {
                slots.push(whole(Measure::Incidents));
            }
            // A caller who is not known is one of her own each time.
            if call.phone.as_ref().is_none_or(|phone| callers.insert(phone.clone())) {
                slots.push(whole(Measure::Callers));
            }
            for slot in slots {
                self.add(&station, &district, slot, 1);
            }
        }
    }

    fn complaints(&mut self, tally: &Tally, roll: &Roll) {
        for told in tally.complaints.values() {
            let recorded = told.first.station.trim_start_matches("stations/");
            let district = roll.district_of(recorded).to_owned();
            // What a station is a party to is counted for its district alone.
            let station = if told.last.conflict_with_station { "" } else { recorded };
            // Of what came from a register counts only what was done about it.
            let imported = told.first.imported;
            let mut slots = if imported { Vec::new() } else { vec![whole(Measure::Complaints)] };
            for (breakdown, key) in [
                (Breakdown::Channel, told.last.channel().as_str_name()),
                (Breakdown::Category, told.last.category().as_str_name()),
                (Breakdown::State, told.last.handling_state().as_str_name()),
            ] {
                slots.extend((!imported).then(|| (Measure::Complaints, breakdown, key.to_owned())));
            }
            if told.by_woman {
                slots.push(whole(Measure::ComplaintsRecordedByWoman));
            }
            if told.last.handling_state() == HandlingState::Disposed {
                slots.extend([whole(Measure::Disposed), whole(Measure::Verified)]);
            }
            let mut assigned = imported;
            let mut triaged = imported;
            let mut acted = imported;
            let mut stood = told.first.handling_state();
            for act in &told.acts {
                let was = std::mem::replace(&mut stood, act.answer.handling_state());
                if was != stood && stood == HandlingState::Reopened {
                    slots.push(whole(Measure::Reopened));
                }
                match act.what {
                    What::Acknowledged => {
                        slots.push(whole(Measure::Acknowledged));
                        if acknowledged_in_time(&act.answer) {
                            slots.push(whole(Measure::AcknowledgedInTime));
                        }
                    }
                    What::Triaged if !triaged => {
                        triaged = true;
                        slots.push(whole(Measure::Triaged));
                    }
                    What::Assigned if !assigned => {
                        assigned = true;
                        slots.push(whole(Measure::Assigned));
                    }
                    What::Triaged | What::Assigned => {}
                    What::Feedback { reached, satisfied, private } => {
                        slots.push(whole(Measure::FeedbackAttempts));
                        // With somebody beside her she was not reached.
                        slots.extend((reached && private).then(|| whole(Measure::FeedbackReached)));
                        slots.extend((reached && private && satisfied).then(|| whole(Measure::FeedbackSatisfied)));
                    }
                    What::Action(kind) => {
                        slots.push(whole(Measure::Actions));
                        slots.push((Measure::Actions, Breakdown::Kind, kind.as_str_name().to_owned()));
                        if !acted {
                            acted = true;
                            slots.push(whole(Measure::FirstActions));
                        }
                    }
                    What::Law(kind) => {
                        slots.push(whole(Measure::LegalActions));
                        slots.push((Measure::LegalActions, Breakdown::Kind, kind.as_str_name().to_owned()));
                    }
                }
            }
            for clock in told.last.clocks.iter().filter(|clock| !imported && breached(clock, self.last)) {
                slots.push(whole(Measure::ClocksBreached));
                slots.push((Measure::ClocksBreached, Breakdown::Kind, clock.code().as_str_name().to_owned()));
            }
            for slot in slots {
                self.add(station, &district, slot, 1);
            }
        }
    }

    /// The figures of the whole.
    pub fn whole(&self) -> Figures {
        sum(self.counts.iter())
    }

    /// The figures of each unit of a kind; under the empty name what belongs to none of them.
    pub fn by(&self, roll: &Roll, kind: &str) -> BTreeMap<String, Figures> {
        let mut rows: BTreeMap<String, Vec<&Count>> = BTreeMap::new();
        for count in &self.counts {
            let place = if count.station.is_empty() { &count.district } else { &count.station };
            rows.entry(roll.row_of(place, kind).unwrap_or_default()).or_default().push(count);
        }
        rows.into_iter().map(|(unit, counts)| (unit, sum(counts.into_iter()))).collect()
    }

    /// Desks without a sign of life: on how many days.
    pub fn silent(&self) -> BTreeMap<String, i32> {
        let mut silent = BTreeMap::new();
        for ((_, station), desk_day) in &self.desk_days {
            if desk_day.status == Measure::DeskDaysSilent {
                *silent.entry(station.clone()).or_default() += 1;
            }
        }
        silent
    }

    /// Of those, desks that were silent on every day they were open.
    pub fn silent_throughout(&self) -> BTreeSet<String> {
        let days = |station: &str| self.desk_days.keys().filter(|(_, desk)| desk == station).count();
        self.silent()
            .into_iter()
            .filter(|(station, silent)| usize::try_from(*silent).is_ok_and(|silent| silent == days(station)))
            .map(|(station, _)| station)
            .collect()
    }
}

/// The whole of a measure.
pub fn whole(measure: Measure) -> Slot {
    (measure, Breakdown::Unspecified, String::new())
}

fn sum<'a>(counts: impl Iterator<Item = &'a Count>) -> Figures {
    let mut figures = Figures::new();
    for count in counts {
        *figures.entry(count.slot.clone()).or_default() += count.n;
    }
    figures.retain(|_, n| *n != 0);
    figures
}

fn instant(stamp: &Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp(stamp.seconds, u32::try_from(stamp.nanos).unwrap_or_default()).expect("an instant")
}

/// The IST day of an instant.
pub fn day_of(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&FixedOffset::east_opt(19_800).expect("IST")).date_naive()
}

/// A receipt counts as in time within 30 minutes of the first word.
fn acknowledged_in_time(answer: &Complaint) -> bool {
    let clock = answer.clocks.iter().find(|clock| clock.code() == ClockCode::Acknowledge).expect("its limit");
    let offered = instant(clock.stopped_at.as_ref().expect("it was met"));
    offered - instant(answer.first_word_at.as_ref().expect("a first word")) <= Duration::minutes(30)
}

/// A limit that was due in the period and was not met in time: as answered, or because it still ran when the period had ended.
fn breached(clock: &Clock, last: NaiveDate) -> bool {
    let due = day_of(instant(clock.due_at.as_ref().expect("when it is due")));
    due <= last && (clock.breached || clock.stopped_at.is_none())
}
