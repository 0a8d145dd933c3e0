//! Where PostgreSQL is installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::account::Account;
use super::error::EmbeddedError;

/// The two programs that are needed. Clients and extensions' tools are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    pub(super) postgres: PathBuf,
    pub(super) initdb: PathBuf,
}

/// The first usable place of: `$PG_BIN`, what `pg_config` says, Debian's and Fedora's folders (newest first), `PATH`.
/// With data at hand (`data_version`, e.g. "15"), the first that fits the data.
pub(super) fn find(account: &Account, data: &Path) -> Result<Binaries, EmbeddedError> {
    let data_version = std::fs::read_to_string(data.join("PG_VERSION")).ok().map(|text| text.trim().to_owned());
    let mut looked = Vec::new();
    let mut found = Vec::new();
    for (place, folder) in candidates() {
        let Some(binaries) = Binaries::inside(&folder) else {
            looked.push(place);
            continue;
        };
        let Some(version) = binaries.major(account) else {
            looked.push(format!("{} (does not run)", folder.display()));
            continue;
        };
        match &data_version {
            Some(wanted) if *wanted != version => found.push(version),
            _ => return Ok(binaries),
        }
    }
    match data_version {
        Some(data_version) if !found.is_empty() => {
            Err(EmbeddedError::Version { dir: data.to_owned(), data: data_version, found: found.join(", ") })
        }
        _ => Err(EmbeddedError::NoBinaries { looked }),
    }
}

/// What a place is called in a message, and its folder.
fn candidates() -> Vec<(String, PathBuf)> {
    let mut candidates = Vec::new();
    if let Some(folder) = std::env::var_os("PG_BIN").filter(|value| !value.is_empty()) {
        candidates.push((format!("PG_BIN={}", folder.display()), PathBuf::from(folder)));
    }
    match Command::new("pg_config").arg("--bindir").output() {
        Ok(output) if output.status.success() => {
            let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
            candidates.push((format!("pg_config: {}", folder.display()), folder));
        }
        _ => candidates.push(("pg_config (not there)".to_owned(), PathBuf::new())),
    }
    candidates.push(("/usr/lib/postgresql/*/bin".to_owned(), PathBuf::new()));
    for folder in versions(Path::new("/usr/lib/postgresql")) {
        candidates.push((folder.display().to_string(), folder));
    }
    candidates.push(("PATH".to_owned(), PathBuf::new()));
    let path = std::env::var_os("PATH").unwrap_or_default();
    for folder in std::env::split_paths(&path).filter(|folder| folder.join("postgres").is_file()) {
        candidates.push((folder.display().to_string(), folder));
    }
    candidates
}

/// `<root>/<number>/bin`, the highest number first.
fn versions(root: &Path) -> Vec<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    versions.into_iter().map(|(_, folder)| folder).collect()
}

impl Binaries {
    fn inside(folder: &Path) -> Option<Self> {
        let binaries = Self { postgres: folder.join("postgres"), initdb: folder.join("initdb") };
        (folder.is_absolute() && binaries.postgres.is_file() && binaries.initdb.is_file()).then_some(binaries)
    }

    /// "15" of "postgres (PostgreSQL) 15.14 (Debian …)", asked as the user that will run it: a build below root's home
    /// is there for us and not for that user.
    fn major(&self, account: &Account) -> Option<String> {
        let output = account.command(&self.postgres).arg("--version").output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let number = text.split_once("(PostgreSQL) ")?.1;
        let major: String = number.chars().take_while(char::is_ascii_digit).collect();
        (output.status.success() && !major.is_empty()).then_some(major)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_comes_first() {
        let root = tempfile::tempdir().unwrap();
        for name in ["9", "15", "100", "common"] {
            std::fs::create_dir_all(root.path().join(name).join("bin")).unwrap();
        }
        let names: Vec<_> = versions(root.path())
            .iter()
            .map(|path| path.strip_prefix(root.path()).unwrap().display().to_string())
            .collect();
        assert_eq!(names, ["100/bin", "15/bin", "9/bin"]);
        assert!(versions(Path::new("/no/such/folder")).is_empty());
    }

    #[test]
    fn data_of_another_version_is_told_apart() {
        let account = Account::current().unwrap();
        let data = tempfile::tempdir().unwrap();
        std::fs::write(data.path().join("PG_VERSION"), "8\n").unwrap();
        let error = find(&account, data.path()).unwrap_err().to_string();
        assert!(error.contains("was made by PostgreSQL 8, but this machine has 1"), "{error}");
        assert!(find(&account, Path::new("/no/data/yet")).is_ok());
    }
}
