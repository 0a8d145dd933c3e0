//! What must have become of every desk on every day, from the answers to check-ins, rosters and heartbeats.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};
use mahila::demo::Tally;
use mahila_proto::oversight::v1::Measure;

use super::recount::day_of;

/// A desk on a day, as it must have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskDay {
    /// As in the contract.
    pub status: Measure,
    /// As in the contract.
    pub check_ins_expected: i64,
    /// As in the contract.
    pub check_ins: i64,
    /// As in the contract.
    pub service_minutes: i64,
    /// As in the contract.
    pub two_women_minutes: i64,
    /// As in the contract.
    pub heartbeats: i64,
}

/// Minutes that a relief may take before a desk counts as understaffed: the registry's policy, documented with it.
const RELIEF: i64 = 30;

/// Minutes after midnight IST of a day.
fn minute(day: NaiveDate, at: DateTime<Utc>) -> i64 {
    let midnight = day.and_time(NaiveTime::MIN).and_utc() - Duration::seconds(19_800);
    (at - midnight).num_minutes()
}

/// Every desk-day up to `last`, itself included.
pub fn desk_days(tally: &Tally, last: NaiveDate) -> BTreeMap<(NaiveDate, String), DeskDay> {
    let mut heard: BTreeMap<(NaiveDate, &str), i64> = BTreeMap::new();
    for beats in &tally.heartbeats {
        *heard.entry((beats.day, &beats.station)).or_default() += i64::from(beats.accepted);
    }
    let mut rostered: BTreeMap<(NaiveDate, &str), i64> = BTreeMap::new();
    for roster in &tally.rosters {
        // Every day of the story's rosters expects the same.
        let days = i32::try_from(roster.days.len()).expect("a few days");
        assert_eq!(roster.check_ins_expected % days, 0);
        for day in &roster.days {
            rostered.insert((*day, &roster.station), i64::from(roster.check_ins_expected / days));
        }
    }
    let mut came: BTreeMap<(NaiveDate, &str), Vec<(i64, i64)>> = BTreeMap::new();
    for duty in &tally.check_ins {
        let day = day_of(duty.from);
        came.entry((day, &duty.station)).or_default().push((minute(day, duty.from), minute(day, duty.until)));
    }
    let mut desk_days = BTreeMap::new();
    for desk in &tally.desks {
        for day in desk.opened_on.iter_days().take_while(|day| *day <= last) {
            let key = (day, desk.station.as_str());
            let duties = came.get(&key).map_or(&[][..], Vec::as_slice);
            let (opens, closes) = (i64::from(desk.opens_minute), i64::from(desk.closes_minute));
            let together =
                |minute: &i64| duties.iter().filter(|(from, until)| from <= minute && minute < until).count();
            let two_women_minutes = (opens..closes).filter(|minute| together(minute) >= 2).count();
            let two_women_minutes = i64::try_from(two_women_minutes).expect("minutes of a day");
            let heartbeats = heard.get(&key).copied().unwrap_or_default();
            let expected = rostered.get(&key).copied();
            let service_minutes = closes - opens;
            let status = if heartbeats == 0 && duties.is_empty() {
                Measure::DeskDaysSilent
            } else if expected.is_none() {
                Measure::DeskDaysUnrostered
            } else if duties.is_empty() {
                Measure::DeskDaysAbsent
            } else if two_women_minutes < service_minutes - RELIEF {
                Measure::DeskDaysUnderstaffed
            } else {
                Measure::DeskDaysCompliant
            };
            let desk_day = DeskDay {
                status,
                // Without a roster the order itself is expected: not to publish one hides nothing.
                check_ins_expected: expected.unwrap_or(2 * i64::from(desk.min_women)),
                check_ins: i64::try_from(duties.len()).expect("a few"),
                service_minutes,
                two_women_minutes,
                heartbeats,
            };
            desk_days.insert((day, desk.station.clone()), desk_day);
        }
    }
    desk_days
}
