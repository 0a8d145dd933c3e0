//! The roll as the replay reads it: which stations there are, in the order of the file.

use std::collections::HashMap;

use serde::Deserialize;

use super::agenda::{FIRST_CYCLE, october};

/// A station of the roll.
#[derive(Debug, Clone, PartialEq)]
pub struct Station {
    /// `ps-162-001`.
    pub id: String,
    /// Its circle's unit, `circle-162-01`.
    pub circle: String,
    /// Its district's unit, `district-162`.
    pub district: String,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
}

/// The stations.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Roll {
    /// Those that the order of October 2020 gives a desk: regular and women's stations. Elsewhere in the plan a desk is its
    /// place in this list.
    pub desks: Vec<Station>,
    /// The others (railway police), which have none.
    pub others: Vec<Station>,
    /// The zones of October 2020, by name.
    pub zones: Vec<String>,
    neighbours: HashMap<String, Vec<usize>>,
}

/// The file is not a roll.
#[derive(Debug, thiserror::Error)]
pub enum RollError {
    /// A line or column.
    #[error("the roll: {0}")]
    Csv(#[from] csv::Error),
    /// Too few to replay anything.
    #[error("stations.csv has no station that should have a desk")]
    Empty,
}

#[derive(Deserialize)]
struct Row {
    station: String,
    r#type: String,
    parent: String,
    district: String,
    lat: f64,
    lon: f64,
}

#[derive(Deserialize)]
struct UnitRow {
    unit: String,
    kind: String,
    valid_from: String,
    valid_to: String,
}

impl UnitRow {
    /// Days as the file writes them sort like days.
    fn is_on(&self, day: &str) -> bool {
        self.valid_from.as_str() <= day && (self.valid_to.is_empty() || day < self.valid_to.as_str())
    }
}

impl Roll {
    /// Reads `units.csv` and `stations.csv`.
    ///
    /// # Errors
    /// See [`RollError`]; whether the rows are good is for the import to say.
    pub fn read(units_csv: &[u8], stations_csv: &[u8]) -> Result<Self, RollError> {
        let mut roll = Self::default();
        let day = october(FIRST_CYCLE).to_string();
        for row in csv::Reader::from_reader(units_csv).deserialize() {
            let row: UnitRow = row?;
            if row.kind == "ZONE" && row.is_on(&day) {
                roll.zones.push(row.unit);
            }
        }
        roll.zones.sort_unstable();
        for row in csv::Reader::from_reader(stations_csv).deserialize() {
            let row: Row = row?;
            let station = Station {
                id: row.station,
                circle: row.parent,
                district: row.district,
                latitude: row.lat,
                longitude: row.lon,
            };
            if matches!(row.r#type.as_str(), "REGULAR" | "MAHILA") {
                roll.neighbours.entry(station.district.clone()).or_default().push(roll.desks.len());
                roll.desks.push(station);
            } else {
                roll.others.push(station);
            }
        }
        if roll.desks.is_empty() { Err(RollError::Empty) } else { Ok(roll) }
    }

    /// The desks of the same district, itself among them.
    #[must_use]
    pub fn neighbours(&self, desk: usize) -> &[usize] {
        self.neighbours.get(&self.desks[desk].district).map_or(&[], Vec::as_slice)
    }

    /// The desks of a district.
    #[must_use]
    pub fn of_district(&self, district: &str) -> &[usize] {
        self.neighbours.get(district).map_or(&[], Vec::as_slice)
    }

    /// The districts, each once, by name.
    #[must_use]
    pub fn districts(&self) -> Vec<&str> {
        let mut districts: Vec<&str> = self.neighbours.keys().map(String::as_str).collect();
        districts.sort_unstable();
        districts
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const UNITS: &[u8] = include_bytes!("../../../../station-registry/data/units.csv");

    /// The roll of the repository.
    pub(crate) fn roll() -> Roll {
        Roll::read(UNITS, include_bytes!("../../../../station-registry/data/stations.csv")).unwrap()
    }

    #[test]
    fn the_roll_has_1535_desks_in_75_districts_and_8_zones_and_the_railway_apart() {
        let roll = roll();
        assert_eq!(roll.desks.len(), 1_535);
        assert_eq!(roll.others.len(), 49);
        assert_eq!((roll.districts().len(), roll.zones.len()), (75, 8));
        assert!(roll.neighbours(0).len() >= 13);
        assert!(Roll::read(UNITS, b"station,seq,type\n").is_err());
    }
}
