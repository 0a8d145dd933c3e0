//! The ledger: what the other services' journals amount to, added up by place and day. Everything that a statement says is
//! read from here.
//!
//! [`happening`] names what is told, [`count`] says what each of it counts as, [`store`] adds it up. A line is counted in a
//! period by two days, the day of what happened and its cohort, so that a period's figures stay what they were when it
//! closed, whatever becomes of its complaints later.

mod count;
mod happening;
mod measure;
pub(crate) mod store;
mod vocabulary;

pub(crate) use count::{Tally, count};
pub(crate) use happening::{Call, CallPlace, DeskDay, DeskDayStatus, Happening, Place};
pub(crate) use measure::{Breakdown, Measure, Slot};

/// How fine the lines are that a statement is added up from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grain {
    /// Where it happened: stations, and districts for what no station counts.
    Place = 1,
    /// By district.
    District = 2,
}
