//! Where a call belongs, by what is known of where it came from. A call that cannot be placed at a station goes to its
//! district's queue, and where not even that is known it is still taken and counted: no woman is told to name her thana first.

use chrono::NaiveDate;
use platform::directory::{Station, StationType, Tree, UnitKind};
use serde::{Deserialize, Serialize};

use crate::complaints::RecordedAt;

/// A point vaguer than this, in metres, places nothing: it may lie in the next station's area.
pub const VAGUE_BEYOND_M: i32 = 5_000;

/// A station farther away than this, in kilometres, is not the point's.
const REACH_KM: f64 = 50.0;

/// What the control room knows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Location {
    /// The station, by its own lists.
    pub station: Option<String>,
    /// The district, or a unit inside it.
    pub district: Option<String>,
    /// The phone, by its network.
    pub point: Option<Point>,
}

/// A point on the map. Identity: sealed with the call.
#[derive(Clone, Copy, PartialEq)]
pub struct Point {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Metres around it.
    pub accuracy_m: i32,
}

impl Point {
    /// In words, to be sealed: `26.85000,80.95000 within 120 m`.
    #[must_use]
    pub fn written(&self) -> String {
        format!("{:.5},{:.5} within {} m", self.latitude, self.longitude, self.accuracy_m)
    }
}

impl std::fmt::Debug for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Point(…)")
    }
}

/// Where it is counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// `None`: the district's queue.
    pub station: Option<String>,
    /// `None`: not even that is known; the state counts it.
    pub district: Option<String>,
}

impl Place {
    /// Finds the place: the station named; else the station nearest to a point that is exact enough, inside the district named
    /// if one is; else the district named; else `home`, the control room's own district if it has one. A name that the
    /// directory does not know on that day says nothing, and is never a reason to turn a call away.
    #[must_use]
    pub fn of(location: &Location, home: Option<&str>, tree: &Tree, day: NaiveDate) -> Self {
        let named =
            location.station.as_deref().and_then(|id| tree.station(id)).filter(|station| station.exists_on(day));
        if let Some(station) = named {
            return Self::at(station);
        }
        let district_of = |unit: &str| tree.of_kind(unit, UnitKind::District, day).map(|district| district.id.clone());
        let district = location.district.as_deref().and_then(district_of);
        let point = location.point.filter(|point| point.accuracy_m <= VAGUE_BEYOND_M);
        if let Some(station) = point.and_then(|point| nearest(tree, point, district.as_deref(), day)) {
            return Self::at(station);
        }
        Self { station: None, district: district.or_else(|| home.and_then(district_of)) }
    }

    fn at(station: &Station) -> Self {
        Self { station: Some(station.id.clone()), district: Some(station.district.clone()) }
    }

    /// Where a complaint of this place is recorded: at the station; in a district's queue at its women's station, which serves
    /// the whole district (the first by number), or, where it has none, in the queue itself. `None`: nowhere yet; the complaint
    /// waits until a revision places the call.
    #[must_use]
    pub(crate) fn desk(&self, tree: &Tree, day: NaiveDate) -> Option<RecordedAt> {
        let district = self.district.as_deref()?;
        let station = match &self.station {
            Some(station) => tree.station(station),
            None => tree
                .stations()
                .filter(|station| {
                    station.kind == StationType::Mahila && station.district == district && station.exists_on(day)
                })
                .min_by_key(|station| station.seq),
        };
        Some(RecordedAt {
            station: station.map(|station| station.id.clone()).unwrap_or_default(),
            district: district.to_owned(),
            lgd_code: tree.unit(district, day).map_or(0, |unit| unit.lgd_code),
            seq: station.map_or(0, |station| station.seq),
        })
    }
}

/// The nearest station with an area of its own: a women's, railway or cyber station serves a district or a line, not a place.
fn nearest<'a>(tree: &'a Tree, point: Point, district: Option<&str>, day: NaiveDate) -> Option<&'a Station> {
    tree.stations()
        .map(AsRef::as_ref)
        .filter(|station| station.kind == StationType::Regular && station.exists_on(day))
        .filter(|station| district.is_none_or(|district| station.district == district))
        .filter(|station| (station.latitude, station.longitude) != (0.0, 0.0))
        .map(|station| (kilometres(point, station.latitude, station.longitude), station))
        .filter(|(distance, _)| *distance <= REACH_KM)
        // Equally near: the first by id, so that the answer does not depend on the order of anything.
        .min_by(|(a, one), (b, other)| a.total_cmp(b).then_with(|| one.id.cmp(&other.id)))
        .map(|(_, station)| station)
}

/// Along the surface of a sphere of the Earth's mean radius (haversine); within half a percent of the truth.
fn kilometres(from: Point, latitude: f64, longitude: f64) -> f64 {
    const RADIUS_KM: f64 = 6_371.0;
    let (lat_a, lat_b) = (from.latitude.to_radians(), latitude.to_radians());
    let (north, east) = (lat_b - lat_a, (longitude - from.longitude).to_radians());
    let half = (north / 2.0).sin().powi(2) + lat_a.cos() * lat_b.cos() * (east / 2.0).sin().powi(2);
    2.0 * RADIUS_KM * half.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{day, tree};

    fn point(latitude: f64, longitude: f64, accuracy_m: i32) -> Point {
        Point { latitude, longitude, accuracy_m }
    }

    fn text(name: &str) -> Option<String> {
        (!name.is_empty()).then(|| name.to_owned())
    }

    #[test]
    fn a_call_is_placed_by_the_best_that_is_known() {
        for (what, station, district, at, expected) in [
            (
                "the station named stands over all",
                "ps-118-001",
                "district-162",
                Some(point(26.85, 80.95, 10)),
                ("ps-118-001", "district-118"),
            ),
            ("the nearest station", "", "", Some(point(26.87, 80.95, 10)), ("ps-162-001", "district-162")),
            (
                "a women's or railway station is not a place's",
                "",
                "",
                Some(point(26.861, 80.95, 10)),
                ("ps-162-001", "district-162"),
            ),
            (
                "nearest inside the district named, if within reach",
                "",
                "district-118",
                Some(point(27.0, 78.2, 10)),
                ("ps-118-001", "district-118"),
            ),
            (
                "the district stands over a point outside it",
                "",
                "district-118",
                Some(point(26.87, 80.95, 10)),
                ("", "district-118"),
            ),
            (
                "exactly as vague as is allowed",
                "",
                "",
                Some(point(26.85, 80.95, 5_000)),
                ("ps-162-001", "district-162"),
            ),
            ("too vague", "", "", Some(point(26.85, 80.95, 5_001)), ("", "")),
            ("too far from anything", "", "", Some(point(25.0, 83.0, 10)), ("", "")),
            ("the district named", "", "district-162", None, ("", "district-162")),
            ("a circle lies in its district", "", "circle-162-1", None, ("", "district-162")),
            ("the state is no district", "", "up", None, ("", "")),
            ("a station of another age says nothing", "ps-162-009", "district-162", None, ("", "district-162")),
            (
                "an unknown station says nothing",
                "ps-999-001",
                "",
                Some(point(26.95, 80.951, 10)),
                ("ps-162-002", "district-162"),
            ),
            ("nothing", "", "", None, ("", "")),
        ] {
            let location = Location { station: text(station), district: text(district), point: at };
            let expected = Place { station: text(expected.0), district: text(expected.1) };
            assert_eq!(Place::of(&location, None, &tree(), day()), expected, "{what}");
        }
    }

    #[test]
    fn a_district_s_control_room_keeps_what_it_cannot_place() {
        let home = Place::of(&Location::default(), Some("district-118"), &tree(), day());
        assert_eq!(home, Place { station: None, district: text("district-118") });
        assert_eq!(Place::of(&Location::default(), Some("up"), &tree(), day()), Place::default());
    }

    #[test]
    fn complaints_of_a_district_s_queue_go_to_its_women_s_station() {
        let desk = |station: &str, district: &str| {
            let place = Place { station: text(station), district: text(district) };
            place.desk(&tree(), day()).map(|at| (at.station, at.district, at.seq))
        };
        let at = |station: &str, district: &str, seq: i32| Some((station.to_owned(), district.to_owned(), seq));
        assert_eq!(desk("ps-162-002", "district-162"), at("ps-162-002", "district-162", 2));
        assert_eq!(desk("", "district-162"), at("ps-162-003", "district-162", 3));
        assert_eq!(desk("", "district-118"), at("", "district-118", 0), "none there: the queue keeps it");
        assert_eq!(desk("", ""), None);
    }

    #[test]
    fn distances_are_those_of_the_map() {
        // Lucknow to Agra by air: about 292 km.
        let lucknow = Point { latitude: 26.85, longitude: 80.95, accuracy_m: 0 };
        assert!((kilometres(lucknow, 27.18, 78.01) - 293.0).abs() < 3.0);
        assert!(kilometres(lucknow, 26.85, 80.95) < 1e-9);
    }
}
