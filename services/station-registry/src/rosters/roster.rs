//! The roster of a desk: shifts of some days, and what makes them a roster.

use std::collections::{BTreeSet, HashMap};

use chrono::{Days, NaiveDate};
use platform::{Refusal, Violation};

/// Shifts in one request at most.
pub const MOST_SHIFTS: usize = 200;
/// Officers in one shift at most: a desk has a pool of five.
pub const MOST_OFFICERS: usize = 50;
/// Days ahead at most: further than a quarter nobody keeps a roster.
pub const AHEAD: u64 = 92;

/// One duty: these officers, from then to then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// IST day.
    pub day: NaiveDate,
    /// Minutes after midnight IST.
    pub start: i32,
    /// Minutes after midnight IST; later than `start`.
    pub end: i32,
    /// Personnel tokens.
    pub officers: Vec<String>,
}

/// What a roster is measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// The day the desk opened.
    pub opened_on: NaiveDate,
    /// First minute of service.
    pub opens: i32,
    /// End of service.
    pub closes: i32,
}

/// Whether two spans of minutes share one.
#[must_use]
pub fn overlap(one: (i32, i32), other: (i32, i32)) -> bool {
    one.0 < other.1 && other.0 < one.1
}

/// Whether these shifts are a roster that may be published today; gives the days they cover.
///
/// # Errors
/// `INVALID_FIELDS` with all violations: a day that is over, before the opening or too far ahead; a shift without hours or
/// outside the desk's; no officer; an officer in two places at once.
pub fn publish(shifts: &[Shift], hours: Hours, today: NaiveDate) -> Result<BTreeSet<NaiveDate>, Refusal> {
    let mut violations = Vec::new();
    let mut wrong = |at: usize, field: &str, en: &str, hi: &str| {
        violations.push(Violation { field: format!("shifts[{at}].{field}"), en: en.into(), hi: hi.into() });
    };
    let last = today.checked_add_days(Days::new(AHEAD)).unwrap_or(NaiveDate::MAX);
    let mut duties: HashMap<(NaiveDate, &str), Vec<(i32, i32)>> = HashMap::new();
    for (at, shift) in shifts.iter().enumerate() {
        let span = (shift.start, shift.end);
        if shift.day < today {
            wrong(at, "day", "is over", "बीत चुका है");
        } else if shift.day < hours.opened_on {
            wrong(at, "day", "lies before the desk opened", "डेस्क खुलने से पहले है");
        } else if shift.day > last {
            wrong(at, "day", "is more than 92 days ahead", "92 दिन से अधिक आगे है");
        }
        if shift.start >= shift.end {
            wrong(at, "end_minute", "must be later than start_minute", "start_minute के बाद होना चाहिए");
        } else if !overlap(span, (hours.opens, hours.closes)) {
            wrong(at, "start_minute", "lies outside the desk's hours", "डेस्क के समय से बाहर है");
        }
        if shift.officers.is_empty() {
            wrong(at, "officers", "is required", "आवश्यक है");
        }
        for officer in &shift.officers {
            let on_duty = duties.entry((shift.day, officer)).or_default();
            if on_duty.iter().any(|other| overlap(span, *other)) {
                wrong(at, "officers", "an officer has another shift at that time", "उसी समय दूसरी ड्यूटी है");
            }
            on_duty.push(span);
        }
    }
    if violations.is_empty() {
        Ok(shifts.iter().map(|shift| shift.day).collect())
    } else {
        Err(Refusal::invalid(violations))
    }
}

/// A roster was published. Nobody's name, and no token: only which days have one.
#[derive(Debug, Clone)]
pub struct RosterPublished<'a> {
    /// Whose.
    pub station: &'a str,
    /// The days.
    pub days: &'a [NaiveDate],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stations::samples::day;

    const HOURS: (i32, i32) = (480, 1200);

    fn hours() -> Hours {
        Hours { opened_on: day("2020-10-23"), opens: HOURS.0, closes: HOURS.1 }
    }

    fn shift(date: &str, start: i32, end: i32, officers: &[&str]) -> Shift {
        Shift { day: day(date), start, end, officers: officers.iter().map(|officer| (*officer).to_owned()).collect() }
    }

    fn fields(shifts: &[Shift]) -> Vec<String> {
        let refusal = publish(shifts, hours(), day("2020-10-24")).unwrap_err();
        refusal.violations().iter().map(|violation| violation.field.clone()).collect()
    }

    #[test]
    fn two_shifts_with_a_relief_are_a_roster() {
        let shifts = [
            shift("2020-10-24", 480, 840, &["a", "b"]),
            shift("2020-10-24", 840, 1200, &["c", "a"]),
            shift("2020-10-25", 420, 840, &["a", "b"]),
        ];
        let days = publish(&shifts, hours(), day("2020-10-24")).unwrap();
        assert_eq!(days.into_iter().collect::<Vec<_>>(), [day("2020-10-24"), day("2020-10-25")]);
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let shifts = [
            shift("2020-10-23", 480, 840, &["a"]),
            shift("2021-01-25", 480, 840, &["a"]),
            shift("2020-10-24", 840, 840, &["a"]),
            shift("2020-10-24", 1200, 1440, &["a"]),
            shift("2020-10-24", 480, 840, &[]),
            shift("2020-10-25", 480, 841, &["a"]),
            shift("2020-10-25", 840, 1200, &["a"]),
            shift("2020-10-26", 480, 840, &["a", "a"]),
        ];
        let expected = [
            "shifts[0].day",
            "shifts[1].day",
            "shifts[2].end_minute",
            "shifts[3].start_minute",
            "shifts[4].officers",
            "shifts[6].officers",
            "shifts[7].officers",
        ];
        assert_eq!(fields(&shifts), expected);
    }

    #[test]
    fn nobody_is_rostered_before_the_desk_opens() {
        let early = Hours { opened_on: day("2020-10-25"), ..hours() };
        assert!(publish(&[shift("2020-10-24", 480, 840, &["a"])], early, day("2020-10-24")).is_err());
        assert!(publish(&[shift("2020-10-25", 480, 840, &["a"])], early, day("2020-10-24")).is_ok());
    }
}
