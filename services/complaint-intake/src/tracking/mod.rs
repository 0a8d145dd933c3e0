//! Tracking: what anyone who holds a receipt may know, and no more than that it is in hand or finished. Whoever holds the
//! paper may be the one who hurts her, or one who tries numbers: an unknown number and a wrong secret get the same answer
//! for the same work.

pub(crate) mod api;
mod store;
