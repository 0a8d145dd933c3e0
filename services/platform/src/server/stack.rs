//! What stands in front of every method, in this order, written nowhere else:
//!
//! 1. trace and count (sampled or not is decided before a span is built; counted on drop, status read from the trailers)
//! 2. unknown methods
//! 3. room: more calls in flight than the limit are refused at once
//! 4. deadline
//! 5. certificate, where a method is for services alone; token, then permission
//! 6. the handler
//!
//! Health and reflection pass it by. Every status that leaves carries exactly one `ErrorInfo`, also those that the library
//! underneath made (a message that is too large, or not the message of the method).

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Extensions, HeaderMap, Request, Response};
use mahila_proto::{METHODS, Method};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tonic::body::Body;
use tonic::transport::server::{TcpConnectInfo, TlsConnectInfo};
use tonic::{Code, Status};
use tower::Service;

use crate::auth::{Caller, Verifier, permit};
use crate::call::Call;
use crate::refusal::{Refusal, Violation};
use crate::settings::ServerSettings;
use crate::telemetry::{self, Calls, Ending, InFlight, Observed, Trace, names};

/// We answer so long before the caller stops waiting, so that the answer is ours.
const MARGIN: Duration = Duration::from_millis(10);

/// For services alone.
const FEED: &str = "mahila.feed.v1.FeedService";

/// What all calls share.
pub struct Shared {
    name: &'static str,
    calls: HashMap<&'static str, Calls>,
    verifier: Verifier,
    room: Arc<Semaphore>,
    methods: HashMap<&'static str, &'static Method>,
    max_message: usize,
    services_show: bool,
}

/// The stack in front of a service.
#[derive(Clone)]
pub struct Stack<S> {
    inner: S,
    shared: Arc<Shared>,
}

/// Puts the stack in front.
#[derive(Clone)]
pub struct StackLayer(Arc<Shared>);

impl Stack<()> {
    /// The layer; `name` is the service that shared methods are counted under. With `services_show` nobody follows a journal
    /// whose connection shows no certificate.
    pub fn layer(name: &'static str, verifier: Verifier, settings: &ServerSettings, services_show: bool) -> StackLayer {
        StackLayer(Arc::new(Shared {
            name,
            calls: calls(name),
            verifier,
            room: Arc::new(Semaphore::new(settings.max_in_flight.clamp(1, Semaphore::MAX_PERMITS))),
            methods: METHODS.iter().map(|method| (method.path, method)).collect(),
            max_message: settings.max_message_bytes,
            services_show,
        }))
    }
}

impl<S> tower::Layer<S> for StackLayer {
    type Service = Stack<S>;
    fn layer(&self, inner: S) -> Stack<S> {
        Stack { inner, shared: self.0.clone() }
    }
}

type Answer<E> = Pin<Box<dyn Future<Output = Result<Response<Body>, E>> + Send>>;

impl<S> Service<Request<Body>> for Stack<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Answer<S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let fresh = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, fresh);
        let path = request.uri().path();
        if path.starts_with("/grpc.") {
            return Box::pin(inner.call(request));
        }
        let shared = self.shared.clone();
        let method = shared.methods.get(path).copied();
        let service = method.map_or(shared.name, |method| service_of(method, shared.name));
        let parent = telemetry::Parent::from_headers(request.headers());
        let name = method.map_or(names::OTHER_METHOD, |method| &method.path[1..]);
        let trace = Arc::new(telemetry::enter(&parent, service, name, telemetry::Kind::Server));
        let observer = Observer {
            call: shared.calls.get(service).map(|calls| calls.start(name).within(trace.span_ids())),
            trace: trace.clone(),
            told: false,
        };
        trace.set(names::RPC_SYSTEM_NAME, "grpc");
        trace.set(names::RPC_METHOD, name);
        let answer = async move {
            match shared.admit(method, request.headers(), request.extensions()).await {
                Err(refusal) => Ok(refused(refusal, observer)),
                Ok((call, room)) => {
                    let mut request = request;
                    let deadline = call.deadline;
                    request.extensions_mut().insert(call);
                    let handled = inner.call(request);
                    let response = match deadline {
                        Some(deadline) => match tokio::time::timeout_at(deadline, handled).await {
                            Ok(response) => response?,
                            Err(_) => return Ok(refused(Refusal::deadline(), observer)),
                        },
                        None => handled.await?,
                    };
                    Ok(finish(response, observer, room, shared.max_message))
                }
            }
        };
        Box::pin(trace.instrument(answer))
    }
}

/// Counts a call when it is dropped, and ends its span.
struct Observer {
    call: Option<InFlight>,
    trace: Arc<Trace>,
    told: bool,
}

impl Observer {
    fn status(&mut self, code: Code) {
        if let Some(call) = &mut self.call {
            call.code(code);
        }
        self.trace.record_status(code);
        self.told = true;
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        // Nobody said how it ended: the caller went away.
        if !self.told {
            self.status(Code::Cancelled);
        }
    }
}

/// The counters of each service whose methods this process may serve.
fn calls(otherwise: &'static str) -> HashMap<&'static str, Calls> {
    let mut methods: HashMap<&'static str, Vec<&'static str>> = HashMap::new();
    for method in METHODS {
        methods.entry(service_of(method, otherwise)).or_default().push(&method.path[1..]);
    }
    methods
        .into_iter()
        .map(|(service, methods)| (service, Calls::server(&telemetry::meter(service), &methods)))
        .collect()
}

/// The service a method belongs to, as telemetry names it.
fn service_of(method: &Method, otherwise: &'static str) -> &'static str {
    match method.service.split('.').nth(1) {
        Some("registry") => "station-registry",
        Some("intake") => "complaint-intake",
        Some("review") => "review-scheduling",
        Some("campaign") => "awareness-campaigns",
        Some("oversight") => "oversight",
        _ => otherwise,
    }
}

impl Shared {
    async fn admit(
        &self,
        method: Option<&'static Method>,
        headers: &HeaderMap,
        connection: &Extensions,
    ) -> Result<(Call, OwnedSemaphorePermit), Refusal> {
        let method = method.ok_or_else(Refusal::unknown_method)?;
        let rule = method.rule.as_ref().ok_or_else(Refusal::unknown_method)?;
        let room = self.room.clone().try_acquire_owned().map_err(|_| Refusal::busy(Duration::from_millis(50)))?;
        let deadline = timeout(headers).map(|timeout| Instant::now() + timeout.saturating_sub(MARGIN));
        if self.services_show && method.service == FEED && !shows_certificate(connection) {
            return Err(Refusal::certificate_required());
        }
        let caller = if rule.open {
            Caller::anonymous()
        } else {
            let token = headers
                .get("authorization")
                .and_then(|value| value.to_str().ok())
                .ok_or_else(Refusal::token_invalid)?;
            self.verifier.verify(token).await?
        };
        permit(rule, &caller)?;
        Ok((Call { caller, method, deadline }, room))
    }
}

/// Whether the connection has a certificate of the client: one that the handshake found good.
fn shows_certificate(connection: &Extensions) -> bool {
    let connection = connection.get::<TlsConnectInfo<TcpConnectInfo>>();
    connection.and_then(TlsConnectInfo::peer_certs).is_some_and(|shown| !shown.is_empty())
}

/// The `grpc-timeout` header: at most eight digits and a unit. What is not one is ignored, as the specification asks.
fn timeout(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: u64 = (digits.len() <= 8).then(|| digits.parse().ok())??;
    match unit {
        "H" => Some(Duration::from_secs(number * 3600)),
        "M" => Some(Duration::from_secs(number * 60)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

fn refused(refusal: Refusal, mut observer: Observer) -> Response<Body> {
    let status = Status::from(refusal);
    observer.status(status.code());
    status.into_http()
}

/// Gives a status that the library made its reason.
fn with_reason(status: &Status, max_message: usize) -> Status {
    let text = status.message();
    let refusal = match status.code() {
        Code::Unimplemented => Refusal::unknown_method(),
        Code::OutOfRange | Code::ResourceExhausted if text.contains("message length") => {
            Refusal::too_large(max_message)
        }
        Code::Internal if text.contains("decode") || text.contains("frame") || text.contains("message") => {
            Refusal::invalid(vec![Violation {
                field: String::new(),
                en: "the bytes are not the message of this method".to_owned(),
                hi: "यह इस विधि का संदेश नहीं है".to_owned(),
            }])
        }
        Code::Cancelled | Code::DeadlineExceeded => Refusal::deadline(),
        Code::Unavailable => Refusal::stopping(),
        _ => Refusal::internal(),
    };
    refusal.into()
}

fn finish(
    response: Response<Body>,
    mut observer: Observer,
    room: OwnedSemaphorePermit,
    max_message: usize,
) -> Response<Body> {
    if let Some(status) = Status::from_header_map(response.headers()) {
        if status.code() != Code::Ok && status.details().is_empty() {
            let status = with_reason(&status, max_message);
            observer.status(status.code());
            return status.into_http();
        }
        observer.status(status.code());
        return response;
    }
    response.map(|body| Body::new(Observed::new(body, (observer, room))))
}

/// Holds the call's room until it has ended.
impl Ending for (Observer, OwnedSemaphorePermit) {
    fn ended(&mut self, code: Code) {
        self.0.status(code);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_those_of_the_specification() {
        let parse = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", text.parse().unwrap());
            timeout(&headers)
        };
        assert_eq!(parse("250m"), Some(Duration::from_millis(250)));
        assert_eq!(parse("2S"), Some(Duration::from_secs(2)));
        assert_eq!(parse("1H"), Some(Duration::from_hours(1)));
        for nonsense in ["", "S", "12", "123456789m", "-1S", "5x"] {
            assert_eq!(parse(nonsense), None, "{nonsense}");
        }
    }
}
