//! Serves journals: everything up to the head in pages, then what is committed, as it is committed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use mahila_proto::feed::v1 as wire;
use mahila_proto::feed::v1::feed_service_server::FeedService;
use sqlx::PgPool;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::call::Call;
use crate::clock::ist_day;
use crate::fields::date;
use crate::journal::{self, Epoch, Kind};
use crate::refusal::Refusal;
use crate::write::read_refusal;

/// Entries in one message, at most.
const PAGE: i64 = 500;
/// What other replicas commit is found this much later, at most.
const POLL: Duration = Duration::from_millis(250);
/// After a commit, what else is committed within this time goes into the same page: a page costs every follower a transaction,
/// and the source two queries.
const GATHER: Duration = Duration::from_millis(20);
/// A sign of life this often.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// A reader that does not take a message for so long is let go; it resumes from its position.
const PATIENCE: Duration = Duration::from_secs(30);

/// One journal.
#[derive(Debug, Clone)]
pub struct FeedSource {
    /// By service name.
    pub name: &'static str,
    /// Where it is.
    pub db: PgPool,
    /// The kinds it may hold, and who may have them; an unknown kind is nobody's.
    pub kinds: &'static [Kind],
    /// Its current history.
    pub epoch: Epoch,
    /// Wakes on a commit in this process.
    pub committed: watch::Receiver<i64>,
}

/// The feed of every service in the process.
#[derive(Debug, Clone)]
pub struct FeedServer {
    sources: Arc<HashMap<&'static str, FeedSource>>,
    stopping: CancellationToken,
}

impl FeedServer {
    /// Serves these journals until `stopping`.
    #[must_use]
    pub fn new(sources: impl IntoIterator<Item = FeedSource>, stopping: CancellationToken) -> Self {
        Self { sources: Arc::new(sources.into_iter().map(|source| (source.name, source)).collect()), stopping }
    }
}

#[tonic::async_trait]
impl FeedService for FeedServer {
    type SubscribeStream = ReceiverStream<Message>;

    async fn subscribe(
        &self,
        request: Request<wire::SubscribeRequest>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        let call = Call::of(&request)?;
        let asked = request.into_inner();
        let follower = call.caller.service().ok_or_else(Refusal::out_of_scope)?.to_owned();
        let source =
            self.sources.get(asked.source.as_str()).ok_or_else(|| Refusal::not_found(asked.source.clone()))?.clone();
        let kinds: Vec<String> = source
            .kinds
            .iter()
            .filter(|kind| kind.audience.admits(&follower))
            .filter(|kind| asked.kinds.is_empty() || asked.kinds.iter().any(|asked| asked == kind.name))
            .map(|kind| kind.name.to_owned())
            .collect();
        may_go_on(&source, &asked).await?;

        let (send, receive) = mpsc::channel(4);
        // A place for the last word, so that a reader that lets the channel fill still learns why it ended.
        let farewell = send.clone().reserve_owned().await.map_err(|_| Refusal::stopping())?;
        tokio::spawn(stream(source, kinds, asked.after, send, farewell, self.stopping.clone()));
        Ok(Response::new(ReceiverStream::new(receive)))
    }
}

/// Whether the follower's position lies in the history that this journal has.
async fn may_go_on(source: &FeedSource, asked: &wire::SubscribeRequest) -> Result<(), Refusal> {
    if asked.after <= 0 {
        return Ok(());
    }
    let changed = || Refusal::epoch_changed(source.epoch.epoch.to_string());
    let known = Uuid::parse_str(&asked.epoch).map_err(|_| changed())?;
    let reaches = if known == source.epoch.epoch {
        head_of(&source.db).await?
    } else {
        let shared = journal::shared_with(&source.db, known).await.map_err(|error| read_refusal(&error))?;
        shared.ok_or_else(changed)?
    };
    if asked.after <= reaches { Ok(()) } else { Err(changed()) }
}

async fn head_of(db: &PgPool) -> Result<i64, Refusal> {
    let mut connection = db.acquire().await.map_err(|error| read_refusal(&error))?;
    journal::head(&mut connection).await.map(|head| head.seq).map_err(|error| read_refusal(&error))
}

type Message = Result<wire::SubscribeResponse, Status>;

async fn stream(
    mut source: FeedSource,
    kinds: Vec<String>,
    mut after: i64,
    send: mpsc::Sender<Message>,
    farewell: mpsc::OwnedPermit<Message>,
    stopping: CancellationToken,
) {
    let epoch = source.epoch.epoch.to_string();
    let mut said: Option<Instant> = None;
    loop {
        let page = tokio::select! {
            () = stopping.cancelled() => Err(Refusal::stopping()),
            page = read_page(&source, &epoch, &kinds, after) => page,
        };
        let (message, last) = match page {
            // Nothing new, and the reader knows that we live.
            Ok(page) if page.position == after && said.is_some_and(|said| said.elapsed() < HEARTBEAT) => (None, false),
            Ok(page) => {
                after = page.position;
                (Some(Ok(page)), false)
            }
            Err(refusal) => (Some(Err(Status::from(refusal))), true),
        };
        let more = matches!(&message, Some(Ok(page)) if page.position < page.head);
        if let Some(message) = message {
            said = Some(Instant::now());
            match send.send_timeout(message, PATIENCE).await {
                Ok(()) => {}
                Err(mpsc::error::SendTimeoutError::Timeout(_)) => {
                    farewell.send(Err(Refusal::slow_reader().into()));
                    return;
                }
                Err(mpsc::error::SendTimeoutError::Closed(_)) => return,
            }
        }
        if last {
            return;
        }
        if !more {
            tokio::select! {
                () = stopping.cancelled() => {}
                () = send.closed() => return,
                // A writer that is gone wakes nobody; the poll still finds what others commit.
                Ok(()) = source.committed.changed() => tokio::time::sleep(GATHER).await,
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }
}

async fn read_page(
    source: &FeedSource,
    epoch: &str,
    kinds: &[String],
    after: i64,
) -> Result<wire::SubscribeResponse, Refusal> {
    let head = head_of(&source.db).await?;
    let mut page =
        wire::SubscribeResponse { epoch: epoch.to_owned(), entries: Vec::new(), position: after.max(head), head };
    if after >= head {
        page.position = after;
        return Ok(page);
    }
    let rows = sqlx::query!(
        "SELECT seq, kind, subject, payload, at, traceparent FROM platform.journal
         WHERE seq > $1 AND seq <= $2 AND kind = ANY($3) ORDER BY seq LIMIT $4",
        after,
        head,
        kinds,
        PAGE
    )
    .fetch_all(&source.db)
    .await
    .map_err(|error| read_refusal(&error))?;
    if i64::try_from(rows.len()) == Ok(PAGE) {
        page.position = rows.last().map_or(head, |row| row.seq);
    }
    page.entries = rows
        .into_iter()
        .map(|row| wire::Entry {
            seq: row.seq,
            kind: row.kind,
            subject: row.subject,
            payload: row.payload,
            // The instant stays here.
            day: Some(date(ist_day(row.at))),
            traceparent: row.traceparent,
        })
        .collect();
    Ok(page)
}
