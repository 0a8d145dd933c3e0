//! Files that are read again when they change. Their content is compared, not a time or an inode: Kubernetes exchanges a link
//! two folders above, and `cp` writes in place.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

use crate::settings::SettingsError;

/// What the files held, or that they could not be read.
type Seen = [u8; 32];

/// Files that belong together.
#[derive(Debug)]
pub(crate) struct Files {
    /// Of the settings that name them.
    section: &'static str,
    paths: Vec<PathBuf>,
    /// What they held when they were last used.
    used: Seen,
}

impl Files {
    /// To be made *before* the files are read for the first time: what changes in between is seen then.
    pub(crate) fn new(section: &'static str, paths: Vec<PathBuf>) -> Self {
        let used = look(&paths);
        Self { section, paths, used }
    }

    /// Looks every so often, until the end. Files that are others now are loaded, and what came of it is taken. Where they
    /// cannot be used, that is logged once, and nothing is taken.
    pub(crate) fn keep<T: Send + 'static>(
        self,
        every: Duration,
        end: CancellationToken,
        load: impl Fn() -> Result<T, SettingsError> + Send + Sync + 'static,
        take: impl Fn(T) + Send + 'static,
    ) {
        if self.paths.is_empty() {
            return;
        }
        let load = Arc::new(load);
        let Self { section, paths, mut used } = self;
        let paths = Arc::new(paths);
        tokio::spawn(async move {
            let mut failed = None;
            while end.run_until_cancelled(tokio::time::sleep(every)).await.is_some() {
                let (paths, load) = (paths.clone(), load.clone());
                // A file may be on a disk that hangs.
                let read = tokio::task::spawn_blocking(move || {
                    let now = look(&paths);
                    (now, (now != used).then(|| load()))
                });
                match read.await {
                    Ok((now, Some(Ok(loaded)))) => {
                        take(loaded);
                        (used, failed) = (now, None);
                        tracing::info!(section, "files were replaced; what they hold is used from now on");
                    }
                    // Two files never change in the same instant: only what stays wrong is wrong.
                    Ok((now, Some(Err(wrong)))) => match failed {
                        Some((before, false)) if before == now => {
                            tracing::error!(section, %wrong, "files were replaced and cannot be used; what they held before stays in use");
                            failed = Some((now, true));
                        }
                        Some((before, _)) if before == now => {}
                        _ => failed = Some((now, false)),
                    },
                    Ok((_, None)) => failed = None,
                    // It panicked, and said so.
                    Err(_) => {}
                }
            }
        });
    }
}

fn look(paths: &[PathBuf]) -> Seen {
    let mut all = Sha256::new();
    for path in paths {
        match std::fs::read(path) {
            Ok(content) => all.update(Sha256::digest(content)),
            Err(error) => all.update(format!("{:?}", error.kind())),
        }
    }
    all.finalize().into()
}
