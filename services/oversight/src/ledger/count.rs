//! What counts as what: the definitions of the contract's `Measure`, as increments of the ledger.
//!
//! A line has two days, that of what happened and its cohort, and **a period counts a line when both lie in it**. Mostly they
//! are one. Of what happens to a complaint the cohort is the day it was recorded: so moves of older ones do not enter a period that
//! does not count them, and a period's figures stay what they were when it closed. What a period counts once however often it happens (callers, places) is counted each time, and taken away again by a line
//! whose cohort is the time before.
//!
//! Of complaints taken in from paper registers only this is counted: that they were taken in, what was done about them since
//! (actions, steps in law, asking her, directions), and how they ended. Everything that measures how a complaint was received
//! here (receipts, triage, first action, limits) counts complaints that began here.

mod calls;
mod complaints;
mod events;
mod reviews;

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::happening::{DeskDay, Happening};
use super::measure::{Measure, Slot};
use super::states::DeskDayStatus;

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line {
    /// What is counted.
    pub slot: Slot,
    /// The day of it.
    pub day: NaiveDate,
    /// Where.
    pub unit: String,
    /// The second day, never behind the first.
    pub cohort: NaiveDate,
}

/// Increments, added up.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Tally(BTreeMap<Line, i64>);

impl Tally {
    /// Adds `n` to a line.
    pub(super) fn add(&mut self, slot: Slot, unit: &str, day: NaiveDate, cohort: NaiveDate, n: i64) {
        *self.0.entry(Line { slot, day, unit: unit.to_owned(), cohort }).or_default() += n;
    }

    /// Adds `n` to a line whose cohort is the day itself.
    pub(super) fn add_on(&mut self, slot: Slot, unit: &str, day: NaiveDate, n: i64) {
        self.add(slot, unit, day, day, n);
    }

    /// The lines that changed, in their order.
    pub fn lines(&self) -> impl Iterator<Item = (&Line, i64)> {
        self.0.iter().map(|(line, n)| (line, *n)).filter(|(_, n)| *n != 0)
    }
}

/// Counts something that happened.
pub(crate) fn count(happening: &Happening, tally: &mut Tally) {
    match happening {
        Happening::DeskDay(desk_day) => count_desk_day(desk_day, tally),
        Happening::Visit { station, day, left_unserved } => {
            tally.add_on(Slot::whole(Measure::Visits), station, *day, 1);
            tally.add_on(Slot::whole(Measure::VisitsLeftUnserved), station, *day, i64::from(*left_unserved));
        }
        Happening::Call(call) => calls::count(call, tally),
        Happening::Review(review) => reviews::count(review, tally),
        Happening::Event(event) => events::count(event, tally),
        complaint => complaints::count(complaint, tally),
    }
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

#[cfg(test)]
mod tests;
