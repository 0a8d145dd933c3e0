//! Intake's journal, and the feed that serves it.

use std::sync::Arc;

use mahila_proto::feed::v1::feed_service_server::FeedServiceServer;
use platform::auth::Caller;
use platform::call::Call;
use platform::clock::ReplayClock;
use platform::feed::{FeedServer, FeedSource};
use platform::journal::{Audience, Draft, Kind, open_epoch};
use platform::postgres::testing::{TestDatabase, test_database};
use platform::write::{By, Command, Done, Options, Outcome, Tx, Writer};
use sqlx::Connection as _;
use tokio_util::sync::CancellationToken;

use crate::harness::at;

const fn of_intake(name: &'static str) -> Kind {
    Kind { name, audience: Audience::Only(&["review-scheduling", "oversight"]) }
}

const INTAKE_KINDS: &[Kind] = &[
    of_intake("intake.complaint.registered"),
    of_intake("intake.complaint.moved"),
    of_intake("intake.complaint.triaged"),
    of_intake("intake.feedback.recorded"),
    of_intake("intake.clock.breached"),
];

struct Tell(Vec<Draft>);

impl Command for Tell {
    type Effect = ();
    const NAME: &'static str = "tell";
    async fn apply(&self, _tx: &mut Tx, _by: &By) -> Result<Outcome<()>, sqlx::Error> {
        Ok(Ok(Done { effect: (), entries: self.0.clone() }))
    }
}

/// Intake's journal.
pub struct Journal {
    db: TestDatabase,
    writer: Writer,
}

fn writer(db: &TestDatabase) -> Writer {
    let clock = Arc::new(ReplayClock::new(at("2020-10-23 10:00")));
    let options = Options { queue: 64, batch: 64, digest_key: [0; 32], service: "tests" };
    let (writer, task) = Writer::start(db.pool.clone(), clock, options);
    tokio::spawn(task);
    writer
}

impl Journal {
    /// An empty one.
    pub async fn new() -> Self {
        let db = test_database(&review_scheduling::MIGRATOR).await;
        let writer = writer(&db);
        Self { db, writer }
    }

    /// Says something.
    pub async fn tell(&self, entries: Vec<Draft>) {
        self.writer.submit_own("tests", Tell(entries)).await.expect("it is told");
    }

    /// Its epoch, as followers know it.
    pub async fn epoch(&self) -> String {
        open_epoch(&self.db.pool).await.expect("an epoch").epoch.to_string()
    }

    /// Its newest entry.
    pub async fn head(&self) -> i64 {
        sqlx::query_scalar("SELECT seq FROM platform.journal_head").fetch_one(&self.db.pool).await.expect("a head")
    }

    /// A backup that lacks the last entries, restored on another cluster: a new epoch begins, and other entries follow.
    pub async fn restore_without(&mut self, last: i64) {
        let keep = self.head().await - last;
        let mut owner = sqlx::PgConnection::connect(&self.db.url).await.expect("the owner may");
        for sql in [
            "DELETE FROM platform.journal WHERE seq > $1",
            "UPDATE platform.journal_head SET seq = $1, hash = (SELECT hash FROM platform.journal WHERE seq = $1)",
            "UPDATE platform.epochs SET cluster = 'elsewhere' WHERE begins_after < $1",
        ] {
            sqlx::query(sql).bind(keep).execute(&mut owner).await.expect("a restore");
        }
        self.writer = writer(&self.db);
    }

    /// Serves it as it is now; gives the address.
    pub async fn serve(&self, stop: &CancellationToken) -> String {
        let source = FeedSource {
            name: "complaint-intake",
            db: self.db.pool.clone(),
            kinds: INTAKE_KINDS,
            epoch: open_epoch(&self.db.pool).await.expect("an epoch"),
            committed: self.writer.committed(),
        };
        let feed = FeedServer::new([source], stop.clone());
        let server = FeedServiceServer::with_interceptor(feed, |mut asked: tonic::Request<()>| {
            let caller = Caller { principal: "services/review-scheduling".to_owned(), ..Caller::anonymous() };
            asked.extensions_mut().insert(Call { caller, method: &mahila_proto::METHODS[0], deadline: None });
            Ok(asked)
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
        let server = tonic::transport::Server::builder().add_service(server);
        tokio::spawn(server.serve_with_incoming_shutdown(incoming, stop.clone().cancelled_owned()));
        url
    }
}
