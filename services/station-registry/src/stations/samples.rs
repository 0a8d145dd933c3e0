//! Units and stations for tests of the rules.

use chrono::NaiveDate;
use platform::directory::{Name, Station, StationType, UnitKind, UnitVersion};

/// A day of `yyyy-mm-dd`.
pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A version of a unit, without a name.
pub fn unit(id: &str, kind: UnitKind, parent: Option<&str>, from: &str, to: Option<&str>) -> UnitVersion {
    UnitVersion {
        id: id.into(),
        kind,
        name: Name::default(),
        parent: parent.map(str::to_owned),
        from: day(from),
        to: to.map(day),
        lgd_code: 0,
    }
}

/// A regular station of a district, right below it, without a name and a place.
pub fn station(id: &str, district: &str, seq: i32, from: &str, to: Option<&str>) -> Station {
    Station {
        id: id.into(),
        kind: StationType::Regular,
        name: Name::default(),
        parent: district.into(),
        district: district.into(),
        seq,
        pincode: String::new(),
        latitude: 0.0,
        longitude: 0.0,
        from: day(from),
        to: to.map(day),
        synthetic: true,
        source: "test".into(),
    }
}
