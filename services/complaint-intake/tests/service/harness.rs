//! A running intake, and who calls it.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use mahila_proto::google::r#type::Date;
use mahila_proto::intake::v1 as wire;
use mahila_proto::intake::v1::intake_service_client::IntakeServiceClient;
use platform::auth::issuer::Issuer;
use platform::auth::{Claims, Jwks, Verifier};
use platform::client::{Peer, PeerChannel, Target};
use platform::clock::{Clock as _, ReplayClock, ist};
use platform::journal::{self, Stored};
use platform::lifecycle::Lifecycle;
use platform::postgres::testing::{TestDatabase, test_database};
use platform::seal::{Keys, os_random};
use platform::service::Due;
use platform::settings::{ClockMode, DatabasesSettings, PeersSettings, SealSettings, Settings};
use tonic::Status;
use tonic_types::StatusExt as _;
use uuid::Uuid;

/// A client as somebody.
pub type Client = IntakeServiceClient<PeerChannel>;

/// A running intake.
pub struct Intake {
    /// Its database; several may be on one.
    pub database: Arc<TestDatabase>,
    /// Its clock: 23 October 2020, ten in the morning in India, until moved.
    pub clock: Arc<ReplayClock>,
    due: Vec<Arc<dyn Due>>,
    url: String,
    /// Its settings.
    pub settings: Arc<Settings>,
    issuer: Issuer,
    life: Lifecycle,
    _keys: tempfile::TempDir,
}

impl Drop for Intake {
    fn drop(&mut self) {
        self.life.shutdown();
    }
}

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

/// A database of its own, which knows of units and stations.
pub async fn database() -> Arc<TestDatabase> {
    let database = test_database(&complaint_intake::MIGRATOR).await;
    sqlx::raw_sql(DIRECTORY).execute(&database.pool).await.expect("the directory's rows");
    Arc::new(database)
}

impl Intake {
    /// One of its own.
    pub async fn start() -> Self {
        Self::on(database().await, None).await
    }

    /// On a database that is there, following the review at this address, or none.
    pub async fn on(database: Arc<TestDatabase>, review: Option<String>) -> Self {
        let keys = tempfile::tempdir().expect("a folder");
        Keys::generate_file(&keys.path().join("keys"), &os_random()).expect("fresh keys");
        Self::with_file(database, review, keys).await
    }

    /// On a database that is there, with the keys of this text.
    pub async fn sealing_with(database: Arc<TestDatabase>, text: &str) -> Self {
        let keys = tempfile::tempdir().expect("a folder");
        std::fs::write(keys.path().join("keys"), text).expect("a key file");
        Self::with_file(database, None, keys).await
    }

    async fn with_file(database: Arc<TestDatabase>, review: Option<String>, keys: tempfile::TempDir) -> Self {
        let keys_file = keys.path().join("keys");
        let mut settings = Settings {
            simulated: true,
            database: DatabasesSettings { intake: Some(database.settings()), ..DatabasesSettings::default() },
            // Nobody listens there.
            peers: PeersSettings { registry: Some("http://127.0.0.1:1".into()), review, ..PeersSettings::default() },
            seal: SealSettings { keys_file: Some(keys_file) },
            ..Settings::default()
        };
        settings.clock.mode = ClockMode::Replay;
        settings.server.listen = ([127, 0, 0, 1], 0).into();
        let settings = Arc::new(settings);

        let clock = Arc::new(ReplayClock::new(at("2020-10-23 10:00")));
        let life = Lifecycle::new(Duration::ZERO, Duration::from_secs(1));
        let parts = complaint_intake::start(&settings, clock.clone(), &life).await.expect("the intake starts");
        let due = parts.due.clone();
        let issuer = Issuer::from_seed([7; 32]);
        let verifier = Verifier::new(Jwks::fixed(issuer.jwks()), "test", "mahila", 30);
        let address =
            platform::server::serve(&settings, vec![parts], verifier, None, &life).await.expect("the server starts");
        let url = format!("http://{address}");
        Self { database, clock, due, url, settings, issuer, life, _keys: keys }
    }

    /// A client with a token of these claims.
    pub fn client(&self, sub: &str, role: &str, units: &[&str], woman: bool) -> Client {
        let claims = Claims {
            iss: "test".into(),
            aud: "mahila".into(),
            sub: sub.into(),
            exp: 4_000_000_000,
            roles: vec![role.into()],
            units: units.iter().map(|unit| (*unit).to_owned()).collect(),
            woman,
        };
        let target =
            Target { url: self.url.clone(), token: self.issuer.sign(&claims), authority: None, identity: None };
        IntakeServiceClient::new(Peer::new(&target).expect("an address").channel())
    }

    /// A client of nobody: without a token.
    pub async fn anyone(&self) -> IntakeServiceClient<tonic::transport::Channel> {
        IntakeServiceClient::connect(self.url.clone()).await.expect("the server listens")
    }

    /// The woman at a station's desk.
    pub fn desk(&self, station: &str) -> Client {
        self.client(&format!("posts/{station}-desk"), "desk_officer", &[station], true)
    }

    /// A station's house officer, a man.
    pub fn sho(&self, station: &str) -> Client {
        self.client(&format!("posts/{station}-sho"), "station_house_officer", &[station], false)
    }

    /// A district's head.
    pub fn district(&self, district: &str) -> Client {
        self.client(&format!("posts/{district}-ssp"), "district_head", &[district], false)
    }

    /// A woman who asks afterwards, from the district.
    pub fn caller(&self, district: &str) -> Client {
        self.client(&format!("posts/{district}-caller"), "feedback_caller", &[district], true)
    }

    /// Moves the clock and does what fell due.
    pub async fn advance_to(&self, instant: DateTime<Utc>) {
        self.clock.advance_to(instant).expect("forward");
        self.do_due().await;
    }

    /// Does what is due.
    pub async fn do_due(&self) {
        for due in &self.due {
            due.run(self.clock.now()).await.expect("what fell due is done");
        }
    }

    /// Ends it as a signal would.
    pub async fn stop(&self) {
        self.life.shutdown();
        let _ = self.life.run_until_signal().await.expect("signals can be heard");
    }

    /// The whole journal.
    pub async fn journal(&self) -> Vec<Stored> {
        journal::read(&self.database.pool, 0, i64::MAX, 100_000).await.expect("the journal")
    }

    /// The journal's entries of one kind.
    pub async fn entries<M: prost::Message + Default>(&self, kind: &str) -> Vec<M> {
        let entries = self.journal().await;
        let of_kind = entries.iter().filter(|entry| entry.kind == kind);
        of_kind.map(|entry| M::decode(&entry.payload[..]).expect("a message of its kind")).collect()
    }
}

/// A fresh `request_id`.
pub fn request_id() -> String {
    Uuid::new_v4().to_string()
}

/// The least that is asked at the desk.
pub fn complaint(station: &str, category: wire::Category) -> wire::RegisterComplaintRequest {
    wire::RegisterComplaintRequest {
        request_id: request_id(),
        station: format!("stations/{station}"),
        channel: wire::Channel::WalkIn.into(),
        category: category.into(),
        safe_contact: Some(wire::SafeContact { mode: wire::ContactMode::Never.into(), ..wire::SafeContact::default() }),
        ..wire::RegisterComplaintRequest::default()
    }
}

/// A complaint recorded at a station's desk.
pub async fn registered(intake: &Intake, station: &str, category: wire::Category) -> wire::Complaint {
    let answer = intake.desk(station).register_complaint(complaint(station, category)).await;
    answer.expect("it is recorded").into_inner()
}

/// The reason of a refusal.
pub fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default().trim_start_matches("REASON_").to_owned()
}

/// The paths of the fields that are wrong.
pub fn wrong_fields(status: &Status) -> Vec<String> {
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

/// A day for the wire.
pub fn day(year: i32, month: i32, day: i32) -> Date {
    Date { year, month, day }
}

/// The limit of a code.
pub fn clock(complaint: &wire::Complaint, code: wire::ClockCode) -> Option<&wire::Clock> {
    complaint.clocks.iter().find(|clock| clock.code() == code)
}
