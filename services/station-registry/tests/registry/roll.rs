//! The roll: imported all or nothing, read by date and by name.

use mahila_proto::registry::v1::{self as wire, StationType, UnitKind};
use platform::fields::date;

use crate::harness::{OPENING, Registry, STATIONS, UNITS, day, fields, reason, request_id};

const ROLL_UNITS: &str = include_str!("../../data/units.csv");
const ROLL_STATIONS: &str = include_str!("../../data/stations.csv");

async fn search(registry: &Registry, unit: &str, query: &str) -> Vec<String> {
    let request = wire::SearchStationsRequest { query: query.into(), page_size: 0 };
    let found = registry.client(&["auditor"], unit).search_stations(request).await.unwrap().into_inner();
    found.stations.into_iter().map(|station| station.name).collect()
}

#[tokio::test]
async fn the_roll_of_the_state_is_taken_once_and_then_held() {
    let registry = Registry::start().await;
    let units = ROLL_UNITS.lines().count() - 1;
    let written = registry.import(ROLL_UNITS, ROLL_STATIONS).await.unwrap();
    assert_eq!(
        (usize::try_from(written.units_written).unwrap(), written.stations_written, written.unchanged),
        (units, 1584, 0)
    );
    let changed = registry.journal("registry.station.changed").await;
    assert_eq!((changed.len(), changed[0].actor.as_str()), (1584, "posts/up-registrar"));
    assert_eq!(registry.journal("registry.unit.changed").await.len(), 405);

    let again = registry.import(ROLL_UNITS, ROLL_STATIONS).await.unwrap();
    let rows = i32::try_from(units).unwrap() + 1584;
    assert_eq!((again.units_written, again.stations_written, again.unchanged), (0, 0, rows));
    assert_eq!(registry.journal("registry.station.changed").await.len(), 1584, "what did not change is not told");

    for spelling in ["बदायूँ", "बदायूं", "badāun", "Budaun"] {
        let found = search(&registry, "up", spelling).await;
        assert_eq!(
            found.first().map(String::as_str),
            (spelling != "badāun").then_some("stations/ps-133-002"),
            "{spelling}"
        );
    }
    assert_eq!(search(&registry, "up", "महिला थाना बदायूँ").await, ["stations/ps-133-007"]);
}

#[tokio::test]
async fn an_import_with_one_bad_row_changes_nothing() {
    let registry = Registry::with_roll().await;
    let bad = format!(
        "{}ps-118-002,2,REGULAR,Tajganj,ताजगंज,district-118,district-118,28200,27.1,78.0,2000-01-01,,yes,test\n",
        STATIONS.replace("Hazratganj,", "Hazrat Ganj,")
    );
    let refused = registry.import(UNITS, &bad).await;
    assert_eq!(reason(refused.clone()), "IMPORT_REFUSED");
    assert_eq!(fields(refused), ["stations_csv[6].pincode"]);
    assert_eq!(
        search(&registry, "up", "hazratganj").await,
        ["stations/ps-162-001"],
        "the good rows are not taken either"
    );
    assert_eq!(registry.journal("registry.station.changed").await.len(), 4);

    let dry = wire::ImportStationsRequest {
        request_id: request_id(),
        units_csv: UNITS.into(),
        stations_csv: bad.into(),
        validate_only: true,
    };
    let dry = registry.client(&["registrar"], "up").import_stations(dry).await.unwrap().into_inner();
    let problem = &dry.problems[0];
    assert_eq!(
        (dry.problems.len(), problem.file.as_str(), problem.line, problem.column.as_str()),
        (1, "stations_csv", 6, "pincode")
    );
    assert!(problem.reason.as_ref().unwrap().hi.contains("छह अंक"));
}

#[tokio::test]
async fn a_dry_run_writes_nothing_and_a_repeat_gives_the_same_answer() {
    let registry = Registry::start().await;
    let mut registrar = registry.client(&["registrar"], "up");
    let mut request = wire::ImportStationsRequest {
        request_id: request_id(),
        units_csv: UNITS.into(),
        stations_csv: STATIONS.into(),
        validate_only: true,
    };
    let dry = registrar.import_stations(request.clone()).await.unwrap().into_inner();
    assert_eq!((dry.units_written, dry.stations_written, dry.problems.len()), (8, 4, 0));
    assert!(search(&registry, "up", "mahila").await.is_empty());
    request.validate_only = false;
    let first = registrar.import_stations(request.clone()).await.unwrap().into_inner();
    let second = registrar.import_stations(request.clone()).await.unwrap().into_inner();
    assert_eq!((first.stations_written, first), (4, second));
    request.units_csv.clear();
    assert_eq!(reason(registrar.import_stations(request).await), "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn another_replicas_import_is_noticed() {
    let registry = Registry::start().await;
    let other = registry.replica().await;
    registry.import(UNITS, STATIONS).await.unwrap();
    assert_eq!(search(&registry, "up", "mahila").await, ["stations/ps-162-002"]);
    assert!(search(&other, "up", "mahila").await.is_empty(), "it has not looked yet");
    other.do_due().await;
    assert_eq!(search(&other, "up", "mahila").await, ["stations/ps-162-002"]);
    // And whoever starts later reads what is there.
    assert_eq!(search(&registry.replica().await, "up", "mahila").await, ["stations/ps-162-002"]);
}

#[tokio::test]
async fn the_tree_is_that_of_the_day_asked_for() {
    let registry = Registry::with_roll().await;
    let mut client = registry.headquarters();
    let mut parent = async |as_of: &str| {
        let request = wire::GetUnitRequest { name: "units/district-162".into(), as_of: Some(date(day(as_of))) };
        client.get_unit(request).await.unwrap().into_inner().parent
    };
    assert_eq!(parent("2020-01-12").await, "units/range-lucknow");
    assert_eq!(parent(OPENING).await, "units/commissionerate-lucknow");

    let request = wire::GetTreeRequest { stations: true, ..wire::GetTreeRequest::default() };
    let tree = registry.headquarters().get_tree(request).await.unwrap().into_inner();
    let names = |tree: &wire::UnitTree| -> Vec<String> {
        tree.children.iter().map(|child| child.unit.as_ref().unwrap().name.clone()).collect()
    };
    assert_eq!(tree.unit.as_ref().unwrap().name, "units/up");
    assert_eq!(names(&tree), ["units/commissionerate-lucknow", "units/range-agra", "units/range-lucknow"]);
    let lucknow = &tree.children[0].children[0];
    assert_eq!(names(lucknow), ["units/circle-162-01", "units/ps-162-002", "units/ps-162-003"]);
    assert_eq!(lucknow.children[1].unit.as_ref().unwrap().kind(), UnitKind::Station);

    let gone =
        wire::GetUnitRequest { name: "units/commissionerate-lucknow".into(), as_of: Some(date(day("2019-12-31"))) };
    assert_eq!(reason(registry.headquarters().get_unit(gone).await), "NOT_FOUND");
}

#[tokio::test]
async fn lists_come_in_pages_of_the_callers_scope() {
    let registry = Registry::with_roll().await;
    let mut officer = registry.client(&["district_head"], "district-162");
    let mut request = wire::ListStationsRequest { page_size: 2, ..wire::ListStationsRequest::default() };
    let mut names = Vec::new();
    loop {
        let page = officer.list_stations(request.clone()).await.unwrap().into_inner();
        names.push(page.stations.into_iter().map(|station| station.name).collect::<Vec<_>>());
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(names, [vec!["stations/ps-162-001", "stations/ps-162-002"], vec!["stations/ps-162-003"]]);

    let women =
        wire::ListStationsRequest { r#type: StationType::Mahila.into(), ..wire::ListStationsRequest::default() };
    assert_eq!(officer.list_stations(women).await.unwrap().into_inner().stations.len(), 1);
    let units = officer.list_units(wire::ListUnitsRequest::default()).await.unwrap().into_inner().units;
    let units: Vec<&str> = units.iter().map(|unit| unit.name.as_str()).collect();
    assert_eq!(units, ["units/circle-162-01", "units/district-162"]);
    let stations = wire::ListUnitsRequest { kind: UnitKind::Station.into(), ..wire::ListUnitsRequest::default() };
    assert_eq!(officer.list_units(stations).await.unwrap().into_inner().units.len(), 3);
}

#[tokio::test]
async fn a_place_is_resolved_past_the_callers_scope() {
    let registry = Registry::with_roll().await;
    let mut desk = registry.desk("ps-118-001");
    let near = wire::ResolveStationRequest { pincode: String::new(), latitude: Some(26.85), longitude: Some(80.95) };
    let found = desk.resolve_station(near).await.unwrap().into_inner().candidates;
    let names: Vec<&str> = found.iter().map(|candidate| candidate.station.as_ref().unwrap().name.as_str()).collect();
    assert_eq!(names, ["stations/ps-162-001", "stations/ps-162-002", "stations/ps-118-001"]);
    assert_eq!((found[0].distance_km, found[0].why.as_str()), (Some(0.0), "nearest"));
    let half = wire::ResolveStationRequest { pincode: "12".into(), latitude: Some(26.85), longitude: None };
    assert_eq!(fields(desk.resolve_station(half).await), ["pincode", "longitude"]);
    assert_eq!(fields(desk.resolve_station(wire::ResolveStationRequest::default()).await), ["pincode"]);
}
