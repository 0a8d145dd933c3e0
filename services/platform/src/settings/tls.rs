//! Reads the files of TLS, and makes of them what connections are made with. It happens before anything is started, so that a
//! wrong one is told by its name and not by the first caller, to whom every fault of a certificate looks like no answer; and
//! again whenever one of them changes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, DnsName, PrivateKeyDer};
use rustls::{ClientConfig, Error, RootCertStore};

use super::check::Problems;
use super::secret;
use super::sections::{ClientCertificates, PeersSettings};
use super::{SettingsError, TlsSettings};
use crate::tls::{self, Clients, Served, Trust};

const TOKEN: &str = "give the token of this service, alone on one line";

const PEM: &str = "give certificates in PEM, each from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----";

impl TlsSettings {
    /// Reads the files and sees whether they can be served with: certificates are certificates, the key is the key of the
    /// first of them. Whether the certificate is in force and carries the right name is for the caller to see.
    ///
    /// # Errors
    /// All problems at once, each with its file.
    pub fn check(&self) -> Result<(), SettingsError> {
        self.load().map(drop)
    }

    /// The same, and what to serve with.
    pub(crate) fn load(&self) -> Result<Served, SettingsError> {
        let mut problems = Problems::default();
        let served = served(self, &mut problems);
        problems.or(served)
    }

    /// Everything that is read, and again when it changes.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        [&self.cert_file, &self.key_file].into_iter().chain(&self.client_ca_file).cloned().collect()
    }
}

impl PeersSettings {
    /// Reads whom to trust and what to show.
    pub(crate) fn load(&self) -> Result<Trust, SettingsError> {
        let mut problems = Problems::default();
        let trust = trust(self, &mut problems);
        problems.or(trust)
    }

    /// The token as it is now; empty: none.
    pub(crate) fn current_token(&self) -> Result<String, SettingsError> {
        let mut problems = Problems::default();
        let given = self.token.as_ref().map(|token| token.expose().to_owned()).unwrap_or_default();
        let (key, token) = match &self.token_file {
            None => ("peers.token", Some(given)),
            Some(file) => (
                "peers.token_file",
                secret::read(file)
                    .inspect_err(|wrong| problems.add("peers.token_file", wrong.as_str(), TOKEN))
                    .map(|token| token.expose().to_owned())
                    .ok(),
            ),
        };
        if token.as_ref().is_some_and(|token| !token.bytes().all(|byte| byte.is_ascii_graphic())) {
            problems.add(key, "holds characters that no token has", TOKEN);
        }
        problems.or(token)
    }

    /// Everything that is read, and again when it changes.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        [&self.ca_file, &self.cert_file, &self.key_file, &self.token_file].into_iter().flatten().cloned().collect()
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

/// What is said about clients, without a look into files; the names.
pub(super) fn check_clients(tls: &TlsSettings, problems: &mut Problems) -> Vec<DnsName<'static>> {
    let mend = "name the file with the authorities of clients in `server.tls.client_ca_file`, or remove this";
    if tls.client_ca_file.is_none() {
        if tls.client_certificates.is_some() {
            problems.add("server.tls.client_certificates", "is given, but no authority of clients is", mend);
        }
        if !tls.client_names.is_empty() {
            problems.add("server.tls.client_names", "is given, but no authority of clients is", mend);
        }
    }
    let mut names = Vec::new();
    for name in &tls.client_names {
        match DnsName::try_from(name.clone()) {
            Ok(name) => names.push(name),
            Err(_) => problems.add(
                "server.tls.client_names",
                format!("holds `{name}`, which is not a DNS name"),
                "give names as they stand in the certificates, e.g. oversight.mahila.svc",
            ),
        }
    }
    names
}

pub(super) fn served(tls: &TlsSettings, problems: &mut Problems) -> Option<Served> {
    let pair = read_pair("server.tls", &tls.cert_file, &tls.key_file, problems);
    let names = check_clients(tls, problems);
    let clients = match &tls.client_ca_file {
        None => Some(None),
        Some(file) => read_authorities("server.tls.client_ca_file", file, problems).map(|(_, authorities)| {
            let required = tls.client_certificates != Some(ClientCertificates::Services);
            Some(Clients { authorities, names, required })
        }),
    };
    let (pair, clients) = (pair?, clients?);
    let chain = pair.chain.clone();
    let config = pair.make("server.tls", problems, |chain, key| tls::server_config(chain, key, clients))?;
    Some(Served { config: Arc::new(config), shown: chain })
}

/// Whom the other services' certificates are checked against, and what they are shown.
pub(super) fn trust(peers: &PeersSettings, problems: &mut Problems) -> Option<Trust> {
    let authority = match &peers.ca_file {
        None => Some(None),
        Some(file) => read_authorities("peers.ca_file", file, problems).map(|(text, _)| Some(text)),
    };
    let identity = match (&peers.cert_file, &peers.key_file) {
        (Some(certificate), Some(key)) => read_identity(certificate, key, problems).map(Some),
        _ => Some(None),
    };
    let (authority, identity) = (authority?, identity?);
    Some(match identity {
        None => Trust { authority, identity: None, shown: Vec::new() },
        Some((pem, shown)) => Trust { authority, identity: Some(pem), shown },
    })
}

type Pem = (Vec<u8>, Vec<u8>);

fn read_identity(
    certificate: &Path,
    key: &Path,
    problems: &mut Problems,
) -> Option<(Pem, Vec<CertificateDer<'static>>)> {
    let pair = read_pair("peers", certificate, key, problems)?;
    let (pem, shown) = (pair.pem.clone(), pair.chain.clone());
    pair.make("peers", problems, |chain, key| {
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(RootCertStore::empty())
            .with_client_auth_cert(chain, key)
            .map(drop)
    })?;
    Some((pem, shown))
}

/// A certificate with those between it and its authority, and its key.
struct Pair<'a> {
    certificate_file: &'a Path,
    key_file: &'a Path,
    pem: Pem,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// `section` has the keys `cert_file` and `key_file`.
fn read_pair<'a>(
    section: &str,
    certificate_file: &'a Path,
    key_file: &'a Path,
    problems: &mut Problems,
) -> Option<Pair<'a>> {
    let chain = read_certificates(&format!("{section}.cert_file"), certificate_file, problems);
    let key = read_key(&format!("{section}.key_file"), key_file, problems);
    let ((certificate_pem, chain), (key_pem, key)) = (chain?, key?);
    Some(Pair { certificate_file, key_file, pem: (certificate_pem, key_pem), chain, key })
}

impl Pair<'_> {
    fn make<T>(
        self,
        section: &str,
        problems: &mut Problems,
        make: impl FnOnce(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) -> Result<T, Error>,
    ) -> Option<T> {
        let (certificate_file, key_file) = (self.certificate_file.display(), self.key_file.display());
        match make(self.chain, self.key) {
            Ok(made) => return Some(made),
            Err(Error::InconsistentKeys(_)) => problems.add(
                &format!("{section}.key_file"),
                format!("{key_file} is not the key of the certificate in {certificate_file}"),
                "give a certificate and a key that were made together; the own certificate stands first in its file",
            ),
            Err(Error::InvalidCertificate(_)) => problems.add(
                &format!("{section}.cert_file"),
                format!("{certificate_file} begins with a certificate that cannot be read"),
                "give the certificate as its authority issued it, in PEM",
            ),
            Err(error) => problems.add(
                &format!("{section}.key_file"),
                format!("{key_file} cannot be used: {error}"),
                "give an ECDSA (P-256, P-384), Ed25519 or RSA key (2048 bits or more)",
            ),
        }
        None
    }
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

fn read_certificates(
    key: &str,
    path: &Path,
    problems: &mut Problems,
) -> Option<(Vec<u8>, Vec<CertificateDer<'static>>)> {
    let text = read(key, path, problems)?;
    let found = certificates(&text).inspect_err(|wrong| problems.add(key, format!("{} {wrong}", path.display()), PEM));
    Some((text, found.ok()?))
}

/// Authorities that others' certificates are checked against, with the text they were read from.
fn read_authorities(key: &str, path: &Path, problems: &mut Problems) -> Option<(Vec<u8>, RootCertStore)> {
    let (text, found) = read_certificates(key, path, problems)?;
    let mut authorities = RootCertStore::empty();
    for authority in found {
        if authorities.add(authority).is_err() {
            problems.add(key, format!("{} holds a certificate that cannot be read", path.display()), PEM);
            return None;
        }
    }
    Some((text, authorities))
}

fn read_key(key: &str, path: &Path, problems: &mut Problems) -> Option<(Vec<u8>, PrivateKeyDer<'static>)> {
    let text = read(key, path, problems)?;
    // Not a word of the parser's: it may quote the key.
    let found = PrivateKeyDer::from_pem_slice(&text).inspect_err(|_| {
        problems.add(
            key,
            format!("{} holds no private key that can be used without a passphrase", path.display()),
            "give the private key of `cert_file` in PEM, from -----BEGIN PRIVATE KEY----- on",
        );
    });
    Some((text, found.ok()?))
}
