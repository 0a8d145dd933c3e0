//! A review whose journal the intake follows: a real journal behind a real feed, told by the test.

use std::sync::Arc;
use std::time::Duration;

use mahila_proto::feed::v1::feed_service_server::FeedServiceServer;
use mahila_proto::review::v1 as wire;
use platform::auth::Caller;
use platform::call::Call;
use platform::clock::ReplayClock;
use platform::feed::{FeedServer, FeedSource};
use platform::journal::{Audience, Draft, Kind, open_epoch};
use platform::lifecycle::Lifecycle;
use platform::postgres::testing::{TestDatabase, test_database};
use platform::write::{By, Command, Done, Options, Outcome, Tx, Writer};
use prost::Message as _;
use sqlx::Connection as _;
use uuid::Uuid;

use crate::harness::{Intake, at, day};

const DECISION_RECORDED: Kind =
    Kind { name: "review.decision.recorded", audience: Audience::Only(&["complaint-intake", "oversight"]) };
const KINDS: &[Kind] = &[DECISION_RECORDED];

/// A decision, as a review tells of it.
pub fn decided(complaint: &str, decision: Uuid, kind: wire::DecisionKind) -> Draft {
    let place = wire::ReviewPlace {
        unit: "units/circle-157-1".into(),
        level: wire::ReviewLevel::Circle.into(),
        cycle: "reviewCycles/one".into(),
        from: Some(day(2020, 10, 19)),
        to: Some(day(2020, 10, 25)),
    };
    let told = wire::DecisionRecorded {
        place: Some(place),
        decision: decision.to_string(),
        kind: kind.into(),
        stratum: wire::Stratum::Oldest.into(),
        day: Some(day(2020, 10, 22)),
    };
    let subject = complaint.strip_prefix("complaints/").unwrap_or(complaint).to_owned();
    Draft { kind: DECISION_RECORDED.name, subject, payload: told.encode_to_vec() }
}

struct Tell(Vec<Draft>);

impl Command for Tell {
    type Effect = ();
    const NAME: &'static str = "tell";
    async fn apply(&self, _tx: &mut Tx, _by: &By) -> Result<Outcome<()>, sqlx::Error> {
        Ok(Ok(Done { effect: (), entries: self.0.clone() }))
    }
}

fn writer(db: &TestDatabase) -> Writer {
    let options = Options { queue: 64, batch: 64, digest_key: [0; 32], service: "tests" };
    let (writer, task) = Writer::start(db.pool.clone(), Arc::new(ReplayClock::new(at("2020-10-22 12:00"))), options);
    tokio::spawn(task);
    writer
}

/// A review that is served.
pub struct Review {
    db: Arc<TestDatabase>,
    writer: Writer,
    epoch: String,
    url: String,
    life: Lifecycle,
}

impl Drop for Review {
    fn drop(&mut self) {
        self.life.shutdown();
    }
}

impl Review {
    /// With an empty journal.
    pub async fn start() -> Self {
        Self::on(Arc::new(test_database(&complaint_intake::MIGRATOR).await)).await
    }

    async fn on(db: Arc<TestDatabase>) -> Self {
        let (writer, life) = (writer(&db), Lifecycle::new(Duration::ZERO, Duration::from_secs(1)));
        let epoch = open_epoch(&db.pool).await.unwrap();
        let source = FeedSource {
            name: "review-scheduling",
            db: db.pool.clone(),
            kinds: KINDS,
            epoch: epoch.clone(),
            committed: writer.committed(),
        };
        let feed = FeedServer::new([source], life.stopping());
        let server = FeedServiceServer::with_interceptor(feed, |mut asked: tonic::Request<()>| {
            let caller = Caller { principal: "services/complaint-intake".to_owned(), ..Caller::anonymous() };
            asked.extensions_mut().insert(Call { caller, method: &mahila_proto::METHODS[0], deadline: None });
            Ok(asked)
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
        let server = tonic::transport::Server::builder().add_service(server);
        tokio::spawn(server.serve_with_incoming_shutdown(incoming, life.stopping().cancelled_owned()));
        Self { db, writer, epoch: epoch.epoch.to_string(), url, life }
    }

    /// Where it is served.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// Writes entries into its journal, in one transaction.
    pub async fn tell(&self, entries: impl IntoIterator<Item = Draft>) {
        self.writer.submit_own("tests", Tell(entries.into_iter().collect())).await.unwrap();
    }

    /// Restored elsewhere from a backup that lacks the last entry: a new history begins, and the follower starts over.
    pub async fn restored_without_the_last(&self) -> Self {
        let head = self.head().await;
        let mut owner = sqlx::PgConnection::connect(&self.db.url).await.unwrap();
        for sql in [
            "DELETE FROM platform.journal WHERE seq > $1",
            "UPDATE platform.journal_head SET seq = $1, hash = (SELECT hash FROM platform.journal WHERE seq = $1)",
            "UPDATE platform.epochs SET cluster = 'elsewhere' WHERE begins_after < $1",
        ] {
            sqlx::query(sql).bind(head - 1).execute(&mut owner).await.unwrap();
        }
        Self::on(self.db.clone()).await
    }

    async fn head(&self) -> i64 {
        sqlx::query_scalar("SELECT seq FROM platform.journal_head").fetch_one(&self.db.pool).await.unwrap()
    }

    /// Waits until an intake has followed it to its head.
    pub async fn until_followed(&self, intake: &Intake) {
        let head = self.head().await;
        let followed = async {
            loop {
                let at: Option<(String, i64)> =
                    sqlx::query_as("SELECT epoch, position FROM platform.positions WHERE source = 'review-scheduling'")
                        .fetch_optional(&intake.database.pool)
                        .await
                        .unwrap();
                if at == Some((self.epoch.clone(), head)) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), followed).await.expect("the review is followed to its head");
    }
}
