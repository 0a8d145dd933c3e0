//! What the law attaches to a category or a section. Substantive law by the date of the offence (IPC before 1 July 2024),
//! so both codes are read.

use serde::{Deserialize, Serialize};

use crate::terms::Category;

impl Category {
    /// Triage is urgent.
    pub(crate) fn is_critical(self) -> bool {
        matches!(self, Self::SexualAssault | Self::Pocso | Self::Abduction | Self::Trafficking | Self::AcidAttack)
    }

    /// What she tells must be recorded by a woman officer: BNS 64 to 71, 74 to 79 and 124 (BNSS 173(1), first proviso).
    pub(crate) fn asks_for_woman_officer(self) -> bool {
        matches!(
            self,
            Self::SexualAssault
                | Self::Pocso
                | Self::AcidAttack
                | Self::Stalking
                | Self::EveTeasing
                | Self::ObsceneCalls
                | Self::CyberHarassment
        )
    }

    /// The station is a party by the nature of it.
    pub(crate) fn is_against_station(self) -> bool {
        self == Self::PoliceConduct
    }

    /// An offence that the POCSO Act knows when it happens to a child (ss. 3 to 15).
    pub(crate) fn is_sexual(self) -> bool {
        matches!(
            self,
            Self::SexualAssault
                | Self::Pocso
                | Self::Stalking
                | Self::EveTeasing
                | Self::ObsceneCalls
                | Self::CyberHarassment
        )
    }
}

/// A section with its act: `BNS 85`, `IPC 498A`, `POCSO 19(6)`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Section(String);

impl Section {
    /// Reads an act (two to twelve capital letters) and a section (a number, letters, subsections in brackets).
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (act, section) = text.trim().split_once(' ')?;
        let section = section.trim();
        let act_fits = (2..=12).contains(&act.len()) && act.bytes().all(|byte| byte.is_ascii_uppercase());
        let section_fits = (1..=16).contains(&section.len())
            && section.starts_with(|c: char| c.is_ascii_digit())
            && section.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'(' | b')' | b'/'));
        (act_fits && section_fits).then(|| Self(format!("{act} {section}")))
    }

    /// As it is written.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Act and the number without letters and subsections: `("IPC", 376)`.
    fn number(&self) -> (&str, u32) {
        let (act, section) = self.0.split_once(' ').unwrap_or((&self.0, ""));
        let digits = section.bytes().take_while(u8::is_ascii_digit).count();
        (act, section[..digits].parse().unwrap_or(0))
    }

    /// Rape or its attempt, for which she is sent to a doctor (BNSS 184(1)).
    pub(crate) fn is_rape(&self) -> bool {
        matches!(self.number(), ("BNS", 63..=71) | ("IPC", 375 | 376) | ("POCSO", 3..=6))
    }

    /// An offence of the POCSO Act.
    pub(crate) fn is_pocso(&self) -> bool {
        self.number().0 == "POCSO"
    }

    /// Its investigation must end in two months: BNS 64 to 68, 70, 71; POCSO 4, 6, 8, 10 (BNSS 193(2)); their
    /// predecessors in the Penal Code (`CrPC` 173(1A)).
    pub(crate) fn ends_in_two_months(&self) -> bool {
        matches!(self.number(), ("BNS", 64..=68 | 70 | 71) | ("IPC", 376) | ("POCSO", 4 | 6 | 8 | 10))
    }

    /// A woman officer must record it: BNS 64 to 71, 74 to 79, 124 (BNSS 173(1), first proviso).
    pub(crate) fn asks_for_woman_officer(&self) -> bool {
        matches!(
            self.number(),
            ("BNS", 64..=71 | 74..=79 | 124) | ("IPC", 326 | 354 | 376 | 509)
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn section(text: &str) -> Section {
        Section::parse(text).unwrap()
    }

    #[test]
    fn sections_mean_what_the_law_says() {
        for (text, rape, two_months, pocso, woman) in [
            ("BNS 64", true, true, false, true),
            ("BNS 65(2)", true, true, false, true),
            ("BNS 69", true, false, false, true),
            ("BNS 71", true, true, false, true),
            ("BNS 72", false, false, false, false),
            ("BNS 74", false, false, false, true),
            ("BNS 78(2)", false, false, false, true),
            ("BNS 80", false, false, false, false),
            ("BNS 85", false, false, false, false),
            ("BNS 124(1)", false, false, false, true),
            ("IPC 376D", true, true, false, true),
            ("IPC 354A", false, false, false, true),
            ("IPC 498A", false, false, false, false),
            ("POCSO 4", true, true, true, false),
            ("POCSO 8", false, true, true, false),
            ("POCSO 12", false, false, true, false),
            ("BNSS 173(1)", false, false, false, false),
        ] {
            let section = section(text);
            assert_eq!(
                (section.is_rape(), section.ends_in_two_months(), section.is_pocso(), section.asks_for_woman_officer()),
                (rape, two_months, pocso, woman),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_section_is_refused() {
        for text in ["", "BNS", "BNS ", "85", "bns 85", "B 85", "BNS s85", "BNS 85 of 2023", "Saroj 1", "BNS 85; DROP"]
        {
            assert_eq!(Section::parse(text), None, "{text}");
        }
        assert_eq!(section(" BNS  85 ").as_str(), "BNS 85");
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic_and_what_is_read_is_stable(text in "\\PC{0,24}|[A-Z]{2,5} [0-9]{1,4}[A-Z]?") {
            if let Some(section) = Section::parse(&text) {
                prop_assert_eq!(Section::parse(section.as_str()), Some(section.clone()));
                let _ = (section.is_rape(), section.ends_in_two_months());
            }
        }
    }
}
