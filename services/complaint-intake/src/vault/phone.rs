//! A phone number as it is kept: international, so that one phone has one form, and one digest.

/// A phone number in E.164: `+` and 8 to 15 digits. Shows nothing of itself.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Phone(String);

impl Phone {
    /// Reads an Indian number (ten digits, with or without `0`, `91` or `+91` in front) or one of another country with `+`.
    /// Spaces, hyphens, dots and brackets do not matter.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let plain: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')')).collect();
        let digits = plain.strip_prefix('+').unwrap_or(&plain);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        if plain.starts_with('+') && !digits.starts_with("91") {
            return ((8..=15).contains(&digits.len()) && !digits.starts_with('0')).then(|| Self(format!("+{digits}")));
        }
        let local = match digits.len() {
            10 => digits,
            11 => digits.strip_prefix('0')?,
            12 => digits.strip_prefix("91")?,
            13 => digits.strip_prefix("091")?,
            _ => return None,
        };
        // Mobile numbers begin with 6 to 9; landlines with an area code, never with 0.
        (!local.starts_with('0')).then(|| Self(format!("+91{local}")))
    }

    /// With `+` and the country's code.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Phone(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_phone_has_one_form() {
        for text in ["9876543210", "09876543210", "919876543210", "+919876543210", "+91 98765-43210", "(0)98765 43210"]
        {
            assert_eq!(Phone::parse(text).unwrap().as_str(), "+919876543210", "{text}");
        }
        assert_eq!(Phone::parse("+977 980-1234567").unwrap().as_str(), "+9779801234567");
        assert_eq!(Phone::parse("0522 2345678").unwrap().as_str(), "+915222345678");
    }

    #[test]
    fn what_is_no_phone_is_refused() {
        for text in ["", "+", "12345", "98765432101234", "98765x3210", "+0123456789", "0000000000", "112"] {
            assert_eq!(Phone::parse(text), None, "{text}");
        }
    }

    #[test]
    fn it_shows_nothing_of_itself() {
        assert_eq!(format!("{:?}", Phone::parse("9876543210").unwrap()), "Phone(***)");
    }
}
