//! `mahila demo`: the first week. Replays 17 to 31 October 2020 through the public gRPC API alone, on the replay clock: the
//! roll, the paper registers, 4,679 women's calls to 112, 1,535 desks and nine days of work at them, a review of fifteen cases
//! a station with what came of it, awareness events, and the statement.
//!
//! [`plan`] decides everything beforehand and is the same on every run; `play` sends it, many calls at a time; [`tally`]
//! keeps what was answered, so that every figure of the statement can be counted again. Invented throughout but for the
//! figures on record, and marked so wherever it is shown.

pub mod plan;
mod play;
pub mod tally;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use platform::client::ClientError;

pub use tally::Tally;

/// Where the services are.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// `http://host:port` of the registry.
    pub registry: String,
    /// Of the intake.
    pub intake: String,
    /// Of the reviews.
    pub review: String,
    /// Of the campaigns.
    pub campaigns: String,
    /// Of the oversight.
    pub oversight: String,
    /// Of the process whose replay clock moves those of the others.
    pub replay: String,
}

impl Addresses {
    /// All services in one process.
    #[must_use]
    pub fn all_at(url: &str) -> Self {
        let url = || url.to_owned();
        Self { registry: url(), intake: url(), review: url(), campaigns: url(), oversight: url(), replay: url() }
    }
}

/// What a replay needs.
#[derive(Clone)]
pub struct Options {
    /// Where the services are.
    pub addresses: Addresses,
    /// PEM of the authority that the services' certificates are checked against, for https; `None`: the system's.
    pub authority: Option<Vec<u8>>,
    /// PEM of certificate and key to show, where the services ask for one.
    pub identity: Option<(Vec<u8>, Vec<u8>)>,
    /// File with the development issuer's key, which signs a token for each role and station.
    pub issuer_key: PathBuf,
    /// The `iss` that the services ask for.
    pub issuer: String,
    /// The `aud` that the services ask for.
    pub audience: String,
    /// `units.csv` of the roll.
    pub units_csv: Vec<u8>,
    /// `stations.csv` of the roll.
    pub stations_csv: Vec<u8>,
    /// File that remembers how far an interrupted replay came; `None`: it starts at the beginning.
    pub book: Option<PathBuf>,
    /// Who is told how far it is.
    pub progress: Arc<dyn Progress>,
}

impl Options {
    /// A replay of the roll in this repository into services that all have one address, told to nobody and not remembered.
    #[must_use]
    pub fn all_at(address: &str, issuer_key: PathBuf) -> Self {
        Self::at(Addresses::all_at(address), issuer_key)
    }

    /// The same into services with addresses of their own.
    #[must_use]
    pub fn at(addresses: Addresses, issuer_key: PathBuf) -> Self {
        Self {
            addresses,
            authority: None,
            identity: None,
            issuer_key,
            issuer: crate::token::ISSUER.to_owned(),
            audience: crate::token::AUDIENCE.to_owned(),
            units_csv: include_bytes!("../../../station-registry/data/units.csv").to_vec(),
            stations_csv: include_bytes!("../../../station-registry/data/stations.csv").to_vec(),
            book: None,
            progress: Arc::new(Quiet),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("addresses", &self.addresses).field("book", &self.book).finish_non_exhaustive()
    }
}

/// A part of the story, for progress and times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The roll and the paper registers.
    Roll,
    /// Calls of a day of October.
    Calls(u32),
    /// Desks open, rosters are published.
    Desks,
    /// A day of October: desks, sittings, events.
    Day(u32),
    /// The last day is closed.
    End,
    /// The statement.
    Statement,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Roll => f.write_str("the roll and the paper registers"),
            Self::Calls(day) => write!(f, "{day} October 2020: calls to 112"),
            Self::Desks => f.write_str("23 October 2020: the desks open"),
            Self::Day(day @ ..24) => write!(f, "{day} October 2020: at the desks"),
            Self::Day(day) => write!(f, "{day} October 2020: desks, reviews, events"),
            Self::End => f.write_str("the days are closed"),
            Self::Statement => f.write_str("the statement"),
        }
    }
}

/// Is told how far the replay is.
pub trait Progress: Send + Sync {
    /// A part begins, which takes so many answers.
    fn begin(&self, part: Part, answers: u64);
    /// So many more were answered.
    fn answered(&self, count: u64);
    /// The part is done.
    fn end(&self);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn begin(&self, _part: Part, _answers: u64) {}
    fn answered(&self, _count: u64) {}
    fn end(&self) {}
}

/// The replay stops here.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A service said no.
    #[error("{rpc} was refused ({code}, {reason}): {message}")]
    Refused {
        /// The method.
        rpc: &'static str,
        /// gRPC's code.
        code: tonic::Code,
        /// The suite's reason.
        reason: String,
        /// Its words, and the fields it names.
        message: String,
    },
    /// A service answered what its contract does not say.
    #[error("{0} was answered with something that its contract does not say")]
    Answer(&'static str),
    /// The roll.
    #[error("the roll cannot be taken:\n{0}")]
    Roll(String),
    /// An address.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The issuer's key.
    #[error("the issuer's key {}: {error}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: std::io::Error,
    },
    /// The book.
    #[error("{} does not tell how far the replay came: {error}; to mend it: start over with empty databases (`make clean`)", path.display())]
    Book {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: std::io::Error,
    },
    /// These databases hold another replay, or more of this one than the book knows.
    #[error(
        "the replay clock stands later than {0} already; to mend it: start over with empty databases (`make clean`)"
    )]
    ClockPast(DateTime<Utc>),
    /// A decision does not get there.
    #[error("a decision of a review has not taken effect in the intake within {0} s; its log says why")]
    NotDirected(u64),
    /// What is against a station stays on its docket.
    #[error(
        "a case against its station is still on the station's docket after {0} s; the log of review scheduling says why"
    )]
    NotHidden(u64),
    /// Oversight does not get there.
    #[error("the oversight has not counted all of {journal}'s journal within {seconds} s; its log says why")]
    NotCounted {
        /// Whose.
        journal: &'static str,
        /// The patience it had.
        seconds: u64,
    },
}

/// A signed statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// `units/up/statements/…/versions/1`.
    pub name: String,
    /// SHA-256 of it, 32 bytes.
    pub sha256: Vec<u8>,
}

/// What came of a replay.
#[derive(Debug)]
pub struct Report {
    /// The statement, to be read out in Hindi.
    pub statement_hindi: String,
    /// The same in English.
    pub statement_english: String,
    /// The statement by district, signed by headquarters.
    pub signed: Signed,
    /// What was answered. Incomplete when the replay was resumed.
    pub tally: Tally,
    /// It went on where an earlier one was interrupted.
    pub resumed: bool,
    /// Each part, how long it took, and how many calls were answered.
    pub parts: Vec<(Part, Duration, u64)>,
}

/// Above and below everything that is shown of a replay.
const MARK: &str = "SIMULATED · अनुकरण: a replay; nobody in it exists";

/// What of it is on record.
const ON_RECORD: &str = "On record for October 2020: 1,535 desks; two women at each; 15 cases to be reviewed a station; 3,915 calls on \
17-21 October (3,394 domestic violence, 521 eve-teasing); 4,679 in six days.\nInvented: the mix of the 764 calls of 22 October, all \
places, hours and persons, decisions, events, and everything else.\n\
The seed of a docket is nobody's choice: which case is on it differs from replay to replay, and with it why cases were selected and, by a few, \
in which district a direction of the state was taken. Every other figure is the same each time.";

impl fmt::Display for Report {
    /// For people: the statement in both languages and the times, marked.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "=== {MARK} ===\n{ON_RECORD}\n")?;
        writeln!(f, "{}\n\n{}\n", self.statement_hindi.trim_end(), self.statement_english.trim_end())?;
        let digest = self.signed.sha256.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        writeln!(f, "Signed by headquarters: {}, SHA-256 {digest}\n", self.signed.name)?;
        for (part, time, answered) in &self.parts {
            writeln!(f, "{:<42} {:>7} {answered:>7} answers", part.to_string(), play::seconds(*time))?;
        }
        let (time, answered) =
            self.parts.iter().fold((Duration::ZERO, 0), |(time, sum), (_, t, count)| (time + *t, sum + count));
        writeln!(f, "{:<42} {:>7} {answered:>7} answers", "together", play::seconds(time))?;
        write!(f, "=== {MARK} ===")
    }
}

/// A partner organisation that a replay registered, as its book has it: `partners/{uuid}`.
pub(crate) fn partner(book: &std::path::Path) -> Option<String> {
    play::partner(book)
}

/// Replays the first week.
///
/// # Errors
/// See [`DemoError`]; what was done stays, and with a book the next run goes on from there.
pub async fn run(options: Options) -> Result<Report, DemoError> {
    let (player, book) = play::Player::new(options)?;
    Box::pin(player.play(book)).await
}
