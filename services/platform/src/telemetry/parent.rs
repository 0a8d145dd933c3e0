//! Where a trace comes from and goes to: the `traceparent` of calls and of journal entries.

use http::{HeaderMap, HeaderValue};
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceState};
use opentelemetry_sdk::propagation::TraceContextPropagator;

/// The header of <https://www.w3.org/TR/trace-context/>. `tracestate` is neither read nor written: nobody here has one,
/// and a caller's would leave the process with our spans.
const TRACEPARENT: &str = "traceparent";

/// What the work at hand continues: the trace of a caller, of a journal entry, of whoever queued a task; or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent(pub(super) SpanContext);

impl Parent {
    /// The beginning of a trace.
    #[must_use]
    pub const fn none() -> Self {
        Self(SpanContext::NONE)
    }

    /// The parent in a call's headers. A missing, doubled or malformed header counts as none, as the specification asks.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(TRACEPARENT).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().map_or(Self::none(), Self::from_traceparent),
            _ => Self::none(),
        }
    }

    /// The parent in a `traceparent`, such as a journal entry keeps. Malformed text counts as none. The library takes a
    /// number with fewer digits too; as it is only ever written out again in full, that does no harm.
    #[must_use]
    pub fn from_traceparent(text: &str) -> Self {
        let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &Text(text));
        Self(context.span().span_context().clone())
    }

    /// The trace that is running now.
    #[must_use]
    pub fn current() -> Self {
        Context::map_current(Self::of)
    }

    pub(super) fn of(context: &Context) -> Self {
        let span = context.span();
        let span = span.span_context();
        Self(SpanContext::new(span.trace_id(), span.span_id(), span.trace_flags(), true, TraceState::NONE))
    }

    /// Whether there is one.
    #[must_use]
    pub fn is_some(&self) -> bool {
        self.0.is_valid()
    }

    /// Whether there is one and it is recorded.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.0.is_valid() && self.0.is_sampled()
    }
}

/// Carriers of a `traceparent` alone, to read it from and to write it to.
struct Text<'a>(&'a str);
struct Written(Option<String>);

impl Extractor for Text<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == TRACEPARENT).then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT]
    }
}

impl Injector for Written {
    fn set(&mut self, key: &str, value: String) {
        if key == TRACEPARENT {
            self.0 = Some(value);
        }
    }
}

/// `traceparent` of the context's span, recorded or not.
pub(super) fn traceparent_of(context: &Context) -> Option<String> {
    let mut written = Written(None);
    TraceContextPropagator::new().inject_context(context, &mut written);
    written.0
}

/// `traceparent` of the current trace, for a journal entry or a call that is made otherwise than by [`inject`].
#[must_use]
pub fn current_traceparent() -> Option<String> {
    Context::map_current(traceparent_of)
}

/// Writes the current trace into the headers of an outgoing call; outside of a trace it leaves them alone.
pub fn inject(headers: &mut HeaderMap) {
    if let Some(text) = current_traceparent()
        && let Ok(value) = HeaderValue::try_from(text)
    {
        headers.insert(TRACEPARENT, value);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn written(parent: &Parent) -> Option<String> {
        traceparent_of(&Context::new().with_remote_span_context(parent.0.clone()))
    }

    #[test]
    fn a_traceparent_is_read_and_written_alike() {
        let parent = Parent::from_traceparent(GOOD);
        assert!(parent.is_sampled());
        assert_eq!(written(&parent).as_deref(), Some(GOOD));
        assert!(!Parent::from_traceparent(&GOOD.replace("-01", "-00")).is_sampled());
        assert!(Parent::from_traceparent(&GOOD.replace("-01", "-03")).is_sampled(), "other flags are let be");
        assert!(Parent::from_traceparent(&format!("01{}-more", &GOOD[2..])).is_some(), "a later version may say more");
    }

    #[test]
    fn malformed_text_counts_as_none() {
        for text in [
            "",
            "00",
            &format!("{GOOD}-more"),
            &GOOD.to_uppercase(),
            &GOOD.replace("00-4b", "ff-4b"),
            &GOOD.replace("4bf92f3577b34da6a3ce929d0e0e4736", "00000000000000000000000000000000"),
            &GOOD.replace("00f067aa0ba902b7", "0000000000000000"),
            &GOOD.replace("00f067aa0ba902b7", "f0f067aa0ba902b7f"),
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

    proptest! {
        #[test]
        fn any_text_is_read_without_panic_and_written_in_full(text in "(\\PC{0,70}|[0-9a-f+-]{0,60})") {
            if let Some(text) = written(&Parent::from_traceparent(&text)) {
                prop_assert_eq!(text.len(), GOOD.len());
            }
        }

        #[test]
        fn what_is_written_is_read(trace_id in 1u128.., span_id in 1u64.., sampled: bool) {
            let text = format!("00-{trace_id:032x}-{span_id:016x}-0{}", u8::from(sampled));
            let parent = Parent::from_traceparent(&text);
            prop_assert_eq!(parent.is_sampled(), sampled);
            prop_assert_eq!(written(&parent), Some(text));
        }
    }
}
