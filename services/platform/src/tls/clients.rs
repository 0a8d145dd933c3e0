//! Which clients are let in, by the certificate they show. Decided in the handshake, so that nobody else gets to send a byte;
//! whether one *must* be shown for what is asked is decided here too (`required`), or by the server's stack (feeds).

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, DnsName, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme};

/// Clients as the settings describe them.
#[derive(Debug)]
pub(crate) struct Clients {
    /// Who must stand behind a certificate that is shown.
    pub(crate) authorities: RootCertStore,
    /// One of these it must carry; none: whatever it carries.
    pub(crate) names: Vec<DnsName<'static>>,
    /// Whether one must be shown.
    pub(crate) required: bool,
}

impl Clients {
    /// What the handshake asks.
    ///
    /// # Errors
    /// There are no authorities.
    pub(super) fn verifier(self, provider: Arc<CryptoProvider>) -> Result<Arc<dyn ClientCertVerifier>, Error> {
        let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(self.authorities), provider);
        let builder = if self.required { builder } else { builder.allow_unauthenticated() };
        let inner = builder.build().map_err(|error| Error::General(error.to_string()))?;
        if self.names.is_empty() {
            return Ok(inner);
        }
        Ok(Arc::new(Named { inner, names: self.names.into_iter().map(ServerName::DnsName).collect() }))
    }
}

/// Asks for a name too. Everything else is rustls's own.
#[derive(Debug)]
struct Named {
    inner: Arc<dyn ClientCertVerifier>,
    names: Vec<ServerName<'static>>,
}

impl ClientCertVerifier for Named {
    fn verify_client_cert(
        &self,
        own: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.inner.verify_client_cert(own, between, now)?;
        let parsed = ParsedCertificate::try_from(own)?;
        if self.names.iter().any(|name| verify_server_name(&parsed, name).is_ok()) {
            return Ok(verified);
        }
        // The client is told `access_denied`: its certificate is good, and it is not one of ours.
        Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
    }

    fn offer_client_auth(&self) -> bool {
        self.inner.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.inner.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.inner.root_hint_subjects()
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, own, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, own, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
