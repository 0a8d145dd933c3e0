//! A cycle as it is, then each change of it.
//!
//! A stream tells the cycle and its docket, marks the end of that, and then follows the journal: whenever an entry is about the
//! cycle or a case of it, both are read again and what differs from what was told is told. A reader that resumes after a token
//! is told everything anew once something changed: it may be told of a change twice and never misses one. The stream says
//! every five seconds that it lives, ends when the service stops, and lets a reader go that does not read.

use std::collections::BTreeMap;

use mahila_proto::review::v1 as wire;
use platform::Refusal;
use platform::call::Call;
use platform::fields::Fields;
use platform::page::Page;
use platform::watch::{self, Committed, End, Reader};
use serde::{Deserialize, Serialize};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{item_to_wire, seen, to_wire};
use crate::Review;
use crate::cycles::cycle::Cycle;
use crate::cycles::item::DocketItem;
use crate::cycles::store;

/// What a reader reads.
pub(crate) type Watch = platform::watch::Watch<wire::WatchCycleResponse>;

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
    let watcher = |reader| {
        let (told_cycle, told_items) = (None, BTreeMap::new());
        Watcher { review: review.clone(), call, cycle, tokens, position, reader, told_cycle, told_items }.watch()
    };
    Ok(Response::new(watch::start(&review.base.life, watcher)?))
}

struct Watcher {
    review: Review,
    call: Call,
    cycle: Uuid,
    tokens: Page<Position>,
    position: Position,
    reader: Reader<wire::WatchCycleResponse>,
    told_cycle: Option<Cycle>,
    told_items: BTreeMap<i32, DocketItem>,
}

impl Watcher {
    async fn watch(mut self) -> End {
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
        self.reader.tell(wire::WatchCycleResponse { snapshot_complete: true, ..self.message() }).await
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
            self.reader.tell(wire::WatchCycleResponse { cycle: Some(to_wire(&cycle)), ..self.message() }).await?;
            self.told_cycle = Some(cycle);
        }
        for item in items {
            if self.told_items.get(&item.number) != Some(&item) {
                self.reader
                    .tell(wire::WatchCycleResponse { item: Some(item_to_wire(&item)), ..self.message() })
                    .await?;
                self.told_items.insert(item.number, item);
            }
        }
        Ok(())
    }

    async fn wait(&mut self, committed: &mut Committed) -> Result<(), End> {
        if self.reader.wants_a_sign() {
            self.reader.tell(wire::WatchCycleResponse { heartbeat: true, ..self.message() }).await?;
        }
        watch::changed(committed).await;
        Ok(())
    }

    fn message(&self) -> wire::WatchCycleResponse {
        wire::WatchCycleResponse { resume_token: self.tokens.token(&self.position), ..Default::default() }
    }
}
