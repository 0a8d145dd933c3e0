//! Directions: what a review decided about a complaint, and whether anything was done since that answers it. Each decision
//! takes effect once, known again by its id: review's journal may be told from the beginning any number of times.

pub(crate) mod api;
mod direction;
pub(crate) mod store;

pub(crate) use direction::{Decision, Direction, Done};
