//! Processes by their number, which another process may have by now: so each is asked what it runs before anything is done
//! to it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::bail;
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::Instant;

use super::folder::Folder;

/// This program. A rebuild replaces the file, and then the new one is meant.
pub(super) fn program() -> std::io::Result<PathBuf> {
    let path = std::env::current_exe()?;
    let name = path.to_string_lossy();
    Ok(name.strip_suffix(" (deleted)").map_or(path.clone(), PathBuf::from))
}

/// What tells one build of this program from another.
pub(super) fn build() -> std::io::Result<String> {
    use std::os::unix::fs::MetadataExt as _;
    let meta = std::fs::metadata(program()?)?;
    Ok(format!("{}.{:09}-{}", meta.mtime(), meta.mtime_nsec(), meta.size()))
}

/// Whether a process has a file open: whoever has the lock is the supervisor, whatever it is called.
pub(super) fn has_open(pid: u32, file: &Path) -> bool {
    let Ok(open) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    open.flatten().any(|entry| std::fs::read_link(entry.path()).is_ok_and(|link| link == file))
}

/// Whether a process is a `mahila VERB` of this folder.
pub(super) fn is_ours(pid: u32, verb: &str, folder: &Folder) -> bool {
    let Ok(line) = std::fs::read(format!("/proc/{pid}/cmdline")) else { return false };
    let words: Vec<_> = line.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
    words.get(1).is_some_and(|word| word == verb)
        && words.iter().any(|word| Path::new(&**word).starts_with(folder.path()))
}

/// Sends a signal to a process that was just found to be ours. One that has gone needs none.
pub(super) fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

/// Waits for the services that a killed supervisor left behind: they stop by themselves when it has gone. Those that do
/// not are ended.
///
/// # Errors
/// One does not go.
pub(super) async fn end_orphan(pid: u32, folder: &Folder) -> anyhow::Result<()> {
    for (patience, last) in [
        (Duration::from_secs(15), Signal::TERM),
        (Duration::from_secs(3), Signal::KILL),
        (Duration::from_secs(5), Signal::KILL),
    ] {
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if !is_ours(pid, "serve", folder) {
                return Ok(());
            }
            tokio::time::sleep(super::POLL).await;
        }
        signal(pid, last);
    }
    bail!("the services of an earlier run (process {pid}) do not end; to mend it: kill -9 {pid}")
}

/// Refuses an address that somebody listens on, and says who.
///
/// # Errors
/// Somebody does.
pub(super) fn need_free(listen: SocketAddr) -> anyhow::Result<()> {
    let Err(error) = std::net::TcpListener::bind(listen) else { return Ok(()) };
    let who = match listener_of(listen.port()) {
        Some((pid, name)) => format!("process {pid} ({name}) listens there"),
        None => error.to_string(),
    };
    bail!(
        "{listen} cannot be listened on: {who}; to mend it: stop that, or choose another address with --listen 127.0.0.1:PORT"
    )
}

/// The process that listens on a port, with its name: as far as this user may know.
pub(super) fn listener_of(port: u16) -> Option<(u32, String)> {
    let inode = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .find_map(|table| inode(&std::fs::read_to_string(table).ok()?, port))?;
    let wanted = format!("socket:[{inode}]");
    for process in std::fs::read_dir("/proc").ok()?.flatten() {
        let Some(pid) = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(files) = std::fs::read_dir(process.path().join("fd")) else { continue };
        let holds =
            files.flatten().any(|file| std::fs::read_link(file.path()).is_ok_and(|link| link == Path::new(&wanted)));
        if holds {
            let name = std::fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some((pid, name.trim().to_owned()));
        }
    }
    None
}

/// The inode of a listening socket, of a table such as /proc/net/tcp.
fn inode(table: &str, port: u16) -> Option<u64> {
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let local = fields.get(1)?.rsplit(':').next()?;
        // 0A is LISTEN.
        let listens = fields.get(3) == Some(&"0A") && u16::from_str_radix(local, 16) == Ok(port);
        listens.then(|| fields.get(9)?.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::super::folder::StateFolder;
    use super::*;

    #[test]
    fn who_has_a_port_is_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert_eq!(listener_of(port).map(|(pid, _)| pid), Some(std::process::id()));
        drop(listener);
        assert_eq!(listener_of(port), None);
    }

    #[test]
    fn who_has_a_file_open_is_known() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(has_open(std::process::id(), file.path()));
        assert!(!has_open(std::process::id(), Path::new("/no/such/file")));
    }

    #[tokio::test]
    async fn a_number_that_another_process_has_is_left_alone() {
        let folder = StateFolder::of(Path::new("/no/such/folder")).folder();
        assert!(!is_ours(std::process::id(), "serve", &folder));
        end_orphan(std::process::id(), &folder).await.unwrap();
    }
}
