//! Signed statements: what somebody answered for on a day, kept for good. Nobody changes one, the service itself has no right
//! to; a revision is another version, and says what differs. Each version's hash covers its content, who signed it when and
//! as what, and the hash of the version before, so that a changed bit is found when it is read.

pub(crate) mod api;
mod name;
mod snapshot;
mod store;
