//! Who is on duty: two shifts of two women from 08:00 to 20:00, out of a pool of five a desk. And the known few desks where
//! it is otherwise, so that the gaps can be found.

use mahila_proto::registry::v1::Shift;
use platform::fields::date;

use super::agenda::{FIRST_DESKS, LAST, october};

/// Women a desk has to draw on.
pub const POOL: usize = 5;
/// Women on duty together.
pub const ON_DUTY: usize = 2;
/// Shifts a day: 08:00 to 14:00 and 14:00 to 20:00.
pub const SHIFTS: [(i32, i32); 2] = [(480, 840), (840, 1200)];
/// Signs of life a desk gives a day, in minutes after midnight.
pub const BEATS: [i32; 7] = [485, 605, 725, 845, 965, 1085, 1165];

/// What becomes of a desk on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Staffing {
    /// As it should be.
    Full,
    /// One of the two of the second shift does not come.
    OneMissing,
    /// One of the two of the first shift comes at 09:10.
    OneLate,
    /// Rostered and heard from, but nobody comes.
    Absent,
    /// No roster; the device gives signs of life.
    Unrostered,
    /// Rostered, and not a sign of life.
    Silent,
}

/// Every so many desks one has a gap; a prime, so that the gaps spread over the districts.
const APART: usize = 31;

/// What becomes of a desk on a day of October. The gaps, of 1,535 desks on nine days:
/// silent 4 desks on all nine and 6 on two = 48 desk-days, unrostered 8 × 2 = 16, absent 7 × 1 = 7, one missing 16 × 2 = 32,
/// one late 8 × 1 = 8.
#[must_use]
pub fn staffing(desk: usize, day: u32) -> Staffing {
    if desk % APART != 7 {
        return Staffing::Full;
    }
    match (desk / APART, day) {
        (0..=3, _) | (4..=9, 25..=26) => Staffing::Silent,
        (10..=17, 26..=27) => Staffing::Unrostered,
        (18..=24, 24) => Staffing::Absent,
        (25..=40, 24 | 27) => Staffing::OneMissing,
        (41..=48, 28) => Staffing::OneLate,
        _ => Staffing::Full,
    }
}

/// `officers/{officer}` of a desk's pool.
#[must_use]
pub fn officer(station: &str, of_pool: usize) -> String {
    format!("officers/{}-w{}", station.replacen("ps-", "pno-", 1), of_pool % POOL + 1)
}

/// Who of the pool is on duty: four of the five a day, turning.
#[must_use]
pub fn on_duty(day: u32, shift: u32) -> [usize; ON_DUTY] {
    let first = (2 * (day - FIRST_DESKS) + 2 * shift) as usize;
    [first % POOL, (first + 1) % POOL]
}

/// The roster of a desk for 23 to 31 October.
#[must_use]
pub fn roster(desk: usize, station: &str) -> Vec<Shift> {
    (FIRST_DESKS..=LAST)
        .filter(|day| staffing(desk, *day) != Staffing::Unrostered)
        .flat_map(|day| {
            (0_u32..).zip(SHIFTS).map(move |(shift, (start_minute, end_minute))| Shift {
                day: Some(date(october(day))),
                start_minute,
                end_minute,
                officers: on_duty(day, shift).iter().map(|of_pool| officer(station, *of_pool)).collect(),
            })
        })
        .collect()
}

/// Who of those on duty checks in at the beginning of a shift (`late` false), or at 09:10 in the first (`late` true).
#[must_use]
pub fn check_ins(desk: usize, day: u32, shift: u32, late: bool) -> Vec<usize> {
    let duty = on_duty(day, shift);
    match (staffing(desk, day), shift, late) {
        (Staffing::OneMissing, 1, false) | (Staffing::OneLate, 0, false) => vec![duty[0]],
        (Staffing::OneLate, 0, true) => vec![duty[1]],
        (Staffing::Absent | Staffing::Unrostered | Staffing::Silent, ..) | (_, _, true) => Vec::new(),
        (_, _, false) => duty.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_gaps_are_the_known_few() {
        let mut days: BTreeMap<Staffing, usize> = BTreeMap::new();
        for desk in 0..1_535 {
            for day in FIRST_DESKS..=LAST {
                *days.entry(staffing(desk, day)).or_default() += 1;
            }
        }
        assert_eq!(days[&Staffing::Silent], 48);
        assert_eq!(days[&Staffing::Unrostered], 16);
        assert_eq!(days[&Staffing::Absent], 7);
        assert_eq!(days[&Staffing::OneMissing], 32);
        assert_eq!(days[&Staffing::OneLate], 8);
        assert_eq!(days.values().sum::<usize>(), 1_535 * 9);
    }

    #[test]
    fn rosters_put_two_of_five_on_duty_and_all_five_get_their_turn() {
        let mut turns = [0; POOL];
        for day in FIRST_DESKS..=LAST {
            let of_day: Vec<usize> = (0..2).flat_map(|shift| on_duty(day, shift)).collect();
            assert_eq!(of_day.iter().collect::<std::collections::BTreeSet<_>>().len(), 4, "nobody twice a day");
            for of_pool in of_day {
                turns[of_pool] += 1;
            }
        }
        assert!(turns.iter().all(|turns| *turns >= 4), "{turns:?}");
        assert_eq!(roster(0, "ps-118-001").iter().map(|shift| shift.officers.len()).sum::<usize>(), 36);
    }

    #[test]
    fn rosters_and_the_order_expect_55260_check_ins_and_54944_are_made() {
        let mut rostered = 0;
        let mut made = 0;
        let mut unrostered = 0;
        for desk in 0..1_535 {
            rostered += roster(desk, "ps-118-001").iter().map(|shift| shift.officers.len()).sum::<usize>();
            for day in FIRST_DESKS..=LAST {
                unrostered += usize::from(staffing(desk, day) == Staffing::Unrostered);
                for shift in 0..2 {
                    made += check_ins(desk, day, shift, false).len() + check_ins(desk, day, shift, true).len();
                }
            }
        }
        assert_eq!(rostered + unrostered * ON_DUTY * SHIFTS.len(), 55_260);
        assert_eq!(made, 55_260 - 4 * (48 + 16 + 7) - 32);
    }
}
