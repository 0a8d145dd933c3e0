//! Which station is responsible for a place. Beats and villages are not on the roll, so this offers the best guesses and says
//! why; a person decides. Only stations with a territory are offered: the railway police and cyber stations have none.

use std::cmp::Ordering;
use std::sync::Arc;

use chrono::NaiveDate;
use platform::directory::{Station, Tree};

/// Offered at most.
pub const MOST: usize = 5;

/// Mean radius of the earth in kilometres (IUGG).
const EARTH_KM: f64 = 6371.0088;

/// Digits of a pincode that name a sorting district: fewer in common say nothing about a place.
const SORTING_DISTRICT: usize = 3;

/// A point in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
}

impl Point {
    /// Whether it lies in the rectangle around India.
    #[must_use]
    pub fn is_in_india(self) -> bool {
        (6.0..=37.5).contains(&self.latitude) && (68.0..=97.5).contains(&self.longitude)
    }
}

/// Why a station is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It has this pincode.
    Pincode,
    /// It is nearest to the point.
    Nearest,
    /// Its pincode begins like this one, which no station has.
    District,
}

impl Why {
    /// As the contract says it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pincode => "pincode",
            Self::Nearest => "nearest",
            Self::District => "district",
        }
    }
}

/// A station that may be meant.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The station.
    pub station: Arc<Station>,
    /// Kilometres from the point, in steps of ten metres (the roll's coordinates are no better); `None` without a point.
    pub distance_km: Option<f64>,
    /// Why it is offered.
    pub why: Why,
}

/// The stations that may be responsible, best first: those of the pincode, then the nearest to the point, then those of the
/// same sorting district.
#[must_use]
pub fn resolve(tree: &Tree, pincode: Option<&str>, point: Option<Point>, day: NaiveDate) -> Vec<Candidate> {
    let stations: Vec<&Arc<Station>> =
        tree.stations().filter(|station| station.kind.has_desk() && station.exists_on(day)).collect();
    let away = |station: &Station| point.and_then(|point| Some(distance_km(point, place_of(station)?)));
    let mut ranked: Vec<(Why, f64, &Arc<Station>)> = Vec::new();

    if let Some(pincode) = pincode {
        let of_pincode = stations.iter().filter(|station| station.pincode == pincode);
        add(&mut ranked, Why::Pincode, of_pincode.map(|station| (away(station).unwrap_or(f64::MAX), *station)));
    }
    if point.is_some() {
        add(&mut ranked, Why::Nearest, stations.iter().filter_map(|station| Some((away(station)?, *station))));
    }
    if let Some(pincode) = pincode.filter(|_| ranked.is_empty()) {
        let alike = stations.iter().filter_map(|station| Some((unlikeness(pincode, &station.pincode)?, *station)));
        add(&mut ranked, Why::District, alike);
    }
    ranked
        .into_iter()
        .map(|(why, _, station)| Candidate {
            distance_km: away(station).map(|km| (km * 100.0).round() / 100.0),
            station: station.clone(),
            why,
        })
        .collect()
}

/// Adds the best of these that are not offered yet; of equals the one with the lower id.
fn add<'a>(
    ranked: &mut Vec<(Why, f64, &'a Arc<Station>)>,
    why: Why,
    offers: impl Iterator<Item = (f64, &'a Arc<Station>)>,
) {
    let mut offers: Vec<(f64, &Arc<Station>)> = offers.collect();
    offers.sort_by(|a, b| a.0.partial_cmp(&b.0).unwrap_or(Ordering::Equal).then_with(|| a.1.id.cmp(&b.1.id)));
    for (measure, station) in offers {
        if ranked.len() == MOST {
            return;
        }
        if !ranked.iter().any(|(_, _, offered)| offered.id == station.id) {
            ranked.push((why, measure, station));
        }
    }
}

fn place_of(station: &Station) -> Option<Point> {
    let point = Point { latitude: station.latitude, longitude: station.longitude };
    // 0, 0 stands for unknown.
    point.is_in_india().then_some(point)
}

/// How unlike two pincodes of one sorting district are; `None` when they are of two.
fn unlikeness(one: &str, other: &str) -> Option<f64> {
    if other.is_empty() || one.get(..SORTING_DISTRICT)? != other.get(..SORTING_DISTRICT)? {
        return None;
    }
    Some((one.parse::<f64>().ok()? - other.parse::<f64>().ok()?).abs())
}

/// Great-circle distance (haversine).
fn distance_km(from: Point, to: Point) -> f64 {
    let (lat1, lat2) = (from.latitude.to_radians(), to.latitude.to_radians());
    let half_lat = ((lat2 - lat1) / 2.0).sin();
    let half_lon = ((to.longitude - from.longitude).to_radians() / 2.0).sin();
    let a = half_lat.mul_add(half_lat, lat1.cos() * lat2.cos() * half_lon * half_lon);
    2.0 * EARTH_KM * a.sqrt().asin()
}

#[cfg(test)]
mod tests {
    use platform::directory::StationType;
    use proptest::prelude::*;

    use super::*;
    use crate::stations::samples::{day, station};

    const LUCKNOW: Point = Point { latitude: 26.8467, longitude: 80.9462 };
    const KANPUR: Point = Point { latitude: 26.4499, longitude: 80.3319 };

    fn at(id: &str, seq: i32, pincode: &str, point: Option<Point>) -> Station {
        let point = point.unwrap_or(Point { latitude: 0.0, longitude: 0.0 });
        Station {
            pincode: pincode.into(),
            latitude: point.latitude,
            longitude: point.longitude,
            ..station(id, "district-162", seq, "2000-01-01", None)
        }
    }

    fn tree() -> Tree {
        let railway = Station { kind: StationType::Grp, ..at("ps-9", 9, "226001", Some(LUCKNOW)) };
        Tree::new(
            Vec::new(),
            vec![
                at("ps-1", 1, "226001", Some(Point { latitude: 26.9, ..LUCKNOW })),
                at("ps-2", 2, "226001", Some(LUCKNOW)),
                at("ps-3", 3, "226010", None),
                at("ps-4", 4, "208001", Some(KANPUR)),
                railway,
            ],
        )
    }

    fn found(pincode: Option<&str>, point: Option<Point>) -> Vec<(String, &'static str)> {
        let found = resolve(&tree(), pincode, point, day("2020-10-23"));
        found.into_iter().map(|candidate| (candidate.station.id.clone(), candidate.why.word())).collect()
    }

    fn offers(list: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
        list.iter().map(|(id, why)| ((*id).to_owned(), *why)).collect()
    }

    #[test]
    fn a_pincode_offers_its_stations_and_never_the_railways() {
        assert_eq!(found(Some("226001"), None), offers(&[("ps-1", "pincode"), ("ps-2", "pincode")]));
    }

    #[test]
    fn a_point_offers_the_nearest_first() {
        let expected = [("ps-2", "nearest"), ("ps-1", "nearest"), ("ps-4", "nearest")];
        assert_eq!(found(None, Some(LUCKNOW)), offers(&expected), "a station without a place is not near");
    }

    #[test]
    fn pincode_and_point_together_put_the_pincode_first_by_distance() {
        let expected = [("ps-2", "pincode"), ("ps-1", "pincode"), ("ps-4", "nearest")];
        assert_eq!(found(Some("226001"), Some(LUCKNOW)), offers(&expected));
    }

    #[test]
    fn an_unknown_pincode_offers_its_sorting_district_closest_number_first() {
        let expected = [("ps-3", "district"), ("ps-1", "district"), ("ps-2", "district")];
        assert_eq!(found(Some("226020"), None), offers(&expected));
        assert_eq!(found(Some("110001"), None), offers(&[]));
    }

    #[test]
    fn lucknow_lies_seventy_five_kilometres_from_kanpur() {
        let km = distance_km(LUCKNOW, KANPUR);
        assert!((km - 75.4).abs() < 0.5, "{km}");
    }

    proptest! {
        #[test]
        fn distance_is_the_same_both_ways(a in 6.0..37.5, b in 68.0..97.5, c in 6.0..37.5, d in 68.0..97.5) {
            let (one, other) = (Point { latitude: a, longitude: b }, Point { latitude: c, longitude: d });
            prop_assert!((distance_km(one, other) - distance_km(other, one)).abs() < 1e-6);
            prop_assert!(distance_km(one, one) < 1e-6);
            prop_assert!(distance_km(one, other) < 4500.0);
        }
    }
}
