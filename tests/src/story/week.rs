//! Counts reviews and awareness events again, from what the client was answered to each step and from the definitions in the
//! contract.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use mahila::demo::Tally;
use mahila::demo::tally::Obligation;
use mahila_proto::campaign::v1::EventState;
use mahila_proto::intake::v1::Complaint;
use mahila_proto::oversight::v1::{Breakdown, Measure};
use mahila_proto::review::v1::{
    ActionItem, ActionItemState, CycleState, DecisionKind, ReviewCycle, ReviewLevel, ShortfallReason, Sitting,
    SittingState, StratumCount,
};
use platform::fields::day_of;

use super::reader::Reader;
use super::recount::{Recount, whole};
use super::roll::Roll;

/// What the client asked for once all was done.
#[derive(Debug)]
pub struct Found {
    /// Why cases were selected, by cycle.
    pub strata: BTreeMap<String, Vec<StratumCount>>,
    /// Complaints that districts and the state decided about.
    pub complaints: BTreeMap<String, Complaint>,
}

impl Found {
    /// Asks for it.
    pub async fn ask(reader: &Reader, tally: &Tally) -> Self {
        let above = tally.review.decisions.iter().filter(|decision| decision.level != ReviewLevel::Station);
        let names: BTreeSet<String> = above.map(|decision| decision.item.complaint.clone()).collect();
        Self { strata: reader.strata(tally).await, complaints: reader.complaints(names).await }
    }
}

/// The id in a name.
fn id(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or_default()
}

/// Station and district of a unit that reviews: a district, or the state, has no station.
fn place<'a>(unit: &'a str, roll: &'a Roll) -> (&'a str, &'a str) {
    if roll.desks.contains(unit) { (unit, roll.district_of(unit)) } else { ("", unit) }
}

impl Recount {
    /// Reviews of the week.
    pub fn reviews(&mut self, tally: &Tally, found: &Found, roll: &Roll) {
        let unit_of: BTreeMap<&str, &str> =
            tally.review.cycles.iter().map(|cycle| (cycle.name.as_str(), id(&cycle.unit))).collect();
        for cycle in &tally.review.cycles {
            let at = place(id(&cycle.unit), roll);
            self.cycle(cycle, at);
            for stratum in &found.strata[&cycle.name] {
                let key = stratum.stratum().as_str_name().to_owned();
                let slot = (Measure::ReviewItemsSelected, Breakdown::Stratum, key);
                self.add(at.0, at.1, slot, stratum.items.into());
            }
        }
        for decision in &tally.review.decisions {
            let at = place(&decision.unit, roll);
            let kind = decision.item.decision();
            self.of_level(at, Measure::ReviewItemsReviewed, decision.level, 1);
            self.add(at.0, at.1, by_kind(Measure::ReviewItemsReviewed, kind.as_str_name()), 1);
            if !matches!(kind, DecisionKind::Continue | DecisionKind::DisciplineEnquiry) {
                let about = found.complaints.get(&decision.item.complaint);
                let at = about.map_or(at, |complaint| counted_at(complaint, roll));
                self.add(at.0, at.1, whole(Measure::DirectionsTaken), 1);
                self.add(at.0, at.1, by_kind(Measure::DirectionsTaken, kind.as_str_name()), 1);
            }
        }
        for put_off in &tally.review.put_off {
            let at = place(&put_off.unit, roll);
            self.add(at.0, at.1, whole(Measure::ReviewItemsDeferred), 1);
        }
        for (_, sitting) in &tally.review.sittings {
            let at = place(unit_of[sitting.cycle.as_str()], roll);
            assert_eq!(sitting.state(), SittingState::Signed);
            self.add(at.0, at.1, whole(Measure::ReviewSittingsHeld), 1);
            self.add(at.0, at.1, whole(Measure::ReviewSittingsHurried), i64::from(is_hurried(sitting)));
        }
        for owed in tally.review.owed.values() {
            self.owed(owed, place(&owed.unit, roll));
        }
        for complaint in &tally.review.reopened {
            let at = counted_at(complaint, roll);
            self.add(at.0, at.1, whole(Measure::Reopened), 1);
        }
    }

    fn of_level(&mut self, at: (&str, &str), measure: Measure, level: ReviewLevel, n: i64) {
        self.add(at.0, at.1, whole(measure), n);
        self.add(at.0, at.1, (measure, Breakdown::Level, level.as_str_name().to_owned()), n);
    }

    fn cycle(&mut self, cycle: &ReviewCycle, at: (&str, &str)) {
        let level = cycle.level();
        let held = matches!(cycle.state(), CycleState::Completed | CycleState::Partial);
        for (measure, n) in [
            (Measure::ReviewCyclesExpected, 1),
            (Measure::ReviewCyclesMissed, i64::from(cycle.state() == CycleState::Missed)),
            (Measure::ReviewCyclesHeld, i64::from(held)),
            (Measure::ReviewCyclesCompleted, i64::from(cycle.state() == CycleState::Completed)),
            (Measure::ReviewCyclesPartial, i64::from(cycle.state() == CycleState::Partial)),
            (Measure::ReviewItemsSelected, cycle.selected.into()),
        ] {
            self.of_level(at, measure, level, n);
        }
        self.add(at.0, at.1, whole(Measure::ReviewItemsNotReached), cycle.not_reached.into());
        let reason = cycle.shortfall_reason();
        if reason != ShortfallReason::Unspecified {
            self.add(at.0, at.1, whole(Measure::ReviewShortfalls), 1);
            let slot = (Measure::ReviewShortfalls, Breakdown::Reason, reason.as_str_name().to_owned());
            self.add(at.0, at.1, slot, 1);
        }
    }

    /// What a decision owes: each step as answered, and at last whether it grew overdue.
    fn owed(&mut self, owed: &Obligation, at: (&str, &str)) {
        self.add(at.0, at.1, whole(Measure::ActionItemsMade), 1);
        let mut stood = None;
        for (day, item) in &owed.steps {
            if stood.replace(item.state()) == Some(item.state()) {
                continue;
            }
            match item.state() {
                ActionItemState::Claimed => self.add(at.0, at.1, whole(Measure::ActionItemsClaimed), 1),
                ActionItemState::Verified => {
                    self.add(at.0, at.1, whole(Measure::ActedUpon), 1);
                    let in_time = i64::from(*day <= due(item));
                    self.add(at.0, at.1, whole(Measure::ActionItemsVerifiedInTime), in_time);
                }
                _ => {}
            }
        }
        let overdue = owed.steps.last().is_some_and(|(day, item)| {
            let verified_in_time =
                owed.steps.iter().any(|(day, step)| step.state() == ActionItemState::Verified && *day <= due(step));
            assert_eq!(item.overdue, due(item) < *day && !verified_in_time, "{item:?}");
            item.overdue
        });
        self.add(at.0, at.1, whole(Measure::ActionItemsOverdue), i64::from(overdue));
    }

    /// Awareness events of the week.
    pub fn events(&mut self, tally: &Tally, roll: &Roll) {
        let mut stood: BTreeMap<&str, EventState> = BTreeMap::new();
        let mut places = BTreeSet::new();
        let ended = tally.campaign.events.values();
        let steps = tally.campaign.steps.iter().map(|step| &step.event).chain(ended);
        for event in steps {
            if stood.insert(&event.name, event.state()) == Some(event.state()) {
                continue;
            }
            let station = id(&event.station);
            let at = (station, roll.district_of(station));
            let measure = match event.state() {
                EventState::Approved => Measure::CampaignEventsPlanned,
                EventState::Reported => Measure::CampaignEventsClaimed,
                EventState::Verified => Measure::CampaignEventsVerified,
                EventState::Disputed => Measure::CampaignEventsDisputed,
                EventState::Lapsed => Measure::CampaignEventsLapsed,
                EventState::Cancelled => Measure::CampaignEventsCancelled,
                EventState::Proposed | EventState::Rejected | EventState::Unspecified => continue,
            };
            self.add(at.0, at.1, whole(measure), 1);
            if matches!(event.state(), EventState::Approved | EventState::Reported | EventState::Verified) {
                self.add(at.0, at.1, by_kind(measure, event.kind().as_str_name()), 1);
            }
            if event.state() == EventState::Verified {
                let found = event.found.expect("people, as found");
                self.add(at.0, at.1, whole(Measure::WomenReached), found.women.into());
                self.add(at.0, at.1, whole(Measure::GirlsReached), found.girls.into());
                let code = event.venue.as_ref().map(|venue| venue.place_code.clone()).unwrap_or_default();
                if !code.is_empty() && places.insert(code) {
                    self.add(at.0, at.1, whole(Measure::PlacesCovered), 1);
                }
            }
        }
    }
}

/// Fifteen decisions or more within a minute.
pub fn is_hurried(sitting: &Sitting) -> bool {
    sitting.most_decisions_in_a_minute >= 15
}

fn by_kind(measure: Measure, key: &str) -> (Measure, Breakdown, String) {
    (measure, Breakdown::Kind, key.to_owned())
}

fn due(item: &ActionItem) -> NaiveDate {
    day_of(item.due_day.as_ref()).expect("a due day")
}

/// Where a complaint is counted: what its station is a party to, for its district alone.
fn counted_at<'a>(complaint: &'a Complaint, roll: &'a Roll) -> (&'a str, &'a str) {
    let station = id(&complaint.station);
    (if complaint.conflict_with_station { "" } else { station }, roll.district_of(station))
}
