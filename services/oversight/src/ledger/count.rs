//! What counts as what: the definitions of the contract's `Measure`, as increments of the ledger.
//!
//! Of complaints taken in from paper registers only this is counted: that they were taken in, what was done about them since
//! (actions, steps in law), and how they ended. Everything that measures how a complaint was received here (receipts,
//! triage, first action, limits) counts complaints that began here.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use super::happening::{Call, CallPlace, DeskDay, DeskDayStatus, Happening, Place, is_first_triage};
use super::measure::{Breakdown, Measure, Slot};
use super::vocabulary::HandlingState;

/// The cohort of a caller who never called before: earlier than any period.
pub(crate) const NEVER: NaiveDate = NaiveDate::from_ymd_opt(1900, 1, 1).expect("a day");

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line {
    /// What is counted.
    pub slot: Slot,
    /// The day of it.
    pub day: NaiveDate,
    /// Where.
    pub unit: String,
    /// The second day: see [`count`].
    pub cohort: NaiveDate,
}

/// Increments, added up.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Tally(BTreeMap<Line, i64>);

impl Tally {
    /// Adds `n` to a line.
    fn add(&mut self, slot: Slot, unit: &str, day: NaiveDate, cohort: NaiveDate, n: i64) {
        *self.0.entry(Line { slot, day, unit: unit.to_owned(), cohort }).or_default() += n;
    }

    /// Adds `n` to a line whose cohort is the day itself.
    fn add_on(&mut self, slot: Slot, unit: &str, day: NaiveDate, n: i64) {
        self.add(slot, unit, day, day, n);
    }

    /// The lines that changed, in their order.
    pub fn lines(&self) -> impl Iterator<Item = (&Line, i64)> {
        self.0.iter().map(|(line, n)| (line, *n)).filter(|(_, n)| *n != 0)
    }
}

/// Counts something that happened. A period counts a line when `day` lies in it and
/// - of callers: `cohort`, the day on which she called before, lies before it, so that each counts with her first call in it;
/// - otherwise: `cohort` does not lie before it. Of a complaint that is the day it was registered, so that moves of older
///   complaints do not enter the figures of a period that does not count them.
pub(crate) fn count(happening: &Happening, tally: &mut Tally) {
    match happening {
        Happening::DeskDay(desk_day) => count_desk_day(desk_day, tally),
        Happening::Visit { station, day, left_unserved } => {
            tally.add_on(Slot::whole(Measure::Visits), station, *day, 1);
            tally.add_on(Slot::whole(Measure::VisitsLeftUnserved), station, *day, i64::from(*left_unserved));
        }
        Happening::Call(call) => count_call(call, tally),
        Happening::Registered { place, told, .. } if place.imported => {
            // On the day it came: the day in the register is older than any desk.
            tally.add_on(Slot::whole(Measure::ComplaintsImported), place.unit(), *told, 1);
        }
        Happening::Registered { place, channel, category, state, by_woman, .. } => {
            let (unit, day) = (place.unit(), place.registered);
            tally.add_on(Slot::whole(Measure::Complaints), unit, day, 1);
            for (breakdown, key) in
                [(Breakdown::Channel, *channel), (Breakdown::Category, *category), (Breakdown::State, *state)]
            {
                tally.add_on(Slot::by(Measure::Complaints, breakdown, key), unit, day, 1);
            }
            tally.add_on(Slot::whole(Measure::ComplaintsRecordedByWoman), unit, day, i64::from(*by_woman));
        }
        Happening::Moved { place, from, to, day } => count_move(place, *from, *to, *day, tally),
        Happening::Triaged { place, counted_before, was, category, day } => {
            count_triage(place, counted_before.as_ref().unwrap_or(place), *was, *category, *day, tally);
        }
        Happening::Assigned { place, first, day } => {
            begun_here(place, Measure::Assigned, *day, i64::from(*first), tally);
        }
        Happening::Acknowledged { place, in_time, day } => {
            begun_here(place, Measure::Acknowledged, *day, 1, tally);
            begun_here(place, Measure::AcknowledgedInTime, *day, i64::from(*in_time), tally);
        }
        Happening::Action { place, kind, first, day } => {
            by_kind(place, Measure::Actions, *kind, *day, tally);
            begun_here(place, Measure::FirstActions, *day, i64::from(*first), tally);
        }
        Happening::LegalAction { place, kind, day } => by_kind(place, Measure::LegalActions, *kind, *day, tally),
        Happening::Breached { place, code, day } => {
            if !place.imported {
                by_kind(place, Measure::ClocksBreached, *code, *day, tally);
            }
        }
    }
}

fn begun_here(place: &Place, measure: Measure, day: NaiveDate, n: i64, tally: &mut Tally) {
    if !place.imported {
        tally.add_on(Slot::whole(measure), place.unit(), day, n);
    }
}

fn by_kind(place: &Place, measure: Measure, kind: i16, day: NaiveDate, tally: &mut Tally) {
    tally.add_on(Slot::whole(measure), place.unit(), day, 1);
    tally.add_on(Slot::by(measure, Breakdown::Kind, kind), place.unit(), day, 1);
}

fn count_desk_day(desk_day: &DeskDay, tally: &mut Tally) {
    let status = match desk_day.status {
        Some(DeskDayStatus::Silent) => Some(Measure::DeskDaysSilent),
        Some(DeskDayStatus::Unrostered) => Some(Measure::DeskDaysUnrostered),
        Some(DeskDayStatus::Absent) => Some(Measure::DeskDaysAbsent),
        Some(DeskDayStatus::Understaffed) => Some(Measure::DeskDaysUnderstaffed),
        Some(DeskDayStatus::Compliant) => Some(Measure::DeskDaysCompliant),
        Some(DeskDayStatus::Expected) | None => None,
    };
    for (measure, n) in status.map(|status| (status, 1)).into_iter().chain([
        (Measure::DeskDaysExpected, 1),
        (Measure::CheckInsExpected, desk_day.check_ins_expected),
        (Measure::CheckIns, desk_day.check_ins),
        (Measure::ServiceMinutes, desk_day.service_minutes),
        (Measure::TwoWomenMinutes, desk_day.two_women_minutes),
    ]) {
        tally.add_on(Slot::whole(measure), &desk_day.station, desk_day.day, n);
    }
}

/// A revision takes the call away from where it was counted and counts it where it belongs, on the day of the call.
fn count_call(call: &Call, tally: &mut Tally) {
    if let Some(was) = &call.was {
        count_call_at(call, was, -1, tally);
    }
    count_call_at(call, &call.at, 1, tally);
}

fn count_call_at(call: &Call, at: &CallPlace, n: i64, tally: &mut Tally) {
    let (unit, day) = (at.unit(), call.day);
    tally.add_on(Slot::whole(Measure::Calls), unit, day, n);
    tally.add_on(Slot::by(Measure::Calls, Breakdown::Category, at.category), unit, day, n);
    if at.station.is_empty() {
        tally.add_on(Slot::whole(Measure::CallsUnplaced), unit, day, n);
    }
    if call.opens_incident {
        tally.add_on(Slot::whole(Measure::Incidents), unit, day, n);
    }
    let called_before = match call.days_since {
        None => NEVER,
        Some(days) => day.checked_sub_days(Days::new(days.into())).map_or(NEVER, |before| before.max(NEVER)),
    };
    // Earlier on the same day: counted with that call, whatever the period.
    if called_before < day {
        tally.add(Slot::whole(Measure::Callers), unit, day, called_before, n);
    }
}

fn count_move(place: &Place, from: i16, to: i16, day: NaiveDate, tally: &mut Tally) {
    let unit = place.unit();
    if !place.imported && from != to {
        for (state, n) in [(from, -1), (to, 1)] {
            let slot = Slot::by(Measure::Complaints, Breakdown::State, state);
            // What was told of a day before the complaint's own belongs to its first day.
            tally.add(slot, unit, day.max(place.registered), place.registered, n);
        }
    }
    if is_first_triage(from, to) {
        begun_here(place, Measure::Triaged, day, 1, tally);
    }
    if to == HandlingState::Disposed as i16 && from != to {
        tally.add_on(Slot::whole(Measure::Disposed), unit, day, 1);
        // The state itself says that she was asked in private and is satisfied: nothing else leads to it.
        tally.add_on(Slot::whole(Measure::Verified), unit, day, 1);
    }
}

fn count_triage(place: &Place, before: &Place, was: i16, category: i16, day: NaiveDate, tally: &mut Tally) {
    if place.imported {
        return;
    }
    let day = day.max(place.registered);
    for (at, category, n) in [(before, was, -1), (place, category, 1)] {
        let slot = Slot::by(Measure::Complaints, Breakdown::Category, category);
        tally.add(slot, at.unit(), day, place.registered, n);
        if before.unit() != place.unit() {
            tally.add(Slot::whole(Measure::Complaints), at.unit(), day, place.registered, n);
        }
    }
}

#[cfg(test)]
mod tests;
