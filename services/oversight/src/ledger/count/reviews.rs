//! Reviews: what was expected, held and missed; what was reviewed, and what was acted upon.

use chrono::NaiveDate;

use super::Tally;
use crate::ledger::measure::{Breakdown, Measure, Slot};
use crate::ledger::review::{Docket, Review};
use crate::ledger::states::{ActionItemState, CycleState};

/// So many decisions within a minute are no review.
pub(crate) const HURRIED: i64 = 15;

pub(super) fn count(review: &Review, tally: &mut Tally) {
    match review {
        Review::Planned { docket } => {
            on_level(docket, Measure::ReviewCyclesExpected, docket.from, 1, tally);
        }
        Review::Opened { docket, selected, strata, shortfall, day } => {
            on_level(docket, Measure::ReviewItemsSelected, *day, *selected, tally);
            for (stratum, n) in strata {
                let slot = Slot::by(Measure::ReviewItemsSelected, Breakdown::Stratum, *stratum);
                tally.add_on(slot, &docket.unit, *day, *n);
            }
            if *shortfall != 0 {
                one(docket, Measure::ReviewShortfalls, *day, tally);
                tally.add_on(Slot::by(Measure::ReviewShortfalls, Breakdown::Reason, *shortfall), &docket.unit, *day, 1);
            }
        }
        Review::Closed { docket, state, not_reached, day } => closed(docket, *state, *not_reached, *day, tally),
        Review::Sitting { docket, most_in_a_minute, day } => {
            one(docket, Measure::ReviewSittingsHeld, *day, tally);
            if *most_in_a_minute >= HURRIED {
                one(docket, Measure::ReviewSittingsHurried, *day, tally);
            }
        }
        Review::Decided { docket, kind, day } => {
            on_level(docket, Measure::ReviewItemsReviewed, *day, 1, tally);
            tally.add_on(Slot::by(Measure::ReviewItemsReviewed, Breakdown::Kind, *kind), &docket.unit, *day, 1);
        }
        Review::Deferred { docket, day } => one(docket, Measure::ReviewItemsDeferred, *day, tally),
        Review::ActionItem { docket, from, to, in_time, day } => {
            let made = from.is_none() && to.is_some();
            let acted_upon = *to == Some(ActionItemState::Verified);
            for (measure, so) in [
                (Measure::ActionItemsMade, made),
                (Measure::ActionItemsClaimed, *to == Some(ActionItemState::Claimed)),
                (Measure::ActedUpon, acted_upon),
                (Measure::ActionItemsVerifiedInTime, acted_upon && *in_time),
            ] {
                tally.add_on(Slot::whole(measure), &docket.unit, *day, i64::from(so));
            }
        }
        Review::Overdue { docket, day } => one(docket, Measure::ActionItemsOverdue, *day, tally),
    }
}

fn one(docket: &Docket, measure: Measure, day: NaiveDate, tally: &mut Tally) {
    tally.add_on(Slot::whole(measure), &docket.unit, day, 1);
}

fn on_level(docket: &Docket, measure: Measure, day: NaiveDate, n: i64, tally: &mut Tally) {
    tally.add_on(Slot::whole(measure), &docket.unit, day, n);
    tally.add_on(Slot::by(measure, Breakdown::Level, docket.level), &docket.unit, day, n);
}

/// A cycle ends on its last day at the latest, though the sweep that finds it over comes after midnight.
fn closed(docket: &Docket, ended: Option<CycleState>, not_reached: i64, day: NaiveDate, tally: &mut Tally) {
    let day = day.min(docket.to);
    let held = matches!(ended, Some(CycleState::Completed | CycleState::Partial));
    for (measure, so) in [
        (Measure::ReviewCyclesMissed, ended == Some(CycleState::Missed)),
        (Measure::ReviewCyclesHeld, held),
        (Measure::ReviewCyclesCompleted, ended == Some(CycleState::Completed)),
        (Measure::ReviewCyclesPartial, ended == Some(CycleState::Partial)),
    ] {
        if so {
            on_level(docket, measure, day, 1, tally);
        }
    }
    tally.add_on(Slot::whole(Measure::ReviewItemsNotReached), &docket.unit, day, not_reached);
}
