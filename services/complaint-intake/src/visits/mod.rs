//! Visits: everyone who comes to a desk, also her who left unserved. Counting them makes turning-away visible: few
//! complaints with many visits is a finding, and a woman who left without a word is the one that no register ever held.
//!
//! A complaint that comes from a visit has its clocks run from her arrival. Lets out [`api::record_visit`].

pub(crate) mod api;
mod store;
mod visit;
