//! Who may ask: a permission for each method, and nobody's neighbour.

use mahila_proto::oversight::v1::{GetStatementRequest, ListSilentUnitsRequest};
use platform::fields::date;

use crate::harness::{oversight, period, reason};
use crate::tell::october;

fn silent(unit: &str) -> ListSilentUnitsRequest {
    ListSilentUnitsRequest {
        from: Some(date(october(23))),
        to: Some(date(october(28))),
        unit: unit.to_owned(),
        ..ListSilentUnitsRequest::default()
    }
}

fn of(unit: &str) -> GetStatementRequest {
    GetStatementRequest { unit: unit.to_owned(), ..period(17, 28) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_method_asks_for_its_permission() {
    let (_db, _journals, oversight) = oversight(Vec::new(), Vec::new()).await;
    for role in ["desk_officer", "control_room", "complainant", "registrar", "follower"] {
        let mut client = oversight.client(&[role], "up");
        assert_eq!(reason(client.get_statement(of("")).await), "PERMISSION_MISSING", "{role}");
        assert_eq!(reason(client.list_silent_units(silent("")).await), "PERMISSION_MISSING", "{role}");
    }
    for role in ["station_house_officer", "public_reader"] {
        let mut client = oversight.client(&[role], "up");
        assert!(client.get_statement(of("")).await.is_ok(), "{role}");
        assert_eq!(reason(client.list_silent_units(silent("")).await), "PERMISSION_MISSING", "{role}");
    }
    for role in ["circle_officer", "district_head", "range_head", "headquarters", "auditor"] {
        let mut client = oversight.client(&[role], "up");
        assert!(client.get_statement(of("")).await.is_ok(), "{role}");
        assert!(client.list_silent_units(silent("")).await.is_ok(), "{role}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_lies_outside_the_scope_is_refused_whether_or_not_it_is_there() {
    let (_db, _journals, oversight) = oversight(Vec::new(), Vec::new()).await;
    let mut agra = oversight.client(&["district_head"], "district-118");
    for foreign in ["units/up", "units/district-143", "units/ps-143-001", "units/district-999"] {
        assert_eq!(reason(agra.get_statement(of(foreign)).await), "OUT_OF_SCOPE", "{foreign}");
        assert_eq!(reason(agra.list_silent_units(silent(foreign)).await), "OUT_OF_SCOPE", "{foreign}");
    }
    for own in ["", "units/district-118", "units/circle-118-01", "units/ps-118-001"] {
        assert!(agra.get_statement(of(own)).await.is_ok(), "{own}");
        let listed = agra.list_silent_units(silent(own)).await.unwrap().into_inner();
        assert!(listed.units.iter().all(|unit| unit.station.starts_with("stations/ps-118")), "{own}");
    }
    let mut station = oversight.client(&["station_house_officer"], "ps-118-001");
    assert_eq!(reason(station.get_statement(of("units/ps-118-002")).await), "OUT_OF_SCOPE");
    assert_eq!(
        reason(oversight.client(&["auditor"], "").get_statement(of("")).await),
        "OUT_OF_SCOPE",
        "a token without units"
    );
    let mut all = oversight.headquarters();
    assert_eq!(reason(all.get_statement(of("units/district-999")).await), "NOT_FOUND");
    // A public copy is made from the whole state's figures; it still shows no more than the scope.
    let mut outside = oversight.client(&["public_reader"], "district-118");
    assert!(outside.get_statement(of("")).await.is_ok());
    assert_eq!(reason(outside.get_statement(of("units/district-143")).await), "OUT_OF_SCOPE");
}
