//! A call: who, which method, until when. The server's stack puts it into the request; handlers take it out.

use tokio::time::Instant;

use crate::auth::Caller;
use crate::refusal::Refusal;

/// What the stack found out about a call before its handler runs.
#[derive(Debug, Clone)]
pub struct Call {
    /// Who.
    pub caller: Caller,
    /// Which method.
    pub method: &'static mahila_proto::Method,
    /// When the caller stops waiting; bounds queues and reads, never a shared transaction.
    pub deadline: Option<Instant>,
}

impl Call {
    /// The call of a request.
    ///
    /// # Errors
    /// `INTERNAL` when the request did not come through the stack.
    pub fn of<T>(request: &tonic::Request<T>) -> Result<Self, Refusal> {
        request.extensions().get::<Self>().cloned().ok_or_else(|| {
            tracing::error!("a request came past the stack");
            Refusal::internal()
        })
    }
}
