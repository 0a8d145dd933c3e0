//! What is sealed opens in its own place and nowhere else, today and with the bytes of the first release.

use std::sync::atomic::{AtomicU8, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::*;

const SUBJECT: Uuid = Uuid::from_u128(0x0011_2233_4455_4677_8899_aabb_ccdd_eeff);
const PHONE: Context = Context { table: "vault", column: "phone", subject: SUBJECT };

fn keys(active: u32, wrapping: &[u32]) -> Keys {
    use std::fmt::Write as _;
    let key = |byte: u8| STANDARD.encode([byte; KEY]);
    let mut text = format!("active {active}\nindex {}\nreceipt {}\n", key(0xa1), key(0xa2));
    for id in wrapping {
        writeln!(text, "wrapping {id} {}", key(u8::try_from(*id).unwrap())).unwrap();
    }
    Keys::parse(&text).unwrap()
}

/// Draws 1, 1, 1, …, then 2, 2, 2, …: all bytes of a draw alike.
fn counted() -> Random {
    let next = AtomicU8::new(1);
    Arc::new(move |bytes| bytes.fill(next.fetch_add(1, Ordering::Relaxed)))
}

fn sealer() -> Sealer {
    Sealer::new(keys(1, &[1]), counted())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// Made by an independent implementation (RFC 8439 and draft-irtf-cfrg-xchacha-03 in Python), from the layout above.
const WRAPPED_V1: &str = "6d6b0100000001020202020202020202020202020202020202020202020202cd6737eeab76fd4ca16060907351789fccd4f0a934e72a164166bd6f70d0fe99624a13dcfb5b4b12a5b1074659e1ef2e";
const SEALED_V1: &str = "6d760156c5eaa8070707070707070707070707070707070707070707070707b615b9d185fd7e413eda42289c625cc4de72d9390ada12ddc906c1f16a";
const INDEX_V1: &str = "9d95ac1f51721d07435784eaa16e016f1603697af3299359676db8e086aaf740";
const RECEIPT_V1: &str = "P3WC-R95P";

#[test]
fn the_bytes_of_version_one_never_change() {
    let sealer = sealer();
    let (key, wrapped) = sealer.new_data_key(SUBJECT);
    assert_eq!(hex(wrapped.as_bytes()), WRAPPED_V1);
    assert_eq!(hex(&seal_value(&key, &PHONE, b"+919876543210", [7; NONCE])), SEALED_V1);
    assert_eq!(hex(&sealer.blind_index("phone", "+919876543210")), INDEX_V1);
    assert_eq!(sealer.receipt_secret(SUBJECT), RECEIPT_V1);
}

#[test]
fn what_the_first_release_stored_still_opens() {
    let sealer = Sealer::new(keys(2, &[1, 2]), os_random());
    let key = sealer.unwrap(SUBJECT, &WrappedKey::try_from(&*bytes(WRAPPED_V1)).unwrap()).unwrap();
    assert_eq!(sealer.open(&key, &PHONE, &bytes(SEALED_V1)).unwrap(), b"+919876543210");
    assert!(sealer.verify_receipt_secret(SUBJECT, RECEIPT_V1));
}

#[test]
fn a_flipped_bit_anywhere_is_found() {
    let sealer = sealer();
    let key = sealer.unwrap(SUBJECT, &WrappedKey::try_from(&*bytes(WRAPPED_V1)).unwrap()).unwrap();
    for at in 0..bytes(SEALED_V1).len() * 8 {
        let mut value = bytes(SEALED_V1);
        value[at / 8] ^= 1 << (at % 8);
        assert!(sealer.open(&key, &PHONE, &value).is_err(), "bit {at} of a value");
    }
    for at in 0..WRAPPED * 8 {
        let mut wrapped = bytes(WRAPPED_V1);
        wrapped[at / 8] ^= 1 << (at % 8);
        let opened = WrappedKey::try_from(&*wrapped).and_then(|wrapped| sealer.unwrap(SUBJECT, &wrapped));
        assert!(opened.is_err(), "bit {at} of a key");
    }
}

#[test]
fn a_value_opens_in_its_own_place_alone() {
    let sealer = sealer();
    let (key, wrapped) = sealer.new_data_key(SUBJECT);
    let value = sealer.seal(&key, &PHONE, b"secret");
    for other in [
        Context { table: "visits", ..PHONE },
        Context { column: "name", ..PHONE },
        Context { subject: Uuid::from_u128(1), ..PHONE },
        // The same letters, split elsewhere.
        Context { table: "vaultp", column: "hone", ..PHONE },
    ] {
        assert_eq!(sealer.open(&key, &other, &value), Err(Error::NotAuthentic), "{other:?}");
    }
    assert_eq!(sealer.unwrap(Uuid::from_u128(1), &wrapped).unwrap_err(), Error::NotAuthentic);
    assert_eq!(WrappedKey::try_from(&*value), Err(Error::Format));
    assert_eq!(sealer.open(&key, &PHONE, wrapped.as_bytes()), Err(Error::Format));
}

#[test]
fn a_key_that_is_not_at_hand_is_named() {
    let one = sealer();
    let (key, wrapped) = one.new_data_key(SUBJECT);
    let two = Sealer::new(keys(2, &[2]), counted());
    assert_eq!(two.unwrap(SUBJECT, &wrapped).unwrap_err(), Error::UnknownKey(1));
    let (other, _) = one.new_data_key(SUBJECT);
    let sealed = one.seal(&key, &PHONE, b"secret");
    assert_eq!(one.open(&other, &PHONE, &sealed), Err(Error::UnknownKey(key.id)));
}

#[test]
fn a_change_of_the_active_key_wraps_again_and_leaves_values_alone() {
    let (key, wrapped) = sealer().new_data_key(SUBJECT);
    let sealed = sealer().seal(&key, &PHONE, b"secret");
    let both = Sealer::new(keys(2, &[1, 2]), os_random());
    let again = both.rewrap(SUBJECT, &wrapped).unwrap().unwrap();
    assert_eq!((wrapped.key_id(), again.key_id()), (1, 2));
    assert_eq!(both.rewrap(SUBJECT, &again), Ok(None));
    let new_alone = Sealer::new(keys(2, &[2]), os_random());
    let key = new_alone.unwrap(SUBJECT, &again).unwrap();
    assert_eq!(new_alone.open(&key, &PHONE, &sealed).unwrap(), b"secret");
}

#[test]
fn indexes_tell_kinds_apart_and_need_the_key() {
    let sealer = sealer();
    assert_eq!(sealer.blind_index("phone", "1"), sealer.blind_index("phone", "1"));
    assert_ne!(sealer.blind_index("phone", "1"), sealer.blind_index("phone", "2"));
    assert_ne!(sealer.blind_index("phone", "1"), sealer.blind_index("name", "1"));
    let others = Keys::parse(&format!(
        "active 1\nwrapping 1 {}\nindex {}\nreceipt {}",
        STANDARD.encode([1; KEY]),
        STANDARD.encode([0xb1; KEY]),
        STANDARD.encode([0xb2; KEY])
    ));
    let other = Sealer::new(others.unwrap(), os_random());
    assert_ne!(sealer.blind_index("phone", "1"), other.blind_index("phone", "1"));
    assert_ne!(sealer.receipt_secret(SUBJECT), other.receipt_secret(SUBJECT));
}

#[test]
fn a_receipts_secret_is_verified_as_people_type_it() {
    let sealer = sealer();
    let secret = sealer.receipt_secret(SUBJECT);
    assert_eq!(secret.len(), 9);
    assert!(sealer.verify_receipt_secret(SUBJECT, &secret.to_lowercase().replace('-', " ")));
    assert!(!sealer.verify_receipt_secret(Uuid::from_u128(1), &secret));
    assert!(!sealer.verify_receipt_secret(SUBJECT, ""));
    for at in [0, 1, 2, 3, 5, 6, 7, 8] {
        let mut wrong = secret.clone().into_bytes();
        wrong[at] = if wrong[at] == b'7' { b'8' } else { b'7' };
        assert!(!sealer.verify_receipt_secret(SUBJECT, &String::from_utf8(wrong).unwrap()));
    }
}

#[test]
fn nothing_of_a_key_is_ever_displayed() {
    let sealer = sealer();
    let (key, _) = sealer.new_data_key(SUBJECT);
    assert_eq!(format!("{sealer:?}"), "Sealer(Keys { active: 1, wrapping: [1], .. })");
    assert_eq!(format!("{key:?}"), format!("DataKey({})", key.id));
}

proptest! {
    #[test]
    fn what_is_sealed_opens(plaintext: Vec<u8>, subject: u128, draw: u8) {
        let sealer = Sealer::new(keys(1, &[1]), Arc::new(move |bytes| bytes.fill(draw)));
        let context = Context { subject: Uuid::from_u128(subject), ..PHONE };
        let (key, wrapped) = sealer.new_data_key(context.subject);
        let value = sealer.seal(&key, &context, &plaintext);
        prop_assert_eq!(value.len(), plaintext.len() + 47);
        let again = sealer.unwrap(context.subject, &wrapped).unwrap();
        prop_assert_eq!(sealer.open(&again, &context, &value), Ok(plaintext));
    }

    #[test]
    fn any_bytes_are_refused_without_panic(stored: Vec<u8>, start in prop::sample::select(vec!["", "mv\u{1}", "mk\u{1}"])) {
        let sealer = sealer();
        let (key, _) = sealer.new_data_key(SUBJECT);
        let stored = [start.as_bytes(), &stored].concat();
        prop_assert!(sealer.open(&key, &PHONE, &stored).is_err());
        prop_assert!(WrappedKey::try_from(&*stored).and_then(|wrapped| sealer.unwrap(SUBJECT, &wrapped)).is_err());
    }
}
