//! Who may see and touch which complaint. A complaint of which the station is a party is hidden from that station; inside a
//! station only the recorder, the house officer and the officer who handles it see one: a station is a small place, and not
//! everyone at it is her friend.

use platform::{Refusal, Scope};

use super::complaint::Complaint;

/// A caller, as far as complaints ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Viewer {
    /// The units in sight.
    pub scope: Scope,
    /// `posts/{post}`.
    pub principal: String,
    /// Sees no complaint but what this principal recorded or handles: an officer at a desk and no more.
    pub own_only: bool,
}

impl Viewer {
    /// Whether this caller may see and touch a complaint.
    pub(crate) fn sees(&self, complaint: &Complaint) -> bool {
        let covered = if complaint.station.is_empty() {
            self.scope.covers_unit(&complaint.district)
        } else {
            self.scope.covers_station(&complaint.station)
        };
        covered
            && !(complaint.conflict_with_station && self.scope.is_station_level())
            && (!self.own_only || complaint.is_handled_by(&self.principal))
    }

    /// # Errors
    /// `OUT_OF_SCOPE`, as for one that does not exist.
    pub(crate) fn need(&self, complaint: &Complaint) -> Result<(), Refusal> {
        if self.sees(complaint) { Ok(()) } else { Err(Refusal::out_of_scope()) }
    }
}
