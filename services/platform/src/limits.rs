//! Bounds that every service shares, so that a caller who knows one method knows all. Parsers use them; a bound that
//! only one resource has stands with that resource.
//!
//! Text is counted in characters (Unicode scalar values), not bytes: a Devanagari letter takes three bytes, and a limit
//! that a woman meets three times as early in Hindi as in English would be an unfair one.

/// Entries on a page when the request names no size. A screen's worth.
pub const PAGE_SIZE: u32 = 50;

/// Entries on a page at most; a larger wish is cut down to it (AIP-158). At 1 KiB an entry a page stays well inside
/// [`MESSAGE_BYTES`].
pub const PAGE_SIZE_MAX: u32 = 1000;

/// Characters of a page token at most: ours are far shorter, and what is longer is not worth decoding.
pub const PAGE_TOKEN: usize = 1024;

/// Bytes of a message, in and out: gRPC's own default, which clients expect. Larger things are paged or streamed.
pub const MESSAGE_BYTES: usize = 4 * 1024 * 1024;

/// Bytes of one chunk of a streamed upload. Far below [`MESSAGE_BYTES`]; larger chunks gain nothing on HTTP/2 windows of
/// 64 KiB to 1 MiB.
pub const CHUNK_BYTES: usize = 256 * 1024;

/// Commands in one transaction, and items in one batch request. Past it a COMMIT's cost is spread thin enough, while
/// locks are held longer and a poisoned command makes more to do again.
pub const BATCH: usize = 256;

/// Characters of a `request_id` at most; a UUID takes 36 (AIP-155).
pub const REQUEST_ID: usize = 64;

/// Characters of a person's name.
pub const NAME: usize = 200;

/// Characters of a single line: a title, a place, a vehicle's number.
pub const LINE: usize = 300;

/// Characters of an address.
pub const ADDRESS: usize = 500;

/// Characters of a remark, a reason or a note.
pub const NOTE: usize = 2_000;

/// Characters of a narrative: what a woman tells. About fifteen written pages.
pub const NARRATIVE: usize = 20_000;

/// Characters of a search text. What is longer is not a search but a paste.
pub const SEARCH: usize = 200;

/// Digits of a phone number after `+` (ITU-T E.164).
pub const PHONE_DIGITS: usize = 15;

/// Paths in a field mask. No resource has as many fields.
pub const MASK_PATHS: usize = 64;

/// Size of a page for a wish: none (zero) is [`PAGE_SIZE`], too much is [`PAGE_SIZE_MAX`].
#[must_use]
pub const fn page_size(wished: u32) -> u32 {
    match wished {
        0 => PAGE_SIZE,
        1..=PAGE_SIZE_MAX => wished,
        _ => PAGE_SIZE_MAX,
    }
}

/// Whether a text has at most `most` characters. Does not count a long text to its end.
#[must_use]
pub fn fits(text: &str, most: usize) -> bool {
    text.len() <= most || text.chars().nth(most).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_never_empty_nor_too_large() {
        assert_eq!(page_size(0), PAGE_SIZE);
        assert_eq!(page_size(7), 7);
        assert_eq!(page_size(1000), 1000);
        assert_eq!(page_size(1001), PAGE_SIZE_MAX);
    }

    #[test]
    fn hindi_and_english_get_the_same_room() {
        assert!(fits(&"क".repeat(NAME), NAME));
        assert!(!fits(&"क".repeat(NAME + 1), NAME));
        assert!(fits(&"k".repeat(NAME), NAME));
        assert!(!fits(&"k".repeat(NAME + 1), NAME));
        assert!(fits("", 0));
    }
}
