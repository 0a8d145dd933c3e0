//! The phases of Mission Shakti, as data: rows of the migration, each with its source there. A new phase is a row, not
//! a release.

pub(crate) mod api;
mod phase;
pub(crate) mod store;

pub(crate) use phase::Phase;
