//! Calls: what control rooms report. One event is one call, however many revisions of it come; callers, calls, incidents and
//! complaints are four figures, and each counts once.
//!
//! [`report`] is what is told, [`place`] where it belongs, [`book`] what is held and what a report changes in it. A call
//! becomes a complaint when she asks or a cognizable offence is disclosed (BNSS 173), once. Lets out [`api::ingest_calls`].

pub(crate) mod api;
mod book;
mod place;
mod report;
mod store;
