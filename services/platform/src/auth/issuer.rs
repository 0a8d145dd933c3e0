//! The development issuer: signs tokens with a key of its own. `mahila token` and tests use it; a real deployment names the
//! JWKS of the state's identity provider instead, and no chart can switch this one on.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};

use super::Claims;

/// RFC 8410: what stands before the 32 bytes of an Ed25519 seed in PKCS #8.
const PKCS8_ED25519: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// Signs tokens with one Ed25519 key.
pub struct Issuer {
    key: EncodingKey,
    jwk: Jwk,
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Issuer(***)")
    }
}

impl Issuer {
    /// The issuer of a seed.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let der = [&PKCS8_ED25519[..], &seed].concat();
        let key = EncodingKey::from_ed_der(&der);
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::EdDSA).expect("32 bytes are an Ed25519 seed");
        jwk.common.key_id = Some("development".to_owned());
        Self { key, jwk }
    }

    /// The issuer whose seed a file holds; the file is made (readable by its owner alone) when there is none.
    ///
    /// # Errors
    /// The file cannot be read or made, or does not hold a seed.
    pub fn load_or_make(path: &Path) -> std::io::Result<Self> {
        if !path.exists() {
            let mut seed = [0; 32];
            getrandom::fill(&mut seed).map_err(std::io::Error::other)?;
            let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
            writeln!(file, "{}", STANDARD.encode(seed))?;
            file.sync_all()?;
        }
        let text = std::fs::read_to_string(path)?;
        let seed: Option<[u8; 32]> = STANDARD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
        seed.map(Self::from_seed).ok_or_else(|| {
            std::io::Error::new(
                std::io::ErrorKind::InvalidData,
                format!("{} does not hold a key: remove it, and a new one is made", path.display()),
            )
        })
    }

    /// A token.
    #[must_use]
    pub fn sign(&self, claims: &Claims) -> String {
        let header = Header { kid: self.jwk.common.key_id.clone(), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, claims, &self.key).expect("claims are plain data")
    }

    /// The public key, as services read it.
    #[must_use]
    pub fn jwks(&self) -> JwkSet {
        JwkSet { keys: vec![self.jwk.clone()] }
    }
}
