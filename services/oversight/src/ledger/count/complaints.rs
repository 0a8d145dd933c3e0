//! Complaints, and what is done about them.

use chrono::NaiveDate;

use super::Tally;
use crate::ledger::happening::{Before, Happening, Place, is_first_triage};
use crate::ledger::measure::{Breakdown, Measure, Slot};
use crate::ledger::states::HandlingState;

pub(super) fn count(happening: &Happening, tally: &mut Tally) {
    match happening {
        Happening::Registered { place, told, .. } if place.imported => {
            // On the day it came: the day in the register is older than any desk.
            tally.add_on(Slot::whole(Measure::ComplaintsImported), place.unit(), *told, 1);
        }
        Happening::Registered { place, channel, category, state, by_woman, .. } => {
            let as_it_is = [(Breakdown::Category, *category)];
            figures(*channel, *state, *by_woman).chain(as_it_is.map(by)).for_each(|slot| {
                tally.add_on(slot, place.unit(), place.registered, 1);
            });
        }
        Happening::Moved { place, from, to, day } => moved(place, *from, *to, *day, tally),
        Happening::Triaged { place, counted_before, was, category, day } => {
            triaged(place, counted_before.as_ref(), *was, *category, *day, tally);
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
        Happening::Directed { place, kind, day } => by_kind(place, Measure::DirectionsTaken, *kind, *day, tally),
        Happening::Breached { place, code, day } if !place.imported => {
            by_kind(place, Measure::ClocksBreached, *code, *day, tally);
        }
        Happening::Feedback { place, reached, satisfied, day } => {
            for (measure, so) in [
                (Measure::FeedbackAttempts, true),
                (Measure::FeedbackReached, *reached),
                (Measure::FeedbackSatisfied, *reached && *satisfied),
            ] {
                tally.add_on(Slot::whole(measure), place.unit(), *day, i64::from(so));
            }
        }
        _ => {}
    }
}

fn by((breakdown, key): (Breakdown, i16)) -> Slot {
    Slot::by(Measure::Complaints, breakdown, key)
}

/// The figures that a complaint stands in from its first word on, but for its category.
fn figures(channel: i16, state: i16, by_woman: bool) -> impl Iterator<Item = Slot> {
    let woman = by_woman.then_some(Slot::whole(Measure::ComplaintsRecordedByWoman));
    let parts = [(Breakdown::Channel, channel), (Breakdown::State, state)];
    std::iter::once(Slot::whole(Measure::Complaints)).chain(parts.map(by)).chain(woman)
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

fn moved(place: &Place, from: i16, to: i16, day: NaiveDate, tally: &mut Tally) {
    let unit = place.unit();
    if from == to {
        return;
    }
    if !place.imported {
        for (state, n) in [(from, -1), (to, 1)] {
            // What was told of a day before the complaint's own belongs to its first day.
            tally.add(by((Breakdown::State, state)), unit, day.max(place.registered), place.registered, n);
        }
    }
    if is_first_triage(from, to) {
        begun_here(place, Measure::Triaged, day, 1, tally);
    }
    if to == HandlingState::Reopened as i16 {
        tally.add_on(Slot::whole(Measure::Reopened), unit, day, 1);
    }
    if to == HandlingState::Disposed as i16 {
        tally.add_on(Slot::whole(Measure::Disposed), unit, day, 1);
        // The state itself says that she was asked in private and is satisfied: nothing else leads to it.
        tally.add_on(Slot::whole(Measure::Verified), unit, day, 1);
    }
}

/// The category may change; and a complaint that triage hides from its station takes every figure it stands in along to
/// where it is counted from now on. The state is that before triage: the move out of it is told at the new place.
fn triaged(place: &Place, before: Option<&Before>, was: i16, category: i16, day: NaiveDate, tally: &mut Tally) {
    if place.imported {
        return;
    }
    let (day, cohort) = (day.max(place.registered), place.registered);
    let old = before.map_or(place, |before| &before.place);
    tally.add(by((Breakdown::Category, was)), old.unit(), day, cohort, -1);
    tally.add(by((Breakdown::Category, category)), place.unit(), day, cohort, 1);
    if let Some(before) = before.filter(|before| before.place.unit() != place.unit()) {
        for slot in figures(before.channel, before.state, before.by_woman) {
            tally.add(slot, before.place.unit(), day, cohort, -1);
            tally.add(slot, place.unit(), day, cohort, 1);
        }
    }
}
