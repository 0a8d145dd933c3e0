//! Evidence: what shows that an event was held, and what looks odd about it. Files stay where they were made; their
//! digests are kept. A signal is no verdict: it is shown to whoever verifies.
//!
//! Knows nothing of events but what it is told ([`Scene`]); which event may have evidence, and whose, is theirs to say.

pub(crate) mod api;
mod exhibit;
mod nonce;
mod point;
mod signal;
pub(crate) mod store;

pub(crate) use exhibit::{Evidence, Exhibit, MOST, Shown};
pub(crate) use nonce::photo_nonce;
pub(crate) use point::Point;
pub(crate) use signal::{Scene, signals};
