//! The seed of a cycle's lots: made by the service, kept to itself until the cycle is closed, its digest published before.

use std::fmt;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// 32 random bytes. Never shown: a seed that is known before its cycle opens lets somebody choose who is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seed([u8; 32]);

impl Seed {
    /// A seed of these bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes: for the table of seeds, and for publishing once the cycle is closed.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What is published before the cycle opens: SHA-256 of the seed.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(kept)")
    }
}

/// The lot of a complaint in a cycle: SHA-256(seed ‖ cycle ‖ complaint), ids as their 16 bytes. The least is drawn first.
#[must_use]
pub fn lot(seed: &Seed, cycle: Uuid, complaint: Uuid) -> [u8; 32] {
    Sha256::new()
        .chain_update(seed.0)
        .chain_update(cycle.as_bytes())
        .chain_update(complaint.as_bytes())
        .finalize()
        .into()
}
