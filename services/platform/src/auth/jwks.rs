//! The issuer's public keys, from a file or a URL. Read at start, then every so often, and at once (but not more than every ten
//! seconds) when a token names a key that is not known. What was read last is kept while the source is away.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::{AlgorithmParameters, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::ALGORITHMS;

/// A set of keys that keeps itself fresh.
#[derive(Debug)]
pub struct Jwks {
    source: Source,
    keys: ArcSwap<JwkSet>,
    /// When it was last read; one reader at a time.
    read_at: Mutex<Instant>,
    every: Duration,
}

#[derive(Debug)]
enum Source {
    Fixed,
    File(PathBuf),
    Url(reqwest::Client, String),
}

/// The keys cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum JwksError {
    /// The file.
    #[error("auth.jwks: cannot read {0}: {1}")]
    File(PathBuf, std::io::Error),
    /// The URL.
    #[error("auth.jwks: cannot fetch {0}: {1}")]
    Url(String, reqwest::Error),
    /// Not a JWK set.
    #[error("auth.jwks: {0} does not hold a JWK set: {1}")]
    Format(String, serde_json::Error),
}

/// A key set as it was read now.
#[derive(Debug)]
pub struct Reading {
    /// What is in it.
    pub keys: Vec<Key>,
    /// What time it was there, by the `Date` of the answer, to the second.
    pub told: Option<DateTime<Utc>>,
    /// When the file was written.
    pub written: Option<SystemTime>,
    /// The keys, to verify with.
    pub jwks: Jwks,
}

/// A public key of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its id (`kid`).
    pub id: Option<String>,
    /// Whether a token of ours may be signed with it.
    pub usable: bool,
}

/// Between two readings for the sake of unknown keys.
const AT_LEAST: Duration = Duration::from_secs(10);
/// A key set larger than this is not one.
const MOST_BYTES: usize = 1 << 20;

impl Jwks {
    /// Keys that never change.
    #[must_use]
    pub fn fixed(keys: JwkSet) -> Self {
        Self {
            source: Source::Fixed,
            keys: ArcSwap::from_pointee(keys),
            read_at: Mutex::new(Instant::now()),
            every: Duration::MAX,
        }
    }

    /// Keys of a file or an http(s) URL, read again after `every`.
    ///
    /// # Errors
    /// The source cannot be read now.
    pub async fn load(source: &str, every: Duration) -> Result<Self, JwksError> {
        let source = Source::of(source)?;
        let keys = source.read().await?.unwrap_or_default().set;
        Ok(Self { source, keys: ArcSwap::from_pointee(keys), read_at: Mutex::new(Instant::now()), every })
    }

    /// Reads keys now, once, and tells what came: for whoever examines an issuer.
    ///
    /// # Errors
    /// The source cannot be read.
    pub async fn read(source: &str) -> Result<Reading, JwksError> {
        let source = Source::of(source)?;
        let read = source.read().await?.unwrap_or_default();
        let keys = read.set.keys.iter().map(|jwk| Key {
            id: jwk.common.key_id.clone(),
            usable: ALGORITHMS.iter().any(|algorithm| fits(&jwk.algorithm, *algorithm))
                && DecodingKey::from_jwk(jwk).is_ok(),
        });
        Ok(Reading { keys: keys.collect(), told: read.told, written: read.written, jwks: Self::fixed(read.set) })
    }

    /// The key of an id (or the only one that fits, for tokens without an id).
    pub async fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<DecodingKey> {
        let found = self.held(id, algorithm);
        let patience = if found.is_some() { self.every } else { AT_LEAST };
        // Whoever comes while another reads goes on with what is held.
        let Ok(mut read_at) = self.read_at.try_lock() else { return found };
        if read_at.elapsed() < patience {
            return found;
        }
        *read_at = Instant::now();
        match self.source.read().await {
            Ok(Some(read)) => self.keys.store(Arc::new(read.set)),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "the issuer's keys cannot be read; the last ones are kept"),
        }
        drop(read_at);
        self.held(id, algorithm)
    }

    fn held(&self, id: Option<&str>, algorithm: Algorithm) -> Option<DecodingKey> {
        let keys = self.keys.load();
        let jwk = match id {
            Some(id) => keys.find(id)?,
            None => keys.keys.iter().find(|jwk| fits(&jwk.algorithm, algorithm))?,
        };
        fits(&jwk.algorithm, algorithm).then(|| DecodingKey::from_jwk(jwk).ok()).flatten()
    }
}

fn fits(parameters: &AlgorithmParameters, algorithm: Algorithm) -> bool {
    matches!(
        (parameters, algorithm),
        (AlgorithmParameters::OctetKeyPair(_), Algorithm::EdDSA)
            | (AlgorithmParameters::EllipticCurve(_), Algorithm::ES256)
            | (AlgorithmParameters::RSA(_), Algorithm::RS256)
    )
}

/// What a source held when it was read.
struct Read {
    set: JwkSet,
    told: Option<DateTime<Utc>>,
    written: Option<SystemTime>,
}

impl Default for Read {
    fn default() -> Self {
        Self { set: JwkSet { keys: Vec::new() }, told: None, written: None }
    }
}

impl Source {
    fn of(source: &str) -> Result<Self, JwksError> {
        if source.starts_with("http://") || source.starts_with("https://") {
            let client = reqwest::Client::builder().timeout(Duration::from_secs(5)).build();
            client
                .map_err(|error| JwksError::Url(source.to_owned(), error))
                .map(|client| Self::Url(client, source.to_owned()))
        } else {
            Ok(Self::File(source.into()))
        }
    }

    async fn read(&self) -> Result<Option<Read>, JwksError> {
        let (mut told, mut written) = (None, None);
        let (from, text) = match self {
            Self::Fixed => return Ok(None),
            Self::File(path) => {
                let text = tokio::fs::read(path).await.map_err(|error| JwksError::File(path.clone(), error))?;
                written = tokio::fs::metadata(path).await.and_then(|file| file.modified()).ok();
                (path.display().to_string(), text)
            }
            Self::Url(client, url) => {
                let fail = |error| JwksError::Url(url.clone(), error);
                let answer =
                    client.get(url).send().await.and_then(reqwest::Response::error_for_status).map_err(fail)?;
                let date = answer.headers().get(http::header::DATE).and_then(|date| date.to_str().ok());
                told = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok()).map(|date| date.to_utc());
                (url.clone(), answer.bytes().await.map_err(fail)?.to_vec())
            }
        };
        let text = &text[..text.len().min(MOST_BYTES)];
        let set = serde_json::from_slice(text).map_err(|error| JwksError::Format(from, error))?;
        Ok(Some(Read { set, told, written }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::issuer::Issuer;

    #[tokio::test(start_paused = true)]
    async fn a_rotated_key_is_found_and_a_missing_file_keeps_the_last() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jwks.json");
        let keys = |seed, id: &str| {
            let mut keys = Issuer::from_seed([seed; 32]).jwks();
            keys.keys[0].common.key_id = Some(id.to_owned());
            serde_json::to_vec(&keys).unwrap()
        };
        std::fs::write(&path, keys(1, "one")).unwrap();
        let jwks = Jwks::load(path.to_str().unwrap(), Duration::from_mins(5)).await.unwrap();
        assert!(jwks.find(Some("one"), Algorithm::EdDSA).await.is_some());
        assert!(jwks.find(Some("one"), Algorithm::ES256).await.is_none(), "the key decides the family");

        std::fs::write(&path, keys(2, "two")).unwrap();
        assert!(jwks.find(Some("two"), Algorithm::EdDSA).await.is_none(), "not more than every ten seconds");
        tokio::time::advance(AT_LEAST).await;
        assert!(jwks.find(Some("two"), Algorithm::EdDSA).await.is_some());

        std::fs::remove_file(&path).unwrap();
        tokio::time::advance(Duration::from_secs(301)).await;
        assert!(jwks.find(Some("two"), Algorithm::EdDSA).await.is_some());
    }
}
