//! Room on the disk, asked for before anything is made there: a full disk leaves nothing half done.

use std::path::Path;

use anyhow::{Context as _, bail};

use super::folder::Folder;

/// What an empty suite takes, or one that was there before and starts again: databases, and the log that PostgreSQL writes ahead.
pub(super) const EMPTY: u64 = 256 << 20;
/// What the first week and its journals take (1.3 GB), and then some.
pub(super) const FIRST_WEEK: u64 = 2 << 30;

/// Refuses a disk with less room than is needed, in bytes.
///
/// # Errors
/// There is too little, or the disk does not say.
pub(super) fn need(folder: &Folder, needed: u64) -> anyhow::Result<()> {
    enough(free(folder.path())?, needed).with_context(|| {
        format!(
            "{} is on a disk that is too full; make room, or choose another folder with --state or MAHILA_HOME",
            folder.path().display()
        )
    })
}

/// Bytes that we may still write where a folder is, or will be.
fn free(folder: &Path) -> anyhow::Result<u64> {
    let there = folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("/"));
    let disk = rustix::fs::statvfs(there)
        .with_context(|| format!("the disk of {} does not say how full it is", there.display()))?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

fn enough(free: u64, needed: u64) -> anyhow::Result<()> {
    if free < needed {
        bail!("{} MB are left, and {} are needed", free >> 20, needed >> 20);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::folder::StateFolder;
    use super::*;

    #[test]
    fn too_little_is_told_in_megabytes() {
        assert!(enough(FIRST_WEEK, FIRST_WEEK).is_ok());
        let error = enough(FIRST_WEEK - 1, FIRST_WEEK).unwrap_err().to_string();
        assert_eq!(error, "2047 MB are left, and 2048 are needed");
    }

    #[test]
    fn the_disk_is_asked_before_the_folder_is_there() {
        let path = tempfile::tempdir().unwrap();
        let folder = StateFolder::of(&path.path().join("not/yet/there")).folder();
        assert!(need(&folder, 1).is_ok());
        let error = format!("{:#}", need(&folder, u64::MAX).unwrap_err());
        assert!(
            error.contains("not/yet/there") && error.contains("--state") && error.contains("MB are left"),
            "{error}"
        );
        assert!(!path.path().join("not").exists());
    }
}
