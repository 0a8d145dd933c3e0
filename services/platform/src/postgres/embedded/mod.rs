//! A PostgreSQL of one's own, for a laptop and for tests: started by us, reached through a socket that only we can reach,
//! gone when we are.
//!
//! It uses the machine's own PostgreSQL programs and downloads nothing. It is a real server with real durability unless
//! told otherwise; what it is not is a server for a state: no replicas, no backups, no other machines.

mod account;
mod binaries;
mod error;
mod folder;
mod process;

use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use tokio::time::Instant;

use super::Identifier;
use crate::settings::Secret;
use account::Account;
use binaries::Binaries;
pub use error::EmbeddedError;
use folder::Folder;
pub use folder::state_dir;
use process::Process;

/// Part of the socket's name, no port of the network. Given everywhere, so that `PGPORT` has no say.
const PORT: u16 = 5432;

/// Recovery after a crash may take its time; a laptop's data is recovered long before.
const START_WAIT: Duration = Duration::from_mins(2);

const POLL: Duration = Duration::from_millis(20);

/// How a cluster is to be run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Its folder; made when it is not there.
    pub dir: PathBuf,
    /// Whether a commit is on the disk when it is confirmed. Only tests may say no: a crash of the machine then costs
    /// the whole cluster.
    pub durable: bool,
    /// Connections to all databases together, at least 4.
    pub max_connections: u16,
}

impl Default for Options {
    /// `postgres` in [`state_dir`], durable, 100 connections.
    fn default() -> Self {
        Self { dir: state_dir().join("postgres"), durable: true, max_connections: 100 }
    }
}

/// A running server. Dropping it asks the server to stop; [`Cluster::stop`] also waits.
#[derive(Debug)]
pub struct Cluster {
    folder: Folder,
    process: Process,
}

/// The addresses of a service's database.
#[derive(Debug, Clone)]
pub struct ServiceUrls {
    /// As `<service>_owner`, who owns the tables.
    pub owner_url: Secret,
    /// As `<service>_app`, who reads and writes rows.
    pub app_url: Secret,
    /// `<service>_app`, for the grants of [`super::migrate`].
    pub app_role: String,
    /// `<service>_vault`, who reads what is sealed, where the service has anything sealed.
    pub vault_role: String,
}

impl Cluster {
    /// Starts the cluster in the folder, making it first when it is not there. What a crash left behind is recovered; a
    /// server that an earlier run left behind is stopped. Returns when the server answers.
    ///
    /// # Errors
    /// Everything in [`EmbeddedError`]; each says what to do.
    pub async fn start(options: Options) -> Result<Self, EmbeddedError> {
        let account = Account::current()?;
        let folder = Folder::take(&options.dir, &account)?;
        let binaries = binaries::find(&account, &folder.data)?;
        process::stop_orphan(&folder.data).await.map_err(|pid| EmbeddedError::Stop { pid, log: folder.log.clone() })?;
        folder.forget_socket();
        if !folder.data.join("PG_VERSION").is_file() {
            initdb(&binaries, &account, &folder, options.durable).await?;
        }

        let (log, from) = folder.open_log()?;
        let mut command = account.command(&binaries.postgres);
        command.args(arguments(&folder, &options));
        let errors = log.try_clone().map_err(|error| folder::failed(&folder.log, &error))?;
        command.stdout(log).stderr(errors);
        let process = Process::spawn(command).await.map_err(|error| EmbeddedError::Start {
            what: "PostgreSQL could not be run",
            wrong: error.to_string(),
            mend: "check that its programs may be executed",
            log: folder.log.clone(),
        })?;

        let cluster = Self { folder, process };
        cluster.answers(from).await?;
        Ok(cluster)
    }

    /// The address of a database as superuser, e.g. `postgres://postgres@localhost:5432/registry?host=/…/s`; psql
    /// understands it too. It holds no password: the socket's folder is the guard.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        self.url_as("postgres", database)
    }

    /// The address of a database as a role.
    #[must_use]
    pub fn url_as(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@localhost:{PORT}/{database}?host={}", escaped(&self.folder.socket))
    }

    /// Where the server writes what it has to say.
    #[must_use]
    pub fn log_file(&self) -> &Path {
        &self.folder.log
    }

    /// Makes what a service needs, if it is not there: the database `<name>` and the roles `<name>_owner`, `<name>_app` and
    /// `<name>_vault`. Who may do what is said by [`super::migrate`].
    ///
    /// # Errors
    /// A name that is not plain; a server that does not answer.
    pub async fn ensure_service(&self, name: &str) -> Result<ServiceUrls, EmbeddedError> {
        let (owner, app, vault) = (format!("{name}_owner"), format!("{name}_app"), format!("{name}_vault"));
        let mut connection = self.superuser().await?;
        for (role, attributes) in [(&owner, "LOGIN"), (&app, "LOGIN"), (&vault, "NOLOGIN")] {
            let role = Identifier::parse(role)?;
            make(&mut connection, format!("CREATE ROLE {role} {attributes}")).await?;
        }
        // By PostgreSQL 15 it is the member that does not inherit, by 16 and later the membership, which begins as the member is.
        let (member, of) = (Identifier::parse(&app)?, Identifier::parse(&vault)?);
        execute(&mut connection, format!("ALTER ROLE {member} NOINHERIT; GRANT {of} TO {member}")).await?;
        let (database, owner_of) = (Identifier::parse(name)?, Identifier::parse(&owner)?);
        make(&mut connection, format!("CREATE DATABASE {database} OWNER {owner_of}")).await?;
        Ok(ServiceUrls {
            owner_url: Secret::new(self.url_as(&owner, name)),
            app_url: Secret::new(self.url_as(&app, name)),
            app_role: app,
            vault_role: vault,
        })
    }

    /// Waits until the server has ended by itself, which is a reason to end as well.
    pub async fn wait(&self) -> ExitStatus {
        self.process.wait().await
    }

    /// Stops the server and waits: sessions are ended, everything is written. At most 40 seconds.
    ///
    /// # Errors
    /// When it does not stop.
    pub async fn stop(self) -> Result<(), EmbeddedError> {
        if self.process.stop().await {
            return Ok(());
        }
        Err(EmbeddedError::Stop { pid: self.process.pid(), log: self.folder.log.clone() })
    }

    pub(super) fn options(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(&self.folder.socket)
            .port(PORT)
            .username("postgres")
            .database("postgres")
    }

    async fn superuser(&self) -> sqlx::Result<PgConnection> {
        self.options().connect().await
    }

    /// Waits for the first answer.
    async fn answers(&self, log_from: u64) -> Result<(), EmbeddedError> {
        let deadline = Instant::now() + START_WAIT;
        loop {
            let last = match self.superuser().await {
                Ok(connection) => {
                    connection.close().await?;
                    return Ok(());
                }
                Err(error) => error,
            };
            let ended = self.process.has_ended();
            if ended || Instant::now() >= deadline {
                let said = self.folder.said_since(log_from);
                return Err(EmbeddedError::Start {
                    what: if ended { "PostgreSQL ended at once" } else { "PostgreSQL does not answer" },
                    mend: error::mend(&said),
                    wrong: if said.is_empty() { last.to_string() } else { said },
                    log: self.folder.log.clone(),
                });
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.process.interrupt();
    }
}

/// Makes an empty cluster beside its place and moves it there, so that a crash in the middle leaves nothing half done.
async fn initdb(binaries: &Binaries, account: &Account, folder: &Folder, durable: bool) -> Result<(), EmbeddedError> {
    // With plain C, PostgreSQL knows no letter beyond ASCII, and a trigram index would be blind for Hindi. C itself is
    // for systems that lack the other.
    let mut said = String::new();
    for locale in ["C.UTF-8", "C"] {
        if folder.unfinished.exists() {
            std::fs::remove_dir_all(&folder.unfinished).map_err(|error| folder::failed(&folder.unfinished, &error))?;
        }
        let mut command = account.command(&binaries.initdb);
        command.arg("-D").arg(&folder.unfinished);
        command.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-instructions"]);
        command.arg(format!("--locale={locale}")).arg(if durable { "--data-checksums" } else { "--no-sync" });
        let output = tokio::task::spawn_blocking(move || command.output())
            .await
            .map_err(std::io::Error::other)
            .flatten()
            .map_err(|error| folder::failed(&binaries.initdb, &error))?;
        said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() {
            std::fs::rename(&folder.unfinished, &folder.data).map_err(|error| folder::failed(&folder.data, &error))?;
            return Ok(());
        }
        if !said.contains("locale") {
            break;
        }
    }
    let (mut log, _) = folder.open_log()?;
    // The message below has it as well.
    let _ = std::io::Write::write_all(&mut log, said.as_bytes());
    let mend = error::mend(&said);
    Err(EmbeddedError::Start { what: "initdb failed", wrong: said.trim().to_owned(), mend, log: folder.log.clone() })
}

/// Everything is given here and nothing in a file, so that a newer release changes an older cluster too.
fn arguments(folder: &Folder, options: &Options) -> Vec<std::ffi::OsString> {
    let mut arguments: Vec<std::ffi::OsString> =
        vec!["-D".into(), (&folder.data).into(), "-k".into(), (&folder.socket).into()];
    let connections = format!("max_connections={}", options.max_connections.max(4));
    let mut settings = vec![
        "listen_addresses=",
        "port=5432",
        "unix_socket_permissions=0700",
        &connections,
        // Modest: beside it run an editor, a browser and a compiler.
        "shared_buffers=128MB",
        "timezone=UTC",
        "log_timezone=UTC",
        "log_line_prefix=%m [%p] %u@%d ",
        // A detail of an error quotes the row, and the row may be a woman's name.
        "log_error_verbosity=terse",
        "log_parameter_max_length_on_error=0",
    ];
    if !options.durable {
        settings.extend(["fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off"]);
    }
    for setting in settings {
        arguments.extend(["-c".into(), setting.into()]);
    }
    arguments
}

/// A path as the value of a query parameter.
fn escaped(path: &Path) -> String {
    use std::fmt::Write;
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().iter().fold(String::new(), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(*byte)),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
        out
    })
}

/// Executes a CREATE; what is there already stays as it is, also when somebody else makes it at the same moment.
pub(super) async fn make(connection: &mut PgConnection, statement: String) -> sqlx::Result<()> {
    match execute(connection, statement).await {
        Err(sqlx::Error::Database(error)) if matches!(error.code().as_deref(), Some("42710" | "42P04" | "23505")) => {
            Ok(())
        }
        other => other,
    }
}

/// Executes a statement whose names went through [`Identifier`].
pub(super) async fn execute(connection: &mut PgConnection, statement: String) -> sqlx::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
