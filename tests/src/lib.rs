//! What the tests across services share: the suite as it runs, and the story's recount.

pub mod calls;
pub mod house;
pub mod story;
