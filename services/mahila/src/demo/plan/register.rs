//! The paper registers: what the stations had on paper before the desks.

use chrono::{Days, NaiveDate};
use mahila_proto::intake::v1::{Category, RegisterRow};
use platform::fields::date;

use super::draw::Draw;
use super::people::Woman;

/// Fewest older complaints of a station.
pub const LEAST: usize = 18;
/// Most of them: fits one `ImportRegister` many times over.
pub const MOST: usize = 40;
/// Their mean, exactly.
pub const MEAN: usize = 24;

/// Every so many desks one has few: where a docket cannot be full, because fewer are eligible than the quota.
const FEW_APART: usize = 128;
/// The place of the first of them.
const FEW_FIRST: usize = 5;

/// The known few stations with hardly anything on paper: six have 9 older complaints, three have 1, three have none. Nothing else
/// comes to them before the first cycle, so that this is what their dockets hold.
#[must_use]
pub fn few(desk: usize) -> Option<usize> {
    if desk % FEW_APART != FEW_FIRST {
        return None;
    }
    match desk / FEW_APART {
        0..6 => Some(9),
        6..9 => Some(1),
        _ => Some(0),
    }
}

/// What registers hold, by weight.
const CATEGORIES: [(Category, usize); 12] = [
    (Category::DomesticViolence, 38),
    (Category::Dowry, 17),
    (Category::EveTeasing, 11),
    (Category::FamilyDispute, 10),
    (Category::Stalking, 6),
    (Category::Property, 5),
    (Category::Missing, 3),
    (Category::Elopement, 3),
    (Category::CyberHarassment, 3),
    (Category::ObsceneCalls, 2),
    (Category::SexualAssault, 1),
    (Category::Other, 3),
];

/// How many older complaints each of `desks` stations has; those that do not have [`few`] [`MEAN`] times as many together.
#[must_use]
pub fn counts(desks: usize) -> Vec<usize> {
    let mut counts: Vec<usize> = (0..desks)
        .map(|desk| {
            if let Some(few) = few(desk) {
                return few;
            }
            let mut draw = Draw::of("register", &[desk as u64]);
            // The least of three: most stations have few, some have many.
            LEAST + (0..3).map(|_| draw.below(MOST - LEAST + 1)).min().unwrap_or_default()
        })
        .collect();
    let others: Vec<usize> = (0..desks).filter(|desk| few(*desk).is_none()).collect();
    let mut sum: usize = others.iter().map(|desk| counts[*desk]).sum();
    for round in 0_u64.. {
        let mut draw = Draw::of("register-evened", &[round]);
        if sum == others.len() * MEAN {
            break;
        }
        let count = &mut counts[draw.pick(&others)];
        if sum < others.len() * MEAN && *count < MOST {
            *count += 1;
            sum += 1;
        } else if sum > others.len() * MEAN && *count > LEAST {
            *count -= 1;
            sum -= 1;
        }
    }
    counts
}

/// The rows of a station, taken in on `today`.
#[must_use]
pub fn rows(desk: usize, count: usize, today: NaiveDate) -> Vec<RegisterRow> {
    (0..count)
        .map(|n| {
            let mut draw = Draw::of("register-row", &[desk as u64, n as u64]);
            let category = draw.weighted(&CATEGORIES);
            let day = today.checked_sub_days(Days::new(30 + draw.below(371) as u64)).unwrap_or(today);
            let woman = Woman(FIRST_WOMAN + (desk * MOST + n) % WOMEN);
            RegisterRow {
                register_no: format!("MR-{}-{:03}", desk + 1, n + 1),
                received_on: Some(date(day)),
                category: category.into(),
                persons: if draw.per_mille(900) { vec![woman.complainant(&mut draw)] } else { Vec::new() },
                narrative: woman.narrative(category),
            }
        })
        .collect()
}

/// The numbers of the women in registers.
const FIRST_WOMAN: usize = 100_000;
const WOMEN: usize = 100_000;

#[cfg(test)]
mod tests {
    use chrono::Datelike as _;

    use super::*;

    #[test]
    fn registers_hold_36609_older_complaints_18_to_40_a_station_but_for_the_known_few() {
        let counts = counts(1_535);
        assert_eq!(counts.iter().sum::<usize>(), 36_609);
        let (few, others): (Vec<usize>, Vec<usize>) = (0..1_535).partition(|desk| few(*desk).is_some());
        assert!(others.iter().all(|desk| (LEAST..=MOST).contains(&counts[*desk])));
        let few: Vec<usize> = few.iter().map(|desk| counts[*desk]).collect();
        assert_eq!(few, [9, 9, 9, 9, 9, 9, 1, 1, 1, 0, 0, 0]);
        assert!(counts.contains(&LEAST) && counts.iter().any(|count| *count >= 36), "they differ");
    }

    #[test]
    fn rows_are_30_to_400_days_old_and_numbered() {
        let today = NaiveDate::from_ymd_opt(2020, 10, 17).unwrap();
        let rows = rows(7, 40, today);
        assert_eq!(rows.len(), 40);
        for (n, row) in rows.iter().enumerate() {
            let day = platform::fields::day_of(row.received_on.as_ref()).unwrap();
            assert!((30..=400).contains(&(today.num_days_from_ce() - day.num_days_from_ce())));
            assert_eq!(row.register_no, format!("MR-8-{:03}", n + 1));
        }
    }
}
