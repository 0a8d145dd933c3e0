//! Traces: the one way in ([`enter`]), children, and how a trace stays current across awaits.

use http::HeaderMap;
use opentelemetry::trace::{
    FutureExt, SpanBuilder, SpanContext, SpanKind, Status, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer,
    WithContext,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator, SdkTracer};
use tonic::Code;
use uuid::Uuid;

use super::exemplars::SpanIds;
use super::names::{self, Key};
use super::parent::{Parent, inject, traceparent_of};
use super::providers::providers;
use super::rpc::code_name;

/// The value of an attribute. There is no conversion from arbitrary text, so that no narrative gets in by accident.
#[derive(Debug, Clone, PartialEq)]
pub struct Value(pub(super) opentelemetry::Value);

impl Value {
    /// Text that may only be an id or a name of the code's own: at most 200 of `A-Z a-z 0-9 . _ : / -`. Anything else
    /// becomes `invalid`.
    #[must_use]
    pub fn token(text: &str) -> Self {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:/-".contains(&byte);
        let text = if text.len() <= 200 && text.bytes().all(allowed) { text } else { "invalid" };
        Self(text.to_owned().into())
    }
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self(text.into())
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self(yes.into())
    }
}

impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        Self(id.hyphenated().to_string().into())
    }
}

macro_rules! whole_numbers {
    ($($number:ty),*) => {
        $(impl From<$number> for Value {
            /// What does not fit is given as the largest number that does.
            fn from(number: $number) -> Self {
                Self(i64::try_from(number).unwrap_or(i64::MAX).into())
            }
        })*
    };
}

whole_numbers!(i64, i32, u32, u64, usize);

/// What a context says beside its span: whose work it is, and who makes the spans below.
#[derive(Debug)]
pub(super) struct Here {
    pub(super) service: &'static str,
    pub(super) tracer: SdkTracer,
}

/// The service at work, if any, and its span.
pub(super) fn current() -> (Option<&'static str>, SpanContext) {
    Context::map_current(|context| {
        (context.get::<Here>().map(|here| here.service), context.span().span_context().clone())
    })
}

/// The work on one call, page, run or step of these. Recorded or not, it has a context to hand on. Its span ends when it is
/// dropped, whatever still runs in its name.
#[derive(Debug)]
#[must_use = "a trace ends when it is dropped"]
pub struct Trace(Context);

impl Drop for Trace {
    fn drop(&mut self) {
        if self.is_sampled() {
            self.0.span().end();
        }
    }
}

/// Enters a trace: a server at a call, a follower at a page, a task at a run. A parent's decision to record is followed
/// both ways; without a parent the settings' share decides, before anything is built.
///
/// When nothing is recorded there is no span, and the cost is that of two random numbers and an allocation.
pub fn enter(parent: &Parent, service: &'static str, name: &'static str, kind: SpanKind) -> Trace {
    // A call is named as the semantic conventions name it, without the slash that its path begins with.
    let name = name.trim_start_matches('/');
    let providers = providers();
    let here = providers.here(service);
    let unrecorded = |context| Trace(here.with_remote_span_context(context));
    match (providers.export(), parent.is_some()) {
        // Nobody records here. A caller's context goes on untouched, so that those behind us join its trace.
        (false, true) => unrecorded(parent.0.clone()),
        (true, true) if parent.is_sampled() => {
            Trace::recorded(&here.with_remote_span_context(parent.0.clone()), name, kind)
        }
        (true, true) => unrecorded(unsampled(parent.0.trace_id())),
        (_, false) => {
            // The SDK makes the ids of what it records; those of the rest are ours, and this one draws the lot.
            let trace_id = RandomIdGenerator::default().new_trace_id();
            if providers.samples(trace_id) {
                Trace::recorded(&here, name, kind)
            } else {
                unrecorded(unsampled(trace_id))
            }
        }
    }
}

/// Enters a step of the current trace. Without a recorded trace around, it does nothing.
pub fn child(name: &'static str) -> Trace {
    child_of_kind(name, SpanKind::Internal)
}

/// Like [`child`], for a call to another service.
pub fn child_of_kind(name: &'static str, kind: SpanKind) -> Trace {
    Context::map_current(|context| {
        let span = context.span();
        if !span.span_context().is_valid() {
            let trace_id = RandomIdGenerator::default().new_trace_id();
            Trace(context.with_remote_span_context(unsampled(trace_id)))
        } else if is_recorded(span.span_context()) {
            Trace::recorded(context, name, kind)
        } else {
            Trace(context.clone())
        }
    })
}

/// Sets an attribute on the span that is current, if there is one. Once a key: the SDK would send a second value as well.
pub fn set(key: Key, value: impl Into<Value>) {
    Context::map_current(|context| set_on(context, key, value));
}

/// A future that keeps the trace that is current now, for `tokio::spawn`. The trace may end before the future does.
pub fn carry<F>(future: F) -> WithContext<F> {
    future.with_current_context()
}

fn unsampled(trace_id: TraceId) -> SpanContext {
    let span_id = RandomIdGenerator::default().new_span_id();
    SpanContext::new(trace_id, span_id, TraceFlags::NOT_SAMPLED, true, TraceState::NONE)
}

/// Whether the span is one that this process made; a caller's, handed on where nobody records, is none.
pub(super) fn is_recorded(span: &SpanContext) -> bool {
    span.is_sampled() && !span.is_remote()
}

fn set_on(context: &Context, key: Key, value: impl Into<Value>) {
    let span = context.span();
    if is_recorded(span.span_context()) {
        span.set_attribute(KeyValue::new(key.as_str(), value.into().0));
    }
}

impl Trace {
    fn recorded(around: &Context, name: &'static str, kind: SpanKind) -> Self {
        match around.get::<Here>() {
            Some(here) => {
                let builder = SpanBuilder::from_name(name).with_kind(kind);
                Self(around.with_span(here.tracer.build_with_context(builder, around)))
            }
            None => Self(around.clone()),
        }
    }

    /// Whether a span is being built.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        is_recorded(self.0.span().span_context())
    }

    /// Makes this trace current while `future` runs, across awaits and threads.
    pub fn instrument<F>(&self, future: F) -> WithContext<F> {
        future.with_context(self.0.clone())
    }

    /// Makes this trace current while `run` runs.
    pub fn in_scope<T>(&self, run: impl FnOnce() -> T) -> T {
        let _current = self.0.clone().attach();
        run()
    }

    /// Sets an attribute. Once a key: the SDK would send a second value as well.
    pub fn set(&self, key: Key, value: impl Into<Value>) {
        set_on(&self.0, key, value);
    }

    /// Points at another trace that this work belongs to as well. Traces that are not recorded are left out.
    pub fn link(&self, parent: &Parent) {
        if parent.is_sampled() {
            self.0.span().add_link(parent.0.clone(), Vec::new());
        }
    }

    /// Marks the work as failed, with a reason of the contract or a status; once, as with [`Trace::set`].
    pub fn fail(&self, reason: &'static str) {
        self.set(names::ERROR_TYPE, reason);
        self.0.span().set_status(Status::error(reason));
    }

    /// Records the answer of a call that was served. A caller's own mistakes are no failures of the server, as the semantic
    /// conventions for gRPC have it.
    pub fn record_status(&self, code: Code) {
        self.set(names::RPC_STATUS, code_name(code));
        let ours = matches!(
            code,
            Code::Unknown
                | Code::DeadlineExceeded
                | Code::Unimplemented
                | Code::Internal
                | Code::Unavailable
                | Code::DataLoss
        );
        if ours {
            self.fail(code_name(code));
        }
    }

    /// Records the answer to a call that was made; to the one who asked, every status but `OK` is a failure.
    pub fn record_answer(&self, code: Code) {
        self.set(names::RPC_STATUS, code_name(code));
        if code != Code::Ok {
            self.fail(code_name(code));
        }
    }

    /// The trace's `traceparent`, recorded or not.
    #[must_use]
    pub fn traceparent(&self) -> String {
        traceparent_of(&self.0).unwrap_or_default()
    }

    /// Writes the trace into the headers of an outgoing call.
    pub fn inject(&self, headers: &mut HeaderMap) {
        self.in_scope(|| inject(headers));
    }

    /// This trace as another's parent or link.
    #[must_use]
    pub fn parent(&self) -> Parent {
        Parent::of(&self.0)
    }

    /// Where exemplars shall point, when a span is being built.
    #[must_use]
    pub fn span_ids(&self) -> Option<SpanIds> {
        SpanIds::of(self.0.span().span_context())
    }

    /// The id of the trace, 32 hexadecimal digits: what people hand to `mahila trace`.
    #[must_use]
    pub fn trace_id(&self) -> String {
        self.0.span().span_context().trace_id().to_string()
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
