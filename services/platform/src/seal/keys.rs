//! The key file: the only secret that must outlive the database, and must never be kept beside its backups.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use hmac::Hmac;
use sha2::Sha256;

use super::{KEY, Random, hmac};

/// Why a key file cannot be used. No message contains anything of a key.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// It cannot be read, or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A line is wrong.
    #[error("line {0}: {1}")]
    Line(usize, &'static str),
    /// Something is missing.
    #[error("{0}")]
    Missing(&'static str),
}

/// The keys of the vault, read at the start. As a file, a word or two a line, `#` begins a comment, every key 32 bytes in
/// base 64:
///
/// ```text
/// active 2
/// wrapping 1 m1Y…=
/// wrapping 2 q0C…=
/// index kXz…=
/// receipt 8Tb…=
/// ```
///
/// `wrapping` keys wrap data keys; new ones are wrapped with the `active` one. To change it, add a line with a new number,
/// restart, make that active, restart, wrap all stored keys again (`mahila vault rewrap`), then take the old line out. The
/// `index` and `receipt` keys cannot be changed: callers would not be known again, and no receipt that was given out would open.
pub struct Keys {
    pub(super) active: u32,
    pub(super) wrapping: BTreeMap<u32, XChaCha20Poly1305>,
    pub(super) index: Hmac<Sha256>,
    pub(super) receipt: Hmac<Sha256>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<_> = self.wrapping.keys().collect();
        f.debug_struct("Keys").field("active", &self.active).field("wrapping", &ids).finish_non_exhaustive()
    }
}

impl Keys {
    /// Reads a key file.
    ///
    /// # Errors
    /// When it cannot be read, has a line that is not understood, or lacks a key.
    pub fn load(path: &Path) -> Result<Self, KeysError> {
        Self::parse(&std::fs::read_to_string(path)?)
    }

    /// Writes a file of fresh keys, which only its owner can read, for development and for a first installation.
    ///
    /// # Errors
    /// When it cannot be written, or exists: keys are never overwritten, for all they sealed would be lost.
    pub fn generate_file(path: &Path, random: &Random) -> Result<(), KeysError> {
        let fresh = || {
            let mut key = [0; KEY];
            random(&mut key);
            STANDARD.encode(key)
        };
        let text = format!(
            "# Keys of the vault. Whoever has this file and the database reads every name; without it nobody ever will.\n\
             active 1\nwrapping 1 {}\nindex {}\nreceipt {}\n",
            fresh(),
            fresh(),
            fresh()
        );
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        Ok(())
    }

    /// The number of the key that wraps new data keys.
    #[must_use]
    pub const fn active(&self) -> u32 {
        self.active
    }

    /// The numbers of all wrapping keys, in order.
    pub fn numbers(&self) -> impl Iterator<Item = u32> {
        self.wrapping.keys().copied()
    }

    /// Reads the text of a key file.
    ///
    /// # Errors
    /// When a line is not understood, or a key is missing.
    pub fn parse(text: &str) -> Result<Self, KeysError> {
        let mut read = Read::default();
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default();
            let words: Vec<&str> = line.split_whitespace().collect();
            read.line(&words).map_err(|why| KeysError::Line(number + 1, why))?;
        }
        let active = read.active.ok_or(KeysError::Missing("there is no line 'active NUMBER'"))?;
        if !read.wrapping.contains_key(&active) {
            return Err(KeysError::Missing("there is no wrapping key of the active number"));
        }
        Ok(Self {
            active,
            wrapping: read.wrapping.iter().map(|(id, key)| (*id, XChaCha20Poly1305::new(key.into()))).collect(),
            index: hmac(&read.index.ok_or(KeysError::Missing("there is no line 'index KEY'"))?),
            receipt: hmac(&read.receipt.ok_or(KeysError::Missing("there is no line 'receipt KEY'"))?),
        })
    }
}

/// What was read so far.
#[derive(Default)]
struct Read {
    active: Option<u32>,
    wrapping: BTreeMap<u32, [u8; KEY]>,
    index: Option<[u8; KEY]>,
    receipt: Option<[u8; KEY]>,
}

impl Read {
    fn line(&mut self, words: &[&str]) -> Result<(), &'static str> {
        let fresh = match words {
            [] => true,
            ["active", id] => self.active.replace(number(id)?).is_none(),
            ["wrapping", id, key] => {
                let key = self.key(key)?;
                self.wrapping.insert(number(id)?, key).is_none()
            }
            ["index", key] => {
                let key = self.key(key)?;
                self.index.replace(key).is_none()
            }
            ["receipt", key] => {
                let key = self.key(key)?;
                self.receipt.replace(key).is_none()
            }
            _ => return Err("expected 'active NUMBER', 'wrapping NUMBER KEY', 'index KEY' or 'receipt KEY'"),
        };
        if fresh { Ok(()) } else { Err("this stands in the file already") }
    }

    fn key(&self, text: &str) -> Result<[u8; KEY], &'static str> {
        let bytes = STANDARD.decode(text).map_err(|_| "the key is not base 64")?;
        let key: [u8; KEY] = bytes.try_into().map_err(|_| "the key is not 32 bytes long")?;
        let others = self.wrapping.values().chain(&self.index).chain(&self.receipt);
        if key == [0; KEY] {
            return Err("the key is all zeros");
        }
        if others.into_iter().any(|other| *other == key) {
            return Err("the key serves another purpose already");
        }
        Ok(key)
    }
}

fn number(text: &str) -> Result<u32, &'static str> {
    text.parse().map_err(|_| "the number of a key is a whole number below 4294967296")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::seal::os_random;

    fn key(byte: u8) -> String {
        STANDARD.encode([byte; KEY])
    }

    fn refused(text: &str) -> String {
        Keys::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_generated_file_is_the_owners_alone_and_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        Keys::generate_file(&path, &os_random()).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let keys = Keys::load(&path).unwrap();
        assert_eq!(format!("{keys:?}"), "Keys { active: 1, wrapping: [1], .. }");
        assert!(matches!(Keys::generate_file(&path, &os_random()), Err(KeysError::Io(_))));
    }

    #[test]
    fn a_wrong_line_is_named_by_its_number_without_its_key() {
        let good = format!("active 1\nwrapping 1 {}\nindex {}\nreceipt {} # a comment\n\n", key(1), key(2), key(3));
        assert!(Keys::parse(&good).is_ok());
        for (text, expected) in [
            (format!("{good}wrapping 1 {}", key(4)), "line 6: this stands in the file already"),
            (format!("{good}wrapping 2 {}", key(2)), "line 6: the key serves another purpose already"),
            (format!("{good}wrapping 2 {}", key(0)), "line 6: the key is all zeros"),
            (format!("{good}wrapping x {}", key(4)), "line 6: the number of a key is a whole number below 4294967296"),
            (format!("{good}wrapping 2 AAAA"), "line 6: the key is not 32 bytes long"),
            (format!("{good}wrapping 2 sekret"), "line 6: the key is not base 64"),
            (good.replace("active 1", "active 2"), "there is no wrapping key of the active number"),
            (good.replace("active 1", ""), "there is no line 'active NUMBER'"),
            (good.replace("index", "# index"), "there is no line 'index KEY'"),
            (good.replace("receipt", "# receipt"), "there is no line 'receipt KEY'"),
        ] {
            assert_eq!(refused(&text), expected);
        }
        assert!(refused(&format!("wraping 1 {}", key(1))).starts_with("line 1: expected"));
    }
}
