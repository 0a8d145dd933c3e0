//! Cycles and cases as the contract has them.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use mahila_proto::review::v1 as wire;
use platform::fields::{date, timestamp};
use platform::terms::Term as _;

use crate::cycles::cycle::Cycle;
use crate::cycles::item::{DocketItem, Taken};
use crate::docket;
use crate::place::Place;
use crate::policies::api as policies;

/// The name of a unit; of a station too.
pub(crate) fn unit_name(unit: &str) -> String {
    format!("units/{unit}")
}

/// Where a review is counted.
pub(crate) fn place_to_wire(place: &Place) -> wire::ReviewPlace {
    wire::ReviewPlace {
        unit: unit_name(&place.unit),
        level: place.level.number().into(),
        cycle: format!("reviewCycles/{}", place.cycle),
        from: Some(date(place.from)),
        to: Some(date(place.to)),
    }
}

/// A cycle, without strata and sittings.
pub(crate) fn to_wire(cycle: &Cycle) -> wire::ReviewCycle {
    let name = |id: &uuid::Uuid| format!("reviewCycles/{id}");
    wire::ReviewCycle {
        name: name(&cycle.place.cycle),
        level: cycle.place.level.number().into(),
        unit: unit_name(&cycle.place.unit),
        from: Some(date(cycle.place.from)),
        to: Some(date(cycle.place.to)),
        state: cycle.state.number().into(),
        makes_up_for: cycle.makes_up_for.as_ref().map(name).unwrap_or_default(),
        made_up_by: cycle.made_up_by.as_ref().map(name).unwrap_or_default(),
        policy: policies::name(cycle.place.level, cycle.policy_from),
        quota: cycle.quota,
        seed_sha256: cycle.seed_sha256.clone(),
        seed: cycle.seed.clone().unwrap_or_default(),
        eligible: cycle.eligible.unwrap_or_default(),
        selected: cycle.counts.selected,
        reviewed: cycle.counts.reviewed,
        deferred: cycle.counts.deferred,
        not_reached: cycle.counts.not_reached,
        shortfall_reason: cycle.shortfall.map_or(0, |shortfall| shortfall.number().into()),
        docket_sha256: cycle.docket_sha256.clone().unwrap_or_default(),
        strata: Vec::new(),
        sittings: Vec::new(),
    }
}

/// A case on a docket.
pub(crate) fn item_to_wire(item: &DocketItem) -> wire::DocketItem {
    let (decision, reason, goes_up) = match item.taken {
        Taken::Reviewed { kind, .. } => (kind.number().into(), 0, false),
        Taken::Deferred { reason, goes_up } => (0, reason.number().into(), goes_up),
        Taken::Listed | Taken::NotReached => (0, 0, false),
    };
    wire::DocketItem {
        name: format!("reviewCycles/{}/items/{}", item.cycle, item.number),
        number: item.number,
        complaint: format!("complaints/{}", item.complaint),
        stratum: item.stratum.number().into(),
        carried_reason: item.carried.map_or(0, |carried| carried.number().into()),
        why: Some((&docket::why(item.stratum, item.carried, item.day)).into()),
        deferrals: item.deferrals,
        state: item.taken.state().number().into(),
        decision,
        deferral_reason: reason,
        goes_up,
        sitting: item.in_sitting.map(|(sitting, _)| format!("sittings/{sitting}")).unwrap_or_default(),
        taken_at: item.in_sitting.map(|(_, at)| timestamp(at)),
    }
}

/// A case of a docket that stands nowhere: a preview's.
pub(super) fn preview_to_wire(number: i32, item: &docket::Item) -> wire::DocketItem {
    wire::DocketItem {
        number,
        complaint: format!("complaints/{}", item.complaint),
        stratum: item.stratum.number().into(),
        carried_reason: item.carried.map_or(0, |carried| carried.number().into()),
        why: Some((&docket::why(item.stratum, item.carried, item.day)).into()),
        ..wire::DocketItem::default()
    }
}

/// How many of each stratum.
pub(super) fn strata(strata: impl Iterator<Item = crate::terms::Stratum>) -> Vec<wire::StratumCount> {
    let mut counts: BTreeMap<i32, i32> = BTreeMap::new();
    for stratum in strata {
        *counts.entry(stratum.number().into()).or_default() += 1;
    }
    counts.into_iter().map(|(stratum, items)| wire::StratumCount { stratum, items }).collect()
}

/// A candidate of a selection.
pub(super) fn candidate_to_wire(candidate: &docket::Candidate) -> wire::Candidate {
    let day = |day: Option<NaiveDate>| day.map(date);
    wire::Candidate {
        complaint: format!("complaints/{}", candidate.complaint),
        registered_day: Some(date(candidate.registered_day)),
        due_day: day(candidate.due_day),
        breached_day: day(candidate.breached_day),
        closed: candidate.closed,
        action_overdue: candidate.action_overdue,
        reopened: candidate.reopened,
        high_risk: candidate.high_risk,
        reviewed_lately: candidate.reviewed_lately,
        carried_reason: candidate.carried.map_or(0, |carried| carried.number().into()),
        worst_below: candidate.worst_below,
    }
}
