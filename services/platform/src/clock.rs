//! Time is handed in. Instants are UTC; days are those of the Indian Standard Time, which has no daylight saving.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Days, FixedOffset, NaiveDate, NaiveTime, Utc};

/// The clock a process was started with.
pub type SharedClock = Arc<dyn Clock>;

/// Where time comes from: the machine, or a replay.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Now, UTC, in whole microseconds (what PostgreSQL keeps).
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> DateTime<Utc> {
        whole_micros(Utc::now())
    }
}

/// A clock that stands until it is moved, and only moves forward. For replays, demonstrations and tests.
#[derive(Debug)]
pub struct ReplayClock(Mutex<DateTime<Utc>>);

impl ReplayClock {
    /// A clock that stands at `start`.
    #[must_use]
    pub fn new(start: DateTime<Utc>) -> Self {
        Self(Mutex::new(whole_micros(start)))
    }

    /// Moves to `instant`.
    ///
    /// # Errors
    /// Gives back where it stands when that is later than `instant`.
    pub fn advance_to(&self, instant: DateTime<Utc>) -> Result<(), DateTime<Utc>> {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if instant < *now {
            return Err(*now);
        }
        *now = whole_micros(instant);
        Ok(())
    }
}

impl Clock for ReplayClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn whole_micros(instant: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(instant.timestamp_micros()).unwrap_or(instant)
}

/// Indian Standard Time, UTC+05:30.
#[must_use]
pub fn ist() -> FixedOffset {
    FixedOffset::east_opt(5 * 3600 + 30 * 60).expect("a valid offset")
}

/// The IST day of an instant.
#[must_use]
pub fn ist_day(instant: DateTime<Utc>) -> NaiveDate {
    instant.with_timezone(&ist()).date_naive()
}

/// The instant at which an IST day begins.
#[must_use]
pub fn day_begins(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_local_timezone(ist()).single().expect("IST has no gaps").to_utc()
}

/// The instant of a minute after midnight IST; 1440 is the midnight that ends the day.
#[must_use]
pub fn minute_of(day: NaiveDate, minute: i32) -> DateTime<Utc> {
    day_begins(day) + chrono::Duration::minutes(i64::from(minute))
}

/// The next day.
#[must_use]
pub fn day_after(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(1)).expect("a day in this age has a next one")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_half_past_six_in_the_evening_utc() {
        let day = NaiveDate::from_ymd_opt(2020, 10, 23).unwrap();
        assert_eq!(day_begins(day).to_rfc3339(), "2020-10-22T18:30:00+00:00");
        assert_eq!(ist_day(day_begins(day)), day);
        assert_eq!(ist_day(day_begins(day) - chrono::Duration::microseconds(1)), day.pred_opt().unwrap());
        assert_eq!(minute_of(day, 1440), day_begins(day_after(day)));
    }

    #[test]
    fn a_replay_only_moves_forward() {
        let start = day_begins(NaiveDate::from_ymd_opt(2020, 10, 17).unwrap());
        let clock = ReplayClock::new(start);
        assert!(clock.advance_to(start).is_ok());
        assert!(clock.advance_to(start + chrono::Duration::hours(1)).is_ok());
        assert_eq!(clock.advance_to(start), Err(start + chrono::Duration::hours(1)));
    }
}
