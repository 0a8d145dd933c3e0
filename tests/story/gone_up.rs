//! What goes up a level in the week: what was put off twice and once more, and what turned out to be against its own
//! station. How many is known from the plan; which cases they are, nobody knows before.

use std::collections::{BTreeMap, BTreeSet};

use mahila::demo::Tally;
use mahila::demo::plan::Plan;
use mahila::demo::plan::agenda::{DISTRICT_CYCLE, FIRST_CYCLE, STATE_SITS, ZONES_SIT, october};
use mahila::demo::plan::review::{PUT_OFF_THRICE, RECUSED, name};
use mahila::demo::tally::Decision;
use mahila_proto::oversight::v1::Measure;
use mahila_proto::review::v1::{
    CarriedReason, CycleState, DeferralReason, ItemState, ReviewCycle, ReviewLevel, Stratum,
};

use mahila_tests::story::recount::Recount;
use mahila_tests::story::roll::Roll;

use super::planned::of;

/// Two zones put a case off in each of their three sittings: twice to their next docket, where it comes first, and then
/// it stands on the state's, first of all, with the reason.
pub fn after_twice_put_off(plan: &Plan, tally: &Tally, cycles: &BTreeMap<String, &ReviewCycle>) {
    let of_zones: Vec<_> = tally.review.put_off.iter().filter(|put_off| put_off.unit.starts_with("zone-")).collect();
    assert_eq!(of_zones.len(), PUT_OFF_THRICE.len() * ZONES_SIT.len());
    let state = cycles[&name("up", STATE_SITS)];
    let mut gone_up = BTreeSet::new();
    for zone in PUT_OFF_THRICE.map(|number| &plan.roll.zones[number]) {
        let of_zone: Vec<_> = of_zones.iter().filter(|put_off| put_off.unit == *zone).collect();
        let case = &of_zone[0].item.complaint;
        for (before, (put_off, day)) in of_zone.iter().zip(ZONES_SIT).enumerate() {
            let item = &put_off.item;
            assert_eq!((&item.complaint, put_off.day), (case, october(day)), "{zone}");
            assert!(item.name.starts_with(&cycles[&name(zone, day)].name));
            assert_eq!(item.deferrals, i32::try_from(before).expect("twice"));
            assert_eq!((item.state(), item.deferral_reason()), (ItemState::Deferred, DeferralReason::OfficerAbsent));
            assert_eq!(item.goes_up, before == 2, "twice to the next, then up");
            if before > 0 {
                let carried = (item.number, item.stratum(), item.carried_reason());
                assert_eq!(carried, (1, Stratum::Carried, CarriedReason::Deferred));
            }
        }
        let decided: Vec<_> =
            tally.review.decisions.iter().filter(|decision| decision.item.complaint == *case).collect();
        let by_state: Vec<_> = decided.iter().filter(|decision| decision.level == ReviewLevel::State).collect();
        assert_eq!(by_state.len(), 1, "{zone}: the state decides it");
        let item = &by_state[0].item;
        assert!(item.name.starts_with(&state.name));
        assert_eq!((item.stratum(), item.carried_reason()), (Stratum::Carried, CarriedReason::SentUp));
        assert_eq!(item.deferrals, 0, "at this level it was never put off");
        let why = item.why.as_ref().expect("why it is here");
        assert!(!why.en.is_empty() && !why.hi.is_empty());
        assert!(decided.iter().all(|decision| decision.level != ReviewLevel::Zone));
        gone_up.insert(item.number);
    }
    assert_eq!(gone_up, BTreeSet::from([1, 2]), "they come first there");
    let sent_up = |decision: &&Decision| decision.item.carried_reason() == CarriedReason::SentUp;
    assert_eq!(
        tally.review.decisions.iter().filter(sent_up).count(),
        PUT_OFF_THRICE.len(),
        "and nothing else went up so"
    );
}

/// A case that turned out to be against its station: nobody there decided it, who tried was refused, and the district's
/// docket has it with the reason.
pub fn against_their_own_station(
    plan: &Plan,
    tally: &Tally,
    cycles: &BTreeMap<String, &ReviewCycle>,
    recount: &Recount,
    roll: &Roll,
) {
    let recused: Vec<_> = tally
        .review
        .put_off
        .iter()
        .filter(|put_off| put_off.item.deferral_reason() == DeferralReason::Recused)
        .collect();
    assert_eq!(recused.len(), RECUSED.len());
    let by_station = recount.by(roll, "STATION");
    let mut refused = Vec::new();
    for (desk, part) in RECUSED {
        let station = &plan.roll.desks[desk];
        let cycle = cycles[&name(&station.id, FIRST_CYCLE)];
        assert_eq!((cycle.selected, cycle.reviewed, cycle.deferred), (9, 8, 1));
        assert_eq!(cycle.state(), CycleState::Completed, "the others were decided");
        let up = recused.iter().find(|put_off| put_off.unit == station.id).expect("it went up");
        assert!(up.item.name.starts_with(&cycle.name) && up.item.goes_up);
        assert_eq!(up.item.sitting, "", "it is in no minutes");
        let told = &tally.complaints[&up.item.complaint];
        assert!(!told.first.conflict_with_station && told.last.conflict_with_station, "found after it was selected");
        refused.extend((part > 0).then(|| (up.item.name.clone(), "RECUSED".to_owned())));

        let decided = tally.review.decisions.iter().filter(|decision| decision.item.complaint == up.item.complaint);
        let levels: BTreeSet<ReviewLevel> = decided.map(|decision| decision.level).collect();
        assert!(!levels.contains(&ReviewLevel::Station), "{}: the station decides it", station.id);
        let decided = tally.review.decisions.iter().map(|decision| (&decision.unit, &decision.item));
        let put_off = tally.review.put_off.iter().map(|put_off| (&put_off.unit, &put_off.item));
        let of_district = cycles[&name(&station.district, DISTRICT_CYCLE)];
        let (unit, item) = decided
            .chain(put_off)
            .find(|(unit, item)| **unit == station.district && item.complaint == up.item.complaint)
            .expect("the district takes it");
        assert!(item.name.starts_with(&of_district.name), "{unit}");
        assert_eq!((item.stratum(), item.carried_reason()), (Stratum::Carried, CarriedReason::NoStation));
        let why = item.why.as_ref().expect("why it is here");
        assert!(!why.en.is_empty() && !why.hi.is_empty());

        let row = &by_station[&station.id];
        assert_eq!((of(row, Measure::ReviewItemsReviewed), of(row, Measure::ReviewItemsDeferred)), (8, 1));
    }
    assert_eq!(tally.review.refused, refused.into_iter().collect());
}
