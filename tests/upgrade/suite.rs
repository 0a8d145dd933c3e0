//! One installation, run by binaries of two releases.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use mahila::token::{AUDIENCE, Development, Holder, ISSUER};
use mahila_proto::auth::v1::Role;
use platform::client::{Peer, PeerChannel, Target};
use platform::postgres::embedded::{Cluster, Options, ServiceUrls};
use platform::seal::{Keys, os_random};
use platform::settings::Service;
use sqlx::PgConnection;

/// A debug build on a busy machine starts within this.
const START_WAIT: Duration = Duration::from_mins(1);

/// Databases, keys, and the two binaries.
pub struct Suite {
    folder: PathBuf,
    cluster: Cluster,
    databases: Vec<(Service, ServiceUrls)>,
    before: PathBuf,
    now: PathBuf,
}

/// A release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    Before,
    Now,
}

/// A process that serves. Dropping it kills it.
pub struct Serving {
    child: Child,
    pub url: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Suite {
    pub async fn new(before: PathBuf) -> Self {
        let folder = std::env::temp_dir().join(format!("mahila-upgrade-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let options = Options { dir: folder.join("postgres"), durable: false, max_connections: 200 };
        let cluster = Cluster::start(options).await.unwrap_or_else(|error| panic!("{error}"));
        let mut databases = Vec::new();
        for service in Service::ALL {
            databases.push((service, cluster.ensure_service(service.name()).await.expect("a database")));
        }
        let issuer = Development::make(&folder.join("issuer.key")).expect("an issuer");
        std::fs::write(folder.join("jwks.json"), issuer.jwks().expect("a public key")).expect("a file");
        Keys::generate_file(&folder.join("seal.keys"), &os_random()).expect("keys of the vault");
        Self { folder, cluster, databases, before, now: mahila_tests::house::binary() }
    }

    fn command(&self, release: Release) -> Command {
        let mut command = Command::new(if release == Release::Now { &self.now } else { &self.before });
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("MAHILA") {
                command.env_remove(name);
            }
        }
        for (service, urls) in &self.databases {
            let prefix = format!("MAHILA__DATABASE__{}", service.name().to_uppercase());
            command.env(format!("{prefix}__URL"), urls.app_url.expose());
            command.env(format!("{prefix}__OWNER_URL"), urls.owner_url.expose());
            command.env(format!("{prefix}__APP_ROLE"), &urls.app_role);
        }
        command.env("MAHILA__SIMULATED", "true").env("MAHILA__CLOCK__MODE", "replay");
        command.env("MAHILA__AUTH__ISSUER", ISSUER).env("MAHILA__AUTH__AUDIENCE", AUDIENCE);
        command.env("MAHILA__AUTH__JWKS", self.folder.join("jwks.json"));
        command.env("MAHILA__SEAL__KEYS_FILE", self.folder.join("seal.keys"));
        command.env("MAHILA__SERVER__LISTEN", "127.0.0.1:0").env("MAHILA__SERVER__MAX_MESSAGE_BYTES", "67108864");
        command
    }

    /// Runs a command to its end.
    pub async fn run(&self, release: Release, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
        let mut command = self.command(release);
        command.args(arguments).envs(settings.iter().copied()).stdin(Stdio::null());
        tokio::task::spawn_blocking(move || command.output()).await.expect("waited").expect("mahila runs")
    }

    /// Runs a command that must succeed; what it said.
    pub async fn must(&self, release: Release, arguments: &[&str], settings: &[(&str, &str)]) -> String {
        let output = self.run(release, arguments, settings).await;
        assert!(output.status.success(), "{release:?} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Starts services in one process. At `peer` it finds the others, or, if it runs all, whom to follow; there it passes the
    /// clock on.
    pub async fn serve(&self, release: Release, services: &[Service], peer: Option<&str>) -> Serving {
        let out = self.folder.join("out");
        let said = self.folder.join(format!("{release:?}.log"));
        let mut command = self.command(release);
        command.arg("serve").args(services.iter().map(|service| service.name()));
        command.arg("--issuer-key").arg(self.folder.join("issuer.key"));
        if let Some(peer) = peer {
            command.env("MAHILA__CLOCK__PEERS", peer);
            for other in Service::ALL.into_iter().filter(|other| services.len() == 5 || !services.contains(other)) {
                command.env(format!("MAHILA__PEERS__{}", other.name().to_uppercase()), peer);
            }
            // The release before asks for a token beside the issuer's key.
            if let [service] = services {
                command.env("MAHILA__PEERS__TOKEN", self.token_of(*service));
            }
        }
        command.stdin(Stdio::null()).stdout(File::create(&out).expect("a file"));
        command.stderr(File::options().create(true).append(true).open(&said).expect("a file"));
        let mut child = command.spawn().expect("mahila runs");
        let deadline = Instant::now() + START_WAIT;
        loop {
            let told = std::fs::read_to_string(&out).unwrap_or_default();
            if let Some(url) = told.lines().find_map(|line| line.strip_prefix("listening on ")) {
                return Serving { child, url: url.to_owned() };
            }
            let log = || std::fs::read_to_string(&said).unwrap_or_default();
            assert!(child.try_wait().expect("a child").is_none(), "{release:?} ended at once:\n{}", log());
            assert!(Instant::now() < deadline, "{release:?} does not listen:\n{}", log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// By which the others know a service.
    fn token_of(&self, service: Service) -> String {
        let holder = Holder {
            roles: vec![Role::Follower],
            subject: Some(format!("services/{}", service.source())),
            ..Holder::default()
        };
        Development::make(&self.folder.join("issuer.key")).expect("the issuer").token(&holder, Duration::from_hours(1))
    }

    /// A connection as a holder (`desk_officer:ps-162-001`).
    pub fn channel(&self, url: &str, holder: &str) -> PeerChannel {
        let holder: Holder = holder.parse().expect("a holder");
        let issuer = Development::make(&self.folder.join("issuer.key")).expect("the issuer");
        let token = issuer.token(&holder, Duration::from_hours(1));
        Peer::new(&Target { url: url.to_owned(), token, ..Target::default() }).expect("a peer").channel()
    }

    /// A login to a database as a role.
    pub async fn login(&self, role: &str, service: Service) -> PgConnection {
        let url = self.cluster.url_as(role, service.name());
        <PgConnection as sqlx::Connection>::connect(&url).await.expect("the database")
    }

    /// One number of a database.
    pub async fn number(&self, service: Service, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut self.login("postgres", service).await).await.expect("a number")
    }

    /// Waits until everybody has applied all that the others have written, whichever processes run.
    pub async fn all_have_caught_up(&self) {
        let deadline = Instant::now() + START_WAIT;
        for (follower, source) in [
            (Service::Intake, Service::Registry),
            (Service::Oversight, Service::Registry),
            (Service::Oversight, Service::Intake),
            (Service::Review, Service::Intake),
        ] {
            let head = self.number(source, "SELECT seq FROM platform.journal_head").await;
            loop {
                let position: Option<i64> =
                    sqlx::query_scalar("SELECT position FROM platform.positions WHERE source = $1")
                        .bind(source.source())
                        .fetch_optional(&mut self.login("postgres", follower).await)
                        .await
                        .expect("a position");
                if position.is_some_and(|position| position >= head) {
                    break;
                }
                assert!(Instant::now() < deadline, "{follower} does not follow {source}: at {position:?} of {head}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }

    /// Ends PostgreSQL and removes everything.
    pub async fn remove(self) {
        self.cluster.stop().await.expect("PostgreSQL ends");
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Serving {
    /// Tells it to end, as Kubernetes does, and waits; it must end well.
    pub async fn terminate(mut self) {
        let told = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status();
        assert!(told.is_ok_and(|status| status.success()), "it is told");
        let deadline = Instant::now() + START_WAIT;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                assert!(status.success(), "it ends well: {status}");
                return;
            }
            assert!(Instant::now() < deadline, "it does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
