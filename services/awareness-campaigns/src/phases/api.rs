//! Phases on the wire.

use mahila_proto::campaign::v1 as wire;
use mahila_proto::r#type::v1::LocalizedText;
use platform::fields::date;

use super::phase::Phase;

/// A phase for the wire.
pub(crate) fn to_wire(phase: &Phase) -> wire::Phase {
    wire::Phase {
        name: format!("phases/{}", phase.id),
        display_name: Some(LocalizedText::from(&phase.name)),
        from: phase.from.map(date),
        to: phase.to.map(date),
    }
}
