//! Names of roles and databases that go into statements, where PostgreSQL takes no parameters.

use std::fmt;

/// A name that needs no quotes and does no harm: a small letter or `_`, then small letters, digits and `_`, 63 bytes at
/// most. Statements still quote it, because a keyword (`user`) is such a name too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identifier<'a>(&'a str);

/// Not a name that this suite uses for a role or a database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a plain name: use small letters, digits and _, a letter first, 63 at most")]
pub struct NotAnIdentifier(String);

impl<'a> Identifier<'a> {
    /// Takes a name if it is plain.
    ///
    /// # Errors
    /// When it is not.
    pub fn parse(name: &'a str) -> Result<Self, NotAnIdentifier> {
        let first = name.bytes().next();
        let plain = first.is_some_and(|byte| byte.is_ascii_lowercase() || byte == b'_')
            && name.len() <= 63
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if plain { Ok(Self(name)) } else { Err(NotAnIdentifier(name.to_owned())) }
    }

    /// The name without quotes.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

/// In quotes, as it goes into a statement.
impl fmt::Display for Identifier<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_get_into_a_statement() {
        assert_eq!(Identifier::parse("intake_app").unwrap().to_string(), "\"intake_app\"");
        for bad in ["", "9a", "a b", "a\"; drop table x", "Intake", "हापुड़", &"a".repeat(64)] {
            assert!(Identifier::parse(bad).is_err(), "{bad}");
        }
    }
}
