//! Traces: the one way in ([`enter`]), children, and how a trace stays current across awaits.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Wake, Poll};

use http::HeaderMap;
use pin_project_lite::pin_project;
use tonic::Code;

use super::context::{self, Context, Current, Parent, current, swap};
use super::export::pipeline;
use super::names::{self, Key};
use super::rpc::code_name;
use super::span::{Kind, Live, Value};

/// The work on one call, page, run or step of these. Recorded or not, it has a context to hand on. Its span ends when it is
/// dropped, whatever still runs in its name.
#[derive(Debug)]
#[must_use = "a trace ends when it is dropped"]
pub struct Trace(Current);

impl Drop for Trace {
    fn drop(&mut self) {
        if let Some(live) = &self.0.live {
            live.end();
        }
    }
}

/// Enters a trace: a server at a call, a follower at a page, a task at a run. A parent's decision to record is followed
/// both ways; without a parent the settings' share decides, by the trace id, before anything is built.
///
/// When nothing is recorded there is no span, and the cost is that of two random numbers.
pub fn enter(parent: &Parent, service: &'static str, name: &'static str, kind: Kind) -> Trace {
    // A call is named as the semantic conventions name it, without the slash that its path begins with.
    let name = name.trim_start_matches('/');
    let pipeline = pipeline();
    let Some(pipeline) = &*pipeline else {
        // Nobody records here. A caller's context goes on untouched, so that those behind us join its trace.
        return Trace::unrecorded(parent.0.unwrap_or_else(unsampled), service);
    };
    let span_id = context::new_span_id();
    let context = if let Some(parent) = parent.0 {
        Context { span_id, ..parent }
    } else {
        let trace_id = context::new_trace_id();
        Context { trace_id, span_id, sampled: pipeline.samples(trace_id) }
    };
    if context.sampled {
        let live = Live::begin(pipeline.clone(), service, name, kind, context, parent.0, true);
        Trace::recorded(live, context, service)
    } else {
        Trace::unrecorded(context, service)
    }
}

/// Enters a step of the current trace. Without a recorded trace around, it does nothing.
pub fn child(name: &'static str) -> Trace {
    child_of_kind(name, Kind::Internal)
}

/// Like [`child`], for a call to another service.
pub fn child_of_kind(name: &'static str, kind: Kind) -> Trace {
    match current(Clone::clone) {
        None => Trace::unrecorded(unsampled(), ""),
        Some(Current { context, service, live: None }) => Trace::unrecorded(context, service),
        Some(Current { context: parent, service, live: Some(live) }) => {
            let context = Context { span_id: context::new_span_id(), ..parent };
            let live = Live::begin(live.pipeline.clone(), service, name, kind, context, Some(parent), false);
            Trace::recorded(live, context, service)
        }
    }
}

/// Sets an attribute on the span that is current, if there is one.
pub fn set(key: Key, value: impl Into<Value>) {
    current(|current| {
        if let Some(live) = &current.live {
            live.set(key, value.into());
        }
    });
}

/// A future that keeps the trace that is current now, for `tokio::spawn`. The trace may end before the future does.
pub fn carry<F>(future: F) -> Traced<F> {
    Traced { future, current: current(Clone::clone) }
}

fn unsampled() -> Context {
    Context { trace_id: context::new_trace_id(), span_id: context::new_span_id(), sampled: false }
}

impl Trace {
    fn unrecorded(context: Context, service: &'static str) -> Self {
        Self(Current { context, service, live: None })
    }

    fn recorded(live: Live, context: Context, service: &'static str) -> Self {
        Self(Current { context, service, live: Some(Arc::new(live)) })
    }

    /// Whether a span is being built.
    #[must_use]
    pub const fn is_sampled(&self) -> bool {
        self.0.live.is_some()
    }

    /// Makes this trace current while `future` runs, across awaits and threads.
    pub fn instrument<F>(&self, future: F) -> Traced<F> {
        Traced { future, current: Some(self.0.clone()) }
    }

    /// Makes this trace current while `run` runs.
    pub fn in_scope<T>(&self, run: impl FnOnce() -> T) -> T {
        let mut current = Some(self.0.clone());
        let _scope = Scope::begin(&mut current);
        run()
    }

    /// Sets an attribute, replacing an earlier value.
    pub fn set(&self, key: Key, value: impl Into<Value>) {
        if let Some(live) = &self.0.live {
            live.set(key, value.into());
        }
    }

    /// Points at another trace that this work belongs to as well. Traces that are not recorded are left out.
    pub fn link(&self, parent: &Parent) {
        if let (Some(live), Some(context @ Context { sampled: true, .. })) = (&self.0.live, parent.0) {
            live.link(context);
        }
    }

    /// Marks the work as failed, with a reason of the contract or a status.
    pub fn fail(&self, reason: &'static str) {
        if let Some(live) = &self.0.live {
            live.set(names::ERROR_TYPE, reason.into());
            live.fail(reason);
        }
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
        self.0.context.to_string()
    }

    /// Writes the trace into the headers of an outgoing call.
    pub fn inject(&self, headers: &mut HeaderMap) {
        self.in_scope(|| context::inject(headers));
    }

    /// This trace as another's parent or link.
    #[must_use]
    pub const fn parent(&self) -> Parent {
        Parent(Some(self.0.context))
    }

    /// The id of the trace, 32 hexadecimal digits: what people hand to `mahila trace`.
    #[must_use]
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.0.context.trace_id)
    }
}

pin_project! {
    /// A future during whose polls a trace is current.
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub struct Traced<F> {
        #[pin]
        future: F,
        current: Option<Current>,
    }
}

impl<F: Future> Future for Traced<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, wake: &mut Wake<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _scope = Scope::begin(this.current);
        this.future.poll(wake)
    }
}

/// Exchanges the current trace, and back at its drop, after a panic too.
struct Scope<'a>(&'a mut Option<Current>);

impl<'a> Scope<'a> {
    fn begin(current: &'a mut Option<Current>) -> Self {
        swap(current);
        Self(current)
    }
}

impl Drop for Scope<'_> {
    fn drop(&mut self) {
        swap(self.0);
    }
}
