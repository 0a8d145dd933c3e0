//! What looks odd about an event and its evidence. Worked out anew at every look, from nothing but what is there.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::exhibit::Exhibit;
use super::point::Point;
use crate::terms::{EvidenceKind, Signal};

/// Metres from the venue from which on a fix is far.
const FAR: f64 = 2_000.0;

/// An event, as far as signals ask.
#[derive(Debug, Clone)]
pub(crate) struct Scene<'a> {
    /// When it began: as reported, and as planned until then.
    pub begins_at: DateTime<Utc>,
    /// Where it is held, if known.
    pub location: Option<Point>,
    /// People the place holds; 0: not known.
    pub capacity: i32,
    /// People who came, as reported.
    pub people: Option<i64>,
    /// Another event stands at the same place within the hour.
    pub crowded: bool,
    /// What shows that it was held.
    pub exhibits: &'a [Exhibit],
}

/// What looks odd, in the order of the contract, each once.
pub(crate) fn signals(scene: &Scene<'_>) -> Vec<Signal> {
    let mut signals = BTreeSet::new();
    let mut mark = |signal, odd: bool| {
        if odd {
            signals.insert(signal);
        }
    };
    for Exhibit { evidence, repeated } in scene.exhibits {
        let is_photo = evidence.kind == EvidenceKind::Photo;
        mark(Signal::PhotoRepeated, is_photo && *repeated);
        mark(Signal::PhotoTooOld, is_photo && evidence.captured_at < scene.begins_at);
        if let Some(fix) = evidence.geo {
            let far = scene.location.is_some_and(|venue| venue.metres_to(fix.point) > FAR);
            mark(Signal::FarFromVenue, far);
            mark(Signal::MockLocation, fix.mock);
        }
    }
    mark(Signal::SamePlaceAndHour, scene.crowded);
    // One and a half times the capacity, in whole numbers.
    let over = scene.people.is_some_and(|people| scene.capacity > 0 && 2 * people > 3 * i64::from(scene.capacity));
    mark(Signal::OverCapacity, over);
    signals.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::exhibit::{Evidence, Fix};
    use super::*;
    use crate::samples::at;

    const VENUE: Point = Point { latitude_e7: 268_467_000, longitude_e7: 809_462_000 };

    fn exhibit(kind: EvidenceKind, captured: &str, geo: Option<Fix>, repeated: bool) -> Exhibit {
        let evidence = Evidence {
            kind,
            sha256: None,
            captured_at: at(captured),
            geo,
            received_at: at("2020-10-24 18:00"),
            attached_by: "posts/a".into(),
        };
        Exhibit { evidence, repeated }
    }

    fn fix(north_e7: i32, mock: bool) -> Fix {
        let point = Point { latitude_e7: VENUE.latitude_e7 + north_e7, ..VENUE };
        Fix { point, accuracy_m: 10, mock }
    }

    fn odd(exhibits: &[Exhibit], people: Option<i64>, crowded: bool) -> Vec<Signal> {
        let begins_at = at("2020-10-24 10:00");
        signals(&Scene { begins_at, location: Some(VENUE), capacity: 100, people, crowded, exhibits })
    }

    #[test]
    fn a_plain_event_has_no_signals() {
        let exhibits = [
            exhibit(EvidenceKind::Photo, "2020-10-24 10:00", Some(fix(100_000, false)), false),
            exhibit(EvidenceKind::RegisterScan, "2020-10-24 09:00", None, true),
        ];
        assert_eq!(odd(&exhibits, Some(150), false), []);
        assert_eq!(odd(&[], None, false), []);
    }

    #[test]
    fn each_oddity_has_its_signal() {
        use EvidenceKind::{Geo, Photo};
        let when = "2020-10-24 10:30";
        let of = |exhibit: Exhibit| odd(&[exhibit], None, false);
        assert_eq!(of(exhibit(Photo, when, None, true)), [Signal::PhotoRepeated]);
        assert_eq!(of(exhibit(Photo, "2020-10-24 09:59", None, false)), [Signal::PhotoTooOld]);
        // A fiftieth of a degree is 2.2 km, a sixtieth 1.85.
        assert_eq!(of(exhibit(Geo, when, Some(fix(200_000, false)), false)), [Signal::FarFromVenue]);
        assert_eq!(of(exhibit(Geo, when, Some(fix(166_667, false)), false)), []);
        assert_eq!(of(exhibit(Geo, when, Some(fix(0, true)), false)), [Signal::MockLocation]);
        assert_eq!(odd(&[], None, true), [Signal::SamePlaceAndHour]);
        assert_eq!(odd(&[], Some(151), false), [Signal::OverCapacity]);
    }

    #[test]
    fn what_is_not_known_is_not_odd_and_each_comes_once() {
        let far = exhibit(EvidenceKind::Geo, "2020-10-24 10:30", Some(fix(2_000_000, true)), false);
        let exhibits = [far.clone(), far];
        let begins_at = at("2020-10-24 10:00");
        let unknown =
            Scene { begins_at, location: None, capacity: 0, people: Some(9_999), crowded: false, exhibits: &exhibits };
        assert_eq!(signals(&unknown), [Signal::MockLocation]);
        assert_eq!(odd(&exhibits, Some(9_999), true), {
            use Signal::{FarFromVenue, MockLocation, OverCapacity, SamePlaceAndHour};
            vec![FarFromVenue, SamePlaceAndHour, OverCapacity, MockLocation]
        });
    }
}
