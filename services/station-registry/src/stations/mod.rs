//! Stations and the roll. The roll is imported as a whole, all or nothing; what it says is held in memory (`roll.rs`), swapped
//! after every import, and answers every read: by id, by name in either language, by pincode, by point.

pub mod api;
mod import;
mod resolve;
mod roll;
#[cfg(test)]
pub mod samples;
mod search;
mod store;
mod task;

pub use roll::Snapshot;
pub use task::RollWatch;
