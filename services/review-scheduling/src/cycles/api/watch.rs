//! A cycle as it is, then each change of it.
//!
//! A stream tells the cycle and its docket, marks the end of that, and then follows the journal: whenever an entry is about the
//! cycle or a case of it, both are read again and what differs from what was told is told. A reader that resumes after a token
//! is told everything anew once something changed: it may be told of a change twice and never misses one. The stream says
//! every five seconds that it lives, ends when the service stops, and lets a reader go that does not read.

use std::collections::BTreeMap;
use std::time::Duration;

use mahila_proto::review::v1 as wire;
use platform::Refusal;
use platform::call::Call;
use platform::fields::Fields;
use platform::page::Page;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{self, OwnedPermit};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{item_to_wire, seen, to_wire};
use crate::Review;
use crate::cycles::cycle::Cycle;
use crate::cycles::item::DocketItem;
use crate::cycles::store;

/// A sign of life this often.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// What other replicas commit is found this much later, at most.
const POLL: Duration = Duration::from_millis(250);
/// A reader that takes no message for so long is let go; it resumes from its token.
const PATIENCE: Duration = Duration::from_secs(30);
/// Messages that may wait to be read.
const UNREAD: usize = 16;

type Message = Result<wire::WatchCycleResponse, Status>;

/// What a reader reads.
pub(crate) type Watch = ReceiverStream<Message>;

/// Where a reader is. Bound to what it asked for; names the history it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Position {
    epoch: Uuid,
    /// Every entry up to this one was told.
    seq: i64,
    /// Everything as it was was told.
    complete: bool,
}

/// Follows a cycle.
pub(crate) async fn watch(
    review: &Review,
    request: Request<wire::WatchCycleRequest>,
) -> Result<Response<Watch>, Status> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let bound = wire::WatchCycleRequest { resume_token: String::new(), ..message.clone() };
    let mut of_token = Fields::new();
    let tokens: Page<Position> = Page::parse(&mut of_token, 0, &message.resume_token, &bound, 1, 1);
    if !of_token.clean() {
        fields.wrong("resume_token", "is not from a stream of this cycle", "इस चक्र की स्ट्रीम का टोकन नहीं है");
    }
    let cycle = fields.uuid_name("name", &message.name, "reviewCycles");
    fields.finish()?;
    seen(review, &call, cycle).await?;

    let epoch = review.base.feed(&[]).epoch.epoch;
    let position = match tokens.after.clone() {
        None => Position { epoch, seq: store::head(&review.base.db).await?, complete: false },
        Some(position) if position.epoch == epoch => position,
        Some(_) => return Err(Refusal::epoch_changed(epoch.to_string()).into()),
    };
    let (send, receive) = mpsc::channel(UNREAD);
    let last_word = send.clone().try_reserve_owned().map_err(|_| Refusal::internal())?;
    let watcher = Watcher {
        review: review.clone(),
        call,
        cycle,
        tokens,
        position,
        send,
        spoke: Instant::now(),
        told_cycle: None,
        told_items: BTreeMap::new(),
    };
    review.base.life.spawn("watch", watcher.run(last_word));
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
    review: Review,
    call: Call,
    cycle: Uuid,
    tokens: Page<Position>,
    position: Position,
    send: mpsc::Sender<Message>,
    spoke: Instant,
    told_cycle: Option<Cycle>,
    told_items: BTreeMap<i32, DocketItem>,
}

impl Watcher {
    /// `last_word`: room kept for saying why it ends, also to a reader that lets everything else pile up.
    async fn run(mut self, last_word: OwnedPermit<Message>) {
        let stopping = self.review.base.life.stopping();
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
        let mut committed = self.review.base.writer.committed();
        if let Err(end) = self.snapshot().await {
            return end;
        }
        loop {
            committed.mark_unchanged();
            let more = match self.changes().await {
                Ok(more) => more,
                Err(end) => return end,
            };
            if !more && let Err(end) = self.wait(&mut committed).await {
                return end;
            }
        }
    }

    async fn snapshot(&mut self) -> Result<(), End> {
        if self.position.complete {
            return Ok(());
        }
        self.tell_what_differs().await?;
        self.position.complete = true;
        self.tell(wire::WatchCycleResponse { snapshot_complete: true, ..self.message() }).await
    }

    /// What changed since; whether there is more. The token moves past a change once all of it is told.
    async fn changes(&mut self) -> Result<bool, End> {
        let since = store::since(&self.review.base.db, self.cycle, self.position.seq).await?;
        if since.changed {
            self.tell_what_differs().await?;
        }
        self.position.seq = since.position;
        Ok(since.more)
    }

    async fn tell_what_differs(&mut self) -> Result<(), End> {
        let cycle = seen(&self.review, &self.call, self.cycle).await?;
        let of_station = self.review.base.scope(&self.call).is_station_level();
        let items = store::read_items(&self.review.base.db, self.cycle, of_station).await?;
        if self.told_cycle.as_ref() != Some(&cycle) {
            self.tell(wire::WatchCycleResponse { cycle: Some(to_wire(&cycle)), ..self.message() }).await?;
            self.told_cycle = Some(cycle);
        }
        for item in items {
            if self.told_items.get(&item.number) != Some(&item) {
                self.tell(wire::WatchCycleResponse { item: Some(item_to_wire(&item)), ..self.message() }).await?;
                self.told_items.insert(item.number, item);
            }
        }
        Ok(())
    }

    async fn wait(&mut self, committed: &mut watch::Receiver<i64>) -> Result<(), End> {
        if self.spoke.elapsed() >= HEARTBEAT {
            self.tell(wire::WatchCycleResponse { heartbeat: true, ..self.message() }).await?;
        }
        tokio::select! {
            _ = committed.changed() => {}
            () = tokio::time::sleep(POLL) => {}
        }
        Ok(())
    }

    fn message(&self) -> wire::WatchCycleResponse {
        wire::WatchCycleResponse { resume_token: self.tokens.token(&self.position), ..Default::default() }
    }

    async fn tell(&mut self, message: wire::WatchCycleResponse) -> Result<(), End> {
        hand_over(&self.send, message).await?;
        self.spoke = Instant::now();
        Ok(())
    }
}

/// Gives a message to a reader, as long as it has patience with it.
async fn hand_over(send: &mpsc::Sender<Message>, message: wire::WatchCycleResponse) -> Result<(), End> {
    send.send_timeout(Ok(message), PATIENCE).await.map_err(|error| match error {
        mpsc::error::SendTimeoutError::Timeout(_) => End::Told(Refusal::slow_reader()),
        mpsc::error::SendTimeoutError::Closed(_) => End::Gone,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_does_not_read_is_let_go_and_finds_out_why() {
        let (send, mut receive) = mpsc::channel(2);
        let last_word = send.clone().try_reserve_owned().unwrap();
        let message = wire::WatchCycleResponse::default;
        assert!(hand_over(&send, message()).await.is_ok());
        let begun = Instant::now();
        let Err(End::Told(refusal)) = hand_over(&send, message()).await else { panic!("it waits for ever") };
        assert_eq!(begun.elapsed().as_secs(), PATIENCE.as_secs());
        last_word.send(Err(refusal.into()));
        assert!(receive.recv().await.unwrap().is_ok());
        let status = receive.recv().await.unwrap().unwrap_err();
        assert_eq!(platform::status::reason_of(&status).as_deref(), Some("SLOW_READER"));
    }
}
