//! The suite as it runs: a PostgreSQL of its own, and a process of the built binary for each service.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mahila::demo::Addresses;
use mahila::token::{AUDIENCE, Development, Holder, ISSUER};
use mahila_proto::auth::v1::Role;
use platform::postgres::embedded::{Cluster, Options, ServiceUrls};
use platform::seal::{Keys, os_random};
use platform::settings::Service;
use platform::telemetry::receiver::Receiver;
use tokio_stream::StreamExt as _;

/// The services of the suite.
pub const SERVICES: [Service; 5] = Service::ALL;
/// A process answers within this, on a busy machine too.
const START_WAIT: Duration = Duration::from_mins(1);
/// A process ends within this once it is told.
const STOP_WAIT: Duration = Duration::from_secs(20);

/// Everything that runs. Dropping it ends it.
pub struct House {
    folder: PathBuf,
    databases: BTreeMap<Service, ServiceUrls>,
    ports: BTreeMap<Service, u16>,
    health_ports: BTreeMap<Service, u16>,
    processes: BTreeMap<Service, Child>,
    cluster: Option<Cluster>,
    collector: Receiver,
    sample_ratio: &'static str,
}

/// The binary that cargo built beside this test.
pub fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("this test is a file");
    let profile = test.parent().and_then(Path::parent).expect("a test lies in target/PROFILE/deps");
    let binary = profile.join("mahila");
    assert!(
        binary.is_file(),
        "{} is not there: this test runs the real binary; build it first with the same profile (`cargo build -p mahila`, \
         which `make test` does)",
        binary.display()
    );
    binary
}

impl House {
    /// Starts PostgreSQL and the services, which trace a twentieth of the calls.
    pub async fn build() -> Self {
        Self::build_sampling("0.05").await
    }

    /// Starts PostgreSQL and the services, which trace this share of the calls.
    pub async fn build_sampling(sample_ratio: &'static str) -> Self {
        let folder = std::env::temp_dir().join(format!("mahila-house-{}-{}", std::process::id(), free_port()));
        std::fs::create_dir_all(&folder).expect("a folder for the story");
        let options = Options { dir: folder.join("postgres"), durable: false, max_connections: 100 };
        let cluster = Cluster::start(options).await.unwrap_or_else(|error| panic!("{error}"));
        let mut databases = BTreeMap::new();
        for service in SERVICES {
            databases.insert(service, cluster.ensure_service(service.name()).await.expect("a database"));
        }
        let issuer = Development::make(&folder.join("issuer.key")).expect("an issuer");
        std::fs::write(folder.join("jwks.json"), issuer.jwks().expect("a public key")).expect("a file");
        Keys::generate_file(&folder.join("seal.keys"), &os_random()).expect("keys of the vault");
        let [ports, health_ports] = free_ports();
        let mut house = Self {
            folder,
            databases,
            ports,
            health_ports,
            processes: BTreeMap::new(),
            cluster: Some(cluster),
            collector: Receiver::start(),
            sample_ratio,
        };
        house.migrate();
        for service in SERVICES {
            house.start(service);
        }
        house
    }

    /// The issuer's key.
    #[must_use]
    pub fn issuer_key(&self) -> PathBuf {
        self.folder.join("issuer.key")
    }

    /// The file in which the replay keeps how far it is.
    #[must_use]
    pub fn book(&self) -> PathBuf {
        self.folder.join("replay.book")
    }

    /// Where the services are.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        Addresses {
            registry: self.url(Service::Registry),
            intake: self.url(Service::Intake),
            review: self.url(Service::Review),
            campaigns: self.url(Service::Campaigns),
            oversight: self.url(Service::Oversight),
            replay: self.url(Service::Registry),
        }
    }

    /// Where a service is.
    #[must_use]
    pub fn url(&self, service: Service) -> String {
        format!("http://127.0.0.1:{}", self.ports[&service])
    }

    fn command(&self, service: Option<Service>) -> Command {
        let mut command = Command::new(binary());
        for (database, urls) in &self.databases {
            // A service knows its own database and no other.
            if service.is_none_or(|service| service == *database) {
                let prefix = format!("MAHILA__DATABASE__{}", database.name().to_uppercase());
                command.env(format!("{prefix}__URL"), urls.app_url.expose());
                command.env(format!("{prefix}__OWNER_URL"), urls.owner_url.expose());
                command.env(format!("{prefix}__APP_ROLE"), &urls.app_role);
                command.env(format!("{prefix}__VAULT_ROLE"), &urls.vault_role);
            }
        }
        command.env("MAHILA__SIMULATED", "true");
        command
    }

    fn migrate(&self) {
        let output = self.command(None).args(["migrate", "all"]).output().expect("mahila runs");
        assert!(output.status.success(), "migrate: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Starts a service and waits until it listens.
    pub fn start(&mut self, service: Service) {
        self.start_with::<&str>(service, &[]);
    }

    /// The same with more in its environment, such as certificates.
    pub fn start_with<V: AsRef<OsStr>>(&mut self, service: Service, more: &[(&str, V)]) {
        let mut command = self.command(Some(service));
        command.env("MAHILA__SERVER__HEALTH_LISTEN", format!("127.0.0.1:{}", self.health_ports[&service]));
        command.args(["serve", service.name(), "--stop-with-stdin"]);
        command.env("MAHILA__PEERS__TOKEN", self.token_of(service));
        command.env("MAHILA__SERVER__LISTEN", format!("127.0.0.1:{}", self.ports[&service]));
        command.env("MAHILA__SERVER__MAX_MESSAGE_BYTES", "67108864");
        command.env("MAHILA__AUTH__ISSUER", ISSUER).env("MAHILA__AUTH__AUDIENCE", AUDIENCE);
        command.env("MAHILA__AUTH__JWKS", self.folder.join("jwks.json"));
        command.env("MAHILA__CLOCK__MODE", "replay").env("MAHILA__SEAL__KEYS_FILE", self.folder.join("seal.keys"));
        // Everything a process may say about what it does.
        command
            .env("MAHILA__TELEMETRY__LOG_FILTER", "info,platform=debug")
            .env("MAHILA__TELEMETRY__LOG_FORMAT", "json");
        command.env("MAHILA__TELEMETRY__OTLP_ENDPOINT", self.collector.endpoint());
        command.env("MAHILA__TELEMETRY__SAMPLE_RATIO", self.sample_ratio);
        let others: Vec<String> = SERVICES.into_iter().filter(|other| *other != service).map(|s| self.url(s)).collect();
        command.env("MAHILA__CLOCK__PEERS", others.join(","));
        for peer in SERVICES {
            command.env(format!("MAHILA__PEERS__{}", peer.name().to_uppercase()), self.url(peer));
        }
        command.envs(more.iter().map(|(name, value)| (name, value)));
        let (out, errors) = (self.output(service, "out"), self.output(service, "err"));
        command.stdin(Stdio::piped());
        // Anew for what it says at its start, and on with what it logs.
        command.stdout(File::create(&out).expect("a file"));
        command.stderr(File::options().create(true).append(true).open(&errors).expect("a file"));
        let mut child = command.spawn().expect("mahila runs");
        let deadline = Instant::now() + START_WAIT;
        while !std::fs::read_to_string(&out).is_ok_and(|said| said.contains("listening on")) {
            let ended = child.try_wait().expect("a child");
            let said = || std::fs::read_to_string(&errors).unwrap_or_default();
            assert!(ended.is_none(), "{service} ended at once ({ended:?}):\n{}", said());
            assert!(Instant::now() < deadline, "{service} does not listen:\n{}", said());
            std::thread::sleep(Duration::from_millis(20));
        }
        self.processes.insert(service, child);
    }

    /// By which a service is known to the others.
    fn token_of(&self, service: Service) -> String {
        let holder = Holder {
            roles: vec![Role::Follower],
            subject: Some(format!("services/{}", service.source())),
            ..Holder::default()
        };
        Development::make(&self.issuer_key()).expect("the issuer").token(&holder, Duration::from_hours(4))
    }

    fn output(&self, service: Service, kind: &str) -> PathBuf {
        self.folder.join(format!("{service}.{kind}"))
    }

    /// Kills a service, as by `kill -9`.
    pub fn kill(&mut self, service: Service) {
        let mut child = self.processes.remove(&service).expect("it runs");
        child.kill().expect("it is ours");
        child.wait().expect("it has ended");
    }

    /// Ends the services in order, so that everything they have to say is said.
    pub fn stop_services(&mut self) {
        for (service, mut child) in std::mem::take(&mut self.processes) {
            drop(child.stdin.take());
            let deadline = Instant::now() + STOP_WAIT;
            while child.try_wait().expect("a child").is_none() {
                assert!(Instant::now() < deadline, "{service} does not end");
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }

    /// Resident memory of a service, in kilobytes.
    #[must_use]
    pub fn resident(&self, service: Service) -> u64 {
        let pid = self.processes[&service].id();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
    }

    /// What a service answers to `GET /metrics`: its `content-type`, and the text.
    #[must_use]
    pub fn metrics(&self, service: Service) -> (String, String) {
        let mut socket = TcpStream::connect(("127.0.0.1", self.health_ports[&service])).expect("the health port");
        write!(socket, "GET /metrics HTTP/1.1\r\nHost: {service}\r\nConnection: close\r\n\r\n").expect("asked");
        let mut answer = String::new();
        socket.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("headers, and then a body");
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        let headers = head.lines().filter_map(|line| line.split_once(": "));
        let kind = headers.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        (kind.map(|(_, kind)| kind.to_owned()).unwrap_or_default(), body.to_owned())
    }

    /// Where the services send their traces.
    #[must_use]
    pub fn collector(&self) -> &Receiver {
        &self.collector
    }

    /// A database of the suite, as its superuser sees it.
    #[must_use]
    pub fn database(&self, service: Service) -> String {
        self.cluster.as_ref().map(|cluster| cluster.url(service.name())).unwrap_or_default()
    }

    /// Tells a service to end, as Kubernetes does (SIGTERM), and waits until it has. Gives whether it ended well.
    pub async fn terminate(&mut self, service: Service) -> bool {
        let mut child = self.processes.remove(&service).expect("it runs");
        // Held open: its end would be a second word, and a second word ends it at once.
        let stdin = child.stdin.take();
        let told = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status();
        assert!(told.is_ok_and(|status| status.success()), "it is told");
        let ended = tokio::task::spawn_blocking(move || child.wait());
        let ended = tokio::time::timeout(STOP_WAIT, ended).await.expect("it ends in time");
        drop(stdin);
        ended.expect("waited").expect("a child").success()
    }

    /// Every byte of the traces and metrics that the services sent.
    #[must_use]
    pub fn telemetry(&self) -> Vec<u8> {
        assert!(self.collector.spans().len() > 1_000, "a twentieth of the calls was traced");
        self.collector.raw_bytes()
    }

    /// What a service logged.
    #[must_use]
    pub fn log(&self, service: Service) -> String {
        std::fs::read_to_string(self.output(service, "err")).expect("a log")
    }

    /// What the processes and PostgreSQL wrote: name and content.
    #[must_use]
    pub fn said(&self) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<PathBuf> = SERVICES
            .into_iter()
            .flat_map(|service| [self.output(service, "out"), self.output(service, "err")])
            .chain([self.book()])
            .collect();
        files.extend(self.cluster.as_ref().map(|cluster| cluster.log_file().to_owned()));
        files
            .into_iter()
            .map(|file| {
                let said = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
                (file.display().to_string(), said)
            })
            .collect()
    }

    /// Every table of every database, as PostgreSQL dumps it: name and content. The vault too: what lies there is sealed.
    pub async fn dump(&self) -> Vec<(String, Vec<u8>)> {
        let mut dump = Vec::new();
        for service in SERVICES {
            let url = self.cluster.as_ref().expect("PostgreSQL runs").url(service.name());
            dump.extend(tables(service.name(), &url).await);
        }
        dump
    }
}

async fn tables(database: &str, url: &str) -> Vec<(String, Vec<u8>)> {
    use sqlx::{Connection as _, PgConnection};

    let mut connection = PgConnection::connect(url).await.expect("the database answers");
    let names: Vec<(String, String)> = sqlx::query_as(
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^(pg_|information_schema)' ORDER BY 1, 2",
    )
    .fetch_all(&mut connection)
    .await
    .expect("a list of tables");
    assert!(names.len() > 5, "{database} has tables");
    let mut tables = Vec::new();
    for (schema, table) in names {
        let statement = format!("COPY (SELECT * FROM \"{schema}\".\"{table}\") TO STDOUT");
        let mut rows = connection.copy_out_raw(&statement).await.expect("a table");
        let mut content = Vec::new();
        while let Some(chunk) = rows.next().await {
            content.extend_from_slice(&chunk.expect("rows"));
        }
        drop(rows);
        tables.push((format!("{database}.{schema}.{table}"), content));
    }
    tables
}

impl Drop for House {
    fn drop(&mut self) {
        for child in self.processes.values_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
        drop(self.cluster.take());
        if std::thread::panicking() {
            eprintln!("what was said is in {}", self.folder.display());
        } else {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// Ports that were free a moment ago: peers must know each other's before any of them starts.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port()
}

/// Two for each service, all of them held until the last is found: one that was let go may be given again.
fn free_ports() -> [BTreeMap<Service, u16>; 2] {
    let take = |service| (service, TcpListener::bind("127.0.0.1:0").expect("a free port"));
    let held = [SERVICES.map(take), SERVICES.map(take)];
    let port =
        |(service, socket): &(Service, TcpListener)| (*service, socket.local_addr().expect("its address").port());
    held.each_ref().map(|held| held.iter().map(port).collect())
}
