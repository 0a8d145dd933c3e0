//! The desk, and what it takes to open one.

use chrono::{Days, NaiveDate};
use platform::directory::StationType;
use platform::terms::Term as _;
use platform::{Refusal, Violation};
use serde::{Deserialize, Serialize};

platform::term! {
    /// What a desk room has, as the chief minister ordered on 23 October 2020.
    pub enum Facility: "mahila.registry.v1.Facility" {
        /// A room of its own, glass-fronted.
        SeparateRoom = 1,
        /// Closed-circuit television.
        Cctv = 2,
        /// A computer.
        Computer = 3,
        /// Seats.
        Seating = 4,
        /// Paper and pens.
        Stationery = 5,
        /// The board with the helplines' numbers.
        HelplineBoard = 6,
    }
}

/// Hours of service when the request names none: 08:00 to 20:00.
pub const USUAL_HOURS: (i32, i32) = (8 * 60, 20 * 60);
/// Women on duty together, by the order of October 2020; a desk may ask for more of itself, never for fewer.
pub const LEAST_WOMEN: i32 = 2;
/// Women on duty together at most: more is a slip of the pen.
pub const MOST_WOMEN: i32 = 20;
/// Days between the order and the opening at most.
pub const AHEAD: u64 = 30;

/// The women's help desk of a station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desk {
    /// Its station.
    pub station: String,
    /// The day it opened.
    pub opened_on: NaiveDate,
    /// First minute of service after midnight IST.
    pub opens_minute: i32,
    /// End of service, minutes after midnight IST.
    pub closes_minute: i32,
    /// Women on duty together, at least.
    pub min_women: i32,
    /// What is there, in the order of the contract, each once.
    pub facilities: Vec<Facility>,
    /// Moved by every change.
    pub version: i64,
}

impl Desk {
    /// `stations/{station}/desk`.
    #[must_use]
    pub fn name(station: &str) -> String {
        format!("stations/{station}/desk")
    }

    /// As AIP-154 has it.
    #[must_use]
    pub fn etag(&self) -> String {
        format!("\"{}\"", self.version)
    }
}

/// What the roll says of a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ground {
    /// What it is.
    pub kind: StationType,
    /// First day.
    pub from: NaiveDate,
    /// First day on which it is no more.
    pub to: Option<NaiveDate>,
    /// It has a desk already.
    pub taken: bool,
}

/// A desk that shall be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Where.
    pub station: String,
    /// From when; `None`: today.
    pub opened_on: Option<NaiveDate>,
    /// Hours of service, minutes after midnight IST, the first less than the second.
    pub hours: (i32, i32),
    /// Women on duty together.
    pub min_women: i32,
    /// What is there.
    pub facilities: Vec<Facility>,
}

impl Opening {
    /// Whether the desk may open, and what it is then. `ground` is `None` when the roll has no such station.
    ///
    /// # Errors
    /// `STATION_UNKNOWN` when it does not exist that day, `STATE_FORBIDS` when its type has no desk, `ALREADY_EXISTS`,
    /// `INVALID_FIELDS` when the day lies in the past or too far ahead.
    pub fn decide(&self, ground: Option<Ground>, today: NaiveDate) -> Result<Desk, Refusal> {
        let unknown = || Refusal::station_unknown(&self.station);
        let ground = ground.ok_or_else(unknown)?;
        if !ground.kind.has_desk() {
            return Err(Refusal::state_forbids(ground.kind.name()));
        }
        if ground.taken {
            return Err(Refusal::already_exists(Desk::name(&self.station)));
        }
        let opened_on = self.opened_on.unwrap_or(today);
        let wrong = |en: &str, hi: &str| {
            Err(Refusal::invalid(vec![Violation { field: "desk.opened_on".into(), en: en.into(), hi: hi.into() }]))
        };
        // A day that is over was accounted for without this desk: nobody opens one for it afterwards.
        if opened_on < today {
            return wrong("lies in the past", "बीता हुआ दिन है");
        }
        if today.checked_add_days(Days::new(AHEAD)).is_some_and(|last| opened_on > last) {
            return wrong("is more than 30 days ahead", "30 दिन से अधिक आगे है");
        }
        if opened_on < ground.from || ground.to.is_some_and(|to| opened_on >= to) {
            return Err(unknown());
        }
        let mut facilities = self.facilities.clone();
        facilities.sort_unstable();
        facilities.dedup();
        Ok(Desk {
            station: self.station.clone(),
            opened_on,
            opens_minute: self.hours.0,
            closes_minute: self.hours.1,
            min_women: self.min_women,
            facilities,
            version: 1,
        })
    }
}

/// A desk was opened.
#[derive(Debug, Clone)]
pub struct DeskOpened<'a>(pub &'a Desk);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stations::samples::day;

    fn opening(opened_on: Option<&str>) -> Opening {
        Opening {
            station: "ps-162-001".into(),
            opened_on: opened_on.map(day),
            hours: USUAL_HOURS,
            min_women: LEAST_WOMEN,
            facilities: vec![Facility::Cctv, Facility::SeparateRoom, Facility::Cctv],
        }
    }

    fn ground() -> Ground {
        Ground { kind: StationType::Regular, from: day("2000-01-01"), to: Some(day("2020-11-10")), taken: false }
    }

    #[test]
    fn facilities_are_the_contracts() {
        platform::terms::check::<Facility>().unwrap();
    }

    #[test]
    fn a_desk_opens_today_unless_told_otherwise() {
        let today = day("2020-10-23");
        let desk = opening(None).decide(Some(ground()), today).unwrap();
        assert_eq!(
            (desk.opened_on, desk.facilities.as_slice()),
            (today, &[Facility::SeparateRoom, Facility::Cctv][..])
        );
        assert_eq!(desk.etag(), "\"1\"");
        let later = opening(Some("2020-11-09")).decide(Some(ground()), today).unwrap();
        assert_eq!(later.opened_on, day("2020-11-09"));
    }

    #[test]
    fn what_may_not_open_is_told_why() {
        let today = day("2020-10-23");
        let railway = Ground { kind: StationType::Grp, ..ground() };
        let taken = Ground { taken: true, ..ground() };
        let young = Ground { from: day("2020-11-01"), ..ground() };
        for (opened_on, ground, reason) in [
            (None, None, "STATION_UNKNOWN"),
            (None, Some(railway), "STATE_FORBIDS"),
            (None, Some(taken), "ALREADY_EXISTS"),
            (Some("2020-10-22"), Some(ground()), "INVALID_FIELDS"),
            (Some("2020-11-23"), Some(ground()), "INVALID_FIELDS"),
            (Some("2020-11-10"), Some(ground()), "STATION_UNKNOWN"),
            (None, Some(young), "STATION_UNKNOWN"),
        ] {
            assert_eq!(opening(opened_on).decide(ground, today).unwrap_err().reason(), reason);
        }
    }
}
