//! Signs of life of a desk's device. The device's own clock says when; what it could not send earlier comes along later.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use platform::clock::day_begins;
use platform::{Refusal, Violation};

/// Heartbeats in one request at most: more than a day and a half at one in five minutes.
pub const MOST: usize = 500;

/// How far a device's clock may be ahead of ours.
pub const SKEW_SECONDS: i64 = 60;

/// A sign of life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heartbeat {
    /// When it was sent, by the device's clock.
    pub captured_at: DateTime<Utc>,
    /// Which device.
    pub device: String,
    /// Calls waiting on the device.
    pub queue_depth: i32,
}

/// Whether these may be taken now for a desk that opened on a day.
///
/// # Errors
/// `INVALID_FIELDS` with all violations: from the future, or from before the desk opened.
pub fn check(heartbeats: &[Heartbeat], opened_on: NaiveDate, now: DateTime<Utc>) -> Result<(), Refusal> {
    let opened = day_begins(opened_on);
    let wrong = |at: usize, heartbeat: &Heartbeat| {
        let (en, hi) = if heartbeat.captured_at > now + Duration::seconds(SKEW_SECONDS) {
            ("lies in the future", "भविष्य का समय है")
        } else if heartbeat.captured_at < opened {
            ("lies before the desk opened", "डेस्क खुलने से पहले का है")
        } else {
            return None;
        };
        Some(Violation { field: format!("heartbeats[{at}].captured_at"), en: en.into(), hi: hi.into() })
    };
    let violations: Vec<Violation> =
        heartbeats.iter().enumerate().filter_map(|(at, heartbeat)| wrong(at, heartbeat)).collect();
    if violations.is_empty() { Ok(()) } else { Err(Refusal::invalid(violations)) }
}

#[cfg(test)]
mod tests {
    use platform::clock::minute_of;

    use super::*;
    use crate::stations::samples::day;

    #[test]
    fn a_heartbeat_lies_between_the_opening_and_now() {
        let date = day("2020-10-23");
        let now = minute_of(date, 600);
        let at = |captured_at| Heartbeat { captured_at, device: "d-1".into(), queue_depth: 0 };
        let good = [at(minute_of(date, 0)), at(now), at(now + Duration::seconds(60))];
        assert_eq!(check(&good, date, now), Ok(()));
        let bad = [at(now), at(now + Duration::seconds(61)), at(minute_of(date, 0) - Duration::seconds(1))];
        let refusal = check(&bad, date, now).unwrap_err();
        let fields: Vec<&str> = refusal.violations().iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(fields, ["heartbeats[1].captured_at", "heartbeats[2].captured_at"]);
    }
}
