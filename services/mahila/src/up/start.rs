//! `mahila up`.

use std::net::SocketAddr;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use tokio::time::Instant;

use super::child::is_serving;
use super::folder::{Folder, Lock, StateFolder};
use super::state::{Phase, State};
use super::steps::Steps;
use super::supervise::Supervise;
use super::{POLL, process, replay, room, setup, stop, welcome};
use crate::Done;

/// Recovery of a large database after a crash is the longest there is.
const PATIENCE: Duration = Duration::from_mins(4);

/// `mahila up`
#[derive(Debug, Args)]
pub(crate) struct Up {
    #[command(flatten)]
    state: StateFolder,
    /// The services' address. Default: that of the last start, or 127.0.0.1:7100. Port 0: a free one.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Leave the databases empty.
    #[arg(long)]
    no_demo: bool,
    /// Stay with the terminal; Ctrl-C stops everything.
    #[arg(long)]
    foreground: bool,
}

impl Up {
    pub(crate) async fn run(self) -> Done {
        let folder = self.state.folder();
        self.need_room(&folder)?;
        folder.make()?;
        if Lock::is_held(&folder)
            && State::read(&folder).is_some_and(|state| process::build().is_ok_and(|build| build != state.build))
        {
            let mut steps = Steps::new();
            steps.say("another build is running: this one takes its place");
            stop::down(&folder, &mut steps).await?;
        }
        if self.foreground {
            return self.in_foreground(&folder).await;
        }
        let mut steps = Steps::new();
        let address = self.running(&folder, &mut steps).await?;
        self.show(&folder, &address, steps).await?;
        Ok(ExitCode::SUCCESS)
    }

    /// What runs has its room already; what is to be replayed needs more.
    fn need_room(&self, folder: &Folder) -> anyhow::Result<()> {
        if !self.no_demo && !replay::is_done(folder) {
            room::need(folder, room::FIRST_WEEK)
        } else if Lock::is_held(folder) {
            Ok(())
        } else {
            room::need(folder, room::EMPTY)
        }
    }

    /// Replays what was not replayed yet, and says how to call.
    async fn show(&self, folder: &Folder, address: &str, mut steps: Steps) -> anyhow::Result<()> {
        steps.finish();
        drop(steps);
        if !self.no_demo || replay::is_done(folder) {
            println!("{}", replay::played(folder, address).await?);
        }
        // Tokens end some day; whoever asks how to call gets fresh ones.
        setup::keys(folder)?;
        print!("{}", welcome::how_to_call(folder, address));
        Ok(())
    }

    async fn in_foreground(&self, folder: &Folder) -> Done {
        let supervise = Supervise { listen: self.listen, foreground: true, state: self.state.clone() };
        let show = async {
            let mut steps = Steps::new();
            let address = loop {
                let state = State::read(folder).filter(|state| state.pid == std::process::id());
                match state {
                    Some(State { phase: Phase::Ready, address: Some(address), .. }) => break address,
                    Some(State { phase, .. }) => steps.step(phase.words()),
                    None => {}
                }
                tokio::time::sleep(POLL).await;
            };
            self.show(folder, &address, steps).await?;
            std::future::pending::<Done>().await
        };
        tokio::select! {
            done = supervise.run() => done,
            shown = show => shown,
        }
    }

    /// Sees to it that a supervisor runs, and waits until what it runs is ready; the address.
    async fn running(&self, folder: &Folder, steps: &mut Steps) -> anyhow::Result<String> {
        let deadline = Instant::now() + PATIENCE;
        let mut started: Option<Child> = None;
        while Instant::now() < deadline {
            let ended = started.as_mut().map(Child::try_wait).transpose()?.flatten().is_some();
            let held = Lock::is_held(folder);
            let told = State::read(folder);
            let answering = match &told {
                Some(State { phase: Phase::Ready, address: Some(address), .. }) if held => is_serving(address).await,
                _ => false,
            };
            let ours = started.as_ref().is_none_or(|child| told.as_ref().is_some_and(|state| state.pid == child.id()));
            match told {
                Some(State { phase: Phase::Failed, failure, .. }) if started.is_some() && ours => {
                    bail!("{}", failure.unwrap_or_default());
                }
                Some(State { phase: Phase::Stopping, .. }) if held => {
                    steps.step("waiting for the last one to stop");
                    Lock::gone(folder, PATIENCE).await;
                    continue;
                }
                Some(State { address: Some(address), .. }) if answering && ours => return Ok(address),
                Some(state) if held && ours => steps.step(state.phase.words()),
                _ if started.is_none() && !held => {
                    steps.step(Phase::Postgres.words());
                    started = Some(self.spawn(folder)?);
                }
                // Another `up` was quicker: its supervisor is as good as ours.
                _ if ended && held => started = None,
                _ if ended => bail!("the supervisor ended; its log is {}", folder.log().display()),
                _ => {}
            }
            tokio::time::sleep(POLL).await;
        }
        let failure = State::read(folder).and_then(|state| state.failure).map(|failure| format!(": {failure}"));
        bail!(
            "it is not ready after {} s{}; `mahila logs` shows what it does, `mahila down` stops it",
            PATIENCE.as_secs(),
            failure.unwrap_or_default()
        )
    }

    /// Starts a supervisor that has nothing to do with this process any more.
    fn spawn(&self, folder: &Folder) -> anyhow::Result<Child> {
        let log = folder.open_log()?;
        let mut command = Command::new(process::program()?);
        command.arg("supervise").arg("--state").arg(folder.path());
        if let Some(listen) = self.listen {
            command.arg("--listen").arg(listen.to_string());
        }
        command.current_dir(folder.path()).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        command.spawn().context("the supervisor cannot be run")
    }
}
