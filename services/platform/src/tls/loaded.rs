//! Which certificates this process shows at the moment, and until when they are good: for the metric, which is read when it is
//! asked for. One place a process, as the certificates are the process's own.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use rustls::pki_types::CertificateDer;

use super::{Chain, Side};

static LOADED: Mutex<BTreeMap<Side, DateTime<Utc>>> = Mutex::new(BTreeMap::new());

/// Until when a certificate that this process shows is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiry {
    /// To whom it is shown.
    pub side: Side,
    /// The last instant: of the certificate, or of one in its chain that ends earlier.
    pub not_after: DateTime<Utc>,
}

/// The certificates that are shown now, at most one for each side; none where there is no TLS.
#[must_use]
pub fn expiries() -> Vec<Expiry> {
    let loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    loaded.iter().map(|(side, not_after)| Expiry { side: *side, not_after: *not_after }).collect()
}

/// From now on this one is shown. One that rustls takes and we cannot read is shown all the same, and has no expiry here.
pub(super) fn loaded(side: Side, shown: &[CertificateDer<'static>]) {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    match Chain::new(shown.to_vec()) {
        Ok(chain) => {
            loaded.insert(side, chain.not_after());
        }
        Err(wrong) => {
            tracing::warn!(side = side.name(), %wrong, "nobody can say until when the certificate is good");
            loaded.remove(&side);
        }
    }
}
