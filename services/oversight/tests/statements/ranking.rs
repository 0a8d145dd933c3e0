//! The index and ranks: over the same figures, explained, and hidden from readers outside the police.

use mahila_proto::campaign::v1::{EventKind, EventState};
use mahila_proto::intake::v1::{Category, VisitOutcome};
use mahila_proto::oversight::v1::{
    FlagCount, GetIndexRequest, IndexScore, IndexTest, Measure, RankEnd, RankMetric, RankUnitsRequest, Ranked, RedFlag,
};
use mahila_proto::registry::v1::{DeskDayStatus, UnitKind};
use mahila_proto::review::v1::{ActionItemState, CycleState, DecisionKind, ReviewLevel, ShortfallReason, Stratum};
use platform::fields::date;

use crate::harness::{Setup, Told, oversight_of};
use crate::tell::{Complaint, Cycle, Event, desk, desk_day, october, visit};

/// The good station does everything in the week of 19 October; the others do less or nothing.
fn week() -> Told {
    let cycle = |unit| Cycle { unit, level: ReviewLevel::Station, from: 19, to: 25 };
    let (good, short) = (cycle("ps-118-001"), cycle("ps-143-001"));
    let complaint = |station, district, day, category| Complaint { station, district, day, category, imported: false };
    let ours = complaint("ps-118-001", "district-118", 19, Category::Stalking);
    let mut told = Told::default();
    for station in ["ps-118-001", "ps-118-002", "ps-143-001"] {
        told.registry.push(desk(station, october(1)));
        for day in 19..=25 {
            let silent = station == "ps-118-002" && day == 22;
            let status = if silent { DeskDayStatus::Silent } else { DeskDayStatus::Compliant };
            told.registry.push(desk_day(station, october(day), status));
        }
    }
    // Each of the two has complaints; the women's station has none in fourteen days.
    told.intake.extend([
        ours.registered(),
        ours.acknowledged(true, october(19)),
        ours.asked(true, october(24)),
        complaint("ps-118-001", "district-118", 20, Category::Dowry).registered(),
        complaint("ps-143-001", "district-143", 20, Category::SexualAssault).registered(),
        complaint("ps-143-001", "district-143", 20, Category::SexualAssault).breached_medical(october(21)),
    ]);
    told.intake.extend(vec![visit("ps-143-001", october(20), VisitOutcome::Complaint); 15]);
    told.review.extend([good.planned(), good.opened(&[(Stratum::Oldest, 15)], ShortfallReason::Unspecified)]);
    told.review.extend(vec![good.decided(DecisionKind::Expedite, 21); 15]);
    told.review.extend([
        good.item(ActionItemState::Claimed, ActionItemState::Verified, true, 23),
        good.sitting(3, 21),
        good.closed(CycleState::Completed, 0, 21),
        short.planned(),
        short.opened(&[(Stratum::Oldest, 4)], ShortfallReason::FewCases),
        short.decided(DecisionKind::Continue, 21),
        short.sitting(15, 21),
        short.closed(CycleState::Partial, 3, 25),
    ]);
    let event =
        Event { station: "ps-118-001", district: "district-118", code: "v", kind: EventKind::Ward, planned: 20 };
    told.campaigns.extend([event.moved(EventState::Approved, 0, 0, 18), event.moved(EventState::Verified, 20, 4, 22)]);
    told
}

fn index(unit: &str, level: UnitKind) -> GetIndexRequest {
    GetIndexRequest { unit: unit.to_owned(), level: level.into(), ..GetIndexRequest::default() }
}

fn test(score: &IndexScore, test: IndexTest) -> (i32, i64, i64) {
    let found = score.tests.iter().find(|score| score.test() == test).unwrap();
    (found.hundredths, found.numerator, found.denominator)
}

fn flags(flags: &[FlagCount]) -> Vec<(RedFlag, i64)> {
    flags.iter().map(|flag| (flag.flag(), flag.stations)).collect()
}

fn of<'a>(rows: &'a [IndexScore], unit: &str) -> &'a IndexScore {
    rows.iter().find(|row| row.unit == format!("units/{unit}")).unwrap_or_else(|| panic!("a row of {unit}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_index_is_explained_and_missing_data_scores_nothing() {
    let (_db, _journals, oversight) = oversight_of(week(), Setup::default()).await;
    let mut client = oversight.headquarters();
    // Without days: the last whole week, Monday to Sunday.
    let stations = client.get_index(index("", UnitKind::Station)).await.unwrap().into_inner();
    let dates = [&stations.from, &stations.to].map(|day| day.as_ref().map(|day| (day.month, day.day)).unwrap());
    assert_eq!(dates, [(10, 19), (10, 25)]);
    let good = of(&stations.rows, "ps-118-001");
    assert_eq!(good.tests.iter().map(|test| test.weight).sum::<i32>(), 100);
    assert_eq!(good.tests.iter().map(|test| test.hundredths).sum::<i32>(), good.hundredths);
    for (of_test, (hundredths, numerator, denominator)) in [
        (IndexTest::DeskOpen, (1500, 7, 7)),
        (IndexTest::TwoWomen, (1458, 4900, 5040)),
        (IndexTest::Receipts, (500, 1, 2)),
        (IndexTest::Reviewed, (1500, 15, 15)),
        (IndexTest::ActedUpon, (1500, 1, 1)),
        (IndexTest::LimitsKept, (1500, 2, 2)),
        (IndexTest::Feedback, (1000, 1, 1)),
        (IndexTest::Campaigns, (500, 1, 1)),
    ] {
        assert_eq!(test(good, of_test), (hundredths, numerator, denominator), "{of_test:?}");
    }
    assert_eq!((good.hundredths, good.stations, flags(&good.flags)), (9458, 1, vec![]));
    let measures = good.tests[4].denominator_measures().collect::<Vec<_>>();
    assert_eq!(measures, [Measure::ActionItemsVerifiedInTime, Measure::ActionItemsOverdue]);

    let short = of(&stations.rows, "ps-143-001");
    assert_eq!((test(short, IndexTest::Reviewed), test(short, IndexTest::ActedUpon)), ((375, 1, 4), (0, 0, 0)));
    assert_eq!(test(short, IndexTest::LimitsKept), (0, 0, 1));
    assert_eq!(
        flags(&short.flags),
        [(RedFlag::StatutoryBreach, 1), (RedFlag::HurriedSitting, 1), (RedFlag::FewCases, 1)],
        "fifteen decisions within a minute; four cases though fifteen women came"
    );
    let quiet = of(&stations.rows, "ps-118-002");
    assert_eq!(flags(&quiet.flags), [(RedFlag::Silent, 1), (RedFlag::ZeroIntake, 1)]);
    let none = of(&stations.rows, "ps-162-001");
    assert_eq!((none.hundredths, flags(&none.flags)), (0, vec![(RedFlag::Silent, 1)]), "no desk: 0, never left out");
    assert!(stations.rows.iter().all(|row| row.unit != "units/ps-118-003"), "railway police is expected to have none");

    // A unit's index is the mean of its stations', each counting alike.
    let districts = client.get_index(index("", UnitKind::District)).await.unwrap().into_inner();
    let agra = of(&districts.rows, "district-118");
    assert_eq!(agra.stations, 2);
    assert_eq!(test(agra, IndexTest::DeskOpen), (i32::midpoint(1500, 1500 * 6 / 7), 13, 14));
    let mean: i32 = (0..8).map(|at| i32::midpoint(good.tests[at].hundredths, quiet.tests[at].hundredths)).sum();
    assert_eq!(agra.hundredths, mean);
    let whole = districts.whole.unwrap();
    assert_eq!((whole.stations, flags(&whole.flags)[0]), (4, (RedFlag::Silent, 2)));
    assert_eq!(stations.whole.unwrap(), whole, "whatever the rows");

    // A station sees its own, and its district is still compared with.
    let mut own = oversight.client(&["station_house_officer"], "ps-118-002");
    let own = own.get_index(GetIndexRequest::default()).await.unwrap().into_inner().whole.unwrap();
    assert_eq!((own.hundredths, flags(&own.flags)), (quiet.hundredths, flags(&quiet.flags)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_outside_the_police_learn_nothing_of_cases_from_index_or_ranks() {
    let (_db, _journals, oversight) = oversight_of(week(), Setup::default()).await;
    let mut outside = oversight.client(&["public_reader"], "up");
    let public = outside.get_index(index("", UnitKind::District)).await.unwrap().into_inner();
    assert!(public.public_copy);
    let agra = of(&public.rows, "district-118");
    assert_eq!(test(agra, IndexTest::DeskOpen).1, 13, "desks are nobody's secret");
    for of_test in [IndexTest::Receipts, IndexTest::LimitsKept, IndexTest::Feedback] {
        let score = agra.tests.iter().find(|score| score.test() == of_test).unwrap();
        assert!(score.suppressed && (score.hundredths, score.numerator, score.denominator) == (0, 0, 0), "{of_test:?}");
    }
    assert!(agra.suppressed && agra.hundredths == 0, "or the sum would tell the one that is hidden");
    let told: Vec<RedFlag> =
        public.rows.iter().chain(&public.whole).flat_map(|row| &row.flags).map(FlagCount::flag).collect();
    assert!(told.contains(&RedFlag::Silent) && told.contains(&RedFlag::HurriedSitting));
    assert!(told.iter().all(|flag| matches!(flag, RedFlag::Silent | RedFlag::HurriedSitting)), "{told:?}");

    let rank = |metric: RankMetric| RankUnitsRequest {
        metric: metric.into(),
        level: UnitKind::District.into(),
        floor: 1,
        ..RankUnitsRequest::default()
    };
    let receipts = outside.rank_units(rank(RankMetric::ReceiptsInTime)).await.unwrap().into_inner();
    let hidden: Vec<_> = receipts.suppressed.iter().map(|unit| (unit.unit.as_str(), unit.denominator)).collect();
    assert!(hidden.contains(&("units/district-118", 0)) && hidden.contains(&("units/district-143", 0)), "{hidden:?}");
    assert!(receipts.units.iter().chain(&receipts.below_floor).all(|unit| unit.unit == "units/district-162"));
    let index = outside.rank_units(rank(RankMetric::Index)).await.unwrap().into_inner();
    assert!(index.suppressed.iter().any(|unit| unit.unit == "units/district-118"));
    let desks = outside.rank_units(rank(RankMetric::DeskDaysHeard)).await.unwrap().into_inner();
    assert_eq!((desks.units.len(), desks.suppressed.len()), (2, 0));
}

fn ranks(units: &[Ranked]) -> Vec<(i32, &str, i64, i64)> {
    let id = |unit: &'_ Ranked| -> usize { unit.unit.find('/').unwrap() + 1 };
    units.iter().map(|unit| (unit.rank, &unit.unit[id(unit)..], unit.numerator, unit.denominator)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn units_are_ranked_by_a_rate_and_tiny_ones_stand_apart() {
    let (_db, _journals, oversight) = oversight_of(week(), Setup::default()).await;
    let mut client = oversight.headquarters();
    let request = RankUnitsRequest {
        metric: RankMetric::DeskDaysHeard.into(),
        level: UnitKind::Station.into(),
        from: Some(date(october(19))),
        to: Some(date(october(25))),
        ..RankUnitsRequest::default()
    };
    let worst = client.rank_units(request.clone()).await.unwrap().into_inner();
    assert_eq!(ranks(&worst.units), [(1, "ps-118-002", 6, 7), (2, "ps-118-001", 7, 7), (2, "ps-143-001", 7, 7)]);
    let below: Vec<&str> = ranks(&worst.below_floor).into_iter().map(|(_, unit, ..)| unit).collect();
    assert_eq!((below, worst.total), (vec!["ps-118-003", "ps-162-001"], 3), "nothing to rank them by");
    let best = RankUnitsRequest { end: RankEnd::Best.into(), limit: 1, ..request.clone() };
    let best = client.rank_units(best).await.unwrap().into_inner();
    assert_eq!((ranks(&best.units), best.total), (vec![(1, "ps-118-001", 7, 7)], 3));

    let by = |metric: RankMetric, floor| RankUnitsRequest { metric: metric.into(), floor, ..request.clone() };
    let reviewed = client.rank_units(by(RankMetric::Reviewed, 1)).await.unwrap().into_inner();
    assert_eq!(ranks(&reviewed.units), [(1, "ps-143-001", 1, 4), (2, "ps-118-001", 15, 15)]);
    let floor = client.rank_units(by(RankMetric::Reviewed, 5)).await.unwrap().into_inner();
    assert_eq!(ranks(&floor.units), [(1, "ps-118-001", 15, 15)], "four cases are too few");
    assert!(ranks(&floor.below_floor).contains(&(0, "ps-143-001", 1, 4)));
    let acted = client.rank_units(by(RankMetric::ActedUpon, 1)).await.unwrap().into_inner();
    assert_eq!(ranks(&acted.units), [(1, "ps-143-001", 0, 1), (2, "ps-118-001", 1, 15)]);
    let index = client.rank_units(by(RankMetric::Index, 0)).await.unwrap().into_inner();
    let index = ranks(&index.units);
    assert_eq!((index[0].0, index[0].1, index[3].1, index[3].3), (1, "ps-162-001", "ps-118-001", 10_000));
}
