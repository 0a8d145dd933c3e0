//! The days a statement is about.

use chrono::NaiveDate;
use platform::fields::Fields;

/// Days between the first and the last, at most.
const MOST: i64 = 400;

/// From a day to a day, both included; over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
}

impl Period {
    /// A period that is over: a day that still runs would give one statement at ten and another at five past ten.
    pub fn closed(fields: &mut Fields, from: NaiveDate, to: NaiveDate, today: NaiveDate) -> Self {
        if to >= today {
            fields.wrong("to", "must be a day that is over", "बीता हुआ दिन होना चाहिए");
        }
        if to < from {
            fields.wrong("to", "must not lie before from", "from से पहले नहीं हो सकता");
        }
        if (to - from).num_days() > MOST {
            fields.wrong("to", format!("at most {MOST} days after from"), format!("from के अधिकतम {MOST} दिन बाद"));
        }
        Self { from, to }
    }

    /// How many days.
    pub fn days(self) -> i64 {
        (self.to - self.from).num_days() + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn wrong(from: &str, to: &str, today: &str) -> usize {
        let mut fields = Fields::new();
        Period::closed(&mut fields, day(from), day(to), day(today));
        fields.into_violations().len()
    }

    #[test]
    fn only_days_that_are_over_and_not_too_many() {
        assert_eq!(wrong("2020-10-17", "2020-10-28", "2020-10-29"), 0);
        assert_eq!(wrong("2020-10-28", "2020-10-28", "2020-10-29"), 0);
        assert_eq!(wrong("2020-10-17", "2020-10-28", "2020-10-28"), 1, "the last day still runs");
        assert_eq!(wrong("2020-10-18", "2020-10-17", "2020-10-29"), 1);
        assert_eq!(wrong("2020-01-01", "2021-02-04", "2021-03-01"), 0, "400 days later");
        assert_eq!(wrong("2020-01-01", "2021-02-05", "2021-03-01"), 1);
    }

    #[test]
    fn both_ends_count() {
        let period = Period { from: day("2020-10-17"), to: day("2020-10-28") };
        assert_eq!(period.days(), 12);
    }
}
