//! Sittings: a chair and a quorum take the cases of a docket one by one, decide or put them off, and a second person signs
//! the minutes. Only then was it held. What was decided in a minute is counted with it, since fifteen cases are not.
//!
//! Who is a party decides nothing: a case to which a station turns out to be a party leaves that station's docket upwards.

pub(crate) mod api;
mod event;
mod minutes;
mod sitting;
pub(crate) mod store;
