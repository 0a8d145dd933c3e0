//! Directions on the wire.

use mahila_proto::intake::v1 as wire;
use platform::fields::date;
use platform::terms::Term as _;

use super::direction::Direction;

/// A direction for the wire.
pub(crate) fn to_wire(direction: &Direction) -> wire::Direction {
    wire::Direction {
        decision: direction.decision.to_string(),
        kind: direction.kind.number().into(),
        level: direction.level.number().into(),
        day: Some(date(direction.day)),
        followed: direction.followed,
    }
}
