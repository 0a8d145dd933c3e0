//! The server's process: started from a thread of its own, watched, stopped; and the one an earlier run forgot.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

/// PostgreSQL's fast shutdown: sessions are ended, everything is written.
const FAST: Signal = Signal::INT;
/// Its immediate one: as after a power cut, to be recovered at the next start.
const IMMEDIATE: Signal = Signal::QUIT;

const FAST_WAIT: Duration = Duration::from_secs(30);
const IMMEDIATE_WAIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);

/// A running server.
#[derive(Debug, Clone)]
pub(super) struct Process {
    pid: Pid,
    exit: watch::Receiver<Option<ExitStatus>>,
}

impl Process {
    /// Starts the command in a thread that lives until the server ends: its death signal is tied to that thread. In a
    /// process group of its own, so that Ctrl-C at the terminal reaches us alone and we stop in our order.
    pub(super) async fn spawn(mut command: Command) -> std::io::Result<Self> {
        let (started, start) = oneshot::channel();
        let (ended, exit) = watch::channel(None);
        command.process_group(0);
        std::thread::Builder::new().name("postgres".into()).spawn(move || match command.spawn() {
            Ok(mut child) => {
                // Whoever asked has gone; the server is stopped by our own end.
                let _ = started.send(Ok(child.id()));
                let status = child.wait().unwrap_or_default();
                ended.send_replace(Some(status));
            }
            Err(error) => {
                let _ = started.send(Err(error));
            }
        })?;
        let id = start.await.map_err(std::io::Error::other)??;
        let pid =
            i32::try_from(id).ok().and_then(Pid::from_raw).ok_or_else(|| std::io::Error::other("no process id"))?;
        Ok(Self { pid, exit })
    }

    pub(super) fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Waits for the server's end, whoever caused it.
    pub(super) async fn wait(&self) -> ExitStatus {
        let mut exit = self.exit.clone();
        match exit.wait_for(Option::is_some).await {
            Ok(status) => status.unwrap_or_default(),
            // The thread has panicked, which ends the server too.
            Err(_) => ExitStatus::default(),
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.exit.borrow().is_some()
    }

    /// Asks for a fast shutdown and does not wait.
    pub(super) fn interrupt(&self) {
        if !self.has_ended() {
            let _ = kill_process(self.pid, FAST);
        }
    }

    /// Stops the server: fast, and if that takes too long, immediately. False when it is still there.
    pub(super) async fn stop(&self) -> bool {
        for (signal, wait) in [(FAST, FAST_WAIT), (IMMEDIATE, IMMEDIATE_WAIT)] {
            if self.has_ended() {
                return true;
            }
            let _ = kill_process(self.pid, signal);
            if tokio::time::timeout(wait, self.wait()).await.is_ok() {
                return true;
            }
        }
        self.has_ended()
    }
}

/// Deals with what an earlier run left in `data/postmaster.pid`. Only to be called by the holder of the folder's lock:
/// then a server on this data is nobody's. The error is the process that does not go.
pub(super) async fn stop_orphan(data: &Path) -> Result<(), i32> {
    let file = data.join("postmaster.pid");
    let Ok(text) = std::fs::read_to_string(&file) else { return Ok(()) };
    let Some(pid) = text.lines().next().and_then(|line| line.trim().parse().ok()).and_then(Pid::from_raw) else {
        return Ok(());
    };
    let number = pid.as_raw_nonzero().get();
    if !Path::new("/proc/self/cmdline").exists() {
        // Without /proc nobody can tell a server from a stranger that got its number. PostgreSQL itself is cautious.
        return Ok(());
    }
    if !serves(number, data) {
        // A process that got the number later, or none. In the first case PostgreSQL would not dare to start.
        let _ = std::fs::remove_file(&file);
        return Ok(());
    }
    tracing::warn!(pid = number, "stopping a PostgreSQL that an earlier run left behind");
    for (signal, wait) in [(FAST, FAST_WAIT), (IMMEDIATE, IMMEDIATE_WAIT)] {
        let _ = kill_process(pid, signal);
        let deadline = Instant::now() + wait;
        while Instant::now() < deadline {
            if !serves(number, data) {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
    }
    Err(number)
}

/// Whether the process is a PostgreSQL on this data: `…/postgres -D <data> …`.
fn serves(pid: i32, data: &Path) -> bool {
    let Ok(line) = std::fs::read(format!("/proc/{pid}/cmdline")) else { return false };
    let words: Vec<_> = line.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
    let program = words.first().is_some_and(|word| word.rsplit('/').next() == Some("postgres"));
    program && words.windows(2).any(|pair| pair[0] == "-D" && Path::new(&*pair[1]) == data)
}
