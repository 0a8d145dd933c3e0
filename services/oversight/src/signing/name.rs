//! The name of a signed statement: `units/up/statements/2020-10-24.2020-10-30.district/versions/1`.

use chrono::NaiveDate;
use platform::directory::UnitKind;
use platform::terms::Term as _;
use serde::{Deserialize, Serialize};

use crate::statements::Period;

/// Which statement: of which unit and days, by which level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subject {
    /// The unit.
    pub unit: String,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// `None`: the unit alone.
    pub level: Option<UnitKind>,
}

/// The level that stands for none.
const ALONE: &str = "alone";

fn level_name(level: Option<UnitKind>) -> String {
    let name = level.map(|level| level.name().trim_start_matches("UNIT_KIND_").to_ascii_lowercase());
    name.unwrap_or_else(|| ALONE.to_owned())
}

impl Subject {
    /// Of a unit's period by a level.
    pub fn of(unit: &str, period: Period, level: Option<UnitKind>) -> Self {
        Self { unit: unit.to_owned(), from: period.from, to: period.to, level }
    }

    /// Its name, of a version of it.
    pub fn name(&self, version: i32) -> String {
        let Self { unit, from, to, level } = self;
        format!("units/{unit}/statements/{from}.{to}.{}/versions/{version}", level_name(*level))
    }

    /// Reads a name; the version may be left out. `None`: it is none.
    pub fn parse(name: &str) -> Option<(Self, Option<i32>)> {
        let parts: Vec<&str> = name.split('/').collect();
        let (unit, statement, version) = match parts[..] {
            ["units", unit, "statements", statement] => (unit, statement, None),
            ["units", unit, "statements", statement, "versions", version] => (unit, statement, Some(version)),
            _ => return None,
        };
        let [from, to, level] = statement.split('.').collect::<Vec<_>>()[..] else { return None };
        let level = match level {
            ALONE => None,
            level => Some(UnitKind::ALL.iter().copied().find(|kind| level_name(Some(*kind)) == level)?),
        };
        let subject = Self { unit: unit.to_owned(), from: from.parse().ok()?, to: to.parse().ok()?, level };
        let version = version
            .map(|version| version.parse().ok().filter(|version| *version > 0))
            .map_or(Some(None), |v| v.map(Some))?;
        // Only the one way of writing it.
        let again = subject.name(version.unwrap_or(1));
        (again.starts_with(name) && (version.is_none() || again == name)).then_some((subject, version))
    }

    /// The level's number; 0: none.
    pub fn level_number(&self) -> i16 {
        self.level.map_or(0, platform::terms::Term::number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(level: Option<UnitKind>) -> Subject {
        let day = |text: &str| text.parse().unwrap();
        Subject::of("up", Period { from: day("2020-10-24"), to: day("2020-10-30") }, level)
    }

    #[test]
    fn a_name_is_read_as_it_is_written() {
        for level in UnitKind::ALL.iter().copied().map(Some).chain([None]) {
            let name = subject(level).name(12);
            assert_eq!(Subject::parse(&name), Some((subject(level), Some(12))), "{name}");
            let newest = name.trim_end_matches("/versions/12");
            assert_eq!(Subject::parse(newest), Some((subject(level), None)), "{newest}");
        }
        assert_eq!(
            subject(Some(UnitKind::District)).name(1),
            "units/up/statements/2020-10-24.2020-10-30.district/versions/1"
        );
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for wrong in [
            "",
            "units/up",
            "units/up/statements/2020-10-24.2020-10-30",
            "units/up/statements/2020-10-24.2020-10-30.village",
            "units/up/statements/2020-10-24.2020-10-32.alone",
            "units/up/statements/2020-10-24.2020-10-30.alone/versions/0",
            "units/up/statements/2020-10-24.2020-10-30.alone/versions/01",
            "units/up/statements/2020-10-24.2020-10-30.alone/versions/x",
            "units/up/statements/2020-10-24.2020-10-30.DISTRICT",
            "units/up/statements/2020-10-4.2020-10-30.alone",
            "stations/up/statements/2020-10-24.2020-10-30.alone",
        ] {
            assert_eq!(Subject::parse(wrong), None, "{wrong}");
        }
    }
}
