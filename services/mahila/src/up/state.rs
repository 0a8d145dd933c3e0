//! What runs, as the supervisor last wrote it. It may be out of date when the supervisor was killed: the lock tells.

use serde::{Deserialize, Serialize};

use super::folder::{Folder, write};

/// How far a supervisor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// PostgreSQL is being started.
    Postgres,
    /// Databases are being brought up to date.
    Migrating,
    /// The services are being started.
    Starting,
    /// Everything answers.
    Ready,
    /// Something died and is being brought back.
    Mending,
    /// It is being stopped.
    Stopping,
    /// It could not be started.
    Failed,
}

impl Phase {
    /// For people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Postgres => "starting PostgreSQL",
            Self::Migrating => "bringing databases up to date",
            Self::Starting => "starting services",
            Self::Ready => "ready",
            Self::Mending => "bringing back what died",
            Self::Stopping => "stopping",
            Self::Failed => "failed",
        }
    }
}

/// What a supervisor says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The supervisor's process.
    pub pid: u32,
    /// Which build it runs: another one replaces it.
    pub build: String,
    /// How far it is.
    pub phase: Phase,
    /// Where the services answer: `http://127.0.0.1:7100`.
    pub address: Option<String>,
    /// The services' process.
    pub services_pid: Option<u32>,
    /// How often something died and was brought back.
    pub restarts: u32,
    /// What went wrong last, and how to mend it.
    pub failure: Option<String>,
}

impl State {
    /// What is written in a folder; `None`: nothing, or nothing that is understood.
    #[must_use]
    pub fn read(folder: &Folder) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(folder.state_file()).ok()?).ok()
    }

    pub(super) fn write(&self, folder: &Folder) -> anyhow::Result<()> {
        write(&folder.state_file(), &serde_json::to_vec_pretty(self)?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::folder::StateFolder;
    use super::*;

    #[test]
    fn what_is_written_is_read_and_garbage_is_nothing() {
        let path = tempfile::tempdir().unwrap();
        let folder = StateFolder::of(path.path()).folder();
        assert_eq!(State::read(&folder), None);
        let state = State {
            pid: 7,
            build: "1".into(),
            phase: Phase::Ready,
            address: Some("http://127.0.0.1:7100".into()),
            services_pid: Some(8),
            restarts: 0,
            failure: None,
        };
        state.write(&folder).unwrap();
        assert_eq!(State::read(&folder), Some(state));
        std::fs::write(folder.state_file(), "{").unwrap();
        assert_eq!(State::read(&folder), None);
    }
}
