//! What a server shows, and how it makes connections: rustls with ring, HTTP/2 alone.

use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::NoServerSessionStorage;
use rustls::{Error, ServerConfig};

use super::{Clients, Side};

/// What a server makes its connections with, until its files change.
#[derive(Debug)]
pub(crate) struct Served {
    /// For the next handshake.
    pub(crate) config: Arc<ServerConfig>,
    /// What is shown in it.
    pub(crate) shown: Vec<CertificateDer<'static>>,
}

impl Served {
    /// It is what new connections are made with, from now on.
    pub(crate) fn taken(self) -> Arc<ServerConfig> {
        super::loaded::loaded(Side::Server, &self.shown);
        self.config
    }
}

/// A configuration that shows this chain, and lets in those clients.
///
/// # Errors
/// The key is not that of the first certificate, or one of them cannot be used.
pub(crate) fn server_config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    clients: Option<Clients>,
) -> Result<ServerConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
    let mut config = match clients {
        None => builder.with_no_client_auth(),
        Some(clients) => builder.with_client_cert_verifier(clients.verifier(provider)?),
    }
    .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    // A session that is taken up again shows no certificate again: one that has ended meanwhile would go on. Connections are
    // few and long here.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}
