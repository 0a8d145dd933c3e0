//! Evidence on the wire.

use chrono::{DateTime, Utc};
use mahila_proto::campaign::v1 as wire;
use platform::fields::{Fields, timestamp};
use platform::terms::Term as _;

use super::exhibit::{Evidence, Fix, Shown};
use super::point::{BOUNDS, Point};

/// Metres of accuracy at most: what knows itself no better is no fix.
const ACCURACY: i32 = 100_000;

/// A point for the wire.
pub(crate) fn point_to_wire(point: Point) -> wire::GeoPoint {
    wire::GeoPoint { latitude_e7: point.latitude_e7, longitude_e7: point.longitude_e7 }
}

/// A point.
pub(crate) fn point(fields: &mut Fields, field: &str, told: wire::GeoPoint) -> Point {
    fields.nested(field, |fields| Point {
        latitude_e7: fields.within("latitude_e7", told.latitude_e7, -BOUNDS.0, BOUNDS.0),
        longitude_e7: fields.within("longitude_e7", told.longitude_e7, -BOUNDS.1, BOUNDS.1),
    })
}

/// Evidence for the wire.
pub(crate) fn to_wire(evidence: &Evidence) -> wire::Evidence {
    wire::Evidence {
        kind: evidence.kind.number().into(),
        sha256: evidence.sha256.map(Vec::from).unwrap_or_default(),
        captured_at: Some(timestamp(evidence.captured_at)),
        geo: evidence.geo.map(|fix| wire::GeoFix {
            point: Some(point_to_wire(fix.point)),
            accuracy_m: fix.accuracy_m,
            mock: fix.mock,
        }),
        // What the picture shows was compared when it came; the event holds it.
        nonce: String::new(),
        received_at: Some(timestamp(evidence.received_at)),
        attached_by: evidence.attached_by.clone(),
    }
}

fn fix(fields: &mut Fields, told: &wire::GeoFix) -> Option<Fix> {
    fields.nested("geo", |fields| {
        let accuracy_m = fields.within("accuracy_m", told.accuracy_m, 0, ACCURACY);
        let Some(at) = told.point else {
            fields.wrong("point", "is required", "आवश्यक है");
            return None;
        };
        Some(Fix { point: point(fields, "point", at), accuracy_m, mock: told.mock })
    })
}

/// Evidence as it is shown; `None` with a violation.
pub(crate) fn parse(fields: &mut Fields, told: &wire::Evidence, now: DateTime<Utc>) -> Option<Shown> {
    let kind = fields.term("kind", told.kind);
    let sha256 = (!told.sha256.is_empty()).then(|| {
        <[u8; 32]>::try_from(told.sha256.as_slice()).unwrap_or_else(|_| {
            fields.wrong("sha256", "must be 32 bytes", "32 बाइट होना चाहिए");
            [0; 32]
        })
    });
    let captured_at = fields.optional_instant("captured_at", told.captured_at.as_ref());
    if told.captured_at.is_none() {
        fields.wrong("captured_at", "is required", "आवश्यक है");
    }
    let geo = told.geo.as_ref().map(|told| fix(fields, told));
    let nonce = fields.text("nonce", &told.nonce, 16);
    let shown = Shown { kind: kind?, sha256, captured_at: captured_at?, geo: geo.flatten(), nonce };
    shown.check(fields, now);
    Some(shown)
}
