//! Identity on the wire: parsed here, shown here, and nowhere else.

use mahila_proto::intake::v1 as wire;
use platform::fields::Fields;
use platform::journal::{Audience, Event, Kind};
use platform::terms::Term as _;
use prost::Message as _;
use uuid::Uuid;

use super::identity::{Identity, Note, Person, SafeContact};
use super::phone::Phone;
use crate::terms::{ContactMode, Purpose};

/// Journal kind: identity was read. Never on a feed; it is the access log.
pub(crate) const IDENTITY_REVEALED: Kind = Kind { name: "intake.identity.revealed", audience: Audience::Private };

/// Journal kind: data keys were wrapped again. Access log too: who wraps them has opened them.
pub(crate) const REWRAPPED: Kind = Kind { name: "intake.vault.rewrapped", audience: Audience::Private };

/// Persons of one complaint at most.
const PERSONS: usize = 10;

/// Identity was read.
#[derive(Debug)]
pub(crate) struct Revealed {
    /// Whose.
    pub complaint: Uuid,
    /// For what.
    pub purpose: Purpose,
    /// In the reader's words.
    pub reason: String,
}

impl Event for Revealed {
    fn kind(&self) -> Kind {
        IDENTITY_REVEALED
    }

    fn subject(&self) -> String {
        self.complaint.to_string()
    }

    fn payload(&self) -> Vec<u8> {
        wire::IdentityRevealed { purpose: self.purpose.number().into(), reason: self.reason.clone() }.encode_to_vec()
    }
}

/// Data keys were wrapped again.
#[derive(Debug)]
pub(crate) struct DataKeysRewrapped {
    /// With which key.
    pub key: u32,
    /// How many.
    pub data_keys: u64,
}

impl Event for DataKeysRewrapped {
    fn kind(&self) -> Kind {
        REWRAPPED
    }

    fn subject(&self) -> String {
        format!("keys/{}", self.key)
    }

    fn payload(&self) -> Vec<u8> {
        wire::DataKeysRewrapped { key: self.key, data_keys: self.data_keys }.encode_to_vec()
    }
}

/// Reads those concerned.
pub(crate) fn persons(fields: &mut Fields, field: &str, persons: &[wire::Person]) -> Vec<Person> {
    fields.at_most(field, persons, PERSONS);
    let read = |(place, told)| fields.nested(&format!("{field}[{place}]"), |fields| person(fields, told));
    persons.iter().take(PERSONS).enumerate().filter_map(read).collect()
}

/// Reads a person. `None` only with a violation.
pub(crate) fn person(fields: &mut Fields, told: &wire::Person) -> Option<Person> {
    let role = fields.term("role", told.role);
    Some(Person {
        name: fields.text("name", &told.name, 200),
        phone: phone(fields, "phone", &told.phone),
        address: fields.text("address", &told.address, 500),
        age_years: told.age_years.map(|years| fields.within("age_years", years, 0, 130)),
        role: role?,
    })
}

fn phone(fields: &mut Fields, field: &str, told: &str) -> Option<Phone> {
    if told.trim().is_empty() {
        return None;
    }
    let phone = Phone::parse(told);
    if phone.is_none() {
        fields.wrong(
            field,
            "must be an Indian number of ten digits, or one of another country with +",
            "दस अंकों का भारतीय नंबर, या + सहित विदेशी नंबर होना चाहिए",
        );
    }
    phone
}

/// Reads how she may be reached. The mode is asked with the first word.
pub(crate) fn safe_contact(fields: &mut Fields, field: &str, told: Option<&wire::SafeContact>) -> SafeContact {
    let absent = wire::SafeContact::default();
    let told = told.unwrap_or(&absent);
    fields.nested(field, |fields| {
        let mode = fields.term("mode", told.mode).unwrap_or(ContactMode::Never);
        let from_minute = fields.within("from_minute", told.from_minute, 0, 1440);
        let to_minute = fields.within("to_minute", told.to_minute, 0, 1440);
        // Hours that end before they begin would be read as "at any hour" by somebody in a hurry.
        if mode == ContactMode::Call && from_minute >= to_minute {
            fields.wrong(
                "to_minute",
                "with CALL, hours must be given that end after they begin",
                "CALL के साथ समय देना आवश्यक है, अंत आरंभ के बाद",
            );
        }
        SafeContact {
            mode,
            from_minute,
            to_minute,
            phone: phone(fields, "phone", &told.phone),
            words: fields.text("words", &told.words, 200),
        }
    })
}

/// Reads what happened.
pub(crate) fn narrative(fields: &mut Fields, field: &str, told: &str, most: usize) -> String {
    fields.text(field, told, most)
}

/// Reads words about a step; `None`: none.
pub(crate) fn note(fields: &mut Fields, field: &str, told: &str) -> Option<Note> {
    let text = fields.text(field, told, 4000);
    (!text.is_empty()).then_some(Note(text))
}

/// Shows identity.
pub(crate) fn reveal(identity: &Identity) -> wire::RevealIdentityResponse {
    let contact = &identity.safe_contact;
    let number = |phone: &Option<Phone>| phone.as_ref().map(|phone| phone.as_str().to_owned()).unwrap_or_default();
    wire::RevealIdentityResponse {
        persons: identity
            .persons
            .iter()
            .map(|person| wire::Person {
                role: person.role.number().into(),
                name: person.name.clone(),
                phone: number(&person.phone),
                address: person.address.clone(),
                age_years: person.age_years,
            })
            .collect(),
        safe_contact: Some(wire::SafeContact {
            mode: contact.mode.number().into(),
            from_minute: contact.from_minute,
            to_minute: contact.to_minute,
            phone: number(&contact.phone),
            words: contact.words.clone(),
        }),
        narrative: identity.narrative.clone(),
    }
}
