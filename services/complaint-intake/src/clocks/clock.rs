//! A limit as it runs, and all those of a complaint.

use chrono::{DateTime, NaiveDate, Utc};
use platform::clock::ist_day;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::rules::{Facts, RULES};
use crate::place::Place;
use crate::terms::ClockCode;

/// A limit of one complaint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Clock {
    /// Which.
    pub code: ClockCode,
    /// Since when it runs.
    pub started_at: DateTime<Utc>,
    /// When it is due.
    pub due_at: DateTime<Utc>,
    /// After this instant, if it still runs, it was not met in time.
    pub breach_at: DateTime<Utc>,
    /// When it was met; `None` while it runs.
    pub stopped_at: Option<DateTime<Utc>>,
    /// It was not met in time. Stays true.
    pub breached: bool,
    /// Fixed by law, not by us.
    pub statutory: bool,
}

impl Clock {
    /// Whether it runs.
    pub(crate) fn runs(&self) -> bool {
        self.stopped_at.is_none()
    }
}

/// A limit passed. Once a complaint and code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Breached {
    /// Whose.
    pub complaint: Uuid,
    /// Where it is counted.
    pub place: Place,
    /// Which.
    pub code: ClockCode,
    /// The IST day it was due.
    pub day: NaiveDate,
}

/// The limits of a complaint, one a code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Clocks(Vec<Clock>);

impl Clocks {
    /// These, as they were stored.
    pub(crate) fn new(mut clocks: Vec<Clock>) -> Self {
        clocks.sort_by_key(|clock| clock.code);
        Self(clocks)
    }

    /// All, by code.
    pub(crate) fn all(&self) -> &[Clock] {
        &self.0
    }

    /// The one of a code.
    #[cfg(test)]
    pub(crate) fn of(&self, code: ClockCode) -> Option<&Clock> {
        self.0.iter().find(|clock| clock.code == code)
    }

    /// The running one that is due next.
    pub(crate) fn next(&self) -> Option<&Clock> {
        self.0.iter().filter(|clock| clock.runs()).min_by_key(|clock| (clock.due_at, clock.code))
    }

    /// The IST day on which the earliest running one that is fixed by law falls due, passed or not.
    pub(crate) fn statutory_due(&self) -> Option<NaiveDate> {
        self.0.iter().filter(|clock| clock.runs() && clock.statutory).map(|clock| ist_day(clock.due_at)).min()
    }

    /// For people: the running ones with the next due first, then the stopped ones.
    pub(crate) fn next_due_first(&self) -> Vec<&Clock> {
        let mut clocks: Vec<&Clock> = self.0.iter().collect();
        clocks.sort_by_key(|clock| (!clock.runs(), clock.due_at, clock.code));
        clocks
    }

    /// Starts and stops what the facts say must run or not. Answers with those that were stopped too late, once each.
    ///
    /// What has started keeps its start and its end: no edit moves them. One that the facts call for again goes on as if
    /// it had never stopped, and gains nothing by it.
    pub(crate) fn settle(&mut self, facts: &Facts<'_>, now: DateTime<Utc>) -> Vec<(ClockCode, NaiveDate)> {
        let mut late = Vec::new();
        for rule in &RULES {
            let clock = self.0.iter_mut().find(|clock| clock.code == rule.code);
            let must_run = facts.must_run(rule.code, clock.is_some());
            match (clock, must_run) {
                (None, true) => self.0.push(rule.start(facts, now)),
                (Some(clock), false) if clock.runs() => {
                    clock.stopped_at = Some(now);
                    if now > clock.breach_at && !clock.breached {
                        clock.breached = true;
                        late.push((clock.code, ist_day(clock.due_at)));
                    }
                }
                (Some(clock), true) if !clock.runs() => {
                    if rule.anew {
                        let breached = clock.breached;
                        *clock = Clock { breached, ..rule.start(facts, now) };
                    } else {
                        clock.stopped_at = None;
                    }
                }
                _ => {}
            }
        }
        self.0.sort_by_key(|clock| clock.code);
        late
    }
}
