//! What the tests across services share: the suite as it runs.

pub mod calls;
pub mod house;
