//! Many reports at once, answered in their order. Each is queued as soon as it is read, so that those in flight are committed
//! together; a client that reads no answers is not read from any more.

use std::future::Future;
use std::pin::Pin;

use mahila_proto::intake::v1 as wire;
use platform::call::Call;
use platform::refusal::Refusal;
use platform::telemetry;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::{View, about, answered, command, refused};
use crate::Intake;

/// Reports of one stream that may wait for their answers. As many as the writer takes at once.
const IN_FLIGHT: usize = platform::limits::BATCH;

/// Answers that may wait for the client to read them.
const UNREAD: usize = 16;

/// What a client reads.
pub(crate) type Answers = ReceiverStream<Result<wire::IngestCallsResponse, Status>>;

type Pending = Pin<Box<dyn Future<Output = Result<wire::IngestCallsResponse, Refusal>> + Send>>;

/// Takes in the reports of a control room.
pub(crate) async fn ingest_calls(
    intake: &Intake,
    request: Request<Streaming<wire::IngestCallsRequest>>,
) -> Result<Response<Answers>, Status> {
    let call = Call::of(&request)?;
    let reports = request.into_inner();
    let (queued, pending) = mpsc::channel(IN_FLIGHT);
    let (send, answers) = mpsc::channel(UNREAD);
    let parent = telemetry::Parent::from_traceparent(&telemetry::current_traceparent().unwrap_or_default());
    let take = take_in(intake.clone(), call, reports, queued);
    if parent.is_sampled() {
        let trace = telemetry::enter(
            &parent,
            intake.base.service.source(),
            telemetry::names::CALLS_TAKEN,
            telemetry::Kind::Internal,
        );
        intake.base.life.spawn("calls", async move { trace.instrument(take).await });
    } else {
        intake.base.life.spawn("calls", take);
    }
    intake.base.life.spawn("answers", answer(pending, send));
    Ok(Response::new(ReceiverStream::new(answers)))
}

/// Reads, seals and queues reports until the client has no more, goes away, or the service stops.
async fn take_in(
    intake: Intake,
    call: Call,
    mut reports: Streaming<wire::IngestCallsRequest>,
    queued: mpsc::Sender<Pending>,
) {
    let stopping = intake.base.life.stopping();
    let mut view = View::of(&intake, &call);
    loop {
        let message = tokio::select! {
            () = stopping.cancelled() => {
                // What was read is answered first: this takes its place behind them.
                let _ = queued.send(Box::pin(async { Err(Refusal::stopping()) })).await;
                return;
            }
            () = queued.closed() => return,
            message = reports.message() => message,
        };
        let Ok(Some(message)) = message else { return };
        if !view.is_current(&intake) {
            view = View::of(&intake, &call);
        }
        let answer = queue(&intake, &call, &view, message.report.unwrap_or_default()).await;
        if queued.send(answer).await.is_err() {
            return;
        }
    }
}

/// Queues a report; gives back its answer to wait for.
async fn queue(intake: &Intake, call: &Call, view: &View, message: wire::CallReport) -> Pending {
    let about = about(&message);
    let command = match command(intake, call, view, &message, intake.base.clock.now()) {
        Ok(command) => command,
        Err(refusal) => return Box::pin(async { Ok(refused(about, refusal)) }),
    };
    match intake.base.writer.enqueue(call, command).await {
        Err(refusal) => Box::pin(async { Err(refusal) }),
        Ok(answer) => Box::pin(async {
            match answer.await {
                Ok(answer) => Ok(answered(about, &answer)),
                Err(refusal) if ends_stream(&refusal) => Err(refusal),
                Err(refusal) => Ok(refused(about, refusal)),
            }
        }),
    }
}

/// Gives the answers out in order. Ends when the client goes, with the reports, or with what keeps any report from being taken.
async fn answer(mut pending: mpsc::Receiver<Pending>, send: mpsc::Sender<Result<wire::IngestCallsResponse, Status>>) {
    while let Some(answer) = pending.recv().await {
        let answer = answer.await;
        let last = answer.is_err();
        if send.send(answer.map_err(Status::from)).await.is_err() || last {
            return;
        }
    }
}

/// Not a matter of this report: what is unanswered is to be sent again, when it is better.
fn ends_stream(refusal: &Refusal) -> bool {
    matches!(refusal.reason(), "DATABASE_AWAY" | "STOPPING" | "DEADLINE" | "BUSY")
}
