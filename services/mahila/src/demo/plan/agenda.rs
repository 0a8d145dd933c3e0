//! When the replay does what: the instants at which the replay clock stops. Between two of them nothing happens; at one,
//! everything happens at that instant.

use chrono::{DateTime, Datelike as _, Days, Duration, NaiveDate, Utc};
use platform::clock::{ist_day, minute_of};

/// A day of October 2020; 32 is the first of November.
#[must_use]
pub fn october(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2020, 10, 1).unwrap_or_default() + Days::new(u64::from(day.saturating_sub(1)))
}

/// First day of calls, and of the statement.
pub const FIRST_CALLS: u32 = 17;
/// Last day of calls.
pub const LAST_CALLS: u32 = 22;
/// The day on which the desks open.
pub const FIRST_DESKS: u32 = 23;
/// Last day of the replay, and of the statement.
pub const LAST: u32 = 31;
/// The week: the first day of the stations' review cycle, and of events.
pub const FIRST_CYCLE: u32 = 24;
/// Its last day.
pub const LAST_CYCLE: u32 = 30;
/// Days on which stations sit: a working week.
pub const SITTING_DAYS: [u32; 5] = [26, 27, 28, 29, 30];
/// Days on which zones sit, each a cycle of its own: every other day, so that what is put off twice and once more goes
/// up in time for the state's docket. Of all that sit in the week they alone have three cycles in it.
pub const ZONES_SIT: [u32; 3] = [26, 28, 30];
/// The day on which districts sit, of the two of their cycle.
pub const DISTRICTS_SIT: u32 = 30;
/// The first day of the districts' cycle.
pub const DISTRICT_CYCLE: u32 = 29;
/// The day of the state's cycle, and of its sitting.
pub const STATE_SITS: u32 = 31;
/// Cases on a docket.
pub const QUOTA: u32 = 15;
/// Parts of a sitting: convened, a case at a time, signed.
pub const PARTS: u32 = QUOTA + 2;
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
    /// Policies of reviews, the campaign, its partners.
    Prepare,
    /// Events are proposed.
    Propose,
    /// Events are approved, or not.
    Approve,
    /// Cycles of a level have opened by themselves: the first, where it has several in the week.
    Opened(Sitters),
    /// A part of sittings: 0 convenes, 1 to 15 take a case, 16 signs.
    Sit {
        /// Who sits.
        who: Sitters,
        /// Day of October.
        day: u32,
        /// 0 to 16.
        part: u32,
    },
    /// Owners say that their actions are done.
    Claim {
        /// Day of October.
        day: u32,
    },
    /// Others look whether they are.
    Verify {
        /// Day of October.
        day: u32,
    },
    /// An event is called off.
    CallOff,
    /// Events of the day are reported, with what shows that they were held.
    Report {
        /// Day of October.
        day: u32,
    },
    /// Events of the day are checked by others.
    Check {
        /// Day of October.
        day: u32,
    },
    /// All days are over: the statement.
    End,
}

/// Who sits over a docket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sitters {
    /// Stations.
    Stations,
    /// Districts.
    Districts,
    /// Zones, by video.
    Zones,
    /// The state, by video.
    State,
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
    /// The agenda of the fifteen days.
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
        stops.extend(week());
        stops.push(stop(LAST + 1, 30, What::End));
        stops.sort_by_key(|stop| stop.at);
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

impl Stop {
    /// Day of October on which it lies: of midnight the day that begins.
    #[must_use]
    pub fn day(&self) -> u32 {
        let day = ist_day(self.at);
        if day.month() == 10 { day.day() } else { 31 + day.day() }
    }
}

/// Reviews and events.
fn week() -> Vec<Stop> {
    let mut stops = vec![
        between(FIRST_DESKS, 20 * 60 + 30, What::Prepare),
        between(FIRST_DESKS, 20 * 60 + 45, What::Propose),
        between(FIRST_DESKS, 21 * 60, What::Approve),
        between(FIRST_CYCLE, 10, What::Opened(Sitters::Stations)),
        between(ZONES_SIT[0], 10, What::Opened(Sitters::Zones)),
        between(DISTRICT_CYCLE, 10, What::Opened(Sitters::Districts)),
        between(STATE_SITS, 10, What::Opened(Sitters::State)),
        between(FIRST_CYCLE + 1, 9 * 60 + 40, What::CallOff),
    ];
    let mut sit = |who, day, first, apart| {
        for part in 0..PARTS {
            stops.push(between(day, first + apart * minutes(part), What::Sit { who, day, part }));
        }
    };
    for day in SITTING_DAYS {
        sit(Sitters::Stations, day, 10 * 60, 4);
    }
    for day in ZONES_SIT {
        sit(Sitters::Zones, day, 12 * 60 + 10, 4);
    }
    sit(Sitters::Districts, DISTRICTS_SIT, 14 * 60 + 30, 4);
    sit(Sitters::State, STATE_SITS, 12 * 60 + 30, 4);
    for day in SITTING_DAYS[0] + 1..=LAST {
        stops.push(between(day, 17 * 60 + 30, What::Claim { day }));
    }
    for day in SITTING_DAYS[0] + 2..=LAST {
        stops.push(between(day, 9 * 60 + 30, What::Verify { day }));
    }
    for day in FIRST_CYCLE..=LAST {
        stops.push(between(day, 20 * 60 + 30, What::Report { day }));
        stops.push(between(day, 21 * 60, What::Check { day }));
    }
    stops
}

fn stop(day: u32, minute: i32, what: What) -> Stop {
    Stop { at: minute_of(october(day), minute), what }
}

/// Half a minute past: women come on whole minutes, so that none of their limits falls due there.
fn between(day: u32, minute: i32, what: What) -> Stop {
    Stop { at: minute_of(october(day), minute) + Duration::seconds(30), what }
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
        assert_eq!(agenda.stops().last().unwrap().at.to_rfc3339(), "2020-10-31T19:00:00+00:00");
    }

    #[test]
    fn later_counts_rounds_and_not_check_ins() {
        let agenda = Agenda::new();
        assert_eq!(agenda.later(agenda.work(23, 0), 1), Some(agenda.work(23, 1)));
        assert_eq!(agenda.later(agenda.work(23, 2), 1), Some(agenda.work(24, 0)));
        assert_eq!(agenda.later(agenda.work(31, 2), 1), None);
    }

    #[test]
    fn days_of_stops_run_on_into_november() {
        let agenda = Agenda::new();
        let day = |what| agenda.stops().iter().find(|stop| stop.what == what).unwrap().day();
        assert_eq!(day(What::Opened(Sitters::Stations)), 24);
        assert_eq!(day(What::Sit { who: Sitters::State, day: 31, part: 16 }), 31);
        assert_eq!(day(What::End), 32);
    }
}
