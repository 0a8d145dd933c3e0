//! The days a statement is about.

use chrono::{Days, NaiveDate, TimeDelta};
use platform::fields::Fields;

use crate::ledger::monday;

/// Days between the first and the last, at most.
const MOST: i64 = 400;
/// Days of a week.
const WEEK: u64 = 7;

/// From a day to a day, both included; over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

    /// The period of the same length that ends the day before.
    pub fn before(self) -> Self {
        let back = |day: NaiveDate| day - TimeDelta::days(self.days());
        Self { from: back(self.from), to: back(self.to) }
    }

    /// The last week, Monday to Sunday, that is over.
    pub fn last_week(today: NaiveDate) -> Self {
        let from = monday(today) - Days::new(WEEK);
        Self { from, to: from + Days::new(WEEK - 1) }
    }

    /// What a reader outside the police may ask for: one whole week. Weeks do not overlap, so that no two periods have a
    /// difference; any other choice of periods lets small cells be worked out from two statements in which they are hidden.
    pub fn for_outside(self, fields: &mut Fields) {
        if monday(self.from) != self.from || self.to != self.from + Days::new(WEEK - 1) {
            fields.wrong(
                "from",
                "must be a Monday, and to the Sunday after it: readers outside the police are given whole weeks",
                "सोमवार होना चाहिए और to उसके बाद का रविवार: पुलिस से बाहर के पाठकों को पूरे सप्ताह दिए जाते हैं",
            );
        }
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
        let before = period.before();
        assert_eq!((before.from, before.to), (day("2020-10-05"), day("2020-10-16")));
        assert_eq!(before.days(), 12);
    }

    #[test]
    fn outside_the_police_only_whole_weeks_are_told() {
        let outside = |from: &str, to: &str| {
            let mut fields = Fields::new();
            Period { from: day(from), to: day(to) }.for_outside(&mut fields);
            fields.clean()
        };
        assert!(outside("2020-10-19", "2020-10-25"));
        for (from, to) in [
            ("2020-10-18", "2020-10-24"),
            ("2020-10-19", "2020-10-24"),
            ("2020-10-12", "2020-10-25"),
            ("2020-10-19", "2020-10-19"),
        ] {
            assert!(!outside(from, to), "{from} {to}");
        }
        for today in ["2020-10-26", "2020-10-31", "2020-11-01"] {
            let week = Period::last_week(day(today));
            assert_eq!((week.from, week.to), (day("2020-10-19"), day("2020-10-25")), "{today}");
        }
    }
}
