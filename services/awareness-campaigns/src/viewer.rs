//! Who looks, and what she sees: the events of her stations; the campaigns and partners of her units and of the units
//! above her, since those are held with her. A partner sees its own events and nothing else.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use platform::directory::Tree;
use platform::{Refusal, Scope};
use uuid::Uuid;

/// A caller, as far as campaigns ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Viewer {
    /// Stations and units in sight.
    pub scope: Scope,
    /// Units above those, up to the state.
    pub above: BTreeSet<String>,
    /// `Some`: a partner organisation, whatever else its token says. Nil: one that names no partner, and sees nothing.
    pub partner: Option<Uuid>,
}

/// The principal of a partner: `partners/{partner}`.
pub(crate) fn principal_of(partner: Uuid) -> String {
    format!("partners/{partner}")
}

impl Viewer {
    /// An officer.
    pub(crate) fn officer(scope: Scope, tree: &Tree, day: NaiveDate) -> Self {
        let above = scope.roots().iter().flat_map(|root| {
            let of_unit = tree.above(root, day);
            let above = if tree.station(root).is_some() { tree.above_station(root, day) } else { of_unit };
            above.into_iter().map(|unit| unit.id.clone())
        });
        Self { above: above.collect(), scope, partner: None }
    }

    /// A partner by its principal.
    pub(crate) fn partner(scope: Scope, principal: &str) -> Self {
        let partner = principal.strip_prefix("partners/").and_then(|id| Uuid::try_parse(id).ok());
        Self { scope, above: BTreeSet::new(), partner: Some(partner.unwrap_or_default()) }
    }

    /// Whether the campaigns and partners of a unit are hers to see.
    pub(crate) fn sees_unit(&self, unit: &str) -> bool {
        self.partner.is_none() && (self.scope.covers_unit(unit) || self.above.contains(unit))
    }

    /// The units whose campaigns and partners she sees, for SQL: `$1::text[] IS NULL OR unit = ANY($1)`. `None`: all.
    pub(crate) fn units(&self, tree: &Tree, day: NaiveDate) -> Option<Vec<String>> {
        if self.partner.is_none() && self.scope.stations().is_none() {
            return None;
        }
        let units = tree.units(day).map(|unit| &unit.id).chain(self.scope.roots());
        let seen: BTreeSet<String> = units.filter(|unit| self.sees_unit(unit)).cloned().collect();
        Some(seen.into_iter().collect())
    }

    /// Whether an event is hers to see and touch.
    pub(crate) fn sees_event(&self, station: &str, with: Option<Uuid>) -> bool {
        match self.partner {
            Some(partner) => with == Some(partner),
            None => self.scope.covers_station(station),
        }
    }

    /// # Errors
    /// `OUT_OF_SCOPE`, as for an event that does not exist.
    pub(crate) fn need_event(&self, station: &str, with: Option<Uuid>) -> Result<(), Refusal> {
        if self.sees_event(station, with) { Ok(()) } else { Err(Refusal::out_of_scope()) }
    }

    /// # Errors
    /// `OUT_OF_SCOPE`, as for a campaign or partner that does not exist.
    pub(crate) fn need_unit(&self, unit: &str) -> Result<(), Refusal> {
        if self.sees_unit(unit) { Ok(()) } else { Err(Refusal::out_of_scope()) }
    }
}

#[cfg(test)]
mod tests {
    use platform::auth::Caller;

    use super::*;
    use crate::samples::{day, tree};

    fn officer(unit: &str) -> Viewer {
        let caller = Caller { units: vec![unit.into()], ..Caller::anonymous() };
        let day = day("2020-10-23");
        Viewer::officer(Scope::of(&caller, &tree(), day), &tree(), day)
    }

    #[test]
    fn an_officer_sees_campaigns_of_her_units_and_of_those_above() {
        let seen = |unit: &str| officer(unit).units(&tree(), day("2020-10-23"));
        let of = |units: &[&str]| Some(units.iter().map(|unit| (*unit).to_owned()).collect());
        assert_eq!(seen("up"), None);
        assert_eq!(seen("district-157"), of(&["circle-157-1", "circle-157-2", "district-157", "up"]));
        assert_eq!(seen("circle-157-1"), of(&["circle-157-1", "district-157", "up"]));
        assert_eq!(seen("ps-157-001"), of(&["circle-157-1", "district-157", "ps-157-001", "up"]));
        assert!(officer("ps-157-001").need_unit("district-164").is_err());
    }

    #[test]
    fn a_partner_sees_its_own_events_whatever_its_units() {
        let caller = Caller { units: vec!["up".into()], ..Caller::anonymous() };
        let scope = Scope::of(&caller, &tree(), day("2020-10-23"));
        let own = Uuid::from_u128(7);
        let partner = Viewer::partner(scope.clone(), &principal_of(own));
        assert!(partner.sees_event("ps-157-001", Some(own)));
        assert!(!partner.sees_event("ps-157-001", Some(Uuid::from_u128(8))));
        assert!(!partner.sees_event("ps-157-001", None));
        assert_eq!((partner.sees_unit("up"), partner.units(&tree(), day("2020-10-23"))), (false, Some(vec![])));
        let nobody = Viewer::partner(scope, "posts/somebody");
        assert!(!nobody.sees_event("ps-157-001", None) && !nobody.sees_event("ps-157-001", Some(own)));
    }
}
