//! How long a limit is, and when it ends. Hours and minutes run from the instant; days and months are days of the Indian
//! Standard Time and end with the last one.

use chrono::{DateTime, Days, Duration, Months, NaiveDate, Utc};
use platform::clock::{day_after, day_begins, ist_day};

/// The length of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    /// At once ("forthwith").
    Forthwith,
    /// So many minutes from the instant.
    Minutes(i64),
    /// So many days.
    Days {
        /// How many.
        days: u64,
        /// The day it starts is not counted (General Clauses Act 1897, s.9).
        exclude_first_day: bool,
    },
    /// So many calendar months; where the last month has no such day, its last day (31 December + 2: 28 or 29 February).
    Months {
        /// How many.
        months: u32,
        /// The day it starts is not counted (General Clauses Act 1897, s.9).
        exclude_first_day: bool,
    },
}

impl Limit {
    /// When what started then is due.
    pub(crate) fn due(self, start: DateTime<Utc>) -> DateTime<Utc> {
        let day = ist_day(start);
        match self {
            Self::Forthwith => start,
            Self::Minutes(minutes) => start + Duration::minutes(minutes),
            Self::Days { days, exclude_first_day } => {
                // An instant cannot be due before it began: a limit of one day that counts the first ends with it.
                let counted = if exclude_first_day { days } else { days.saturating_sub(1) };
                end_of(day + Days::new(counted))
            }
            Self::Months { months, exclude_first_day } => {
                let last = day + Months::new(months);
                end_of(if exclude_first_day { last } else { last.pred_opt().unwrap_or(last).max(day) })
            }
        }
    }

    /// The instant after which what still runs was not met in time. "Forthwith" has no length: it is due at once, and
    /// breached when the day has passed without it.
    pub(crate) fn breach(self, start: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Forthwith => end_of(ist_day(start)),
            other => other.due(start),
        }
    }
}

/// The last instant of an IST day that PostgreSQL can tell from the next one's first.
fn end_of(day: NaiveDate) -> DateTime<Utc> {
    day_begins(day_after(day)) - Duration::microseconds(1)
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;
    use platform::clock::ist;
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f")
            .unwrap()
            .and_local_timezone(ist())
            .single()
            .unwrap()
            .to_utc()
    }

    const fn days(days: u64) -> Limit {
        Limit::Days { days, exclude_first_day: true }
    }

    const fn months(months: u32) -> Limit {
        Limit::Months { months, exclude_first_day: true }
    }

    #[test]
    fn limits_end_when_the_law_says() {
        for (limit, start, due) in [
            // Two calendar months, not sixty days, clamped to the end of the month.
            (months(2), "2020-12-31 10:00:00", "2021-02-28 23:59:59.999999"),
            (months(2), "2019-12-31 10:00:00", "2020-02-29 23:59:59.999999"),
            (months(2), "2020-10-23 00:00:00", "2020-12-23 23:59:59.999999"),
            // Half past eleven at night in India is the evening before in UTC: the IST day counts.
            (months(2), "2020-12-30 23:30:00", "2021-02-28 23:59:59.999999"),
            (months(2), "2021-01-01 00:10:00", "2021-03-01 23:59:59.999999"),
            // Three days, from one minute before midnight and one after.
            (days(3), "2020-10-23 23:59:00", "2020-10-26 23:59:59.999999"),
            (days(3), "2020-10-24 00:01:00", "2020-10-27 23:59:59.999999"),
            (days(14), "2020-10-23 12:00:00", "2020-11-06 23:59:59.999999"),
            (days(21), "2020-10-31 12:00:00", "2020-11-21 23:59:59.999999"),
            (days(90), "2020-12-01 12:00:00", "2021-03-01 23:59:59.999999"),
            (Limit::Days { days: 3, exclude_first_day: false }, "2020-10-23 23:59:00", "2020-10-25 23:59:59.999999"),
            (Limit::Days { days: 1, exclude_first_day: false }, "2020-10-23 23:59:00", "2020-10-23 23:59:59.999999"),
            (
                Limit::Months { months: 2, exclude_first_day: false },
                "2020-10-23 09:00:00",
                "2020-12-22 23:59:59.999999",
            ),
            // Twenty-four hours are hours, over any midnight.
            (Limit::Minutes(24 * 60), "2020-10-23 23:59:00", "2020-10-24 23:59:00"),
            (Limit::Minutes(30), "2020-10-23 23:45:00", "2020-10-24 00:15:00"),
            (Limit::Forthwith, "2020-10-23 23:45:00", "2020-10-23 23:45:00"),
        ] {
            assert_eq!(limit.due(at(start)), at(due), "{limit:?} from {start}");
        }
    }

    #[test]
    fn what_is_due_forthwith_is_breached_with_the_day() {
        assert_eq!(Limit::Forthwith.breach(at("2020-10-23 09:00:00")), at("2020-10-23 23:59:59.999999"));
        assert_eq!(Limit::Minutes(30).breach(at("2020-10-23 09:00:00")), at("2020-10-23 09:30:00"));
    }

    proptest! {
        #[test]
        fn nothing_is_due_before_it_began_and_a_later_start_is_never_due_earlier(
            seconds in 1_500_000_000i64..2_000_000_000,
            later in 0i64..10_000_000,
            limit in prop_oneof![
                Just(Limit::Forthwith),
                (1i64..10_000).prop_map(Limit::Minutes),
                (1u64..400, any::<bool>()).prop_map(|(days, exclude_first_day)| Limit::Days { days, exclude_first_day }),
                (1u32..25, any::<bool>()).prop_map(|(months, exclude_first_day)| Limit::Months { months, exclude_first_day }),
            ],
        ) {
            let start = Utc.timestamp_opt(seconds, 0).unwrap();
            let after = start + Duration::seconds(later);
            prop_assert!(limit.due(start) >= start);
            prop_assert!(limit.breach(start) >= limit.due(start));
            prop_assert!(limit.due(after) >= limit.due(start));
        }
    }
}
