//! Taking in the roll: two files become a plan, or the list of everything that is wrong with them. One place decides, for the
//! dry run and for the real one; it reads no clock and no database.

mod check;
mod fault;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};

use platform::directory::{Station, UnitVersion};

pub use fault::{Fault, File, Problem};
pub use rows::is_pincode;

use super::roll::Held;
use check::{Row, Would};

/// What an import will do.
#[derive(Debug, Default, PartialEq)]
pub struct Plan {
    /// Versions to write.
    pub versions: Vec<UnitVersion>,
    /// All versions, by first day, of each unit that changes.
    pub units: Vec<Vec<UnitVersion>>,
    /// Stations to write.
    pub stations: Vec<Station>,
    /// Rows that are held already and are equal.
    pub unchanged: usize,
}

/// What these files would do to the roll that is held. Rows that are missing are kept.
///
/// # Errors
/// Every problem, by file, line and column.
pub fn plan(units_csv: &[u8], stations_csv: &[u8], held: &Held) -> Result<Plan, Vec<Problem>> {
    let units = rows::units(units_csv);
    let stations = rows::stations(stations_csv);
    let mut problems = units.problems;
    problems.extend(stations.problems);

    let mut would = Would { doubtful: units.doubtful.into_iter().collect(), ..Would::default() };
    let mut plan = Plan::default();
    let mut changed = BTreeSet::new();

    for unit in &held.units {
        would.units.entry(unit.id.clone()).or_default().push(Row { line: None, row: unit.clone() });
    }
    for (line, row) in units.sound {
        let versions = would.units.entry(row.id.clone()).or_default();
        match versions.iter_mut().find(|version| version.row.from == row.from) {
            Some(version) if version.line.is_some() => {
                problems.push(Problem { file: File::Units, line, column: "unit", fault: Fault::Twice });
                continue;
            }
            Some(version) if version.row == row => {
                version.line = Some(line);
                plan.unchanged += 1;
                continue;
            }
            Some(version) => *version = Row { line: Some(line), row: row.clone() },
            None => versions.push(Row { line: Some(line), row: row.clone() }),
        }
        changed.insert(row.id.clone());
        plan.versions.push(row);
    }
    for versions in would.units.values_mut() {
        versions.sort_by_key(|version| version.row.from);
    }

    would.stations = held.stations.iter().map(|row| (row.id.clone(), Row { line: None, row: row.clone() })).collect();
    for (line, row) in stations.sound {
        match would.stations.get_mut(&row.id) {
            Some(station) if station.line.is_some() => {
                problems.push(Problem { file: File::Stations, line, column: "station", fault: Fault::Twice });
                continue;
            }
            Some(station) if station.row == row => {
                station.line = Some(line);
                plan.unchanged += 1;
                continue;
            }
            _ => would.stations.insert(row.id.clone(), Row { line: Some(line), row: row.clone() }),
        };
        plan.stations.push(row);
    }

    problems.extend(would.problems());
    if !problems.is_empty() {
        problems.sort_unstable();
        problems.dedup();
        return Err(problems);
    }
    plan.units = versions_of(&changed, would.units);
    Ok(plan)
}

fn versions_of(changed: &BTreeSet<String>, mut units: HashMap<String, Vec<Row<UnitVersion>>>) -> Vec<Vec<UnitVersion>> {
    let versions = changed.iter().filter_map(|id| units.remove(id));
    versions.map(|versions| versions.into_iter().map(|version| version.row).collect()).collect()
}
