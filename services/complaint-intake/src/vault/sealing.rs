//! Sealing and opening: arithmetic alone, done before a command is submitted and after rows are read, never inside a
//! transaction.

use platform::Refusal;
use platform::seal::{Context, DataKey, Sealer, WrappedKey};
use platform::terms::Term as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::identity::{Identity, Note, Person, SafeContact};
use super::phone::Phone;
use crate::terms::{ContactMode, PersonRole};

const PERSONS: (&str, &str) = ("vault.persons", "sealed");
const NARRATIVES: (&str, &str) = ("vault.narratives", "sealed");
const SAFE_CONTACTS: (&str, &str) = ("vault.safe_contacts", "sealed");
const NOTES: (&str, &str) = ("vault.notes", "sealed");

/// Seals and opens what names anybody.
#[derive(Debug, Clone)]
pub(crate) struct Vault {
    sealer: Sealer,
}

/// A person as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SealedPerson {
    /// Who this is in the complaint.
    pub role: PersonRole,
    /// Name, phone, address, age.
    pub sealed: Vec<u8>,
    /// Finds the same phone again.
    pub phone_index: Option<[u8; 32]>,
}

/// All of a subject as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sealed {
    /// The complaint or call.
    pub subject: Uuid,
    /// Its data key, wrapped. Every subject has one, so that a note can always be added.
    pub wrapped: Vec<u8>,
    /// Those concerned, in the order told.
    pub persons: Vec<SealedPerson>,
    /// What happened.
    pub narrative: Option<Vec<u8>>,
    /// How she may be reached, where there is more to it than the mode.
    pub safe_contact: Option<Vec<u8>>,
}

/// A note as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SealedNote {
    /// The words.
    pub sealed: Vec<u8>,
}

/// What a person's sealed bytes hold. Final: what is stored must be read for as long as it is kept; add fields, drop none.
#[derive(Serialize, Deserialize)]
struct PersonInside {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    address: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    age_years: Option<i32>,
}

/// What a safe contact's sealed bytes hold. Final, as above.
#[derive(Serialize, Deserialize)]
struct SafeContactInside {
    from_minute: i32,
    to_minute: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    words: String,
}

fn context((table, column): (&'static str, &'static str), subject: Uuid) -> Context {
    Context { table, column, subject }
}

impl Vault {
    /// A vault with these keys.
    pub(crate) fn new(sealer: Sealer) -> Self {
        Self { sealer }
    }

    /// Seals all that is told of a subject, under a data key of its own.
    pub(crate) fn seal(&self, subject: Uuid, identity: &Identity) -> Sealed {
        let (key, wrapped) = self.sealer.new_data_key(subject);
        Sealed {
            subject,
            wrapped: wrapped.as_bytes().to_vec(),
            persons: identity.persons.iter().map(|person| self.seal_person(&key, subject, person)).collect(),
            narrative: (!identity.narrative.is_empty())
                .then(|| self.sealer.seal(&key, &context(NARRATIVES, subject), identity.narrative.as_bytes())),
            safe_contact: identity
                .safe_contact
                .has_more()
                .then(|| self.seal_safe_contact(&key, subject, &identity.safe_contact)),
        }
    }

    fn seal_person(&self, key: &DataKey, subject: Uuid, person: &Person) -> SealedPerson {
        let inside = PersonInside {
            name: person.name.clone(),
            phone: person.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            address: person.address.clone(),
            age_years: person.age_years,
        };
        SealedPerson {
            role: person.role,
            sealed: self.sealer.seal(key, &context(PERSONS, subject), &bytes(&inside)),
            phone_index: person.phone.as_ref().map(|phone| self.phone_index(phone)),
        }
    }

    fn seal_safe_contact(&self, key: &DataKey, subject: Uuid, contact: &SafeContact) -> Vec<u8> {
        let inside = SafeContactInside {
            from_minute: contact.from_minute,
            to_minute: contact.to_minute,
            phone: contact.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            words: contact.words.clone(),
        };
        self.sealer.seal(key, &context(SAFE_CONTACTS, subject), &bytes(&inside))
    }

    /// Seals a note under the subject's stored data key.
    ///
    /// # Errors
    /// `INTERNAL` when the stored key does not open.
    pub(crate) fn seal_note(&self, subject: Uuid, wrapped: &[u8], note: &Note) -> Result<SealedNote, Refusal> {
        let key = self.key(subject, wrapped)?;
        Ok(SealedNote { sealed: self.sealer.seal(&key, &context(NOTES, subject), note.0.as_bytes()) })
    }

    /// Opens all that is held of a subject; the mode of contact stands outside.
    ///
    /// # Errors
    /// `INTERNAL` when something does not open: it is damaged, moved, or its key is not at hand.
    pub(crate) fn open(&self, sealed: &Sealed, mode: ContactMode) -> Result<Identity, Refusal> {
        let subject = sealed.subject;
        let key = self.key(subject, &sealed.wrapped)?;
        let open = |place, value: &[u8]| self.sealer.open(&key, &context(place, subject), value).map_err(damaged);
        let mut persons = Vec::with_capacity(sealed.persons.len());
        for person in &sealed.persons {
            let inside: PersonInside = read(&open(PERSONS, &person.sealed)?)?;
            persons.push(Person {
                role: person.role,
                name: inside.name,
                phone: inside.phone.as_deref().and_then(Phone::parse),
                address: inside.address,
                age_years: inside.age_years,
            });
        }
        let narrative =
            sealed.narrative.as_deref().map(|value| open(NARRATIVES, value)).transpose()?.unwrap_or_default();
        let contact = sealed.safe_contact.as_deref().map(|value| open(SAFE_CONTACTS, value)).transpose()?;
        let mut safe_contact = SafeContact { mode, ..SafeContact::never() };
        if let Some(contact) = contact {
            let inside: SafeContactInside = read(&contact)?;
            safe_contact.from_minute = inside.from_minute;
            safe_contact.to_minute = inside.to_minute;
            safe_contact.phone = inside.phone.as_deref().and_then(Phone::parse);
            safe_contact.words = inside.words;
        }
        let narrative = String::from_utf8(narrative).map_err(|_| Refusal::internal())?;
        Ok(Identity { persons, safe_contact, narrative })
    }

    /// Finds the same phone again, and tells nothing without the key.
    pub(crate) fn phone_index(&self, phone: &Phone) -> [u8; 32] {
        self.sealer.blind_index("phone", phone.as_str())
    }

    /// The id of a call, one for all its revisions, so that each can be sealed before it is known whether the call is held.
    /// Keyed, so that it tells nothing of the event.
    pub(crate) fn call_id(&self, source: &str, event: &str) -> Uuid {
        let index = self.sealer.blind_index("call", &format!("{source}/{event}"));
        uuid::Builder::from_random_bytes(std::array::from_fn(|at| index[at])).into_uuid()
    }

    /// What with the number opens `TrackComplaint`. Derived from the complaint's id, never stored.
    pub(crate) fn receipt_secret(&self, complaint: Uuid) -> String {
        self.sealer.receipt_secret(complaint)
    }

    /// Whether it is the secret of that complaint; takes as long for a wrong one.
    pub(crate) fn is_receipt_secret(&self, complaint: Uuid, secret: &str) -> bool {
        self.sealer.verify_receipt_secret(complaint, secret)
    }

    /// Keys the digests of requests, which may hold identity.
    pub(crate) fn digest_key(sealer: &Sealer) -> [u8; 32] {
        sealer.blind_index("request", "digest")
    }

    /// A stored data key wrapped with the active key; `None`: it is already.
    ///
    /// # Errors
    /// Why it does not open. It is the caller's to tell: one that does not is no reason to leave the others.
    pub(crate) fn rewrap(&self, subject: Uuid, wrapped: &[u8]) -> Result<Option<Vec<u8>>, platform::seal::Error> {
        let again = self.sealer.rewrap(subject, &WrappedKey::try_from(wrapped)?)?;
        Ok(again.map(|wrapped| wrapped.as_bytes().to_vec()))
    }

    fn key(&self, subject: Uuid, wrapped: &[u8]) -> Result<DataKey, Refusal> {
        let wrapped = WrappedKey::try_from(wrapped).map_err(damaged)?;
        self.sealer.unwrap(subject, &wrapped).map_err(damaged)
    }
}

fn bytes(inside: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(inside).expect("strings and numbers are plain data")
}

fn read<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, Refusal> {
    // The error of the parser may repeat what it could not read.
    serde_json::from_slice(bytes).map_err(|_| {
        tracing::error!("something in the vault opens, and is not what was sealed");
        Refusal::internal()
    })
}

fn damaged(error: platform::seal::Error) -> Refusal {
    tracing::error!(%error, "something in the vault does not open");
    Refusal::internal()
}

/// The role of a stored number; one that this release does not know is a witness to nothing in particular.
pub(super) fn role(number: i16) -> PersonRole {
    PersonRole::from_number(number.into()).unwrap_or(PersonRole::Witness)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use platform::seal::{Keys, os_random};

    use super::*;

    fn vault() -> Vault {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        Keys::generate_file(&path, &os_random()).unwrap();
        Vault::new(Sealer::new(Keys::load(&path).unwrap(), os_random()))
    }

    fn identity() -> Identity {
        Identity {
            persons: vec![
                Person {
                    role: PersonRole::Complainant,
                    name: "सरोज".into(),
                    phone: Phone::parse("9876543210"),
                    address: "Mohalla".into(),
                    age_years: Some(31),
                },
                Person {
                    role: PersonRole::Respondent,
                    name: String::new(),
                    phone: None,
                    address: String::new(),
                    age_years: None,
                },
            ],
            safe_contact: SafeContact {
                mode: ContactMode::Call,
                from_minute: 600,
                to_minute: 720,
                phone: Phone::parse("9876500000"),
                words: "it is the bank".into(),
            },
            narrative: "What she told".into(),
        }
    }

    #[test]
    fn what_is_sealed_opens_again() {
        let vault = vault();
        let sealed = vault.seal(Uuid::from_u128(7), &identity());
        assert_eq!(vault.open(&sealed, ContactMode::Call).unwrap(), identity());
        assert!(!format!("{sealed:?}").contains("bank"));
    }

    #[test]
    fn nothing_opens_under_another_subject() {
        let vault = vault();
        let sealed = vault.seal(Uuid::from_u128(7), &identity());
        let moved = Sealed { subject: Uuid::from_u128(8), ..sealed.clone() };
        assert_eq!(vault.open(&moved, ContactMode::Call).unwrap_err().reason(), "INTERNAL");
        let other = vault.seal(Uuid::from_u128(9), &identity());
        let mixed = Sealed { persons: other.persons, ..sealed };
        assert_eq!(vault.open(&mixed, ContactMode::Call).unwrap_err().reason(), "INTERNAL");
    }

    #[test]
    fn one_phone_has_one_index_and_nameless_ones_have_a_key_and_no_more() {
        let vault = vault();
        let (one, two) = (vault.seal(Uuid::from_u128(1), &identity()), vault.seal(Uuid::from_u128(2), &identity()));
        assert_eq!(one.persons[0].phone_index, two.persons[0].phone_index);
        assert_ne!(one.persons[0].sealed, two.persons[0].sealed);
        let nameless = Identity { persons: vec![], safe_contact: SafeContact::never(), narrative: String::new() };
        let sealed = vault.seal(Uuid::from_u128(3), &nameless);
        assert_eq!((sealed.persons.len(), &sealed.narrative, &sealed.safe_contact), (0, &None, &None));
        assert_eq!(vault.open(&sealed, ContactMode::Never).unwrap(), nameless);
        assert!(vault.seal_note(Uuid::from_u128(3), &sealed.wrapped, &Note("met her".into())).is_ok());
    }

    #[test]
    fn a_vault_shows_nothing_of_its_keys() {
        let shared = Arc::new(vault());
        assert!(format!("{shared:?}").contains("active"));
        assert!(!format!("{shared:?}").contains("index:"));
    }
}
