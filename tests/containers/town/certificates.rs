//! An authority, the certificates it signs, and secrets as a cluster mounts them.

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};

/// Who signs certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate.
    pub pem: String,
}

/// A certificate with its key.
pub struct Leaf {
    /// PEM.
    pub certificate: String,
    /// PEM.
    pub key: String,
    /// As a handshake shows it.
    pub der: Vec<u8>,
}

impl Authority {
    /// A new one.
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("signed").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A certificate by which a service is known to callers and to those it calls.
    pub fn sign(&self, name: &str) -> Leaf {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("signed");
        Leaf { certificate: certificate.pem(), key: key.serialize_pem(), der: certificate.der().to_vec() }
    }
}

/// A folder whose files change all at once: each is a link through a link, and that one is exchanged (as the kubelet does it).
pub struct Secret {
    folder: PathBuf,
    version: u32,
}

impl Secret {
    /// An empty one.
    pub fn new(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).expect("a folder");
        Self { folder: folder.to_owned(), version: 0 }
    }

    /// What is mounted.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Exchanges its files.
    pub fn write(&mut self, files: &[(&str, &str)]) {
        use std::os::unix::fs::symlink;
        self.version += 1;
        let version = format!("..version-{}", self.version);
        std::fs::create_dir(self.folder.join(&version)).expect("a folder");
        for (name, content) in files {
            std::fs::write(self.folder.join(&version).join(name), content).expect("written");
            let link = self.folder.join(name);
            if !link.is_symlink() {
                symlink(Path::new("..data").join(name), link).expect("a link");
            }
        }
        let (next, data) = (self.folder.join("..next"), self.folder.join("..data"));
        let before = std::fs::read_link(&data);
        symlink(&version, &next).expect("a link");
        std::fs::rename(&next, &data).expect("exchanged");
        if let Ok(before) = before {
            std::fs::remove_dir_all(self.folder.join(before)).expect("the earlier files");
        }
    }
}
