//! Rosters and check-ins: who shall be at the desk, and who came. An officer is a personnel token; nothing here leaves the
//! service but the days that have a roster.

pub mod api;
mod check_in;
mod roster;
mod store;
