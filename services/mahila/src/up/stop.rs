//! `mahila down` and `mahila clean`.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use rustix::process::Signal;

use super::folder::{Folder, Lock, StateFolder};
use super::process;
use super::state::State;
use super::steps::Steps;
use crate::Done;

/// The services drain, PostgreSQL writes what it holds.
const PATIENCE: Duration = Duration::from_secs(75);

/// `mahila down`
#[derive(Debug, Args)]
pub(crate) struct Down {
    #[command(flatten)]
    state: StateFolder,
}

/// `mahila clean`
#[derive(Debug, Args)]
pub(crate) struct Clean {
    #[command(flatten)]
    state: StateFolder,
}

impl Down {
    pub(crate) async fn run(self) -> Done {
        let mut steps = Steps::new();
        let folder = self.state.folder();
        let stopped = down(&folder, &mut steps).await?;
        steps.finish();
        steps.say(if stopped { "stopped; the data stays" } else { "nothing was running" });
        Ok(ExitCode::SUCCESS)
    }
}

impl Clean {
    pub(crate) async fn run(self) -> Done {
        let mut steps = Steps::new();
        let folder = self.state.folder();
        down(&folder, &mut steps).await?;
        steps.step("removing its data");
        remove(&folder)?;
        steps.finish();
        steps.say(&format!("{} is gone", folder.path().display()));
        Ok(ExitCode::SUCCESS)
    }
}

/// Stops what runs, in order; false when nothing did.
pub(super) async fn down(folder: &Folder, steps: &mut Steps) -> anyhow::Result<bool> {
    let state = State::read(folder);
    if !Lock::is_held(folder) {
        // A supervisor that was killed takes the others with it, in a moment.
        if let Some(pid) = state.and_then(|state| state.services_pid) {
            process::end_orphan(pid, folder).await?;
        }
        return Ok(false);
    }
    let pid = state.context("what runs does not say what it is; end its process, which holds the file `lock`")?.pid;
    let lock = folder.lock();
    if !process::has_open(pid, &lock.canonicalize().unwrap_or(lock)) {
        bail!(
            "process {pid} is not a supervisor of {}; end the process that holds the file `lock` there",
            folder.path().display()
        );
    }
    steps.step("stopping services and PostgreSQL");
    process::signal(pid, Signal::TERM);
    if !Lock::gone(folder, PATIENCE).await {
        bail!("process {pid} does not stop; `mahila logs` says why; to end it at once: kill -9 {pid}");
    }
    Ok(true)
}

/// Removes what we made, and the folder itself if nothing else is in it.
fn remove(folder: &Folder) -> anyhow::Result<()> {
    const FILES: [&str; 8] =
        ["demo.lock", "demo.book", "demo.report", "state.json", "listen", "settings.toml", "mahila.binpb", "lock"];
    const FOLDERS: [&str; 5] = ["keys", "tokens", "logs", "run", "postgres"];
    let path = folder.path();
    let absent = |error: std::io::Error| if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) };
    let removed = FOLDERS
        .iter()
        .try_for_each(|name| std::fs::remove_dir_all(path.join(name)).or_else(absent))
        .and_then(|()| FILES.iter().try_for_each(|name| std::fs::remove_file(path.join(name)).or_else(absent)));
    removed.with_context(|| format!("{} cannot be removed", path.display()))?;
    // Somebody else's files keep it there.
    let _ = std::fs::remove_dir(path);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_runs_and_nothing_is_stopped() {
        let path = tempfile::tempdir().unwrap();
        let folder = StateFolder::of(&path.path().join("state")).folder();
        assert!(!down(&folder, &mut Steps::new()).await.unwrap());
    }

    #[test]
    fn only_what_is_ours_is_removed() {
        let path = tempfile::tempdir().unwrap();
        let folder = StateFolder::of(path.path()).folder();
        folder.make().unwrap();
        std::fs::write(folder.settings(), "").unwrap();
        let foreign = path.path().join("thesis.txt");
        std::fs::write(&foreign, "years of work").unwrap();
        remove(&folder).unwrap();
        assert!(foreign.exists() && !folder.settings().exists() && !folder.postgres().exists());
        std::fs::remove_file(foreign).unwrap();
        remove(&folder).unwrap();
        assert!(!path.path().exists());
    }
}
