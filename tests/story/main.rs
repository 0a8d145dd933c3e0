//! The first week through real sockets and PostgreSQL, services as separate processes of the built binary: 17 to 31 October
//! 2020 replayed by `mahila demo`'s own library, then
//!
//! - every figure of the statement recounted from what the client was answered, for the whole and by every kind of unit;
//! - fifteen cases a station to the digit, the known few that differ, and a sample of dockets selected again without the service;
//! - the copy for readers outside the police, the text in Hindi and English, and the CSV held against the same figures;
//! - a search for every planted name, phone number and narrative outside the vault.
//!
//! One test, because the replay takes its time.

mod disturbances;
mod gone_up;
mod leaks;
mod planned;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use chrono::NaiveDate;
use mahila::demo::plan::Plan;
use mahila::demo::plan::people::{MARK_EN, MARK_HI};
use mahila::demo::{Options, Tally};
use mahila_proto::intake::v1::{CallOutcome, Category};
use mahila_proto::oversight::v1::{Breakdown, Format, Language, Measure};
use mahila_proto::registry::v1::UnitKind;

use mahila_tests::house::{House, SERVICES};
use mahila_tests::story::reader::Reader;
use mahila_tests::story::recount::Recount;
use mahila_tests::story::roll::Roll;
use mahila_tests::story::statements;
use mahila_tests::story::week::Found;

const LEVELS: [(UnitKind, &str); 6] = [
    (UnitKind::Zone, "ZONE"),
    (UnitKind::Range, "RANGE"),
    (UnitKind::Commissionerate, "COMMISSIONERATE"),
    (UnitKind::District, "DISTRICT"),
    (UnitKind::Circle, "CIRCLE"),
    (UnitKind::Station, "STATION"),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_statement_of_the_first_week_is_what_the_client_was_answered() {
    let mut house = House::build().await;
    let mut options = Options::at(house.addresses(), house.issuer_key());
    options.book = Some(house.book());
    let roll = Roll::read(&options.units_csv, &options.stations_csv);

    let begun = Instant::now();
    let report = disturbances::replay(options.clone(), &mut house).await;
    println!("{report}\nthe first week took {:.1} s", begun.elapsed().as_secs_f64());
    for service in SERVICES {
        println!("{service}: {} KiB resident", house.resident(service));
    }

    replayed_once(options, &report.statement_hindi).await;
    planted(&report.tally);

    let last = NaiveDate::from_ymd_opt(2020, 10, 31).expect("a day");
    let reader = Reader::new(&house);
    let found = Found::ask(&reader, &report.tally).await;
    let recount = Recount::new(&report.tally, &found, &roll, last);
    figures_on_record(&recount);
    calls_as_sent(&report.tally);
    let plan = plan();
    planned::reviews(&plan, &report.tally, &recount, &roll);
    planned::events(&plan, &report.tally, &recount);
    planned::selections(&reader, &report.tally).await;

    for (level, kind) in LEVELS {
        let statement = reader.statement(level, Format::Unspecified, Language::Unspecified, false).await;
        assert!(statement.simulated, "a replay says so");
        statements::hold(&statement, &recount, &roll, kind);
    }
    // The six days of the desks' beginning, 23 to 28 October: two women in two shifts at each of 1,535 desks.
    assert_eq!(reader.figure(Measure::CheckInsExpected, 28).await, 36_840);
    assert_eq!(reader.figure(Measure::DeskDaysExpected, 28).await, 6 * 1_535);
    assert_eq!(reader.figure(Measure::Calls, 28).await, 4_679);
    silence(&reader, &recount).await;
    desk_days(&reader, &recount).await;

    let full = reader.statement(UnitKind::District, Format::Csv, Language::English, false).await;
    written::csv_holds(&full);
    for (level, _) in &LEVELS[..4] {
        let full = reader.statement(*level, Format::Unspecified, Language::Unspecified, false).await;
        let public = reader.statement(*level, Format::Unspecified, Language::Unspecified, true).await;
        statements::hold_public(&public, &full);
    }
    let hindi = reader.statement(UnitKind::District, Format::Text, Language::Hindi, false).await;
    written::text_holds(&hindi, Language::Hindi);
    assert_eq!(hindi.rendered, report.statement_hindi);
    let english = reader.statement(UnitKind::District, Format::Text, Language::English, false).await;
    written::text_holds(&english, Language::English);

    let revealed = reader.revealed(&report.tally).await;
    assert!(revealed.contains(MARK_EN) && revealed.contains(MARK_HI), "the vault has what was told");
    let mut search = leaks::Search::default();
    for (what, status) in reader.refused_with_identity().await {
        search.through(&what, &status);
    }
    search.through("the report of the replay", report.to_string().as_bytes());
    house.stop_services();
    search.through("traces and metrics", &house.telemetry());
    for (what, said) in house.said() {
        search.through(&what, &said);
    }
    for (table, content) in house.dump().await {
        search.through(&table, &content);
    }
    search.assert_nothing();
    println!("{} bytes outside the vault name nobody", search.bytes);
}

/// With its book it knows that all is done and tells the same again; without it refuses to mix with what is there.
async fn replayed_once(options: Options, statement: &str) {
    let again = mahila::demo::run(options.clone()).await.unwrap_or_else(|error| panic!("{error}"));
    assert!(again.resumed);
    assert_eq!(again.statement_hindi, statement);
    let error = mahila::demo::run(Options { book: None, ..options }).await.expect_err("the clock stands later");
    assert!(error.to_string().contains("empty databases"), "{error}");
}

/// What is replayed.
fn plan() -> Plan {
    let options = Options::all_at("", "".into());
    Plan::new(&options.units_csv, &options.stations_csv).expect("the roll")
}

/// More than a thousand names and phone numbers were told.
fn planted(tally: &Tally) {
    let women: Vec<_> = plan().cases.iter().filter_map(|case| case.told?.woman).collect();
    let names: BTreeSet<String> = women.iter().map(|woman| woman.name()).collect();
    let phones: BTreeSet<&String> = tally.calls.iter().filter_map(|call| call.phone.as_ref()).collect();
    assert!(names.len() > 1_000 && phones.len() > 1_000, "{} names, {} phones", names.len(), phones.len());
}

/// What is on record, and what the replay promises.
fn figures_on_record(recount: &Recount) {
    let whole = recount.whole();
    let figure = |measure, breakdown, key: &str| whole.get(&(measure, breakdown, key.to_owned())).copied().unwrap_or(0);
    let of = |measure| figure(measure, Breakdown::Unspecified, "");
    let category = |category: Category| figure(Measure::Calls, Breakdown::Category, category.as_str_name());
    assert_eq!(of(Measure::DesksExpected), 1_535);
    assert_eq!(of(Measure::DesksOpen), 1_535);
    assert_eq!(of(Measure::DeskDaysExpected), 13_815);
    assert_eq!(of(Measure::CheckInsExpected), 55_260);
    assert_eq!(of(Measure::CheckIns), 54_944);
    assert_eq!(of(Measure::ComplaintsImported), 36_609);
    assert_eq!(of(Measure::Calls), 4_679);
    assert_eq!(category(Category::DomesticViolence), 3_394 + 640);
    assert_eq!(category(Category::EveTeasing), 521 + 100);
    assert_eq!(of(Measure::Visits), 13_500);
    assert_eq!(of(Measure::VisitsLeftUnserved), 270);
    assert!(of(Measure::Complaints) > 8_250, "8,250 of the desks and some of calls: {}", of(Measure::Complaints));
    assert_eq!(of(Measure::DeskDaysSilent), 48);
    assert_eq!(of(Measure::DeskDaysUnrostered), 16);
    assert_eq!(of(Measure::DeskDaysAbsent), 7);
    assert_eq!(of(Measure::DeskDaysUnderstaffed), 40);
    for measure in [Measure::ClocksBreached, Measure::CallsUnplaced, Measure::Disposed, Measure::LegalActions] {
        assert!(of(measure) > 0, "{measure:?} is there to be counted");
    }
    assert!(of(Measure::Callers) < of(Measure::Calls) && of(Measure::Incidents) < of(Measure::Calls));
}

/// 4,679 calls, an answer for each report, and each kind of answer among them.
fn calls_as_sent(tally: &Tally) {
    let mut outcomes: BTreeMap<CallOutcome, usize> = BTreeMap::new();
    for call in &tally.calls {
        *outcomes.entry(call.outcome).or_default() += 1;
    }
    println!("reports of calls: {outcomes:?}");
    assert_eq!(outcomes[&CallOutcome::New], 4_679);
    for outcome in [CallOutcome::Revised, CallOutcome::Repeated, CallOutcome::OutOfDate] {
        assert!(outcomes.get(&outcome).is_some_and(|count| *count > 0), "{outcome:?}");
    }
}

/// Who is silent is read out first, and listed.
async fn silence(reader: &Reader, recount: &Recount) {
    let statement = reader.statement(UnitKind::Unspecified, Format::Unspecified, Language::Unspecified, false).await;
    let read_out: Vec<&str> =
        statement.silent.iter().map(|unit| unit.station.trim_start_matches("stations/")).collect();
    let mut throughout: Vec<String> = recount.silent_throughout().into_iter().collect();
    throughout.sort();
    assert_eq!(read_out, throughout);
    assert_eq!(read_out.len(), 4);
    let listed: BTreeMap<String, i32> = reader
        .silent_units()
        .await
        .into_iter()
        .map(|unit| (unit.station.trim_start_matches("stations/").to_owned(), unit.days))
        .collect();
    assert_eq!(listed, recount.silent());
}

/// The registry's account of every desk-day is what check-ins, rosters and heartbeats were answered with.
async fn desk_days(reader: &Reader, recount: &Recount) {
    let listed = reader.desk_days().await;
    assert_eq!(listed.len(), recount.desk_days.len());
    for (key, told) in &listed {
        assert_eq!(Some(told), recount.desk_days.get(key), "{key:?}");
    }
}
