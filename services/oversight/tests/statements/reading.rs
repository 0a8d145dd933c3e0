//! What a statement says, and to whom.

use mahila_proto::intake::v1::{Category, HandlingState, VisitOutcome};
use mahila_proto::oversight::v1::{
    Breakdown, Format, GetStatementRequest, Language, ListSilentUnitsRequest, Measure, Statement, UnitFigures,
};
use mahila_proto::registry::v1::{DeskDayStatus, UnitKind};
use platform::fields::date;
use platform::journal::Draft;

use crate::harness::{fields, figure, oversight, period, row, whole};
use crate::tell::{Complaint, call, desk, desk_day, october, visit};

fn complaint(station: &'static str, district: &'static str, day: u32, category: Category) -> Complaint {
    Complaint { station, district, day, category, imported: false }
}

fn by(level: UnitKind, from: u32, to: u32) -> GetStatementRequest {
    GetStatementRequest { level: level.into(), ..period(from, to) }
}

fn add_up(statement: &Statement, measure: Measure) -> Option<i64> {
    statement.rows.iter().map(|row| whole(row, measure)).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_counts_each_thing_where_and_when_it_was_and_adds_up_at_every_level() {
    let first = complaint("ps-118-001", "district-118", 23, Category::DomesticViolence);
    let hidden = complaint("", "district-118", 24, Category::PoliceConduct);
    let lucknow = complaint("ps-162-001", "district-162", 24, Category::Stalking);
    let older = Complaint { imported: true, ..complaint("ps-118-001", "district-118", 2, Category::Dowry) };
    let intake = vec![
        visit("ps-118-001", october(23), VisitOutcome::Complaint),
        visit("ps-118-001", october(23), VisitOutcome::LeftUnserved),
        // One woman on the 17th and 19th, another who is not known.
        call("ps-118-002", "district-118", october(17), Category::DomesticViolence, None),
        call("ps-143-001", "district-143", october(19), Category::DomesticViolence, Some(2)),
        call("", "district-162", october(19), Category::EveTeasing, None),
        first.registered(),
        first.moved(HandlingState::Received, HandlingState::Triaged, october(25)),
        hidden.registered(),
        lucknow.registered(),
        older.registered(),
        older.fir(october(26)),
    ];
    let registry =
        vec![desk("ps-118-001", october(23)), desk_day("ps-118-001", october(23), DeskDayStatus::Understaffed)];
    let (_db, _journals, oversight) = oversight(registry, intake).await;

    let statement = oversight.statement(by(UnitKind::District, 17, 28)).await;
    assert!(statement.simulated && !statement.public_copy);
    let agra = row(&statement, "district-118");
    let state = |unit, state: &str| figure(unit, Measure::Complaints, Breakdown::State, state);
    for (measure, n) in [
        (Measure::DesksExpected, 2),
        (Measure::DesksOpen, 1),
        (Measure::DeskDaysExpected, 1),
        (Measure::DeskDaysUnderstaffed, 1),
        (Measure::CheckIns, 4),
        (Measure::TwoWomenMinutes, 700),
        (Measure::Visits, 2),
        (Measure::VisitsLeftUnserved, 1),
        (Measure::Calls, 1),
        (Measure::Callers, 1),
        (Measure::Complaints, 2),
        (Measure::ComplaintsImported, 0),
        (Measure::Triaged, 1),
        (Measure::LegalActions, 1),
        (Measure::Disposed, 0),
    ] {
        assert_eq!(whole(agra, measure), Some(n), "{measure:?}");
    }
    assert_eq!((state(agra, "HANDLING_STATE_TRIAGED"), state(agra, "HANDLING_STATE_RECEIVED")), (Some(1), Some(1)));
    assert_eq!(figure(agra, Measure::LegalActions, Breakdown::Kind, "LEGAL_ACTION_KIND_FIR"), Some(1));
    let all = statement.whole.as_ref().unwrap();
    assert_eq!(
        (whole(all, Measure::Calls), whole(all, Measure::Callers), whole(all, Measure::CallsUnplaced)),
        (Some(3), Some(2), Some(1))
    );
    assert_eq!(figure(all, Measure::Calls, Breakdown::Category, "CATEGORY_DOMESTIC_VIOLENCE"), Some(2));

    // A period that begins later meets her first call there; one that ends earlier knows the state as it was.
    let later = oversight.statement(by(UnitKind::District, 18, 28)).await;
    assert_eq!(whole(row(&later, "district-143"), Measure::Callers), Some(1));
    let earlier = oversight.statement(period(17, 24)).await;
    assert_eq!(state(earlier.whole.as_ref().unwrap(), "HANDLING_STATE_RECEIVED"), Some(3));

    for level in [
        UnitKind::Zone,
        UnitKind::Range,
        UnitKind::Commissionerate,
        UnitKind::District,
        UnitKind::Circle,
        UnitKind::Station,
    ] {
        let statement = oversight.statement(by(level, 17, 28)).await;
        let all = statement.whole.as_ref().unwrap();
        for measure in
            [Measure::Visits, Measure::Calls, Measure::Complaints, Measure::DesksExpected, Measure::TwoWomenMinutes]
        {
            assert_eq!(add_up(&statement, measure), whole(all, measure), "{measure:?} by {level:?}");
        }
    }
    let by_station = oversight.statement(by(UnitKind::Station, 17, 28)).await;
    assert_eq!(
        whole(row(&by_station, "ps-118-001"), Measure::Complaints),
        Some(1),
        "what is hidden from it, it does not count"
    );
    assert_eq!(whole(row(&by_station, ""), Measure::Complaints), Some(1));
    let zones = oversight.statement(by(UnitKind::Zone, 17, 28)).await;
    let names: Vec<_> = zones.rows.iter().map(|row| row.unit.as_str()).collect();
    assert_eq!(names, ["units/commissionerate-lucknow", "units/zone-agra"]);

    // Taken in when it came (today, which is not over), not on the day in the register.
    assert_eq!(
        whole(oversight.statement(period(1, 28)).await.whole.as_ref().unwrap(), Measure::ComplaintsImported),
        Some(0)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_station_reads_its_own_statement_and_a_district_its_own_queue() {
    let intake = vec![
        call("ps-118-001", "district-118", october(20), Category::Dowry, None),
        call("", "district-118", october(20), Category::Dowry, None),
    ];
    let (_db, _journals, oversight) = oversight(Vec::new(), intake).await;
    let own = oversight
        .client(&["station_house_officer"], "ps-118-001")
        .get_statement(period(17, 28))
        .await
        .unwrap()
        .into_inner();
    let own = own.whole.unwrap();
    assert_eq!(
        (own.unit.as_str(), own.kind(), whole(&own, Measure::Calls)),
        ("units/ps-118-001", UnitKind::Station, Some(1))
    );
    let district = oversight
        .client(&["district_head"], "district-118")
        .get_statement(by(UnitKind::Circle, 17, 28))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(whole(district.whole.as_ref().unwrap(), Measure::Calls), Some(2));
    assert_eq!(whole(row(&district, "circle-118-01"), Measure::Calls), Some(1));
    assert_eq!(whole(row(&district, ""), Measure::CallsUnplaced), Some(1));
    let circle = oversight
        .client(&["circle_officer"], "circle-118-01")
        .get_statement(period(17, 28))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(whole(circle.whole.as_ref().unwrap(), Measure::Calls), Some(1), "the queue is the district's");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_is_wrong_is_said_at_once_and_days_that_run_are_not_stated() {
    let (_db, _journals, oversight) = oversight(Vec::new(), Vec::new()).await;
    let mut client = oversight.headquarters();
    let wrong = GetStatementRequest {
        unit: "up".into(),
        level: 99,
        format: 9,
        language: 9,
        page_size: -1,
        page_token: "?".into(),
        ..GetStatementRequest::default()
    };
    assert_eq!(
        fields(client.get_statement(wrong).await),
        ["level", "from", "to", "unit", "format", "language", "page_size", "page_token"]
    );
    assert_eq!(fields(client.get_statement(period(17, 29)).await), ["to"], "today is not over");
    assert_eq!(fields(client.get_statement(period(20, 19)).await), ["to"]);
    let years = GetStatementRequest { from: Some(date(october(1) - chrono::Days::new(374))), ..period(1, 28) };
    assert_eq!(fields(client.get_statement(years).await), ["to"]);
    let level = |unit: &str, level: UnitKind| GetStatementRequest { unit: unit.into(), ..by(level, 17, 28) };
    assert_eq!(fields(client.get_statement(level("units/district-118", UnitKind::District)).await), ["level"]);
    let mut two = oversight.client(&["district_head"], "district-118 district-143");
    assert_eq!(fields(two.get_statement(period(17, 28)).await), ["unit"], "which of the two");

    let wrong = ListSilentUnitsRequest { page_size: -1, page_token: "?".into(), ..ListSilentUnitsRequest::default() };
    assert_eq!(fields(client.list_silent_units(wrong).await), ["from", "to", "page_size", "page_token"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_silent_is_listed_by_the_length_of_the_silence_page_by_page() {
    let days = |station, silent: std::ops::RangeInclusive<u32>| {
        (23..=28).map(move |day| {
            let status = if silent.contains(&day) { DeskDayStatus::Silent } else { DeskDayStatus::Compliant };
            desk_day(station, october(day), status)
        })
    };
    let registry: Vec<Draft> = ["ps-118-001", "ps-118-002", "ps-143-001"]
        .map(|station| desk(station, october(23)))
        .into_iter()
        .chain(days("ps-118-001", 23..=28))
        .chain(days("ps-118-002", 23..=24))
        .chain(days("ps-143-001", 24..=25))
        .collect();
    let (_db, _journals, oversight) = oversight(registry, Vec::new()).await;
    let mut client = oversight.headquarters();
    let mut request = ListSilentUnitsRequest {
        from: Some(date(october(23))),
        to: Some(date(october(28))),
        page_size: 3,
        ..ListSilentUnitsRequest::default()
    };
    let page = client.list_silent_units(request.clone()).await.unwrap().into_inner();
    let seen: Vec<_> = page.units.iter().map(|unit| (unit.station.as_str(), unit.days, unit.no_desk)).collect();
    assert_eq!(
        seen,
        [("stations/ps-118-001", 6, false), ("stations/ps-162-001", 6, true), ("stations/ps-118-002", 2, false)]
    );
    request.page_token = page.next_page_token;
    let last = client.list_silent_units(request.clone()).await.unwrap().into_inner();
    let seen: Vec<_> = last.units.iter().map(|unit| unit.station.as_str()).collect();
    assert_eq!((seen, last.next_page_token.as_str()), (vec!["stations/ps-143-001"], ""));
    request.unit = "units/district-118".into();
    assert_eq!(fields(client.list_silent_units(request.clone()).await), ["page_token"], "of another request");
    request.page_token.clear();
    let agra = client.list_silent_units(request).await.unwrap().into_inner();
    assert_eq!(agra.units.len(), 2);

    let statement = oversight.statement(period(23, 28)).await;
    let read_out: Vec<_> = statement.silent.iter().map(|unit| unit.station.as_str()).collect();
    assert_eq!(read_out, ["stations/ps-118-001", "stations/ps-162-001"], "silent throughout, or without a desk");
    assert!(statement.silent.iter().all(|unit| unit.district_display_name.is_some()));
}

fn complaints(station: &'static str, district: &'static str, category: Category, n: usize) -> Vec<Draft> {
    vec![complaint(station, district, 24, category).registered(); n]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_outside_the_police_sees_no_small_cell_and_nothing_below_the_district() {
    let intake = [
        complaints("ps-118-001", "district-118", Category::DomesticViolence, 30),
        complaints("ps-118-001", "district-118", Category::SexualAssault, 1),
        complaints("ps-143-001", "district-143", Category::DomesticViolence, 20),
        complaints("ps-143-001", "district-143", Category::SexualAssault, 6),
        complaints("ps-162-001", "district-162", Category::DomesticViolence, 40),
        complaints("ps-162-001", "district-162", Category::SexualAssault, 9),
        vec![visit("ps-162-001", october(24), VisitOutcome::LeftUnserved); 3],
    ];
    let (_db, _journals, oversight) = oversight(Vec::new(), intake.into_iter().flatten().collect()).await;
    let mut outside = oversight.client(&["public_reader"], "up");
    let rape = |unit: &UnitFigures| figure(unit, Measure::Complaints, Breakdown::Category, "CATEGORY_SEXUAL_ASSAULT");
    let ask = |level: UnitKind, format: Format| GetStatementRequest {
        format: format.into(),
        language: Language::English.into(),
        // A whole week, Monday to Sunday.
        ..by(level, 19, 25)
    };
    let public = outside.get_statement(ask(UnitKind::District, Format::Csv)).await.unwrap().into_inner();
    assert!(public.public_copy);
    for unit in public.rows.iter().chain(&public.whole) {
        for figure in unit.figures.iter().filter(|figure| (13..=35).contains(&figure.measure)) {
            assert!(figure.suppressed || figure.value == 0 || figure.value >= 5, "{} {figure:?}", unit.unit);
        }
    }
    assert_eq!(rape(row(&public, "district-118")), None);
    assert_eq!(whole(row(&public, "district-118"), Measure::Complaints), Some(31));
    assert_eq!(whole(row(&public, "district-162"), Measure::Visits), None);
    assert_eq!(whole(public.whole.as_ref().unwrap(), Measure::Visits), None, "or the district's would follow from it");
    assert_eq!(whole(row(&public, "district-162"), Measure::DesksExpected), Some(1), "desks are nobody's secret");
    assert!(!public.rendered.lines().any(|line| line.contains("CATEGORY_SEXUAL_ASSAULT,1,")));
    assert!(public.rendered.lines().any(|line| line.starts_with("units/district-118") && line.ends_with(",*,0")));

    // The range above hides what its districts hide: otherwise the one would be the other's difference.
    let ranges = outside.get_statement(ask(UnitKind::Range, Format::Unspecified)).await.unwrap().into_inner();
    let districts = [rape(row(&public, "district-118")), rape(row(&public, "district-143"))];
    if rape(row(&ranges, "range-agra")).is_some() {
        assert_eq!(districts, [None, None]);
    }
    for level in [UnitKind::Circle, UnitKind::Station] {
        assert_eq!(fields(outside.get_statement(ask(level, Format::Text)).await), ["level"]);
    }
    let mut request = period(19, 25);
    request.unit = "units/circle-118-01".into();
    assert_eq!(fields(outside.get_statement(request).await), ["unit"]);
    // Periods that overlap would tell by their difference what each hides.
    for (from, to) in [(17, 28), (20, 26), (19, 24), (12, 25), (24, 24)] {
        assert_eq!(fields(outside.get_statement(period(from, to)).await), ["from"], "{from} {to}");
    }

    // Police who ask for such a copy get the same; police who do not, every figure.
    let request = GetStatementRequest { public_copy: true, ..ask(UnitKind::District, Format::Csv) };
    let copy = oversight.statement(request).await;
    assert_eq!((copy.rows, copy.whole, copy.rendered), (public.rows, public.whole, public.rendered));
    let full = oversight.statement(ask(UnitKind::District, Format::Unspecified)).await;
    assert_eq!(rape(row(&full, "district-118")), Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_is_written_out_in_both_languages_and_says_that_it_is_simulated() {
    let registry = vec![desk("ps-118-001", october(23))];
    let (_db, _journals, oversight) =
        oversight(registry, complaints("ps-118-001", "district-118", Category::Dowry, 2)).await;
    let ask = |language: Language| GetStatementRequest {
        format: Format::Text.into(),
        language: language.into(),
        ..by(UnitKind::District, 17, 28)
    };
    let english = oversight.statement(ask(Language::English)).await.rendered;
    for line in ["*** SIMULATED", "Desks open: 1 = 25 %", "by category: Dowry harassment: 2"] {
        assert!(english.contains(line), "{line} in\n{english}");
    }
    assert!(!english.contains("complaint-intake"), "freshness stands apart");
    let fresh = oversight.statement(ask(Language::English)).await.rendered_freshness;
    assert!(fresh.contains("complaint-intake: everything it told is counted"), "{fresh}");
    let hindi = oversight.statement(ask(Language::Unspecified)).await.rendered;
    for line in ["*** अनुकरण", "अपेक्षित डेस्क: 4", "दहेज उत्पीड़न: 2"]
    {
        assert!(hindi.contains(line), "{line} in\n{hindi}");
    }
    assert_eq!(oversight.statement(ask(Language::Hindi)).await.rendered, hindi, "asked again, it says the same");
}
