//! What the selection looks at.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::terms::CarriedReason;

/// What the selection looks at in one complaint. Facts of law and of earlier reviews: nothing that a station types in for the
/// purpose, nothing that names anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and a bit of the record")]
pub struct Candidate {
    /// Which.
    pub complaint: Uuid,
    /// The IST day it was recorded.
    pub registered_day: NaiveDate,
    /// The IST day on which the earliest of its running statutory limits falls due.
    pub due_day: Option<NaiveDate>,
    /// The IST day of the first statutory limit that passed.
    pub breached_day: Option<NaiveDate>,
    /// Disposed of, not long ago: on the docket by lot alone, or with what is carried or owed.
    pub closed: bool,
    /// An action of an earlier review is overdue.
    pub action_overdue: bool,
    /// Reopened, or she is not satisfied.
    pub reopened: bool,
    /// High or imminent danger.
    pub high_risk: bool,
    /// Reviewed within the policy's gap: stands back behind those that were not.
    pub reviewed_lately: bool,
    /// Lies in one of the units below whose figure is the worst ([`super::worst`]). Never so at a station.
    pub worst_below: bool,
    /// Carried to this docket, and why.
    pub carried: Option<CarriedReason>,
}

/// The numbers that the selection goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Cases on the docket.
    pub quota: usize,
    /// Places of the quota that are drawn by lot from all. At most the quota.
    pub random_minimum: usize,
    /// The first IST day of the next cycle: a statutory limit due before it counts.
    pub next_cycle_day: NaiveDate,
}

impl Candidate {
    /// A statutory limit runs out before the next cycle, or ran out and still runs.
    pub(super) fn limit_presses(&self, rules: &Rules) -> bool {
        !self.closed && self.due_day.is_some_and(|day| day < rules.next_cycle_day)
    }

    /// Its turn comes after those that were not reviewed lately. Never so where the law or an order given presses.
    pub(super) fn stands_back(&self, rules: &Rules) -> bool {
        self.reviewed_lately && !self.limit_presses(rules) && !self.action_overdue
    }
}
