//! Which complaints a caller sees, and which of them are asked for.
//!
//! Seen are those recorded at the stations of the scope, and those in the queues of its districts. What a station is a party
//! to is hidden from that station. Inside a station only the recorder, the house officer and the officer who handles it see a
//! complaint: a station is a small place, and not everyone at it is her friend.

use chrono::NaiveDate;
use platform::auth::Caller;
use platform::directory::{Tree, UnitKind};
use platform::scope::Scope;

use crate::terms::{Category, Channel, HandlingState};

/// Which complaints a caller sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sight {
    /// At these stations; '' stands for a district's queue. `None`: at all.
    pub stations: Option<Vec<String>>,
    /// In the queues of these districts, where `stations` has ''.
    pub districts: Vec<String>,
    /// Not those that their own station is a party to.
    pub hides_conflicts: bool,
    /// Only her own: recorded by this principal, or given to its post.
    pub own: Option<Own>,
}

/// Who a caller is to a complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Own {
    /// As a recorder: `posts/{post}`.
    pub principal: String,
    /// As one who handles it: the post alone.
    pub post: String,
}

impl Own {
    /// The caller.
    pub(crate) fn of(caller: &Caller) -> Self {
        let post = caller.principal.strip_prefix("posts/").unwrap_or(&caller.principal);
        Self { principal: caller.principal.clone(), post: post.to_owned() }
    }
}

impl Sight {
    /// What a scope sees. `own`: only what is this caller's own, for whoever is at a desk and no more.
    pub(crate) fn of(scope: &Scope, own: Option<Own>, tree: &Tree, day: NaiveDate) -> Self {
        let stations = scope.stations();
        let districts: Vec<String> = match stations {
            None => Vec::new(),
            Some(_) => tree
                .units(day)
                .filter(|unit| unit.kind == UnitKind::District && scope.covers_unit(&unit.id))
                .map(|unit| unit.id.clone())
                .collect(),
        };
        let queue = (!districts.is_empty()).then(String::new);
        let stations = stations.map(|stations| stations.into_iter().chain(queue).collect());
        Self { stations, districts, hides_conflicts: scope.is_station_level(), own }
    }
}

/// What is asked for among what is seen. Empty lists and `None`: any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// In one of these states.
    pub states: Vec<HandlingState>,
    /// About one of these.
    pub categories: Vec<Category>,
    /// By one of these.
    pub channels: Vec<Channel>,
    /// Recorded on this IST day or later.
    pub from: Option<NaiveDate>,
    /// Recorded on this IST day or earlier.
    pub to: Option<NaiveDate>,
    /// From a paper register, or not.
    pub imported: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{day, tree};

    fn caller(unit: &str) -> Caller {
        Caller { principal: "posts/ps-162-001-desk-1".into(), units: vec![unit.into()], ..Caller::anonymous() }
    }

    #[test]
    fn a_scope_sees_its_stations_and_the_queues_of_its_districts() {
        let of_circle = vec!["ps-162-001", "ps-162-002"];
        let of_district =
            ["ps-162-001", "ps-162-002", "ps-162-003", "ps-162-004", "ps-162-005", "ps-162-009", ""].to_vec();
        for (unit, stations, districts, hides) in [
            ("up", None, vec![], false),
            ("district-162", Some(of_district), vec!["district-162"], false),
            ("circle-162-1", Some(of_circle), vec![], false),
            ("ps-162-001", Some(vec!["ps-162-001"]), vec![], true),
        ] {
            let sight = Sight::of(&Scope::of(&caller(unit), &tree(), day()), None, &tree(), day());
            let stations = stations.map(|stations| stations.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(
                (sight.stations, sight.districts),
                (stations, districts.into_iter().map(str::to_owned).collect()),
                "{unit}"
            );
            assert_eq!(sight.hides_conflicts, hides, "{unit}");
        }
    }

    #[test]
    fn one_s_own_is_what_one_recorded_or_handles() {
        let own = Own::of(&caller("ps-162-001"));
        assert_eq!((own.principal.as_str(), own.post.as_str()), ("posts/ps-162-001-desk-1", "ps-162-001-desk-1"));
    }
}
