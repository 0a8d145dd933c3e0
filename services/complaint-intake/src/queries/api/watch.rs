//! Complaints as they are, then each as it changes.
//!
//! A stream tells what is open in pages, newest first, marks the end of that, and then follows the journal: whatever an entry
//! is about is read again and told as it is now, so a reader that resumes after a token may be told of a change twice and
//! never misses one. It says every five seconds that it lives, ends when the service stops, and lets a reader go that does
//! not read.

use std::collections::VecDeque;
use std::time::Duration;

use mahila_proto::intake::v1 as wire;
use platform::call::Call;
use platform::fields::Fields;
use platform::page::Page;
use platform::refusal::Refusal;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{self, OwnedPermit};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{parent, sight};
use crate::Intake;
use crate::clocks::CLOCK_BREACHED;
use crate::complaints::api::to_wire;
use crate::complaints::{ACKNOWLEDGED, ACTED, ASSIGNED, DIRECTED, FEEDBACK, LEGAL_ACTION, MOVED, REGISTERED, TRIAGED};
use crate::queries::store;

/// A sign of life this often.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// What other replicas commit is found this much later, at most.
const POLL: Duration = Duration::from_millis(250);
/// A reader that takes no message for so long is let go; it resumes from its token.
const PATIENCE: Duration = Duration::from_secs(30);
/// Complaints of the snapshot read at once.
const SNAPSHOT: usize = 200;
/// Messages that may wait to be read.
const UNREAD: usize = 16;

type Message = Result<wire::WatchComplaintsResponse, Status>;

/// What a reader reads.
pub(crate) type Watch = ReceiverStream<Message>;

/// Where a reader is. Bound to what it asked for; names the history it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Position {
    epoch: Uuid,
    /// Every entry up to this one was told.
    seq: i64,
    /// The snapshot is still under way, and was told down to this place.
    snapshot: Option<i64>,
}

/// Follows complaints.
pub(crate) async fn watch_complaints(
    intake: &Intake,
    request: Request<wire::WatchComplaintsRequest>,
) -> Result<Response<Watch>, Status> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let bound = wire::WatchComplaintsRequest { resume_token: String::new(), ..message.clone() };
    let tokens: Page<Position> = Page::parse(&mut fields, 0, &message.resume_token, &bound, SNAPSHOT, SNAPSHOT);
    let parent = parent(&mut fields, &message.parent);
    fields.finish()?;
    sight(intake, &call, parent.as_deref())?;

    let epoch = intake.base.feed(&[]).epoch.epoch;
    let position = match tokens.after.clone() {
        None => Position { epoch, seq: store::head(&intake.base.db).await?, snapshot: Some(i64::MAX) },
        Some(position) if position.epoch == epoch => position,
        Some(_) => return Err(Refusal::epoch_changed(epoch.to_string()).into()),
    };
    let (send, receive) = mpsc::channel(UNREAD);
    let last_word = send.clone().try_reserve_owned().map_err(|_| Refusal::internal())?;
    let watcher = Watcher { intake: intake.clone(), call, parent, tokens, position, send, told: Instant::now() };
    intake.base.life.spawn("watch", watcher.run(last_word));
    Ok(Response::new(ReceiverStream::new(receive)))
}

/// Why a stream ends.
enum End {
    /// The reader is gone.
    Gone,
    /// It is told why.
    Told(Refusal),
}

impl From<Refusal> for End {
    fn from(refusal: Refusal) -> Self {
        Self::Told(refusal)
    }
}

struct Watcher {
    intake: Intake,
    call: Call,
    parent: Option<String>,
    tokens: Page<Position>,
    position: Position,
    send: mpsc::Sender<Message>,
    told: Instant,
}

impl Watcher {
    /// `last_word`: room kept for saying why it ends, also to a reader that lets everything else pile up.
    async fn run(mut self, last_word: OwnedPermit<Message>) {
        let stopping = self.intake.base.life.stopping();
        let gone = self.send.clone();
        let end = tokio::select! {
            () = stopping.cancelled() => End::Told(Refusal::stopping()),
            () = gone.closed() => End::Gone,
            end = self.watch() => end,
        };
        if let End::Told(refusal) = end {
            last_word.send(Err(refusal.into()));
        }
    }

    async fn watch(&mut self) -> End {
        // Before the first read, so that no commit falls between it and the first wait.
        let mut committed = self.intake.base.writer.committed();
        if let Err(end) = self.snapshot().await {
            return end;
        }
        loop {
            committed.mark_unchanged();
            match self.changes().await {
                Ok(true) => {}
                Ok(false) => {
                    if let Err(end) = self.wait(&mut committed).await {
                        return end;
                    }
                }
                Err(end) => return end,
            }
        }
    }

    /// What is open, and the mark.
    async fn snapshot(&mut self) -> Result<(), End> {
        while let Some(before) = self.position.snapshot {
            let sight = sight(&self.intake, &self.call, self.parent.as_deref())?;
            let mut places = store::open(&self.intake.base.db, &sight, Some(before), self.tokens.limit()).await?;
            let last_page = places.len() <= SNAPSHOT;
            places.truncate(SNAPSHOT);
            let ids: Vec<Uuid> = places.iter().map(|place| place.id).collect();
            let complaints = store::read(&self.intake.base.db, &sight, &ids, true).await?;
            for place in places {
                self.position.snapshot = Some(place.ord);
                if let Some(complaint) = complaints.get(&place.id) {
                    self.tell(wire::WatchComplaintsResponse { complaint: Some(to_wire(complaint)), ..self.message() })
                        .await?;
                }
            }
            if last_page {
                self.position.snapshot = None;
                self.tell(wire::WatchComplaintsResponse { snapshot_complete: true, ..self.message() }).await?;
            }
        }
        Ok(())
    }

    /// What changed since; whether there is more. Within a page of entries the token stays before it: whoever resumes in the
    /// middle is told of the whole page again.
    async fn changes(&mut self) -> Result<bool, End> {
        let since = store::since(&self.intake.base.db, self.position.seq, &kinds()).await?;
        if !since.complaints.is_empty() {
            let sight = sight(&self.intake, &self.call, self.parent.as_deref())?;
            let complaints = store::read(&self.intake.base.db, &sight, &since.complaints, true).await?;
            let mut seen: VecDeque<_> =
                since.complaints.iter().filter_map(|id| complaints.get(id)).map(to_wire).collect();
            while let Some(complaint) = seen.pop_front() {
                if seen.is_empty() {
                    self.position.seq = since.position;
                }
                self.tell(wire::WatchComplaintsResponse { complaint: Some(complaint), ..self.message() }).await?;
            }
        }
        self.position.seq = since.position;
        Ok(since.more)
    }

    async fn wait(&mut self, committed: &mut watch::Receiver<i64>) -> Result<(), End> {
        if self.told.elapsed() >= HEARTBEAT {
            self.tell(wire::WatchComplaintsResponse { heartbeat: true, ..self.message() }).await?;
        }
        tokio::select! {
            _ = committed.changed() => {}
            () = tokio::time::sleep(POLL) => {}
        }
        Ok(())
    }

    fn message(&self) -> wire::WatchComplaintsResponse {
        wire::WatchComplaintsResponse { resume_token: self.tokens.token(&self.position), ..Default::default() }
    }

    async fn tell(&mut self, message: wire::WatchComplaintsResponse) -> Result<(), End> {
        hand_over(&self.send, message).await?;
        self.told = Instant::now();
        Ok(())
    }
}

/// Gives a message to a reader, as long as it has patience with it.
async fn hand_over(send: &mpsc::Sender<Message>, message: wire::WatchComplaintsResponse) -> Result<(), End> {
    send.send_timeout(Ok(message), PATIENCE).await.map_err(|error| match error {
        mpsc::error::SendTimeoutError::Timeout(_) => End::Told(Refusal::slow_reader()),
        mpsc::error::SendTimeoutError::Closed(_) => End::Gone,
    })
}

/// Every kind that tells of a complaint.
fn kinds() -> Vec<String> {
    [REGISTERED, MOVED, TRIAGED, ASSIGNED, ACKNOWLEDGED, ACTED, LEGAL_ACTION, FEEDBACK, DIRECTED, CLOCK_BREACHED]
        .iter()
        .map(|kind| kind.name.to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_does_not_read_is_let_go_and_finds_out_why() {
        let (send, mut receive) = mpsc::channel(3);
        let last_word = send.clone().try_reserve_owned().unwrap();
        let message = wire::WatchComplaintsResponse::default;
        assert!(hand_over(&send, message()).await.is_ok() && hand_over(&send, message()).await.is_ok());
        let begun = Instant::now();
        let Err(End::Told(refusal)) = hand_over(&send, message()).await else { panic!("it waits for ever") };
        assert_eq!(begun.elapsed().as_secs(), PATIENCE.as_secs());
        last_word.send(Err(refusal.into()));

        assert!(receive.recv().await.unwrap().is_ok() && receive.recv().await.unwrap().is_ok());
        let status = receive.recv().await.unwrap().unwrap_err();
        assert_eq!(platform::status::reason_of(&status).as_deref(), Some("SLOW_READER"));
        drop(receive);
        assert!(matches!(hand_over(&send, message()).await, Err(End::Gone)));
    }
}
