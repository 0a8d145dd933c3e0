//! A piece of evidence.

use chrono::{DateTime, Utc};
use platform::fields::Fields;
use serde::{Deserialize, Serialize};

use super::point::Point;
use crate::terms::EvidenceKind;

/// Pieces that an event may have.
pub(crate) const MOST: usize = 20;

/// A fix of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fix {
    /// Where.
    pub point: Point,
    /// Metres within which the device believes itself.
    pub accuracy_m: i32,
    /// The device said that the location was made up.
    pub mock: bool,
}

/// Evidence as it is shown to the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    /// What it is.
    pub kind: EvidenceKind,
    /// SHA-256 of the file; `None` exactly for a location.
    pub sha256: Option<[u8; 32]>,
    /// When it was made, by the device's clock.
    pub captured_at: DateTime<Utc>,
    /// Where the device was.
    pub geo: Option<Fix>,
    /// What the app wrote into the photograph.
    pub nonce: String,
}

/// Evidence as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Evidence {
    /// What it is.
    pub kind: EvidenceKind,
    /// SHA-256 of the file.
    pub sha256: Option<[u8; 32]>,
    /// When it was made, by the device's clock.
    pub captured_at: DateTime<Utc>,
    /// Where the device was.
    pub geo: Option<Fix>,
    /// When it reached the service.
    pub received_at: DateTime<Utc>,
    /// `posts/{post}` or `partners/{partner}`.
    pub attached_by: String,
}

/// Evidence beside that of other events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Exhibit {
    /// As it is kept.
    pub evidence: Evidence,
    /// A photograph that stands under another event too.
    pub repeated: bool,
}

impl Shown {
    /// What lacks or has too much, by its kind.
    pub(crate) fn check(&self, fields: &mut Fields, now: DateTime<Utc>) {
        let has_file = self.kind != EvidenceKind::Geo;
        match (has_file, self.sha256) {
            (true, None) => fields.wrong("sha256", "is required", "आवश्यक है"),
            (false, Some(_)) => fields.wrong("sha256", "must be absent for a location", "स्थान हेतु रिक्त होना चाहिए"),
            _ => {}
        }
        if !has_file && self.geo.is_none() {
            fields.wrong("geo", "is required", "आवश्यक है");
        }
        let is_photo = self.kind == EvidenceKind::Photo;
        if is_photo && self.nonce.is_empty() {
            fields.wrong("nonce", "is required", "आवश्यक है");
        } else if !is_photo && !self.nonce.is_empty() {
            fields.wrong("nonce", "must be absent but for a photograph", "छायाचित्र के अतिरिक्त रिक्त होना चाहिए");
        }
        if self.captured_at > now {
            fields.wrong("captured_at", "lies in the future", "भविष्य का समय है");
        }
    }

    /// As it is kept.
    pub(crate) fn keep(&self, by: &str, now: DateTime<Utc>) -> Evidence {
        Evidence {
            kind: self.kind,
            sha256: self.sha256,
            captured_at: self.captured_at,
            geo: self.geo,
            received_at: now,
            attached_by: by.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::at;

    #[test]
    fn each_kind_has_what_it_needs_and_no_more() {
        let now = at("2020-10-24 12:00");
        let fix = Fix { point: Point { latitude_e7: 0, longitude_e7: 0 }, accuracy_m: 5, mock: false };
        let shown =
            |kind, sha256, geo, nonce: &str, captured_at| Shown { kind, sha256, captured_at, geo, nonce: nonce.into() };
        let file = Some([1; 32]);
        let future = at("2020-10-24 12:01");
        for (shown, wrong) in [
            (shown(EvidenceKind::Photo, file, None, "0a1b2c3d", now), vec![]),
            (shown(EvidenceKind::Photo, None, Some(fix), "", future), vec!["sha256", "nonce", "captured_at"]),
            (shown(EvidenceKind::Geo, None, Some(fix), "", now), vec![]),
            (shown(EvidenceKind::Geo, file, None, "0a1b2c3d", now), vec!["sha256", "geo", "nonce"]),
            (shown(EvidenceKind::RegisterScan, file, None, "", now), vec![]),
            (shown(EvidenceKind::PartnerAttest, None, None, "x", now), vec!["sha256", "nonce"]),
        ] {
            let mut fields = Fields::new();
            shown.check(&mut fields, now);
            let paths: Vec<_> = fields.into_violations().into_iter().map(|violation| violation.field).collect();
            assert_eq!(paths, wrong, "{shown:?}");
        }
    }
}
