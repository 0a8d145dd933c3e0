//! Sealing of identity: names, phones, addresses and narratives are stored only as this file leaves them.
//!
//! Every subject has a data key of its own, stored wrapped by a key-encryption key that never leaves the key file and the
//! memory of the process. Destroying the wrapped key forgets the subject. All is XChaCha20-Poly1305, whose 24-byte nonces
//! may be drawn at random for ever. Nothing here waits: keys are read at the start, wrapping is arithmetic.
//!
//! ## Layout, version 1 (final: what is stored must open for as long as it is kept)
//!
//! | bytes | wrapped data key (79 bytes) | sealed value (47 bytes more than the plaintext) |
//! |---|---|---|
//! | 0..2 | `mk` | `mv` |
//! | 2 | 1 | 1 |
//! | 3..7 | id of the key-encryption key, big endian | id of the data key, big endian |
//! | 7..31 | nonce | nonce |
//! | 31.. | the data key, encrypted, and a tag of 16 bytes | the plaintext, encrypted, and a tag of 16 bytes |
//!
//! Associated data of a wrapped key: `mahila.seal.key`, 0, bytes 0..7, the subject's 16 bytes. Of a value:
//! `mahila.seal.value`, 0, bytes 0..7, the subject's 16 bytes, the table's name, 0, the column's name. So neither opens
//! under another subject, table, column, key or version. The id of a data key is the first four bytes of
//! HMAC-SHA256(data key, `mahila.seal.id`): it tells a wrong key from a damaged value, and nothing else.
//!
//! An index for exact search is HMAC-SHA256(index key, `mahila.index`, 0, kind, 0, normalised text). The secret on a
//! complainant's receipt is the first 40 bits of HMAC-SHA256(receipt key, `mahila.receipt`, 0, the complaint's 16 bytes).

mod keys;
mod receipt;

use std::fmt;
use std::sync::Arc;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;

pub use keys::{Keys, KeysError};

const VERSION: u8 = 1;
const HEADER: usize = 7;
const NONCE: usize = 24;
const TAG: usize = 16;
const KEY: usize = 32;
/// Length of a wrapped data key.
const WRAPPED: usize = HEADER + NONCE + KEY + TAG;
const KEY_MAGIC: [u8; 2] = *b"mk";
const VALUE_MAGIC: [u8; 2] = *b"mv";

/// Fills bytes at random. Handed in, so that tests can say what comes.
pub type Random = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// The system's random source.
///
/// # Panics
/// The returned function, when the system has none. Linux always has one after its start.
#[must_use]
pub fn os_random() -> Random {
    Arc::new(|bytes| getrandom::fill(bytes).expect("the system has a random source"))
}

/// Why something does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It was sealed with a key that is not this one, or not in the key file.
    #[error("it was sealed with key {0}, which is not at hand")]
    UnknownKey(u32),
    /// It is damaged, or belongs to another subject, table or column.
    #[error("it is damaged, or was sealed for another place")]
    NotAuthentic,
    /// It is too short, or of a version that this program does not know.
    #[error("it is not a sealed value of a known version")]
    Format,
}

/// Where a value belongs. It opens there and nowhere else, so a renamed table or column needs its values sealed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// Whose it is.
    pub subject: Uuid,
}

/// A subject's data key, in memory while a transaction needs it.
pub struct DataKey {
    id: u32,
    cipher: XChaCha20Poly1305,
}

impl DataKey {
    fn new(bytes: &[u8; KEY]) -> Self {
        let mac = mac(&hmac(bytes), &[b"mahila.seal.id"]);
        let id = u32::from_be_bytes(std::array::from_fn(|at| mac[at]));
        Self { id, cipher: XChaCha20Poly1305::new(bytes.into()) }
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataKey({})", self.id)
    }
}

/// A data key as it is stored, 79 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey([u8; WRAPPED]);

impl WrappedKey {
    /// The bytes to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The key-encryption key that it was wrapped with.
    #[must_use]
    pub fn key_id(&self) -> u32 {
        Sealed { bytes: &self.0 }.id()
    }
}

/// How a stored wrapped key begins: enough to know which key it was wrapped with, and of no use for anything else.
pub const WRAPPED_HEADER: usize = HEADER;

/// The key-encryption key that a stored data key was wrapped with, by its first [`WRAPPED_HEADER`] bytes; `None` when they
/// are not those of a wrapped key.
#[must_use]
pub fn wrapped_with(header: &[u8]) -> Option<u32> {
    let known = header.starts_with(&KEY_MAGIC) && header.get(2) == Some(&VERSION);
    header.get(3..HEADER).filter(|_| known)?.try_into().ok().map(u32::from_be_bytes)
}

impl TryFrom<&[u8]> for WrappedKey {
    type Error = Error;

    /// Reads stored bytes.
    ///
    /// # Errors
    /// [`Error::Format`] when they are not a wrapped key.
    fn try_from(bytes: &[u8]) -> Result<Self, Error> {
        Sealed::read(bytes, KEY_MAGIC)?;
        bytes.try_into().map(Self).map_err(|_| Error::Format)
    }
}

/// Seals and opens. Cheap to clone.
#[derive(Clone)]
pub struct Sealer {
    keys: Arc<Keys>,
    random: Random,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sealer").field(&self.keys).finish()
    }
}

impl Sealer {
    /// Seals with these keys.
    #[must_use]
    pub fn new(keys: Keys, random: Random) -> Self {
        Self { keys: Arc::new(keys), random }
    }

    /// A data key for a subject, and what to store of it.
    #[must_use]
    pub fn new_data_key(&self, subject: Uuid) -> (DataKey, WrappedKey) {
        let bytes: [u8; KEY] = self.draw();
        (DataKey::new(&bytes), self.wrap(subject, &bytes, self.draw()))
    }

    /// A subject's stored data key.
    ///
    /// # Errors
    /// [`Error::UnknownKey`] when the key file lacks the key it was wrapped with; [`Error::NotAuthentic`] when it is
    /// damaged or another subject's.
    pub fn unwrap(&self, subject: Uuid, wrapped: &WrappedKey) -> Result<DataKey, Error> {
        self.unwrap_bytes(subject, wrapped).map(|bytes| DataKey::new(&bytes))
    }

    /// The same data key wrapped with the active key, when it was wrapped with another one. Sealed values stay as they are.
    ///
    /// # Errors
    /// Like [`Sealer::unwrap`].
    pub fn rewrap(&self, subject: Uuid, wrapped: &WrappedKey) -> Result<Option<WrappedKey>, Error> {
        if wrapped.key_id() == self.keys.active {
            return Ok(None);
        }
        let bytes = self.unwrap_bytes(subject, wrapped)?;
        Ok(Some(self.wrap(subject, &bytes, self.draw())))
    }

    fn unwrap_bytes(&self, subject: Uuid, wrapped: &WrappedKey) -> Result<[u8; KEY], Error> {
        let sealed = Sealed::read(&wrapped.0, KEY_MAGIC)?;
        let cipher = self.keys.wrapping.get(&sealed.id()).ok_or(Error::UnknownKey(sealed.id()))?;
        let bytes = sealed.open(cipher, &key_place(sealed.header(), subject))?;
        bytes.try_into().map_err(|_| Error::Format)
    }

    fn wrap(&self, subject: Uuid, bytes: &[u8; KEY], nonce: [u8; NONCE]) -> WrappedKey {
        let header = header(KEY_MAGIC, self.keys.active);
        let sealed = seal(&self.keys.wrapping[&self.keys.active], header, nonce, &key_place(&header, subject), bytes);
        WrappedKey(sealed.try_into().expect("a key of 32 bytes is wrapped in 79"))
    }

    /// Seals `plaintext` for one place. It becomes 47 bytes longer, and no two results are alike.
    #[must_use]
    pub fn seal(&self, key: &DataKey, context: &Context, plaintext: &[u8]) -> Vec<u8> {
        seal_value(key, context, plaintext, self.draw())
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// [`Error::UnknownKey`] when it was sealed with another data key; [`Error::NotAuthentic`] when it is damaged or
    /// belongs elsewhere; [`Error::Format`] when it is no sealed value.
    pub fn open(&self, key: &DataKey, context: &Context, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let sealed = Sealed::read(sealed, VALUE_MAGIC)?;
        if sealed.id() != key.id {
            return Err(Error::UnknownKey(sealed.id()));
        }
        sealed.open(&key.cipher, &value_place(sealed.header(), context))
    }

    /// What to look up by instead of `normalised`: alike for alike text, and of no use without the index key. `kind` keeps
    /// indexes apart, `phone` and `name` for instance.
    #[must_use]
    pub fn blind_index(&self, kind: &'static str, normalised: &str) -> [u8; 32] {
        mac(&self.keys.index, &[b"mahila.index", &[0], kind.as_bytes(), &[0], normalised.as_bytes()])
    }

    /// The secret on a complainant's receipt, `K7QM-2XFD`: with it she follows her complaint without a login. Derived, so
    /// never stored; 40 bits, so tries must be limited where it is asked for.
    #[must_use]
    pub fn receipt_secret(&self, complaint_id: Uuid) -> String {
        receipt::written(self.receipt_bits(complaint_id))
    }

    /// Whether `secret` is the complaint's, however it was typed: small letters, without the dash, O for 0, I or L for 1.
    /// Takes as long for a wrong secret as for the right one.
    #[must_use]
    pub fn verify_receipt_secret(&self, complaint_id: Uuid, secret: &str) -> bool {
        let expected = self.receipt_bits(complaint_id);
        receipt::read(secret).is_some_and(|bits| {
            let differ = expected.iter().zip(bits).fold(0, |differ, (expected, given)| differ | (expected ^ given));
            std::hint::black_box(differ) == 0
        })
    }

    fn receipt_bits(&self, complaint_id: Uuid) -> [u8; 5] {
        let mac = mac(&self.keys.receipt, &[b"mahila.receipt", &[0], complaint_id.as_bytes()]);
        std::array::from_fn(|at| mac[at])
    }

    fn draw<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.random)(&mut bytes);
        bytes
    }
}

/// The same with a nonce that is given. A nonce may serve once a key: only the sealer and its tests call this.
fn seal_value(key: &DataKey, context: &Context, plaintext: &[u8], nonce: [u8; NONCE]) -> Vec<u8> {
    let header = header(VALUE_MAGIC, key.id);
    seal(&key.cipher, header, nonce, &value_place(&header, context), plaintext)
}

fn seal(
    cipher: &XChaCha20Poly1305,
    header: [u8; HEADER],
    nonce: [u8; NONCE],
    place: &[u8],
    plaintext: &[u8],
) -> Vec<u8> {
    let payload = Payload { msg: plaintext, aad: place };
    let encrypted = cipher.encrypt(&XNonce::from(nonce), payload).expect("nobody seals 256 GiB at once");
    [&header[..], &nonce, &encrypted].concat()
}

/// Bytes that have the shape of something sealed.
struct Sealed<'a> {
    bytes: &'a [u8],
}

impl<'a> Sealed<'a> {
    fn read(bytes: &'a [u8], magic: [u8; 2]) -> Result<Self, Error> {
        let known = bytes.starts_with(&magic) && bytes.get(2) == Some(&VERSION);
        let whole = bytes.len() >= HEADER + NONCE + TAG;
        if known && whole { Ok(Self { bytes }) } else { Err(Error::Format) }
    }

    fn header(&self) -> &'a [u8] {
        &self.bytes[..HEADER]
    }

    fn id(&self) -> u32 {
        u32::from_be_bytes(std::array::from_fn(|at| self.bytes[3 + at]))
    }

    fn open(&self, cipher: &XChaCha20Poly1305, place: &[u8]) -> Result<Vec<u8>, Error> {
        let nonce: [u8; NONCE] = std::array::from_fn(|at| self.bytes[HEADER + at]);
        let payload = Payload { msg: &self.bytes[HEADER + NONCE..], aad: place };
        cipher.decrypt(&XNonce::from(nonce), payload).map_err(|_| Error::NotAuthentic)
    }
}

fn header(magic: [u8; 2], id: u32) -> [u8; HEADER] {
    let mut header = [VERSION; HEADER];
    header[..2].copy_from_slice(&magic);
    header[3..].copy_from_slice(&id.to_be_bytes());
    header
}

fn key_place(header: &[u8], subject: Uuid) -> Vec<u8> {
    [b"mahila.seal.key\0", header, subject.as_bytes()].concat()
}

/// Names of tables and columns contain no zero byte, so no two places are written alike.
fn value_place(header: &[u8], context: &Context) -> Vec<u8> {
    let Context { table, column, subject } = context;
    [b"mahila.seal.value\0", header, subject.as_bytes(), table.as_bytes(), &[0], column.as_bytes()].concat()
}

fn hmac(key: &[u8; KEY]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("a key of an HMAC may be of any length")
}

fn mac(keyed: &Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = keyed.clone();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests;
