//! What is replayed, decided before anything is sent: pure, the same on every run, and tested without a server. Figures
//! that are on record (1,535 desks, 3,915 calls, 4,679 in six days) come out exactly; all else is invented around them.

pub mod agenda;
pub mod calls;
pub mod cases;
pub mod draw;
pub mod handling;
pub mod people;
pub mod register;
pub mod roll;
pub mod staffing;

use agenda::Agenda;
use calls::Call;
use cases::Case;
use roll::{Roll, RollError};

/// The whole replay.
#[derive(Debug)]
pub struct Plan {
    /// The stations.
    pub roll: Roll,
    /// The stops of the clock.
    pub agenda: Agenda,
    /// Older complaints on paper, a desk.
    pub registers: Vec<usize>,
    /// The calls.
    pub calls: Vec<Call>,
    /// Who comes to the desks.
    pub cases: Vec<Case>,
}

impl Plan {
    /// The plan for the stations of a roll.
    ///
    /// # Errors
    /// The file is not a roll.
    pub fn new(stations_csv: &[u8]) -> Result<Self, RollError> {
        let roll = Roll::read(stations_csv)?;
        let agenda = Agenda::new();
        Ok(Self {
            registers: register::counts(roll.desks.len()),
            calls: calls::calls(&roll),
            cases: cases::cases(roll.desks.len(), &agenda),
            roll,
            agenda,
        })
    }
}
