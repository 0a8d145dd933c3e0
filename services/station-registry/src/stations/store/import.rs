//! The import as a command: one transaction, all or nothing.

use platform::write::{By, Command, Done, Outcome, Subject, Tx};
use platform::{Refusal, Scope, Violation};
use serde::{Deserialize, Serialize};

use super::super::api::StationChanged;
use super::super::import::{Problem, plan};
use crate::units;
use crate::units::api::UnitChanged;

/// Takes the roll in.
#[derive(Debug)]
pub struct ImportStations {
    /// Must cover the whole state: the roll is the state's.
    pub scope: Scope,
    /// Units, or nothing.
    pub units_csv: Vec<u8>,
    /// Stations, or nothing.
    pub stations_csv: Vec<u8>,
}

/// What was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// Versions of units written.
    pub units: usize,
    /// Stations written.
    pub stations: usize,
    /// Rows left as they are.
    pub unchanged: usize,
}

impl Command for ImportStations {
    type Effect = Taken;
    const NAME: &'static str = "import_stations";

    fn subjects(&self) -> Vec<Subject> {
        vec![Subject::of("roll", "")]
    }

    async fn apply(&self, tx: &mut Tx, _by: &By) -> Result<Outcome<Taken>, sqlx::Error> {
        if self.scope.stations().is_some() {
            return Ok(Err(Refusal::out_of_scope()));
        }
        let held = super::held(tx).await?;
        let plan = match plan(&self.units_csv, &self.stations_csv, &held) {
            Ok(plan) => plan,
            Err(problems) => return Ok(Err(Refusal::import_refused(problems.iter().map(violation).collect()))),
        };
        let taken = Taken { units: plan.versions.len(), stations: plan.stations.len(), unchanged: plan.unchanged };
        if taken.units + taken.stations > 0 {
            units::keep(tx, &plan.versions).await?;
            super::keep(tx, &plan.stations).await?;
            sqlx::query!("UPDATE registry.roll SET version = version + 1").execute(tx).await?;
        }
        let mut done = Done::new(taken);
        // Units first: a follower that stops between two entries never holds a station below nothing.
        for versions in &plan.units {
            done = done.and(&UnitChanged(versions));
        }
        for station in &plan.stations {
            done = done.and(&StationChanged(station));
        }
        Ok(Ok(done))
    }
}

fn violation(problem: &Problem) -> Violation {
    let (en, hi) = problem.fault.text();
    Violation { field: problem.path(), en: en.to_owned(), hi: hi.to_owned() }
}
