//! PostgreSQL in a network of its own, with a password for each role. It can be stopped as if it were away.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use platform::settings::Service;
use sqlx::{Connection as _, PgConnection};

use super::network::{DATABASE, DATABASE_NAME, Leg, need};

/// It answers within this, on a busy machine too.
const START_WAIT: Duration = Duration::from_mins(1);
/// `nobody`: PostgreSQL refuses root.
const NOBODY: u32 = 65_534;

/// A server that runs. Dropping it ends it.
pub struct Postgres {
    folder: PathBuf,
    binaries: PathBuf,
    leg: Leg,
    server: Option<Child>,
}

/// How the roles of a service reach their database.
pub struct Urls {
    /// As the owner of the tables.
    pub owner: String,
    /// As who serves.
    pub app: String,
    /// The name of the latter.
    pub app_role: String,
}

impl Postgres {
    /// Makes an empty cluster and starts it.
    pub async fn start(folder: &Path) -> Self {
        let folder = folder.join("postgres");
        std::fs::create_dir_all(folder.join("s")).expect("a folder");
        for ours in [&folder, &folder.join("s")] {
            std::os::unix::fs::chown(ours, Some(NOBODY), Some(NOBODY)).expect("we are root");
        }
        let leg = Leg::new(DATABASE_NAME, DATABASE);
        let mut postgres = Self { folder, binaries: binaries(), leg, server: None };
        let mut initdb = postgres.command("initdb");
        initdb.arg("-D").arg(postgres.folder.join("data"));
        need(
            initdb
                .args(["-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"])
                .args(["--auth-local=trust", "--auth-host=scram-sha-256"]),
        );
        let rules = "local all postgres trust\nhost all all 10.77.0.0/24 scram-sha-256\n";
        std::fs::write(postgres.folder.join("data/pg_hba.conf"), rules).expect("written");
        postgres.run().await;
        postgres
    }

    /// One of its programs, as its account, in its network, with nothing of our environment.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net={}", self.leg.path().display()));
        command.args(["setpriv", &format!("--reuid={NOBODY}"), &format!("--regid={NOBODY}"), "--clear-groups", "--"]);
        command.arg(self.binaries.join(program));
        command.env_clear().env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin").env("LC_ALL", "C").current_dir("/");
        command
    }

    /// Starts the server again, and waits for its first answer.
    pub async fn run(&mut self) {
        let log = File::options().create(true).append(true).open(self.folder.join("log")).expect("a file");
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.folder.join("data")).arg("-k").arg(self.folder.join("s"));
        let listen = format!("listen_addresses={DATABASE}");
        // What is committed is in the kernel's hands, which outlive the server here, so nothing waits for a disk.
        for setting in
            [&*listen, "max_connections=150", "fsync=off", "full_page_writes=off", "log_error_verbosity=terse"]
        {
            command.args(["-c", setting]);
        }
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("a file")).stderr(log);
        self.server = Some(command.spawn().expect("PostgreSQL starts"));
        let deadline = tokio::time::Instant::now() + START_WAIT;
        while self.connect("postgres").await.is_err() {
            let log = || std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(tokio::time::Instant::now() < deadline, "PostgreSQL does not answer:\n{}", log());
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Ends it at once, as a crash does.
    pub fn crash(&mut self) {
        let mut server = self.server.take().expect("it runs");
        signal("QUIT", &[server.id()]);
        server.wait().expect("a child");
    }

    /// Stops every one of its processes where it stands: connections stay open and nobody answers.
    pub fn freeze(&self) {
        let server = self.server.as_ref().expect("it runs").id();
        // The first, so that there is no new one meanwhile.
        signal("STOP", &[server]);
        signal("STOP", &children_of(server));
    }

    /// Lets them go on.
    pub fn thaw(&self) {
        let server = self.server.as_ref().expect("it runs").id();
        signal("CONT", &children_of(server));
        signal("CONT", &[server]);
    }

    /// As the superuser, past the network.
    pub async fn connect(&self, database: &str) -> sqlx::Result<PgConnection> {
        let socket = self.folder.join("s");
        PgConnection::connect(&format!("postgres://postgres@localhost:5432/{database}?host={}", socket.display())).await
    }

    /// Makes the database of a service and its two roles.
    pub async fn add(&self, service: Service) -> Urls {
        let mut db = self.connect("postgres").await.expect("it answers");
        let name = service.name();
        let secret = |role: &str| format!("{role}-{}", uuid::Uuid::new_v4().simple());
        let (owner, app) = (secret("owner"), secret("app"));
        for sql in [
            format!("CREATE ROLE {name}_owner LOGIN PASSWORD '{owner}'"),
            format!("CREATE ROLE {name}_app LOGIN PASSWORD '{app}'"),
            format!("CREATE DATABASE {name} OWNER {name}_owner"),
            format!("REVOKE ALL ON DATABASE {name} FROM PUBLIC"),
            format!("GRANT CONNECT ON DATABASE {name} TO {name}_app"),
        ] {
            // Names and secrets were made here.
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut db).await.expect("made");
        }
        let url = |role: &str, secret: &str| format!("postgres://{name}_{role}:{secret}@{DATABASE_NAME}:5432/{name}");
        Urls { owner: url("owner", &owner), app: url("app", &app), app_role: format!("{name}_app") }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            self.server = None;
            signal("CONT", &children_of(server.id()));
            signal("CONT", &[server.id()]);
            signal("QUIT", &[server.id()]);
            let _ = server.wait();
        }
    }
}

fn binaries() -> PathBuf {
    if let Some(folder) = std::env::var_os("PG_BIN") {
        return folder.into();
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").is_file()).max();
    newest.expect("PostgreSQL is installed in /usr/lib/postgresql; to mend it: make deps, or set PG_BIN")
}

fn children_of(pid: u32) -> Vec<u32> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    children.split_whitespace().filter_map(|child| child.parse().ok()).collect()
}

fn signal(name: &str, processes: &[u32]) {
    // One may have ended meanwhile.
    let processes = processes.iter().map(u32::to_string);
    let _ = Command::new("kill").arg(format!("-{name}")).args(processes).stderr(Stdio::null()).status();
}
