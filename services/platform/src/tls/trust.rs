//! Whom a client trusts, and what it shows: PEM, as tonic takes it, checked before.

use rustls::pki_types::CertificateDer;

use super::Side;

/// For the next connection to another service.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Trust {
    /// The authorities to check the server against; `None`: the system's.
    pub(crate) authority: Option<Vec<u8>>,
    /// Certificate and key.
    pub(crate) identity: Option<(Vec<u8>, Vec<u8>)>,
    /// The certificates of `identity`.
    pub(crate) shown: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// It is what new connections are made with, from now on.
    pub(crate) fn taken(self) -> Self {
        if !self.shown.is_empty() {
            super::loaded::loaded(Side::Client, &self.shown);
        }
        self
    }
}

/// The key is nobody's to read.
impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trust").field("certificates", &self.shown.len()).finish_non_exhaustive()
    }
}
