//! Follows another service's journal. Position and effect are one transaction, compared and set: two replicas that follow the
//! same journal cannot both apply an entry, and a crash at any point leaves both or neither.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use mahila_proto::feed::v1 as wire;
use mahila_proto::feed::v1::feed_service_client::FeedServiceClient;
use sqlx::PgPool;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Status};

use super::{ApplyError, Entry, Projection};
use crate::client::{self, Peer};
use crate::fields::day_of;
use crate::status::reason_of;
use crate::telemetry::{self, Counter, names};
use crate::write::{By, Command, Done, Outcome, Subject, Tx, Writer, read_refusal};

/// How far a follower is: for the lag metric and for the freshness of statements.
#[derive(Debug, Clone)]
pub struct Progress(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    source: &'static str,
    applied: AtomicI64,
    head: AtomicI64,
    heard: watch::Sender<Option<Instant>>,
    began: Instant,
    connected: AtomicBool,
}

impl Progress {
    fn new(source: &'static str) -> Self {
        Self(Arc::new(Shared {
            source,
            applied: AtomicI64::new(0),
            head: AtomicI64::new(0),
            heard: watch::channel(None).0,
            began: Instant::now(),
            connected: AtomicBool::new(false),
        }))
    }

    /// Whose journal.
    #[must_use]
    pub fn source(&self) -> &'static str {
        self.0.source
    }

    /// The last entry whose effect is committed here.
    #[must_use]
    pub fn applied(&self) -> i64 {
        self.0.applied.load(Ordering::Acquire)
    }

    /// The newest entry there, when last heard from.
    #[must_use]
    pub fn head(&self) -> i64 {
        self.0.head.load(Ordering::Acquire)
    }

    /// How long ago the source was last heard from; `None`: never since the start.
    #[must_use]
    pub fn silence(&self) -> Option<Duration> {
        self.0.heard.borrow().map(|at| at.elapsed())
    }

    /// Waits until something is heard from the source, or applied.
    pub async fn changed(&self) {
        let _ = self.0.heard.subscribe().changed().await;
    }
}

/// Follows one journal with one projection.
#[derive(Debug)]
pub struct Follower<P> {
    projection: Arc<P>,
    progress: Progress,
    applied: Counter,
    service: &'static str,
}

/// Between two attempts, growing from the first to the second.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(3));
/// A source that says nothing for so long is asked anew (it beats every five seconds).
const SILENCE: Duration = Duration::from_secs(20);

impl<P: Projection> Follower<P> {
    /// A follower for `service`.
    #[must_use]
    pub fn new(service: &'static str, projection: P) -> Self {
        let progress = Progress::new(projection.source());
        let meter = telemetry::meter(service);
        let labels = [(names::FEED_SOURCE, projection.source())];
        let lag = progress.clone();
        meter.observe(&names::FEED_LAG, &labels, move || lag.head() - lag.applied());
        // A source that was never heard is silent since the start: it must be missed too.
        let silence = progress.clone();
        meter.observe(&names::FEED_SILENCE, &labels, move || silence.silence().unwrap_or(silence.0.began.elapsed()));
        let applied = meter.counter(&names::FEED_APPLIED, &labels);
        Self { projection: Arc::new(projection), progress, applied, service }
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// Follows until `stopping`. Whatever goes wrong is tried again; nothing is skipped.
    pub async fn run(self, peer: Peer, db: PgPool, writer: Writer, stopping: CancellationToken) {
        let mut wait = BACKOFF.0;
        loop {
            let before = self.progress.applied();
            let ended = tokio::select! {
                () = stopping.cancelled() => return,
                ended = self.follow(&peer, &db, &writer) => ended,
            };
            let was_connected = self.progress.0.connected.swap(false, Ordering::AcqRel);
            match ended {
                Ok(()) => wait = BACKOFF.0,
                Err(fault) if was_connected || wait == BACKOFF.0 => {
                    tracing::warn!(source = self.progress.source(), %fault, "the feed ended; trying again");
                }
                Err(_) => {}
            }
            if self.progress.applied() > before {
                wait = BACKOFF.0;
            }
            tokio::select! {
                () = stopping.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
            wait = (wait * 2).min(BACKOFF.1);
        }
    }

    async fn follow(&self, peer: &Peer, db: &PgPool, writer: &Writer) -> Result<(), String> {
        let place = self.place(db).await?;
        self.progress.0.applied.store(place.position, Ordering::Release);
        self.projection.committed().await.map_err(|error| read_refusal(&error).to_string())?;
        let asked = wire::SubscribeRequest {
            source: self.progress.source().to_owned(),
            epoch: place.epoch.clone(),
            after: place.position,
            kinds: self.projection.kinds().iter().map(|kind| (*kind).to_owned()).collect(),
        };
        let mut stream = match FeedServiceClient::new(peer.channel()).subscribe(Request::new(asked)).await {
            Ok(stream) => stream.into_inner(),
            Err(status) => return self.refused(&status, writer, &place).await,
        };
        self.progress.0.connected.store(true, Ordering::Release);
        let mut at = place;
        loop {
            let message = tokio::time::timeout(SILENCE, stream.message()).await.map_err(|_| "silent".to_owned())?;
            let Some(page) = (match message {
                Ok(page) => page,
                Err(status) => return self.refused(&status, writer, &at).await,
            }) else {
                return Ok(());
            };
            self.heard(&page);
            if page.position > at.position || page.epoch != at.epoch {
                let Some(moved) = self.apply(writer, &at, page).await? else { return Ok(()) };
                at = moved;
                self.progress.0.applied.store(at.position, Ordering::Release);
                self.progress.0.heard.send_replace(Some(Instant::now()));
            } else if self.place(db).await.is_ok_and(|there| there != at) {
                // Nothing new, and not where it was thought to be: a crash of the database took a page that did not wait for
                // the disk (see `Command::DERIVES`), or another replica was faster.
                return Ok(());
            }
        }
    }

    async fn place(&self, db: &PgPool) -> Result<Place, String> {
        place(db, self.progress.source()).await.map_err(|error| read_refusal(&error).to_string())
    }

    fn heard(&self, page: &wire::SubscribeResponse) {
        self.progress.0.head.store(page.head, Ordering::Release);
        self.progress.0.heard.send_replace(Some(Instant::now()));
    }

    /// Applies a page; `None` when another replica was faster: read the position again.
    async fn apply(&self, writer: &Writer, at: &Place, page: wire::SubscribeResponse) -> Result<Option<Place>, String> {
        let to = Place { epoch: page.epoch, position: page.position };
        let traces = apply_traces(self.service, &page.entries);
        let count = page.entries.len() as u64;
        let entries = page.entries.into_iter().map(entry_of).collect();
        let apply = Apply { projection: self.projection.clone(), from: at.clone(), to: to.clone(), entries };
        let actor = format!("services/{}", self.progress.source());
        let submitted = writer.submit_own(&actor, apply);
        let applied = match traces.first() {
            Some(trace) => trace.instrument(submitted).await,
            None => submitted.await,
        };
        drop(traces);
        let applied = applied.map_err(|refusal| refusal.to_string())?;
        if !applied {
            return Ok(None);
        }
        self.applied.add(count);
        self.projection.committed().await.map_err(|error| read_refusal(&error).to_string())?;
        Ok(Some(to))
    }

    async fn refused(&self, status: &Status, writer: &Writer, at: &Place) -> Result<(), String> {
        if reason_of(status).as_deref() != Some("EPOCH_CHANGED") {
            return Err(client::fault(status));
        }
        tracing::warn!(source = self.progress.source(), "the source began a new epoch: starting over from nothing");
        let reset = Reset { projection: self.projection.clone(), from: at.clone() };
        let actor = format!("services/{}", self.progress.source());
        writer.submit_own(&actor, reset).await.map(|_| ()).map_err(|refusal| refusal.to_string())
    }
}

/// Spans of one page, at most: the rest is applied all the same.
const TRACED: usize = 64;

/// A span for each sampled call whose entry is applied, as its child: so one tree reaches from the desk to the statement.
fn apply_traces(service: &'static str, entries: &[wire::Entry]) -> Vec<telemetry::Trace> {
    entries
        .iter()
        .map(|entry| (entry, telemetry::Parent::from_traceparent(&entry.traceparent)))
        .filter(|(_, parent)| parent.is_sampled())
        .take(TRACED)
        .map(|(entry, parent)| {
            let trace = telemetry::enter(&parent, service, names::FEED_APPLY, telemetry::Kind::Consumer);
            trace.set(names::SUBJECT, telemetry::Value::token(&entry.subject));
            trace
        })
        .collect()
}

fn entry_of(entry: wire::Entry) -> Entry {
    Entry {
        seq: entry.seq,
        kind: entry.kind,
        subject: entry.subject,
        payload: entry.payload.into(),
        day: day_of(entry.day.as_ref()).unwrap_or_default(),
        traceparent: entry.traceparent,
    }
}

/// Where a follower is in a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    epoch: String,
    position: i64,
}

async fn place(db: &PgPool, source: &str) -> Result<Place, sqlx::Error> {
    let row = sqlx::query!("SELECT epoch, position FROM platform.positions WHERE source = $1", source)
        .fetch_optional(db)
        .await?;
    Ok(row
        .map_or(Place { epoch: String::new(), position: 0 }, |row| Place { epoch: row.epoch, position: row.position }))
}

/// Moves the position from one place to another; false when it is not there.
async fn move_place(tx: &mut Tx, source: &str, from: &Place, to: &Place) -> Result<bool, sqlx::Error> {
    if from.position == 0 {
        sqlx::query!(
            "INSERT INTO platform.positions (source, epoch, position) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING",
            source,
            from.epoch
        )
        .execute(&mut *tx)
        .await?;
    }
    let moved = sqlx::query!(
        "UPDATE platform.positions SET epoch = $4, position = $5 WHERE source = $1 AND epoch = $2 AND position = $3",
        source,
        from.epoch,
        from.position,
        to.epoch,
        to.position
    )
    .execute(tx)
    .await?;
    Ok(moved.rows_affected() == 1)
}

struct Apply<P> {
    projection: Arc<P>,
    from: Place,
    to: Place,
    entries: Vec<Entry>,
}

impl<P: Projection> Command for Apply<P> {
    /// Whether it was applied here.
    type Effect = bool;
    const NAME: &'static str = "follow";
    const DERIVES: bool = true;

    fn subjects(&self) -> Vec<Subject> {
        self.projection.subjects(&self.entries)
    }

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<bool>, sqlx::Error> {
        if !move_place(tx, self.projection.source(), &self.from, &self.to).await? {
            return Ok(Ok(Done::new(false)));
        }
        let entries = if self.entries.is_empty() {
            Vec::new()
        } else {
            self.projection.apply(tx, by, &self.entries).await.map_err(|error| match error {
                ApplyError::Database(error) => error,
                ApplyError::Payload(error) => {
                    tracing::error!(source = self.projection.source(), after = self.from.position, %error, "an entry cannot be read");
                    sqlx::Error::Decode(Box::new(error))
                }
            })?
        };
        Ok(Ok(Done { effect: true, entries }))
    }
}

struct Reset<P> {
    projection: Arc<P>,
    from: Place,
}

impl<P: Projection> Command for Reset<P> {
    type Effect = bool;
    const NAME: &'static str = "start_over";

    async fn apply(&self, tx: &mut Tx, _by: &By) -> Result<Outcome<bool>, sqlx::Error> {
        let nowhere = Place { epoch: String::new(), position: 0 };
        if !move_place(tx, self.projection.source(), &self.from, &nowhere).await? {
            return Ok(Ok(Done::new(false)));
        }
        self.projection.reset(tx).await?;
        Ok(Ok(Done::new(true)))
    }
}
