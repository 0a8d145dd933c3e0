//! Calls, callers and incidents.

use chrono::Days;

use super::Tally;
use crate::ledger::happening::{Call, CallPlace};
use crate::ledger::measure::{Breakdown, Measure, Slot};

/// A revision takes the call away from where it was counted and counts it where it belongs, on the day of the call.
pub(super) fn count(call: &Call, tally: &mut Tally) {
    if let Some(was) = &call.was {
        count_at(call, was, -1, tally);
    }
    count_at(call, &call.at, 1, tally);
}

fn count_at(call: &Call, at: &CallPlace, n: i64, tally: &mut Tally) {
    let (unit, day) = (at.unit(), call.day);
    tally.add_on(Slot::whole(Measure::Calls), unit, day, n);
    tally.add_on(Slot::by(Measure::Calls, Breakdown::Category, at.category), unit, day, n);
    if at.station.is_empty() {
        tally.add_on(Slot::whole(Measure::CallsUnplaced), unit, day, n);
    }
    if call.opens_incident {
        tally.add_on(Slot::whole(Measure::Incidents), unit, day, n);
    }
    // Earlier on the same day: counted with that call, whatever the period.
    if call.days_since == Some(0) {
        return;
    }
    let callers = Slot::whole(Measure::Callers);
    tally.add_on(callers, unit, day, n);
    if let Some(before) = call.days_since.and_then(|days| day.checked_sub_days(Days::new(days.into()))) {
        // A period that reaches back to that day counts her there.
        tally.add(callers, unit, day, before, -n);
    }
}
