//! Figures, added up along the tree.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use chrono::NaiveDate;
use platform::directory::{Name, Tree, UnitKind};

use crate::campaigns::Goals;

/// What events came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Wait for approval.
    pub proposed: i64,
    /// Were approved and not called off, whatever became of them.
    pub planned: i64,
    /// Of the planned: reported, not yet checked.
    pub claimed: i64,
    /// Of the planned: verified, which is to say held.
    pub verified: i64,
    /// Of the planned: disputed.
    pub disputed: i64,
    /// Of the planned: not reported in time.
    pub lapsed: i64,
    /// Women at verified events, as found.
    pub women: i64,
    /// Girls at verified events, as found.
    pub girls: i64,
    /// Places with a planned event.
    pub places_planned: i64,
    /// Places with a verified event.
    pub places_covered: i64,
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.proposed += other.proposed;
        self.planned += other.planned;
        self.claimed += other.claimed;
        self.verified += other.verified;
        self.disputed += other.disputed;
        self.lapsed += other.lapsed;
        self.women += other.women;
        self.girls += other.girls;
        self.places_planned += other.places_planned;
        self.places_covered += other.places_covered;
    }
}

/// A unit or station with its figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unit {
    /// Its id; empty: the rest.
    pub id: String,
    /// What it is; `None`: the rest.
    pub kind: Option<UnitKind>,
    /// Its name.
    pub name: Name,
    /// Its figures.
    pub figures: Figures,
}

impl Unit {
    /// A unit or station of the tree, with no figures yet.
    pub(crate) fn find(tree: &Tree, id: &str, day: NaiveDate) -> Option<Self> {
        let of = |kind, name: &Name| Self {
            id: id.to_owned(),
            kind: Some(kind),
            name: name.clone(),
            figures: Figures::default(),
        };
        let station = || tree.station(id).map(|station| of(UnitKind::Station, &station.name));
        tree.unit(id, day).map(|unit| of(unit.kind, &unit.name)).or_else(station)
    }

    /// What belongs to no unit of the level.
    fn rest() -> Self {
        let name = Name {
            en: "In none of them".to_owned(), hi: "इनमें से किसी में नहीं".to_owned()
        };
        Self { id: String::new(), kind: None, name, figures: Figures::default() }
    }
}

/// Adds the figures of stations up: for the unit `whole`, and a row for each of its units of the level, by id; last the
/// rest, if there is any. Stations outside of it must have been left out before.
pub(crate) fn roll_up(
    mut whole: Unit,
    level: Option<UnitKind>,
    stations: &[(String, Figures)],
    tree: &Tree,
    day: NaiveDate,
) -> (Unit, Vec<Unit>) {
    let mut rows = level.map(|level| rows(&whole.id, level, tree, day)).unwrap_or_default();
    let mut rest = Unit::rest();
    for (station, figures) in stations {
        whole.figures += *figures;
        let row = match level {
            Some(UnitKind::Station) => Some(station.as_str()),
            Some(level) => tree.of_kind(station, level, day).map(|unit| unit.id.as_str()),
            None => None,
        };
        let row = row.and_then(|row| rows.get_mut(row)).unwrap_or(&mut rest);
        row.figures += *figures;
    }
    let rest = (level.is_some() && rest.figures != Figures::default()).then_some(rest);
    (whole, rows.into_values().chain(rest).collect())
}

/// The units of a level below a unit, by id.
fn rows(root: &str, level: UnitKind, tree: &Tree, day: NaiveDate) -> BTreeMap<String, Unit> {
    let of_level: Vec<&String> = if level == UnitKind::Station {
        tree.stations().filter(|station| station.exists_on(day)).map(|station| &station.id).collect()
    } else {
        tree.units(day).filter(|unit| unit.kind == level).map(|unit| &unit.id).collect()
    };
    let below = of_level.into_iter().filter(|id| tree.is_within(id, root, day));
    below.filter_map(|id| Some((id.clone(), Unit::find(tree, id, day)?))).collect()
}

/// How much of the goals is reached, in thousandths, rounded down; `None`: no such goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shares {
    /// Of the events.
    pub events: Option<i64>,
    /// Of the women and girls.
    pub women: Option<i64>,
    /// Of the places.
    pub places: Option<i64>,
}

impl Shares {
    /// Of these goals.
    pub(crate) fn of(figures: &Figures, goals: Goals) -> Self {
        let share = |reached: i64, goal: i32| (goal > 0).then(|| reached * 1000 / i64::from(goal));
        Self {
            events: share(figures.verified, goals.events),
            women: share(figures.women + figures.girls, goals.women_reached),
            places: share(figures.places_covered, goals.places_covered),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::samples::{day, tree};

    const TODAY: &str = "2020-10-24";

    fn held(verified: i64) -> Figures {
        Figures { planned: verified, verified, women: 10 * verified, places_covered: verified, ..Figures::default() }
    }

    fn rolled(root: &str, level: Option<UnitKind>, stations: &[(&str, i64)]) -> (i64, Vec<(String, i64)>) {
        let (tree, day) = (tree(), day(TODAY));
        let stations: Vec<_> = stations.iter().map(|(station, n)| ((*station).to_owned(), held(*n))).collect();
        let whole = Unit::find(&tree, root, day).unwrap();
        let (whole, rows) = roll_up(whole, level, &stations, &tree, day);
        (whole.figures.verified, rows.into_iter().map(|row| (row.id, row.figures.verified)).collect())
    }

    fn of(rows: &[(&str, i64)]) -> Vec<(String, i64)> {
        rows.iter().map(|(id, n)| ((*id).to_owned(), *n)).collect()
    }

    #[test]
    fn rows_are_all_units_of_the_level_and_the_rest_comes_last() {
        let stations = [("ps-157-001", 2), ("ps-157-002", 3), ("ps-164-001", 4)];
        assert_eq!(rolled("up", None, &stations), (9, vec![]));
        let districts = of(&[("district-157", 5), ("district-164", 4)]);
        assert_eq!(rolled("up", Some(UnitKind::District), &stations), (9, districts));
        // Mahoba's station lies under no circle.
        let circles = of(&[("circle-157-1", 2), ("circle-157-2", 3), ("", 4)]);
        assert_eq!(rolled("up", Some(UnitKind::Circle), &stations), (9, circles));
        let own = of(&[("ps-157-001", 0), ("ps-157-002", 3)]);
        assert_eq!(rolled("district-157", Some(UnitKind::Station), &[("ps-157-002", 3)]), (3, own));
        assert_eq!(rolled("ps-157-001", None, &[("ps-157-001", 2)]), (2, vec![]));
    }

    proptest! {
        #[test]
        fn children_add_up_to_their_parent(
            counts in prop::collection::vec(0_i64..50, 3),
            level in prop::sample::select(vec![UnitKind::District, UnitKind::Circle, UnitKind::Station, UnitKind::Zone]),
        ) {
            let names = ["ps-157-001", "ps-157-002", "ps-164-001"];
            let stations: Vec<_> =
                names.iter().zip(&counts).map(|(station, n)| ((*station).to_owned(), held(*n))).collect();
            let (tree, day) = (tree(), day(TODAY));
            let (whole, rows) = roll_up(Unit::find(&tree, "up", day).unwrap(), Some(level), &stations, &tree, day);
            let mut sum = Figures::default();
            for row in &rows {
                sum += row.figures;
            }
            prop_assert_eq!(sum, whole.figures);
            prop_assert_eq!(whole.figures.verified, counts.iter().sum::<i64>());
        }
    }

    #[test]
    fn shares_are_of_goals_that_there_are() {
        let goals = Goals { events: 3, women_reached: 0, places_covered: 1 };
        let shares = Shares::of(&held(2), goals);
        assert_eq!(shares, Shares { events: Some(666), women: None, places: Some(2000) });
    }
}
