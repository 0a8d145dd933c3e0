//! What can go wrong with a database before the first call is served, said so that it can be mended.

use sqlx::migrate::MigrateError;
use sqlx::postgres::PgConnectOptions;

/// A database cannot be used. No message holds a password.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// The address cannot be parsed.
    #[error("the address of the database is not one: {0}; write postgres://user:password@host:port/database")]
    Address(String),

    /// The settings have no address of the wanted sort.
    #[error("the settings have no `{0}` for this database")]
    NoAddress(&'static str),

    /// The server does not answer or does not let us in.
    #[error("no connection to {place}: {wrong}; {mend}")]
    Connect {
        /// `user@host:port/database`.
        place: String,
        /// What was heard.
        wrong: String,
        /// What to do about it.
        mend: &'static str,
    },

    /// A name of a role or database that does not go into a statement.
    #[error(transparent)]
    Identifier(#[from] super::NotAnIdentifier),

    /// Another migrator held the lock all the time.
    #[error(
        "another migrator has held the lock of {place} for {seconds} s; if none runs, end its session (pg_stat_activity, `mahila migrate`)"
    )]
    Locked {
        /// `user@host:port/database`.
        place: String,
        /// How long it was waited for.
        seconds: u64,
    },

    /// A migration does not apply, or was changed after it had been applied.
    #[error("the migrations of {place} stopped: {error}")]
    Migrate {
        /// `user@host:port/database`.
        place: String,
        /// What sqlx says.
        error: MigrateError,
    },

    /// The role that is to be granted rights does not exist.
    #[error("there is no role `{0}`: create it (`CREATE ROLE {0} LOGIN`) or correct `app_role`")]
    NoRole(String),

    /// An index that is half built is neither used nor complete.
    #[error("these indexes are not valid: {}; drop each (DROP INDEX CONCURRENTLY) and create it again as its migration does", .0.join(", "))]
    InvalidIndexes(Vec<String>),

    /// The database is real and the deployment a simulation, or the other way round.
    #[error("this database is {database} and these settings are for {settings}; {mend}")]
    Deployment {
        /// What the database was marked as.
        database: &'static str,
        /// What the settings say.
        settings: &'static str,
        /// What to do about it.
        mend: &'static str,
    },

    /// A statement of our own failed.
    #[error("the database refused: {0}")]
    Sql(#[from] sqlx::Error),
}

/// A result of this module.
pub type Result<T, E = PostgresError> = std::result::Result<T, E>;

/// Where options lead to, without the password.
pub(super) fn place(options: &PgConnectOptions) -> String {
    let host =
        options.get_socket().map_or_else(|| options.get_host().to_owned(), |socket| socket.display().to_string());
    format!(
        "{}@{host}:{}/{}",
        options.get_username(),
        options.get_port(),
        options.get_database().unwrap_or_else(|| options.get_username()),
    )
}

impl PostgresError {
    pub(super) fn connect(options: &PgConnectOptions, error: &sqlx::Error) -> Self {
        use std::io::ErrorKind;
        let code = error.as_database_error().and_then(|error| error.code().map(std::borrow::Cow::into_owned));
        let kind = match error {
            sqlx::Error::Io(error) => Some(error.kind()),
            _ => None,
        };
        let mend = match (code.as_deref(), kind) {
            (Some("28P01"), _) => "check the password in the address",
            (Some("28000"), _) => "check that the role exists, may log in, and that pg_hba.conf lets it",
            (Some("3D000"), _) => "create the database, or correct its name in the address",
            (Some("42501"), _) => "grant the role CONNECT on the database",
            (Some("53300"), _) => "lower max_connections here, or raise the server's",
            (Some("57P03"), _) => "the server is starting or stopping: try again",
            (_, Some(ErrorKind::ConnectionRefused | ErrorKind::NotFound)) => {
                "start PostgreSQL there, or correct host and port in the address"
            }
            (_, Some(ErrorKind::PermissionDenied)) => "let this user into the folder of the socket",
            (_, Some(ErrorKind::TimedOut)) => "check the network and firewalls between here and there",
            _ => "check the address and the server's log",
        };
        Self::Connect { place: place(options), wrong: error.to_string(), mend }
    }
}
