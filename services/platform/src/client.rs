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

use crate::settings;
use crate::telemetry;

/// A connection that cannot be made within this is given up.
const CONNECT: Duration = Duration::from_secs(3);
/// A ping when nothing was heard for so long; servers of the suite allow it.
const KEEPALIVE: Duration = Duration::from_secs(10);
/// Names are looked up again this often.
const LOOK_UP: Duration = Duration::from_secs(5);

/// Where to call and as whom.
#[derive(Clone, Default)]
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

/// The address alone: token and key are nobody's to read.
impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target").field("url", &self.url).finish_non_exhaustive()
    }
}

/// The target cannot be called.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Not an address.
    #[error("{0:?} is not an address such as http://127.0.0.1:7100")]
    Address(String),
    /// The authority cannot be one.
    #[error("the file of the authority to trust for {0} {1}; give its certificate in PEM")]
    Authority(String, String),
    /// TLS cannot be set up.
    #[error(
        "TLS to {0} cannot be set up: {1}; name the file of its authority (peers.ca_file, --ca), or install the public ones \
         (ca-certificates)"
    )]
    Tls(String, String),
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
        let dial = Dial { origin: target.url.clone(), tls: secure.then(|| tls(target, &host)).transpose()? };
        let endpoint = dial.endpoint(&target.url)?;
        let is_name = host.parse::<std::net::IpAddr>().is_err() && host != "localhost";
        let channel = if is_name { balanced(dial, uri, host, port) } else { endpoint.connect_lazy() };
        Ok(Self { channel, inject: Inject { authorization } })
    }

    /// For a generated client: `RegistryServiceClient::new(peer.channel())`.
    #[must_use]
    pub fn channel(&self) -> PeerChannel {
        InterceptedService::new(self.channel.clone(), self.inject.clone())
    }
}

/// How a connection is made, to whichever address.
#[derive(Debug, Clone)]
struct Dial {
    /// The target as it was written.
    origin: String,
    /// For https: the authority to trust, and the name that the server's certificate must carry.
    tls: Option<ClientTlsConfig>,
}

impl Dial {
    fn endpoint(&self, url: &str) -> Result<Endpoint, ClientError> {
        let endpoint = Endpoint::from_shared(url.to_owned())
            .map_err(|_| ClientError::Address(self.origin.clone()))?
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEPALIVE)
            .keep_alive_timeout(KEEPALIVE)
            .keep_alive_while_idle(true);
        match &self.tls {
            None => Ok(endpoint),
            Some(tls) => {
                endpoint.tls_config(tls.clone()).map_err(|error| ClientError::Tls(self.origin.clone(), chain(&error)))
            }
        }
    }
}

fn tls(target: &Target, host: &str) -> Result<ClientTlsConfig, ClientError> {
    let mut tls = ClientTlsConfig::new().domain_name(host);
    tls = match &target.authority {
        None => tls.with_native_roots(),
        Some(authority) => {
            // A file without any would only mean that nobody is trusted.
            settings::certificates(authority).map_err(|wrong| ClientError::Authority(target.url.clone(), wrong))?;
            tls.ca_certificate(Certificate::from_pem(authority))
        }
    };
    if let Some((certificate, key)) = &target.identity {
        tls = tls.identity(Identity::from_pem(certificate, key));
    }
    Ok(tls)
}

/// A channel over every address of a name, kept up to date. The task ends with the channel.
fn balanced(dial: Dial, origin: Uri, host: String, port: u16) -> Channel {
    let (channel, changes) = Channel::balance_channel::<SocketAddr>(64);
    tokio::spawn(keep_looking_up(dial, origin, host, port, changes));
    channel
}

async fn keep_looking_up(
    dial: Dial,
    origin: Uri,
    host: String,
    port: u16,
    changes: mpsc::Sender<Change<SocketAddr, Endpoint>>,
) {
    let scheme = if dial.tls.is_some() { "https" } else { "http" };
    let mut known = BTreeSet::new();
    while !changes.is_closed() {
        match tokio::net::lookup_host((host.as_str(), port)).await {
            Ok(found) => {
                let found: BTreeSet<SocketAddr> = found.collect();
                for gone in known.difference(&found) {
                    let _ = changes.send(Change::Remove(*gone)).await;
                }
                for new in found.difference(&known) {
                    // The name stays the authority, and what the certificate is checked for; only the address to dial changes.
                    let Ok(endpoint) = dial.endpoint(&format!("{scheme}://{new}")) else { continue };
                    let _ = changes.send(Change::Insert(*new, endpoint.origin(origin.clone()))).await;
                }
                known = found;
            }
            // The last addresses are kept.
            Err(error) => tracing::warn!(host, fault = %error.kind(), "a name cannot be looked up"),
        }
        tokio::time::sleep(LOOK_UP).await;
    }
}

/// An error with what caused it, and what caused that.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        source = cause.source();
    }
    text
}

/// Why there was no answer of a service of the suite: what the connection says, down to the certificate that was not trusted
/// or carries another name. Holds addresses and names of certificates, nothing that was sent.
#[must_use]
pub fn no_answer(status: &Status) -> String {
    let mut text = status.message().to_owned();
    if let Some(source) = std::error::Error::source(status) {
        let said = chain(source);
        text = if said.contains(&text) { said } else { format!("{text}: {said}") };
    }
    text
}

/// What went wrong with a call, for a log: the reason when a service of the suite refused it; otherwise what our own end of the
/// connection says, and of what others say no more than the code.
pub(crate) fn fault(status: &Status) -> String {
    crate::status::reason_of(status).unwrap_or_else(|| match std::error::Error::source(status) {
        Some(source) => chain(source),
        None => status.code().to_string(),
    })
}

/// Whether a call failed because the server's certificate was not taken: nothing was sent then.
#[must_use]
pub fn is_untrusted(status: &Status) -> bool {
    no_answer(status).contains("invalid peer certificate")
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
        // How a broken connection arrives, and one that the server ends (GOAWAY) as the call sets out: made here, not told by
        // the server, whose every refusal has details. It may have metadata: those of an answer that broke off after its headers.
        tonic::Code::Unknown | tonic::Code::Cancelled | tonic::Code::Internal if status.details().is_empty() => {
            Some(backoff)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use tonic::Code;
    use tonic::metadata::MetadataMap;

    use super::*;
    use crate::Refusal;

    #[test]
    fn what_breaks_off_is_sent_again_and_what_the_server_refused_is_not() {
        // As the transport makes them: nothing came, or the headers of an answer and no more.
        let mut headers = MetadataMap::new();
        headers.insert("content-type", "application/grpc".parse().unwrap());
        for code in [Code::Unavailable, Code::Unknown, Code::Cancelled, Code::Internal] {
            for metadata in [MetadataMap::new(), headers.clone()] {
                let broken = Status::with_metadata(code, "", metadata);
                assert!(retry_after(&broken, 0).is_some(), "{broken:?}");
            }
        }
        for refusal in [Refusal::internal(), Refusal::out_of_scope(), Refusal::too_large(1)] {
            assert_eq!(retry_after(&Status::from(refusal), 0), None);
        }
        assert!(retry_after(&Status::from(Refusal::database_away()), 0).is_some());
    }

    #[test]
    fn waits_grow_and_end() {
        let broken = Status::unavailable("");
        let waits: Vec<_> = (0..9).filter_map(|attempt| retry_after(&broken, attempt)).collect();
        assert!(waits.is_sorted() && waits[0] == Duration::from_millis(50) && waits[8] == Duration::from_millis(3_200));
    }
}
