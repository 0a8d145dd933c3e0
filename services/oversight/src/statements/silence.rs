//! Who is not heard from: read out before anything else, because a figure that nobody sent looks like a good one.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use platform::directory::{Name, Station, Tree};

use super::period::Period;

/// What reports there were.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    /// The day each desk opened.
    pub opened: BTreeMap<String, NaiveDate>,
    /// Reports of the period, by station or unit.
    pub reports: BTreeMap<String, Reports>,
}

/// Reports of a station or unit.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reports {
    /// Closed desk-days.
    pub closed: i64,
    /// Of those, silent.
    pub silent: i64,
    /// Review cycles missed.
    pub missed: i64,
}

impl Heard {
    /// Whether a station's desk was open by a day.
    pub fn is_open(&self, station: &str, day: NaiveDate) -> bool {
        self.opened.get(station).is_some_and(|opened| *opened <= day)
    }

    /// A station's or unit's reports.
    pub fn reports_of(&self, unit: &str) -> Reports {
        self.reports.get(unit).copied().unwrap_or_default()
    }
}

/// A station that is not heard from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Silent {
    /// Its id.
    pub station: String,
    /// Its name.
    pub name: Name,
    /// Its district's name.
    pub district: Name,
    /// Made up for demonstration.
    pub synthetic: bool,
    /// Silent days; all of the period when there is no desk.
    pub days: i64,
    /// No desk was opened.
    pub no_desk: bool,
}

/// Where a silent station stands in the list: the longest silence first, then by id.
pub(crate) type Rank = (i64, String);

impl Silent {
    /// Its place in the list.
    pub fn rank(&self) -> Rank {
        (-self.days, self.station.clone())
    }

    fn of(tree: &Tree, station: &Station, day: NaiveDate, days: i64, no_desk: bool) -> Self {
        let district = tree.unit(&station.district, day).map(|unit| unit.name.clone()).unwrap_or_default();
        Self {
            station: station.id.clone(),
            name: station.name.clone(),
            district,
            synthetic: station.synthetic,
            days,
            no_desk,
        }
    }
}

/// Stations among `stations` that should have a desk on the last day and have none, or had silent days: all of their closed
/// days (`wholly`, for a statement) or at least one (for the list of the silent). By rank.
pub(crate) fn silent<'a>(
    tree: &'a Tree,
    stations: impl Iterator<Item = &'a Arc<Station>>,
    heard: &Heard,
    period: Period,
    wholly: bool,
) -> Vec<Silent> {
    let mut found: Vec<Silent> = stations
        .filter(|station| station.kind.has_desk() && station.exists_on(period.to))
        .filter_map(|station| {
            let Reports { silent, closed, .. } = heard.reports_of(&station.id);
            if !heard.is_open(&station.id, period.to) {
                return Some(Silent::of(tree, station, period.to, period.days(), true));
            }
            let counts = silent > 0 && (!wholly || silent == closed);
            counts.then(|| Silent::of(tree, station, period.to, silent, false))
        })
        .collect();
    found.sort_by_cached_key(Silent::rank);
    found
}

#[cfg(test)]
mod tests {
    use super::super::tests::{day, tree};
    use super::*;

    fn heard(opened: &[(&str, &str)], silent: &[(&str, i64, i64)]) -> Heard {
        Heard {
            opened: opened.iter().map(|(station, on)| ((*station).to_owned(), day(on))).collect(),
            reports: silent
                .iter()
                .map(|(station, silent, closed)| {
                    ((*station).to_owned(), Reports { silent: *silent, closed: *closed, missed: 0 })
                })
                .collect(),
        }
    }

    fn list(heard: &Heard, wholly: bool) -> Vec<(String, i64, bool)> {
        let tree = tree();
        let period = Period { from: day("2020-10-23"), to: day("2020-10-28") };
        silent(&tree, tree.stations(), heard, period, wholly)
            .into_iter()
            .map(|s| (s.station, s.days, s.no_desk))
            .collect()
    }

    #[test]
    fn no_desk_and_nothing_but_silence_are_read_out_a_silent_day_is_only_listed() {
        let heard = heard(
            &[
                ("ps-118-001", "2020-10-23"),
                ("ps-118-002", "2020-10-23"),
                ("ps-118-003", "2020-10-29"),
                ("ps-000-001", "2020-10-23"),
            ],
            &[("ps-118-001", 6, 6), ("ps-118-002", 1, 6)],
        );
        let no_desk = ("ps-162-001".to_owned(), 6, true);
        let late = ("ps-118-003".to_owned(), 6, true);
        let silent = ("ps-118-001".to_owned(), 6, false);
        assert_eq!(
            list(&heard, true),
            [silent.clone(), late.clone(), no_desk.clone()],
            "railway police is expected to have none"
        );
        assert_eq!(list(&heard, false), [silent, late, no_desk, ("ps-118-002".to_owned(), 1, false)]);
    }
}
