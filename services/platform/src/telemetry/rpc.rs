//! Every call is counted once, with its method, its status and how long it took, when it is dropped: so a caller
//! that went away is counted too, and so is a call that no trace was recorded of.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Instant;

use http_body::{Frame, SizeHint};
use pin_project_lite::pin_project;
use tonic::body::Body;
use tonic::{Code, Status};

use super::exemplars::SpanIds;
use super::metrics::{Gauge, Histogram, Meter};
use super::names::{self, Metric};

/// The gRPC statuses, in the order of their numbers.
const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// A status as text, `NOT_FOUND`.
#[must_use]
pub fn code_name(code: Code) -> &'static str {
    CODES[code as usize]
}

/// The calls of one service, counted by method and status.
#[derive(Debug, Clone)]
pub struct Calls(Arc<Methods>);

#[derive(Debug)]
struct Methods {
    meter: Meter,
    duration: &'static Metric,
    /// Of served calls alone; made with the first, so that only services that are called have a meter.
    in_flight: Option<OnceLock<Gauge>>,
    /// Where a method stands in `names`. The last place is that of all others.
    places: HashMap<&'static str, usize>,
    names: Vec<&'static str>,
    /// A histogram for each method and status, made when the two first meet.
    durations: Vec<[OnceLock<Histogram>; CODES.len()]>,
}

impl Calls {
    /// Calls that are served. `methods` are the contract's, `package.Service/Method`; all others count as
    /// [`names::OTHER_METHOD`], so that callers cannot make series.
    #[must_use]
    pub fn server(meter: &Meter, methods: &[&'static str]) -> Self {
        Self::new(meter, methods, &names::RPC_SERVER_DURATION, Some(OnceLock::new()))
    }

    /// Calls that are made to other services.
    #[must_use]
    pub fn client(meter: &Meter, methods: &[&'static str]) -> Self {
        Self::new(meter, methods, &names::RPC_CLIENT_DURATION, None)
    }

    fn new(
        meter: &Meter,
        methods: &[&'static str],
        duration: &'static Metric,
        in_flight: Option<OnceLock<Gauge>>,
    ) -> Self {
        let names: Vec<&'static str> = methods.iter().copied().chain([names::OTHER_METHOD]).collect();
        let places = names.iter().enumerate().map(|(place, name)| (*name, place)).collect();
        let durations = names.iter().map(|_| std::array::from_fn(|_| OnceLock::new())).collect();
        Self(Arc::new(Methods { meter: *meter, duration, in_flight, places, names, durations }))
    }

    /// Begins to observe a call.
    pub fn start(&self, method: &str) -> InFlight {
        self.0.in_flight(1);
        let place = self.0.places.get(method).copied().unwrap_or(self.0.names.len() - 1);
        InFlight { methods: self.0.clone(), place, began: Instant::now(), code: Code::Cancelled, within: None }
    }
}

impl Methods {
    fn in_flight(&self, more: i64) {
        if let Some(in_flight) = &self.in_flight {
            in_flight.get_or_init(|| self.meter.gauge(&names::RPC_IN_FLIGHT, &[])).add(more);
        }
    }

    fn duration(&self, place: usize, code: Code) -> &Histogram {
        self.durations[place][code as usize].get_or_init(|| {
            let labels = [
                (names::RPC_SYSTEM_NAME, "grpc"),
                (names::RPC_METHOD, self.names[place]),
                (names::RPC_STATUS, code_name(code)),
            ];
            self.meter.histogram(self.duration, &labels)
        })
    }
}

/// A call under way; held until the last byte of the answer, it counts itself when it is dropped.
#[derive(Debug)]
#[must_use = "a call is counted when this is dropped"]
pub struct InFlight {
    methods: Arc<Methods>,
    place: usize,
    began: Instant,
    code: Code,
    within: Option<SpanIds>,
}

impl InFlight {
    /// The span of the call, for the exemplar.
    pub fn within(mut self, span: Option<SpanIds>) -> Self {
        self.within = span;
        self
    }

    /// The status of the answer, as the trailers have it. Without one the call counts as `CANCELLED`: nobody waited for it.
    pub fn code(&mut self, code: Code) {
        self.code = code;
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.methods.duration(self.place, self.code).record_within(self.began.elapsed(), self.within);
        self.methods.in_flight(-1);
    }
}

/// Whoever wants to know how a call ended.
pub(crate) trait Ending {
    /// The status, as it stood in the trailers.
    fn ended(&mut self, code: Code);
}

impl Ending for InFlight {
    fn ended(&mut self, code: Code) {
        self.code(code);
    }
}

pin_project! {
    /// A body that tells how the call ended, and holds what must be held until it has.
    pub(crate) struct Observed<E> {
        #[pin]
        body: Body,
        ending: E,
    }
}

impl<E> Observed<E> {
    pub(crate) const fn new(body: Body, ending: E) -> Self {
        Self { body, ending }
    }
}

impl<E: Ending> http_body::Body for Observed<E> {
    type Data = <Body as http_body::Body>::Data;
    type Error = <Body as http_body::Body>::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.project();
        let frame = std::task::ready!(this.body.poll_frame(context));
        if let Some(Ok(frame)) = &frame
            && let Some(status) = frame.trailers_ref().and_then(Status::from_header_map)
        {
            this.ending.ended(status.code());
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_have_the_names_of_their_numbers() {
        for (number, name) in CODES.iter().enumerate() {
            let code = Code::from(i32::try_from(number).unwrap());
            assert_eq!(code_name(code), *name);
            assert_eq!(name.replace('_', ""), format!("{code:?}").to_uppercase());
        }
    }
}
