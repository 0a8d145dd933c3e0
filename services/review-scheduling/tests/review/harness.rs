//! A running review, and who calls it.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use mahila_proto::review::v1 as wire;
use mahila_proto::review::v1::review_service_client::ReviewServiceClient;
use platform::auth::issuer::Issuer;
use platform::auth::{Claims, Jwks, Verifier};
use platform::client::{Peer, PeerChannel, Target};
use platform::clock::{Clock as _, ReplayClock, ist, minute_of};
use platform::fields::date;
use platform::journal::{self, Draft, Stored};
use platform::lifecycle::Lifecycle;
use platform::postgres::testing::{TestDatabase, test_database};
use platform::service::Due;
use platform::settings::{ClockMode, DatabasesSettings, PeersSettings, Settings};
use tokio_util::sync::CancellationToken;

use crate::calls::{docket_of, request_id, weekly};
use crate::journal::Journal;
use crate::tell::Case;

/// A client as somebody.
pub type Client = ReviewServiceClient<PeerChannel>;

/// An instant of India's clock on the wall: `2020-10-23 10:00`.
pub fn at(text: &str) -> DateTime<Utc> {
    let wall = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("a date and a time");
    wall.and_local_timezone(ist()).single().expect("India has no summer time").to_utc()
}

/// Units and stations: the state; Lucknow (157) with two stations and a circle of its own for each; Mahoba (164) with one.
const DIRECTORY: &str = "
INSERT INTO platform.directory_units (id, valid_from, valid_to, kind, name_en, name_hi, parent, lgd_code) VALUES
    ('up', '2020-01-01', NULL, 1, 'Uttar Pradesh', 'उत्तर प्रदेश', NULL, 0),
    ('district-157', '2020-01-01', NULL, 5, 'Lucknow', 'लखनऊ', 'up', 157),
    ('district-164', '2020-01-01', NULL, 5, 'Mahoba', 'महोबा', 'up', 164),
    ('circle-157-1', '2020-01-01', NULL, 7, 'First', 'प्रथम', 'district-157', 0),
    ('circle-157-2', '2020-01-01', NULL, 7, 'Second', 'द्वितीय', 'district-157', 0);
INSERT INTO platform.directory_stations
    (id, seq, kind, name_en, name_hi, parent, district, pincode, latitude, longitude, valid_from, valid_to, synthetic, source) VALUES
    ('ps-157-001', 1, 1, 'Hazratganj', 'हज़रतगंज', 'circle-157-1', 'district-157', '226001', 26.85, 80.94, '2020-01-01', NULL, false, 'test'),
    ('ps-157-002', 2, 1, 'Aminabad', 'अमीनाबाद', 'circle-157-2', 'district-157', '226018', 26.84, 80.92, '2020-01-01', NULL, false, 'test'),
    ('ps-164-001', 1, 1, 'Mahoba', 'महोबा', 'district-164', 'district-164', '210427', 25.29, 79.87, '2020-01-01', NULL, false, 'test')";

/// A process that serves review.
pub struct Replica {
    due: Vec<Arc<dyn Due>>,
    url: String,
    life: Lifecycle,
    feed: CancellationToken,
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.life.shutdown();
        self.feed.cancel();
    }
}

impl Replica {
    async fn start(database: &TestDatabase, intake: &Journal, clock: Arc<ReplayClock>, issuer: &Issuer) -> Self {
        let feed = CancellationToken::new();
        let mut settings = Settings {
            simulated: true,
            database: DatabasesSettings { review: Some(database.settings()), ..DatabasesSettings::default() },
            peers: PeersSettings {
                // Nobody listens there.
                registry: Some("http://127.0.0.1:1".into()),
                intake: Some(intake.serve(&feed).await),
                ..PeersSettings::default()
            },
            ..Settings::default()
        };
        settings.clock.mode = ClockMode::Replay;
        settings.server.listen = ([127, 0, 0, 1], 0).into();
        let settings = Arc::new(settings);
        let life = Lifecycle::new(Duration::ZERO, Duration::from_secs(1));
        let parts = review_scheduling::start(&settings, clock, &life).await.expect("review starts");
        let due = parts.due.clone();
        let verifier = Verifier::new(Jwks::fixed(issuer.jwks()), "test", "mahila", 30);
        let address =
            platform::server::serve(&settings, vec![parts], verifier, None, &life).await.expect("the server starts");
        Self { due, url: format!("http://{address}"), life, feed }
    }

    /// Does what is due.
    pub async fn do_due(&self, now: DateTime<Utc>) {
        for due in &self.due {
            due.run(now).await.expect("what fell due is done");
        }
    }

    /// Ends it as a signal would.
    pub async fn stop(&self) {
        self.life.shutdown();
        let _ = self.life.run_until_signal().await.expect("signals can be heard");
    }
}

/// A running review.
pub struct Review {
    pub database: TestDatabase,
    /// 23 October 2020, ten in the morning in India, until moved.
    pub clock: Arc<ReplayClock>,
    pub intake: Journal,
    pub replica: Replica,
    issuer: Issuer,
}

impl Review {
    /// One of its own, without policies.
    pub async fn start() -> Self {
        let database = test_database(&review_scheduling::MIGRATOR).await;
        sqlx::raw_sql(DIRECTORY).execute(&database.pool).await.expect("the directory's rows");
        Self::on(database).await
    }

    /// On a database that is there.
    pub async fn on(database: TestDatabase) -> Self {
        let clock = Arc::new(ReplayClock::new(at("2020-10-23 10:00")));
        let intake = Journal::new().await;
        let issuer = Issuer::from_seed([7; 32]);
        let replica = Replica::start(&database, &intake, clock.clone(), &issuer).await;
        Self { database, clock, intake, replica, issuer }
    }

    /// One with weekly station reviews from the 24th and these complaints.
    pub async fn with_cases(cases: &[Case]) -> Self {
        let review = Self::start().await;
        review.put_policy(weekly(wire::ReviewLevel::Station)).await;
        review.tell(cases.iter().map(Case::registered)).await;
        review
    }

    /// Another process on the same database.
    pub async fn another(&self) -> Replica {
        Replica::start(&self.database, &self.intake, self.clock.clone(), &self.issuer).await
    }

    /// The process ends, and another takes its place.
    pub async fn restart(&mut self) {
        self.replica = self.another().await;
    }

    /// Intake says something, and it is heard.
    pub async fn tell(&self, entries: impl IntoIterator<Item = Draft>) {
        let entries: Vec<Draft> = entries.into_iter().collect();
        if !entries.is_empty() {
            self.intake.tell(entries).await;
        }
        self.until_heard().await;
    }

    /// Waits until everything that intake said is heard.
    pub async fn until_heard(&self) {
        let head = self.intake.head().await;
        let epoch = self.intake.epoch().await;
        let heard = async {
            loop {
                let at: Option<(String, i64)> =
                    sqlx::query_as("SELECT epoch, position FROM platform.positions WHERE source = 'complaint-intake'")
                        .fetch_optional(&self.database.pool)
                        .await
                        .expect("a position");
                if at.is_some_and(|at| at == (epoch.clone(), head)) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), heard).await.expect("intake's journal is followed to its head");
    }

    /// A client with a token of these claims.
    pub fn client(&self, sub: &str, role: &str, units: &[&str]) -> Client {
        let claims = Claims {
            iss: "test".into(),
            aud: "mahila".into(),
            sub: sub.into(),
            exp: 4_000_000_000,
            roles: vec![role.into()],
            units: units.iter().map(|unit| (*unit).to_owned()).collect(),
            woman: true,
        };
        let target = Target { url: self.replica.url.clone(), token: self.issuer.sign(&claims), ..Target::default() };
        ReviewServiceClient::new(Peer::new(&target).expect("an address").channel())
    }

    /// A station's house officer.
    pub fn sho(&self, station: &str) -> Client {
        self.client(&format!("posts/{station}-sho"), "station_house_officer", &[station])
    }

    /// The woman at a station's desk.
    pub fn desk(&self, station: &str) -> Client {
        self.client(&format!("posts/{station}-desk"), "desk_officer", &[station])
    }

    /// A circle's officer.
    pub fn co(&self, circle: &str) -> Client {
        self.client(&format!("posts/{circle}-co"), "circle_officer", &[circle])
    }

    /// A district's head.
    pub fn ssp(&self, district: &str) -> Client {
        self.client(&format!("posts/{district}-ssp"), "district_head", &[district])
    }

    pub fn headquarters(&self) -> Client {
        self.client("posts/hq", "headquarters", &["up"])
    }

    pub fn auditor(&self) -> Client {
        self.client("posts/auditor", "auditor", &["up"])
    }

    /// Sets a policy as headquarters.
    pub async fn put_policy(&self, policy: wire::ReviewPolicy) -> wire::ReviewPolicy {
        let request = wire::PutPolicyRequest { request_id: request_id(), policy: Some(policy) };
        self.headquarters().put_policy(request).await.expect("the policy is put").into_inner()
    }

    /// Moves the clock and does what fell due.
    pub async fn advance_to(&self, instant: DateTime<Utc>) {
        self.clock.advance_to(instant).expect("forward");
        self.do_due().await;
    }

    /// Moves the clock to the first minute of a day, and does what fell due.
    pub async fn begin(&self, day: NaiveDate) {
        self.advance_to(minute_of(day, 1)).await;
    }

    /// Does what is due.
    pub async fn do_due(&self) {
        self.replica.do_due(self.clock.now()).await;
    }

    /// Cycles of a level, the latest first.
    pub async fn cycles(&self, level: wire::ReviewLevel) -> Vec<wire::ReviewCycle> {
        let request = wire::ListCyclesRequest { level: level.into(), page_size: 1000, ..Default::default() };
        self.headquarters().list_cycles(request).await.expect("cycles").into_inner().cycles
    }

    /// The cycle of a unit that begins on a day.
    pub async fn cycle(&self, unit: &str, from: NaiveDate) -> wire::ReviewCycle {
        let request = wire::ListCyclesRequest { page_size: 1000, ..Default::default() };
        let cycles = self.headquarters().list_cycles(request).await.expect("cycles").into_inner().cycles;
        let is_it = |cycle: &wire::ReviewCycle| cycle.unit == format!("units/{unit}") && cycle.from == Some(date(from));
        cycles.into_iter().find(is_it).unwrap_or_else(|| panic!("a cycle of {unit} from {from}"))
    }

    /// A cycle as it is now.
    pub async fn get(&self, name: &str) -> wire::ReviewCycle {
        let request = wire::GetCycleRequest { name: name.to_owned() };
        self.headquarters().get_cycle(request).await.expect("a cycle").into_inner()
    }

    /// A docket.
    pub async fn docket(&self, cycle: &str) -> Vec<wire::DocketItem> {
        docket_of(&mut self.headquarters(), cycle).await
    }

    /// The whole journal of review.
    pub async fn journal(&self) -> Vec<Stored> {
        journal::read(&self.database.pool, 0, i64::MAX, 1_000_000).await.expect("the journal")
    }

    /// The journal's entries of one kind.
    pub async fn entries<M: prost::Message + Default>(&self, kind: &str) -> Vec<M> {
        let entries = self.journal().await;
        let of_kind = entries.iter().filter(|entry| entry.kind == kind);
        of_kind.map(|entry| M::decode(&entry.payload[..]).expect("a message of its kind")).collect()
    }
}
