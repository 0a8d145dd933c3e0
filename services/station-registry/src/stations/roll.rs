//! The roll in memory: tree, names and the version of the tables it was read from. Swapped whole; a read never waits.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use platform::directory::{Directory, Station, Tree, UnitVersion};

use super::search::Names;

/// All rows of the roll.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Held {
    /// All versions of all units.
    pub units: Vec<UnitVersion>,
    /// All stations.
    pub stations: Vec<Station>,
    /// Moved by every import that changed something.
    pub version: i64,
}

/// The roll as it is answered from.
#[derive(Debug, Default)]
pub struct Roll {
    /// Units and stations by date.
    pub tree: Arc<Tree>,
    /// Their names, ready to be searched.
    pub names: Names,
    /// The version of the tables it was read from; 0: never imported.
    pub version: i64,
}

/// The roll as it is now, for everyone in the process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Snapshot {
    directory: Directory,
    roll: Arc<ArcSwap<Roll>>,
    one_at_a_time: Arc<Mutex<()>>,
}

impl Snapshot {
    /// Nothing known yet. `directory` is kept in step: scopes are resolved from it.
    #[must_use]
    pub fn new(directory: Directory) -> Self {
        Self { directory, roll: Arc::default(), one_at_a_time: Arc::default() }
    }

    /// The roll as it is now.
    #[must_use]
    pub fn roll(&self) -> Arc<Roll> {
        self.roll.load_full()
    }

    /// From now on, this one; unless a newer one came in while it was read.
    pub fn swap(&self, held: Held) {
        let _one = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        if held.version < self.roll.load().version {
            return;
        }
        self.directory.swap(Tree::new(held.units, held.stations));
        let tree = self.directory.tree();
        let names = Names::of(&tree);
        self.roll.store(Arc::new(Roll { tree, names, version: held.version }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stations::samples::station;

    #[test]
    fn an_older_roll_does_not_take_the_place_of_a_newer_one() {
        let directory = Directory::new();
        let snapshot = Snapshot::new(directory.clone());
        let of = |version: i64| Held {
            version,
            stations: vec![station(&format!("ps-{version}"), "district-1", 1, "2000-01-01", None)],
            ..Held::default()
        };
        for (version, holds) in [(1, 1), (3, 3), (2, 3), (3, 3), (4, 4)] {
            snapshot.swap(of(version));
            let id = format!("ps-{holds}");
            assert_eq!(snapshot.roll().version, holds);
            assert!(snapshot.roll().tree.station(&id).is_some() && directory.tree().station(&id).is_some());
        }
    }
}
