//! The sections. Their documentation is the documentation: the schema, the error messages and the charts take it from here.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::secret::Secret;
use super::service::Service;
use super::units;

/// The gRPC server: where it listens, how it is secured, how it goes away.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ServerSettings {
    /// Address and port to listen on, e.g. `0.0.0.0:7100`. Port 0 takes a free one.
    #[schemars(with = "String")]
    pub listen: SocketAddr,
    /// Address and port for health (gRPC) and `/metrics` (HTTP/1.1) in plain text, without certificate or token, e.g.
    /// `0.0.0.0:7101`. It answers from before the services start until the process ends. Left out, there is no such port; gRPC
    /// health is on `listen` all the same.
    #[schemars(with = "Option<String>")]
    pub health_listen: Option<SocketAddr>,
    /// Certificates; without this section the server speaks plain text, which suits a laptop and a mesh only.
    pub tls: Option<TlsSettings>,
    /// Whether strangers may ask for the list of methods (gRPC reflection).
    pub reflection: bool,
    /// Milliseconds between "not ready" and the moment the server stops accepting, so that balancers notice. 0 to 60000.
    #[serde(rename = "drain_delay_ms", with = "units::millis")]
    #[schemars(with = "u64")]
    pub drain_delay: Duration,
    /// Milliseconds that running calls get to finish after that. Keep delay and timeout below the pod's grace period.
    #[serde(rename = "drain_timeout_ms", with = "units::millis")]
    #[schemars(with = "u64")]
    pub drain_timeout: Duration,
    /// The largest message that is accepted or sent, in bytes. 1024 to 67108864.
    pub max_message_bytes: usize,
    /// Calls that may run at once; further ones are told to come back (`RESOURCE_EXHAUSTED`). At least 1.
    pub max_in_flight: usize,
    /// Seconds after which a connection is asked to reconnect, so that new replicas get their share. At least 1.
    #[serde(rename = "max_connection_age_seconds", with = "units::seconds")]
    #[schemars(with = "u64")]
    pub max_connection_age: Duration,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 7100)),
            health_listen: None,
            tls: None,
            reflection: false,
            drain_delay: Duration::ZERO,
            drain_timeout: Duration::from_secs(10),
            max_message_bytes: crate::limits::MESSAGE_BYTES,
            max_in_flight: 1024,
            max_connection_age: Duration::from_mins(30),
        }
    }
}

/// The server's certificate, and who may connect. All files are PEM, and read again when they change: new connections are made
/// with what they hold then. Files that cannot be used are logged, and those before stay in use.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TlsSettings {
    /// File with the server's certificate chain.
    pub cert_file: PathBuf,
    /// File with the private key of that certificate.
    pub key_file: PathBuf,
    /// File with the authorities of clients; when given, clients are asked for a certificate, and one that is not of theirs is
    /// turned away.
    pub client_ca_file: Option<PathBuf>,
    /// Which clients must show a certificate; `required` where `client_ca_file` is given.
    pub client_certificates: Option<ClientCertificates>,
    /// DNS names, one of which a certificate that is shown must carry. Empty: every certificate of those authorities will do.
    #[serde(default, deserialize_with = "units::list")]
    pub client_names: Vec<String>,
    /// Not a setting: how often the files are looked at, whether they are others now.
    #[serde(skip)]
    pub look_again: LookAgain,
}

/// Which clients must show a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientCertificates {
    /// All: without one there is no connection.
    Required,
    /// Those that follow the journals of this process. Apps may come without; who shows one must show a good one.
    Services,
}

/// How often files are looked at that may be replaced while the process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookAgain(pub Duration);

impl Default for LookAgain {
    /// Certificates are replaced days before they end.
    fn default() -> Self {
        Self(Duration::from_secs(3))
    }
}

/// The databases, one a service. A process needs those of the services it runs.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DatabasesSettings {
    /// The registry's database.
    pub registry: Option<DatabaseSettings>,
    /// The intake's database.
    pub intake: Option<DatabaseSettings>,
    /// The database of review scheduling.
    pub review: Option<DatabaseSettings>,
    /// The database of awareness campaigns.
    pub campaigns: Option<DatabaseSettings>,
    /// The oversight's database.
    pub oversight: Option<DatabaseSettings>,
}

impl DatabasesSettings {
    /// The database of a service, if the settings have one.
    #[must_use]
    pub fn get(&self, service: Service) -> Option<&DatabaseSettings> {
        match service {
            Service::Registry => self.registry.as_ref(),
            Service::Intake => self.intake.as_ref(),
            Service::Review => self.review.as_ref(),
            Service::Campaigns => self.campaigns.as_ref(),
            Service::Oversight => self.oversight.as_ref(),
        }
    }

    /// The place of a service's database, for whoever starts the databases itself (`mahila up`).
    pub fn slot(&mut self, service: Service) -> &mut Option<DatabaseSettings> {
        match service {
            Service::Registry => &mut self.registry,
            Service::Intake => &mut self.intake,
            Service::Review => &mut self.review,
            Service::Campaigns => &mut self.campaigns,
            Service::Oversight => &mut self.oversight,
        }
    }
}

/// One PostgreSQL database.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseSettings {
    /// `postgres://user:password@host:port/database` of the role the service works as: it reads and writes rows, no more.
    pub url: Option<Secret>,
    /// File that holds `url`.
    pub url_file: Option<PathBuf>,
    /// The same for the role that owns the tables, used by `mahila migrate` alone. It must reach PostgreSQL itself, not
    /// a pooler: the lock between two migrators belongs to the session.
    pub owner_url: Option<Secret>,
    /// File that holds `owner_url`.
    pub owner_url_file: Option<PathBuf>,
    /// Name of the role of `url`; `mahila migrate` grants it what the service needs, and shuts everybody else out of the
    /// database. Left out, nothing is granted.
    pub app_role: Option<String>,
    /// Name of a role without login that alone reads what is sealed; the service takes it on (`SET LOCAL ROLE`) to open the
    /// vault. `app_role` must be a member that does not inherit: `CREATE ROLE app LOGIN NOINHERIT; GRANT vault TO app`. Left
    /// out, `app_role` reads it itself. Set it when every replica is of a release that knows it.
    pub vault_role: Option<String>,
    /// Connections this process may hold. 1 to 200; of four or more, two write.
    pub max_connections: u32,
    /// Milliseconds to wait for a connection before the call is refused as `UNAVAILABLE`. 1 to 60000.
    #[serde(rename = "acquire_timeout_ms", with = "units::millis")]
    #[schemars(with = "u64")]
    pub acquire_timeout: Duration,
    /// Milliseconds a read may take; a call's own deadline can only shorten it. 1 to 600000.
    #[serde(rename = "statement_timeout_ms", with = "units::millis")]
    #[schemars(with = "u64")]
    pub statement_timeout: Duration,
    /// Prepared statements kept a connection. 0 behind a pooler that does not know them (pgbouncer before 1.21).
    pub statement_cache: usize,
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self {
            url: None,
            url_file: None,
            owner_url: None,
            owner_url_file: None,
            app_role: None,
            vault_role: None,
            max_connections: 8,
            acquire_timeout: Duration::from_secs(2),
            statement_timeout: Duration::from_secs(5),
            statement_cache: 256,
        }
    }
}

/// Who may call: tokens of which issuer, for which audience, signed by which keys.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthSettings {
    /// The `iss` that a token must carry.
    pub issuer: String,
    /// The `aud` that a token must carry.
    pub audience: String,
    /// The issuer's public keys (a JWK set): the path of a file, or an `http://` or `https://` address.
    pub jwks: String,
    /// Seconds after which the keys are read again. 1 to 86400.
    #[serde(rename = "refresh_seconds", with = "units::seconds", default = "five_minutes")]
    #[schemars(with = "u64", extend("default" = 300))]
    pub refresh: Duration,
    /// Seconds by which clocks may differ. 0 to 300.
    #[serde(rename = "leeway_seconds", with = "units::seconds", default = "half_a_minute")]
    #[schemars(with = "u64", extend("default" = 30))]
    pub leeway: Duration,
}

const fn five_minutes() -> Duration {
    Duration::from_mins(5)
}

const fn half_a_minute() -> Duration {
    Duration::from_secs(30)
}

/// Traces, metrics and logs.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetrySettings {
    /// Address of an OTLP/gRPC collector, e.g. `http://otel-collector:4317`. Left out, nothing is exported.
    pub otlp_endpoint: Option<String>,
    /// Share of traces that start here and are recorded, 0 to 1. A caller's own decision is followed.
    pub sample_ratio: f64,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Which log lines there are, in the notation of `tracing_subscriber::EnvFilter`, e.g. `info,platform=debug`.
    pub log_filter: String,
    /// Name of this process among its twins; in a cluster the pod's name. Left out, the host's name is taken.
    pub service_instance: Option<String>,
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        Self {
            otlp_endpoint: None,
            sample_ratio: 0.01,
            log_format: LogFormat::Text,
            log_filter: "info".to_owned(),
            service_instance: None,
        }
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// An object a line, for machines.
    Json,
    /// A sentence a line, for people.
    Text,
}

/// Which time it is.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ClockSettings {
    /// Where the time comes from.
    pub mode: ClockMode,
    /// With `replay`: addresses of the other processes that are to follow the same clock.
    #[serde(deserialize_with = "units::list")]
    pub peers: Vec<String>,
}

/// Where the time comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClockMode {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that stands until `ReplayService/AdvanceTo` moves it, for simulations alone.
    Replay,
}

/// Where the other services are, whose journals this one follows.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PeersSettings {
    /// Address of the registry, e.g. `http://station-registry:7100`.
    pub registry: Option<String>,
    /// Address of the intake.
    pub intake: Option<String>,
    /// Address of review scheduling.
    pub review: Option<String>,
    /// Address of awareness campaigns.
    pub campaigns: Option<String>,
    /// Address of the oversight.
    pub oversight: Option<String>,
    /// The token by which this service makes itself known to the others.
    pub token: Option<Secret>,
    /// File that holds `token`; read again when it changes.
    pub token_file: Option<PathBuf>,
    /// File with the authorities (PEM) that the others' certificates are checked against. Left out, the public ones. Read again
    /// when it changes, as the next two are.
    pub ca_file: Option<PathBuf>,
    /// File with the certificate chain (PEM) that is shown to the others, where they ask for one.
    pub cert_file: Option<PathBuf>,
    /// File with the private key of that certificate.
    pub key_file: Option<PathBuf>,
    /// Not a setting: how often the files are looked at, whether they are others now.
    #[serde(skip)]
    pub look_again: LookAgain,
}

impl PeersSettings {
    /// The address of a service, if the settings have one.
    #[must_use]
    pub fn get(&self, service: Service) -> Option<&str> {
        match service {
            Service::Registry => self.registry.as_deref(),
            Service::Intake => self.intake.as_deref(),
            Service::Review => self.review.as_deref(),
            Service::Campaigns => self.campaigns.as_deref(),
            Service::Oversight => self.oversight.as_deref(),
        }
    }

    /// The place of a service's address, for whoever chose the addresses itself (`mahila up`).
    pub fn slot(&mut self, service: Service) -> &mut Option<String> {
        match service {
            Service::Registry => &mut self.registry,
            Service::Intake => &mut self.intake,
            Service::Review => &mut self.review,
            Service::Campaigns => &mut self.campaigns,
            Service::Oversight => &mut self.oversight,
        }
    }
}

/// The vault's keys.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SealSettings {
    /// File with the key-encryption keys. The intake does not start without it; no other service needs it.
    pub keys_file: Option<PathBuf>,
}

/// The one door for writes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WriteSettings {
    /// Commands that may wait; further ones are told to come back (`RESOURCE_EXHAUSTED`). At least `batch`.
    pub queue: usize,
    /// Commands that share a transaction at most. 1 to 256.
    pub batch: usize,
}

impl Default for WriteSettings {
    fn default() -> Self {
        Self { queue: 4096, batch: crate::limits::BATCH }
    }
}
