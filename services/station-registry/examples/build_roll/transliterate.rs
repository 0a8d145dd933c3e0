//! Place names from Latin letters to Devanagari.
//!
//! English spelling of Hindi names does not tell long vowels, retroflex letters or silent
//! vowels. A table of known words and endings comes first (`place_words.csv`); what it does not
//! hold goes by rules that follow how such names are usually built. The result reads acceptably;
//! it is not the official spelling. Nukta letters are written as letter and U+093C, which is
//! their NFC form.

use std::{collections::BTreeMap, path::Path};

use crate::{Result, table};

const VIRAMA: char = '\u{94d}';
const ANUSVARA: &str = "\u{902}";

/// Consonants by their Latin spelling, the longest first.
const CONSONANTS: &[(&str, &str)] = &[
    ("chchh", "च्छ"),
    ("cchh", "च्छ"),
    ("chch", "च्च"),
    ("kkh", "क्ख"),
    ("ggh", "ग्घ"),
    ("jjh", "ज्झ"),
    ("tth", "ट्ठ"),
    ("ddh", "द्ध"),
    ("bbh", "ब्भ"),
    ("cch", "च्च"),
    ("chh", "छ"),
    ("ksh", "क्ष"),
    ("shth", "ष्ठ"),
    ("sht", "ष्ट"),
    ("kh", "ख"),
    ("gh", "घ"),
    ("ch", "च"),
    ("jh", "झ"),
    ("th", "थ"),
    ("dh", "ध"),
    ("ph", "फ"),
    ("bh", "भ"),
    ("sh", "श"),
    ("rh", "ढ\u{93c}"),
    ("ck", "क"),
    ("b", "ब"),
    ("c", "क"),
    ("d", "द"),
    ("f", "फ"),
    ("g", "ग"),
    ("h", "ह"),
    ("j", "ज"),
    ("k", "क"),
    ("l", "ल"),
    ("m", "म"),
    ("n", "न"),
    ("p", "प"),
    ("q", "क"),
    ("r", "र"),
    ("s", "स"),
    ("t", "त"),
    ("v", "व"),
    ("w", "व"),
    ("x", "क्स"),
    ("y", "य"),
    ("z", "ज"),
];

/// Vowels by their Latin spelling, the longest first, with letter and sign.
const VOWELS: &[(&str, &str, &str)] = &[
    ("aa", "आ", "ा"),
    ("ai", "ऐ", "ै"),
    ("au", "औ", "ौ"),
    ("ou", "औ", "ौ"),
    ("ee", "ई", "ी"),
    ("oo", "ऊ", "ू"),
    ("eo", "एव", "ेव"),
    ("a", "अ", ""),
    ("i", "इ", "ि"),
    ("u", "उ", "ु"),
    ("e", "ए", "े"),
    ("o", "ओ", "ो"),
];

/// A sound: its Latin spelling and whether it is a vowel.
#[derive(Clone, Copy)]
struct Sound {
    latin: &'static str,
    vowel: bool,
}

/// The known words and endings of place names; an ending is also a word of its own.
pub struct Lexicon {
    /// Words and a few whole names.
    words: BTreeMap<String, String>,
    /// Endings, the longest first.
    endings: Vec<(String, String)>,
}

impl Lexicon {
    /// Reads the table of words and endings.
    pub fn read(path: &Path) -> Result<Self> {
        let mut lexicon = Self { words: BTreeMap::new(), endings: Vec::new() };
        for [latin, devanagari, kind] in table::read(path, ["latin", "devanagari", "kind"])? {
            match kind.as_str() {
                "ending" => lexicon.endings.push((latin, devanagari)),
                "word" => {
                    lexicon.words.insert(latin, devanagari);
                }
                other => return Err(format!("{latin} is of unknown kind {other}").into()),
            }
        }
        for (latin, devanagari) in &lexicon.endings {
            lexicon.words.entry(latin.clone()).or_insert_with(|| devanagari.clone());
        }
        lexicon.endings.sort_by(|(a, _), (b, _)| (b.len(), a).cmp(&(a.len(), b)));
        Ok(lexicon)
    }

    /// A name of one or more words in Devanagari; numbers stay as they are.
    pub fn devanagari(&self, name: &str) -> String {
        let lower = name.to_lowercase();
        if let Some(known) = self.words.get(&lower) {
            return known.clone();
        }
        let words: Vec<String> = lower.split(' ').map(|word| self.word(word)).collect();
        words.join(" ")
    }

    fn word(&self, word: &str) -> String {
        if word.chars().all(|c| c.is_ascii_digit()) {
            return word.to_owned();
        }
        if let Some(known) = self.words.get(word) {
            return known.clone();
        }
        let split = self.endings.iter().find_map(|(latin, devanagari)| {
            let stem = word.strip_suffix(latin.as_str())?;
            (stem.len() >= 2 && stem.contains(['a', 'e', 'i', 'o', 'u'])).then_some((stem, devanagari))
        });
        match split {
            Some((stem, ending)) => attach(&self.word(stem), ending),
            None => by_rule(word),
        }
    }
}

/// Sets an ending behind a stem; an ending in "आ" becomes a sign behind a consonant.
fn attach(stem: &str, ending: &str) -> String {
    let consonant = stem.ends_with(|c| ('क'..='ह').contains(&c) || c == '\u{93c}');
    match ending.strip_prefix('आ') {
        Some(rest) if consonant => format!("{stem}ा{rest}"),
        _ => format!("{stem}{ending}"),
    }
}

fn sounds(word: &str) -> Vec<Sound> {
    let vowels = VOWELS.iter().map(|&(latin, ..)| Sound { latin, vowel: true });
    let consonants = CONSONANTS.iter().map(|&(latin, _)| Sound { latin, vowel: false });
    let known: Vec<Sound> = vowels.chain(consonants).collect();
    let mut sounds = Vec::new();
    // Ardely: a final "y" behind a consonant is the vowel
    let spelled = match word.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}i"),
        _ => word.to_owned(),
    };
    let mut rest = spelled.as_str();
    while !rest.is_empty() {
        let next = known.iter().find(|sound| rest.starts_with(sound.latin));
        rest = match next {
            Some(sound) => {
                sounds.push(*sound);
                &rest[sound.latin.len()..]
            }
            None => &rest[1..],
        };
    }
    sounds
}

fn by_rule(word: &str) -> String {
    let sounds = sounds(word);
    let mut out = String::new();
    for index in 0..sounds.len() {
        if sounds[index].vowel {
            write_vowel(&mut out, &sounds, index);
        } else {
            write_consonant(&mut out, &sounds, index);
        }
    }
    out
}

fn write_vowel(out: &mut String, sounds: &[Sound], index: usize) {
    let initial = index == 0;
    let after_vowel = !initial && sounds[index - 1].vowel;
    let last = index + 1 == sounds.len();
    let latin = match (sounds[index].latin, last) {
        ("a", _) if is_long_a(sounds, index) => "aa",
        ("i", true) => "ee",
        ("u", true) => "oo",
        ("ai", true) if !initial => return out.push('ई'),
        ("au", true) if !initial => return out.push('ऊ'),
        (latin, _) => latin,
    };
    let Some((_, letter, sign)) = VOWELS.iter().find(|vowel| vowel.0 == latin) else { return };
    if after_vowel && sounds[index - 1].latin == "i" && latin != "ee" {
        out.push('य');
        out.push_str(sign);
    } else if initial || after_vowel {
        out.push_str(letter);
    } else {
        out.push_str(sign);
    }
}

/// Whether an "a" is the long one.
fn is_long_a(sounds: &[Sound], index: usize) -> bool {
    let vowels: Vec<usize> = (0..sounds.len()).filter(|&at| sounds[at].vowel).collect();
    let last = index + 1 == sounds.len();
    let before_vowel = sounds.get(index + 1).is_some_and(|next| next.vowel);
    if last || before_vowel || vowels.len() == 1 {
        return true;
    }
    let after = vowels.iter().position(|&at| at == index).map_or(0, |at| vowels.len() - 1 - at);
    let open_end = sounds.last().is_some_and(|sound| sound.vowel);
    match after {
        // Budhana, Nawada, Bansi: the last but one, before one consonant and a final vowel
        1 if open_end => {
            let between = &sounds[index + 1..sounds.len() - 1];
            let nasal = between.len() == 2
                && vowels.len() == 2
                && between[0].latin == "n"
                && !matches!(between[1].latin, "w" | "v" | "h");
            between.len() == 1 || nasal
        }
        // Chunar, but Sikandar
        0 => {
            let end = sounds[sounds.len() - 1].latin;
            let before = vowels[vowels.len() - 2];
            index + 2 == sounds.len() && matches!(end, "n" | "r") && matches!(sounds[before].latin, "i" | "u")
        }
        _ => false,
    }
}

fn write_consonant(out: &mut String, sounds: &[Sound], index: usize) {
    let latin = sounds[index].latin;
    let next = sounds.get(index + 1).filter(|sound| !sound.vowel).map(|sound| sound.latin);
    let after_vowel = index > 0 && sounds[index - 1].vowel;
    if after_vowel && next.is_some_and(|next| is_nasal_before(latin, next)) {
        return out.push_str(ANUSVARA);
    }
    let letter = match (latin, next) {
        ("d", _) if is_retroflex_d(sounds, index) => "ड",
        ("d", Some("d")) => "ड",
        ("t", Some("t" | "w" | "r" | "l" | "n" | "k")) if after_vowel => "ट",
        ("t", _) if index > 0 && matches!(sounds[index - 1].latin, "t" | "h") => "ट",
        _ => CONSONANTS.iter().find(|consonant| consonant.0 == latin).map_or("", |consonant| consonant.1),
    };
    out.push_str(letter);
    if next.is_some_and(|next| is_joined(sounds, index, next)) {
        out.push(VIRAMA);
    }
}

/// Gonda and Tanda, but Indara and Chandra.
fn is_retroflex_d(sounds: &[Sound], index: usize) -> bool {
    let before = |back: usize| index.checked_sub(back).map(|at| sounds[at].latin);
    let vowel_follows = sounds.get(index + 1).is_some_and(|next| next.vowel);
    before(1) == Some("d") || (before(1) == Some("n") && before(2) != Some("i") && vowel_follows)
}

fn is_nasal_before(nasal: &str, next: &str) -> bool {
    match nasal {
        "n" => !matches!(next, "n" | "m" | "r" | "l" | "v" | "w" | "y" | "h"),
        "m" => matches!(next, "p" | "b" | "bh" | "ph"),
        _ => false,
    }
}

/// Whether the vowel between two consonants is absent in writing, too.
fn is_joined(sounds: &[Sound], index: usize, next: &str) -> bool {
    let latin = sounds[index].latin;
    let at_start = index == 0;
    let after_nasal = index > 0 && is_nasal_before(sounds[index - 1].latin, latin);
    let after_short = index > 0 && matches!(sounds[index - 1].latin, "i" | "u");
    at_start
        || latin == next
        || next == "y"
        || (next == "r" && after_nasal)
        || (latin == "r" && after_short && !matches!(next, "v" | "w" | "h" | "l"))
        || (latin == "s" && matches!(next, "t" | "th"))
        || (latin == "sh" && matches!(next, "v" | "w" | "r"))
}

#[cfg(test)]
mod tests {
    use super::{Lexicon, by_rule};

    fn lexicon() -> Lexicon {
        let pair = |(latin, devanagari): (&str, &str)| (latin.to_owned(), devanagari.to_owned());
        Lexicon {
            words: [("ram", "राम"), ("jalal", "जलाल"), ("bara bazar", "बड़ा बाज़ार")].map(pair).into(),
            endings: [("nagar", "नगर"), ("abad", "आबाद")].map(pair).into(),
        }
    }

    #[test]
    fn known_words_and_endings_come_first() {
        assert_eq!(lexicon().devanagari("Ramnagar 2"), "रामनगर 2");
        assert_eq!(lexicon().devanagari("Jalalabad"), "जलालाबाद");
        assert_eq!(lexicon().devanagari("Bara Bazar"), "बड़ा बाज़ार");
    }

    #[test]
    fn rules_find_long_vowels() {
        assert_eq!(by_rule("bansi"), "बांसी");
        assert_eq!(by_rule("mawana"), "मवाना");
        assert_eq!(by_rule("katra"), "कटरा");
        assert_eq!(by_rule("chunar"), "चुनार");
    }

    #[test]
    fn rules_find_conjuncts_and_nasals() {
        assert_eq!(by_rule("gonda"), "गोंडा");
        assert_eq!(by_rule("basti"), "बस्ती");
        assert_eq!(by_rule("patti"), "पट्टी");
        assert_eq!(by_rule("amorha"), "अमोढ\u{93c}ा");
    }
}
