//! What the tests across services share: the suite as it runs, and the story's recount.

#![expect(clippy::must_use_candidate, reason = "a library for tests alone, where what is not used is seen at once")]

pub mod calls;
pub mod house;
pub mod story;
