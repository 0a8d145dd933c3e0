//! Authorities and certificates, made for one test.

use std::path::{Path, PathBuf};
use std::time::Duration;

use platform::client::Target;
use platform::settings::{LookAgain, TlsSettings};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

/// Who signs certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate, in PEM.
    pub pem: String,
}

/// A certificate and its key, in PEM.
pub struct Signed {
    pub certificate: String,
    pub key: String,
}

impl Authority {
    /// One that calls itself so.
    pub fn called(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A certificate for these names or addresses.
    pub fn signs(&self, names: &[&str]) -> Signed {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let params = CertificateParams::new(names).expect("names");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate").pem();
        Signed { certificate, key: key.serialize_pem() }
    }
}

impl Signed {
    /// To show to servers.
    pub fn shown_by(self, target: &Target) -> Target {
        Target { identity: Some((self.certificate.into_bytes(), self.key.into_bytes())), ..target.clone() }
    }

    /// As the settings name it.
    pub fn in_files(&self, folder: &Path) -> TlsSettings {
        TlsSettings {
            cert_file: file(folder, "server.crt", &self.certificate),
            key_file: file(folder, "server.key", &self.key),
            client_ca_file: None,
            client_certificates: None,
            client_names: Vec::new(),
            look_again: LookAgain(Duration::from_millis(20)),
        }
    }
}

/// A file of that content.
pub fn file(folder: &Path, name: &str, content: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).expect("a file");
    path
}
