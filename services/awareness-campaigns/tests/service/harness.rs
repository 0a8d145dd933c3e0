//! Running campaigns, who calls them, and the events that tests are about.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use mahila_proto::campaign::v1 as wire;
use mahila_proto::campaign::v1::EvidenceKind;
use mahila_proto::campaign::v1::campaign_service_client::CampaignServiceClient;
use platform::auth::issuer::Issuer;
use platform::auth::{Claims, Jwks, Verifier};
use platform::client::{Peer, PeerChannel, Target};
use platform::clock::{Clock as _, ReplayClock, ist};
use platform::journal;
use platform::lifecycle::Lifecycle;
use platform::postgres::testing::{TestDatabase, test_database};
use platform::service::Due;
use platform::settings::{ClockMode, DatabasesSettings, PeersSettings, Settings};
use tonic::Status;
use tonic_types::StatusExt as _;

use crate::requests::{approval, campaign, evidence, partner, report, vetted};

/// A client as somebody.
pub type Client = CampaignServiceClient<PeerChannel>;

/// Running campaigns.
pub struct Campaigns {
    /// Their database.
    pub database: TestDatabase,
    /// Their clock: 23 October 2020, ten in the morning in India, until moved.
    pub clock: Arc<ReplayClock>,
    due: Vec<Arc<dyn Due>>,
    url: String,
    issuer: Issuer,
    life: Lifecycle,
}

impl Drop for Campaigns {
    fn drop(&mut self) {
        self.life.shutdown();
    }
}

/// An instant of India's clock on the wall: `2020-10-23 10:00`.
pub fn at(text: &str) -> DateTime<Utc> {
    let wall = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("a date and a time");
    wall.and_local_timezone(ist()).single().expect("India has no summer time").to_utc()
}

/// Units and stations: the state; Lucknow (157) with two stations and a circle of its own for each; Mahoba (164) with
/// one.
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

impl Campaigns {
    /// Of their own.
    pub async fn start() -> Self {
        let database = test_database(&awareness_campaigns::MIGRATOR).await;
        sqlx::raw_sql(DIRECTORY).execute(&database.pool).await.expect("the directory's rows");
        let mut settings = Settings {
            simulated: true,
            database: DatabasesSettings { campaigns: Some(database.settings()), ..DatabasesSettings::default() },
            // Nobody listens there.
            peers: PeersSettings { registry: Some("http://127.0.0.1:1".into()), ..PeersSettings::default() },
            ..Settings::default()
        };
        settings.clock.mode = ClockMode::Replay;
        settings.server.listen = ([127, 0, 0, 1], 0).into();
        let settings = Arc::new(settings);

        let clock = Arc::new(ReplayClock::new(at("2020-10-23 10:00")));
        let life = Lifecycle::new(Duration::ZERO, Duration::from_secs(1));
        let parts = awareness_campaigns::start(&settings, clock.clone(), &life).await.expect("campaigns start");
        let due = parts.due.clone();
        let issuer = Issuer::from_seed([7; 32]);
        let verifier = Verifier::new(Jwks::fixed(issuer.jwks()), "test", "mahila", 30);
        let address =
            platform::server::serve(&settings, vec![parts], verifier, None, &life).await.expect("the server starts");
        Self { database, clock, due, url: format!("http://{address}"), issuer, life }
    }

    /// A client with a token of these claims.
    pub fn client(&self, sub: &str, roles: &[&str], units: &[&str]) -> Client {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let claims = Claims {
            iss: "test".into(),
            aud: "mahila".into(),
            sub: sub.into(),
            exp: 4_000_000_000,
            roles: owned(roles),
            units: owned(units),
            woman: false,
        };
        let target =
            Target { url: self.url.clone(), token: self.issuer.sign(&claims), authority: None, identity: None };
        CampaignServiceClient::new(Peer::new(&target).expect("an address").channel())
    }

    /// A client of nobody: with a token that nobody signed.
    pub fn stranger(&self) -> Client {
        let target = Target { url: self.url.clone(), token: "nobody".into(), authority: None, identity: None };
        CampaignServiceClient::new(Peer::new(&target).expect("an address").channel())
    }

    /// A station's house officer.
    pub fn sho(&self, station: &str) -> Client {
        self.client(&format!("posts/{station}-sho"), &["station_house_officer"], &[station])
    }

    /// The circle officer of Lucknow's first circle, which has the first station.
    pub fn circle(&self) -> Client {
        self.client("posts/circle-157-1-co", &["circle_officer"], &["circle-157-1"])
    }

    /// A district's head.
    pub fn district(&self, district: &str) -> Client {
        self.client(&format!("posts/{district}-ssp"), &["district_head"], &[district])
    }

    /// Headquarters.
    pub fn headquarters(&self) -> Client {
        self.client("posts/up-wcso", &["headquarters"], &["up"])
    }

    /// A partner organisation, by its name.
    pub fn partner(&self, name: &str) -> Client {
        self.client(name, &["partner"], &[])
    }

    /// Moves the clock and does what fell due.
    pub async fn advance_to(&self, text: &str) {
        self.clock.advance_to(at(text)).expect("forward");
        self.do_due().await;
    }

    /// Does what is due.
    pub async fn do_due(&self) {
        for due in &self.due {
            due.run(self.clock.now()).await.expect("what fell due is done");
        }
    }

    /// What the journal was told of moves.
    pub async fn moves(&self) -> Vec<wire::EventMoved> {
        let entries = journal::read(&self.database.pool, 0, i64::MAX, 100_000).await.expect("the journal");
        assert!(entries.iter().all(|entry| entry.kind == "campaign.event.moved"), "nothing else is told");
        entries.iter().map(|entry| prost::Message::decode(&entry.payload[..]).expect("a move")).collect()
    }

    /// A campaign of a unit from 23 to 31 October: 4 events, 100 women, 2 places.
    pub async fn campaign(&self, unit: &str) -> wire::Campaign {
        let answer = self.headquarters().create_campaign(campaign(unit)).await;
        answer.expect("it begins").into_inner()
    }

    /// A vetted partner of Lucknow.
    pub async fn vetted(&self) -> wire::Partner {
        let registered = self.circle().register_partner(partner("circle-157-1", "UP/2016/1")).await;
        let name = registered.expect("it registers").into_inner().name;
        let vetted = self.district("district-157").vet_partner(vetted(&name)).await;
        vetted.expect("it is vetted").into_inner()
    }

    /// An event of the first station, approved by the circle officer.
    pub async fn approved(&self, request: wire::CreateEventRequest) -> wire::Event {
        let created = self.sho("ps-157-001").create_event(request).await.expect("it is proposed").into_inner();
        self.circle().approve_event(approval(&created.name)).await.expect("it is approved").into_inner()
    }

    /// Its house officer claims that an approved event of the first station was held, with a photograph and a scanned
    /// register.
    pub async fn claimed(&self, approved: &wire::Event) -> wire::Event {
        let mut sho = self.sho("ps-157-001");
        sho.report_event(report(approved, 40)).await.expect("it is reported");
        sho.attach_evidence(evidence(approved, EvidenceKind::Photo)).await.expect("it is attached");
        let scan = evidence(approved, EvidenceKind::RegisterScan);
        sho.attach_evidence(scan).await.expect("it is attached").into_inner()
    }

    /// The same from its proposal on. Moves the clock to the event's end.
    pub async fn reported(&self, request: wire::CreateEventRequest) -> wire::Event {
        let approved = self.approved(request).await;
        let ends_at = approved.ends_at.expect("an end");
        let ends_at = DateTime::from_timestamp(ends_at.seconds, 0).expect("an instant");
        self.clock.advance_to(ends_at).expect("forward");
        self.claimed(&approved).await
    }

    /// An event as a caller sees it.
    pub async fn event(&self, mut client: Client, name: &str) -> wire::Event {
        let request = wire::ListEventsRequest {
            parent: "campaigns/-".into(),
            names: vec![name.to_owned()],
            ..wire::ListEventsRequest::default()
        };
        let mut events = client.list_events(request).await.expect("a list").into_inner().events;
        assert_eq!(events.len(), 1, "{name} is seen");
        events.remove(0)
    }
}

/// The reason of a refusal.
pub fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// The paths of the fields that are wrong.
pub fn wrong_fields<T: std::fmt::Debug>(answer: Result<tonic::Response<T>, Status>) -> Vec<String> {
    let status = answer.expect_err("it is refused");
    let violations = status.get_details_bad_request().map(|bad| bad.field_violations).unwrap_or_default();
    violations.into_iter().map(|violation| violation.field).collect()
}

/// The reason for which a call was refused.
///
/// # Panics
/// When it was not.
pub fn refused<T: std::fmt::Debug>(answer: Result<tonic::Response<T>, Status>) -> String {
    reason(&answer.expect_err("it is refused"))
}
