//! Certificates: what they say, until when they are good, and which of them this process holds now.
//!
//! | what | file |
//! |---|---|
//! | what a certificate says; whether an authority stands behind it | [`Chain`], `chain.rs` |
//! | until when the certificates of this process are good | [`expiries`], `loaded.rs` |

mod chain;
mod loaded;

pub use chain::{Certificate, Chain, Side};
pub(crate) use loaded::loaded;
pub use loaded::{Expiry, expiries};
