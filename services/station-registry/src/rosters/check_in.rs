//! Checking in: which of her duties an officer who comes now begins, and from when she counts as there.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use platform::Refusal;
use platform::clock::minute_of;
use serde::{Deserialize, Serialize};

platform::term! {
    /// How an officer showed that she is there.
    pub enum Method: "mahila.registry.v1.CheckInMethod" {
        /// Her PIN on the desk's device.
        DevicePin = 1,
        /// Her superior attests it.
        Supervisor = 2,
        /// QR code at the desk.
        Qr = 3,
    }
}

/// How long before her shift an officer may check in. She counts as there from its start all the same.
pub const EARLY_MINUTES: i64 = 60;

/// From when to when an officer counts as there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// From.
    pub from: DateTime<Utc>,
    /// Until.
    pub until: DateTime<Utc>,
}

/// A duty of the officer, and her check-in to it if there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duty {
    /// IST day.
    pub day: NaiveDate,
    /// Minutes after midnight IST.
    pub start: i32,
    /// Minutes after midnight IST.
    pub end: i32,
    /// She came.
    pub checked_in: Option<Presence>,
}

/// The duty that an officer who comes now begins, and her presence. The running one goes before one that is about to begin;
/// a second time answers as the first. A roster that was replaced meanwhile moves the end of a presence, never its beginning.
///
/// # Errors
/// `NOT_ROSTERED`.
pub fn check_in(duties: &[Duty], now: DateTime<Utc>) -> Result<(Duty, Presence), Refusal> {
    let duty = duties
        .iter()
        .filter(|duty| {
            minute_of(duty.day, duty.start) - Duration::minutes(EARLY_MINUTES) <= now
                && now < minute_of(duty.day, duty.end)
        })
        .min_by_key(|duty| (duty.day, duty.start))
        .ok_or_else(Refusal::not_rostered)?;
    let until = minute_of(duty.day, duty.end);
    let from = duty.checked_in.map_or_else(|| now.max(minute_of(duty.day, duty.start)), |presence| presence.from);
    Ok((*duty, Presence { from, until }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stations::samples::day;

    fn duty(date: &str, start: i32, end: i32) -> Duty {
        Duty { day: day(date), start, end, checked_in: None }
    }

    fn at(date: &str, minute: i32) -> DateTime<Utc> {
        minute_of(day(date), minute)
    }

    fn span(date: &str, duties: &[Duty], minute: i32) -> Option<(i32, DateTime<Utc>, DateTime<Utc>)> {
        check_in(duties, at(date, minute)).ok().map(|(duty, presence)| (duty.start, presence.from, presence.until))
    }

    #[test]
    fn methods_are_the_contracts() {
        platform::terms::check::<Method>().unwrap();
    }

    #[test]
    fn she_counts_from_the_start_of_her_shift_or_from_when_she_came() {
        let date = "2020-10-23";
        let duties = [duty(date, 480, 840), duty(date, 840, 1200)];
        for (minute, expected) in [
            (419, None),
            (420, Some((480, 480, 840))),
            (480, Some((480, 480, 840))),
            (495, Some((480, 495, 840))),
            // The running shift goes before the one that is about to begin.
            (839, Some((480, 839, 840))),
            (840, Some((840, 840, 1200))),
            (1199, Some((840, 1199, 1200))),
            (1200, None),
        ] {
            let expected = expected.map(|(start, from, until)| (start, at(date, from), at(date, until)));
            assert_eq!(span(date, &duties, minute), expected, "{minute}");
        }
    }

    #[test]
    fn a_shift_that_begins_at_midnight_may_be_begun_the_evening_before() {
        let duties = [duty("2020-10-24", 0, 480)];
        assert_eq!(span("2020-10-23", &duties, 1380), Some((0, at("2020-10-24", 0), at("2020-10-24", 480))));
        assert_eq!(span("2020-10-23", &duties, 1379), None);
    }

    #[test]
    fn a_second_time_is_the_same_as_once() {
        let date = "2020-10-23";
        let first = Presence { from: at(date, 490), until: at(date, 840) };
        let again = Duty { checked_in: Some(first), ..duty(date, 480, 840) };
        assert_eq!(check_in(&[again], at(date, 600)).unwrap().1, first);
        let longer = Duty { end: 900, ..again };
        assert_eq!(check_in(&[longer], at(date, 600)).unwrap().1, Presence { until: at(date, 900), ..first });
    }
}
