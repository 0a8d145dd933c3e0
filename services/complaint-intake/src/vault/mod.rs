//! The vault: who she is, what she said, how she may be reached. Sealed before it comes near a transaction, and opened for
//! one answer at a time by `RevealIdentity`, which leaves an entry in the access log first. A subject is a complaint or a
//! call; each has a data key of its own, so that forgetting one is destroying one key.

pub(crate) mod api;
mod identity;
mod phone;
mod sealing;
pub(crate) mod store;
mod task;

pub(crate) use api::{IDENTITY_REVEALED, REWRAPPED, Revealed};
pub(crate) use identity::{Identity, Note, SafeContact};
pub(crate) use sealing::{Sealed, SealedNote, Vault};
pub(crate) use task::rewrap;
pub use task::{Progress, RewrapError, Rewrapped};
