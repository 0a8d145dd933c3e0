//! The folder of a cluster, and the right to use it.
//!
//! ```text
//! <dir>/lock           held by the process that uses the cluster
//! <dir>/postgres.log   what the server says; ours, so that it cannot be turned against us
//! <dir>/server/        the server's own, closed to everybody else:
//!              data/       the databases
//!              s/          the socket, unless its path were too long
//! ```

use std::fs::{self, File, OpenOptions, TryLockError};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::account::Account;
use super::error::EmbeddedError;

/// The kernel allows 107 bytes for a socket's path; this leaves room for `/.s.PGSQL.5432.lock` too.
const SOCKET_FOLDER_BYTES: usize = 85;

/// A log that has grown larger is put aside at the next start.
const LOG_BYTES: u64 = 4 * 1024 * 1024;

/// A cluster's folder, held by this process until it is dropped.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) log: PathBuf,
    pub(super) data: PathBuf,
    /// Where `initdb` works, so that `data` is whole or not there.
    pub(super) unfinished: PathBuf,
    pub(super) socket: PathBuf,
    _lock: File,
}

/// `$MAHILA_HOME`; else for root `/var/lib/mahila-help-desk`, because the server, which is not root, could not enter
/// root's home; else `mahila-help-desk` in `$XDG_STATE_HOME` or `~/.local/state`.
#[must_use]
pub fn state_dir() -> PathBuf {
    const NAME: &str = "mahila-help-desk";
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(home) = set("MAHILA_HOME") {
        return home;
    }
    if rustix::process::geteuid().is_root() {
        return Path::new("/var/lib").join(NAME);
    }
    set("XDG_STATE_HOME")
        .or_else(|| Some(set("HOME")?.join(".local/state")))
        .unwrap_or_else(std::env::temp_dir)
        .join(NAME)
}

impl Folder {
    pub(super) fn take(dir: &Path, account: &Account) -> Result<Self, EmbeddedError> {
        let server = dir.join("server");
        fs::create_dir_all(&server).map_err(|error| failed(dir, &error))?;
        let dir = dir.canonicalize().map_err(|error| failed(dir, &error))?;
        let server = dir.join("server");
        if let Some(barrier) = account.barrier(&dir) {
            return Err(EmbeddedError::Folder {
                path: dir,
                wrong: format!("the user nobody, as whom root's server runs, cannot enter {}", barrier.display()),
                mend: "choose a folder with MAHILA_HOME that everybody may enter",
            });
        }

        let lock = dir.join("lock");
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&lock)
            .map_err(|error| failed(&lock, &error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(EmbeddedError::Busy { dir }),
            Err(TryLockError::Error(error)) => return Err(failed(&dir, &error)),
        }

        account.own(&server).map_err(|error| failed(&server, &error))?;
        let socket = socket_folder(&server);
        make_socket_folder(&socket, account)?;
        let log = dir.join("postgres.log");
        if fs::metadata(&log).is_ok_and(|meta| meta.len() > LOG_BYTES) {
            fs::rename(&log, dir.join("postgres.log.old")).map_err(|error| failed(&log, &error))?;
        }
        Ok(Self { log, data: server.join("data"), unfinished: server.join("data.unfinished"), socket, _lock: lock })
    }

    /// Removes what a killed server left beside its socket. While its process is not yet reaped, PostgreSQL would take the
    /// file for that of a living server and not start. Only to be called when no server runs on this folder.
    pub(super) fn forget_socket(&self) {
        let _ = fs::remove_file(self.socket.join(format!(".s.PGSQL.{}.lock", super::PORT)));
    }

    /// The log, to be written at its end, and how long it is now.
    pub(super) fn open_log(&self) -> Result<(File, u64), EmbeddedError> {
        let file =
            OpenOptions::new().append(true).create(true).open(&self.log).map_err(|error| failed(&self.log, &error))?;
        let length = file.metadata().map_err(|error| failed(&self.log, &error))?.len();
        Ok((file, length))
    }

    /// The last lines of what the log got since it was `from` bytes long.
    pub(super) fn said_since(&self, from: u64) -> String {
        const LINES: usize = 8;
        let Ok(bytes) = fs::read(&self.log) else { return String::new() };
        let new = bytes.get(usize::try_from(from).unwrap_or(0)..).unwrap_or_default();
        let text = String::from_utf8_lossy(new);
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(LINES)..].join("\n")
    }
}

pub(super) fn failed(path: &Path, error: &std::io::Error) -> EmbeddedError {
    use std::io::ErrorKind;
    EmbeddedError::Folder {
        path: path.to_owned(),
        wrong: error.to_string(),
        mend: match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                "the disk is full: make room, or choose another with MAHILA_HOME"
            }
            _ => "choose a folder that you may write with MAHILA_HOME",
        },
    }
}

/// In the server's folder, or in the system's temporary one under a name that is always the same for this cluster.
fn socket_folder(server: &Path) -> PathBuf {
    let inside = server.join("s");
    if inside.as_os_str().as_bytes().len() <= SOCKET_FOLDER_BYTES {
        return inside;
    }
    let mut hasher = DefaultHasher::new();
    server.hash(&mut hasher);
    Path::new("/tmp").join(format!("mahila-{:016x}", hasher.finish()))
}

/// Anybody who reaches the socket is let in as whom they say they are, so nobody but us may reach it. In the temporary
/// folder a stranger may have been there first.
fn make_socket_folder(socket: &Path, account: &Account) -> Result<(), EmbeddedError> {
    match fs::create_dir(socket) {
        Ok(()) => account.own(socket).map_err(|error| failed(socket, &error)),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let meta = fs::symlink_metadata(socket).map_err(|error| failed(socket, &error))?;
            if meta.is_dir() && account.owns(&meta) {
                account.own(socket).map_err(|error| failed(socket, &error))
            } else {
                Err(EmbeddedError::Folder {
                    path: socket.to_owned(),
                    wrong: "it is there and belongs to somebody else".to_owned(),
                    mend: "remove it",
                })
            }
        }
        Err(error) => Err(failed(socket, &error)),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_long_path_gets_a_short_socket() {
        assert_eq!(socket_folder(Path::new("/var/lib/x/server")), Path::new("/var/lib/x/server/s"));
        let long = PathBuf::from(format!("/{}", "x".repeat(100)));
        let short = socket_folder(&long);
        assert!(short.as_os_str().len() < 40);
        assert_eq!(short, socket_folder(&long), "the same at every start");
    }

    #[test]
    fn a_folder_has_one_user_at_a_time() {
        let account = Account::current().unwrap();
        let dir = tempfile::tempdir().unwrap();
        open_to_all(dir.path());
        let first = Folder::take(dir.path(), &account).unwrap();
        let second = Folder::take(dir.path(), &account).unwrap_err();
        assert!(second.to_string().contains("another process is using"), "{second}");
        drop(first);
        Folder::take(dir.path(), &account).unwrap();
    }

    #[test]
    fn roots_server_is_told_when_it_cannot_enter() {
        let account = Account::current().unwrap();
        if !account.is_dropped() {
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        // As root's home.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let error = Folder::take(&dir.path().join("inside"), &account).unwrap_err().to_string();
        assert!(error.contains("cannot enter"), "{error}");
        assert!(error.contains("MAHILA_HOME"), "{error}");
    }

    fn open_to_all(dir: &Path) {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
    }
}
