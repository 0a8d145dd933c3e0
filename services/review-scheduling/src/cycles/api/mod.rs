//! Cycles and dockets on the wire and in the journal.

mod event;
mod open;
mod read;
mod verify;
mod watch;
mod wire;

use mahila_proto::auth::v1::Role;
use platform::Refusal;
use platform::auth::Caller;
use platform::call::Call;
use platform::clock::ist_day;
use platform::fields::Fields;

pub(crate) use event::{CLOSED, ITEM_DEFERRED, OPENED, PLANNED};
pub(crate) use open::{open, preview};
pub(crate) use read::{get, items, list, terms};
pub(crate) use verify::verify;
pub use verify::verify_pages;
pub(crate) use watch::{Watch, watch};
pub(crate) use wire::{item_to_wire, place_to_wire, to_wire, unit_name};

use super::cycle::Cycle;
use super::store;
use crate::Review;
use crate::sight::{Sight, covers};
use crate::terms::ReviewLevel;

/// Whether a caller chairs reviews of a level.
pub(crate) fn chairs(caller: &Caller, level: ReviewLevel) -> bool {
    caller.is(match level {
        ReviewLevel::Station => Role::StationHouseOfficer,
        ReviewLevel::Circle => Role::CircleOfficer,
        ReviewLevel::District => Role::DistrictHead,
        ReviewLevel::Range | ReviewLevel::Zone => Role::RangeHead,
        ReviewLevel::State => Role::Headquarters,
    })
}

/// What the caller sees, at or below `parent` if one is named.
pub(crate) fn sight(review: &Review, call: &Call, parent: Option<&str>) -> Result<Sight, Refusal> {
    let (tree, day) = (review.base.directory.tree(), ist_day(review.base.clock.now()));
    let mut scope = review.base.scope(call);
    if let Some(parent) = parent {
        scope = scope.narrow(parent, &tree, day)?;
    }
    Ok(Sight::of(&scope, &tree, day))
}

/// The id of a station or unit; `None`: everything in the scope.
pub(crate) fn parent(fields: &mut Fields, name: &str) -> Option<String> {
    if name.starts_with("units/") {
        return fields.optional_name("parent", name, "units");
    }
    if name.is_empty() || name.starts_with("stations/") {
        return fields.optional_name("parent", name, "stations");
    }
    fields.wrong("parent", "must be stations/ or units/ and an id", "stations/ या units/ और पहचान होना चाहिए");
    None
}

/// A cycle that the caller may see: outside the scope and not there are one answer.
async fn seen(review: &Review, call: &Call, id: uuid::Uuid) -> Result<Cycle, Refusal> {
    let scope = review.base.scope(call);
    let cycle = store::read(&review.base.db, id).await?;
    cycle.filter(|cycle| covers(&scope, cycle.place.level, &cycle.place.unit)).ok_or_else(Refusal::out_of_scope)
}
