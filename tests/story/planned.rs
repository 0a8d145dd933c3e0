//! What the replay promises of the week, held against what was answered and stated: fifteen to the digit, and the known few
//! that differ.

use std::collections::BTreeMap;

use chrono::Datelike as _;
use mahila::demo::Tally;
use mahila::demo::plan::Plan;
use mahila::demo::plan::agenda::{FIRST_CYCLE, Sitters};
use mahila::demo::plan::campaign::{Course, LAPSED, PARTNERS};
use mahila::demo::plan::register::few;
use mahila::demo::plan::review::{ALL_CONTINUE, HURRIED, Item, name};
use mahila_proto::campaign::v1::{EventState, VettingState};
use mahila_proto::intake::v1::{Channel, HandlingState};
use mahila_proto::oversight::v1::{Breakdown, Measure};
use mahila_proto::review::v1::{CycleState, DecisionKind, ReviewCycle, ReviewLevel};
use platform::fields::day_of;

use mahila_tests::story::reader::Reader;
use mahila_tests::story::recount::{Figures, Recount};
use mahila_tests::story::roll::Roll;
use mahila_tests::story::week::is_hurried;

use super::gone_up;

/// Every so many cycles one is selected again, without the service.
const SELECTED_AGAIN: usize = 97;

/// A figure of the whole of a unit.
pub fn of(figures: &Figures, measure: Measure) -> i64 {
    figures.get(&(measure, Breakdown::Unspecified, String::new())).copied().unwrap_or(0)
}

fn by(figures: &Figures, measure: Measure, breakdown: Breakdown, key: &str) -> i64 {
    figures.get(&(measure, breakdown, key.to_owned())).copied().unwrap_or(0)
}

fn number(count: usize) -> i64 {
    i64::try_from(count).expect("a count")
}

/// One cycle a unit, as planned to the digit.
pub fn reviews(plan: &Plan, tally: &Tally, recount: &Recount, roll: &Roll) {
    let cycles: BTreeMap<String, &ReviewCycle> =
        tally.review.cycles.iter().map(|cycle| (name_of(cycle), cycle)).collect();
    assert_eq!(tally.review.cycles.len(), plan.dockets.len());
    assert_eq!(plan.dockets.len(), 1_535 + 8 * 3 + 75 + 1);
    let of_stations = tally.review.cycles.iter().filter(|cycle| cycle.level() == ReviewLevel::Station);
    assert_eq!(
        of_stations.filter(|cycle| cycle.selected == 15).count(),
        1_523,
        "fifteen wherever fifteen are eligible"
    );
    let mut kinds: BTreeMap<DecisionKind, i64> = BTreeMap::new();
    for docket in &plan.dockets {
        let cycle = cycles[&docket.name()];
        let decided = docket.items.iter().filter(|item| matches!(item, Item::Decided(..))).count();
        let put_off = docket.items.iter().filter(|item| matches!(item, Item::PutOff(_) | Item::Recused)).count();
        assert_eq!(cycle.quota, 15);
        assert_eq!(number(docket.items.len()), i64::from(cycle.selected), "{}", docket.unit);
        assert_eq!(cycle.selected, cycle.eligible.min(15));
        let sat = docket.day.is_some();
        let reviewed = if sat { decided } else { 0 };
        assert_eq!(
            (number(reviewed), number(put_off)),
            (cycle.reviewed.into(), cycle.deferred.into()),
            "{}",
            docket.unit
        );
        let all = cycle.reviewed + cycle.deferred == cycle.selected;
        let state = match (sat || docket.items.is_empty(), all) {
            (false, _) => CycleState::Missed,
            (true, true) => CycleState::Completed,
            (true, false) => CycleState::Partial,
        };
        assert_eq!(cycle.state(), state, "{}", docket.unit);
        for item in docket.items.iter().filter(|_| sat) {
            if let Item::Decided(kind, _) = item {
                *kinds.entry(*kind).or_default() += 1;
            }
        }
    }
    let whole = recount.whole();
    for (kind, n) in kinds {
        assert_eq!(by(&whole, Measure::ReviewItemsReviewed, Breakdown::Kind, kind.as_str_name()), n, "{kind:?}");
    }
    let stations = |measure| by(&whole, measure, Breakdown::Level, ReviewLevel::Station.as_str_name());
    assert_eq!(stations(Measure::ReviewCyclesExpected), 1_535);
    assert_eq!(stations(Measure::ReviewCyclesMissed), 16);
    assert_eq!(stations(Measure::ReviewItemsSelected), 1_523 * 15 + 6 * 9 + 3);
    assert!(stations(Measure::ReviewItemsReviewed) < stations(Measure::ReviewItemsSelected));
    assert_eq!(of(&whole, Measure::ReviewShortfalls), 12);
    assert_eq!(of(&whole, Measure::ReviewSittingsHurried), 2);
    assert!(of(&whole, Measure::ActedUpon) < of(&whole, Measure::ReviewItemsReviewed));
    for measure in [Measure::ActionItemsOverdue, Measure::ReviewItemsDeferred, Measure::ReviewItemsNotReached] {
        assert!(of(&whole, measure) > 0, "{measure:?} is there to be counted");
    }
    the_known_few(plan, tally, &cycles, recount, roll);
    gone_up::after_twice_put_off(plan, tally, &cycles);
    gone_up::against_their_own_station(plan, tally, &cycles, recount, roll);
}

/// What the plan calls the docket of a cycle.
fn name_of(cycle: &ReviewCycle) -> String {
    let begins = day_of(cycle.from.as_ref()).expect("a first day").day();
    name(cycle.unit.trim_start_matches("units/"), begins)
}

/// Nine, one and none; fifteen in a minute; fifteen times to go on as before; and what was closed is open again.
fn the_known_few(plan: &Plan, tally: &Tally, cycles: &BTreeMap<String, &ReviewCycle>, recount: &Recount, roll: &Roll) {
    let of_desk = |desk: usize| cycles[&name(&plan.roll.desks[desk].id, FIRST_CYCLE)];
    for (desk, station) in plan.roll.desks.iter().enumerate() {
        if let Some(few) = few(desk) {
            assert_eq!(number(few), i64::from(of_desk(desk).eligible), "{}", station.id);
        }
    }
    let mut hurried: Vec<&str> = tally
        .review
        .sittings
        .iter()
        .filter(|(_, sitting)| is_hurried(sitting))
        .map(|(_, s)| s.cycle.as_str())
        .collect();
    let mut meant: Vec<&str> = HURRIED.map(|desk| of_desk(desk).name.as_str()).to_vec();
    hurried.sort_unstable();
    meant.sort_unstable();
    assert_eq!(hurried, meant);

    let by_station = recount.by(roll, "STATION");
    let row = &by_station[&plan.roll.desks[ALL_CONTINUE].id];
    let said = (of(row, Measure::ReviewItemsReviewed), of(row, Measure::ActedUpon), of(row, Measure::ActionItemsMade));
    assert_eq!(said, (15, 0, 0), "reviewed is not acted upon");

    assert_eq!(tally.review.reopened.len(), 3);
    for complaint in &tally.review.reopened {
        assert_eq!(complaint.handling_state(), HandlingState::Reopened);
        let kinds: Vec<DecisionKind> =
            complaint.directions.iter().map(mahila_proto::intake::v1::Direction::kind).collect();
        assert_eq!(kinds.first(), Some(&DecisionKind::Reopen), "it took effect once");
        assert_eq!(kinds.iter().filter(|kind| **kind == DecisionKind::Reopen).count(), 1);
    }
    let above = plan.dockets.iter().filter(|docket| docket.who != Sitters::Stations).count();
    assert_eq!(above, 8 * 3 + 75 + 1);
}

/// Anybody selects the docket of a closed cycle again, from its answers and what was published, and gets the same.
pub async fn selections(reader: &Reader, tally: &Tally) {
    let mut again = 0;
    for cycle in tally.review.cycles.iter().step_by(SELECTED_AGAIN) {
        let pages = reader.selection(&cycle.name).await;
        let published = (&cycle.seed_sha256[..], &cycle.docket_sha256[..]);
        let verdict = review_scheduling::verify_selection(&pages, Some(published)).expect("all that is needed");
        assert!(verdict.holds(), "{}: {verdict:?}", cycle.unit);
        assert_eq!(pages[0].selection_holds, Some(true));
        again += 1;
    }
    assert!(again > 15);

    // Offline, by the command, from saved answers; and one changed word is found.
    let folder = std::env::temp_dir().join(format!("mahila-docket-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let cycle = tally.review.cycles.first().expect("a cycle");
    let saved = reader.selection_by_command(&cycle.name);
    let verify = |name: &str, text: &str| {
        let file = folder.join(name);
        std::fs::write(&file, text).expect("written");
        let hex = |bytes: &[u8]| bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        let output = std::process::Command::new(mahila_tests::house::binary())
            .args(["docket", "verify", "--seed-sha256", &hex(&cycle.seed_sha256)])
            .args(["--docket-sha256", &hex(&cycle.docket_sha256)])
            .arg(&file)
            .output()
            .expect("mahila runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, said) = verify("as-told.json", &saved);
    assert_eq!((code, said.matches("yes").count()), (Some(0), 3), "{said}");
    let altered = saved.replacen("\"quota\": 15", "\"quota\": 14", 1);
    assert_ne!(altered, saved);
    let (code, said) = verify("altered.json", &altered);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("NO  docket, rules and candidates"), "{said}");
    std::fs::remove_dir_all(&folder).expect("removed");
}

/// Partners, events and who asked for help at one.
pub fn events(plan: &Plan, tally: &Tally, recount: &Recount) {
    let count = |course: Course| plan.events.iter().filter(|event| event.course == course).count();
    let states = |state: EventState| tally.campaign.events.values().filter(|event| event.state() == state).count();
    for (course, state) in [
        (Course::Rejected, EventState::Rejected),
        (Course::CalledOff, EventState::Cancelled),
        (Course::Lapsed, EventState::Lapsed),
        (Course::Disputed, EventState::Disputed),
        (Course::Claimed, EventState::Reported),
        (Course::Verified, EventState::Verified),
    ] {
        assert_eq!(count(course), states(state), "{course:?}");
    }
    let whole = recount.whole();
    let verified: Vec<_> = plan.events.iter().filter(|event| event.course == Course::Verified).collect();
    assert_eq!(of(&whole, Measure::CampaignEventsVerified), number(verified.len()));
    assert_eq!(of(&whole, Measure::CampaignEventsPlanned), 300 - 1);
    assert_eq!(of(&whole, Measure::CampaignEventsClaimed), number(count(Course::Claimed) + verified.len() + 1));
    assert_eq!((of(&whole, Measure::CampaignEventsLapsed), of(&whole, Measure::CampaignEventsDisputed)), (1, 1));
    assert_eq!(of(&whole, Measure::CampaignEventsCancelled), 1);
    let women: i64 = verified.iter().map(|event| i64::from(event.found.women)).sum();
    let girls: i64 = verified.iter().map(|event| i64::from(event.found.girls)).sum();
    assert_eq!((of(&whole, Measure::WomenReached), of(&whole, Measure::GirlsReached)), (women, girls));
    assert!(plan.events[LAPSED].leads == 0);

    let vetting = |state: VettingState| {
        tally.campaign.partners.values().filter(|partner| partner.vetting_state() == state).count()
    };
    let vettings = (vetting(VettingState::Pending), vetting(VettingState::Suspended), vetting(VettingState::Vetted));
    assert_eq!(vettings, (1, 1, PARTNERS - 2));

    let leads: Vec<&str> = tally
        .complaints
        .values()
        .filter(|told| told.first.channel() == Channel::Campaign)
        .map(|told| told.first.campaign_event.as_str())
        .collect();
    let asked: i32 = tally.campaign.events.values().map(|event| event.leads).sum();
    assert_eq!(number(leads.len()), i64::from(asked));
    assert!(leads.len() >= 8 && leads.iter().all(|event| tally.campaign.events.contains_key(*event)));
}
