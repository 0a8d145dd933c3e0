//! What a service starts from ([`Base`]) and what it gives to the process that runs it ([`Parts`]).

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::migrate::Migrator;
use tonic::service::RoutesBuilder;

use crate::call::Call;
use crate::client::{ClientError, Credentials, Peer};
use crate::clock::{SharedClock, ist_day};
use crate::directory::Directory;
use crate::due::Watched;
use crate::feed::{FeedSource, Follower, Progress, Projection};
use crate::journal::{self, Epoch, Kind};
use crate::lifecycle::Lifecycle;
use crate::postgres::{self, PostgresError};
use crate::scope::{Scope, Scopes};
use crate::settings::{Service, Settings, SettingsError};
use crate::telemetry::{self, Calls, names};
use crate::write::{Options, Writer};

pub use crate::due::Due;

/// Adds a gRPC service to those of the process, with a limit of its messages in bytes.
pub type AddRoutes = Box<dyn FnOnce(&mut RoutesBuilder, usize) + Send>;

/// What a service gives to the process that runs it.
pub struct Parts {
    /// `station-registry`.
    pub name: &'static str,
    /// Full name of its gRPC service, for health and for the check of rules.
    pub grpc: &'static str,
    /// Adds its gRPC service, with this limit of a message in bytes.
    pub routes: AddRoutes,
    /// Its journal.
    pub feed: FeedSource,
    /// What runs by itself.
    pub due: Vec<Arc<dyn Due>>,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings lack something.
    #[error("{0}")]
    Settings(String),
    /// The files of `peers`.
    #[error(transparent)]
    Peers(#[from] SettingsError),
    /// The database.
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    /// The database, after it was reached.
    #[error("the database of {service} failed at start ({fault}); its log says more")]
    Database {
        /// Whose.
        service: &'static str,
        /// SQLSTATE or kind.
        fault: String,
    },
    /// Migrations are pending.
    #[error(
        "the database of {service} lacks {count} migration(s), the first being {first}: run `mahila migrate {service}` first"
    )]
    Pending {
        /// Whose.
        service: &'static str,
        /// How many.
        count: usize,
        /// The first.
        first: String,
    },
    /// A peer's address or certificate.
    #[error("peers.{0}: {1}")]
    Peer(&'static str, ClientError),
    /// The vault's keys.
    #[error("seal.keys_file: {0}")]
    Keys(String),
}

/// What every service starts from.
#[derive(Debug, Clone)]
pub struct Base {
    /// Which one.
    pub service: Service,
    /// Its settings.
    pub settings: Arc<Settings>,
    /// Its database, for reads.
    pub db: PgPool,
    /// Its door for writes.
    pub writer: Writer,
    /// Its clock.
    pub clock: SharedClock,
    /// Units and stations.
    pub directory: Directory,
    /// How the process lives.
    pub life: Lifecycle,
    credentials: Credentials,
    scopes: Scopes,
    epoch: Epoch,
}

impl Base {
    /// Connects, checks that the schema is the one of this release and the database of this kind of deployment, opens the
    /// journal's epoch and starts the writer.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(
        settings: &Arc<Settings>,
        service: Service,
        migrator: &'static Migrator,
        clock: SharedClock,
        life: &Lifecycle,
        digest_key: [u8; 32],
    ) -> Result<Self, StartError> {
        let credentials = Credentials::kept(&settings.peers, life)?;
        let database = settings.database.get(service).ok_or_else(|| {
            StartError::Settings(format!(
                "database.{service} is missing: set MAHILA__DATABASE__{}__URL",
                service.name().to_uppercase()
            ))
        })?;
        let (db, writing) = postgres::pools(database, service.source()).await?;
        observe_connections(service, &db);
        let pending = postgres::pending(&db, migrator).await?;
        if let Some(first) = pending.first() {
            return Err(StartError::Pending { service: service.name(), count: pending.len(), first: first.clone() });
        }
        postgres::deployment(&db, settings.simulated).await?;
        let epoch = journal::open_epoch(&db).await.map_err(|error| failed(service, &error))?;
        let options =
            Options { queue: settings.write.queue, batch: settings.write.batch, digest_key, service: service.source() };
        let (writer, task) = Writer::start(writing, clock.clone(), options);
        // Not waited for at the end: what it has not committed, nobody was told.
        tokio::spawn(task);
        Ok(Self {
            service,
            settings: settings.clone(),
            db,
            writer,
            clock,
            directory: Directory::new(),
            life: life.clone(),
            credentials,
            scopes: Scopes::default(),
            epoch,
        })
    }

    /// Follows another service's journal until the end.
    ///
    /// # Errors
    /// Its address is missing or cannot be used.
    pub fn follow<P: Projection>(&self, projection: P) -> Result<Progress, StartError> {
        let source = Service::ALL.into_iter().find(|service| service.source() == projection.source());
        let source = source.ok_or_else(|| StartError::Settings(format!("{} is not a service", projection.source())))?;
        let methods: Vec<&str> = mahila_proto::METHODS
            .iter()
            .filter(|method| method.service == "mahila.feed.v1.FeedService")
            .map(|method| &method.path[1..])
            .collect();
        let calls = Calls::client(&telemetry::meter(self.service.source()), &methods);
        let peer = self.peer(source)?.counting(calls);
        let follower = Follower::new(self.service.source(), projection);
        let progress = follower.progress();
        let (db, writer, stopping) = (self.db.clone(), self.writer.clone(), self.life.stopping());
        self.life.spawn("follower", follower.run(peer, db, writer, stopping));
        Ok(progress)
    }

    fn peer(&self, service: Service) -> Result<Peer, StartError> {
        let peers = &self.settings.peers;
        let url = peers.get(service).ok_or_else(|| {
            StartError::Settings(format!("peers.{service} is missing: {} follows its journal", self.service.source()))
        })?;
        Peer::with(url, &self.credentials).map_err(|error| StartError::Peer(service.name(), error))
    }

    /// The journal, for the feed.
    #[must_use]
    pub fn feed(&self, kinds: &'static [Kind]) -> FeedSource {
        FeedSource {
            name: self.service.source(),
            db: self.db.clone(),
            kinds,
            epoch: self.epoch.clone(),
            committed: self.writer.committed(),
        }
    }

    /// What the caller may see today.
    #[must_use]
    pub fn scope(&self, call: &Call) -> Scope {
        self.scopes.of(&call.caller, &self.directory.tree(), ist_day(self.clock.now()))
    }

    /// Runs what falls due, every `every`, until the end. A replay runs it by `AdvanceTo` instead.
    pub fn tick(&self, due: &[Arc<dyn Due>], every: Duration) {
        if self.settings.clock.mode == crate::settings::ClockMode::Replay {
            return;
        }
        for due in due {
            let due = Watched::new(self.service.source(), due.clone());
            let (clock, stopping) = (self.clock.clone(), self.life.stopping());
            self.life.spawn("due", async move {
                loop {
                    // What went wrong is logged; it is tried again.
                    let _ = due.run(clock.now()).await;
                    tokio::select! {
                        () = stopping.cancelled() => return,
                        () = tokio::time::sleep(every) => {}
                    }
                }
            });
        }
    }
}

fn observe_connections(service: Service, db: &PgPool) {
    let meter = telemetry::meter(service.source());
    let pool = (names::DB_POOL, service.name());
    let (idle, used, most) = (db.clone(), db.clone(), db.options().get_max_connections());
    meter.observe(&names::DB_CONNECTIONS, &[pool, (names::DB_STATE, "idle")], move || idle.num_idle());
    let in_use = move || (used.size() as usize).saturating_sub(used.num_idle());
    meter.observe(&names::DB_CONNECTIONS, &[pool, (names::DB_STATE, "used")], in_use);
    meter.observe(&names::DB_CONNECTIONS_MAX, &[pool], move || u64::from(most));
}

fn failed(service: Service, error: &sqlx::Error) -> StartError {
    StartError::Database { service: service.name(), fault: crate::write::sql_state(error) }
}
