//! Which cases are on a docket, and why: a pure function of a sealed seed and of frozen facts, so that neither who records
//! complaints nor who reviews them picks, and anybody can do the same again afterwards.
//!
//! [`select`](select()) takes, in this order: what is carried; a few by lot from all that is left, closed ones too, so that a
//! place for chance is kept however much is urgent; above the stations what makes the worst figures below so bad; then stratum
//! by stratum what the law presses for; and fills what is still free by lot. Within a stratum the day decides (due, or
//! recorded), and between equals the lot, never the order they came in. So what one complaint says of itself can take or free
//! its own place and move no other past one (which units below are the worst is a fact of all their cases together).
//!
//! Digests, and the records they are over, are in [`digest`]; the contract says the same of them
//! (`mahila.review.v1.VerifySelectionResponse`).

mod candidate;
pub mod digest;
mod seed;
mod select;
#[cfg(test)]
mod tests;
mod verify;
mod why;
mod worst;

pub use candidate::{Candidate, Rules};
pub use seed::{Seed, lot};
pub use select::{Docket, Item, select};
pub use verify::{Verdict, verify};
pub(crate) use why::why;
pub(crate) use worst::worst;
