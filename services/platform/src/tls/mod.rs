//! Certificates: what they say, what this process shows and whom it lets in by them, and how all of it is replaced while it runs.
//!
//! | what | file |
//! |---|---|
//! | what a certificate says; whether an authority stands behind it | [`Chain`], `chain.rs` |
//! | until when the certificates of this process are good | [`expiries`], `loaded.rs` |
//! | what a server shows, and which clients it lets in: checked in the handshake | `served.rs`, `clients.rs` |
//! | whom a client trusts, and what it shows | `trust.rs` |
//! | files that are read again when they change | `files.rs` |
//!
//! Which files those are, and what can be wrong with them, is in `settings/tls.rs`.

mod chain;
mod clients;
mod files;
mod loaded;
mod served;
mod trust;

pub use chain::{Certificate, Chain, Side};
pub(crate) use clients::Clients;
pub(crate) use files::Files;
pub use loaded::{Expiry, expiries};
pub(crate) use served::{Served, server_config};
pub(crate) use trust::Trust;
