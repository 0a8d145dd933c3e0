//! The nonce that the app writes into every photograph of an event.
//!
//! It ties a picture to one event on one day: last year's picture, or that of the next village, shows another. That is
//! all it does. Whoever may read the event can work it out, and whoever edits pictures can paint it in; that the
//! picture shows it, only the eye of the verifier tells. What it costs a cheat is one forgery a picture, instead of
//! none.

use chrono::NaiveDate;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// The first eight hexadecimal digits of SHA-256 over the event's id (16 bytes) and the IST day (`2020-10-24`).
pub(crate) fn photo_nonce(event: Uuid, day: NaiveDate) -> String {
    let digest = Sha256::new().chain_update(event.as_bytes()).chain_update(day.to_string()).finalize();
    digest[..4].iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::day;

    #[test]
    fn it_is_that_of_one_event_on_one_day() {
        let event = Uuid::from_u128(1);
        let nonce = photo_nonce(event, day("2020-10-24"));
        // printf '\0…\1' (16 bytes) and '2020-10-24' through sha256sum.
        assert_eq!(nonce, "5a97356d");
        assert_ne!(nonce, photo_nonce(event, day("2020-10-25")));
        assert_ne!(nonce, photo_nonce(Uuid::from_u128(2), day("2020-10-24")));
    }
}
