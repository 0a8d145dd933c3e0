//! A disk of a few megabytes, for tests of what happens when it is full. It is a file system of the kernel (tmpfs), so what
//! fills up is real; mounting one takes root, and a test that may not says so and ends.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The file system, mounted. Dropping it takes it away with all that is on it.
#[derive(Debug)]
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts one of so many megabytes; `None` where that is not allowed: the test's output then says that it did not run.
    ///
    /// # Panics
    /// The folder to mount it on cannot be made.
    #[must_use]
    pub fn mount(megabytes: u32) -> Option<Self> {
        let folder = std::env::temp_dir().join(format!("mahila-disk-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir_all(&folder).expect("a folder to mount on");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m,mode=755"), "mahila-test"])
            .arg(&folder)
            .output();
        let wrong = match mounted {
            Ok(output) if output.status.success() => return Some(Self(folder)),
            Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            Err(error) => error.to_string(),
        };
        let _ = std::fs::remove_dir(&folder);
        // Past the harness, which swallows what a test that succeeds has to say.
        let _ = writeln!(std::io::stderr(), "NOT RUN: a small disk cannot be mounted here, which takes root ({wrong})");
        None
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Fills it until so many megabytes are left.
    ///
    /// # Panics
    /// The disk does something else than being full.
    pub fn fill(&self, megabytes_left: u64) {
        let stone = vec![0; 64 << 10];
        let mut ballast = File::options().create(true).append(true).open(self.ballast()).expect("the ballast");
        let disk = || rustix::fs::statvfs(&self.0).expect("the disk says how full it is");
        while disk().f_bavail.saturating_mul(disk().f_frsize) > megabytes_left << 20 {
            if let Err(error) = ballast.write_all(&stone) {
                assert_eq!(error.kind(), std::io::ErrorKind::StorageFull, "{error}");
                return;
            }
        }
    }

    /// Takes away what filled it.
    ///
    /// # Panics
    /// It was not filled.
    pub fn make_room(&self) {
        std::fs::remove_file(self.ballast()).expect("the ballast is there");
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a server that was told to stop may take a moment.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
        let _ = std::fs::remove_dir(&self.0);
    }
}
