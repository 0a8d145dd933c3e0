//! The one way to call another service: connect timeout, HTTP/2 keepalive, own token, trace and deadline passed on, and
//! names looked up again so that new replicas get their share. Retries repeat only what is safe to repeat.

mod counted;
mod credentials;
mod dial;

use std::time::Duration;

use mahila_proto::REASONS;
use mahila_proto::r#type::v1::Retry;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use crate::telemetry::{self, Calls};
use crate::tls::Trust;

pub use counted::Counted;
use credentials::Authorization;
pub use credentials::Credentials;
use dial::Dial;

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
    authorization: Authorization,
}

impl Interceptor for Inject {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &*self.authorization.load() {
            request.metadata_mut().insert("authorization", token.as_ref().clone());
        }
        if let Some(trace) = telemetry::current_traceparent().and_then(|trace| trace.parse().ok()) {
            request.metadata_mut().insert("traceparent", trace);
        }
        Ok(request)
    }
}

/// What generated clients are built on.
pub type PeerChannel = InterceptedService<Counted, Inject>;

/// A service to call. Cheap to clone; connects when first used.
#[derive(Debug, Clone)]
pub struct Peer {
    channel: Counted,
    inject: Inject,
}

impl Peer {
    /// Sets the target up; nothing is connected yet. Must be called inside a runtime.
    ///
    /// # Errors
    /// Address, token or certificates cannot be used.
    pub fn new(target: &Target) -> Result<Self, ClientError> {
        let (authority, identity) = (target.authority.clone(), target.identity.clone());
        let trust = Trust { authority, identity, shown: Vec::new() };
        Self::with(&target.url, &Credentials::fixed(trust, &target.token)?)
    }

    /// The same with what all the connections of this process share.
    ///
    /// # Errors
    /// The address or the certificates cannot be used.
    pub fn with(url: &str, credentials: &Credentials) -> Result<Self, ClientError> {
        let channel = Dial::new(url, credentials.trust.clone())?.channel()?;
        Ok(Self {
            channel: Counted { channel, calls: None },
            inject: Inject { authorization: credentials.authorization.clone() },
        })
    }

    /// Counts the calls from now on.
    #[must_use]
    pub fn counting(mut self, calls: Calls) -> Self {
        self.channel.calls = Some(calls);
        self
    }

    /// For a generated client: `RegistryServiceClient::new(peer.channel())`.
    #[must_use]
    pub fn channel(&self) -> PeerChannel {
        InterceptedService::new(self.channel.clone(), self.inject.clone())
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

/// Whether to send again: what the contract says of the reason; where there is none that this release knows, what the code
/// says.
#[must_use]
pub fn advice(status: &Status) -> Retry {
    let reason = crate::status::reason_of(status);
    let known = REASONS.iter().find(|doc| Some(doc.name) == reason.as_deref());
    match (known, status.code()) {
        (Some(doc), _) => Retry::try_from(doc.retry).unwrap_or(Retry::Never),
        (None, Code::Unavailable | Code::DeadlineExceeded) => Retry::Same,
        // Exhausted for a moment says so; exhausted for good (too large) does not.
        (None, Code::ResourceExhausted) if status.get_details_retry_info().is_some() => Retry::Same,
        // How a broken connection arrives, and one that the server ends (GOAWAY) as the call sets out: made here, not told by
        // the server, whose every refusal has details. It may have metadata: those of an answer that broke off after its headers.
        (None, Code::Unknown | Code::Cancelled | Code::Internal | Code::Aborted) if status.details().is_empty() => {
            Retry::Same
        }
        _ => Retry::Never,
    }
}

/// How long to wait before the same request may be sent again; `None`: never send the same again. Whoever asks again must send
/// the same `request_id`.
#[must_use]
pub fn retry_after(status: &Status, attempt: u32) -> Option<Duration> {
    let told = status.get_details_retry_info().and_then(|info| info.retry_delay).unwrap_or_default();
    let backoff = Duration::from_millis(50) * 2_u32.saturating_pow(attempt.min(6));
    (advice(status) == Retry::Same).then(|| told.max(backoff))
}

#[cfg(test)]
mod tests {
    use tonic::metadata::MetadataMap;

    use super::*;
    use crate::Refusal;

    #[test]
    fn what_breaks_off_is_sent_again_and_what_the_server_refused_is_not() {
        // As the transport makes them: nothing came, or the headers of an answer and no more.
        let mut headers = MetadataMap::new();
        headers.insert("content-type", "application/grpc".parse().unwrap());
        for code in [Code::Unavailable, Code::Unknown, Code::Cancelled, Code::Internal, Code::Aborted] {
            for metadata in [MetadataMap::new(), headers.clone()] {
                let broken = Status::with_metadata(code, "", metadata);
                assert!(retry_after(&broken, 0).is_some(), "{broken:?}");
            }
        }
        for refusal in [Refusal::internal(), Refusal::out_of_scope(), Refusal::too_large(1)] {
            assert_eq!(retry_after(&Status::from(refusal), 0), None);
        }
        assert!(retry_after(&Status::from(Refusal::database_away()), 0).is_some());
        // Its code alone would not say so.
        assert_eq!(advice(&Status::from(Refusal::slow_reader())), Retry::Same);
        assert_eq!(advice(&Status::from(Refusal::etag_mismatch("1", "2"))), Retry::AfterRead);
    }

    #[test]
    fn waits_grow_and_end() {
        let broken = Status::unavailable("");
        let waits: Vec<_> = (0..9).filter_map(|attempt| retry_after(&broken, attempt)).collect();
        assert!(waits.is_sorted() && waits[0] == Duration::from_millis(50) && waits[8] == Duration::from_millis(3_200));
    }
}
