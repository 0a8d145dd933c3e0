//! A statement as it is read out and as rows.

use platform::directory::UnitKind;
use platform::locale::Language;

use super::super::render::{self, Frame, Freshness};
use super::{full, full_with, sum, tree};
use crate::ledger::{Breakdown, Measure, Slot};

#[test]
fn it_is_read_out_in_order_with_what_is_silent_first() {
    let sums = vec![
        sum("ps-118-001", Slot::whole(Measure::Visits), 123_456),
        sum("ps-118-001", Slot::whole(Measure::ServiceMinutes), 720),
        sum("ps-118-001", Slot::whole(Measure::TwoWomenMinutes), 719),
        sum("ps-118-001", Slot::whole(Measure::LegalActions), 3),
        sum("ps-118-001", Slot::by(Measure::LegalActions, Breakdown::Kind, 2), 3),
        sum("ps-118-001", Slot::whole(Measure::ReviewCyclesExpected), 3),
        sum("ps-118-001", Slot::whole(Measure::ReviewCyclesHeld), 2),
        sum("ps-118-001", Slot::whole(Measure::ReviewItemsReviewed), 15),
        sum("ps-118-001", Slot::by(Measure::ReviewItemsReviewed, Breakdown::Kind, 1), 15),
        sum("ps-118-001", Slot::whole(Measure::CampaignEventsClaimed), 2),
        sum("ps-118-001", Slot::whole(Measure::CampaignEventsVerified), 1),
    ];
    let before = vec![sum("ps-118-001", Slot::whole(Measure::Visits), 98_765)];
    let statement = full_with(&tree(), UnitKind::Station, sums, before);
    let freshness = [
        Freshness { source: "station-registry", followed: true, applied: 90, head: 100_090, seconds: Some(2) },
        Freshness { source: "review-scheduling", followed: true, applied: 5, head: 5, seconds: Some(179) },
        Freshness { source: "complaint-intake", followed: true, applied: 7, head: 7, seconds: None },
        Freshness { source: "awareness-campaigns", followed: false, applied: 0, head: 0, seconds: None },
    ];
    let frame = Frame { statement: &statement, simulated: true };
    let written = |language| {
        let (text, fresh) = (render::text(frame, language), render::freshness(frame, &freshness, language));
        assert!(fresh.contains("station-registry") && !text.contains("station-registry"), "apart from what is stated");
        text + &fresh
    };
    let english = written(Language::En);
    let order = [
        "*** SIMULATED",
        "Statement of action taken: Unit up (State, some stations below are made up)",
        "17 October 2020 to 28 October 2020",
        "In brackets the period before: 5 October 2020 – 16 October 2020",
        "Silent stations, read out first: 3",
        "Thana ps-118-003 (no desk)",
        "Thana ps-118-002 [made up] (6 days silent)",
        "Did not review: 1",
        "Thana ps-118-001 (Station, Unit district-118): 1",
        "Who reported",
        "Stations: expected 4; reported 1; in time 1",
        "Reviews: expected 3; reported 2; in time 0",
        "Desks expected: 4",
        "Desks open: 2 = 50 %",
        "Two-women minutes: 719 = 99 % [0]",
        "Visits: 1,23,456 [98,765]",
        "Calls: 0 [0] (revisions not counted)",
        "Complaints: 0",
        "Steps in law: 3",
        "by kind: FIR: 3 [0]",
        "Disposed: 0",
        "Verified with her: 0",
        "Review cycles expected: 3",
        "Reviewed: 15 [0] (a decision recorded)",
        "by kind: Continue: 15 [0]",
        "Acted upon: 0 [0] (done, and verified by another)",
        "Awareness campaigns",
        "Events claimed: 2 [0] (claimed, not held)",
        "Events verified (held): 1",
        "Thana ps-118-001 (Station)",
        "How fresh the sources are",
        "station-registry: 1,00,000 entries are not yet counted; heard from within the last minute",
        "review-scheduling: everything it told is counted; minutes since last heard from: 2",
        "complaint-intake: everything it told is counted; not heard from since the start",
        "awareness-campaigns: not followed here",
    ];
    let mut rest = english.as_str();
    for part in order {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part:?} does not follow in\n{english}"));
        rest = &rest[at..];
    }
    let hindi = written(Language::Hi);
    for part in [
        "अनुकरण",
        "कृत कार्यवाही विवरण",
        "17 अक्टूबर 2020 से",
        "मौन थाने",
        "आगमन: 1,23,456 [98,765]",
        "प्राथमिकी: 3",
        "समीक्षित: 15",
    ] {
        assert!(hindi.contains(part), "{part} in\n{hindi}");
    }
    let latin = |line: &&str| line.chars().any(|c| c.is_ascii_alphabetic());
    let english: Vec<&str> = hindi
        .lines()
        .filter(latin)
        .filter(|line| !line.contains("ps-") && !line.contains("up") && !line.contains('-'))
        .collect();
    assert!(english.is_empty(), "{english:?}");
}

#[test]
fn csv_has_a_row_a_unit_and_figure() {
    let sums = vec![sum("ps-118-001", Slot::by(Measure::Calls, Breakdown::Category, 1), 12)];
    let statement = full(&tree(), UnitKind::Station, sums);
    let csv = render::csv(&statement, true);
    let mut lines = csv.split("\r\n");
    assert_eq!(
        lines.next(),
        Some("unit,kind,name_en,name_hi,synthetic,measure,measure_en,measure_hi,breakdown,key,value,previous")
    );
    assert!(csv.contains(
        "units/ps-118-001,UNIT_KIND_STATION,Thana ps-118-001,थाना ps-118-001,no,MEASURE_CALLS,Calls,कॉल,BREAKDOWN_CATEGORY,CATEGORY_DOMESTIC_VIOLENCE,12,0\r\n"
    ), "{csv}");
    let figures: usize = std::iter::once(&statement.whole).chain(&statement.rows).map(|row| row.figures.len()).sum();
    assert_eq!(lines.filter(|line| !line.is_empty()).count(), figures);
}
