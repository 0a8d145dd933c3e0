//! Minutes in which women were there together.

use std::collections::BTreeMap;

/// A checked-in officer, from minute to minute of the day; `until` is the first minute without her.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// Personnel token.
    pub officer: String,
    /// Minutes after midnight IST.
    pub from: i32,
    /// Minutes after midnight IST.
    pub until: i32,
}

/// Minutes of `from..until` in which at least `least` different officers were there. One officer who is there twice over
/// counts once.
#[must_use]
pub fn minutes_together(presences: &[Presence], from: i32, until: i32, least: i32) -> i32 {
    let mut spans: BTreeMap<&str, Vec<(i32, i32)>> = BTreeMap::new();
    for presence in presences {
        let span = (presence.from.max(from), presence.until.min(until));
        if span.0 < span.1 {
            spans.entry(&presence.officer).or_default().push(span);
        }
    }
    // How many come (or go) at a minute.
    let mut turns: BTreeMap<i32, i32> = BTreeMap::new();
    for (begin, end) in spans.into_values().flat_map(merged) {
        *turns.entry(begin).or_default() += 1;
        *turns.entry(end).or_default() -= 1;
    }
    let (mut there, mut since, mut together) = (0, from, 0);
    for (minute, turn) in turns {
        if there >= least {
            together += minute - since;
        }
        there += turn;
        since = minute;
    }
    together
}

/// Spans of one officer without overlaps.
fn merged(mut spans: Vec<(i32, i32)>) -> Vec<(i32, i32)> {
    spans.sort_unstable();
    let mut merged: Vec<(i32, i32)> = Vec::with_capacity(spans.len());
    for (begin, end) in spans {
        match merged.last_mut() {
            Some(last) if begin <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((begin, end)),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn there(officer: &str, from: i32, until: i32) -> Presence {
        Presence { officer: officer.into(), from, until }
    }

    #[test]
    fn two_women_are_two_different_women() {
        for (presences, expected) in [
            (vec![], 0),
            (vec![there("a", 480, 1200)], 0),
            (vec![there("a", 480, 840), there("a", 600, 1200)], 0),
            (vec![there("a", 480, 840), there("b", 840, 1200)], 0),
            (vec![there("a", 480, 840), there("b", 500, 1200)], 340),
            (vec![there("a", 0, 1440), there("b", 0, 1440)], 720),
            (vec![there("a", 480, 840), there("b", 480, 840), there("c", 840, 1200), there("d", 840, 1200)], 720),
            (vec![there("a", 480, 900), there("b", 500, 850), there("c", 840, 1200)], 350 + 50),
            (vec![there("a", 1200, 1440), there("b", 1200, 1440)], 0),
        ] {
            assert_eq!(minutes_together(&presences, 480, 1200, 2), expected, "{presences:?}");
        }
    }

    /// Asks every minute who is there.
    fn minute_by_minute(presences: &[Presence], from: i32, until: i32, least: i32) -> i32 {
        let there = |minute: i32| {
            let officers: std::collections::HashSet<&str> = presences
                .iter()
                .filter(|presence| (presence.from..presence.until).contains(&minute))
                .map(|presence| presence.officer.as_str())
                .collect();
            i32::try_from(officers.len()).unwrap()
        };
        i32::try_from((from..until).filter(|minute| there(*minute) >= least).count()).unwrap()
    }

    proptest! {
        #[test]
        fn the_sweep_counts_as_one_who_asks_every_minute(
            presences in proptest::collection::vec(("[a-d]", 0..1440, 0..1441), 0..12),
            from in 0..1000,
            length in 1..440,
            least in 1..4,
        ) {
            let presences: Vec<Presence> = presences.iter().map(|(officer, from, until)| there(officer, *from, *until)).collect();
            let until = from + length;
            prop_assert_eq!(
                minutes_together(&presences, from, until, least),
                minute_by_minute(&presences, from, until, least)
            );
        }
    }
}
