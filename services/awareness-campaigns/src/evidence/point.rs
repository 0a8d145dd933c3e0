//! Points on the map, and how far apart they lie.

use serde::{Deserialize, Serialize};

/// A point (WGS 84), in ten-millionths of a degree: about a centimetre.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Point {
    /// North.
    pub latitude_e7: i32,
    /// East.
    pub longitude_e7: i32,
}

/// Ten-millionths of a degree at most, north and east.
pub(crate) const BOUNDS: (i32, i32) = (900_000_000, 1_800_000_000);

/// The earth's mean radius (IUGG), in metres.
const RADIUS: f64 = 6_371_008.8;

impl Point {
    /// Metres along the ground to another point, by the haversine formula: right to half a percent on this earth.
    pub(crate) fn metres_to(self, other: Self) -> f64 {
        let radians = |e7: i32| (f64::from(e7) / 1e7).to_radians();
        let (here, there) = (radians(self.latitude_e7), radians(other.latitude_e7));
        let north = (there - here) / 2.0;
        let east = (radians(other.longitude_e7) - radians(self.longitude_e7)) / 2.0;
        let half = north.sin().powi(2) + here.cos() * there.cos() * east.sin().powi(2);
        // Rounding may bring opposite points a hair above one.
        2.0 * RADIUS * half.sqrt().min(1.0).asin()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn point(latitude: f64, longitude: f64) -> Point {
        #[expect(clippy::cast_possible_truncation, reason = "degrees")]
        let e7 = |degrees: f64| (degrees * 1e7).round() as i32;
        Point { latitude_e7: e7(latitude), longitude_e7: e7(longitude) }
    }

    #[test]
    fn known_distances_come_out() {
        let lucknow = point(26.8467, 80.9462);
        // Lucknow to Kanpur as the crow flies: 73 km; a minute of latitude is a nautical mile.
        let kanpur = lucknow.metres_to(point(26.4499, 80.3319));
        assert!((74_000.0..76_000.0).contains(&kanpur), "{kanpur}");
        let mile = lucknow.metres_to(point(26.8467 + 1.0 / 60.0, 80.9462));
        assert!((1_850.0..1_856.0).contains(&mile), "{mile}");
        let half_round = point(0.0, 0.0).metres_to(point(0.0, 180.0));
        assert!((20_000_000.0..20_040_000.0).contains(&half_round), "{half_round}");
    }

    proptest! {
        #[test]
        fn distances_are_the_same_both_ways_and_never_longer_than_half_round(
            a in (-90.0..90.0, -180.0..180.0), b in (-90.0..90.0, -180.0..180.0)
        ) {
            let (a, b) = (point(a.0, a.1), point(b.0, b.1));
            let there = a.metres_to(b);
            prop_assert!((there - b.metres_to(a)).abs() < 1e-3);
            prop_assert!((0.0..=20_040_000.0).contains(&there));
            prop_assert!(a.metres_to(a).abs() < 1e-6);
        }
    }
}
