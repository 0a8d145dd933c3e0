//! Units: the state, its zones, ranges, commissionerates, districts and circles, each as a list of versions by date. The tree
//! of October 2020 is not that of today, so every question names a day. Answers come from the snapshot in memory, never
//! from the database; the roll is taken in by the `stations` room, which also keeps the snapshot.

pub mod api;
mod store;
mod tree;

pub use store::{keep, versions};
