//! What became of a desk on one day.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use platform::clock::{day_begins, ist_day};
use serde::{Deserialize, Serialize};

use super::presence::{Presence, minutes_together};

platform::term! {
    /// What became of a desk on one day.
    pub enum Status: "mahila.registry.v1.DeskDayStatus" {
        /// The day is not over.
        Expected = 1,
        /// Two women were there through the hours, and the desk was heard from.
        Compliant = 2,
        /// Heard from, but not two women through the hours.
        Understaffed = 3,
        /// No roster was published.
        Unrostered = 4,
        /// Rostered, heard from, nobody checked in.
        Absent = 5,
        /// Not a sign of life that day.
        Silent = 6,
    }
}

impl Status {
    /// Those that are not complete, the worst first.
    pub const NOT_COMPLIANT: [Self; 4] = [Self::Silent, Self::Absent, Self::Unrostered, Self::Understaffed];
}

/// Minutes that a relief may take: she who comes checks in when she has signed for the register and the keys, she who goes
/// has left by then. Policy of this suite, not of the order, which knows no minutes; without it every desk with two shifts
/// would be understaffed every day, and the word would say nothing.
pub const RELIEF_MINUTES: i32 = 30;

/// Reliefs that are allowed for in a day: a roster of many short shifts does not make a desk complete.
pub const MOST_RELIEFS: i32 = 3;

/// Shifts that the order of October 2020 makes of a desk's day, 08:00 to 20:00: two, each with two women.
pub const SHIFTS_OF_A_DAY: i32 = 2;

/// How long after midnight a day is closed: what devices sent at its end has arrived by then.
pub const CLOSED_AFTER_MINUTES: i64 = 5;

/// The last day that is over and may be closed at an instant.
#[must_use]
pub fn last_closable(now: DateTime<Utc>) -> NaiveDate {
    let today = ist_day(now - Duration::minutes(CLOSED_AFTER_MINUTES));
    today.pred_opt().unwrap_or(today)
}

/// The whole minute of a day at or after an instant: a minute counts when she was there from its beginning.
#[must_use]
pub fn minute_up(day: NaiveDate, at: DateTime<Utc>) -> i32 {
    minute_down(day, at + Duration::microseconds(60_000_000 - 1))
}

/// The whole minutes of a day that are over at an instant; 0 before the day, 1440 after it.
#[must_use]
pub fn minute_down(day: NaiveDate, at: DateTime<Utc>) -> i32 {
    let minutes = (at - day_begins(day)).num_minutes();
    i32::try_from(minutes.clamp(0, 1440)).unwrap_or(1440)
}

/// An officer and shift of the roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duty {
    /// Minutes after midnight IST.
    pub start: i32,
    /// Minutes after midnight IST.
    pub end: i32,
    /// She checked in to it.
    pub came: bool,
}

/// What is known of a desk and day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// First minute of service.
    pub opens: i32,
    /// End of service.
    pub closes: i32,
    /// Women that must be on duty together; at least 2.
    pub min_women: i32,
    /// The roster.
    pub duties: Vec<Duty>,
    /// Who was there, also by a roster that was replaced since.
    pub presences: Vec<Presence>,
    /// Signs of life of the device.
    pub heartbeats: i32,
}

/// The figures of a desk-day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// What became of it.
    pub status: Status,
    /// One an officer and shift.
    pub check_ins_expected: i32,
    /// Of those, checked in.
    pub check_ins: i32,
    /// Minutes of service.
    pub service_minutes: i32,
    /// Minutes of service with two women.
    pub two_women_minutes: i32,
    /// Signs of life.
    pub heartbeats: i32,
}

impl Evidence {
    /// The figures as they stand when the day is over.
    #[must_use]
    pub fn closed(&self) -> Figures {
        Figures { status: self.status(), ..self.so_far(1440) }
    }

    /// The figures as they stand at a minute of the day, which is not over.
    #[must_use]
    pub fn so_far(&self, minute: i32) -> Figures {
        let count = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        Figures {
            status: Status::Expected,
            check_ins_expected: self.check_ins_expected(),
            check_ins: count(self.duties.iter().filter(|duty| duty.came).count()),
            service_minutes: self.closes - self.opens,
            two_women_minutes: minutes_together(&self.presences, self.opens, self.closes.min(minute), 2),
            heartbeats: self.heartbeats,
        }
    }

    /// What the roster expects; without one what the order asks of a day, so that publishing no roster lowers no target.
    fn check_ins_expected(&self) -> i32 {
        match self.duties.len() {
            0 => SHIFTS_OF_A_DAY * self.min_women,
            duties => i32::try_from(duties).unwrap_or(i32::MAX),
        }
    }

    fn status(&self) -> Status {
        if self.heartbeats == 0 && self.presences.is_empty() {
            return Status::Silent;
        }
        if self.duties.is_empty() {
            return Status::Unrostered;
        }
        if self.presences.is_empty() {
            return Status::Absent;
        }
        let together = minutes_together(&self.presences, self.opens, self.closes, self.min_women);
        let enough = self.closes - self.opens - self.reliefs() * RELIEF_MINUTES;
        if together < enough { Status::Understaffed } else { Status::Compliant }
    }

    /// Moments within the hours at which a shift begins after another: the first is an opening, not a relief.
    fn reliefs(&self) -> i32 {
        let within = self.duties.iter().filter(|duty| duty.start < self.closes && duty.end > self.opens);
        let starts: BTreeSet<i32> = within.map(|duty| duty.start.max(self.opens)).collect();
        i32::try_from(starts.len()).unwrap_or(MOST_RELIEFS).saturating_sub(1).clamp(0, MOST_RELIEFS)
    }
}

/// A desk and a day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The day.
    pub day: NaiveDate,
    /// The station.
    pub station: String,
}

/// A row of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskDay {
    /// Which.
    pub key: Key,
    /// What became of it.
    pub figures: Figures,
}

/// A day is over, and this is what became of it.
#[derive(Debug, Clone)]
pub struct DeskDayClosed<'a>(pub &'a DeskDay);

#[cfg(test)]
mod tests {
    use platform::clock::minute_of;

    use super::*;
    use crate::stations::samples::day;

    fn there(officer: &str, from: i32, until: i32) -> Presence {
        Presence { officer: officer.into(), from, until }
    }

    fn came(start: i32, end: i32) -> Duty {
        Duty { start, end, came: true }
    }

    /// Two shifts of two, all there on the minute.
    fn good() -> Evidence {
        Evidence {
            opens: 480,
            closes: 1200,
            min_women: 2,
            duties: vec![came(480, 840), came(480, 840), came(840, 1200), came(840, 1200)],
            presences: vec![there("a", 480, 840), there("b", 480, 840), there("c", 840, 1200), there("d", 840, 1200)],
            heartbeats: 12,
        }
    }

    #[test]
    fn statuses_are_the_contracts() {
        platform::terms::check::<Status>().unwrap();
    }

    #[test]
    fn the_worst_that_is_true_is_said() {
        let absent = Evidence {
            presences: vec![],
            duties: good().duties.iter().map(|duty| Duty { came: false, ..*duty }).collect(),
            ..good()
        };
        for (evidence, status) in [
            (good(), Status::Compliant),
            (Evidence { heartbeats: 0, ..good() }, Status::Compliant),
            (Evidence { heartbeats: 0, ..absent.clone() }, Status::Silent),
            (Evidence { duties: vec![], ..absent.clone() }, Status::Unrostered),
            (Evidence { duties: vec![], ..good() }, Status::Unrostered),
            (Evidence { heartbeats: 0, duties: vec![], ..absent.clone() }, Status::Silent),
            (absent, Status::Absent),
            (Evidence { presences: good().presences[1..].to_vec(), ..good() }, Status::Understaffed),
            (Evidence { min_women: 3, ..good() }, Status::Understaffed),
        ] {
            assert_eq!(evidence.closed().status, status, "{evidence:?}");
        }
    }

    #[test]
    fn a_relief_may_take_half_an_hour_and_not_a_minute_more() {
        let late = |minutes: i32| Evidence {
            presences: vec![
                there("a", 480, 840),
                there("b", 480, 840),
                there("c", 840 + minutes, 1200),
                there("d", 840, 1200),
            ],
            ..good()
        };
        assert_eq!(late(30).closed().status, Status::Compliant);
        assert_eq!(late(30).closed().two_women_minutes, 690);
        assert_eq!(late(31).closed().status, Status::Understaffed);
    }

    #[test]
    fn one_shift_has_no_relief_and_many_short_ones_only_three() {
        let one = Evidence {
            duties: vec![came(480, 1200), came(480, 1200)],
            presences: vec![there("a", 480, 1200), there("b", 481, 1200)],
            ..good()
        };
        assert_eq!(one.closed().status, Status::Understaffed);
        let many = Evidence { duties: (0..24).map(|at| came(480 + at * 30, 510 + at * 30)).collect(), ..one };
        let gone = |minutes: i32| Evidence {
            presences: vec![there("a", 480, 1200), there("b", 480 + minutes, 1200)],
            ..many.clone()
        };
        assert_eq!(gone(90).closed().status, Status::Compliant);
        assert_eq!(gone(91).closed().status, Status::Understaffed);
    }

    #[test]
    fn a_day_that_is_not_over_counts_so_far() {
        let figures = good().so_far(600);
        assert_eq!((figures.status, figures.two_women_minutes, figures.service_minutes), (Status::Expected, 120, 720));
        assert_eq!(good().so_far(0).two_women_minutes, 0);
    }

    #[test]
    fn a_day_is_closed_five_minutes_after_it() {
        let date = day("2020-10-23");
        assert_eq!(last_closable(minute_of(date, 1440 + 4)), day("2020-10-22"));
        assert_eq!(last_closable(minute_of(date, 1440 + 5)), date);
        assert_eq!(last_closable(minute_of(date, 3 * 1440 + 5)), day("2020-10-25"));
    }

    #[test]
    fn a_minute_counts_from_its_beginning() {
        let date = day("2020-10-23");
        assert_eq!(minute_up(date, minute_of(date, 480)), 480);
        assert_eq!(minute_up(date, minute_of(date, 480) + Duration::seconds(1)), 481);
        assert_eq!(minute_up(date, minute_of(date, 480) + Duration::microseconds(1)), 481);
        assert_eq!(minute_up(date, minute_of(date, 1440)), 1440);
        assert_eq!(minute_up(date, minute_of(date, 0) - Duration::hours(1)), 0);
        assert_eq!(minute_down(date, minute_of(date, 481) - Duration::microseconds(1)), 480);
        assert_eq!(minute_down(date, minute_of(date, 2000)), 1440);
    }
}
