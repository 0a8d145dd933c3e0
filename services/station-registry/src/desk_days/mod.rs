//! Desk-days: one row a desk and day, expected beforehand, closed when the day is over, never changed again. What is missing
//! is a row that says so, not a gap. The rows are what the other rooms' tables (desks, duties, check-ins) and the heartbeats
//! kept here come to; SQL of this room reads those tables, its rules read none.

pub mod api;
mod desk_day;
mod heartbeat;
mod presence;
mod store;
mod task;

pub use store::expect;
pub use task::{AccountDays, CountDesks};
