//! Hindi and English: one form of a text at the edge, one key for a search, and dates and numbers as people in Uttar
//! Pradesh write them.
//!
//! Hindi reaches us in several encodings and spellings of the same word: `ड़` as one character or as two, a nasal as
//! chandrabindu, as anusvara or as a half letter, invisible joiners from some keyboards. [`nfc`] settles the encoding
//! and loses nothing; it is applied to every text that is stored. [`fold`] settles the spelling and loses much; it is for
//! comparing alone.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::clock::ist;

const CHANDRABINDU: char = '\u{0901}';
const ANUSVARA: char = '\u{0902}';
const NUKTA: char = '\u{093C}';
const VIRAMA: char = '\u{094D}';
const ZERO_WIDTH_NON_JOINER: char = '\u{200C}';
const ZERO_WIDTH_JOINER: char = '\u{200D}';

/// The text in Unicode's composed form (NFC). Idempotent; two texts that look the same by Unicode's account are equal
/// after it.
///
/// Devanagari letters with nukta come out as two characters: Unicode excludes them from composition.
#[must_use]
pub fn nfc(text: &str) -> String {
    if is_nfc(text) { text.to_owned() } else { text.nfc().collect() }
}

/// The key under which a text is searched: two spellings of a word have one key, unlike words mostly do not.
///
/// Dropped are the nukta, joiners and the accents of Latin letters; chandrabindu and half nasal letters become anusvara
/// (`चन्दौली`, `चंदौली`); Latin letters become small, Devanagari digits ASCII ones; white space becomes one space between
/// words. Idempotent.
#[must_use]
pub fn fold(text: &str) -> String {
    let letters: Vec<char> = text
        .nfd()
        .filter(|letter| !matches!(*letter, NUKTA | ZERO_WIDTH_NON_JOINER | ZERO_WIDTH_JOINER))
        .filter(|letter| !matches!(*letter, '\u{0300}'..='\u{036F}'))
        .flat_map(char::to_lowercase)
        .filter(|letter| !matches!(*letter, '\u{0300}'..='\u{036F}'))
        .map(|letter| match letter {
            CHANDRABINDU => ANUSVARA,
            // Digits keep their distance: '०' is to '९' as '0' is to '9'.
            '०'..='९' => char::from_u32(u32::from(letter) - u32::from('०') + u32::from('0')).unwrap_or(letter),
            other => other,
        })
        .collect();

    let mut folded = String::with_capacity(text.len());
    let mut at = 0;
    let mut space = false;
    while at < letters.len() {
        if letters[at].is_whitespace() {
            space = !folded.is_empty();
            at += 1;
            continue;
        }
        if std::mem::take(&mut space) {
            folded.push(' ');
        }
        match letters[at..] {
            [nasal, VIRAMA, next, ..] if written_as_anusvara(nasal, next) => {
                folded.push(ANUSVARA);
                at += 2;
            }
            _ => {
                folded.push(letters[at]);
                at += 1;
            }
        }
    }
    // Composed again, so that a key is NFC like everything that is stored.
    folded.nfc().collect()
}

/// Whether a half nasal before this consonant may as well be written as anusvara: each row of the alphabet has its own
/// nasal, and only before the row's stops are the two spellings the same word (`हिन्दी`, `हिंदी`; but `कन्या`, `अन्न`).
const fn written_as_anusvara(nasal: char, next: char) -> bool {
    matches!(
        (nasal, next),
        ('ङ', 'क'..='घ') | ('ञ', 'च'..='झ') | ('ण', 'ट'..='ढ') | ('न', 'त'..='ध') | ('म', 'प'..='भ')
    )
}

/// A language that the suite speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// English, also the answer to whoever asks for a language we do not have.
    #[default]
    En,
    /// Hindi in Devanagari.
    Hi,
}

impl Language {
    /// The language's tag (BCP 47).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Hi => "hi",
        }
    }

    /// The better of the two for a caller's wish in the form of HTTP's `Accept-Language`, e.g. `hi-IN, en;q=0.8`.
    ///
    /// What cannot be read counts as no wish, and no wish is English: a wrong header is no reason to refuse a call.
    #[must_use]
    pub fn from_accept(wish: &str) -> Self {
        let mut best = (0.0, Self::En);
        for range in wish.split(',') {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default().trim();
            let language = match tag.split(['-', '_']).next().unwrap_or_default() {
                name if name.eq_ignore_ascii_case("hi") => Self::Hi,
                name if name.eq_ignore_ascii_case("en") => Self::En,
                _ => continue,
            };
            let weight = parts
                .find_map(|part| part.trim().strip_prefix("q="))
                .map_or(1.0, |weight| weight.trim().parse::<f32>().unwrap_or(0.0));
            // The first of equals wins, as the caller wrote it.
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }
}

/// A day as it is written: `23 October 2020`, `23 अक्टूबर 2020`.
#[must_use]
pub fn date(day: NaiveDate, language: Language) -> String {
    format!("{} {} {}", day.day(), month_name(day.month0(), language), day.year())
}

/// A month as it is written: `October 2020`, `अक्टूबर 2020`.
#[must_use]
pub fn month(day: NaiveDate, language: Language) -> String {
    format!("{} {}", month_name(day.month0(), language), day.year())
}

/// An instant as it is written in India, to the minute: `23 October 2020, 14:05`.
#[must_use]
pub fn date_time(at: DateTime<Utc>, language: Language) -> String {
    let at = at.with_timezone(&ist());
    format!("{}, {:02}:{:02}", date(at.date_naive(), language), at.hour(), at.minute())
}

fn month_name(month0: u32, language: Language) -> &'static str {
    const ENGLISH: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    const HINDI: [&str; 12] =
        ["जनवरी", "फ़रवरी", "मार्च", "अप्रैल", "मई", "जून", "जुलाई", "अगस्त", "सितंबर", "अक्टूबर", "नवंबर", "दिसंबर"];
    let names = match language {
        Language::En => ENGLISH,
        Language::Hi => HINDI,
    };
    names[month0 as usize]
}

/// A number with Indian grouping, thousands and then pairs: `1,23,456`.
#[must_use]
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() * 3 / 2 + 1);
    if number < 0 {
        out.push('-');
    }
    for (at, digit) in digits.chars().enumerate() {
        let left = digits.len() - at;
        // A comma stands before the last three digits and before every pair in front of them.
        if at > 0 && left >= 3 && left % 2 == 1 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_encodings_of_a_nukta_letter_are_one_text() {
        let one = "हापु\u{095C}";
        let two = "हापु\u{0921}\u{093C}";
        assert_ne!(one, two);
        assert_eq!(nfc(one), nfc(two));
        assert_eq!(fold(one), fold(two));
    }

    #[test]
    fn spellings_of_a_word_have_one_key() {
        for (one, other) in [
            ("बदायूँ", "बदायूं"),
            ("हापुड़", "हापुड"),
            ("चन्दौली", "चंदौली"),
            ("अम्बेडकर नगर", "अंबेडकर  नगर"),
            ("हिन्दी", "हिंदी"),
            ("गङ्गा", "गंगा"),
            ("पञ्चायत", "पंचायत"),
            ("झण्डा", "झंडा"),
            ("क्\u{200D}षेत्र", "क्षेत्र"),
            (" Gautam\u{A0}Buddha\tNAGAR ", "gautam buddha nagar"),
            ("Badāyūn", "badayun"),
            ("थाना १२", "थाना 12"),
            ("İstanbul", "istanbul"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} and {other}");
        }
    }

    #[test]
    fn unlike_words_keep_unlike_keys() {
        for (one, other) in [("कन्या", "कंया"), ("अन्न", "अंन"), ("सम्मान", "संमान"), ("बलिया", "बालिया"), ("एटा", "इटा")]
        {
            assert_ne!(fold(one), fold(other), "{one} and {other}");
        }
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(text in "\\PC*") {
            prop_assert_eq!(nfc(&nfc(&text)), nfc(&text));
        }

        #[test]
        fn folding_twice_changes_nothing(text in "[ऀ-ॿa-zA-ZÀ-ž \u{200C}\u{200D}]*|\\PC*") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once.clone());
            prop_assert_eq!(nfc(&once), once);
        }

        #[test]
        fn the_encoding_of_a_text_does_not_change_its_key(text in "[ऀ-ॿ a-z]*") {
            let decomposed: String = text.nfd().collect();
            prop_assert_eq!(fold(&text), fold(&decomposed));
            prop_assert_eq!(fold(&text), fold(&nfc(&text)));
        }

        #[test]
        fn grouping_loses_no_digit(number: i64) {
            prop_assert_eq!(grouped(number).replace(',', ""), number.to_string());
        }
    }

    #[test]
    fn the_caller_chooses_the_language() {
        for (wish, language) in [
            ("", Language::En),
            ("hi", Language::Hi),
            ("hi-IN,en;q=0.8", Language::Hi),
            ("en-GB, hi;q=0.9", Language::En),
            ("en;q=0.2, hi; q=0.7", Language::Hi),
            ("ta, fr;q=0.5", Language::En),
            ("ur, HI_IN;q=0.1", Language::Hi),
            ("hi;q=0", Language::En),
            ("hi;q=x, ;;;,", Language::En),
        ] {
            assert_eq!(Language::from_accept(wish), language, "{wish}");
        }
    }

    #[test]
    fn an_instant_is_written_as_the_clock_on_the_wall_in_india_shows_it() {
        let instant = Utc.with_ymd_and_hms(2020, 10, 22, 18, 35, 0).unwrap();
        assert_eq!(date_time(instant, Language::En), "23 October 2020, 00:05");
        assert_eq!(date_time(instant, Language::Hi), "23 अक्टूबर 2020, 00:05");
    }

    #[test]
    fn dates_are_written_in_the_callers_language() {
        let day = NaiveDate::from_ymd_opt(2020, 10, 23).unwrap();
        assert_eq!(date(day, Language::En), "23 October 2020");
        assert_eq!(date(day, Language::Hi), "23 अक्टूबर 2020");
        assert_eq!(month(day, Language::Hi), "अक्टूबर 2020");
    }

    #[test]
    fn numbers_are_grouped_the_indian_way() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (12_345, "12,345"),
            (123_456, "1,23,456"),
            (1_000_000, "10,00,000"),
            (-12_345_678, "-1,23,45,678"),
            (i64::MIN, "-92,23,37,20,36,85,47,75,808"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
