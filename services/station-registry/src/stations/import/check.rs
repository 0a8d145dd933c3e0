//! Whether the roll would hold together with these rows in it: what a row says about others.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use platform::directory::{Station, UnitKind, UnitVersion};

use super::fault::{Fault, File, Problem};

/// Levels below the state at most, as `platform::directory` walks them.
const DEPTH: usize = 16;

/// A row of the roll as it would be, and the line that brings it; `None`: it is held already and not in the file.
#[derive(Debug, Clone)]
pub struct Row<T> {
    /// The line in its file.
    pub line: Option<u32>,
    /// The row.
    pub row: T,
}

/// The roll as it would be.
#[derive(Debug, Default)]
pub struct Would {
    /// Versions of a unit, by first day.
    pub units: HashMap<String, Vec<Row<UnitVersion>>>,
    /// Stations.
    pub stations: HashMap<String, Row<Station>>,
    /// Ids whose rows cannot be read: what names them is not to blame.
    pub doubtful: HashSet<String>,
}

impl Would {
    /// Everything that does not hold together, in no particular order.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        self.check_states(&mut problems);
        for (id, versions) in &self.units {
            self.check_unit(id, versions, &mut problems);
        }
        for station in self.stations.values() {
            self.check_station(station, &mut problems);
        }
        self.check_numbers(&mut problems);
        problems
    }

    /// One state, over time.
    fn check_states(&self, problems: &mut Vec<Problem>) {
        let mut states: Vec<(&Row<UnitVersion>, &str)> = self
            .units
            .iter()
            .flat_map(|(id, versions)| versions.iter().map(move |version| (version, id.as_str())))
            .filter(|(version, _)| version.row.kind == UnitKind::State)
            .collect();
        // The one that is held comes first, then the first of the file.
        states.sort_by_key(|(version, id)| (version.line, *id));
        let Some((_, first)) = states.first() else { return };
        for (version, _) in states.iter().filter(|(_, id)| id != first) {
            problems.extend(version.line.map(|line| of_unit(line, "kind", Fault::SecondState)));
        }
    }

    fn check_unit(&self, id: &str, versions: &[Row<UnitVersion>], problems: &mut Vec<Problem>) {
        let first_line = versions.iter().find_map(|version| version.line);
        if self.stations.contains_key(id) {
            problems.extend(first_line.map(|line| of_unit(line, "unit", Fault::IdTaken)));
        }
        for pair in versions.windows(2) {
            if pair[0].row.to.is_none_or(|to| to > pair[1].row.from) {
                let line = pair[1].line.or(pair[0].line);
                problems.extend(line.map(|line| of_unit(line, "valid_from", Fault::Overlap)));
            }
        }
        for version in versions {
            let Some(parent) = &version.row.parent else { continue };
            // A row that is held and was right until this file took its parent away is told at the parent.
            let (line, column) = match version.line {
                Some(line) => (line, "parent"),
                None => match self.line_of(parent) {
                    Some(line) => (line, "valid_to"),
                    None => continue,
                },
            };
            if !self.stands(parent, version.row.from, version.row.to) {
                problems.push(of_unit(line, column, Fault::Unknown));
            } else if self.is_in_circle(id, version.row.from) {
                problems.push(of_unit(line, "parent", Fault::Circle));
            }
        }
    }

    fn check_station(&self, station: &Row<Station>, problems: &mut Vec<Problem>) {
        let Row { line, row } = station;
        let mut tell = |column: &'static str, named: &str, fault: Fault| match line {
            Some(line) => problems.push(Problem { file: File::Stations, line: *line, column, fault }),
            None => problems.extend(self.line_of(named).map(|line| of_unit(line, "valid_to", fault))),
        };
        let parent_stands = self.stands(&row.parent, row.from, row.to);
        let district_stands = self.stands(&row.district, row.from, row.to);
        if !parent_stands {
            tell("parent", &row.parent, Fault::Unknown);
        }
        if !district_stands {
            tell("district", &row.district, Fault::Unknown);
        }
        if !parent_stands
            || !district_stands
            || self.doubtful.contains(&row.parent)
            || self.doubtful.contains(&row.district)
        {
            return;
        }
        let fits = |unit: &UnitVersion| matches!(unit.kind, UnitKind::Circle | UnitKind::District);
        if !self.during(&row.parent, row.from, row.to).all(fits) {
            tell("parent", &row.parent, Fault::ParentKind);
        } else if !self.lies_in(&row.parent, &row.district, row.from, row.to, DEPTH)
            || !self.during(&row.district, row.from, row.to).all(|unit| unit.kind == UnitKind::District)
        {
            tell("district", &row.district, Fault::District);
        }
    }

    fn check_numbers(&self, problems: &mut Vec<Problem>) {
        let mut stations: Vec<&Row<Station>> = self.stations.values().collect();
        stations.sort_by_key(|station| (station.line, station.row.id.as_str()));
        let mut given = HashSet::new();
        for station in stations {
            if !given.insert((station.row.district.as_str(), station.row.seq)) {
                let problem = |line| Problem { file: File::Stations, line, column: "seq", fault: Fault::NumberTaken };
                problems.extend(station.line.map(problem));
            }
        }
    }

    fn versions(&self, unit: &str) -> &[Row<UnitVersion>] {
        self.units.get(unit).map_or(&[], Vec::as_slice)
    }

    /// Versions that hold on some day of a span.
    fn during(&self, unit: &str, from: NaiveDate, to: Option<NaiveDate>) -> impl Iterator<Item = &UnitVersion> {
        self.versions(unit)
            .iter()
            .map(|version| &version.row)
            .filter(move |unit| unit.to.is_none_or(|end| end > from) && to.is_none_or(|to| unit.from < to))
    }

    fn line_of(&self, unit: &str) -> Option<u32> {
        self.versions(unit).iter().find_map(|version| version.line)
    }

    /// Whether a unit is there on every day of a span.
    fn stands(&self, unit: &str, from: NaiveDate, to: Option<NaiveDate>) -> bool {
        if self.doubtful.contains(unit) {
            return true;
        }
        let mut covered = from;
        for version in self.during(unit, from, to) {
            if version.from > covered {
                return false;
            }
            match version.to {
                None => return true,
                Some(end) => covered = covered.max(end),
            }
        }
        to.is_some_and(|to| covered >= to)
    }

    /// Whether the walk upwards comes back, on a day. A circle begins on the first day of one of its members, so asking each
    /// version on its own first day finds every one.
    fn is_in_circle(&self, unit: &str, day: NaiveDate) -> bool {
        let parent = |id: &str| self.during(id, day, day.succ_opt()).next().and_then(|unit| unit.parent.as_deref());
        let mut at = parent(unit);
        for _ in 0..DEPTH {
            match at {
                None => return false,
                Some(above) if above == unit => return true,
                Some(above) => at = parent(above),
            }
        }
        true
    }

    /// Whether a unit is the district, or below it, on every day of a span.
    fn lies_in(&self, unit: &str, district: &str, from: NaiveDate, to: Option<NaiveDate>, depth: usize) -> bool {
        if unit == district || self.doubtful.contains(unit) {
            return true;
        }
        depth > 0
            && self.during(unit, from, to).all(|version| {
                let (from, to) = (from.max(version.from), [to, version.to].into_iter().flatten().min());
                version.parent.as_deref().is_some_and(|parent| self.lies_in(parent, district, from, to, depth - 1))
            })
    }
}

fn of_unit(line: u32, column: &'static str, fault: Fault) -> Problem {
    Problem { file: File::Units, line, column, fault }
}
