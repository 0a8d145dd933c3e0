//! Why there is no embedded server, and what to do.

use std::path::PathBuf;

use super::super::{NotAnIdentifier, PostgresError};

/// The embedded PostgreSQL cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// No PostgreSQL on this machine.
    #[error(
        "no PostgreSQL found (looked in {}); install one (Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install \
         postgresql-server; macOS: brew install postgresql), or set PG_BIN to the folder that holds `postgres` and `initdb`",
        looked.join(", ")
    )]
    NoBinaries {
        /// The places that were looked at.
        looked: Vec<String>,
    },

    /// The data was written by another major version than those installed.
    #[error("{} was made by PostgreSQL {data}, but this machine has {found}; install version {data}, or set PG_BIN to it", dir.display())]
    Version {
        /// The folder of the data.
        dir: PathBuf,
        /// The version that made the data.
        data: String,
        /// The versions at hand.
        found: String,
    },

    /// Root without the program that drops privileges.
    #[error(
        "PostgreSQL refuses to run as root, and there is no `setpriv` to become another user; install util-linux, or run as a user"
    )]
    NoSetpriv,

    /// The state folder cannot be used.
    #[error("the folder {} cannot be used: {wrong}; {mend}", path.display())]
    Folder {
        /// Which folder or file.
        path: PathBuf,
        /// What is wrong with it.
        wrong: String,
        /// What to do about it.
        mend: &'static str,
    },

    /// Another process of ours has this cluster.
    #[error("another process is using {}; stop it, or choose another folder with MAHILA_HOME", dir.display())]
    Busy {
        /// The cluster's folder.
        dir: PathBuf,
    },

    /// The server did not come up, or `initdb` failed.
    #[error("{what}: {wrong}; {mend}; the log is {}", log.display())]
    Start {
        /// Which step.
        what: &'static str,
        /// The end of what the program said.
        wrong: String,
        /// What to do about it.
        mend: &'static str,
        /// Where the rest is.
        log: PathBuf,
    },

    /// The server, or a forgotten one of an earlier run, does not go away.
    #[error("PostgreSQL (process {pid}) does not stop; see {}", log.display())]
    Stop {
        /// Its process.
        pid: i32,
        /// Where it says why.
        log: PathBuf,
    },

    /// A name that does not go into a statement.
    #[error(transparent)]
    Identifier(#[from] NotAnIdentifier),

    /// The server is up, but a connection or statement failed.
    #[error(transparent)]
    Postgres(#[from] PostgresError),
}

impl From<sqlx::Error> for EmbeddedError {
    fn from(error: sqlx::Error) -> Self {
        Self::Postgres(error.into())
    }
}

/// What to do about a failure, by what the program said.
pub(super) fn mend(said: &str) -> &'static str {
    const CAUSES: &[(&str, &str)] = &[
        ("No space left on device", "the disk is full: make room, or choose another folder with MAHILA_HOME"),
        ("Read-only file system", "the file system is read-only: choose another folder with MAHILA_HOME"),
        ("could not resize shared memory segment", "/dev/shm is too small: enlarge it (docker run --shm-size=256m)"),
        (
            "could not create any Unix-domain sockets",
            "the socket's folder cannot be used: choose a shorter MAHILA_HOME",
        ),
        ("Address already in use", "another server has the socket: stop it, or choose another MAHILA_HOME"),
        ("could not create lock file", "the socket's folder is not writable for the server: check who owns it"),
        ("has invalid permissions", "give the data folder back to its owner with mode 0700"),
        ("has wrong ownership", "give the data folder back to the user that made it"),
        ("Permission denied", "check who owns the folders on the way to it"),
        (
            "could not look up effective user ID",
            "give this user a name (a line in /etc/passwd): initdb does not work for a mere number",
        ),
        ("Cannot allocate memory", "there is too little memory: stop something else"),
    ];
    CAUSES
        .iter()
        .find(|(sign, _)| said.contains(sign))
        .map_or("mend what it says, or move the folder away to start with an empty one", |(_, mend)| mend)
}
