//! Orders units by a rate. Those with a small denominator stand apart: one case would make a station of two cases the worst of
//! the state.

use crate::statements::Node;

/// A unit and its rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// The unit.
    pub unit: Node,
    /// What counts.
    pub numerator: i64,
    /// Of how many.
    pub denominator: i64,
}

/// Which end of the list comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The worst.
    Worst,
    /// The best.
    Best,
}

/// The order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ranking {
    /// With their ranks, from 1; the same rate has the same rank.
    pub ranked: Vec<(usize, Candidate)>,
    /// Too small for a rate, by name.
    pub below_floor: Vec<Candidate>,
}

/// Ranks units, those of one rate by name. `floor` is at least 1.
pub(crate) fn rank(units: Vec<Candidate>, floor: i64, higher_is_better: bool, end: End) -> Ranking {
    let (mut ranked, mut below_floor): (Vec<Candidate>, Vec<Candidate>) =
        units.into_iter().partition(|unit| unit.denominator >= floor.max(1));
    let name = |unit: &Candidate| (unit.unit.name.en.clone(), unit.unit.id.clone());
    below_floor.sort_by_cached_key(name);
    ranked.sort_by_cached_key(name);
    let low_first = higher_is_better == (end == End::Worst);
    ranked.sort_by(|one, other| {
        let order = cross(one, other).cmp(&cross(other, one));
        if low_first { order } else { order.reverse() }
    });
    let mut rank = 0;
    let mut at: Option<&Candidate> = None;
    let ranks: Vec<usize> = ranked
        .iter()
        .enumerate()
        .map(|(index, unit)| {
            if at.is_none_or(|before| cross(before, unit) != cross(unit, before)) {
                rank = index + 1;
            }
            at = Some(unit);
            rank
        })
        .collect();
    Ranking { ranked: ranks.into_iter().zip(ranked).collect(), below_floor }
}

/// Rates are compared as whole numbers: a / b < c / d when a × d < c × b.
fn cross(one: &Candidate, other: &Candidate) -> i128 {
    i128::from(one.numerator) * i128::from(other.denominator)
}

#[cfg(test)]
mod tests {
    use platform::directory::{Name, UnitKind};

    use super::*;

    fn unit(id: &str, numerator: i64, denominator: i64) -> Candidate {
        let name = Name { en: id.to_uppercase(), hi: String::new() };
        Candidate { unit: Node { id: id.into(), kind: UnitKind::District, name }, numerator, denominator }
    }

    fn order(ranking: &Ranking) -> Vec<(usize, &str)> {
        ranking.ranked.iter().map(|(rank, unit)| (*rank, unit.unit.id.as_str())).collect()
    }

    fn units() -> Vec<Candidate> {
        vec![unit("c", 1, 2), unit("b", 50, 100), unit("a", 90, 100), unit("tiny", 0, 1), unit("e", 10, 100)]
    }

    #[test]
    fn the_worst_or_the_best_come_first_and_the_same_rate_has_the_same_rank() {
        let worst = rank(units(), 2, true, End::Worst);
        assert_eq!(order(&worst), [(1, "e"), (2, "b"), (2, "c"), (4, "a")]);
        let best = rank(units(), 2, true, End::Best);
        assert_eq!(order(&best), [(1, "a"), (2, "b"), (2, "c"), (4, "e")]);
        let breaches = rank(units(), 2, false, End::Worst);
        assert_eq!(order(&breaches)[0], (1, "a"), "where less is better the highest is worst");
    }

    #[test]
    fn tiny_units_stand_apart_and_nothing_is_divided_by_nought() {
        let floor = rank(units(), 5, true, End::Worst);
        let below: Vec<&str> = floor.below_floor.iter().map(|unit| unit.unit.id.as_str()).collect();
        assert_eq!((below, order(&floor)[0]), (vec!["c", "tiny"], (1, "e")));
        let none = rank(vec![unit("a", 0, 0)], 0, true, End::Worst);
        assert_eq!((none.ranked.len(), none.below_floor.len()), (0, 1));
    }
}
