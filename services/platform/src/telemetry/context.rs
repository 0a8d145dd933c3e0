//! Which trace the running code belongs to: ids, the `traceparent` header, and the current trace of a thread.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::span::Live;

/// The header of <https://www.w3.org/TR/trace-context/>. `tracestate` is not passed on: nobody here writes one.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Where a span stands: its trace, itself, and whether the trace is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Context {
    pub(super) trace_id: u128,
    pub(super) span_id: u64,
    pub(super) sampled: bool,
}

/// Displays as a `traceparent`.
impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.span_id, u8::from(self.sampled))
    }
}

/// What the work at hand continues: the trace of a caller, of a journal entry, of whoever queued a task; or nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parent(pub(super) Option<Context>);

impl Parent {
    /// The beginning of a trace.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// The parent in a call's headers. A missing, doubled or malformed header counts as none, as the specification asks.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(TRACEPARENT).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().map_or(Self(None), Self::from_traceparent),
            _ => Self(None),
        }
    }

    /// The parent in a `traceparent`, such as a journal entry keeps. Malformed text counts as none.
    #[must_use]
    pub fn from_traceparent(text: &str) -> Self {
        Self(parse(text))
    }

    /// The trace that is running now.
    #[must_use]
    pub fn current() -> Self {
        Self(current(|current| current.context))
    }

    /// Whether there is one.
    #[must_use]
    pub const fn is_some(&self) -> bool {
        self.0.is_some()
    }

    /// Whether there is one and it is recorded.
    #[must_use]
    pub const fn is_sampled(&self) -> bool {
        matches!(self.0, Some(Context { sampled: true, .. }))
    }
}

/// Strict: lower-case hexadecimal of exact length, ids not zero, version not `ff`; a later version may go on after a dash.
fn parse(text: &str) -> Option<Context> {
    let (fixed, rest) = text.split_at_checked(55)?;
    let bytes = fixed.as_bytes();
    let hex = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    let well_formed = bytes.iter().enumerate().all(|(at, byte)| match at {
        2 | 35 | 52 => *byte == b'-',
        _ => hex(byte),
    });
    let (version, flags) = (fixed.get(..2)?, fixed.get(53..)?);
    let ends = rest.is_empty() || (version != "00" && rest.starts_with('-'));
    if !well_formed || !ends || version == "ff" {
        return None;
    }
    let trace_id = u128::from_str_radix(fixed.get(3..35)?, 16).ok().filter(|id| *id != 0)?;
    let span_id = u64::from_str_radix(fixed.get(36..52)?, 16).ok().filter(|id| *id != 0)?;
    let flags = u8::from_str_radix(flags, 16).ok()?;
    Some(Context { trace_id, span_id, sampled: flags & 1 == 1 })
}

/// What is current on a thread while a traced future is polled.
#[derive(Debug, Clone)]
pub(super) struct Current {
    pub(super) context: Context,
    pub(super) service: &'static str,
    /// Present only when a span is being built.
    pub(super) live: Option<Arc<Live>>,
}

thread_local! {
    static CURRENT: RefCell<Option<Current>> = const { RefCell::new(None) };
    static IDS: Cell<u64> = Cell::new(RandomState::new().hash_one(std::thread::current().id()));
}

/// Asks the current trace; `None` outside of any, and while a thread is being torn down.
pub(super) fn current<T>(ask: impl FnOnce(&Current) -> T) -> Option<T> {
    CURRENT.try_with(|current| current.try_borrow().ok()?.as_ref().map(ask)).ok().flatten()
}

/// Exchanges the current trace with `other`.
pub(super) fn swap(other: &mut Option<Current>) {
    CURRENT.with_borrow_mut(|current| std::mem::swap(current, other));
}

/// `traceparent` of the current trace, for a journal entry or a call that is made otherwise than by [`inject`].
#[must_use]
pub fn current_traceparent() -> Option<String> {
    current(|current| current.context.to_string())
}

/// Writes the current trace into the headers of an outgoing call; outside of a trace it leaves them alone.
pub fn inject(headers: &mut HeaderMap) {
    if let Some(text) = current_traceparent()
        && let Ok(value) = HeaderValue::try_from(text)
    {
        headers.insert(TRACEPARENT, value);
    }
}

/// A fresh trace id. Ids need to be unlike each other, not secret: wyrand a thread, seeded by the standard library, costs
/// a multiplication where the system's random source costs a call into the kernel.
pub(super) fn new_trace_id() -> u128 {
    (u128::from(random()) << 64 | u128::from(random())).max(1)
}

/// A fresh span id.
pub(super) fn new_span_id() -> u64 {
    random().max(1)
}

fn random() -> u64 {
    IDS.with(|state| {
        let next = state.get().wrapping_add(0xa076_1d64_78bd_642f);
        state.set(next);
        let wide = u128::from(next) * u128::from(next ^ 0xe703_7ed1_a0b4_28db);
        let [high, low] = halves(wide);
        high ^ low
    })
}

/// The upper and the lower 64 bits.
pub(super) fn halves(wide: u128) -> [u64; 2] {
    let bytes = wide.to_be_bytes();
    let half = |from: usize| std::array::from_fn(|at| bytes[from + at]);
    [u64::from_be_bytes(half(0)), u64::from_be_bytes(half(8))]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_traceparent_is_read_and_written_alike() {
        let Parent(Some(context)) = Parent::from_traceparent(GOOD) else { panic!("not read") };
        assert!(context.sampled);
        assert_eq!(context.to_string(), GOOD);
        assert!(!Parent::from_traceparent(&GOOD.replace("-01", "-00")).is_sampled());
        assert!(Parent::from_traceparent(&GOOD.replace("-01", "-03")).is_sampled(), "other flags are let be");
        assert!(Parent::from_traceparent(&format!("01{}-more", &GOOD[2..])).is_some(), "a later version may say more");
    }

    #[test]
    fn malformed_text_counts_as_none() {
        for text in [
            "",
            "00",
            &GOOD[..54],
            &format!("{GOOD}-more"),
            &format!("{GOOD} "),
            &GOOD.to_uppercase(),
            &GOOD.replace("00-4b", "ff-4b"),
            &GOOD.replace("4bf92f3577b34da6a3ce929d0e0e4736", "00000000000000000000000000000000"),
            &GOOD.replace("00f067aa0ba902b7", "0000000000000000"),
            &GOOD.replace("-01", "+01"),
            &GOOD.replace("-01", "-0x"),
            "00-4bf92f3577b34da6a3ce929d0e0e473ä-00f067aa0ba902b-01",
        ] {
            assert!(!Parent::from_traceparent(text).is_some(), "{text}");
        }
    }

    #[test]
    fn two_headers_count_as_none() {
        let mut headers = HeaderMap::new();
        assert!(!Parent::from_headers(&headers).is_some());
        headers.append(TRACEPARENT, HeaderValue::from_static(GOOD));
        assert!(Parent::from_headers(&headers).is_sampled());
        headers.append(TRACEPARENT, HeaderValue::from_static(GOOD));
        assert!(!Parent::from_headers(&headers).is_some());
    }

    #[test]
    fn ids_do_not_repeat_across_threads() {
        let mut seen = HashSet::new();
        let threads: Vec<_> =
            (0..4).map(|_| std::thread::spawn(|| (0..10_000).map(|_| new_span_id()).collect::<Vec<_>>())).collect();
        for id in threads.into_iter().flat_map(|thread| thread.join().unwrap()) {
            assert!(id != 0 && seen.insert(id));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,70}") {
            let _ = Parent::from_traceparent(&text);
        }

        #[test]
        fn what_is_written_is_read(trace_id in 1u128.., span_id in 1u64.., sampled: bool) {
            let context = Context { trace_id, span_id, sampled };
            prop_assert_eq!(Parent::from_traceparent(&context.to_string()), Parent(Some(context)));
        }
    }
}
