//! The suite in containers: what a cluster's charts do, done by hand.

pub mod certificates;
pub mod container;
pub mod network;
pub mod postgres;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mahila::demo::Addresses;
use mahila::token::{AUDIENCE, Development, Holder, ISSUER};
use mahila_proto::auth::v1::Role;
use mahila_tests::house::SERVICES;
use platform::client::{Peer, PeerChannel, Target};
use platform::seal::{Keys, os_random};
use platform::settings::Service;

use crate::health::Health;
use crate::image::Image;
use certificates::{Authority, Leaf, Secret};
use container::{Container, Spec};
use network::{JOB, Leg, Network, address_of};
use postgres::{Postgres, Urls};

/// A service is ready within this, on a busy machine too.
const START_WAIT: Duration = Duration::from_mins(2);
/// A client looks names up every five seconds: until then it calls who was there.
const DRAIN_DELAY: Duration = Duration::from_secs(8);

/// Two of a service at most: one that goes and one that comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Replica {
    /// One of them.
    First,
    /// The other.
    Second,
}

/// Where the services are.
pub fn addresses() -> Addresses {
    Addresses {
        registry: url(Service::Registry),
        intake: url(Service::Intake),
        review: url(Service::Review),
        campaigns: url(Service::Campaigns),
        oversight: url(Service::Oversight),
        replay: url(Service::Registry),
    }
}

/// Where a service is, for whoever is in the town.
pub fn url(service: Service) -> String {
    format!("https://{}:7100", service.source())
}

impl Replica {
    /// The other.
    pub fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }
}

/// Everything that runs. Dropping it ends it.
pub struct Town<'a> {
    image: &'a Image,
    network: &'a Network,
    folder: PathBuf,
    simulated: bool,
    databases: BTreeMap<Service, Urls>,
    secrets: BTreeMap<Service, Secret>,
    /// What each shows in a handshake.
    pub shown: BTreeMap<Service, Leaf>,
    /// Authorities that callers trust.
    pub trusted: String,
    running: BTreeMap<Service, (Replica, Container)>,
    /// PostgreSQL.
    pub postgres: Postgres,
}

impl<'a> Town<'a> {
    /// Starts PostgreSQL, migrates as owner and starts the services; `simulated`: on a replay clock.
    pub async fn build(image: &'a Image, network: &'a Network, folder: &Path, simulated: bool) -> Self {
        std::fs::create_dir_all(folder.join("secrets")).expect("a folder");
        let issuer = Development::make(&folder.join("issuer.key")).expect("an issuer");
        let postgres = Postgres::start(folder).await;
        let mut town = Self {
            image,
            network,
            folder: folder.to_owned(),
            simulated,
            databases: BTreeMap::new(),
            secrets: BTreeMap::new(),
            shown: BTreeMap::new(),
            trusted: String::new(),
            running: BTreeMap::new(),
            postgres,
        };
        for service in SERVICES {
            town.databases.insert(service, town.postgres.add(service).await);
            let own = town.own(service);
            std::fs::create_dir_all(&own).expect("a folder");
            std::fs::write(own.join("jwks.json"), issuer.jwks().expect("a public key")).expect("written");
            let holder = Holder {
                roles: vec![Role::Follower],
                subject: Some(format!("services/{}", service.source())),
                ..Holder::default()
            };
            std::fs::write(own.join("token"), issuer.token(&holder, Duration::from_hours(4))).expect("written");
            std::fs::write(own.join("url"), &town.databases[&service].app).expect("written");
            std::fs::write(own.join("owner_url"), &town.databases[&service].owner).expect("written");
            if service == Service::Intake {
                Keys::generate_file(&own.join("seal.keys"), &os_random()).expect("keys of the vault");
                std::os::unix::fs::chown(own.join("seal.keys"), Some(image.user), Some(image.user))
                    .expect("we are root");
            }
            town.secrets.insert(service, Secret::new(&folder.join("tls").join(service.source())));
        }
        let authority = Authority::new("the first");
        town.show(&authority, &authority.pem);
        for service in SERVICES {
            town.migrate(service).await;
        }
        for service in SERVICES {
            town.start(service, Replica::First).await;
        }
        town
    }

    /// What of its secrets is not a certificate.
    fn own(&self, service: Service) -> PathBuf {
        self.folder.join("secrets").join(service.source())
    }

    /// Gives every service a new certificate of this authority, and all of them these to trust. Running ones are not told.
    pub fn show(&mut self, authority: &Authority, trusted: &str) {
        for service in SERVICES {
            let leaf = authority.sign(service.source());
            self.shown.insert(service, leaf);
        }
        self.trust(trusted);
    }

    /// Gives all of them these authorities to trust.
    pub fn trust(&mut self, trusted: &str) {
        trusted.clone_into(&mut self.trusted);
        for (service, secret) in &mut self.secrets {
            let leaf = &self.shown[service];
            secret.write(&[("tls.crt", &leaf.certificate), ("tls.key", &leaf.key), ("ca.crt", trusted)]);
        }
    }

    async fn migrate(&self, service: Service) {
        let prefix = format!("MAHILA__DATABASE__{}", service.name().to_uppercase());
        let spec = Spec {
            name: &format!("migrate-{service}"),
            arguments: &["migrate", service.name()],
            environment: vec![
                (format!("{prefix}__OWNER_URL_FILE"), "/secrets/owner_url".to_owned()),
                (format!("{prefix}__APP_ROLE"), self.databases[&service].app_role.clone()),
            ],
            mounts: vec![(self.own(service), "/secrets"), (self.network.hosts.clone(), "/etc/hosts")],
        };
        let mut job = Container::run(self.image, &self.folder, Leg::new("job", JOB), &spec);
        let status = job.wait().await;
        assert!(status.success(), "migrate {service}: {}", job.said());
    }

    fn environment(&self, service: Service) -> Vec<(String, String)> {
        let database = format!("DATABASE__{}", service.name().to_uppercase());
        let mut environment: Vec<(String, String)> = [
            ("SIMULATED", self.simulated.to_string()),
            ("SERVER__LISTEN", "0.0.0.0:7100".to_owned()),
            ("SERVER__HEALTH_LISTEN", "0.0.0.0:7101".to_owned()),
            ("SERVER__MAX_MESSAGE_BYTES", "67108864".to_owned()),
            ("SERVER__DRAIN_DELAY_MS", DRAIN_DELAY.as_millis().to_string()),
            ("SERVER__TLS__CERT_FILE", "/tls/tls.crt".to_owned()),
            ("SERVER__TLS__KEY_FILE", "/tls/tls.key".to_owned()),
            ("SERVER__TLS__CLIENT_CA_FILE", "/tls/ca.crt".to_owned()),
            ("SERVER__TLS__CLIENT_CERTIFICATES", "services".to_owned()),
            ("SERVER__TLS__CLIENT_NAMES", SERVICES.map(Service::source).join(",")),
            ("PEERS__CA_FILE", "/tls/ca.crt".to_owned()),
            ("PEERS__CERT_FILE", "/tls/tls.crt".to_owned()),
            ("PEERS__KEY_FILE", "/tls/tls.key".to_owned()),
            ("PEERS__TOKEN_FILE", "/secrets/token".to_owned()),
            ("AUTH__ISSUER", ISSUER.to_owned()),
            ("AUTH__AUDIENCE", AUDIENCE.to_owned()),
            ("AUTH__JWKS", "/secrets/jwks.json".to_owned()),
            ("TELEMETRY__LOG_FORMAT", "json".to_owned()),
            (&*format!("{database}__URL_FILE"), "/secrets/url".to_owned()),
        ]
        .into_iter()
        .map(|(name, value)| (format!("MAHILA__{name}"), value))
        .collect();
        for peer in SERVICES.into_iter().filter(|peer| *peer != service) {
            environment.push((format!("MAHILA__PEERS__{}", peer.name().to_uppercase()), url(peer)));
        }
        if service == Service::Intake {
            environment.push(("MAHILA__SEAL__KEYS_FILE".to_owned(), "/secrets/seal.keys".to_owned()));
        }
        if self.simulated {
            let others: Vec<String> = SERVICES.into_iter().filter(|other| *other != service).map(url).collect();
            environment.push(("MAHILA__CLOCK__MODE".to_owned(), "replay".to_owned()));
            environment.push(("MAHILA__CLOCK__PEERS".to_owned(), others.join(",")));
        }
        environment
    }

    /// Starts a replica and waits until it is ready; only then it has the service's name.
    pub async fn start(&mut self, service: Service, replica: Replica) -> Option<(Replica, Container)> {
        let name = format!("{}-{}", service.source(), if replica == Replica::First { "a" } else { "b" });
        let spec = Spec {
            name: &name,
            arguments: &["serve", service.name()],
            environment: self.environment(service),
            mounts: vec![
                (self.own(service), "/secrets"),
                (self.secrets[&service].folder().to_owned(), "/tls"),
                (self.network.hosts.clone(), "/etc/hosts"),
            ],
        };
        let leg = Leg::new(&name, address_of(service, replica));
        let mut container = Container::run(self.image, &self.folder, leg, &spec);
        let health = Health::of(service, replica);
        let deadline = tokio::time::Instant::now() + START_WAIT;
        while !health.is_ready().await {
            let ended = container.ended();
            assert!(ended.is_none(), "{name} ended ({ended:?}):\n{}", container.said());
            assert!(tokio::time::Instant::now() < deadline, "{name} is not ready:\n{}", container.said());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        container.is_confined(self.image.user);
        self.network.announce(service, replica, true);
        self.running.insert(service, (replica, container))
    }

    /// Puts another container in the place of the one that runs, as a cluster does: the new one has the name once it is ready, and
    /// the old one loses it in the moment in which it is told to end.
    pub async fn replace(&mut self, service: Service) {
        let new = self.running[&service].0.other();
        let (old, mut container) = self.start(service, new).await.expect("one runs");
        self.network.announce(service, old, false);
        container.terminate();
        let status = container.wait().await;
        assert!(status.success(), "{service} ends well: {status}\n{}", container.said());
    }

    /// The health port of the replica that runs.
    pub fn health(&self, service: Service) -> Health {
        Health::of(service, self.running[&service].0)
    }

    /// What the replica that runs said.
    pub fn said(&self, service: Service) -> String {
        self.running[&service].1.said()
    }

    /// The issuer's key.
    pub fn issuer_key(&self) -> PathBuf {
        self.folder.join("issuer.key")
    }

    /// What a caller needs to reach a service as a holder (`desk_officer:ps-162-001`).
    pub fn target(&self, service: Service, holder: &str) -> Target {
        let holder: Holder = holder.parse().expect("a holder");
        let issuer = Development::make(&self.issuer_key()).expect("the issuer");
        Target {
            url: url(service),
            token: issuer.token(&holder, Duration::from_hours(1)),
            authority: Some(self.trusted.clone().into_bytes()),
            ..Target::default()
        }
    }

    /// A connection as a holder.
    pub fn channel(&self, service: Service, holder: &str) -> PeerChannel {
        Peer::new(&self.target(service, holder)).expect("a peer").channel()
    }

    /// One number of a database, as its superuser sees it.
    pub async fn number(&self, service: Service, sql: &'static str) -> i64 {
        let mut db = self.postgres.connect(service.name()).await.expect("the database");
        sqlx::query_scalar(sql).fetch_one(&mut db).await.expect("a number")
    }
}

impl Drop for Town<'_> {
    fn drop(&mut self) {
        for (service, (replica, _)) in &self.running {
            self.network.announce(*service, *replica, false);
        }
    }
}

/// Waits for a condition.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + START_WAIT;
    while !holds().await {
        assert!(tokio::time::Instant::now() < deadline, "{what}: not in time");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
