//! What the journal is told of cycles and of cases put off. To oversight alone; that a cycle is expected, to everyone.

use mahila_proto::review::v1 as wire;
use platform::fields::date;
use platform::journal::{Audience, Event as JournalEvent, Kind};
use platform::terms::Term as _;
use prost::Message as _;

use super::place_to_wire;
use crate::cycles::event::{Event, What};

const fn kind(name: &'static str) -> Kind {
    Kind { name, audience: Audience::Only(&["oversight"]) }
}

/// Journal kind: a cycle is expected, and the digest of its seed is published.
pub(crate) const PLANNED: Kind = Kind { name: "review.cycle.planned", audience: Audience::Suite };
/// Journal kind: a docket is frozen.
pub(crate) const OPENED: Kind = kind("review.cycle.opened");
/// Journal kind: all done, or its days are over.
pub(crate) const CLOSED: Kind = kind("review.cycle.closed");
/// Journal kind: a case was put off.
pub(crate) const ITEM_DEFERRED: Kind = kind("review.item.deferred");

impl JournalEvent for Event {
    fn kind(&self) -> Kind {
        match self.what {
            What::Planned { .. } => PLANNED,
            What::Opened { .. } => OPENED,
            What::Closed { .. } => CLOSED,
            What::Deferred { .. } => ITEM_DEFERRED,
        }
    }

    fn subject(&self) -> String {
        match self.what {
            What::Deferred { complaint, .. } => complaint.to_string(),
            _ => self.place.cycle.to_string(),
        }
    }

    fn payload(&self) -> Vec<u8> {
        let place = Some(place_to_wire(&self.place));
        let day = Some(date(self.day));
        match &self.what {
            What::Planned { seed_sha256, makes_up_for } => wire::CyclePlanned {
                place,
                seed_sha256: seed_sha256.to_vec(),
                makes_up_for: makes_up_for.map(|cycle| format!("reviewCycles/{cycle}")).unwrap_or_default(),
            }
            .encode_to_vec(),
            What::Opened { eligible, quota, strata, shortfall, docket_sha256 } => wire::CycleOpened {
                place,
                eligible: *eligible,
                quota: *quota,
                selected: strata.iter().map(|(_, items)| items).sum(),
                strata: strata
                    .iter()
                    .map(|(stratum, items)| wire::StratumCount { stratum: stratum.number().into(), items: *items })
                    .collect(),
                shortfall_reason: shortfall.map_or(0, |shortfall| shortfall.number().into()),
                docket_sha256: docket_sha256.to_vec(),
                day,
            }
            .encode_to_vec(),
            What::Closed { state, counts, seed } => wire::CycleClosed {
                place,
                state: state.number().into(),
                selected: counts.selected,
                reviewed: counts.reviewed,
                deferred: counts.deferred,
                not_reached: counts.not_reached,
                seed: seed.clone(),
                day,
            }
            .encode_to_vec(),
            What::Deferred { time, goes_up, .. } => {
                wire::ItemDeferred { place, time: *time, goes_up: *goes_up, day }.encode_to_vec()
            }
        }
    }
}
