//! Coverage: what a campaign came to, by unit and by place, from the events as they stand. Figures of parts add up to
//! those of the whole, so a place belongs to one station: a village lies under one.
//!
//! It tells how a campaign goes, at this moment. Figures that stand, of closed days, are oversight's, from the journal.

pub(crate) mod api;
mod figures;
mod store;
