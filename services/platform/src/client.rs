//! The one way to call another service: connect timeout, HTTP/2 keepalive, own token, trace and deadline passed on, and
//! names looked up again so that new replicas get their share. Retries repeat only what is safe to repeat.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use http::Uri;
use tokio::sync::mpsc;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::channel::Change;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Request, Status};
use tonic_types::StatusExt as _;

use crate::telemetry;

/// A connection that cannot be made within this is given up.
const CONNECT: Duration = Duration::from_secs(3);
/// A ping when nothing was heard for so long; servers of the suite allow it.
const KEEPALIVE: Duration = Duration::from_secs(10);
/// Names are looked up again this often.
const LOOK_UP: Duration = Duration::from_secs(5);

/// Where to call and as whom.
#[derive(Debug, Clone, Default)]
pub struct Target {
    /// `http://host:port` or `https://host:port`.
    pub url: String,
    /// The caller's own token, without `Bearer`; empty: none (open methods).
    pub token: String,
    /// PEM of the authority to trust, for https; `None`: the system's.
    pub authority: Option<Vec<u8>>,
    /// PEM of certificate and key to show, for mTLS.
    pub identity: Option<(Vec<u8>, Vec<u8>)>,
}

/// The target cannot be called.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Not an address.
    #[error("{0:?} is not an address such as http://127.0.0.1:7100")]
    Address(String),
    /// TLS cannot be set up.
    #[error("TLS to {0}: {1}")]
    Tls(String, tonic::transport::Error),
    /// The token has characters that no header takes.
    #[error("the token is not a token")]
    Token,
}

/// Puts token, trace and deadline into every call.
#[derive(Debug, Clone)]
pub struct Inject {
    authorization: Option<MetadataValue<Ascii>>,
}

impl Interceptor for Inject {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.authorization {
            request.metadata_mut().insert("authorization", token.clone());
        }
        if let Some(trace) = telemetry::current_traceparent().and_then(|trace| trace.parse().ok()) {
            request.metadata_mut().insert("traceparent", trace);
        }
        Ok(request)
    }
}

/// What generated clients are built on.
pub type PeerChannel = InterceptedService<Channel, Inject>;

/// A service to call. Cheap to clone; connects when first used.
#[derive(Debug, Clone)]
pub struct Peer {
    channel: Channel,
    inject: Inject,
}

impl Peer {
    /// Sets the target up; nothing is connected yet. Must be called inside a runtime.
    ///
    /// # Errors
    /// Address, token or certificates cannot be used.
    pub fn new(target: &Target) -> Result<Self, ClientError> {
        let bad = || ClientError::Address(target.url.clone());
        let uri: Uri = target.url.parse().map_err(|_| bad())?;
        let host = uri.host().ok_or_else(bad)?.trim_matches(['[', ']']).to_owned();
        let secure = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let authorization = match target.token.as_str() {
            "" => None,
            token => {
                let mut value: MetadataValue<Ascii> =
                    format!("Bearer {token}").parse().map_err(|_| ClientError::Token)?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        let endpoint = endpoint(target, &host, secure)?;
        let is_name = host.parse::<std::net::IpAddr>().is_err() && host != "localhost";
        let channel = if is_name { balanced(&endpoint, host, port) } else { endpoint.connect_lazy() };
        Ok(Self { channel, inject: Inject { authorization } })
    }

    /// For a generated client: `RegistryServiceClient::new(peer.channel())`.
    #[must_use]
    pub fn channel(&self) -> PeerChannel {
        InterceptedService::new(self.channel.clone(), self.inject.clone())
    }
}

fn endpoint(target: &Target, host: &str, secure: bool) -> Result<Endpoint, ClientError> {
    let endpoint = Endpoint::from_shared(target.url.clone())
        .map_err(|_| ClientError::Address(target.url.clone()))?
        .connect_timeout(CONNECT)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE)
        .keep_alive_while_idle(true);
    if !secure {
        return Ok(endpoint);
    }
    let mut tls = ClientTlsConfig::new().domain_name(host);
    if let Some(authority) = &target.authority {
        tls = tls.ca_certificate(Certificate::from_pem(authority));
    }
    if let Some((certificate, key)) = &target.identity {
        tls = tls.identity(Identity::from_pem(certificate, key));
    }
    endpoint.tls_config(tls).map_err(|error| ClientError::Tls(target.url.clone(), error))
}

/// A channel over every address of a name, kept up to date. The task ends with the channel.
fn balanced(endpoint: &Endpoint, host: String, port: u16) -> Channel {
    let (channel, changes) = Channel::balance_channel::<SocketAddr>(64);
    tokio::spawn(keep_looking_up(endpoint.clone(), host, port, changes));
    channel
}

async fn keep_looking_up(
    endpoint: Endpoint,
    host: String,
    port: u16,
    changes: mpsc::Sender<Change<SocketAddr, Endpoint>>,
) {
    let mut known = BTreeSet::new();
    while !changes.is_closed() {
        match tokio::net::lookup_host((host.as_str(), port)).await {
            Ok(found) => {
                let found: BTreeSet<SocketAddr> = found.collect();
                for gone in known.difference(&found) {
                    let _ = changes.send(Change::Remove(*gone)).await;
                }
                for new in found.difference(&known) {
                    // The name stays the authority; only the address to dial changes.
                    let dial =
                        Endpoint::from_shared(format!("{}://{new}", endpoint.uri().scheme_str().unwrap_or("http")));
                    let Ok(dial) = dial else { continue };
                    let dial = dial
                        .origin(endpoint.uri().clone())
                        .connect_timeout(CONNECT)
                        .tcp_nodelay(true)
                        .http2_keep_alive_interval(KEEPALIVE)
                        .keep_alive_timeout(KEEPALIVE)
                        .keep_alive_while_idle(true);
                    let _ = changes.send(Change::Insert(*new, dial)).await;
                }
                known = found;
            }
            // The last addresses are kept.
            Err(error) => tracing::warn!(host, fault = %error.kind(), "a name cannot be looked up"),
        }
        tokio::time::sleep(LOOK_UP).await;
    }
}

/// How long to wait before the same request may be sent again; `None`: never send it again. Whoever asks again must send the
/// same `request_id`.
#[must_use]
pub fn retry_after(status: &Status, attempt: u32) -> Option<Duration> {
    let told = status.get_details_retry_info().and_then(|info| info.retry_delay);
    let backoff = Duration::from_millis(50) * 2_u32.saturating_pow(attempt.min(6));
    match status.code() {
        tonic::Code::Unavailable | tonic::Code::DeadlineExceeded => Some(told.unwrap_or(backoff).max(backoff)),
        // Exhausted for a moment says so; exhausted for good (too large) does not.
        tonic::Code::ResourceExhausted => told.map(|told| told.max(backoff)),
        // How a broken connection arrives.
        tonic::Code::Unknown | tonic::Code::Cancelled
            if status.metadata().is_empty() && status.details().is_empty() =>
        {
            Some(backoff)
        }
        _ => None,
    }
}
