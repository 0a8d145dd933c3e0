//! A fresh, migrated database for a test, on a real PostgreSQL.
//!
//! All tests of a process share a server that starts with the first of them and ends with the process. Where every test
//! is a process of its own (nextest), or PostgreSQL is not installed, `MAHILA_TEST_POSTGRES` names a server for all: the
//! address of a superuser, e.g. `postgres://postgres:secret@localhost:5432/postgres`.
//!
//! Migrations run once a migrator, into a template; a test gets a copy of it, which takes some 30 ms.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool};
use tokio::sync::{Mutex, OnceCell};
use tokio::time::Instant;

use super::embedded::{Cluster, Options, execute, make};
use super::migrate::{PLATFORM, migrate, try_lock};
use crate::settings::{DatabaseSettings, Secret};

const OWNER: &str = "mahila_test_owner";
const APP: &str = "mahila_test_app";
const VAULT: &str = "mahila_test_vault";
/// Of those who log in, for servers that ask for one.
const PASSWORD: &str = "mahila-test";

/// Templates are made one at a time, across processes: "testing" in ASCII.
const TEMPLATE_LOCK: i64 = 0x74_6573_7469_6e67;

const WAIT: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(20);

/// Connections of a test's pool; a real service's may be fewer.
const CONNECTIONS: u32 = 4;

/// A database for one test. Dropping it drops the database.
#[derive(Debug)]
pub struct TestDatabase {
    /// As the role that serves: what it may not do in production it may not do here. At most four connections.
    pub pool: PgPool,
    /// The address as the owner of the tables.
    pub url: String,
    /// The address as the role that serves.
    pub app_url: String,
    name: String,
}

/// A fresh database with platform's and the service's migrations applied.
///
/// # Panics
/// When there is no server or a migration fails; the message says what to do.
pub async fn test_database(migrator: &'static Migrator) -> TestDatabase {
    let server = cluster().await;
    let template = server.template(migrator).await;
    let name = format!("mahila_test_{}", uuid::Uuid::new_v4().simple());
    server.copy(&template, &name).await;
    let app_url = server.url(APP, &name);
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .connect_lazy(&app_url)
        .unwrap_or_else(|error| panic!("{error}"));
    TestDatabase { pool, url: server.url(OWNER, &name), app_url, name }
}

impl TestDatabase {
    /// Settings for a service that is started on this database.
    #[must_use]
    pub fn settings(&self) -> DatabaseSettings {
        settings(&self.app_url, &self.url)
    }

    /// Takes the database away from everybody, connections included, as a failing server would; or gives it back.
    ///
    /// # Panics
    /// When the server does not do it.
    pub async fn set_away(&self, away: bool) {
        let mut connection = cluster().await.superuser.connect().await.expect("a superuser");
        let allow = format!("ALTER DATABASE \"{}\" ALLOW_CONNECTIONS {}", self.name, !away);
        execute(&mut connection, allow).await.expect("allowed or not");
        if away {
            let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'", self.name);
            execute(&mut connection, end).await.expect("ended");
        }
    }
}

fn settings(url: impl Into<String>, owner_url: impl Into<String>) -> DatabaseSettings {
    DatabaseSettings {
        url: Some(Secret::new(url)),
        owner_url: Some(Secret::new(owner_url)),
        app_role: Some(APP.to_owned()),
        vault_role: Some(VAULT.to_owned()),
        max_connections: CONNECTIONS,
        ..DatabaseSettings::default()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Some(server) = SERVER.get() else { return };
        let (options, name) = (server.superuser.clone(), std::mem::take(&mut self.name));
        // A runtime of its own: the test's is busy here, and may be ending. A database that stays behind does no harm.
        let _ = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut connection = options.connect().await?;
                execute(&mut connection, format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)")).await?;
                connection.close().await
            })
        })
        .join();
    }
}

/// The server of this process's tests.
#[derive(Debug)]
pub(super) struct Server {
    superuser: PgConnectOptions,
    /// Kept, not used: it ends with the process, which takes it along.
    _cluster: Option<Cluster>,
    /// Templates that are known to be there.
    templates: Mutex<HashSet<String>>,
}

static SERVER: OnceCell<Server> = OnceCell::const_new();

pub(super) async fn cluster() -> &'static Server {
    SERVER.get_or_init(Server::start).await
}

impl Server {
    async fn start() -> Self {
        let named = std::env::var("MAHILA_TEST_POSTGRES").ok().filter(|url| !url.is_empty());
        let (superuser, cluster) = if let Some(url) = named {
            (PgConnectOptions::from_str(&url).expect("MAHILA_TEST_POSTGRES is an address"), None)
        } else {
            sweep(&std::env::temp_dir());
            let options = Options {
                dir: std::env::temp_dir().join(format!("{FOLDER}{}", std::process::id())),
                durable: false,
                max_connections: 200,
            };
            let cluster = Cluster::start(options).await.unwrap_or_else(|error| panic!("{error}"));
            (cluster.options(), Some(cluster))
        };
        let server = Self { superuser, _cluster: cluster, templates: Mutex::default() };
        let mut connection = server.connect().await;
        for role in [OWNER, APP] {
            made(make(&mut connection, format!("CREATE ROLE {role} LOGIN NOINHERIT PASSWORD '{PASSWORD}'")).await);
        }
        made(make(&mut connection, format!("CREATE ROLE {VAULT} NOLOGIN")).await);
        // A shared server may be asked by several processes at the same moment.
        made(make(&mut connection, format!("GRANT {VAULT} TO {APP}")).await);
        made(connection.close().await);
        server
    }

    async fn connect(&self) -> PgConnection {
        self.superuser.connect().await.unwrap_or_else(|error| {
            panic!("the PostgreSQL of the tests (MAHILA_TEST_POSTGRES) does not answer: {error}")
        })
    }

    fn url(&self, role: &str, database: &str) -> String {
        self.superuser.clone().username(role).password(PASSWORD).database(database).to_url_lossy().to_string()
    }

    #[cfg(test)]
    pub(super) fn url_of(&self, database: &str) -> String {
        self.url(OWNER, database)
    }

    /// The name of the template for a migrator, made if need be. The name tells its content, so that a shared server
    /// never serves yesterday's migrations.
    async fn template(&self, migrator: &'static Migrator) -> String {
        let mut hasher = DefaultHasher::new();
        for migrator in [&PLATFORM, migrator] {
            migrator.table_name.hash(&mut hasher);
            migrator.create_schemas.hash(&mut hasher);
            for migration in migrator.iter() {
                (migration.version, &migration.checksum).hash(&mut hasher);
            }
        }
        let name = format!("mahila_template_{:016x}", hasher.finish());

        let mut templates = self.templates.lock().await;
        if templates.contains(&name) {
            return name;
        }
        let mut connection = self.connect().await;
        let deadline = Instant::now() + WAIT;
        while !made(try_lock(&mut connection, TEMPLATE_LOCK).await) {
            assert!(Instant::now() < deadline, "another process has been making a template for {} s", WAIT.as_secs());
            tokio::time::sleep(POLL).await;
        }
        let there: bool = made(
            sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
                .bind(&name)
                .fetch_one(&mut connection)
                .await,
        );
        if !there {
            // Under its own name only when it is finished.
            let unfinished = format!("{name}_unfinished");
            made(execute(&mut connection, format!("DROP DATABASE IF EXISTS {unfinished}")).await);
            made(execute(&mut connection, format!("CREATE DATABASE {unfinished} OWNER {OWNER}")).await);
            made(migrate(&settings(self.url(APP, &unfinished), self.url(OWNER, &unfinished)), migrator).await);
            retried(&mut connection, format!("ALTER DATABASE {unfinished} RENAME TO {name}")).await;
        }
        made(connection.close().await);
        templates.insert(name.clone());
        name
    }

    async fn copy(&self, template: &str, name: &str) {
        let mut connection = self.connect().await;
        retried(&mut connection, format!("CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER}")).await;
        made(connection.close().await);
    }
}

/// Executes what needs a database without visitors; a session that has just been closed may linger for a moment.
async fn retried(connection: &mut PgConnection, statement: String) {
    let deadline = Instant::now() + WAIT;
    loop {
        match execute(connection, statement.clone()).await {
            Err(sqlx::Error::Database(error))
                if error.code().as_deref() == Some("55006") && Instant::now() < deadline =>
            {
                tokio::time::sleep(POLL).await;
            }
            other => return made(other),
        }
    }
}

/// Tests have nobody to hand an error to.
fn made<T, E: std::fmt::Display>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("the test's database: {error}"))
}

const FOLDER: &str = "mahila-test-";

/// Removes the folders of processes that have ended: a server outlives its process by a moment, so the process itself
/// cannot.
fn sweep(root: &Path) {
    for entry in std::fs::read_dir(root).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(pid) =
            name.to_str().and_then(|name| name.strip_prefix(FOLDER)).and_then(|pid| pid.parse::<u32>().ok())
        else {
            continue;
        };
        if Path::new("/proc/self").exists() && !Path::new("/proc").join(pid.to_string()).exists() {
            // Another process may be sweeping too, or the folder be somebody else's.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}
