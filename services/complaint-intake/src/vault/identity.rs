//! Identity in the clear: lives between the wire and the seal, in no log, span, error or `Debug` output.

use super::phone::Phone;
use crate::terms::{ContactMode, PersonRole};

/// A person, as told. Everything may be missing.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// Who this is in the complaint.
    pub role: PersonRole,
    /// Empty: not told.
    pub name: String,
    /// `None`: not told.
    pub phone: Option<Phone>,
    /// Empty: not told.
    pub address: String,
    /// Years, 0 to 130; `None`: not known.
    pub age_years: Option<i32>,
}

/// How she may be reached safely.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SafeContact {
    /// Whether and how.
    pub mode: ContactMode,
    /// From this minute after midnight IST.
    pub from_minute: i32,
    /// To this minute after midnight IST.
    pub to_minute: i32,
    /// A number that is safe to ring, if other than hers.
    pub phone: Option<Phone>,
    /// What to say when another picks up.
    pub words: String,
}

impl SafeContact {
    /// Never ring: what holds until she says otherwise.
    pub(crate) fn never() -> Self {
        Self { mode: ContactMode::Never, from_minute: 0, to_minute: 0, phone: None, words: String::new() }
    }

    /// There is more to it than the mode, which stands with the complaint.
    pub(crate) fn has_more(&self) -> bool {
        self.from_minute != 0 || self.to_minute != 0 || self.phone.is_some() || !self.words.is_empty()
    }
}

/// All that is told of a complaint or call that names anybody.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Those concerned, as they were told.
    pub persons: Vec<Person>,
    /// How she may be reached.
    pub safe_contact: SafeContact,
    /// What happened; empty: not told.
    pub narrative: String,
}

impl Identity {
    /// Whether she to whom it happened is under 18 (POCSO 2(1)(d)): the victim's age counts, else the complainant's.
    /// `None`: not known.
    pub(crate) fn is_child(&self) -> Option<bool> {
        let age = |role| self.persons.iter().filter(move |person| person.role == role).map(|person| person.age_years);
        let victims: Vec<_> = age(PersonRole::Victim).collect();
        let ages = if victims.is_empty() { age(PersonRole::Complainant).collect() } else { victims };
        if ages.iter().flatten().any(|years| *years < 18) {
            return Some(true);
        }
        let all_known = !ages.is_empty() && ages.iter().all(Option::is_some);
        all_known.then_some(false)
    }
}

/// Words about an action or a feedback call; empty: none.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Note(pub String);

macro_rules! shows_nothing {
    ($($name:ident),+) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(***)"))
            }
        }
    )+};
}
shows_nothing!(Person, SafeContact, Identity, Note);

#[cfg(test)]
mod tests {
    use super::*;

    fn person(role: PersonRole, age_years: Option<i32>) -> Person {
        Person { role, name: "Planted".into(), phone: None, address: "Planted".into(), age_years }
    }

    fn identity(persons: Vec<Person>) -> Identity {
        Identity { persons, safe_contact: SafeContact::never(), narrative: "Planted".into() }
    }

    #[test]
    fn the_victims_age_counts_and_an_unknown_one_is_not_an_adults() {
        use PersonRole::{Complainant, Informant, Victim};
        for (persons, child) in [
            (vec![], None),
            (vec![person(Complainant, Some(40))], Some(false)),
            (vec![person(Complainant, Some(17))], Some(true)),
            (vec![person(Complainant, None)], None),
            (vec![person(Complainant, Some(40)), person(Victim, Some(12))], Some(true)),
            (vec![person(Complainant, Some(40)), person(Victim, None)], None),
            (vec![person(Complainant, Some(16)), person(Victim, Some(18))], Some(false)),
            (vec![person(Victim, Some(30)), person(Victim, Some(17))], Some(true)),
            (vec![person(Informant, Some(12))], None),
        ] {
            assert_eq!(identity(persons).is_child(), child);
        }
    }

    #[test]
    fn identity_shows_nothing_of_itself() {
        let identity = identity(vec![person(PersonRole::Victim, Some(12))]);
        let shown =
            format!("{identity:?} {:?} {:?} {:?}", identity.persons, identity.safe_contact, Note("Planted".into()));
        assert!(!shown.contains("Planted"), "{shown}");
        assert!(shown.contains("Person(***)"));
    }
}
