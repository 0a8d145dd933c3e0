//! What is replayed, decided before anything is sent: pure, the same on every run, and tested without a server. Figures
//! that are on record (1,535 desks, 3,915 calls, 4,679 in six days, dockets of 15) come out exactly; all else is invented
//! around them.

pub mod agenda;
pub mod calls;
pub mod campaign;
pub mod cases;
pub mod draw;
pub mod handling;
pub mod people;
pub mod register;
pub mod review;
pub mod roll;
pub mod staffing;

use agenda::Agenda;
use calls::Call;
use campaign::Event;
use cases::Case;
use handling::Due;
use review::Docket;
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
    /// What becomes of the stations' dockets, a desk; then of the zones', three each; of the districts', in the order
    /// of [`Roll::districts`]; last of the state's.
    pub dockets: Vec<Docket>,
    /// What is done about the only complaint on paper of the stations that have one.
    pub on_paper: Vec<Due>,
    /// The awareness events.
    pub events: Vec<Event>,
}

impl Plan {
    /// The plan for the units and stations of a roll.
    ///
    /// # Errors
    /// The files are not a roll.
    pub fn new(units_csv: &[u8], stations_csv: &[u8]) -> Result<Self, RollError> {
        let roll = Roll::read(units_csv, stations_csv)?;
        let agenda = Agenda::new();
        let events = campaign::events(&roll);
        Ok(Self {
            registers: register::counts(roll.desks.len()),
            calls: calls::calls(&roll),
            cases: cases::cases(roll.desks.len(), &campaign::leads(&events), &agenda),
            dockets: review::dockets(&roll),
            on_paper: handling::closed_before_review(&agenda),
            events,
            roll,
            agenda,
        })
    }
}
