//! What the tests across services share: the suite as it runs.

pub mod house;
