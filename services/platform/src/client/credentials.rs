//! Whom to trust and as whom to call, for all the connections of a process; read again when the files of `peers` change.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use tokio::sync::watch;
use tonic::metadata::{Ascii, MetadataValue};

use super::ClientError;
use crate::lifecycle::Lifecycle;
use crate::settings::{PeersSettings, SettingsError};
use crate::tls::{Files, Trust};

/// Cheap to clone; what changes does so for all clones, and for the peers that were set up with them.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub(super) authorization: Authorization,
    /// Whoever sends into it is gone where nothing can change.
    pub(super) trust: watch::Receiver<Arc<Trust>>,
}

/// The header of the next call, if there is a token.
pub(super) type Authorization = Arc<ArcSwapOption<MetadataValue<Ascii>>>;

impl Credentials {
    /// Those of the settings, kept up to date until the process ends. Must be called inside a runtime.
    ///
    /// # Errors
    /// A file is not what it is named as.
    pub fn kept(peers: &PeersSettings, life: &Lifecycle) -> Result<Self, SettingsError> {
        let files = Files::new("peers", peers.files());
        let authorization = Authorization::default();
        authorization.store(header(&peers.current_token()?));
        let (renew, trust) = watch::channel(Arc::new(peers.load()?.taken()));
        let (settings, next) = (peers.clone(), authorization.clone());
        files.keep(
            peers.look_again.0,
            life.ended(),
            move || Ok((settings.load()?, settings.current_token()?)),
            move |(trust, token)| {
                next.store(header(&token));
                renew.send_if_modified(|before| {
                    let is_new = **before != trust;
                    if is_new {
                        *before = Arc::new(trust.taken());
                    }
                    is_new
                });
            },
        );
        Ok(Self { authorization, trust })
    }

    /// The same without a token, for calls that carry somebody else's.
    #[must_use]
    pub fn without_token(&self) -> Self {
        Self { authorization: Authorization::default(), trust: self.trust.clone() }
    }

    /// Of one target, for good.
    pub(super) fn fixed(trust: Trust, token: &str) -> Result<Self, ClientError> {
        let value = header(token);
        if value.is_none() && !token.is_empty() {
            return Err(ClientError::Token);
        }
        let (_, trust) = watch::channel(Arc::new(trust));
        Ok(Self { authorization: Arc::new(ArcSwapOption::new(value)), trust })
    }
}

/// `None` where there is no token, or one that no header takes.
fn header(token: &str) -> Option<Arc<MetadataValue<Ascii>>> {
    let mut value: MetadataValue<Ascii> =
        (!token.is_empty()).then(|| format!("Bearer {token}").parse().ok()).flatten()?;
    value.set_sensitive(true);
    Some(Arc::new(value))
}
