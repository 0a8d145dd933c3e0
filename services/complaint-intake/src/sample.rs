//! A small part of the state, for tests of rooms that ask where things lie.

use chrono::NaiveDate;
use platform::directory::{Name, Station, StationType, Tree, UnitKind, UnitVersion};

/// A day on which all of it is as it is.
pub(crate) fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2020, 10, 18).unwrap()
}

fn unit(id: &str, kind: UnitKind, parent: Option<&str>) -> UnitVersion {
    let from = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap();
    UnitVersion {
        id: id.into(),
        kind,
        name: Name::default(),
        parent: parent.map(Into::into),
        from,
        to: None,
        lgd_code: 0,
    }
}

fn station(id: &str, kind: StationType, parent: &str, district: &str, seq: i32, at: (f64, f64)) -> Station {
    Station {
        id: id.into(),
        kind,
        name: Name::default(),
        parent: parent.into(),
        district: district.into(),
        seq,
        pincode: String::new(),
        latitude: at.0,
        longitude: at.1,
        from: NaiveDate::from_ymd_opt(2000, 1, 1).unwrap(),
        to: None,
        synthetic: true,
        source: String::new(),
    }
}

/// The state with two districts; one has a circle, a women's and a railway station, one without coordinates, a closed one.
pub(crate) fn tree() -> Tree {
    let mut closed = station("ps-162-009", StationType::Regular, "district-162", "district-162", 9, (26.850, 80.950));
    closed.to = NaiveDate::from_ymd_opt(2019, 1, 1);
    Tree::new(
        vec![
            unit("up", UnitKind::State, None),
            unit("district-162", UnitKind::District, Some("up")),
            unit("circle-162-1", UnitKind::Circle, Some("district-162")),
            unit("district-118", UnitKind::District, Some("up")),
        ],
        vec![
            station("ps-162-001", StationType::Regular, "circle-162-1", "district-162", 1, (26.85, 80.95)),
            station("ps-162-002", StationType::Regular, "circle-162-1", "district-162", 2, (26.95, 80.95)),
            station("ps-162-003", StationType::Mahila, "district-162", "district-162", 3, (26.86, 80.95)),
            station("ps-162-004", StationType::Grp, "district-162", "district-162", 4, (26.861, 80.95)),
            station("ps-162-005", StationType::Regular, "district-162", "district-162", 5, (0.0, 0.0)),
            closed,
            station("ps-118-001", StationType::Regular, "district-118", "district-118", 1, (27.18, 78.01)),
        ],
    )
}
