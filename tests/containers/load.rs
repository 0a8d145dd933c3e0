//! What desks, headquarters and apps do all day while the installation changes under them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use mahila_proto::campaign::v1::ListCampaignsRequest;
use mahila_proto::campaign::v1::campaign_service_client::CampaignServiceClient;
use mahila_proto::google::r#type::Date;
use mahila_proto::intake::v1::intake_service_client::IntakeServiceClient;
use mahila_proto::intake::v1::{
    Category, Channel, ComplaintFilter, ContactMode, CountComplaintsRequest, RegisterComplaintRequest, SafeContact,
};
use mahila_proto::oversight::v1::GetStatementRequest;
use mahila_proto::oversight::v1::oversight_service_client::OversightServiceClient;
use mahila_proto::registry::v1::registry_service_client::RegistryServiceClient;
use mahila_proto::registry::v1::{GetStationRequest, ImportStationsRequest};
use mahila_proto::review::v1::ListCyclesRequest;
use mahila_proto::review::v1::review_service_client::ReviewServiceClient;
use platform::client::{PeerChannel, retry_after};
use platform::settings::Service;
use tokio::task::JoinHandle;
use tonic::Status;
use uuid::Uuid;

use crate::town::{Town, until};

const STATION: &str = "ps-162-001";
/// Desks that register at the same time.
const DESKS: usize = 6;
/// Whoever is told to come back comes back this soon.
const COME_BACK: Duration = Duration::from_millis(500);

/// Who calls, and what becomes of calls that fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// A call is sent once. One that fails is a failure.
    Once,
    /// As the retry table says: the same bytes again where it allows that. Only what it forbids is a failure.
    Patient,
}

/// The load, until it is stopped.
pub struct Load {
    shared: Arc<Shared>,
    desks: Vec<JoinHandle<Vec<String>>>,
    readers: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    registered: AtomicU64,
    read: [AtomicU64; Service::ALL.len()],
    failed: std::sync::Mutex<Vec<String>>,
}

impl Shared {
    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    fn failed(&self, what: &str, status: &Status) {
        let mut failed = self.failed.lock().expect("nobody panics");
        // Where one fails, thousands do.
        if failed.len() < 20 {
            failed.push(format!("{what}: {status:?}"));
        }
    }

    /// Calls until it is answered, as the manner is; `None`: it failed, which is noted.
    async fn call<A, W>(&self, manner: Manner, what: &str, send: impl Fn() -> W) -> Option<A>
    where
        W: Future<Output = Result<tonic::Response<A>, Status>>,
    {
        let mut attempt = 0;
        loop {
            let status = match send().await {
                Ok(answer) => return Some(answer.into_inner()),
                Err(status) => status,
            };
            let wait = retry_after(&status, attempt).filter(|_| manner == Manner::Patient);
            let Some(wait) = wait else {
                self.failed(what, &status);
                return None;
            };
            attempt += 1;
            tokio::time::sleep(wait.min(COME_BACK)).await;
        }
    }
}

/// The roll of the repository, and intake knows it.
pub async fn import_the_roll(town: &Town<'_>) {
    let mut registry = RegistryServiceClient::new(town.channel(Service::Registry, "registrar:up"));
    let request = ImportStationsRequest {
        request_id: Uuid::new_v4().to_string(),
        units_csv: include_bytes!("../../services/station-registry/data/units.csv").to_vec(),
        stations_csv: include_bytes!("../../services/station-registry/data/stations.csv").to_vec(),
        validate_only: false,
    };
    registry.import_stations(request).await.expect("the roll is taken");
    let mut desk = IntakeServiceClient::new(town.channel(Service::Intake, &desk()));
    until("intake knows the station", async || desk.register_complaint(complaint()).await.is_ok()).await;
    let told = town.number(Service::Registry, HEAD).await;
    for follower in [Service::Review, Service::Campaigns, Service::Oversight] {
        let read = "SELECT coalesce(max(position), 0) FROM platform.positions WHERE source = 'station-registry'";
        until("the others know the stations", async || town.number(follower, read).await >= told).await;
    }
}

const HEAD: &str = "SELECT seq FROM platform.journal_head";

fn desk() -> String {
    format!("desk_officer:{STATION}")
}

fn complaint() -> RegisterComplaintRequest {
    RegisterComplaintRequest {
        request_id: Uuid::new_v4().to_string(),
        station: format!("stations/{STATION}"),
        channel: Channel::WalkIn.into(),
        category: Category::DomesticViolence.into(),
        safe_contact: Some(SafeContact { mode: ContactMode::Never.into(), ..SafeContact::default() }),
        ..RegisterComplaintRequest::default()
    }
}

impl Load {
    /// Begins: desks that register, and somebody who reads from each service. Each service is called over one connection pool,
    /// as an app calls it.
    pub fn begin(town: &Town<'_>, manner: Manner) -> Self {
        let shared = Arc::new(Shared::default());
        let intake = IntakeServiceClient::new(town.channel(Service::Intake, &desk()));
        let desks = (0..DESKS)
            .map(|_| {
                let (shared, intake) = (shared.clone(), intake.clone());
                tokio::spawn(async move {
                    let mut names = Vec::new();
                    while shared.goes_on() {
                        let request = complaint();
                        let send = || {
                            let (mut intake, request) = (intake.clone(), request.clone());
                            async move { intake.register_complaint(request).await }
                        };
                        if let Some(answer) = shared.call(manner, "RegisterComplaint", send).await {
                            names.push(answer.name);
                            shared.registered.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                    names
                })
            })
            .collect();
        let readers = Service::ALL
            .into_iter()
            .enumerate()
            .map(|(place, service)| {
                let (shared, channel) = (shared.clone(), town.channel(service, "auditor:up"));
                tokio::spawn(async move {
                    while shared.goes_on() {
                        let what = format!("a read of {service}");
                        if shared.call(manner, &what, || read(service, channel.clone())).await.is_some() {
                            shared.read[place].fetch_add(1, Ordering::Relaxed);
                        }
                    }
                })
            })
            .collect();
        Self { shared, desks, readers }
    }

    /// Waits until every kind of call was answered some more times.
    pub async fn goes_on(&self) {
        let answered = || {
            let read = self.shared.read.iter().map(|read| read.load(Ordering::Relaxed));
            read.chain([self.shared.registered.load(Ordering::Relaxed)]).collect::<Vec<_>>()
        };
        let before = answered();
        until("the load goes on", async || {
            answered().iter().zip(&before).all(|(now, before)| *now >= before + 20) || !self.failures().is_empty()
        })
        .await;
    }

    /// Calls that failed so far.
    pub fn failures(&self) -> Vec<String> {
        self.shared.failed.lock().expect("nobody panics").clone()
    }

    /// Ends it: no call failed, and whatever was acknowledged is there, once, in intake and in oversight.
    pub async fn end(self, town: &Town<'_>) {
        let Self { shared, desks, readers } = self;
        shared.stop.store(true, Ordering::Relaxed);
        let mut names = Vec::new();
        for desk in desks {
            names.extend(desk.await.expect("it ran"));
        }
        for reader in readers {
            reader.await.expect("it ran");
        }
        let failed = shared.failed.lock().expect("nobody panics").clone();
        let read: u64 = shared.read.iter().map(|read| read.load(Ordering::Relaxed)).sum();
        println!("{} complaints registered, {read} reads, {} calls failed", names.len(), failed.len());
        assert!(failed.is_empty(), "calls failed:\n{}", failed.join("\n"));

        let acknowledged = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), acknowledged, "each call its own complaint");
        let mut db = town.postgres.connect("intake").await.expect("the database");
        let ids: Vec<Uuid> = names.iter().map(|name| id(name)).collect();
        let there: i64 = sqlx::query_scalar("SELECT count(*) FROM intake.complaints WHERE id = ANY($1)")
            .bind(&ids)
            .fetch_one(&mut db)
            .await
            .expect("a number");
        assert_eq!(usize::try_from(there), Ok(acknowledged), "what was acknowledged is there");

        // The followers went on as well: oversight has counted every complaint there is, once.
        let told = town.number(Service::Intake, HEAD).await;
        let read = "SELECT coalesce(max(position), 0) FROM platform.positions WHERE source = 'complaint-intake'";
        until("oversight has caught up", async || town.number(Service::Oversight, read).await >= told).await;
        let registered = town.number(Service::Intake, "SELECT count(*) FROM intake.complaints").await;
        assert_eq!(town.number(Service::Oversight, COUNTED).await, registered, "counted once each");
    }
}

/// Complaints that oversight counted, whatever the place, in the blocks of one day.
const COUNTED: &str = "SELECT coalesce(sum(n), 0)::bigint FROM oversight.ledger
     WHERE measure = 19 AND breakdown = 0 AND grain = 1 AND pair >> 56 = 0 AND (pair >> 24) & 255 = 0";

fn id(name: &str) -> Uuid {
    name.rsplit('/').next().and_then(|id| id.parse().ok()).expect("complaints/{uuid}")
}

/// One read, without its content.
async fn read(service: Service, channel: PeerChannel) -> Result<tonic::Response<()>, Status> {
    let october = |day| Some(Date { year: 2020, month: 10, day });
    let answer = match service {
        Service::Registry => {
            let request = GetStationRequest { name: format!("stations/{STATION}"), ..GetStationRequest::default() };
            RegistryServiceClient::new(channel).get_station(request).await.map(drop)
        }
        Service::Intake => {
            let filter = ComplaintFilter { parent: format!("stations/{STATION}"), ..ComplaintFilter::default() };
            let request = CountComplaintsRequest { filter: Some(filter) };
            IntakeServiceClient::new(channel).count_complaints(request).await.map(drop)
        }
        Service::Review => {
            let request = ListCyclesRequest { page_size: 10, ..ListCyclesRequest::default() };
            ReviewServiceClient::new(channel).list_cycles(request).await.map(drop)
        }
        Service::Campaigns => {
            let request = ListCampaignsRequest { page_size: 10, ..ListCampaignsRequest::default() };
            CampaignServiceClient::new(channel).list_campaigns(request).await.map(drop)
        }
        Service::Oversight => {
            let request = GetStatementRequest {
                from: october(17),
                to: october(31),
                unit: "units/up".to_owned(),
                ..GetStatementRequest::default()
            };
            OversightServiceClient::new(channel).get_statement(request).await.map(drop)
        }
    };
    answer.map(tonic::Response::new)
}
