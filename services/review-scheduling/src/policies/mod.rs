//! Policies: how each level reviews, from a day on. A policy that a cycle follows is never changed; a later one supersedes it.
//!
//! The rhythm is an anchor and a length: the first cycle begins on the policy's first day, the next every so many days, each
//! of whole IST days (no time zone shifts, so no cycle is ever lost between two clocks).

pub(crate) mod api;
mod policy;
pub(crate) mod store;

pub(crate) use policy::{Period, Policy, days_after, in_force, superseded_on};
