//! The services' process: `mahila serve all`, started by the supervisor, ended by the end of its standard input. So it never
//! outlives a supervisor that was killed, without any signal.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use tokio::process::{Child, ChildStdin, Command};
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::folder::Folder;
use super::process::program;

/// The services drain within ten seconds; past this they are ended.
const STOP_WAIT: Duration = Duration::from_secs(20);
/// A health check that takes longer has failed.
const CHECK: Duration = Duration::from_secs(2);

/// The running services.
#[derive(Debug)]
pub(super) struct Services {
    child: Child,
    /// Closed, it stops them.
    stdin: Option<ChildStdin>,
    pid: u32,
    /// Length of the log when they were started: what they said stands behind it.
    log_from: u64,
}

impl Services {
    /// Starts them; they answer a little later.
    ///
    /// # Errors
    /// The program cannot be run.
    pub(super) fn start(folder: &Folder) -> anyhow::Result<Self> {
        let log = folder.open_log()?;
        let log_from = log.metadata()?.len();
        let mut command = Command::new(program()?);
        command.args(["serve", "all", "--stop-with-stdin", "--settings"]).arg(folder.settings());
        command.arg("--issuer-key").arg(folder.issuer_key());
        // Variables meant for another deployment would lead it to other databases.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("MAHILA__") {
                command.env_remove(name);
            }
        }
        // In a group of its own: Ctrl-C at the terminal is for the supervisor, which stops everything in order.
        command.process_group(0).stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
        let mut child = command.spawn().context("the services cannot be run")?;
        let stdin = child.stdin.take();
        let pid = child.id().context("the services ended at once")?;
        Ok(Self { child, stdin, pid, log_from })
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// Waits for their end, whoever caused it.
    pub(super) async fn ended(&mut self) -> std::io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// What they said since they were started, the last lines of it.
    pub(super) fn said(&self, folder: &Folder) -> String {
        const LINES: usize = 12;
        let bytes = std::fs::read(folder.log()).unwrap_or_default();
        let new = bytes.get(usize::try_from(self.log_from).unwrap_or_default()..).unwrap_or_default();
        let text = String::from_utf8_lossy(new);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(LINES)..].join("\n")
    }

    /// Stops them and waits: what is accepted is answered.
    pub(super) async fn stop(&mut self) {
        drop(self.stdin.take());
        if tokio::time::timeout(STOP_WAIT, self.child.wait()).await.is_err() {
            tracing::warn!(pid = self.pid, "the services do not stop; ending them");
            let _ = self.child.kill().await;
        }
    }
}

/// Whether the services at an address answer and say that they are ready.
pub(super) async fn is_serving(address: &str) -> bool {
    let Ok(endpoint) = Endpoint::from_shared(address.to_owned()) else { return false };
    let check = async {
        let channel = endpoint.connect().await.ok()?;
        let request = HealthCheckRequest { service: String::new() };
        let answer = HealthClient::new(channel).check(request).await.ok()?;
        Some(answer.into_inner().status())
    };
    matches!(tokio::time::timeout(CHECK, check).await, Ok(Some(ServingStatus::Serving)))
}

/// Waits until they are ready.
pub(super) async fn serving(address: &str) {
    while !is_serving(address).await {
        tokio::time::sleep(super::POLL).await;
    }
}
