//! Reviews and campaigns in a statement; who did not report; what is the same at ten and at five past ten.

use mahila_proto::campaign::v1::{EventKind, EventState};
use mahila_proto::intake::v1::{Category, VisitOutcome};
use mahila_proto::oversight::v1::{Breakdown, Format, GetStatementRequest, Language, Measure, UnitFigures};
use mahila_proto::registry::v1::{DeskDayStatus, UnitKind};
use mahila_proto::review::v1::{ActionItemState, CycleState, DecisionKind, ReviewLevel, ShortfallReason, Stratum};
use platform::clock::minute_of;

use crate::harness::{Setup, Told, figure, oversight, oversight_of, period, row, whole};
use crate::tell::{Complaint, Cycle, Event, desk, desk_day, october, two_apart, visit};

const STATION: Cycle = Cycle { unit: "ps-118-001", level: ReviewLevel::Station, from: 19, to: 25 };

fn by(level: UnitKind) -> GetStatementRequest {
    GetStatementRequest { level: level.into(), ..period(19, 25) }
}

fn reviews() -> Told {
    let other = Cycle { unit: "ps-143-001", ..STATION };
    let district = Cycle { unit: "district-118", level: ReviewLevel::District, ..STATION };
    let state = Cycle { unit: "up", level: ReviewLevel::State, ..STATION };
    let mut review = vec![STATION.planned(), other.planned(), district.planned(), state.planned()];
    review.push(
        STATION
            .opened(&[(Stratum::Clock, 3), (Stratum::Oldest, 10), (Stratum::Random, 2)], ShortfallReason::Unspecified),
    );
    review.extend(vec![STATION.decided(DecisionKind::Continue, 21); 15]);
    review.extend([STATION.sitting(15, 21), STATION.closed(CycleState::Completed, 0, 21)]);
    review.push(other.opened(&[(Stratum::Random, 9)], ShortfallReason::FewCases));
    review.push(other.closed(CycleState::Missed, 9, 26));
    review.push(district.opened(&[(Stratum::Carried, 2)], ShortfallReason::FewCases));
    review.extend([
        district.decided(DecisionKind::RegisterFir, 22),
        district.item(ActionItemState::Unspecified, ActionItemState::Open, false, 22),
        district.item(ActionItemState::Open, ActionItemState::Claimed, false, 23),
        district.item(ActionItemState::Claimed, ActionItemState::Verified, true, 24),
        district.item(ActionItemState::Unspecified, ActionItemState::Open, false, 22),
        district.overdue(24),
        district.deferred(22),
        district.sitting(1, 22),
        district.closed(CycleState::Completed, 0, 22),
    ]);
    review.extend([state.opened(&[], ShortfallReason::NoCases), state.closed(CycleState::Completed, 0, 25)]);
    Told { review, ..Told::default() }
}

fn level(unit: &UnitFigures, measure: Measure, level: &str) -> i64 {
    figure(unit, measure, Breakdown::Level, level).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reviews_are_counted_where_they_are_held_and_reviewed_is_not_acted_upon() {
    let (_db, _journals, oversight) = oversight_of(reviews(), Setup::default()).await;
    let statement = oversight.statement(by(UnitKind::Station)).await;
    let station = row(&statement, "ps-118-001");
    assert_eq!(
        (whole(station, Measure::ReviewItemsReviewed), whole(station, Measure::ActedUpon)),
        (Some(15), Some(0)),
        "fifteen CONTINUE"
    );
    let kind = |unit, kind| figure(unit, Measure::ReviewItemsReviewed, Breakdown::Kind, kind);
    assert_eq!(kind(station, "DECISION_KIND_CONTINUE"), Some(15));
    assert_eq!(whole(station, Measure::ReviewSittingsHurried), Some(1), "fifteen within a minute");
    assert_eq!(figure(station, Measure::ReviewItemsSelected, Breakdown::Stratum, "STRATUM_OLDEST"), Some(10));
    let missed = row(&statement, "ps-143-001");
    assert_eq!(
        (whole(missed, Measure::ReviewCyclesMissed), whole(missed, Measure::ReviewCyclesHeld)),
        (Some(1), Some(0))
    );
    assert_eq!(
        (whole(missed, Measure::ReviewItemsSelected), whole(missed, Measure::ReviewItemsNotReached)),
        (Some(9), Some(9))
    );
    let reason = |unit, reason| figure(unit, Measure::ReviewShortfalls, Breakdown::Reason, reason);
    assert_eq!(reason(missed, "SHORTFALL_REASON_FEW_CASES"), Some(1));

    // The district's own sitting is no station's: it stands in the rest of a statement by station, and in the district's row.
    let rest = row(&statement, "");
    assert_eq!((whole(rest, Measure::ReviewCyclesExpected), whole(rest, Measure::ActedUpon)), (Some(2), Some(1)));
    let districts = oversight.statement(by(UnitKind::District)).await;
    let agra = row(&districts, "district-118");
    for (measure, n) in [
        (Measure::ReviewCyclesExpected, 2),
        (Measure::ReviewCyclesCompleted, 2),
        (Measure::ReviewItemsSelected, 17),
        (Measure::ReviewItemsReviewed, 16),
        (Measure::ActedUpon, 1),
        (Measure::ReviewItemsDeferred, 1),
        (Measure::ActionItemsMade, 2),
        (Measure::ActionItemsClaimed, 1),
        (Measure::ActionItemsVerifiedInTime, 1),
        (Measure::ActionItemsOverdue, 1),
        (Measure::ReviewSittingsHeld, 2),
    ] {
        assert_eq!(whole(agra, measure), Some(n), "{measure:?}");
    }
    let all = districts.whole.as_ref().unwrap();
    assert_eq!(level(all, Measure::ReviewCyclesExpected, "REVIEW_LEVEL_STATION"), 2);
    assert_eq!(level(all, Measure::ReviewCyclesExpected, "REVIEW_LEVEL_DISTRICT"), 1);
    assert_eq!(level(all, Measure::ReviewCyclesCompleted, "REVIEW_LEVEL_STATE"), 1);
    assert_eq!(level(all, Measure::ReviewItemsReviewed, "REVIEW_LEVEL_DISTRICT"), 1);
    assert_eq!(reason(all, "SHORTFALL_REASON_NO_CASES"), Some(1));
    assert_eq!(whole(row(&districts, ""), Measure::ReviewCyclesExpected), Some(1), "the state's own");

    // Who did not review is said before anything else.
    let told = &districts.missed_reviews;
    assert_eq!(
        told.iter().map(|missed| (missed.unit.as_str(), missed.cycles)).collect::<Vec<_>>(),
        [("units/ps-143-001", 1)]
    );
    assert_eq!(told[0].district_display_name.as_ref().unwrap().en, "Place district-143");
    let complete = districts.completeness.unwrap();
    assert_eq!(
        (complete.review_cycles_expected, complete.review_cycles_reported, complete.review_cycles_on_time),
        (4, 3, 3)
    );
    let text = oversight
        .statement(GetStatementRequest {
            format: Format::Text.into(),
            language: Language::English.into(),
            ..by(UnitKind::District)
        })
        .await
        .rendered;
    let (silent, not_reviewed) = (text.find("Silent stations").unwrap(), text.find("Did not review: 1").unwrap());
    let (reviewed, acted_upon) = (text.find("\nReviewed: 16").unwrap(), text.find("\nActed upon: 1").unwrap());
    assert!(silent < not_reviewed && not_reviewed < reviewed && reviewed < acted_upon, "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_verified_events_are_held_and_a_place_is_covered_once() {
    let event = |station, district, code| Event { station, district, code, kind: EventKind::Chaupal, planned: 20 };
    let (one, two) = (event("ps-118-001", "district-118", "v-1"), event("ps-143-001", "district-143", "v-1"));
    let campaigns = vec![
        one.moved(EventState::Approved, 0, 0, 10),
        two.moved(EventState::Approved, 0, 0, 10),
        one.moved(EventState::Reported, 80, 0, 20),
        two.moved(EventState::Reported, 500, 0, 20),
        one.moved(EventState::Verified, 60, 12, 22),
        two.moved(EventState::Disputed, 0, 0, 22),
        two.moved(EventState::Verified, 30, 3, 24),
        event("ps-162-001", "district-162", "w-1").moved(EventState::Lapsed, 0, 0, 23),
        event("ps-162-001", "district-162", "w-1").moved(EventState::Cancelled, 0, 0, 23),
    ];
    let (_db, _journals, oversight) = oversight_of(Told { campaigns, ..Told::default() }, Setup::default()).await;
    let statement = oversight.statement(by(UnitKind::District)).await;
    let all = statement.whole.as_ref().unwrap();
    for (measure, n) in [
        (Measure::CampaignEventsPlanned, 2),
        (Measure::CampaignEventsClaimed, 2),
        (Measure::CampaignEventsVerified, 2),
        (Measure::CampaignEventsDisputed, 1),
        (Measure::CampaignEventsLapsed, 1),
        (Measure::CampaignEventsCancelled, 1),
        (Measure::WomenReached, 90),
        (Measure::GirlsReached, 15),
        (Measure::PlacesCovered, 1),
    ] {
        assert_eq!(whole(all, measure), Some(n), "{measure:?}");
    }
    assert_eq!(figure(all, Measure::CampaignEventsVerified, Breakdown::Kind, "EVENT_KIND_CHAUPAL"), Some(2));
    assert_eq!(whole(row(&statement, "district-118"), Measure::PlacesCovered), Some(1), "where it was first");
    assert_eq!(whole(row(&statement, "district-143"), Measure::PlacesCovered), Some(0));
    let later = oversight.statement(GetStatementRequest { level: UnitKind::District.into(), ..period(23, 25) }).await;
    assert_eq!(whole(row(&later, "district-143"), Measure::PlacesCovered), Some(1), "first in those days");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_is_not_there_stops_nothing_and_is_said_to_be_missing() {
    let setup = Setup { all_peers: false, ..Setup::default() };
    let intake = vec![visit("ps-118-001", october(20), VisitOutcome::Complaint)];
    let (_db, _journals, oversight) = oversight_of(Told { intake, ..reviews() }, setup).await;
    let request =
        GetStatementRequest { format: Format::Text.into(), language: Language::English.into(), ..period(19, 25) };
    let statement = oversight.statement(request).await;
    let told: Vec<_> = statement.freshness.iter().map(|fresh| (fresh.source.as_str(), fresh.not_followed)).collect();
    assert_eq!(
        told,
        [
            ("station-registry", false),
            ("complaint-intake", false),
            ("review-scheduling", true),
            ("awareness-campaigns", true)
        ]
    );
    assert!(statement.freshness[2..].iter().all(|fresh| fresh.seconds_since_heard == -1 && fresh.applied == 0));
    let all = statement.whole.as_ref().unwrap();
    assert_eq!((whole(all, Measure::Visits), whole(all, Measure::ReviewCyclesExpected)), (Some(1), Some(0)));
    assert!(
        statement.rendered_freshness.contains("review-scheduling: not followed here"),
        "{}",
        statement.rendered_freshness
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_is_the_same_at_ten_and_at_five_past_ten_and_another_after_a_late_entry() {
    let told = Told {
        registry: vec![desk("ps-118-001", october(19)), desk_day("ps-118-001", october(20), DeskDayStatus::Compliant)],
        intake: vec![visit("ps-118-001", october(20), VisitOutcome::Complaint)],
        ..reviews()
    };
    let (_db, journals, oversight) = oversight_of(told, Setup::default()).await;
    let request = || GetStatementRequest { format: Format::Text.into(), ..by(UnitKind::Station) };
    let ten = oversight.statement(request()).await;
    oversight.clock.advance_to(minute_of(october(29), 10 * 60 + 5)).unwrap();
    // What happens today is of no day that is over.
    journals.intake.tell([visit("ps-118-001", october(29), VisitOutcome::Complaint)]).await;
    oversight.until_heard(&journals).await;
    let five_past = oversight.statement(request()).await;
    let mut same = five_past.clone();
    same.freshness.clone_from(&ten.freshness);
    same.rendered_freshness.clone_from(&ten.rendered_freshness);
    assert_eq!(same, ten);
    assert_eq!((five_past.content_sha256.len(), &five_past.content_sha256), (32, &ten.content_sha256));
    assert!(five_past.freshness[1].applied > ten.freshness[1].applied);

    journals.intake.tell([visit("ps-118-001", october(21), VisitOutcome::LeftUnserved)]).await;
    oversight.until_heard(&journals).await;
    let late = oversight.statement(request()).await;
    assert_ne!(late.content_sha256, ten.content_sha256);
    assert_eq!(whole(late.whole.as_ref().unwrap(), Measure::Visits), Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_stand_beside_those_of_the_period_before() {
    let told = |day, n| vec![visit("ps-118-001", october(day), VisitOutcome::Complaint); n];
    let complaint = Complaint {
        station: "ps-118-001",
        district: "district-118",
        day: 14,
        category: Category::Stalking,
        imported: false,
    };
    let mut intake = [told(13, 3), told(18, 1), told(19, 4), told(25, 1)].concat();
    intake.push(complaint.registered());
    let (_db, _journals, oversight) = oversight(Vec::new(), intake).await;
    let statement = oversight.statement(by(UnitKind::District)).await;
    let dates = [statement.previous_from, statement.previous_to].map(|day| day.map(|day| (day.month, day.day)));
    assert_eq!(dates, [Some((10, 12)), Some((10, 18))]);
    let previous = |unit: &UnitFigures, measure: Measure| {
        let figure = unit.figures.iter().find(|figure| figure.measure() == measure && figure.key.is_empty()).unwrap();
        (figure.value, figure.previous)
    };
    for unit in [statement.whole.as_ref().unwrap(), row(&statement, "district-118")] {
        assert_eq!((previous(unit, Measure::Visits), previous(unit, Measure::Complaints)), ((5, 4), (0, 1)));
        let by_category = unit.figures.iter().find(|figure| figure.key == "CATEGORY_STALKING").unwrap();
        assert_eq!((by_category.value, by_category.previous), (0, 1));
    }
    let alone = oversight.statement(period(12, 18)).await;
    assert_eq!(whole(alone.whole.as_ref().unwrap(), Measure::Visits), Some(4), "as in its own statement");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_women_one_after_the_other_are_no_two_women() {
    // One from 08 to 14, one from 14 to 20: the registry tells a desk-day of no two-women minutes.
    let registry = vec![desk("ps-118-001", october(19)), two_apart("ps-118-001", october(20))];
    let (_db, _journals, oversight) = oversight(registry, Vec::new()).await;
    let statement = oversight.statement(by(UnitKind::Station)).await;
    let station = row(&statement, "ps-118-001");
    for (measure, n) in [
        (Measure::TwoWomenMinutes, 0),
        (Measure::ServiceMinutes, 720),
        (Measure::CheckIns, 2),
        (Measure::DeskDaysUnderstaffed, 1),
        (Measure::DeskDaysCompliant, 0),
    ] {
        assert_eq!(whole(station, measure), Some(n), "{measure:?}");
    }
    let complete = statement.completeness.unwrap();
    assert_eq!((complete.units_expected, complete.units_reported, complete.units_on_time), (4, 1, 1));
    assert_eq!((complete.desk_days_expected, complete.desk_days_on_time), (1, 1), "heard from, with somebody there");
}
