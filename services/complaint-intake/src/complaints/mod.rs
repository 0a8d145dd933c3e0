//! Complaints: recording, and every step after it. Handling (ours) and the case (the law's) are two states side by side.
//!
//! The rules read like the law they implement: [`register`], [`state`], [`steps`], [`feedback`], [`law`]. Lets out the
//! complaint itself, what a call needs to become one ([`NewComplaint`], [`store::register`]), and reading one.

pub(crate) mod api;
mod complaint;
mod event;
mod feedback;
mod law;
pub(crate) mod receipt;
mod register;
mod state;
mod steps;
pub(crate) mod store;
#[cfg(test)]
mod tests;
mod viewer;

pub(crate) use api::{ACKNOWLEDGED, ACTED, ASSIGNED, DIRECTED, FEEDBACK, LEGAL_ACTION, MOVED, REGISTERED, TRIAGED};
pub(crate) use complaint::{Change, Complaint};
pub(crate) use register::{NewComplaint, RecordedAt};
