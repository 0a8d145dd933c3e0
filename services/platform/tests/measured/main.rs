//! What a process measures of itself, as `/metrics` tells it: a real writer, a real follower, a real server. Their telemetry is
//! that of the process, so each test has a service of its own.

#[path = "../door/common.rs"]
#[expect(dead_code, reason = "the door's tests use the rest")]
mod common;

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use platform::client::{Peer, Target};
use platform::feed::{ApplyError, Entry, Follower, Projection};
use platform::journal::{self, Draft};
use platform::lifecycle::Lifecycle;
use platform::server;
use platform::service::Parts;
use platform::settings::Settings;
use platform::telemetry::scraped::{ScrapedSample, scraped};
use platform::telemetry::{self, Calls, Config, Telemetry, exposition, meter};
use platform::write::{By, Command, Done, Options, Outcome, Tx, Writer};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use common::{KINDS, Note, call, clock, database, request};

static TELEMETRY: LazyLock<Mutex<Option<Telemetry>>> = LazyLock::new(|| {
    let config = Config { exposed: true, log_filter: "off".to_owned(), ..Config::default() };
    Mutex::new(Some(telemetry::init(&config).expect("telemetry starts")))
});

/// From here on what is recorded can be asked for.
fn measured() {
    assert!(TELEMETRY.lock().expect("no test panics with it").is_some());
}

/// The samples of a service under a name.
fn samples(service: &str, name: &str) -> Vec<ScrapedSample> {
    let families = scraped(&exposition().body).unwrap_or_else(|why| panic!("{why}"));
    let all = families.into_values().flat_map(|family| family.samples);
    all.filter(|sample| sample.name == name && sample.labels["service_name"] == service).collect()
}

/// The value of the one series of a service under a name; of several, their sum.
fn value(service: &str, name: &str) -> Option<f64> {
    let samples = samples(service, name);
    (!samples.is_empty()).then(|| samples.iter().map(|sample| sample.value).sum())
}

/// Waits until a series has a value.
async fn until(service: &str, name: &str, wanted: f64) {
    until_it(service, name, |value| value == Some(wanted)).await;
}

/// Waits until a series is as wanted.
async fn until_it(service: &str, name: &str, wanted: impl Fn(Option<f64>) -> bool) {
    let reached = async {
        while !wanted(value(service, name)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(30), reached).await;
    assert!(found.is_ok(), "{name} is {:?} and stays so", value(service, name));
}

/// Is done when the gate opens.
struct Held(&'static tokio::sync::Semaphore);

impl Command for Held {
    type Effect = ();
    const NAME: &'static str = "held";

    async fn apply(&self, _: &mut Tx, _: &By) -> Result<Outcome<()>, sqlx::Error> {
        let _open = self.0.acquire().await.expect("a gate is not closed");
        Ok(Ok(Done::new(())))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_that_is_full_is_seen_and_what_it_turned_away_is_counted() {
    static GATE: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(0);
    measured();
    let db = database().await;
    let options = Options { queue: 3, batch: 2, digest_key: [9; 32], service: "full" };
    let (writer, task) = Writer::start(db.pool.clone(), clock(), options);
    let task = tokio::spawn(task);
    assert_eq!(value("full", "mahila_write_refused_total"), Some(0.0), "it is there before it counts");

    // One is being written and does not end; three wait.
    let mut held = Vec::new();
    for waiting in 0..4 {
        let own = writer.clone();
        held.push(tokio::spawn(async move { own.submit_own("tasks/held", Held(&GATE)).await }));
        // The first is taken at once, and its transaction has begun.
        if waiting == 0 {
            until("full", "mahila_write_batch_size_count", 1.0).await;
        }
        until("full", "mahila_write_queue", f64::from(waiting)).await;
    }
    for _ in 0..2 {
        let refused = writer.submit(&call("posts/a"), Uuid::new_v4(), &request("more"), Note::new("more")).await;
        assert_eq!(refused.unwrap_err().reason(), "BUSY");
    }
    assert_eq!(value("full", "mahila_write_refused_total"), Some(2.0));
    assert_eq!(value("full", "mahila_write_wait_seconds_count"), None, "nobody was answered");

    GATE.add_permits(1);
    for one in held {
        one.await.expect("it ran").expect("it was done");
    }
    assert_eq!(value("full", "mahila_write_queue"), Some(0.0));
    assert_eq!(value("full", "mahila_write_wait_seconds_count"), Some(4.0), "one a command");
    // One alone; two together, as many as may be; the last.
    assert_eq!(value("full", "mahila_write_batch_size_count"), Some(3.0));
    assert_eq!(value("full", "mahila_write_batch_size_sum"), Some(4.0));

    drop(writer);
    task.await.expect("the writer ends: that its queue is observed does not keep it");
    assert_eq!(value("full", "mahila_write_queue"), None);
}

/// Makes nothing of a journal.
struct Hears;

impl Projection for Hears {
    fn source(&self) -> &'static str {
        "station-registry"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["probe.noted"]
    }

    async fn apply(&self, _: &mut Tx, _: &By, _: &[Entry]) -> Result<Vec<Draft>, ApplyError> {
        Ok(Vec::new())
    }

    async fn reset(&self, _: &mut Tx) -> Result<(), sqlx::Error> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_was_never_heard_is_missed() {
    measured();
    let db = database().await;
    let options = Options { queue: 16, batch: 16, digest_key: [9; 32], service: "deaf" };
    let (writer, task) = Writer::start(db.pool.clone(), clock(), options);
    tokio::spawn(task);
    // Port 1 needs root to listen on, so nobody does.
    let peer = Peer::new(&Target { url: "http://127.0.0.1:1".to_owned(), ..Target::default() }).expect("an address");
    let subscribe = "mahila.feed.v1.FeedService/Subscribe";
    let peer = peer.counting(Calls::client(&meter("deaf"), &[subscribe]));
    let stop = CancellationToken::new();
    let follower = Follower::new("deaf", Hears);
    let following = tokio::spawn(follower.run(peer, db.pool.clone(), writer, stop.clone()));

    until("deaf", "mahila_feed_lag", 0.0).await;
    let silent = samples("deaf", "mahila_feed_silence_seconds");
    assert_eq!(silent[0].labels["mahila_feed_source"], "station-registry");
    let before = silent[0].value;
    let tried = "rpc_client_call_duration_seconds_count";
    until_it("deaf", tried, |calls| calls.is_some_and(|calls| calls >= 2.0)).await;
    let calls = samples("deaf", tried);
    let [call] = &calls[..] else { panic!("one series: {calls:#?}") };
    let labels: BTreeMap<&str, &str> = call.labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!((labels["rpc_method"], labels["rpc_response_status_code"]), (subscribe, "UNAVAILABLE"));
    let after = value("deaf", "mahila_feed_silence_seconds").expect("it is observed");
    assert!(after > before, "it grows from the start on, though the source was never heard: {before} to {after}");
    stop.cancel();
    following.await.expect("it ends");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readiness_is_measured_with_the_wait_for_a_connection() {
    measured();
    let db = database().await;
    let options = Options { queue: 16, batch: 16, digest_key: [9; 32], service: "oversight" };
    let (writer, task) = Writer::start(db.pool.clone(), clock(), options);
    tokio::spawn(task);
    let feed = platform::feed::FeedSource {
        name: "oversight",
        db: db.pool.clone(),
        kinds: KINDS,
        epoch: journal::open_epoch(&db.pool).await.expect("the journal is there"),
        committed: writer.committed(),
    };
    let grpc = "mahila.oversight.v1.OversightService";
    let parts = Parts { name: "oversight", grpc, routes: Box::new(|_, _| {}), feed, due: Vec::new() };
    let mut settings = Settings::default();
    settings.server.listen = ([127, 0, 0, 1], 0).into();
    let issuer = platform::auth::issuer::Issuer::from_seed([7; 32]);
    let jwks = platform::auth::Jwks::fixed(issuer.jwks());
    let verifier = platform::auth::Verifier::new(jwks, "test", "mahila", 30);
    let life = Lifecycle::new(Duration::ZERO, Duration::from_secs(1));
    server::serve(&settings, vec![parts], verifier, None, &life).await.expect("it serves");

    until("oversight", "mahila_ready", 1.0).await;
    let waits = "db_client_connection_wait_time_seconds_count";
    until_it("oversight", waits, |waits| waits.is_some_and(|waits| waits >= 1.0)).await;
    let waited = samples("oversight", waits);
    assert_eq!(waited[0].labels["db_client_connection_pool_name"], "oversight");
    life.shutdown();
    assert_eq!(value("oversight", "mahila_ready"), Some(0.0), "from the first moment of the end");
}
