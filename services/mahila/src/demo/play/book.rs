//! What is remembered of a replay that was interrupted: which stops are done, and the names that later stops need. The same
//! stop twice is harmless (its requests have the same ids, and the clock stood still), so the book is written once a stop.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::demo::DemoError;

/// A complaint that came of a call.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OfCall {
    /// The call's place in the plan.
    pub(crate) call: usize,
    /// `complaints/…`.
    pub(crate) name: String,
    /// The station that has it: `ps-162-001`.
    pub(crate) station: String,
    /// The stop at which it came.
    pub(crate) stop: usize,
}

/// The book.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Book {
    /// Stops that are done.
    pub(crate) done: usize,
    /// Names of complaints, by number of the case.
    pub(crate) complaints: BTreeMap<usize, String>,
    /// Complaints of calls.
    pub(crate) of_calls: Vec<OfCall>,
    /// The only complaint on paper of stations that have one, by desk.
    pub(crate) on_paper: BTreeMap<usize, String>,
    /// The complaint on paper that turns out to be against its station, by desk.
    pub(crate) against_station: BTreeMap<usize, String>,
    /// Review cycles, by the name of the docket.
    pub(crate) cycles: BTreeMap<String, String>,
    /// Sittings, by the name of the docket.
    pub(crate) sittings: BTreeMap<String, String>,
    /// The campaign.
    pub(crate) campaign: String,
    /// Its partners, by number.
    pub(crate) partners: BTreeMap<usize, String>,
    /// Its events, by number.
    pub(crate) events: BTreeMap<usize, String>,
    /// What decisions owe, by the name of the case; read again when a replay goes on.
    #[serde(skip)]
    pub(crate) owed: HashMap<String, String>,
    #[serde(skip)]
    path: Option<PathBuf>,
}

impl Book {
    /// The book in a file; empty when there is none.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, DemoError> {
        let Some(path) = path else { return Ok(Self::default()) };
        let failed = |error: std::io::Error| DemoError::Book { path: path.to_owned(), error };
        let mut book = match std::fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| failed(error.into()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::default(),
            Err(error) => return Err(failed(error)),
        };
        book.path = Some(path.to_owned());
        Ok(book)
    }

    /// A stop is done.
    pub(crate) fn finish(&mut self, stop: usize) -> Result<(), DemoError> {
        self.done = stop + 1;
        let Some(path) = &self.path else { return Ok(()) };
        let beside = path.with_extension("new");
        let written = serde_json::to_vec(self).map_err(std::io::Error::from).and_then(|bytes| {
            std::fs::write(&beside, bytes)?;
            std::fs::rename(&beside, path)
        });
        written.map_err(|error| DemoError::Book { path: path.clone(), error })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_book_goes_on_where_it_ended() {
        let path = std::env::temp_dir().join(format!("mahila-book-{}", std::process::id()));
        let mut book = Book::open(Some(&path)).unwrap();
        assert_eq!(book.done, 0);
        book.complaints.insert(7, "complaints/x".into());
        book.finish(3).unwrap();
        let again = Book::open(Some(&path)).unwrap();
        assert_eq!((again.done, again.complaints[&7].as_str()), (4, "complaints/x"));
        std::fs::write(&path, "{").unwrap();
        assert!(Book::open(Some(&path)).is_err(), "half a book is none");
        std::fs::remove_file(&path).unwrap();
    }
}
