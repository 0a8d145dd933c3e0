//! The only words that this service takes: titles of events, names of places and of organisations. They are of things,
//! never of people; a telephone number among them is refused, as that is how a person would slip in unseen.

use platform::fields::Fields;

/// Characters at most.
const MOST: usize = 120;

/// Digits in a row, spaces and hyphens between them left out, from which on they are taken for a telephone number. A
/// year has four, a postal code six.
const PHONE: usize = 7;

/// A title or a name of a thing. Empty on a violation.
pub(crate) fn title(fields: &mut Fields, field: &str, text: &str) -> String {
    let text = fields.required_text(field, text, MOST);
    if text.contains(['\n', '\t']) {
        fields.wrong(field, "must be one line", "एक ही पंक्ति होनी चाहिए");
        return String::new();
    }
    if longest_number(&text) >= PHONE {
        fields.wrong(field, "must not have a telephone number", "दूरभाष संख्या नहीं होनी चाहिए");
        return String::new();
    }
    text
}

/// Digits of the longest number in a text, in any script, however it is spaced.
fn longest_number(text: &str) -> usize {
    let (mut longest, mut digits) = (0, 0);
    for c in text.chars() {
        if c.is_numeric() {
            digits += 1;
            longest = longest.max(digits);
        } else if !matches!(c, ' ' | '-' | '+' | '.') {
            digits = 0;
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(text: &str) -> bool {
        let mut fields = Fields::new();
        let title = title(&mut fields, "title", text);
        assert_eq!(fields.clean(), !title.is_empty());
        fields.clean()
    }

    #[test]
    fn titles_of_things_are_taken_and_telephone_numbers_are_not() {
        for good in ["Mission Shakti 2020, day 7", "महिला चौपाल", "Ward 12, Lucknow 226001", "Beat 3 - 1090"]
        {
            assert!(taken(good), "{good}");
        }
        for bad in ["", "  ", "Call 94544 01234", "९४५४४०१२३४", "two\nlines", "945-440-12", &"क".repeat(121)]
        {
            assert!(!taken(bad), "{bad}");
        }
        assert!(taken(&"क".repeat(120)));
    }
}
