//! `mahila status` and `mahila logs`.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};
use clap::Args;

use super::child::is_serving;
use super::folder::{Lock, StateFolder};
use super::replay;
use super::state::State;
use crate::Done;

/// `mahila status`
#[derive(Debug, Args)]
pub(crate) struct StatusOf {
    #[command(flatten)]
    state: StateFolder,
}

impl StatusOf {
    /// Exit code 0 when everything answers, 1 otherwise.
    pub(crate) async fn run(self) -> Done {
        let folder = self.state.folder();
        let state = State::read(&folder).filter(|_| Lock::is_held(&folder));
        let Some(state) = state else {
            println!("nothing runs in {}: `mahila up` starts it", folder.path().display());
            return Ok(ExitCode::FAILURE);
        };
        let serving = match &state.address {
            Some(address) => is_serving(address).await,
            None => false,
        };
        let number = |pid: Option<u32>| pid.map_or("none".to_owned(), |pid| pid.to_string());
        println!("phase       {}", state.phase.words());
        println!("address     {}", state.address.as_deref().unwrap_or("none yet"));
        println!("answers     {}", if serving { "yes" } else { "no" });
        println!("supervisor  process {}", state.pid);
        println!("services    process {}", number(state.services_pid));
        println!("restarts    {}", state.restarts);
        println!("first week  {}", if replay::is_done(&folder) { "replayed" } else { "not replayed" });
        println!("folder      {}", folder.path().display());
        if let Some(failure) = &state.failure {
            println!("failure     {failure}");
        }
        Ok(if serving { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// `mahila logs`
#[derive(Debug, Args)]
pub(crate) struct Logs {
    #[command(flatten)]
    state: StateFolder,
    /// Go on showing what comes.
    #[arg(long, short)]
    follow: bool,
    /// How many lines of what there is.
    #[arg(long, short = 'n', default_value_t = 200)]
    lines: u32,
    /// Show PostgreSQL's log instead.
    #[arg(long)]
    postgres: bool,
}

impl Logs {
    /// Becomes `tail`, which every system has and which follows a file through its renaming.
    pub(crate) fn run(self) -> Done {
        let folder = self.state.folder();
        let log = if self.postgres { folder.postgres().join("postgres.log") } else { folder.log() };
        if !log.is_file() {
            bail!("there is no log yet ({}): `mahila up` starts what writes it", log.display());
        }
        let mut tail = Command::new("tail");
        tail.arg("-n").arg(self.lines.to_string());
        if self.follow {
            tail.arg("-F");
        }
        Err(tail.arg("--").arg(log).exec()).context("`tail` cannot be run; install coreutils")
    }
}
