//! The roll as the file has it: which unit lies in which on the last day of the story.

use std::collections::{BTreeMap, BTreeSet};

/// The last day of the story.
const DAY: &str = "2020-10-31";

/// Units and stations.
#[derive(Debug, Default)]
pub struct Roll {
    /// Kind and parent of each unit, stations among them.
    units: BTreeMap<String, (String, String)>,
    /// Stations that should have a desk.
    pub desks: BTreeSet<String>,
    /// District of each station.
    district: BTreeMap<String, String>,
}

impl Roll {
    /// Reads both files.
    pub fn read(units_csv: &[u8], stations_csv: &[u8]) -> Self {
        let mut roll = Self::default();
        for row in csv::Reader::from_reader(units_csv).records() {
            let row = row.expect("units.csv is CSV");
            let (from, to) = (&row[5], &row[6]);
            if from <= DAY && (to.is_empty() || DAY < to) {
                roll.units.insert(row[0].to_owned(), (row[1].to_owned(), row[4].to_owned()));
            }
        }
        for row in csv::Reader::from_reader(stations_csv).records() {
            let row = row.expect("stations.csv is CSV");
            let station = row[0].to_owned();
            roll.units.insert(station.clone(), ("STATION".to_owned(), row[5].to_owned()));
            roll.district.insert(station.clone(), row[6].to_owned());
            if matches!(&row[2], "REGULAR" | "MAHILA") {
                roll.desks.insert(station);
            }
        }
        roll
    }

    /// The row of a statement by `kind` that a place belongs to: the unit of that kind that it is or lies in. Where there is none
    /// (a commissionerate answers to the state, past zone and range), the highest unit that is lower than the kind, which
    /// stands beside the others; `None`: none of them, the rest.
    pub fn row_of(&self, place: &str, kind: &str) -> Option<String> {
        let mut lower = None;
        let mut at = place.to_owned();
        loop {
            let (its, parent) = self.units.get(&at)?;
            if its == kind {
                return Some(at);
            }
            if parent.is_empty() {
                return lower;
            }
            if rank(its) > rank(kind) {
                lower = Some(at.clone());
            }
            at.clone_from(parent);
        }
    }

    /// All units of a kind.
    pub fn of_kind(&self, kind: &str) -> BTreeSet<String> {
        self.units.iter().filter(|(_, (its, _))| its == kind).map(|(unit, _)| unit.clone()).collect()
    }

    /// District of a station.
    pub fn district_of(&self, station: &str) -> &str {
        self.district.get(station).map_or("", String::as_str)
    }
}

fn rank(kind: &str) -> usize {
    ["STATE", "ZONE", "RANGE", "COMMISSIONERATE", "DISTRICT", "CIRCLE", "STATION"]
        .iter()
        .position(|known| *known == kind)
        .expect("a kind of the roll")
}
