//! Terms: the enums of the contract as plain Rust enums, so that rules need no generated code. A term is stored and sent by
//! its number; [`check`] holds each against the contract.

use mahila_proto::LABELS;

/// A closed set of values that the contract names and numbers.
pub trait Term: Copy + Eq + Sized + 'static {
    /// The contract's name of the enum: `mahila.intake.v1.Category`.
    const CONTRACT: &'static str;
    /// Every value, in the order of its number.
    const ALL: &'static [Self];

    /// The number on the wire and in the database; never 0.
    fn number(self) -> i16;

    /// The value of a number; `None` for 0 (unspecified) and for numbers that this release does not know.
    #[must_use]
    fn from_number(number: i32) -> Option<Self> {
        Self::ALL.iter().copied().find(|term| i32::from(term.number()) == number)
    }

    /// The contract's name of the value: `CATEGORY_DOMESTIC_VIOLENCE`.
    #[must_use]
    fn name(self) -> &'static str {
        mahila_proto::label(Self::CONTRACT, i32::from(self.number())).map_or("", |label| label.name)
    }

    /// What a person reads for it, English and Hindi.
    #[must_use]
    fn label(self) -> (&'static str, &'static str) {
        mahila_proto::label(Self::CONTRACT, i32::from(self.number())).map_or(("", ""), |label| (label.en, label.hi))
    }
}

/// What one value of an enum is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// The contract's name of the value: `CATEGORY_DOMESTIC_VIOLENCE`.
    pub name: &'static str,
    /// English.
    pub en: &'static str,
    /// Hindi.
    pub hi: &'static str,
}

/// The label of a value by the contract's name of its enum and its number: for whoever counts or shows values and decides
/// nothing by them. `None` for 0 and for numbers that this release does not know.
#[must_use]
pub fn label(contract: &str, number: i32) -> Option<Label> {
    mahila_proto::label(contract, number).map(|label| Label { name: label.name, en: label.en, hi: label.hi })
}

/// Declares a term: `term! { /// doc pub enum Risk: "mahila.intake.v1.Risk" { /// doc Low = 1 } }`.
#[macro_export]
macro_rules! term {
    ($(#[$doc:meta])* pub enum $name:ident: $contract:literal { $($(#[$value_doc:meta])* $value:ident = $number:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[repr(i16)]
        pub enum $name { $($(#[$value_doc])* $value = $number),+ }

        impl $crate::terms::Term for $name {
            const CONTRACT: &'static str = $contract;
            const ALL: &'static [Self] = &[$(Self::$value),+];
            fn number(self) -> i16 { self as i16 }
        }
    };
}

/// Holds a term against the contract; for a test of the crate that declares it.
///
/// # Errors
/// Says which value is missing on which side.
pub fn check<T: Term>() -> Result<(), String> {
    let contract =
        LABELS.iter().find(|kind| kind.name == T::CONTRACT).ok_or(format!("no {} in the contract", T::CONTRACT))?;
    let ours: Vec<i32> = T::ALL.iter().map(|term| i32::from(term.number())).collect();
    let theirs: Vec<i32> = contract.values.iter().map(|value| value.number).collect();
    if ours == theirs { Ok(()) } else { Err(format!("{}: here {ours:?}, in the contract {theirs:?}", T::CONTRACT)) }
}
