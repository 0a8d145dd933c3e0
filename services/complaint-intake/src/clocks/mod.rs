//! Limits: which one runs, since when, until what, and what it means that one passed. A limit starts from the earliest
//! word of a complaint, never pauses and never starts again on an edit; whether it was kept is settled by the step that
//! meets it or, when none comes, by the sweep ([`Breaches`]).

mod api;
mod clock;
mod limit;
mod rules;
pub(crate) mod store;
mod task;

pub(crate) use api::{CLOCK_BREACHED, station_name, to_wire};
pub(crate) use clock::{Breached, Clocks};
pub(crate) use rules::Facts;
pub(crate) use task::Breaches;
