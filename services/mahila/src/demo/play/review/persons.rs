//! Who sits, signs and owes, by post.

use mahila_proto::auth::v1::Role;

use crate::demo::plan::agenda::Sitters;
use crate::demo::plan::review::{Docket, Owed};
use crate::demo::play::lines::post;

/// The role that chairs.
pub(super) fn chairs(who: Sitters) -> Role {
    match who {
        Sitters::Stations => Role::StationHouseOfficer,
        Sitters::Districts => Role::DistrictHead,
        Sitters::Zones => Role::RangeHead,
        Sitters::State => Role::Headquarters,
    }
}

/// Who signs besides the chair: role, unit and post.
pub(super) fn second(docket: &Docket) -> (Role, String, String) {
    let unit = docket.unit.clone();
    match docket.who {
        Sitters::Stations => (Role::DeskOfficer, unit.clone(), post(Role::DeskOfficer, &unit)),
        Sitters::Districts => (Role::CircleOfficer, unit.clone(), format!("posts/{unit}-circle-city")),
        Sitters::Zones => (Role::RangeHead, unit.clone(), format!("posts/{unit}-staff-officer")),
        Sitters::State => (Role::Headquarters, unit.clone(), format!("posts/{unit}-law-and-order")),
    }
}

/// Who owes an action: role and post. The chair, or who signs besides.
pub(super) fn owner(docket: &Docket, owed: Owed) -> (Role, String) {
    if owed.by_chair {
        let role = chairs(docket.who);
        (role, post(role, &docket.unit))
    } else {
        let (role, _, post) = second(docket);
        (role, post)
    }
}
