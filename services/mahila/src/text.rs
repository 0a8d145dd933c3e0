//! What is said, in both languages: to people in one of them, to programs in both.

use clap::ValueEnum;
use serde::Serialize;

use crate::call::Language;

/// How what was found is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// Lines for people.
    Text,
    /// For programs: with numbers, in both languages.
    Json,
}

/// A sentence in English and in Hindi. What a driver or another program said stands in both as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Text {
    pub(crate) en: String,
    pub(crate) hi: String,
}

impl Text {
    pub(crate) fn of(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Hi => &self.hi,
        }
    }

    /// Without what may stand before the host of an address: `https://user:password@host`.
    pub(crate) fn scrubbed(self) -> Self {
        Self { en: scrub(&self.en), hi: scrub(&self.hi) }
    }
}

/// Both sentences, with the same names in them.
macro_rules! text {
    ($en:literal, $hi:literal $(,)?) => {
        $crate::text::Text { en: format!($en), hi: format!($hi) }
    };
}
pub(crate) use text;

/// For what needs no words: names, numbers, addresses.
pub(crate) fn plain(text: impl Into<String>) -> Text {
    let en = text.into();
    Text { hi: en.clone(), en }
}

fn scrub(text: &str) -> String {
    /// Ends an address: what follows is no part of it.
    const ENDS: [char; 9] = [' ', '/', '`', '"', '\'', ',', ';', ')', '\n'];
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let authority = &after[..after.find(&ENDS[..]).unwrap_or(after.len())];
        rest = match authority.rfind('@') {
            Some(user) => {
                out.push_str("***@");
                &after[user + 1..]
            }
            None => after,
        };
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_reads_the_user_of_an_address() {
        for (text, scrubbed) in [
            (
                "no answer from https://u:hunter2@issuer/keys?x=1; see it",
                "no answer from https://***@issuer/keys?x=1; see it",
            ),
            ("`http://a@b` and https://c:d@e", "`http://***@b` and https://***@e"),
            ("app@host:5432/registry", "app@host:5432/registry"),
            ("http://host/path@x", "http://host/path@x"),
        ] {
            assert_eq!(plain(text).scrubbed(), plain(scrubbed));
        }
    }

    #[test]
    fn both_languages_say_the_same_names() {
        let count = 3;
        let said = text!("{count} keys", "{count} कुंजियाँ");
        assert_eq!(said.of(Language::En), "3 keys");
        assert_eq!(said.of(Language::Hi), "3 कुंजियाँ");
    }
}
