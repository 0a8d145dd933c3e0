//! The first week, replayed once into what `up` runs. An interrupted replay goes on where it stopped.

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::folder::{Folder, Lock, StateFolder, write};
use super::state::State;
use crate::Done;
use crate::demo::{self, Options, Part, Progress};

/// Another `up` may be replaying: many times what that takes.
const PATIENCE: Duration = Duration::from_mins(30);

/// `mahila demo`
#[derive(Debug, Args)]
pub(crate) struct Demo {
    #[command(flatten)]
    state: StateFolder,
}

impl Demo {
    pub(crate) async fn run(self) -> Done {
        let folder = self.state.folder();
        let state = State::read(&folder).filter(|_| Lock::is_held(&folder));
        let address = state.and_then(|state| state.address).context("nothing runs here: run `mahila up`")?;
        println!("{}", played(&folder, &address).await?);
        Ok(ExitCode::SUCCESS)
    }
}

/// Whether they were replayed to the end.
pub(super) fn is_done(folder: &Folder) -> bool {
    folder.demo_report().exists()
}

/// What they came to: replays them unless that was done; waits for another process that is at it.
///
/// # Errors
/// The replay failed; the next run goes on from there.
pub(super) async fn played(folder: &Folder, address: &str) -> anyhow::Result<String> {
    if !is_done(folder) {
        let Some(_lock) = Lock::take_demo(folder, PATIENCE).await? else {
            bail!("another process has been replaying for {} minutes", PATIENCE.as_secs() / 60);
        };
        if !is_done(folder) {
            let mut options = Options::all_at(address, folder.issuer_key());
            options.book = Some(folder.demo_book());
            options.progress = Arc::new(Bars::default());
            let report = demo::run(options).await.context("the first week could not be replayed")?;
            write(&folder.demo_report(), report.to_string().as_bytes())?;
        }
    }
    std::fs::read_to_string(folder.demo_report()).context("the report of the first week cannot be read")
}

/// A bar a part on a terminal, a line a part elsewhere.
#[derive(Debug, Default)]
struct Bars(Mutex<Option<Bar>>);

#[derive(Debug)]
struct Bar {
    /// On a terminal.
    shown: Option<ProgressBar>,
    part: Part,
    answers: u64,
    since: Instant,
}

impl Bars {
    fn with(&self, act: impl FnOnce(&mut Option<Bar>)) {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Progress for Bars {
    fn begin(&self, part: Part, answers: u64) {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{msg:42} {wide_bar} {pos:>7}/{len:7} {elapsed:>4}");
            let bar = ProgressBar::new(answers).with_message(part.to_string());
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        self.with(|current| *current = Some(Bar { shown: bar, part, answers: 0, since: Instant::now() }));
    }

    fn answered(&self, count: u64) {
        self.with(|current| {
            let Some(current) = current else { return };
            current.answers += count;
            if let Some(bar) = &current.shown {
                bar.inc(count);
            }
        });
    }

    fn end(&self) {
        self.with(|current| {
            let Some(Bar { shown, part, answers, since }) = current.take() else { return };
            match shown {
                Some(bar) => bar.finish(),
                None => eprintln!("{part}: {answers} answers in {:.1} s", since.elapsed().as_secs_f64()),
            }
        });
    }
}
