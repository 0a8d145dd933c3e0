//! A span while it is being built, and its translation to OTLP when it has ended.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::{self as otlp, span as otlp_span, status};
use uuid::Uuid;

use super::context::Context;
use super::export::Pipeline;
use super::names::Key;

/// More attributes than this are counted and left out.
const MOST_ATTRIBUTES: usize = 32;
/// As many as the writer puts commands into one transaction.
const MOST_LINKS: usize = 256;
/// `TraceFlags.sampled`, and the two bits that say whether the parent's process is another one.
const FLAG_SAMPLED: u32 = 0x01;
const FLAG_HAS_IS_REMOTE: u32 = 0x100;
const FLAG_IS_REMOTE: u32 = 0x200;

/// The side of a conversation that a span stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Answers a call.
    Server,
    /// Makes a call.
    Client,
    /// Works on what another wrote earlier: a journal entry, a queued task.
    Consumer,
    /// Neither.
    Internal,
}

/// The value of an attribute. There is no conversion from arbitrary text, so that no narrative gets in by accident.
#[derive(Debug, Clone, PartialEq)]
pub struct Value(any_value::Value);

impl Value {
    /// Text that may only be an id or a name of the code's own: at most 200 of `A-Z a-z 0-9 . _ : / -`. Anything else
    /// becomes `invalid`.
    #[must_use]
    pub fn token(text: &str) -> Self {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:/-".contains(&byte);
        let text = if text.len() <= 200 && text.bytes().all(allowed) { text } else { "invalid" };
        Self(any_value::Value::StringValue(text.to_owned()))
    }
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self(any_value::Value::StringValue(text.to_owned()))
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self(any_value::Value::BoolValue(yes))
    }
}

impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        Self(any_value::Value::StringValue(id.hyphenated().to_string()))
    }
}

macro_rules! whole_numbers {
    ($($number:ty),*) => {
        $(impl From<$number> for Value {
            /// What does not fit is given as the largest number that does.
            fn from(number: $number) -> Self {
                Self(any_value::Value::IntValue(i64::try_from(number).unwrap_or(i64::MAX)))
            }
        })*
    };
}

whole_numbers!(i64, i32, u32, u64, usize);

/// An attribute as OTLP has it.
pub(super) fn attribute(key: Key, value: Value) -> KeyValue {
    KeyValue { key: key.as_str().to_owned(), value: Some(AnyValue { value: Some(value.0) }), ..KeyValue::default() }
}

/// Nanoseconds since 1970 by the system's clock.
#[expect(clippy::disallowed_methods, reason = "spans and log lines tell when the machine worked, in a replay too")]
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// What is known of a span.
#[derive(Debug)]
pub(super) struct Span {
    pub(super) service: &'static str,
    name: &'static str,
    kind: Kind,
    context: Context,
    parent: Option<Context>,
    remote: bool,
    start: u64,
    end: u64,
    attributes: Vec<(Key, Value)>,
    dropped_attributes: u32,
    links: Vec<Context>,
    dropped_links: u32,
    failed: Option<&'static str>,
}

impl Span {
    /// Roughly how many bytes it takes in a message, so that a batch stays below what collectors accept.
    pub(super) fn weight(&self) -> usize {
        200 + self.attributes.len() * 80 + self.links.len() * 40
    }

    /// The span as OTLP has it.
    pub(super) fn into_otlp(self) -> otlp::Span {
        let remote = FLAG_HAS_IS_REMOTE | if self.remote { FLAG_IS_REMOTE } else { 0 };
        let link = |link: Context| otlp_span::Link {
            trace_id: link.trace_id.to_be_bytes().to_vec(),
            span_id: link.span_id.to_be_bytes().to_vec(),
            flags: FLAG_SAMPLED,
            ..otlp_span::Link::default()
        };
        let kind = match self.kind {
            Kind::Server => otlp_span::SpanKind::Server,
            Kind::Client => otlp_span::SpanKind::Client,
            Kind::Consumer => otlp_span::SpanKind::Consumer,
            Kind::Internal => otlp_span::SpanKind::Internal,
        };
        otlp::Span {
            trace_id: self.context.trace_id.to_be_bytes().to_vec(),
            span_id: self.context.span_id.to_be_bytes().to_vec(),
            parent_span_id: self.parent.map(|parent| parent.span_id.to_be_bytes().to_vec()).unwrap_or_default(),
            flags: FLAG_SAMPLED | remote,
            name: self.name.to_owned(),
            kind: kind.into(),
            start_time_unix_nano: self.start,
            end_time_unix_nano: self.end,
            attributes: self.attributes.into_iter().map(|(key, value)| attribute(key, value)).collect(),
            dropped_attributes_count: self.dropped_attributes,
            links: self.links.into_iter().map(link).collect(),
            dropped_links_count: self.dropped_links,
            status: self
                .failed
                .map(|reason| otlp::Status { message: reason.to_owned(), code: status::StatusCode::Error.into() }),
            ..otlp::Span::default()
        }
    }
}

/// A span that has begun; it takes attributes until it ends, and is handed to the exporter then.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) pipeline: Arc<Pipeline>,
    span: Mutex<Option<Span>>,
}

impl Live {
    /// Begins a span. `remote` says whether the parent's process is another one.
    pub(super) fn begin(
        pipeline: Arc<Pipeline>,
        service: &'static str,
        name: &'static str,
        kind: Kind,
        context: Context,
        parent: Option<Context>,
        remote: bool,
    ) -> Self {
        let span = Span {
            service,
            name,
            kind,
            context,
            parent,
            remote,
            start: now(),
            end: 0,
            attributes: Vec::new(),
            dropped_attributes: 0,
            links: Vec::new(),
            dropped_links: 0,
            failed: None,
        };
        Self { pipeline, span: Mutex::new(Some(span)) }
    }

    fn change(&self, change: impl FnOnce(&mut Span)) {
        if let Some(span) = self.span.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            change(span);
        }
    }

    /// Sets an attribute, replacing an earlier value.
    pub(super) fn set(&self, key: Key, value: Value) {
        self.change(|span| {
            if let Some((_, old)) = span.attributes.iter_mut().find(|(other, _)| *other == key) {
                *old = value;
            } else if span.attributes.len() < MOST_ATTRIBUTES {
                span.attributes.push((key, value));
            } else {
                span.dropped_attributes += 1;
            }
        });
    }

    /// Points at another span that had to do with this one.
    pub(super) fn link(&self, to: Context) {
        self.change(|span| {
            if span.links.len() < MOST_LINKS {
                span.links.push(to);
            } else {
                span.dropped_links += 1;
            }
        });
    }

    /// Marks the span as failed.
    pub(super) fn fail(&self, reason: &'static str) {
        self.change(|span| span.failed = Some(reason));
    }

    /// Ends the span; what is recorded afterwards is ignored.
    pub(super) fn end(&self) {
        let ended = self.span.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut span) = ended {
            // A clock that was set back in between must not make a negative duration.
            span.end = now().max(span.start);
            self.pipeline.push(span);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_text_is_no_token() {
        assert_eq!(Value::token("complaints/0191-aB:c.d_e"), Value::from("complaints/0191-aB:c.d_e"));
        for text in ["Sunita Devi", "सुनीता", "+919876543210", "a@b", &"a".repeat(201)] {
            assert_eq!(Value::token(text), Value::from("invalid"), "{text}");
        }
    }
}
