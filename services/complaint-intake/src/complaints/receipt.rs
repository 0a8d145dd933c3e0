//! The number on a receipt: `WHD-{district}-{station}-{yy}-{serial}-{check}`. The check digit finds any one wrong digit and
//! any two neighbours exchanged, which is how people misread numbers.

use chrono::{Datelike as _, NaiveDate};

use super::register::RecordedAt;

/// Damm's table: a totally anti-symmetric quasigroup of order 10.
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

fn check(digits: impl Iterator<Item = u8>) -> u8 {
    digits.fold(0, |interim, digit| DAMM[usize::from(interim)][usize::from(digit)])
}

fn digits(text: &str) -> impl Iterator<Item = u8> {
    text.bytes().filter(u8::is_ascii_digit).map(|byte| byte - b'0')
}

/// The number of the `serial`-th receipt of a station in the year of `day`.
pub(crate) fn number(at: &RecordedAt, day: NaiveDate, serial: i32) -> String {
    let front = format!("WHD-{}-{:03}-{:02}-{serial:06}", at.lgd_code, at.seq, day.year().rem_euclid(100));
    let check = check(digits(&front));
    format!("{front}-{check}")
}

/// The one form of a number as people type it: small letters, spaces; or as it came, which then is nobody's. Whether it
/// has a right check digit is not asked: an unknown number and a mistyped one get the same answer.
pub(crate) fn normal(typed: &str) -> String {
    typed.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).take(64).collect()
}

/// Whether the check digit fits.
#[cfg(test)]
fn fits(number: &str) -> bool {
    check(digits(number)) == 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(lgd_code: i32, seq: i32) -> RecordedAt {
        RecordedAt { station: "s".into(), district: "d".into(), lgd_code, seq }
    }

    fn day(year: i32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, 10, 23).unwrap()
    }

    #[test]
    fn numbers_are_those_of_the_paper() {
        assert_eq!(number(&at(157, 1), day(2020), 1), "WHD-157-001-20-000001-1");
        assert_eq!(number(&at(9, 1234), day(2000), 1_234_567), "WHD-9-1234-00-1234567-8");
        // Damm's own example.
        assert_eq!(check([5, 7, 2].into_iter()), 4);
    }

    #[test]
    fn a_number_is_read_as_people_type_it() {
        assert_eq!(normal(" whd-157-001-20-000001-1\n"), "WHD-157-001-20-000001-1");
    }

    proptest! {
        #[test]
        fn one_wrong_digit_and_two_exchanged_ones_are_found(
            lgd in 1i32..1000, seq in 1i32..1000, year in 2000i32..2100, serial in 1i32..1_000_000,
            place in any::<prop::sample::Index>(), other in 1u8..10,
        ) {
            let right = number(&at(lgd, seq), day(year), serial);
            prop_assert!(fits(&right));
            let digits: Vec<usize> = right.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_digit()).map(|(at, _)| at).collect();
            let mut wrong = right.clone().into_bytes();
            let at = digits[place.index(digits.len())];
            wrong[at] = b'0' + (wrong[at] - b'0' + other) % 10;
            prop_assert!(!fits(std::str::from_utf8(&wrong).unwrap()));

            let mut exchanged = right.clone().into_bytes();
            let first = place.index(digits.len() - 1);
            let (a, b) = (digits[first], digits[first + 1]);
            if exchanged[a] != exchanged[b] {
                exchanged.swap(a, b);
                prop_assert!(!fits(std::str::from_utf8(&exchanged).unwrap()));
            }
        }
    }
}
