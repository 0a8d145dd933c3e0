//! A follower over a real socket: everything once, in order, only what it may have, whatever breaks.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::common::{
    FOR_OVERSIGHT, HIDDEN, KINDS, NOTED, Note, Wrote, as_owner, call, count, database, request, writer,
};
use mahila_proto::feed::v1::feed_service_server::FeedServiceServer;
use platform::auth::Caller;
use platform::call::Call;
use platform::client::{Peer, Target};
use platform::feed::{ApplyError, Entry, FeedServer, FeedSource, Follower, Projection};
use platform::journal::{self, Draft, Epoch};
use platform::write::{By, Tx, Writer};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Keeps every entry as a note; fails as often as it is told to, after having written.
struct Copy {
    faults: Arc<AtomicUsize>,
    /// Whether it tells of each in its own journal.
    tells: bool,
}

impl Projection for Copy {
    fn source(&self) -> &'static str {
        "station-registry"
    }
    fn kinds(&self) -> &'static [&'static str] {
        &["probe.noted", "probe.hidden", "probe.for_oversight"]
    }
    async fn apply(&self, tx: &mut Tx, _by: &By, entries: &[Entry]) -> Result<Vec<Draft>, ApplyError> {
        for entry in entries {
            sqlx::query("INSERT INTO probe.notes (id, word, weight, source_seq) VALUES (gen_random_uuid(), $1, 1, $2)")
                .bind(String::from_utf8_lossy(&entry.payload).into_owned())
                .bind(entry.seq)
                .execute(&mut *tx)
                .await?;
        }
        let left = self.faults.load(Ordering::SeqCst);
        if left > 0 && !entries.is_empty() {
            self.faults.store(left - 1, Ordering::SeqCst);
            return Err(sqlx::Error::Protocol("failing after the rows, before the commit".into()).into());
        }
        let told = |entry: &Entry| {
            Draft::of(&Wrote { word: "copied", kind: NOTED, id: Uuid::from_u64_pair(0, entry.seq.unsigned_abs()) })
        };
        Ok(if self.tells { entries.iter().map(told).collect() } else { Vec::new() })
    }
    async fn reset(&self, tx: &mut Tx) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM probe.notes").execute(tx).await?;
        Ok(())
    }
}

/// Serves a journal as `follower` sees it, until the token is cancelled.
pub async fn serve(
    db: &sqlx::PgPool,
    writer: &Writer,
    epoch: Epoch,
    follower: &'static str,
) -> (String, CancellationToken) {
    let stop = CancellationToken::new();
    let source =
        FeedSource { name: "station-registry", db: db.clone(), kinds: KINDS, epoch, committed: writer.committed() };
    let server = FeedServiceServer::with_interceptor(
        FeedServer::new([source], stop.clone()),
        move |mut asked: tonic::Request<()>| {
            let caller = Caller { principal: format!("services/{follower}"), ..Caller::anonymous() };
            asked.extensions_mut().insert(Call { caller, method: &mahila_proto::METHODS[0], deadline: None });
            Ok(asked)
        },
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
    let stopped = stop.clone();
    tokio::spawn(
        tonic::transport::Server::builder()
            .add_service(server)
            .serve_with_incoming_shutdown(incoming, stopped.cancelled_owned()),
    );
    (url, stop)
}

pub struct Following {
    pub progress: platform::feed::Progress,
    pub stop: CancellationToken,
}

pub fn follow(url: &str, db: &sqlx::PgPool, faults: usize) -> Following {
    follow_as(url, db, Copy { faults: Arc::new(AtomicUsize::new(faults)), tells: false })
}

fn follow_as(url: &str, db: &sqlx::PgPool, copy: Copy) -> Following {
    let follower = Follower::new("oversight", copy);
    let progress = follower.progress();
    let stop = CancellationToken::new();
    let peer = Peer::new(&Target { url: url.to_owned(), ..Target::default() }).unwrap();
    tokio::spawn(follower.run(peer, db.clone(), writer(db), stop.clone()));
    Following { progress, stop }
}

pub async fn until_applied(following: &Following, seq: i64) {
    let reached = async {
        while following.progress.applied() < seq {
            following.progress.changed().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), reached).await.expect("the follower arrives");
}

pub async fn notes(writer: &Writer, words: std::ops::Range<usize>) {
    for n in words {
        writer.submit(&call("posts/a"), Uuid::new_v4(), &request("x"), Note::new(n.to_string())).await.unwrap();
    }
}

pub async fn copied(db: &sqlx::PgPool) -> Vec<(i64, String)> {
    sqlx::query_as("SELECT source_seq, word FROM probe.notes ORDER BY source_seq").fetch_all(db).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_starts_from_nothing_fails_and_resumes_and_applies_each_entry_once() {
    let (here, there) = (database().await, database().await);
    let source = writer(&here.pool);
    notes(&source, 0..1200).await;
    let epoch = journal::open_epoch(&here.pool).await.unwrap();
    let (url, _serving) = serve(&here.pool, &source, epoch, "oversight").await;
    // Two replicas follow into the same database, both failing now and then.
    let one = follow(&url, &there.pool, 2);
    let two = follow(&url, &there.pool, 1);
    notes(&source, 1200..1210).await;
    until_applied(&one, 1210).await;
    until_applied(&two, 1210).await;
    let copied = copied(&there.pool).await;
    assert_eq!(copied.len(), 1210);
    assert!(
        copied
            .iter()
            .enumerate()
            .all(|(n, (seq, word))| *seq == i64::try_from(n).unwrap() + 1 && *word == n.to_string())
    );
    one.stop.cancel();
    two.stop.cancel();
}

/// How the COMMIT of each note waits is seen by a trigger that fires in it.
const HOW_COMMITTED: &str = "
    CREATE TABLE probe.waits (seq bigint, how text);
    GRANT ALL ON probe.waits TO PUBLIC;
    CREATE FUNCTION probe.see() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO probe.waits VALUES (NEW.source_seq, current_setting('synchronous_commit')); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER seen AFTER INSERT ON probe.notes DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION probe.see()";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_is_derived_and_not_told_further_does_not_wait_for_the_disk() {
    let here = database().await;
    let source = writer(&here.pool);
    notes(&source, 0..1).await;
    let (url, serving) = serve(&here.pool, &source, journal::open_epoch(&here.pool).await.unwrap(), "oversight").await;
    for (tells, how) in [(false, "off"), (true, "on")] {
        let there = database().await;
        as_owner(&there, HOW_COMMITTED).await;
        // The tests' server waits for no disk; these connections ask it to.
        let waiting = (*there.pool.connect_options()).clone().options([("synchronous_commit", "on")]);
        let waiting = sqlx::postgres::PgPoolOptions::new().max_connections(4).connect_with(waiting).await.unwrap();
        let following = follow_as(&url, &waiting, Copy { faults: Arc::new(AtomicUsize::new(0)), tells });
        until_applied(&following, 1).await;
        following.stop.cancel();
        // A caller's own change, which is acknowledged, waits.
        notes(&writer(&waiting), 1..2).await;
        let waits: Vec<(Option<i64>, String)> =
            sqlx::query_as("SELECT seq, how FROM probe.waits ORDER BY seq").fetch_all(&waiting).await.unwrap();
        assert_eq!(waits, [(Some(1), how.to_owned()), (None, "on".to_owned())]);
    }
    serving.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_kinds_a_follower_may_have_leave_the_service() {
    let (here, there) = (database().await, database().await);
    let source = writer(&here.pool);
    for (word, kind) in [("private", HIDDEN), ("restricted", FOR_OVERSIGHT)] {
        let note = Note { kind, ..Note::new(word) };
        source.submit(&call("posts/a"), Uuid::new_v4(), &request("x"), note).await.unwrap();
    }
    notes(&source, 0..1).await;
    let epoch = journal::open_epoch(&here.pool).await.unwrap();
    let (url, _serving) = serve(&here.pool, &source, epoch, "awareness-campaigns").await;
    let following = follow(&url, &there.pool, 0);
    until_applied(&following, 3).await;
    assert_eq!(copied(&there.pool).await, [(3, "0".to_owned())]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_from_an_older_backup_opens_an_epoch_and_a_follower_from_the_future_starts_over() {
    let (here, there) = (database().await, database().await);
    let source = writer(&here.pool);
    notes(&source, 0..10).await;
    let first = journal::open_epoch(&here.pool).await.unwrap();
    assert_eq!(journal::open_epoch(&here.pool).await.unwrap(), first, "the same database, the same epoch");
    let (url, serving) = serve(&here.pool, &source, first.clone(), "oversight").await;
    let following = follow(&url, &there.pool, 0);
    until_applied(&following, 10).await;
    following.stop.cancel();
    serving.cancel();

    // The backup held six entries, and stands on another cluster.
    for sql in [
        "DELETE FROM platform.journal WHERE seq > 6",
        "UPDATE platform.journal_head SET seq = 6, hash = (SELECT hash FROM platform.journal WHERE seq = 6)",
        "UPDATE platform.epochs SET cluster = 'elsewhere'",
    ] {
        as_owner(&here, sql).await;
    }
    let second = journal::open_epoch(&here.pool).await.unwrap();
    assert_ne!(second.epoch, first.epoch);
    assert_eq!(second.begins_after, 6);
    let restored = writer(&here.pool);
    notes(&restored, 100..103).await;
    let (url, _serving) = serve(&here.pool, &restored, second, "oversight").await;
    let following = follow(&url, &there.pool, 0);
    until_applied(&following, 9).await;
    let words: Vec<String> = copied(&there.pool).await.into_iter().map(|(_, word)| word).collect();
    assert_eq!(words, ["0", "1", "2", "3", "4", "5", "100", "101", "102"]);
    assert_eq!(count(&there.pool, "SELECT position FROM platform.positions").await, 9);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_that_had_read_less_than_the_backup_goes_on_without_starting_over() {
    let (here, there) = (database().await, database().await);
    let source = writer(&here.pool);
    notes(&source, 0..4).await;
    let first = journal::open_epoch(&here.pool).await.unwrap();
    let (url, serving) = serve(&here.pool, &source, first, "oversight").await;
    let following = follow(&url, &there.pool, 0);
    until_applied(&following, 4).await;
    following.stop.cancel();
    serving.cancel();
    notes(&source, 4..6).await;
    as_owner(&here, "UPDATE platform.epochs SET cluster = 'elsewhere'").await;
    let second = journal::open_epoch(&here.pool).await.unwrap();
    let before: Vec<Uuid> =
        sqlx::query_scalar("SELECT id FROM probe.notes ORDER BY source_seq").fetch_all(&there.pool).await.unwrap();
    let (url, _serving) = serve(&here.pool, &source, second, "oversight").await;
    let following = follow(&url, &there.pool, 0);
    until_applied(&following, 6).await;
    let after: Vec<Uuid> =
        sqlx::query_scalar("SELECT id FROM probe.notes ORDER BY source_seq").fetch_all(&there.pool).await.unwrap();
    assert_eq!(after[..4], before[..], "what was applied was not applied again");
    assert_eq!(after.len(), 6);
}
