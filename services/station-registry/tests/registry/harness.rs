//! Starts a registry, and calls it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use mahila_proto::dev::v1::AdvanceToRequest;
use mahila_proto::dev::v1::replay_service_client::ReplayServiceClient;
use mahila_proto::registry::v1::registry_service_client::RegistryServiceClient;
use mahila_proto::registry::v1::{self as wire, CheckInMethod};
use platform::auth::issuer::Issuer;
use platform::auth::{Claims, Jwks, Verifier};
use platform::client::{Peer, PeerChannel, Target};
use platform::clock::{Clock as _, ReplayClock, minute_of};
use platform::fields::{date, timestamp};
use platform::journal;
use platform::lifecycle::Lifecycle;
use platform::postgres::testing::{TestDatabase, test_database};
use platform::server::serve;
use platform::service::Due;
use platform::settings::{ClockMode, ClockSettings, DatabaseSettings, DatabasesSettings, ServerSettings, Settings};
use platform::status::reason_of;
use tonic::{Response, Status};
use uuid::Uuid;

pub type Client = RegistryServiceClient<PeerChannel>;

/// Lucknow and Agra: two districts in two ranges, three stations with a desk and one of the railway police.
pub const UNITS: &str = "unit,kind,name_en,name_hi,parent,valid_from,valid_to,lgd_code
up,STATE,Uttar Pradesh,उत्तर प्रदेश,,2000-01-01,,9
range-lucknow,RANGE,Lucknow range,लखनऊ परिक्षेत्र,up,2000-01-01,,
range-agra,RANGE,Agra range,आगरा परिक्षेत्र,up,2000-01-01,,
commissionerate-lucknow,COMMISSIONERATE,Lucknow,लखनऊ,up,2020-01-13,,
district-162,DISTRICT,Lucknow,लखनऊ,range-lucknow,2000-01-01,2020-01-13,162
district-162,DISTRICT,Lucknow,लखनऊ,commissionerate-lucknow,2020-01-13,,162
circle-162-01,CIRCLE,Hazratganj,हजरतगंज,district-162,2000-01-01,,
district-118,DISTRICT,Agra,आगरा,range-agra,2000-01-01,,118
";

pub const STATIONS: &str = "station,seq,type,name_en,name_hi,parent,district,pincode,lat,lon,valid_from,valid_to,synthetic,source
ps-162-001,1,REGULAR,Hazratganj,हज़रतगंज,circle-162-01,district-162,226001,26.85,80.95,2000-01-01,,no,press-2022
ps-162-002,2,MAHILA,Mahila Thana Lucknow,महिला थाना लखनऊ,district-162,district-162,226001,26.86,80.94,2000-01-01,,yes,test
ps-162-003,3,GRP,GRP Lucknow,जीआरपी लखनऊ,district-162,district-162,226001,26.83,80.92,2000-01-01,,yes,test
ps-118-001,1,REGULAR,Budaun Gate,बदायूं गेट,district-118,district-118,282001,27.15,78.00,2000-01-01,,yes,test
";

/// The day on which the desks open.
pub const OPENING: &str = "2020-10-23";

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub fn at(day_text: &str, minute: i32) -> DateTime<Utc> {
    minute_of(day(day_text), minute)
}

pub fn request_id() -> String {
    Uuid::new_v4().to_string()
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

/// A registry that runs.
pub struct Registry {
    pub db: Arc<TestDatabase>,
    due: Vec<Arc<dyn Due>>,
    pub clock: Arc<ReplayClock>,
    settings: Arc<Settings>,
    life: Lifecycle,
    address: SocketAddr,
    issuer: Issuer,
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.life.shutdown();
    }
}

impl Registry {
    /// An empty one, on the morning of the opening.
    pub async fn start() -> Self {
        let db = Arc::new(test_database(&station_registry::MIGRATOR).await);
        // A pool of one: whoever held a connection while asking for another would wait for itself.
        let database = DatabaseSettings { max_connections: 1, ..db.settings() };
        let settings = Arc::new(Settings {
            simulated: true,
            server: ServerSettings { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), ..ServerSettings::default() },
            database: DatabasesSettings { registry: Some(database), ..DatabasesSettings::default() },
            clock: ClockSettings { mode: ClockMode::Replay, ..ClockSettings::default() },
            ..Settings::default()
        });
        Self::on(db, settings, Arc::new(ReplayClock::new(at(OPENING, 6 * 60)))).await
    }

    /// Another one on the same database, with the same clock.
    pub async fn replica(&self) -> Self {
        Self::on(self.db.clone(), self.settings.clone(), self.clock.clone()).await
    }

    async fn on(db: Arc<TestDatabase>, settings: Arc<Settings>, clock: Arc<ReplayClock>) -> Self {
        let life = Lifecycle::new(Duration::ZERO, Duration::from_secs(5));
        let parts = station_registry::start(&settings, clock.clone(), &life).await.unwrap();
        let due = parts.due.clone();
        let issuer = Issuer::from_seed([7; 32]);
        let verifier = Verifier::new(Jwks::fixed(issuer.jwks()), "test", "mahila", 0);
        let address = serve(&settings, vec![parts], verifier, Some(clock.clone()), &life).await.unwrap();
        Self { db, due, clock, settings, life, address, issuer }
    }

    /// One with the small roll.
    pub async fn with_roll() -> Self {
        let registry = Self::start().await;
        registry.import(UNITS, STATIONS).await.unwrap();
        registry
    }

    /// One with the small roll and these desks open since that morning.
    pub async fn with_desks(stations: &[&str]) -> Self {
        let registry = Self::with_roll().await;
        for station in stations {
            registry.open(station).await.unwrap();
        }
        registry
    }

    fn peer(&self, roles: &[&str], unit: &str) -> Peer {
        let claims = Claims {
            iss: "test".into(),
            aud: "mahila".into(),
            sub: format!("posts/{unit}-{}", roles.join("-")),
            // The year 2100.
            exp: 4_102_444_800,
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            units: vec![unit.to_owned()],
            woman: true,
        };
        self.peer_with(self.issuer.sign(&claims))
    }

    fn peer_with(&self, token: String) -> Peer {
        Peer::new(&Target { url: format!("http://{}", self.address), token, ..Target::default() }).unwrap()
    }

    /// A caller with these roles in this unit.
    pub fn client(&self, roles: &[&str], unit: &str) -> Client {
        let client = RegistryServiceClient::new(self.peer(roles, unit).channel());
        client.max_decoding_message_size(16 << 20)
    }

    /// A caller without a token.
    pub fn stranger(&self) -> Client {
        RegistryServiceClient::new(self.peer_with(String::new()).channel())
    }

    pub fn headquarters(&self) -> Client {
        self.client(&["headquarters"], "up")
    }

    pub fn desk(&self, station: &str) -> Client {
        self.client(&["desk_officer"], station)
    }

    /// Does what is due now.
    pub async fn do_due(&self) {
        for due in &self.due {
            due.run(self.clock.now()).await.unwrap();
        }
    }

    /// Moves the clock, and waits until everything that fell due is done.
    pub async fn advance(&self, to: DateTime<Utc>) {
        let peer = self.peer(&["replay_operator"], "up");
        let request = AdvanceToRequest { instant: Some(timestamp(to)), from_peer: false };
        ReplayServiceClient::new(peer.channel()).advance_to(request).await.unwrap();
    }

    pub async fn import(&self, units: &str, stations: &str) -> Result<wire::ImportStationsResponse, Status> {
        let request = wire::ImportStationsRequest {
            request_id: request_id(),
            units_csv: units.into(),
            stations_csv: stations.into(),
            validate_only: false,
        };
        self.client(&["registrar"], "up").import_stations(request).await.map(Response::into_inner)
    }

    pub async fn open(&self, station: &str) -> Result<wire::Desk, Status> {
        let desk = wire::Desk { name: format!("stations/{station}/desk"), ..wire::Desk::default() };
        let request = wire::OpenDeskRequest { request_id: request_id(), desk: Some(desk) };
        self.headquarters().open_desk(request).await.map(Response::into_inner)
    }

    pub async fn publish(
        &self,
        station: &str,
        shifts: Vec<wire::Shift>,
    ) -> Result<Response<wire::PublishRosterResponse>, Status> {
        let request =
            wire::PublishRosterRequest { request_id: request_id(), desk: format!("stations/{station}/desk"), shifts };
        self.desk(station).publish_roster(request).await
    }

    pub async fn check_in(&self, station: &str, officer: &str) -> Result<Response<wire::CheckInResponse>, Status> {
        let request = wire::CheckInRequest {
            request_id: request_id(),
            desk: format!("stations/{station}/desk"),
            officer: format!("officers/{officer}"),
            method: CheckInMethod::DevicePin.into(),
        };
        self.desk(station).check_in(request).await
    }

    pub async fn beat(
        &self,
        station: &str,
        instants: &[DateTime<Utc>],
    ) -> Result<Response<wire::SendHeartbeatsResponse>, Status> {
        let beat = |instant: &DateTime<Utc>| wire::Heartbeat {
            captured_at: Some(timestamp(*instant)),
            device: format!("devices/{station}"),
            queue_depth: 0,
        };
        let request = wire::SendHeartbeatsRequest {
            request_id: request_id(),
            desk: format!("stations/{station}/desk"),
            heartbeats: instants.iter().map(beat).collect(),
        };
        self.desk(station).send_heartbeats(request).await
    }

    /// All desk-days of some days, as headquarters sees them.
    pub async fn desk_days(&self, from: &str, to: &str) -> Vec<wire::DeskDay> {
        let request = wire::ListDeskDaysRequest {
            from: Some(date(day(from))),
            to: Some(date(day(to))),
            page_size: 1000,
            ..wire::ListDeskDaysRequest::default()
        };
        self.headquarters().list_desk_days(request).await.unwrap().into_inner().desk_days
    }

    /// The journal's entries of a kind.
    pub async fn journal(&self, kind: &str) -> Vec<journal::Stored> {
        let mut entries = journal::read(&self.db.pool, 0, i64::MAX, 1_000_000).await.unwrap();
        entries.retain(|entry| entry.kind == kind);
        entries
    }
}

pub fn shift(day_text: &str, start_minute: i32, end_minute: i32, officers: &[&str]) -> wire::Shift {
    wire::Shift {
        day: Some(date(day(day_text))),
        start_minute,
        end_minute,
        officers: officers.iter().map(|officer| format!("officers/{officer}")).collect(),
    }
}
