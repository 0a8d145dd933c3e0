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

/// How many older complaints each of `desks` stations has; [`MEAN`] times as many together.
#[must_use]
pub fn counts(desks: usize) -> Vec<usize> {
    let mut counts: Vec<usize> = (0..desks)
        .map(|desk| {
            let mut draw = Draw::of("register", &[desk as u64]);
            // The least of three: most stations have few, some have many.
            LEAST + (0..3).map(|_| draw.below(MOST - LEAST + 1)).min().unwrap_or_default()
        })
        .collect();
    let mut sum: usize = counts.iter().sum();
    for round in 0_u64.. {
        let mut draw = Draw::of("register-evened", &[round]);
        if sum == desks * MEAN {
            break;
        }
        let count = &mut counts[draw.below(desks)];
        if sum < desks * MEAN && *count < MOST {
            *count += 1;
            sum += 1;
        } else if sum > desks * MEAN && *count > LEAST {
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
    fn registers_hold_36840_older_complaints_18_to_40_a_station() {
        let counts = counts(1_535);
        assert_eq!(counts.iter().sum::<usize>(), 36_840);
        assert!(counts.iter().all(|count| (LEAST..=MOST).contains(count)));
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
