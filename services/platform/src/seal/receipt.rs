//! How forty secret bits are written for people: eight letters in two groups, after Crockford's base 32, in which no letter
//! looks like another.

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// `K7QM-2XFD`.
pub(super) fn written(bits: [u8; 5]) -> String {
    let all = bits.iter().fold(0_u64, |all, byte| all << 8 | u64::from(*byte));
    let mut text = String::with_capacity(9);
    for place in 0..8_u32 {
        if place == 4 {
            text.push('-');
        }
        let [.., last] = (all >> (35 - 5 * place)).to_be_bytes();
        text.push(char::from(ALPHABET[usize::from(last & 31)]));
    }
    text
}

/// Reads it back as people type it; `None` when it is not eight such letters.
pub(super) fn read(text: &str) -> Option<[u8; 5]> {
    let mut all = 0_u64;
    let mut letters = 0;
    for letter in text.bytes().filter(|letter| !matches!(letter, b'-' | b' ')) {
        let letter = match letter.to_ascii_uppercase() {
            b'O' => b'0',
            b'I' | b'L' => b'1',
            letter => letter,
        };
        let value = ALPHABET.iter().position(|known| *known == letter)?;
        letters += 1;
        if letters > 8 {
            return None;
        }
        all = all << 5 | u64::try_from(value).ok()?;
    }
    let [_, _, _, bits @ ..] = all.to_be_bytes();
    (letters == 8).then_some(bits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn letters_that_look_alike_are_read_alike() {
        assert_eq!(written([0; 5]), "0000-0000");
        assert_eq!(written([255; 5]), "ZZZZ-ZZZZ");
        assert_eq!(read("o0O0 1Il1"), read("0000-1111"));
        for wrong in ["", "0000-000", "0000-00000", "UUUU-UUUU", "0000_0000", "०००००००० "] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(bits: [u8; 5]) {
            let text = written(bits);
            prop_assert_eq!(read(&text), Some(bits));
            prop_assert_eq!(read(&text.to_lowercase().replace('-', "")), Some(bits));
        }

        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,20}") {
            let _ = read(&text);
        }
    }
}
