//! Looks into the files of TLS before anything is started, so that a wrong one is told by its name and not by the first
//! caller, to whom every fault of a certificate looks like no answer.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{Error, ServerConfig};

use super::check::Problems;
use super::{SettingsError, TlsSettings};

impl TlsSettings {
    /// Reads the files and sees whether they can be served with: certificates are certificates, the key is the key of the
    /// first of them. Whether the certificate is in force and carries the right name is for the caller to see.
    ///
    /// # Errors
    /// All problems at once, each with its file.
    pub fn check(&self) -> Result<(), SettingsError> {
        let mut problems = Problems::default();
        check_server(self, &mut problems);
        SettingsError::unless_none(problems.into_list())
    }
}

/// The certificates of a PEM text.
///
/// # Errors
/// It holds none, or something that is not one.
pub(crate) fn certificates(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(text).collect();
    match found {
        Ok(found) if found.is_empty() => Err("holds no certificate".to_owned()),
        Ok(found) => Ok(found),
        Err(_) => Err("is not PEM throughout".to_owned()),
    }
}

pub(super) fn check_server(tls: &TlsSettings, problems: &mut Problems) {
    let chain = read_certificates("server.tls.cert_file", &tls.cert_file, problems);
    let key = read_key("server.tls.key_file", &tls.key_file, problems);
    if let Some(authorities) = &tls.client_ca_file {
        read_certificates("server.tls.client_ca_file", authorities, problems);
    }
    let (Some(chain), Some(key)) = (chain, key) else { return };
    let (certificate_file, key_file) = (tls.cert_file.display(), tls.key_file.display());
    match serve_with(chain, key) {
        Ok(()) => {}
        Err(Error::InconsistentKeys(_)) => problems.add(
            "server.tls.key_file",
            format!("{key_file} is not the key of the certificate in {certificate_file}"),
            "give a certificate and a key that were made together; the server's own certificate stands first in its file",
        ),
        Err(Error::InvalidCertificate(_)) => problems.add(
            "server.tls.cert_file",
            format!("{certificate_file} begins with a certificate that cannot be read"),
            "give the certificate as its authority issued it, in PEM",
        ),
        Err(error) => problems.add(
            "server.tls.key_file",
            format!("{key_file} cannot be used: {error}"),
            "give an ECDSA (P-256, P-384), Ed25519 or RSA key (2048 bits or more)",
        ),
    }
}

/// Authorities that others' certificates are checked against.
pub(super) fn check_authorities(key: &str, path: &Path, problems: &mut Problems) {
    read_certificates(key, path, problems);
}

/// As the server will, without serving.
fn serve_with(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<(), Error> {
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map(|_| ())
}

fn read(key: &str, path: &Path, problems: &mut Problems) -> Option<Vec<u8>> {
    std::fs::read(path)
        .inspect_err(|error| {
            problems.add(
                key,
                format!("{} cannot be read: {error}", path.display()),
                "name a file that is there and that this process may read",
            );
        })
        .ok()
}

fn read_certificates(key: &str, path: &Path, problems: &mut Problems) -> Option<Vec<CertificateDer<'static>>> {
    let text = read(key, path, problems)?;
    certificates(&text)
        .inspect_err(|wrong| {
            problems.add(
                key,
                format!("{} {wrong}", path.display()),
                "give certificates in PEM, each from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----",
            );
        })
        .ok()
}

fn read_key(key: &str, path: &Path, problems: &mut Problems) -> Option<PrivateKeyDer<'static>> {
    let text = read(key, path, problems)?;
    // Not a word of the parser's: it may quote the key.
    PrivateKeyDer::from_pem_slice(&text)
        .inspect_err(|_| {
            problems.add(
                key,
                format!("{} holds no private key that can be used without a passphrase", path.display()),
                "give the private key of `cert_file` in PEM, from -----BEGIN PRIVATE KEY----- on",
            );
        })
        .ok()
}
