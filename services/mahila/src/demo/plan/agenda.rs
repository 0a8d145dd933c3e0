//! When the replay does what: the instants at which the replay clock stops. Between two of them nothing happens; at one,
//! everything happens at that instant.

use chrono::{DateTime, NaiveDate, Utc};
use platform::clock::minute_of;

/// A day of October 2020.
#[must_use]
pub fn october(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2020, 10, day).unwrap_or_default()
}

/// First day of calls, and of the statement.
pub const FIRST_CALLS: u32 = 17;
/// Last day of calls.
pub const LAST_CALLS: u32 = 22;
/// The day on which the desks open.
pub const FIRST_DESKS: u32 = 23;
/// Last day of the replay, and of the statement.
pub const LAST: u32 = 28;
/// Calls are sent so often a day: every three hours.
pub const STRETCHES_A_DAY: u32 = 8;
/// Rounds of work at the desks a day.
pub const ROUNDS: u32 = 3;

/// What happens at a stop of the clock, apart from the steps of cases that are due then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The roll is imported, then the paper registers.
    Roll,
    /// Calls of the hours before are sent.
    Calls,
    /// The desks open.
    OpenDesks,
    /// Rosters are published.
    PublishRosters,
    /// Officers of a shift check in: the first of a day is 0.
    CheckIn {
        /// Day of October.
        day: u32,
        /// 0 or 1.
        shift: u32,
    },
    /// Those of the first shift who are late check in.
    CheckInLate {
        /// Day of October.
        day: u32,
    },
    /// Women come to the desks; heartbeats are sent in the last round of a day.
    Work {
        /// Day of October.
        day: u32,
        /// 0 to 2.
        round: u32,
    },
    /// All days are over: the statement.
    End,
}

/// A stop of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub what: What,
}

/// All stops, in order. A case refers to a stop by its place here.
#[derive(Debug, Clone)]
pub struct Agenda(Vec<Stop>);

impl Agenda {
    /// The agenda of the twelve days.
    #[must_use]
    pub fn new() -> Self {
        let mut stops = vec![stop(FIRST_CALLS, 0, What::Roll)];
        for day in FIRST_CALLS..=LAST_CALLS {
            for stretch in 1..=STRETCHES_A_DAY {
                stops.push(stop(day, minutes(stretch * 1440 / STRETCHES_A_DAY), What::Calls));
            }
        }
        // What was still open at midnight is closed in the small hours.
        stops.push(stop(FIRST_DESKS, 180, What::Calls));
        stops.push(stop(FIRST_DESKS, 7 * 60, What::OpenDesks));
        stops.push(stop(FIRST_DESKS, 7 * 60 + 30, What::PublishRosters));
        for day in FIRST_DESKS..=LAST {
            // Every day a little later, so that no limit falls due on a stop of the next day.
            let later = minutes(day - FIRST_DESKS) * 3;
            stops.push(stop(day, 7 * 60 + 50, What::CheckIn { day, shift: 0 }));
            stops.push(stop(day, 9 * 60 + 10, What::CheckInLate { day }));
            stops.push(stop(day, 11 * 60 + 22 + later, What::Work { day, round: 0 }));
            stops.push(stop(day, 13 * 60 + 50, What::CheckIn { day, shift: 1 }));
            stops.push(stop(day, 16 * 60 + 35 + later, What::Work { day, round: 1 }));
            stops.push(stop(day, 19 * 60 + 31 + later, What::Work { day, round: 2 }));
        }
        stops.push(stop(LAST + 1, 30, What::End));
        Self(stops)
    }

    /// The stops.
    #[must_use]
    pub fn stops(&self) -> &[Stop] {
        &self.0
    }

    /// The first stop at or after an instant; `None` past the end.
    #[must_use]
    pub fn at_or_after(&self, instant: DateTime<Utc>) -> Option<usize> {
        self.0.iter().position(|stop| stop.at >= instant)
    }

    /// The stop of a round of work.
    ///
    /// # Panics
    /// Never for days and rounds of the agenda.
    #[must_use]
    pub fn work(&self, day: u32, round: u32) -> usize {
        self.0.iter().position(|stop| stop.what == What::Work { day, round }).expect("a round of the agenda")
    }

    /// The stop of work or calls that comes `n` such stops after another; `None` past the end.
    #[must_use]
    pub fn later(&self, stop: usize, n: usize) -> Option<usize> {
        let works = |stop: &&usize| matches!(self.0[**stop].what, What::Work { .. } | What::Calls);
        let after: Vec<usize> = (stop + 1..self.0.len()).collect();
        after.iter().filter(works).nth(n.checked_sub(1)?).copied()
    }
}

impl Default for Agenda {
    fn default() -> Self {
        Self::new()
    }
}

fn stop(day: u32, minute: i32, what: What) -> Stop {
    Stop { at: minute_of(october(day), minute), what }
}

fn minutes(number: u32) -> i32 {
    i32::try_from(number).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_only_go_forward() {
        let agenda = Agenda::new();
        assert!(agenda.stops().windows(2).all(|pair| pair[0].at < pair[1].at));
        assert_eq!(agenda.stops()[0].at.to_rfc3339(), "2020-10-16T18:30:00+00:00");
        assert_eq!(agenda.stops().last().unwrap().at.to_rfc3339(), "2020-10-28T19:00:00+00:00");
    }

    #[test]
    fn later_counts_rounds_and_not_check_ins() {
        let agenda = Agenda::new();
        assert_eq!(agenda.later(agenda.work(23, 0), 1), Some(agenda.work(23, 1)));
        assert_eq!(agenda.later(agenda.work(23, 2), 1), Some(agenda.work(24, 0)));
        assert_eq!(agenda.later(agenda.work(28, 2), 1), None);
    }
}
