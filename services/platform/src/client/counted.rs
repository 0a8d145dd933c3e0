//! Calls to other services, counted by method and outcome.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use tonic::body::Body;
use tonic::transport::{Channel, Error};
use tonic::{Code, Status};
use tower::Service;

use crate::telemetry::{Calls, Observed, SpanIds};

/// A channel that counts the calls made on it, if somebody wants to know.
#[derive(Debug, Clone)]
pub struct Counted {
    pub(super) channel: Channel,
    pub(super) calls: Option<Calls>,
}

impl Service<Request<Body>> for Counted {
    type Response = Response<Body>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.channel.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Some(calls) = &self.calls else { return Box::pin(self.channel.call(request)) };
        let mut call = calls.start(request.uri().path().trim_start_matches('/')).within(SpanIds::current());
        let answer = self.channel.call(request);
        Box::pin(async move {
            let response = answer.await.inspect_err(|_| call.code(Code::Unavailable))?;
            // A refusal that came without a message stands in the headers; every other status in the trailers.
            if let Some(status) = Status::from_header_map(response.headers()) {
                call.code(status.code());
                return Ok(response);
            }
            Ok(response.map(|body| Body::new(Observed::new(body, call))))
        })
    }
}
