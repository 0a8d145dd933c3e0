//! The journals of the other services, a feed that serves them, and an oversight that follows it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use mahila_proto::feed::v1::feed_service_server::FeedServiceServer;
use mahila_proto::oversight::v1::oversight_service_client::OversightServiceClient;
use mahila_proto::oversight::v1::{self as wire, Breakdown, Measure};
use platform::auth::issuer::Issuer;
use platform::auth::{Caller, Claims, Jwks, Verifier};
use platform::call::Call;
use platform::client::{Peer, PeerChannel, Target};
use platform::clock::{ReplayClock, minute_of};
use platform::feed::{FeedServer, FeedSource};
use platform::fields::date;
use platform::journal::{Audience, Draft, Kind, open_epoch};
use platform::lifecycle::Lifecycle;
use platform::postgres::testing::{TestDatabase, test_database};
use platform::server::serve;
use platform::settings::{ClockMode, ClockSettings, DatabasesSettings, PeersSettings, ServerSettings, Settings};
use platform::status::reason_of;
use platform::write::{By, Command, Done, Options, Outcome, Tx, Writer};
use sqlx::Connection as _;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::tell::{october, roll};

pub type Client = OversightServiceClient<PeerChannel>;

const fn suite(name: &'static str) -> Kind {
    Kind { name, audience: Audience::Suite }
}

const KINDS: &[Kind] = &[
    suite("registry.unit.changed"),
    suite("registry.station.changed"),
    suite("registry.desk.opened"),
    suite("registry.desk_day.closed"),
    suite("intake.visit.recorded"),
    suite("intake.call.recorded"),
    suite("intake.complaint.registered"),
    suite("intake.complaint.moved"),
    suite("intake.complaint.triaged"),
    suite("intake.complaint.assigned"),
    suite("intake.complaint.acknowledged"),
    suite("intake.action.recorded"),
    suite("intake.legal_action.recorded"),
    suite("intake.clock.breached"),
    suite("intake.feedback.recorded"),
    suite("intake.direction.taken"),
    suite("review.cycle.planned"),
    suite("review.cycle.opened"),
    suite("review.cycle.closed"),
    suite("review.sitting.held"),
    suite("review.decision.recorded"),
    suite("review.item.deferred"),
    suite("review.action_item.moved"),
    suite("review.action_item.overdue"),
    suite("campaign.event.moved"),
];

/// The clock stands on the morning after the six days.
pub fn clock() -> Arc<ReplayClock> {
    Arc::new(ReplayClock::new(minute_of(october(29), 10 * 60)))
}

/// A door for writes of its own, as another replica has one.
pub fn writer(db: &TestDatabase) -> Writer {
    let options = Options { queue: 64, batch: 64, digest_key: [0; 32], service: "tests" };
    let (writer, task) = Writer::start(db.pool.clone(), clock(), options);
    tokio::spawn(task);
    writer
}

struct Tell(Vec<Draft>);

impl Command for Tell {
    type Effect = ();
    const NAME: &'static str = "tell";
    async fn apply(&self, _tx: &mut Tx, _by: &By) -> Result<Outcome<()>, sqlx::Error> {
        Ok(Ok(Done { effect: (), entries: self.0.clone() }))
    }
}

/// Another service's journal.
pub struct Journal {
    pub db: TestDatabase,
    writer: Writer,
    name: &'static str,
}

impl Journal {
    async fn new(name: &'static str) -> Self {
        let db = test_database(&oversight::MIGRATOR).await;
        let writer = writer(&db);
        Self { db, writer, name }
    }

    pub async fn tell(&self, entries: impl IntoIterator<Item = Draft>) {
        self.writer.submit_own("tests", Tell(entries.into_iter().collect())).await.unwrap();
    }

    pub async fn head(&self) -> i64 {
        sqlx::query_scalar("SELECT seq FROM platform.journal_head").fetch_one(&self.db.pool).await.unwrap()
    }

    /// A backup that lacks the last entries, restored on another cluster: a new epoch begins, and other entries follow.
    pub async fn restore_without(&mut self, last: i64) {
        let keep = self.head().await - last;
        let mut owner = sqlx::PgConnection::connect(&self.db.url).await.unwrap();
        for sql in [
            "DELETE FROM platform.journal WHERE seq > $1",
            "UPDATE platform.journal_head SET seq = $1, hash = (SELECT hash FROM platform.journal WHERE seq = $1)",
            "UPDATE platform.epochs SET cluster = 'elsewhere' WHERE begins_after < $1",
        ] {
            sqlx::query(sql).bind(keep).execute(&mut owner).await.unwrap();
        }
        self.writer = writer(&self.db);
    }

    async fn source(&self) -> FeedSource {
        let epoch = open_epoch(&self.db.pool).await.unwrap();
        FeedSource {
            name: self.name,
            db: self.db.pool.clone(),
            kinds: KINDS,
            epoch,
            committed: self.writer.committed(),
        }
    }
}

/// The journals of the services.
pub struct Journals {
    pub registry: Journal,
    pub intake: Journal,
    pub review: Journal,
    pub campaigns: Journal,
}

impl Journals {
    pub async fn new() -> Self {
        Self {
            registry: Journal::new("station-registry").await,
            intake: Journal::new("complaint-intake").await,
            review: Journal::new("review-scheduling").await,
            campaigns: Journal::new("awareness-campaigns").await,
        }
    }

    fn all(&self) -> [&Journal; 4] {
        [&self.registry, &self.intake, &self.review, &self.campaigns]
    }

    /// Serves all as they are now; gives the address.
    async fn serve(&self, stop: &CancellationToken) -> String {
        let mut sources = Vec::new();
        for journal in self.all() {
            sources.push(journal.source().await);
        }
        let feed = FeedServer::new(sources, stop.clone());
        let server = FeedServiceServer::with_interceptor(feed, |mut asked: tonic::Request<()>| {
            let caller = Caller { principal: "services/oversight".to_owned(), ..Caller::anonymous() };
            asked.extensions_mut().insert(Call { caller, method: &mahila_proto::METHODS[0], deadline: None });
            Ok(asked)
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
        let server = tonic::transport::Server::builder().add_service(server);
        tokio::spawn(server.serve_with_incoming_shutdown(incoming, stop.clone().cancelled_owned()));
        url
    }
}

/// How an oversight is set up.
#[derive(Clone, Copy)]
pub struct Setup {
    /// Also with the peers of review scheduling and awareness campaigns.
    pub all_peers: bool,
    /// Bytes of a message, at most.
    pub limit: usize,
}

impl Default for Setup {
    fn default() -> Self {
        Self { all_peers: true, limit: ServerSettings::default().max_message_bytes }
    }
}

/// An oversight that runs.
pub struct Oversight {
    pub life: Lifecycle,
    pub clock: Arc<ReplayClock>,
    feed: CancellationToken,
    address: SocketAddr,
    issuer: Issuer,
}

impl Drop for Oversight {
    fn drop(&mut self) {
        self.life.shutdown();
        self.feed.cancel();
    }
}

impl Oversight {
    /// Starts one on a database, following these journals, and waits until it has heard everything.
    pub async fn start(db: &TestDatabase, journals: &Journals) -> Self {
        Self::start_with(db, journals, Setup::default()).await
    }

    /// The same, set up otherwise.
    pub async fn start_with(db: &TestDatabase, journals: &Journals, setup: Setup) -> Self {
        let feed = CancellationToken::new();
        let url = journals.serve(&feed).await;
        let settings = Arc::new(Settings {
            simulated: true,
            server: ServerSettings {
                listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
                max_message_bytes: setup.limit,
                ..ServerSettings::default()
            },
            database: DatabasesSettings { oversight: Some(db.settings()), ..DatabasesSettings::default() },
            clock: ClockSettings { mode: ClockMode::Replay, ..ClockSettings::default() },
            peers: PeersSettings {
                registry: Some(url.clone()),
                intake: Some(url.clone()),
                review: setup.all_peers.then(|| url.clone()),
                campaigns: setup.all_peers.then_some(url),
                ..PeersSettings::default()
            },
            ..Settings::default()
        });
        let life = Lifecycle::new(Duration::ZERO, Duration::from_secs(5));
        let clock = clock();
        let parts = oversight::start(&settings, clock.clone(), &life).await.unwrap();
        let issuer = Issuer::from_seed([7; 32]);
        let verifier = Verifier::new(Jwks::fixed(issuer.jwks()), "test", "mahila", 0);
        let address = serve(&settings, vec![parts], verifier, Some(clock.clone()), &life).await.unwrap();
        let oversight = Self { life, clock, feed, address, issuer };
        oversight.until_heard(journals).await;
        oversight
    }

    /// Waits until every entry is counted.
    pub async fn until_heard(&self, journals: &Journals) {
        let mut heads = Vec::new();
        for journal in journals.all() {
            heads.push(journal.head().await);
        }
        let mut client = self.client(&["headquarters"], "up");
        let heard = async {
            loop {
                if let Ok(statement) = client.get_statement(period(17, 28)).await {
                    let fresh = statement.into_inner().freshness;
                    if fresh.iter().zip(&heads).all(|(source, head)| source.not_followed || source.applied == *head) {
                        return;
                    }
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), heard).await.expect("the journals are followed to their heads");
    }

    /// A caller with these roles in this unit.
    pub fn client(&self, roles: &[&str], unit: &str) -> Client {
        let claims = Claims {
            iss: "test".into(),
            aud: "mahila".into(),
            sub: format!("posts/{unit}-{}", roles.join("-")),
            // The year 2100.
            exp: 4_102_444_800,
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            units: unit.split_whitespace().map(str::to_owned).collect(),
            woman: true,
        };
        let token = self.issuer.sign(&claims);
        let target = Target { url: format!("http://{}", self.address), token, ..Target::default() };
        OversightServiceClient::new(Peer::new(&target).unwrap().channel())
    }

    pub fn headquarters(&self) -> Client {
        self.client(&["headquarters"], "up")
    }

    /// The statement that headquarters gets.
    pub async fn statement(&self, request: wire::GetStatementRequest) -> wire::Statement {
        self.headquarters().get_statement(request).await.unwrap().into_inner()
    }
}

/// What is told beside the small roll.
#[derive(Default)]
pub struct Told {
    pub registry: Vec<Draft>,
    pub intake: Vec<Draft>,
    pub review: Vec<Draft>,
    pub campaigns: Vec<Draft>,
}

/// A database for oversight, and an oversight on it that knows the small roll and what else is told.
pub async fn oversight(registry: Vec<Draft>, intake: Vec<Draft>) -> (TestDatabase, Journals, Oversight) {
    oversight_of(Told { registry, intake, ..Told::default() }, Setup::default()).await
}

/// The same of every journal.
pub async fn oversight_of(told: Told, setup: Setup) -> (TestDatabase, Journals, Oversight) {
    let (db, journals) = (test_database(&oversight::MIGRATOR).await, Journals::new().await);
    journals.registry.tell(roll().into_iter().chain(told.registry)).await;
    for (journal, told) in
        [(&journals.intake, told.intake), (&journals.review, told.review), (&journals.campaigns, told.campaigns)]
    {
        if !told.is_empty() {
            journal.tell(told).await;
        }
    }
    let oversight = Oversight::start_with(&db, &journals, setup).await;
    (db, journals, oversight)
}

/// A request for days of October.
pub fn period(from: u32, to: u32) -> wire::GetStatementRequest {
    wire::GetStatementRequest { from: Some(date(october(from))), to: Some(date(october(to))), ..Default::default() }
}

/// A figure of a unit; `None`: hidden.
pub fn figure(unit: &wire::UnitFigures, measure: Measure, breakdown: Breakdown, key: &str) -> Option<i64> {
    let mut found = unit
        .figures
        .iter()
        .filter(|figure| figure.measure() == measure && figure.breakdown() == breakdown && figure.key == key);
    let figure = found.next();
    assert!(found.next().is_none(), "{measure:?} {breakdown:?} {key} stands twice");
    match figure {
        Some(figure) => (!figure.suppressed).then_some(figure.value),
        None => Some(0),
    }
}

/// The whole of a measure.
pub fn whole(unit: &wire::UnitFigures, measure: Measure) -> Option<i64> {
    figure(unit, measure, Breakdown::Unspecified, "")
}

/// The row of a unit; empty: the rest.
pub fn row<'a>(statement: &'a wire::Statement, unit: &str) -> &'a wire::UnitFigures {
    let name = if unit.is_empty() { String::new() } else { format!("units/{unit}") };
    statement.rows.iter().find(|row| row.unit == name).unwrap_or_else(|| panic!("a row of {unit:?}"))
}

/// The reason of a refusal.
pub fn reason<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    reason_of(&answer.expect_err("it is refused")).expect("every refusal says why")
}

/// The fields that a refusal names.
pub fn fields<T: std::fmt::Debug>(answer: Result<T, Status>) -> Vec<String> {
    use tonic_types::StatusExt as _;
    let status = answer.expect_err("it is refused");
    let bad = status.get_details_bad_request().expect("it names fields");
    bad.field_violations.into_iter().map(|violation| violation.field).collect()
}
