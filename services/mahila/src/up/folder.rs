//! Where `mahila up` keeps what it runs.
//!
//! ```text
//! <state>/lock                 held by the supervisor
//! <state>/state.json           what runs, as the supervisor last wrote it
//! <state>/listen               the address, chosen at the first start
//! <state>/settings.toml        the services' settings, written at every start
//! <state>/keys/                the development issuer's key, the vault's keys
//! <state>/tokens/<role>        a token a role
//! <state>/mahila.binpb         the contract's descriptor set
//! <state>/logs/mahila.log      what supervisor and services say
//! <state>/run/traces.sock      the trace keeper
//! <state>/postgres/            the databases
//! <state>/demo.book            how far the replay of the first week is
//! <state>/demo.report          what it came to
//! ```

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use platform::postgres::embedded::state_dir;
use tokio::time::Instant;

/// The log is kept below so many bytes.
const LOG_BYTES: u64 = 32 << 20;

/// `--state`
#[derive(Debug, Clone, Default, Args)]
pub struct StateFolder {
    /// Folder of `mahila up`. Default: `MAHILA_HOME`; else /var/lib/mahila-help-desk for root, ~/.local/state/mahila-help-desk
    /// for others.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
}

impl StateFolder {
    /// This folder.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        Self { state: Some(path.to_owned()) }
    }

    /// The folder that is meant.
    #[must_use]
    pub fn folder(&self) -> Folder {
        let path = self.state.clone().unwrap_or_else(state_dir);
        Folder(std::path::absolute(&path).unwrap_or(path))
    }
}

/// The folder, by the names of what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder(PathBuf);

impl Folder {
    /// Itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The development issuer's key.
    #[must_use]
    pub fn issuer_key(&self) -> PathBuf {
        self.0.join("keys/issuer.key")
    }

    /// The trace keeper's socket.
    #[must_use]
    pub fn traces_socket(&self) -> PathBuf {
        self.0.join("run/traces.sock")
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.0.join("lock")
    }

    pub(super) fn jwks(&self) -> PathBuf {
        self.0.join("keys/jwks.json")
    }

    pub(super) fn seal_keys(&self) -> PathBuf {
        self.0.join("keys/seal.keys")
    }

    pub(super) fn token(&self, role: &str) -> PathBuf {
        self.0.join("tokens").join(role)
    }

    pub(super) fn settings(&self) -> PathBuf {
        self.0.join("settings.toml")
    }

    pub(super) fn listen(&self) -> PathBuf {
        self.0.join("listen")
    }

    pub(super) fn state_file(&self) -> PathBuf {
        self.0.join("state.json")
    }

    pub(super) fn descriptors(&self) -> PathBuf {
        self.0.join("mahila.binpb")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.0.join("logs/mahila.log")
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.0.join("postgres")
    }

    /// How far the replay of the first week is.
    pub(super) fn demo_book(&self) -> PathBuf {
        self.0.join("demo.book")
    }

    /// What it came to.
    pub(super) fn demo_report(&self) -> PathBuf {
        self.0.join("demo.report")
    }

    /// Makes it and what stands in it. Others may enter, since root's PostgreSQL is not root; keys and tokens are its
    /// owner's alone.
    ///
    /// # Errors
    /// A folder cannot be made.
    pub(super) fn make(&self) -> anyhow::Result<()> {
        for (folder, mode) in
            [("", 0o755), ("keys", 0o700), ("tokens", 0o700), ("logs", 0o700), ("run", 0o700), ("postgres", 0o755)]
        {
            let path = self.0.join(folder);
            std::fs::create_dir_all(&path)
                .and_then(|()| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)))
                .with_context(|| unusable(&path))?;
        }
        Ok(())
    }

    /// Opens the log at its end.
    ///
    /// # Errors
    /// It cannot be opened.
    pub(super) fn open_log(&self) -> anyhow::Result<File> {
        let path = self.log();
        let open = || OpenOptions::new().append(true).create(true).mode(0o600).open(&path);
        open().with_context(|| unusable(&path))
    }

    /// A log that has grown large is copied aside and begun anew; who writes it writes at its end.
    pub(super) fn look_after_log(&self) {
        let log = self.log();
        if std::fs::metadata(&log).is_ok_and(|meta| meta.len() > LOG_BYTES) {
            let old = log.with_added_extension("old");
            let kept =
                std::fs::copy(&log, old).and_then(|_| std::fs::File::options().write(true).open(&log)?.set_len(0));
            if let Err(error) = kept {
                tracing::warn!(%error, "the log cannot be put aside");
            }
        }
    }
}

/// Writes a file of the folder at once: a reader sees the old one or the new one.
///
/// # Errors
/// It cannot be written.
pub(super) fn write(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let new = path.with_added_extension("new");
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(content)?;
        std::fs::rename(&new, path)
    })();
    written.with_context(|| unusable(path))
}

fn unusable(path: &Path) -> String {
    format!(
        "{} cannot be written; make room on its disk, or choose another folder with --state or MAHILA_HOME",
        path.display()
    )
}

/// The right to run what is in a folder. It ends with the process, however that ends.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "held, not used")] File);

impl Lock {
    /// Takes it; `None` when another process has it for good. (One that only looks has it for a moment.)
    ///
    /// # Errors
    /// The file cannot be made.
    pub(super) async fn take(folder: &Folder, wait: Duration) -> anyhow::Result<Option<Self>> {
        Self::take_file(&folder.lock(), wait).await
    }

    /// The right to replay the first week.
    ///
    /// # Errors
    /// The file cannot be made.
    pub(super) async fn take_demo(folder: &Folder, wait: Duration) -> anyhow::Result<Option<Self>> {
        Self::take_file(&folder.0.join("demo.lock"), wait).await
    }

    async fn take_file(path: &Path, wait: Duration) -> anyhow::Result<Option<Self>> {
        let deadline = Instant::now() + wait;
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
        let file = file.with_context(|| format!("{} cannot be made", path.display()))?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Self(file))),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => tokio::time::sleep(super::POLL).await,
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => bail!("{} cannot be locked: {error}", path.display()),
            }
        }
    }

    /// Whether some process has it.
    pub(super) fn is_held(folder: &Folder) -> bool {
        let Ok(file) = File::open(folder.lock()) else { return false };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }

    /// Waits until no process has it; false when one still has.
    pub(super) async fn gone(folder: &Folder, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        while Self::is_held(folder) {
            if Instant::now() >= deadline {
                return false;
            }
            tokio::time::sleep(super::POLL).await;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_has_one_supervisor() {
        let path = tempfile::tempdir().unwrap();
        let folder = StateFolder::of(path.path()).folder();
        folder.make().unwrap();
        assert!(!Lock::is_held(&folder));
        let lock = Lock::take(&folder, Duration::ZERO).await.unwrap().unwrap();
        assert!(Lock::is_held(&folder));
        assert!(Lock::take(&folder, Duration::ZERO).await.unwrap().is_none());
        drop(lock);
        assert!(!Lock::is_held(&folder));
    }

    #[test]
    fn keys_are_the_owners_alone() {
        let path = tempfile::tempdir().unwrap();
        let folder = StateFolder::of(path.path()).folder();
        folder.make().unwrap();
        write(&folder.token("auditor"), b"secret").unwrap();
        let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(folder.path().join("keys")), 0o700);
        assert_eq!(mode(folder.token("auditor")), 0o600);
        assert_eq!(mode(folder.postgres()), 0o755);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_told() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = StateFolder::of(&file.path().join("inside")).folder().make().unwrap_err();
        assert!(format!("{error:#}").contains("--state"), "{error:#}");
    }
}
