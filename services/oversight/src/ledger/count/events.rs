//! Awareness events. Only what was verified is held; what was said is claimed.

use super::Tally;
use crate::ledger::campaign::EventMoved;
use crate::ledger::measure::{Breakdown, Measure, Slot};
use crate::ledger::states::EventState;

pub(super) fn count(event: &EventMoved, tally: &mut Tally) {
    let unit = event.unit();
    let Some(to) = event.to else { return };
    let (measure, day) = match to {
        EventState::Approved => (Measure::CampaignEventsPlanned, event.planned.max(event.day)),
        EventState::Reported => (Measure::CampaignEventsClaimed, event.day),
        EventState::Verified => (Measure::CampaignEventsVerified, event.day),
        EventState::Disputed => (Measure::CampaignEventsDisputed, event.day),
        EventState::Lapsed => (Measure::CampaignEventsLapsed, event.day),
        EventState::Cancelled => (Measure::CampaignEventsCancelled, event.day),
        EventState::Proposed | EventState::Rejected => return,
    };
    tally.add_on(Slot::whole(measure), unit, day, 1);
    if matches!(to, EventState::Approved | EventState::Reported | EventState::Verified) {
        tally.add_on(Slot::by(measure, Breakdown::Kind, event.kind), unit, day, 1);
    }
    if to == EventState::Verified {
        tally.add_on(Slot::whole(Measure::WomenReached), unit, day, event.women);
        tally.add_on(Slot::whole(Measure::GirlsReached), unit, day, event.girls);
    }
}
