//! Nothing that names anybody is outside the vault. Every invented name, address and narrative of the story carries one of
//! two words, and every phone number the same four digits in front, so three searches find all of them: as they are, in
//! hexadecimal (how a dump writes bytes), and in base64.

use std::fmt::Write as _;

use mahila::demo::plan::people::{MARK_EN, MARK_HI, PHONE_PREFIX};

/// What was looked through.
#[derive(Debug, Default)]
pub struct Search {
    found: Vec<String>,
    /// Bytes looked through.
    pub bytes: usize,
}

impl Search {
    /// Looks through some text or bytes; `what` is told when something is found.
    pub fn through(&mut self, what: &str, bytes: &[u8]) {
        self.bytes += bytes.len();
        for needle in needles() {
            if let Some(at) = find(bytes, &needle) {
                self.found.push(format!("{what} at byte {at}: {}", around(bytes, at)));
            }
        }
        if let Some(at) = phone(bytes) {
            self.found.push(format!("{what} at byte {at}: a phone number"));
        }
    }

    /// # Panics
    /// When anything was found.
    pub fn assert_nothing(&self) {
        assert!(self.found.is_empty(), "identity outside the vault:\n{}", self.found.join("\n"));
        assert!(self.bytes > 1_000_000, "there was something to look through: {}", self.bytes);
    }
}

/// The words as they may be written. Case differs only in the first letter, and no place of the roll has either word.
fn needles() -> Vec<Vec<u8>> {
    let mut needles = Vec::new();
    for word in [MARK_EN[1..].to_owned(), MARK_EN.to_uppercase(), MARK_HI.to_owned()] {
        needles.push(word.clone().into_bytes());
        needles.push(hexadecimal(word.as_bytes()).into_bytes());
        needles.extend(in_base64(word.as_bytes()));
    }
    needles
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The part of the base64 of a longer text that does not depend on what stands around the word: one for each alignment.
fn in_base64(word: &[u8]) -> Vec<Vec<u8>> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    (0..3)
        .map(|before| {
            let text = [&[0_u8; 2][..before], word].concat();
            let encoded: Vec<u8> = text
                .chunks_exact(3)
                .flat_map(|three| {
                    let bits = u32::from(three[0]) << 16 | u32::from(three[1]) << 8 | u32::from(three[2]);
                    [18, 12, 6, 0].map(|shift| LETTERS[(bits >> shift & 63) as usize])
                })
                .collect();
            // The first letters hold bits of what stands before.
            encoded[[0, 2, 3][before]..].to_vec()
        })
        .collect()
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, needle)
}

/// A number of the story, as it is or in hexadecimal.
fn phone(bytes: &[u8]) -> Option<usize> {
    let plain = memchr::memmem::find_iter(bytes, PHONE_PREFIX.as_bytes());
    let coded = hexadecimal(PHONE_PREFIX.as_bytes());
    let mut coded = memchr::memmem::find_iter(bytes, &coded);
    plain.into_iter().find(|at| is_phone(&bytes[at.saturating_sub(3)..*at], &bytes[*at..])).or_else(|| {
        coded.find(|at| {
            let before = decoded(&bytes[at.saturating_sub(6)..*at]);
            is_phone(&before, &decoded(&bytes[*at..bytes.len().min(at + 22)]))
        })
    })
}

/// Its four digits and six more, alone or behind the country's code: ten digits in the middle of a longer number, of an id or
/// of a digest are nobody's.
fn is_phone(before: &[u8], from: &[u8]) -> bool {
    let alone = before.last().is_none_or(|byte| !byte.is_ascii_hexdigit() && *byte != b'.') || before.ends_with(b"+91");
    let ten = from.len() >= 10 && from[..10].iter().all(u8::is_ascii_digit);
    alone && ten && from.get(10).is_none_or(|byte| !byte.is_ascii_hexdigit())
}

/// Bytes of hexadecimal digits, up to the first that is none.
fn decoded(digits: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    digits.chunks_exact(2).map_while(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

fn around(bytes: &[u8], at: usize) -> String {
    String::from_utf8_lossy(&bytes[at.saturating_sub(60)..(at + 60).min(bytes.len())]).replace('\n', "⏎")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(bytes: &[u8]) -> bool {
        let mut search = Search::default();
        search.through("a test", bytes);
        !search.found.is_empty()
    }

    #[test]
    fn what_is_planted_is_found_however_it_is_written() {
        for name in ["Asha Kalpitwal", "asha kalpitwal", "ASHA KALPITWAL", "आशा कल्पितवाल"] {
            assert!(found(format!("x\t{name}\n").as_bytes()), "{name}");
            assert!(found(format!("\\x{}", hexadecimal(name.as_bytes())).as_bytes()), "{name} in hexadecimal");
        }
        // base64 of "..Asha Kalpit..", at each alignment.
        for text in ["QXNoYSBLYWxwaXR3YWw=", "LkFzaGEgS2FscGl0d2Fs", "Li5Bc2hhIEthbHBpdHdhbA=="] {
            assert!(found(text.as_bytes()), "{text}");
        }
        for phone in ["1000123456", "+911000123456"] {
            assert!(found(format!("x {phone} y").as_bytes()), "{phone}");
            assert!(found(format!("\\x00{}ff", hexadecimal(phone.as_bytes())).as_bytes()), "{phone} in hexadecimal");
        }
    }

    #[test]
    fn what_is_not_planted_is_not_found() {
        // Ten digits of a UUID, as a dump writes the JSON that has it.
        let id = r#"{"id":"7c1d2f30-9a4b-4c5d-8e6f-a10001234567"}"#;
        assert!(!found(id.as_bytes()) && !found(hexadecimal(id.as_bytes()).as_bytes()));
        for text in ["81000123456", "1000123456789", "a1000123456", "1000-12-3456", "Kalpi", "कल्प", "0.1000123456"]
        {
            assert!(!found(text.as_bytes()), "{text}");
        }
    }
}
