//! A real installation to measure: the release binary over a private, durable PostgreSQL.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mahila_proto::r#type::v1::GetVocabularyRequest;
use mahila_proto::r#type::v1::vocabulary_service_client::VocabularyServiceClient;
use platform::auth::Claims;
use platform::auth::issuer::Issuer;
use platform::client::{Peer, Target};
use platform::postgres::embedded::{Cluster, Options};
use platform::settings::Service;

/// The release binary.
pub fn binary() -> PathBuf {
    let binary =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("in the repository").join("target/release/mahila");
    let binary = std::env::var_os("MAHILA_BINARY").map_or(binary, PathBuf::from);
    assert!(binary.exists(), "{} is missing: run `make build` first", binary.display());
    binary
}

/// A folder that a dropped user can enter.
pub fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("mahila-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a scratch folder");
    folder
}

/// Processes of this machine with their command lines.
pub fn processes() -> impl Iterator<Item = (u32, String)> {
    std::fs::read_dir("/proc").expect("/proc").flatten().filter_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        Some((pid, String::from_utf8_lossy(&line).replace('\0', " ")))
    })
}

/// Resident bytes of a process.
pub fn resident_of(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0 kB");
    line.split_whitespace().next().and_then(|kb| kb.parse::<u64>().ok()).unwrap_or_default() * 1024
}

pub struct Installation {
    folder: PathBuf,
    pub cluster: Cluster,
    settings: PathBuf,
    issuer: Issuer,
    pub address: String,
    serving: Option<Child>,
}

impl Installation {
    /// PostgreSQL up, databases migrated, keys made.
    pub async fn new() -> Self {
        let folder = scratch(&format!("bounds-{}", free_port()));
        let options = Options { dir: folder.join("postgres"), durable: true, max_connections: 200 };
        let cluster = Cluster::start(options).await.expect("PostgreSQL starts");
        let issuer = Issuer::load_or_make(&folder.join("issuer.key")).expect("a key");
        std::fs::write(folder.join("jwks.json"), serde_json::to_vec(&issuer.jwks()).expect("plain")).expect("written");
        platform::seal::Keys::generate_file(&folder.join("seal.keys"), &platform::seal::os_random()).expect("keys");
        let address = format!("127.0.0.1:{}", free_port());
        let service = issuer.sign(&claims("services/suite", &["follower"], &[]));
        let mut text = format!(
            "simulated = true\n[server]\nlisten = \"{address}\"\n[auth]\nissuer = \"bounds\"\naudience = \"mahila\"\njwks = \"{0}/jwks.json\"\n\
             [seal]\nkeys_file = \"{0}/seal.keys\"\n[peers]\ntoken = \"{service}\"\n",
            folder.display()
        );
        for service in Service::ALL {
            let _ = writeln!(text, "{service} = \"http://{address}\"");
        }
        for service in Service::ALL {
            let name = service.name();
            let urls = cluster.ensure_service(name).await.expect("a database");
            let _ = write!(
                text,
                "[database.{name}]\nurl = \"{}\"\nowner_url = \"{}\"\napp_role = \"{}\"\nvault_role = \"{}\"\n",
                urls.app_url.expose(),
                urls.owner_url.expose(),
                urls.app_role,
                urls.vault_role
            );
        }
        let settings = folder.join("mahila.toml");
        std::fs::write(&settings, text).expect("written");
        let here = Self { folder, cluster, settings, issuer, address, serving: None };
        here.run(&["migrate", "all"]);
        here
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments).env("MAHILA_SETTINGS", &self.settings).stdout(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) {
        let status = self.command(arguments).status().expect("mahila runs");
        assert!(status.success(), "mahila {arguments:?}");
    }

    /// Starts services in one process; gives the time to the first answered call.
    pub async fn start(&mut self, services: &[&str]) -> Duration {
        let began = Instant::now();
        let arguments: Vec<&str> = std::iter::once("serve").chain(services.iter().copied()).collect();
        let child = self.command(&arguments).stderr(Stdio::null()).spawn().expect("mahila serve runs");
        self.serving = Some(child);
        let peer = self.peer(&[], &[]);
        loop {
            let mut client = VocabularyServiceClient::new(peer.channel());
            let asked = GetVocabularyRequest { r#enum: "mahila.intake.v1.Risk".to_owned() };
            if client.get_vocabulary(asked).await.is_ok() {
                return began.elapsed();
            }
            assert!(began.elapsed() < Duration::from_secs(30), "the service answers");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Resident bytes of what was started.
    pub fn resident(&self) -> u64 {
        self.serving.as_ref().map_or(0, |child| resident_of(child.id()))
    }

    /// A connection with these roles and units.
    pub fn peer(&self, roles: &[&str], units: &[&str]) -> Peer {
        let token =
            if roles.is_empty() { String::new() } else { self.issuer.sign(&claims("posts/bounds", roles, units)) };
        Peer::new(&Target { url: format!("http://{}", self.address), token, ..Target::default() }).expect("an address")
    }

    /// The roll, by the command a state would use.
    pub fn import_the_roll(&self) {
        let data = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .expect("in the repository")
            .join("services/station-registry/data");
        let token = self.issuer.sign(&claims("posts/registrar", &["registrar"], &["up"]));
        let units = data.join("units.csv").display().to_string();
        let stations = data.join("stations.csv").display().to_string();
        let mut command = self.command(&["import", "stations", "--units", &units, "--stations", &stations]);
        let status =
            command.env("MAHILA_TOKEN", token).env("MAHILA_ADDRESS", format!("http://{}", self.address)).status();
        assert!(status.expect("mahila import runs").success(), "the roll is imported");
    }

    /// Lets every flush of the database's log take this much longer than this disk does, as a disk elsewhere would:
    /// PostgreSQL waits with the lock of the log in its hand, whoever commits.
    pub async fn slow_the_disk(&self, by: Duration) {
        let admin = sqlx::PgPool::connect(&self.cluster.url("postgres")).await.expect("the superuser");
        let delay = by.as_micros().to_string();
        for change in [
            "ALTER SYSTEM SET commit_siblings = 0",
            &format!("ALTER SYSTEM SET commit_delay = {delay}"),
            "SELECT pg_reload_conf()",
        ] {
            sqlx::query(sqlx::AssertSqlSafe(change)).execute(&admin).await.expect("the superuser may");
        }
        let began = Instant::now();
        loop {
            assert!(began.elapsed() < Duration::from_secs(30), "PostgreSQL reads its settings again");
            let setting: String = sqlx::query_scalar("SHOW commit_delay").fetch_one(&admin).await.expect("shown");
            if setting == delay {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Stops everything and removes it.
    pub async fn stop(mut self) {
        if let Some(mut child) = self.serving.take() {
            let _ = Command::new("kill").arg(child.id().to_string()).status();
            let _ = child.wait();
        }
        let _ = self.cluster.stop().await;
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

#[expect(clippy::disallowed_methods, reason = "tokens use real time")]
fn claims(subject: &str, roles: &[&str], units: &[&str]) -> Claims {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    Claims {
        iss: "bounds".to_owned(),
        aud: "mahila".to_owned(),
        sub: subject.to_owned(),
        exp: now + 3600,
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        units: units.iter().map(|unit| (*unit).to_owned()).collect(),
        woman: true,
    }
}
