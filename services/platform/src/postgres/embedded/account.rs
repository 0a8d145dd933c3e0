//! Whom the server runs as. PostgreSQL refuses root, so root's server runs as the unprivileged user `nobody`.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::EmbeddedError;

/// `nobody` on every Linux, and its group, which is called `nogroup` on some.
const NOBODY: u32 = 65_534;

/// Whom the server runs as.
#[derive(Debug, Clone)]
pub(super) struct Account {
    /// The program that drops privileges and ties the server's life to ours. Missing outside Linux.
    setpriv: Option<PathBuf>,
    dropped: bool,
}

impl Account {
    pub(super) fn current() -> Result<Self, EmbeddedError> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let usual = ["/usr/bin", "/bin"].map(PathBuf::from);
        let setpriv = std::env::split_paths(&path)
            .chain(usual)
            .map(|folder| folder.join("setpriv"))
            .find(|program| program.is_file());
        let dropped = rustix::process::geteuid().is_root();
        if dropped && setpriv.is_none() {
            return Err(EmbeddedError::NoSetpriv);
        }
        Ok(Self { setpriv, dropped })
    }

    /// A command that will run as this account, with nothing of our environment: `initdb` stops at a locale that is not
    /// installed, and a variable of libpq would lead it elsewhere.
    ///
    /// The kernel interrupts it when the *thread* that spawned it ends, so that a killed supervisor leaves no server
    /// behind: spawn it from a thread that lives as long as it should. (setpriv, because setting that up in our own
    /// child process would be unsafe code, and changing the user would undo it.)
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = match &self.setpriv {
            Some(setpriv) => {
                let mut command = Command::new(setpriv);
                if self.dropped {
                    command.args([format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"), "--clear-groups".into()]);
                }
                command.args(["--pdeathsig", "INT", "--"]).arg(program);
                command
            }
            None => Command::new(program),
        };
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C").current_dir("/").stdin(Stdio::null());
        command
    }

    /// Hands a folder of ours to the account, for it alone.
    pub(super) fn own(&self, folder: &Path) -> std::io::Result<()> {
        use std::os::unix::fs::{PermissionsExt, chown};
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
        if self.dropped {
            chown(folder, Some(NOBODY), Some(NOBODY))?;
        }
        Ok(())
    }

    /// Whether a folder belongs to the account.
    pub(super) fn owns(&self, folder: &std::fs::Metadata) -> bool {
        let user = if self.dropped { NOBODY } else { rustix::process::geteuid().as_raw() };
        folder.uid() == user
    }

    /// The first folder on the way down to `folder` that the account cannot pass, if any.
    pub(super) fn barrier(&self, folder: &Path) -> Option<PathBuf> {
        if !self.dropped {
            return None;
        }
        let mut way: Vec<_> = folder.ancestors().collect();
        way.reverse();
        way.into_iter()
            .find(|step| std::fs::metadata(step).is_ok_and(|meta| meta.mode() & 0o001 == 0 && !self.owns(&meta)))
            .map(Path::to_owned)
    }

    #[cfg(test)]
    pub(super) fn is_dropped(&self) -> bool {
        self.dropped
    }
}
