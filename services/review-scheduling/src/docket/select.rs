//! The selection.

use std::cmp::Ordering;

use chrono::NaiveDate;
use uuid::Uuid;

use super::candidate::{Candidate, Rules};
use super::seed::{Seed, lot};
use crate::terms::{CarriedReason, ShortfallReason, Stratum};

/// A case on a docket, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// Which.
    pub complaint: Uuid,
    /// Why it is here.
    pub stratum: Stratum,
    /// With [`Stratum::Carried`]: why it is carried.
    pub carried: Option<CarriedReason>,
    /// The day that put it here: with [`Stratum::Clock`], and mostly with [`Stratum::WorstBelow`], the limit's; otherwise the one
    /// it was recorded on.
    pub day: NaiveDate,
}

/// A docket, in the order of its numbers from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Docket {
    /// Its items: `min(quota, eligible)`.
    pub items: Vec<Item>,
    /// Candidates there were.
    pub eligible: usize,
    /// Where it holds fewer than the quota: why.
    pub shortfall: Option<ShortfallReason>,
}

/// What presses for a review, in this order (what the units below owe comes before, the lot is drawn apart).
const STRATA: [Stratum; 5] =
    [Stratum::Clock, Stratum::ActionOverdue, Stratum::Reopened, Stratum::HighRisk, Stratum::Oldest];

/// A candidate and its lot.
#[derive(Clone, Copy)]
struct Drawn<'a> {
    candidate: &'a Candidate,
    lot: [u8; 32],
}

/// The docket of a cycle. The same seed, rules and candidates give the same docket, in whatever order the candidates come.
#[must_use]
pub fn select(seed: &Seed, cycle: Uuid, rules: &Rules, candidates: &[Candidate]) -> Docket {
    let mut left: Vec<Drawn> =
        candidates.iter().map(|candidate| Drawn { candidate, lot: lot(seed, cycle, candidate.complaint) }).collect();
    left.sort_unstable_by_key(|drawn| drawn.lot);
    // The same complaint has the same lot: told twice, it is one candidate.
    left.dedup_by_key(|drawn| drawn.candidate.complaint);
    let eligible = left.len();

    let random_minimum = rules.random_minimum.min(rules.quota);
    let mut items = Vec::with_capacity(rules.quota.min(eligible));
    // A place for chance is kept however much is carried: nobody crowds it out by reviewing nothing.
    take(&mut left, &mut items, rules.quota - random_minimum, rules, Stratum::Carried);
    // Before the strata, so that everyone has the same chance, whatever presses beside it.
    let by_lot = random_minimum.min(left.len());
    let drawn: Vec<Item> = left.drain(..by_lot).map(|drawn| item(drawn.candidate, rules, Stratum::Random)).collect();
    let room = rules.quota - drawn.len();
    let (mut behind, mut first): (Vec<Drawn>, Vec<Drawn>) =
        left.into_iter().partition(|drawn| drawn.candidate.stands_back(rules));
    // Above the stations: what makes the worst figures below what they are, in half of the docket at most, so that what the
    // law presses for elsewhere keeps its place.
    let mut from_worst = rules.quota / 2;
    for group in [&mut first, &mut behind] {
        let before = items.len();
        take(group, &mut items, from_worst.min(room - before), rules, Stratum::WorstBelow);
        from_worst -= items.len() - before;
        for stratum in STRATA {
            let free = room - items.len();
            take(group, &mut items, free, rules, stratum);
        }
    }
    items.extend(drawn);
    let mut rest = first;
    rest.append(&mut behind);
    rest.sort_unstable_by_key(|drawn| drawn.lot);
    let free = rules.quota - items.len();
    items.extend(rest.iter().take(free).map(|drawn| item(drawn.candidate, rules, Stratum::Random)));

    let shortfall = match eligible {
        0 => Some(ShortfallReason::NoCases),
        few if few < rules.quota => Some(ShortfallReason::FewCases),
        _ => None,
    };
    Docket { items, eligible, shortfall }
}

/// Takes the first `free` of a stratum out of `left`, by day and then by lot.
fn take(left: &mut Vec<Drawn>, items: &mut Vec<Item>, free: usize, rules: &Rules, stratum: Stratum) {
    let mut belong: Vec<(NaiveDate, Drawn)> =
        left.iter().filter_map(|drawn| day_in(drawn.candidate, rules, stratum).map(|day| (day, *drawn))).collect();
    belong.sort_unstable_by(by_day_then_lot);
    belong.truncate(free);
    left.retain(|drawn| !belong.iter().any(|(_, taken)| taken.lot == drawn.lot));
    items.extend(belong.iter().map(|(_, drawn)| item(drawn.candidate, rules, stratum)));
}

fn by_day_then_lot((day, drawn): &(NaiveDate, Drawn), (other_day, other): &(NaiveDate, Drawn)) -> Ordering {
    day.cmp(other_day).then_with(|| drawn.lot.cmp(&other.lot))
}

/// The day by which a candidate stands in a stratum; `None`: it does not belong there.
fn day_in(candidate: &Candidate, rules: &Rules, stratum: Stratum) -> Option<NaiveDate> {
    let open = !candidate.closed;
    let belongs = match stratum {
        Stratum::Carried => candidate.carried.is_some(),
        Stratum::Clock => {
            let running = candidate.due_day.filter(|_| candidate.limit_presses(rules));
            return [running, candidate.breached_day].into_iter().flatten().min().filter(|_| open);
        }
        Stratum::WorstBelow if open && candidate.worst_below => {
            return candidate.breached_day.or(candidate.action_overdue.then_some(candidate.registered_day));
        }
        Stratum::WorstBelow => false,
        Stratum::ActionOverdue => candidate.action_overdue,
        Stratum::Reopened => open && candidate.reopened,
        Stratum::HighRisk => open && candidate.high_risk,
        Stratum::Oldest => open,
        Stratum::Random => true,
    };
    belongs.then_some(candidate.registered_day)
}

fn item(candidate: &Candidate, rules: &Rules, stratum: Stratum) -> Item {
    Item {
        complaint: candidate.complaint,
        stratum,
        carried: candidate.carried.filter(|_| stratum == Stratum::Carried),
        day: day_in(candidate, rules, stratum).unwrap_or(candidate.registered_day),
    }
}
