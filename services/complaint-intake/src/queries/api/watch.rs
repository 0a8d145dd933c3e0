//! Complaints as they are, then each as it changes.
//!
//! A stream tells what is open in pages, newest first, marks the end of that, and then follows the journal: whatever an entry
//! is about is read again and told as it is now, so a reader that resumes after a token may be told of a change twice and
//! never misses one. It says every five seconds that it lives, ends when the service stops, and lets a reader go that does
//! not read.

use std::collections::VecDeque;

use mahila_proto::intake::v1 as wire;
use platform::call::Call;
use platform::fields::Fields;
use platform::page::Page;
use platform::refusal::Refusal;
use platform::watch::{self, Committed, End, Reader};
use serde::{Deserialize, Serialize};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{parent, sight};
use crate::Intake;
use crate::clocks::CLOCK_BREACHED;
use crate::complaints::api::to_wire;
use crate::complaints::{ACKNOWLEDGED, ACTED, ASSIGNED, DIRECTED, FEEDBACK, LEGAL_ACTION, MOVED, REGISTERED, TRIAGED};
use crate::queries::store;

/// Complaints of the snapshot read at once.
const SNAPSHOT: usize = 200;
/// What a reader reads.
pub(crate) type Watch = platform::watch::Watch<wire::WatchComplaintsResponse>;

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
    let watcher = |reader| Watcher { intake: intake.clone(), call, parent, tokens, position, reader }.watch();
    Ok(Response::new(watch::start(&intake.base.life, watcher)?))
}

struct Watcher {
    intake: Intake,
    call: Call,
    parent: Option<String>,
    tokens: Page<Position>,
    position: Position,
    reader: Reader<wire::WatchComplaintsResponse>,
}

impl Watcher {
    async fn watch(mut self) -> End {
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
                    self.reader
                        .tell(wire::WatchComplaintsResponse { complaint: Some(to_wire(complaint)), ..self.message() })
                        .await?;
                }
            }
            if last_page {
                self.position.snapshot = None;
                self.reader.tell(wire::WatchComplaintsResponse { snapshot_complete: true, ..self.message() }).await?;
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
                self.reader
                    .tell(wire::WatchComplaintsResponse { complaint: Some(complaint), ..self.message() })
                    .await?;
            }
        }
        self.position.seq = since.position;
        Ok(since.more)
    }

    async fn wait(&mut self, committed: &mut Committed) -> Result<(), End> {
        if self.reader.wants_a_sign() {
            self.reader.tell(wire::WatchComplaintsResponse { heartbeat: true, ..self.message() }).await?;
        }
        watch::changed(committed).await;
        Ok(())
    }

    fn message(&self) -> wire::WatchComplaintsResponse {
        wire::WatchComplaintsResponse { resume_token: self.tokens.token(&self.position), ..Default::default() }
    }
}

/// Every kind that tells of a complaint.
fn kinds() -> Vec<String> {
    [REGISTERED, MOVED, TRIAGED, ASSIGNED, ACKNOWLEDGED, ACTED, LEGAL_ACTION, FEEDBACK, DIRECTED, CLOCK_BREACHED]
        .iter()
        .map(|kind| kind.name.to_owned())
        .collect()
}
