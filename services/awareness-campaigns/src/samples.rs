//! What tests of the rules share: a small state, days and instants.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use platform::clock::ist;
use platform::directory::{Name, Station, StationType, Tree, UnitKind, UnitVersion};

/// `2020-10-23`.
pub(crate) fn day(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap()
}

/// An instant of India's clock on the wall: `2020-10-23 10:00`.
pub(crate) fn at(text: &str) -> DateTime<Utc> {
    let wall = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
    wall.and_local_timezone(ist()).single().unwrap().to_utc()
}

/// Lucknow (157) with two stations, each in a circle of its own; Mahoba (164) with one.
pub(crate) fn tree() -> Tree {
    let from = day("2000-01-01");
    let unit = |id: &str, kind, parent: Option<&str>| UnitVersion {
        id: id.into(),
        kind,
        name: Name { en: id.into(), hi: id.into() },
        parent: parent.map(Into::into),
        from,
        to: None,
        lgd_code: 0,
    };
    let station = |id: &str, parent: &str, district: &str| Station {
        id: id.into(),
        kind: StationType::Regular,
        name: Name { en: id.into(), hi: id.into() },
        parent: parent.into(),
        district: district.into(),
        seq: 1,
        pincode: String::new(),
        latitude: 0.0,
        longitude: 0.0,
        from,
        to: None,
        synthetic: true,
        source: String::new(),
    };
    Tree::new(
        vec![
            unit("up", UnitKind::State, None),
            unit("district-157", UnitKind::District, Some("up")),
            unit("circle-157-1", UnitKind::Circle, Some("district-157")),
            unit("circle-157-2", UnitKind::Circle, Some("district-157")),
            unit("district-164", UnitKind::District, Some("up")),
        ],
        vec![
            station("ps-157-001", "circle-157-1", "district-157"),
            station("ps-157-002", "circle-157-2", "district-157"),
            station("ps-164-001", "district-164", "district-164"),
        ],
    )
}
