//! The ledger: what the other services' journals amount to, added up by place and day. Everything that a statement says is
//! read from here.
//!
//! [`happening`] names what is told, [`count`] says what each of it counts as, [`span`] in which blocks of days a line is
//! kept, [`store`] adds it up. A line is counted in a period by two days, the day of what happened and its cohort, so that a
//! period's figures stay what they were when it closed, whatever becomes of its complaints later.

mod campaign;
mod count;
mod happening;
mod measure;
mod review;
mod span;
mod states;
pub(crate) mod store;

pub(crate) use campaign::EventMoved;
pub(crate) use count::{Tally, count};
pub(crate) use happening::{Before, Call, CallPlace, DeskDay, Happening, Place};
pub(crate) use measure::{Breakdown, Measure, Slot, Source};
pub(crate) use review::{Docket, Review};
pub(crate) use span::{days_within, monday, pairs_within};
pub(crate) use states::{ActionItemState, CycleState, DeskDayStatus, EventState};

/// How fine the lines are that a statement is added up from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grain {
    /// Where it happened: stations, and units for what no station counts.
    Place = 1,
    /// By district.
    District = 2,
}
