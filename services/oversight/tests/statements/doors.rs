//! Who may ask: a permission for each method, nobody's neighbour, and everything that is wrong at once.

use mahila_proto::oversight::v1::{
    GetIndexRequest, GetSignedStatementRequest, GetStatementRequest, ListSignedStatementsRequest,
    ListSilentUnitsRequest, RankMetric, RankUnitsRequest, SignStatementRequest, WatchBoardRequest,
};
use mahila_proto::registry::v1::UnitKind;
use platform::fields::date;
use tonic::Status;
use uuid::Uuid;

use crate::harness::{Client, fields, oversight, period, reason};
use crate::tell::october;

/// Every method of oversight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    GetStatement,
    ListSilentUnits,
    SignStatement,
    GetSignedStatement,
    ListSignedStatements,
    GetIndex,
    RankUnits,
    WatchBoard,
}

const ALL: [Method; 8] = [
    Method::GetStatement,
    Method::ListSilentUnits,
    Method::SignStatement,
    Method::GetSignedStatement,
    Method::ListSignedStatements,
    Method::GetIndex,
    Method::RankUnits,
    Method::WatchBoard,
];

impl Method {
    /// Who may call it.
    fn roles(self) -> &'static [&'static str] {
        match self {
            Self::GetStatement | Self::GetIndex | Self::RankUnits | Self::WatchBoard => &[
                "station_house_officer",
                "circle_officer",
                "district_head",
                "range_head",
                "headquarters",
                "auditor",
                "public_reader",
            ],
            Self::ListSilentUnits => &["circle_officer", "district_head", "range_head", "headquarters", "auditor"],
            Self::SignStatement => &["district_head", "range_head", "headquarters"],
            Self::GetSignedStatement | Self::ListSignedStatements => {
                &["station_house_officer", "circle_officer", "district_head", "range_head", "headquarters", "auditor"]
            }
        }
    }

    /// Asks about a unit in the whole week of 19 October.
    async fn ask(self, client: &mut Client, unit: &str) -> Result<(), Status> {
        let (from, to, unit) = (Some(date(october(19))), Some(date(october(25))), unit.to_owned());
        match self {
            Self::GetStatement => {
                client.get_statement(GetStatementRequest { unit, ..period(19, 25) }).await.map(|_| ())
            }
            Self::ListSilentUnits => {
                let request = ListSilentUnitsRequest { from, to, unit, ..ListSilentUnitsRequest::default() };
                client.list_silent_units(request).await.map(|_| ())
            }
            Self::SignStatement => {
                let request_id = Uuid::new_v4().to_string();
                let request = SignStatementRequest { request_id, from, to, unit, ..SignStatementRequest::default() };
                client.sign_statement(request).await.map(|_| ())
            }
            Self::GetSignedStatement => {
                let unit = if unit.is_empty() { "units/up".to_owned() } else { unit };
                let name = format!("{unit}/statements/2020-10-19.2020-10-25.alone");
                client.get_signed_statement(GetSignedStatementRequest { name }).await.map(|_| ())
            }
            Self::ListSignedStatements => {
                let request = ListSignedStatementsRequest { unit, ..ListSignedStatementsRequest::default() };
                client.list_signed_statements(request).await.map(|_| ())
            }
            Self::GetIndex => {
                client.get_index(GetIndexRequest { from, to, unit, ..GetIndexRequest::default() }).await.map(|_| ())
            }
            Self::RankUnits => {
                let metric = RankMetric::TwoWomen.into();
                // Whatever the unit is, there is a level below it.
                let level = if unit.contains("district") || unit.contains("circle") || unit.contains("ps-") {
                    UnitKind::Station
                } else {
                    UnitKind::District
                };
                let request =
                    RankUnitsRequest { metric, from, to, unit, level: level.into(), ..RankUnitsRequest::default() };
                client.rank_units(request).await.map(|_| ())
            }
            Self::WatchBoard => {
                let request = WatchBoardRequest { unit, ..WatchBoardRequest::default() };
                client.watch_board(request).await.map(|_| ())
            }
        }
    }
}

const ROLES: [&str; 14] = [
    "desk_officer",
    "station_house_officer",
    "circle_officer",
    "district_head",
    "range_head",
    "headquarters",
    "auditor",
    "feedback_caller",
    "control_room",
    "registrar",
    "public_reader",
    "complainant",
    "follower",
    "partner",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_method_asks_for_its_permission() {
    let (_db, _journals, oversight) = oversight(Vec::new(), Vec::new()).await;
    let served = mahila_proto::METHODS.iter().filter(|method| method.service == "mahila.oversight.v1.OversightService");
    assert_eq!(served.count(), ALL.len(), "every method is asked here");
    // Something to read for those who may.
    Method::SignStatement.ask(&mut oversight.headquarters(), "").await.unwrap();
    for method in ALL {
        for role in ROLES {
            let mut client = oversight.client(&[role], "up");
            let answer = method.ask(&mut client, "").await;
            if method.roles().contains(&role) {
                let signed = method == Method::SignStatement;
                let answer = answer.map_err(|status| platform::status::reason_of(&status).unwrap());
                let same = signed && answer == Err("ALREADY_EXISTS".to_owned());
                assert!(answer.is_ok() || same, "{method:?} {role}: {answer:?}");
            } else {
                assert_eq!(reason(answer), "PERMISSION_MISSING", "{method:?} {role}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_lies_outside_the_scope_is_refused_whether_or_not_it_is_there() {
    let (_db, _journals, oversight) = oversight(Vec::new(), Vec::new()).await;
    for unit in ["", "units/district-143"] {
        Method::SignStatement.ask(&mut oversight.headquarters(), unit).await.unwrap();
    }
    let mut agra = oversight.client(&["district_head"], "district-118");
    for method in ALL {
        for foreign in ["units/up", "units/district-143", "units/ps-143-001", "units/district-999"] {
            assert_eq!(reason(method.ask(&mut agra, foreign).await), "OUT_OF_SCOPE", "{method:?} {foreign}");
        }
        let mut nowhere = oversight.client(&["headquarters"], "");
        assert_eq!(reason(method.ask(&mut nowhere, "").await), "OUT_OF_SCOPE", "{method:?}: a token without units");
    }
    for own in ["", "units/district-118", "units/circle-118-01", "units/ps-118-001"] {
        for method in ALL {
            let below = method == Method::RankUnits && (own.is_empty() || own.contains("ps-"));
            if method != Method::GetSignedStatement && !below {
                let answer = method.ask(&mut agra, own).await;
                let answer = answer.map_err(|status| platform::status::reason_of(&status).unwrap());
                let signed = method == Method::SignStatement && answer == Err("ALREADY_EXISTS".to_owned());
                assert!(answer.is_ok() || signed, "{method:?} {own:?}: {answer:?}");
            }
        }
        Method::GetSignedStatement.ask(&mut agra, "units/district-118").await.unwrap();
        let request = ListSilentUnitsRequest {
            from: Some(date(october(23))),
            to: Some(date(october(28))),
            unit: own.to_owned(),
            ..ListSilentUnitsRequest::default()
        };
        let listed = agra.list_silent_units(request).await.unwrap().into_inner();
        assert!(listed.units.iter().all(|unit| unit.station.starts_with("stations/ps-118")), "{own}");
    }
    let mut station = oversight.client(&["station_house_officer"], "ps-118-001");
    for method in ALL.into_iter().filter(|method| method.roles().contains(&"station_house_officer")) {
        assert_eq!(reason(method.ask(&mut station, "units/ps-118-002").await), "OUT_OF_SCOPE", "{method:?}");
    }
    let mut all = oversight.headquarters();
    for method in ALL {
        assert_eq!(reason(method.ask(&mut all, "units/district-999").await), "NOT_FOUND", "{method:?}");
    }
    // A public copy is made from the whole state's figures; it still shows no more than the scope.
    let mut outside = oversight.client(&["public_reader"], "district-118");
    for method in [Method::GetStatement, Method::GetIndex, Method::WatchBoard] {
        assert!(method.ask(&mut outside, "").await.is_ok(), "{method:?}");
        assert_eq!(reason(method.ask(&mut outside, "units/district-143").await), "OUT_OF_SCOPE", "{method:?}");
        assert_eq!(fields(method.ask(&mut outside, "units/ps-118-001").await), ["unit"], "{method:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_wrong_with_a_request_is_said_at_once() {
    let (_db, _journals, oversight) = oversight(Vec::new(), Vec::new()).await;
    let mut client = oversight.headquarters();
    let sign = SignStatementRequest {
        request_id: "one".into(),
        unit: "up".into(),
        level: 99,
        content_sha256: vec![0; 31],
        ..SignStatementRequest::default()
    };
    assert_eq!(
        fields(client.sign_statement(sign).await),
        ["request_id", "level", "from", "to", "unit", "content_sha256"]
    );
    let running = SignStatementRequest {
        request_id: Uuid::new_v4().to_string(),
        from: Some(date(october(26))),
        to: Some(date(october(29))),
        ..SignStatementRequest::default()
    };
    assert_eq!(fields(client.sign_statement(running).await), ["to"], "a day that runs is not signed");
    for name in ["", "units/up", "units/up/statements/2020-10-19.2020-10-25.alone/versions/0"] {
        let request = GetSignedStatementRequest { name: name.to_owned() };
        assert_eq!(fields(client.get_signed_statement(request).await), ["name"], "{name:?}");
    }
    let list = ListSignedStatementsRequest { unit: "up".into(), page_size: -1, page_token: "?".into() };
    assert_eq!(fields(client.list_signed_statements(list).await), ["unit", "page_size", "page_token"]);
    let index =
        GetIndexRequest { to: Some(date(october(29))), unit: "up".into(), level: 99, ..GetIndexRequest::default() };
    assert_eq!(fields(client.get_index(index).await), ["level", "from", "unit"]);
    let rank = RankUnitsRequest {
        from: Some(date(october(20))),
        to: Some(date(october(19))),
        unit: "up".into(),
        end: 9,
        limit: 2001,
        floor: -1,
        ..RankUnitsRequest::default()
    };
    assert_eq!(fields(client.rank_units(rank).await), ["metric", "level", "end", "limit", "floor", "to", "unit"]);
    let board = WatchBoardRequest { unit: "up".into(), level: 99, resume_token: "?".into() };
    assert_eq!(fields(client.watch_board(board).await), ["page_token", "level", "unit"]);
    let below = WatchBoardRequest {
        unit: "units/district-118".into(),
        level: UnitKind::District.into(),
        ..WatchBoardRequest::default()
    };
    assert_eq!(fields(client.watch_board(below).await), ["level"]);
    let mut two = oversight.client(&["district_head"], "district-118 district-143");
    for method in [Method::GetIndex, Method::WatchBoard, Method::ListSignedStatements, Method::SignStatement] {
        assert_eq!(fields(method.ask(&mut two, "").await), ["unit"], "{method:?}: which of the two");
    }
    // Readers outside the police: no day, no overlapping weeks, nothing below the district.
    let mut outside = oversight.client(&["public_reader"], "up");
    let index = |from, to, level: UnitKind| GetIndexRequest {
        from: Some(date(october(from))),
        to: Some(date(october(to))),
        level: level.into(),
        ..GetIndexRequest::default()
    };
    assert_eq!(fields(outside.get_index(index(20, 26, UnitKind::Station)).await), ["level", "from"]);
    assert!(outside.get_index(index(19, 25, UnitKind::District)).await.is_ok());
    assert!(outside.get_index(GetIndexRequest::default()).await.is_ok(), "the last whole week");
}
