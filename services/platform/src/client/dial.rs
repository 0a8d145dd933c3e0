//! How connections to a service are made, to whichever of its addresses, and kept up with: names are looked up again so that
//! new replicas get their share, and where certificates were replaced, connections are made anew with them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use tokio::sync::{mpsc, watch};
use tonic::transport::channel::Change;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

use super::{ClientError, chain};
use crate::settings;
use crate::tls::Trust;

/// A connection that cannot be made within this is given up.
const CONNECT: Duration = Duration::from_secs(3);
/// A ping when nothing was heard for so long; servers of the suite allow it.
const KEEPALIVE: Duration = Duration::from_secs(10);
/// Names are looked up again this often.
const LOOK_UP: Duration = Duration::from_secs(5);

/// How a connection is made.
#[derive(Debug)]
pub(super) struct Dial {
    /// The target as it was written.
    url: String,
    origin: Uri,
    host: String,
    port: u16,
    secure: bool,
    trust: watch::Receiver<Arc<Trust>>,
}

impl Dial {
    pub(super) fn new(url: &str, trust: watch::Receiver<Arc<Trust>>) -> Result<Self, ClientError> {
        let bad = || ClientError::Address(url.to_owned());
        let origin: Uri = url.parse().map_err(|_| bad())?;
        let host = origin.host().ok_or_else(bad)?.trim_matches(['[', ']']).to_owned();
        let secure = origin.scheme_str() == Some("https");
        let port = origin.port_u16().unwrap_or(if secure { 443 } else { 80 });
        Ok(Self { url: url.to_owned(), origin, host, port, secure, trust })
    }

    /// A channel that connects when it is first used. What keeps it up ends with it.
    pub(super) fn channel(self) -> Result<Channel, ClientError> {
        // What is wrong with it is told now.
        let endpoint = self.endpoint(&self.url)?;
        let stays_as_it_is = !self.is_named() && self.trust.has_changed().is_err();
        if stays_as_it_is {
            return Ok(endpoint.connect_lazy());
        }
        let (channel, changes) = Channel::balance_channel::<String>(64);
        tokio::spawn(self.keep_up(changes));
        Ok(channel)
    }

    /// Whether there may be other addresses behind it one day.
    fn is_named(&self) -> bool {
        self.host.parse::<std::net::IpAddr>().is_err() && self.host != "localhost"
    }

    async fn keep_up(mut self, changes: mpsc::Sender<Change<String, Endpoint>>) {
        let mut known = BTreeSet::new();
        let mut anew = false;
        loop {
            match self.addresses().await {
                Ok(found) => {
                    for gone in known.difference(&found) {
                        let _ = changes.send(Change::Remove(gone.clone())).await;
                    }
                    for address in found.iter().filter(|address| anew || !known.contains(*address)) {
                        let Ok(endpoint) = self.endpoint(address) else { continue };
                        // The name stays the authority, and what the certificate is checked for; only the address to dial
                        // changes. One that is known goes on until the new one is connected, and calls on it to their end.
                        let endpoint = endpoint.origin(self.origin.clone());
                        let _ = changes.send(Change::Insert(address.clone(), endpoint)).await;
                    }
                    known = found;
                    anew = false;
                }
                // The last addresses are kept.
                Err(error) => tracing::warn!(host = self.host, fault = %error.kind(), "a name cannot be looked up"),
            }
            let look_up = self.is_named();
            tokio::select! {
                () = changes.closed() => return,
                () = tokio::time::sleep(LOOK_UP), if look_up => {}
                () = renewed(&mut self.trust) => anew = true,
            }
        }
    }

    /// What to dial, as URLs.
    async fn addresses(&self) -> std::io::Result<BTreeSet<String>> {
        if !self.is_named() {
            return Ok(BTreeSet::from([self.url.clone()]));
        }
        let scheme = if self.secure { "https" } else { "http" };
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await?;
        Ok(found.map(|address| format!("{scheme}://{address}")).collect())
    }

    fn endpoint(&self, url: &str) -> Result<Endpoint, ClientError> {
        let endpoint = Endpoint::from_shared(url.to_owned())
            .map_err(|_| ClientError::Address(self.url.clone()))?
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEPALIVE)
            .keep_alive_timeout(KEEPALIVE)
            .keep_alive_while_idle(true);
        if !self.secure {
            return Ok(endpoint);
        }
        let tls = self.tls()?;
        endpoint.tls_config(tls).map_err(|error| ClientError::Tls(self.url.clone(), chain(&error)))
    }

    fn tls(&self) -> Result<ClientTlsConfig, ClientError> {
        let trust = self.trust.borrow().clone();
        let mut tls = ClientTlsConfig::new().domain_name(&self.host);
        tls = match &trust.authority {
            None => tls.with_native_roots(),
            Some(authority) => {
                // A file without any would only mean that nobody is trusted.
                settings::certificates(authority).map_err(|wrong| ClientError::Authority(self.url.clone(), wrong))?;
                tls.ca_certificate(Certificate::from_pem(authority))
            }
        };
        if let Some((certificate, key)) = &trust.identity {
            tls = tls.identity(Identity::from_pem(certificate, key));
        }
        Ok(tls)
    }
}

/// Ends when there is something new to trust or to show; never where nothing can change.
async fn renewed(trust: &mut watch::Receiver<Arc<Trust>>) {
    if trust.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}
