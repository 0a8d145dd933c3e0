//! Invented people. Every name and address carries the word "Kalpit" (कल्पित, fictitious), and every phone number starts
//! with digits that no subscriber has, so that whoever meets one knows what it is, and a search for either finds whatever
//! left the vault.

use mahila_proto::intake::v1::{Category, ContactMode, Person, PersonRole, SafeContact};

use super::draw::Draw;

/// In every English name, address and narrative.
pub const MARK_EN: &str = "Kalpit";
/// In every Hindi name, address and narrative.
pub const MARK_HI: &str = "कल्पित";
/// Every number starts so, and has six more digits. No subscriber in India has a number that begins with 1: that level is for
/// services such as 112.
pub const PHONE_PREFIX: &str = "1000";

const GIVEN: [(&str, &str); 32] = [
    ("Asha", "आशा"),
    ("Anita", "अनीता"),
    ("Babita", "बबीता"),
    ("Chandni", "चाँदनी"),
    ("Deepa", "दीपा"),
    ("Farida", "फ़रीदा"),
    ("Geeta", "गीता"),
    ("Gulnaz", "गुलनाज़"),
    ("Hema", "हेमा"),
    ("Ishrat", "इशरत"),
    ("Jyoti", "ज्योति"),
    ("Kamla", "कमला"),
    ("Kavita", "कविता"),
    ("Lakshmi", "लक्ष्मी"),
    ("Madhu", "मधु"),
    ("Meena", "मीना"),
    ("Mumtaz", "मुमताज़"),
    ("Nasreen", "नसरीन"),
    ("Neelam", "नीलम"),
    ("Parvati", "पार्वती"),
    ("Phoolmati", "फूलमती"),
    ("Pooja", "पूजा"),
    ("Rajni", "रजनी"),
    ("Rekha", "रेखा"),
    ("Rukhsana", "रुख़साना"),
    ("Sarita", "सरिता"),
    ("Savitri", "सावित्री"),
    ("Shabana", "शबाना"),
    ("Sunita", "सुनीता"),
    ("Tara", "तारा"),
    ("Urmila", "उर्मिला"),
    ("Vidya", "विद्या"),
];

const GIVEN_MEN: [(&str, &str); 12] = [
    ("Ajay", "अजय"),
    ("Dinesh", "दिनेश"),
    ("Firoz", "फ़िरोज़"),
    ("Ganesh", "गणेश"),
    ("Harish", "हरीश"),
    ("Imran", "इमरान"),
    ("Mukesh", "मुकेश"),
    ("Naresh", "नरेश"),
    ("Rajesh", "राजेश"),
    ("Salim", "सलीम"),
    ("Suresh", "सुरेश"),
    ("Vinod", "विनोद"),
];

/// What follows the word in a family name: 36 families.
const FAMILY: [(&str, &str); 36] = [
    ("", ""),
    ("wal", "वाल"),
    ("kar", "कर"),
    ("iya", "िया"),
    ("pal", "पाल"),
    ("raj", "राज"),
    ("das", "दास"),
    ("dev", "देव"),
    ("singh", "सिंह"),
    ("wati", "वती"),
    ("nath", "नाथ"),
    ("ram", "राम"),
    ("prasad", "प्रसाद"),
    ("lal", "लाल"),
    ("khan", "ख़ान"),
    ("ansari", "अंसारी"),
    ("beg", "बेग"),
    ("shah", "शाह"),
    ("gaur", "गौर"),
    ("jain", "जैन"),
    ("nagar", "नागर"),
    ("bhatt", "भट्ट"),
    ("rai", "राय"),
    ("sen", "सेन"),
    ("dutt", "दत्त"),
    ("mani", "मणि"),
    ("roy", "रॉय"),
    ("giri", "गिरि"),
    ("puri", "पुरी"),
    ("bharti", "भारती"),
    ("verma", "वर्मा"),
    ("gupta", "गुप्ता"),
    ("yadav", "यादव"),
    ("maurya", "मौर्य"),
    ("pandey", "पांडेय"),
    ("mishra", "मिश्र"),
];

/// An invented woman: the same number is the same woman.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Woman(pub usize);

impl Woman {
    /// How many numbers are free; her phone has room for no more.
    pub const MOST: usize = 1_000_000;

    fn hindi(self) -> bool {
        !self.0.is_multiple_of(3)
    }

    /// Her name, in one script or the other: 1,152 different ones.
    #[must_use]
    pub fn name(self) -> String {
        let given = GIVEN[self.0 % GIVEN.len()];
        full_name(given, self.0 / GIVEN.len(), self.hindi())
    }

    /// Her number, ten digits, hers alone.
    #[must_use]
    pub fn phone(self) -> String {
        format!("{PHONE_PREFIX}{:06}", self.0 % Self::MOST)
    }

    /// Her address.
    #[must_use]
    pub fn address(self) -> String {
        let house = self.0 % 180 + 1;
        if self.hindi() {
            format!("मकान {house}, {MARK_HI} नगर")
        } else {
            format!("House {house}, {MARK_EN} Nagar")
        }
    }

    /// He whom she complains against.
    #[must_use]
    pub fn respondent(self) -> String {
        full_name(GIVEN_MEN[self.0 % GIVEN_MEN.len()], self.0 / 7, self.hindi())
    }

    /// What she told.
    #[must_use]
    pub fn narrative(self, category: Category) -> String {
        let (name, other) = (self.name(), self.respondent());
        let words = label(category);
        if self.hindi() {
            format!("मैं {name}। {other} ने मेरे साथ दुर्व्यवहार किया। विषय: {}। मुझे न्याय चाहिए।", words.1)
        } else {
            format!("I am {name}. {other} has wronged me: {}. I ask for help.", words.0.to_lowercase())
        }
    }

    /// As she who complains; phone, address and age only as far as she gave them.
    #[must_use]
    pub fn complainant(self, draw: &mut Draw) -> Person {
        Person {
            role: PersonRole::Complainant.into(),
            name: self.name(),
            phone: if draw.per_mille(750) { self.phone() } else { String::new() },
            address: if draw.per_mille(600) { self.address() } else { String::new() },
            age_years: draw.per_mille(700).then(|| draw.between(18, 70)),
        }
    }

    /// How she may be reached.
    #[must_use]
    pub fn safe_contact(self, draw: &mut Draw) -> SafeContact {
        let mode = draw.weighted(&[
            (ContactMode::Call, 55),
            (ContactMode::Never, 20),
            (ContactMode::InPerson, 15),
            (ContactMode::ThroughTrusted, 10),
        ]);
        if mode != ContactMode::Call {
            return SafeContact { mode: mode.into(), ..SafeContact::default() };
        }
        SafeContact {
            mode: mode.into(),
            from_minute: 60 * draw.between(10, 12),
            to_minute: 60 * draw.between(13, 17),
            phone: if draw.per_mille(150) {
                Self((self.0 + Self::MOST / 2) % Self::MOST).phone()
            } else {
                String::new()
            },
            words: if draw.per_mille(300) { format!("{MARK_EN} sewing class") } else { String::new() },
        }
    }
}

fn full_name(given: (&str, &str), family: usize, hindi: bool) -> String {
    let family = FAMILY[family % FAMILY.len()];
    if hindi { format!("{} {MARK_HI}{}", given.1, family.1) } else { format!("{} {MARK_EN}{}", given.0, family.0) }
}

fn label(category: Category) -> (&'static str, &'static str) {
    mahila_proto::label("mahila.intake.v1.Category", category.into()).map_or(("", ""), |label| (label.en, label.hi))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_thousand_names_and_numbers_all_carry_their_mark() {
        let women: Vec<_> = (0..10_000).map(Woman).collect();
        let names: BTreeSet<String> = women.iter().map(|woman| woman.name()).collect();
        let phones: BTreeSet<String> = women.iter().map(|woman| woman.phone()).collect();
        assert!(names.len() >= 1_000, "{}", names.len());
        assert_eq!(phones.len(), 10_000);
        assert!(names.iter().all(|name| name.contains(MARK_EN) || name.contains(MARK_HI)));
        assert!(phones.iter().all(|phone| phone.len() == 10 && phone.starts_with(PHONE_PREFIX)));
        for woman in women {
            let told = woman.narrative(Category::DomesticViolence);
            assert!(told.contains(&woman.name()) && told.contains(&woman.respondent()), "{told}");
        }
    }

    #[test]
    fn no_place_of_the_roll_carries_the_mark() {
        for file in [
            include_str!("../../../../station-registry/data/stations.csv"),
            include_str!("../../../../station-registry/data/units.csv"),
        ] {
            assert!(!file.to_lowercase().contains(&MARK_EN.to_lowercase()) && !file.contains(MARK_HI));
        }
    }
}
