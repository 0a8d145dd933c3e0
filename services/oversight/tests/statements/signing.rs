//! Signing: what is signed stays, a revision is another version, and a changed bit is found.

use mahila_proto::auth::v1::Role;
use mahila_proto::intake::v1::VisitOutcome;
use mahila_proto::oversight::v1::{
    Breakdown, GetSignedStatementRequest, ListSignedStatementsRequest, Measure, SignStatementRequest, SignedStatement,
    StatementSigned,
};
use mahila_proto::registry::v1::UnitKind;
use platform::fields::date;
use prost::Message as _;
use sqlx::Connection as _;
use uuid::Uuid;

use crate::harness::{oversight, period, reason, whole};
use crate::tell::{october, visit};

fn sign(request_id: Uuid) -> SignStatementRequest {
    SignStatementRequest {
        request_id: request_id.to_string(),
        from: Some(date(october(19))),
        to: Some(date(october(25))),
        level: UnitKind::District.into(),
        ..SignStatementRequest::default()
    }
}

fn named(name: &str) -> GetSignedStatementRequest {
    GetSignedStatementRequest { name: name.to_owned() }
}

const NAME: &str = "units/up/statements/2020-10-19.2020-10-25.district";

fn versions(list: &[SignedStatement]) -> Vec<(&str, bool)> {
    list.iter().map(|signed| (signed.name.as_str(), signed.damaged)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_signed_stays_and_a_revision_says_what_differs() {
    let intake = vec![visit("ps-118-001", october(20), VisitOutcome::Complaint)];
    let (db, journals, oversight) = oversight(Vec::new(), intake).await;
    let mut client = oversight.client(&["district_head", "headquarters"], "up");
    let (first, again) = (Uuid::new_v4(), Uuid::new_v4());
    let signed = client.sign_statement(sign(first)).await.unwrap().into_inner();
    assert_eq!((signed.name.as_str(), signed.version), (&*format!("{NAME}/versions/1"), 1));
    assert_eq!((signed.role(), signed.signed_by.starts_with("posts/up-")), (Role::Headquarters, true));
    assert_eq!((signed.sha256.len(), signed.changes.len(), signed.signed_at.is_some()), (32, 0, true));
    let current = oversight.statement(mahila_proto::oversight::v1::GetStatementRequest {
        level: UnitKind::District.into(),
        ..period(19, 25)
    });
    let current = current.await;
    let content = signed.statement.clone().unwrap();
    assert_eq!((&content.whole, &content.rows), (&current.whole, &current.rows));
    assert_eq!((&signed.content_sha256, content.freshness.len()), (&current.content_sha256, 0));

    // The same again is answered the same; another signature under the same is none.
    assert_eq!(client.sign_statement(sign(first)).await.unwrap().into_inner(), signed);
    assert_eq!(reason(client.sign_statement(sign(again)).await), "ALREADY_EXISTS");
    let of_another = SignStatementRequest { content_sha256: vec![7; 32], ..sign(Uuid::new_v4()) };
    assert_eq!(reason(client.sign_statement(of_another).await), "ETAG_MISMATCH", "she has read another");

    journals.intake.tell(vec![visit("ps-143-001", october(21), VisitOutcome::LeftUnserved); 2]).await;
    oversight.until_heard(&journals).await;
    assert_eq!(client.sign_statement(sign(first)).await.unwrap().into_inner(), signed, "a repeat, whatever came since");
    let second = client.sign_statement(sign(again)).await.unwrap().into_inner();
    assert_eq!(second.version, 2);
    let changes: Vec<_> = second
        .changes
        .iter()
        .map(|change| (change.unit.as_str(), change.measure(), change.breakdown(), change.before, change.after))
        .collect();
    let (visits, unserved) = (Measure::Visits, Measure::VisitsLeftUnserved);
    assert_eq!(
        changes,
        [
            ("units/up", visits, Breakdown::Unspecified, 1, 3),
            ("units/up", unserved, Breakdown::Unspecified, 0, 2),
            ("units/district-143", visits, Breakdown::Unspecified, 0, 2),
            ("units/district-143", unserved, Breakdown::Unspecified, 0, 2)
        ]
    );

    assert_eq!(client.get_signed_statement(named(NAME)).await.unwrap().into_inner(), second, "the newest");
    let one = client.get_signed_statement(named(&signed.name)).await.unwrap().into_inner();
    assert_eq!(one, signed, "the first says what it said");
    assert_eq!(whole(one.statement.unwrap().whole.as_ref().unwrap(), visits), Some(1));
    assert_eq!(reason(client.get_signed_statement(named(&format!("{NAME}/versions/3"))).await), "NOT_FOUND");

    // By another level it is another statement.
    let alone = SignStatementRequest { level: 0, ..sign(Uuid::new_v4()) };
    assert_eq!(client.sign_statement(alone).await.unwrap().into_inner().version, 1);
    let request = ListSignedStatementsRequest { page_size: 2, ..ListSignedStatementsRequest::default() };
    let page = client.list_signed_statements(request.clone()).await.unwrap().into_inner();
    let (alone, two) = (NAME.replace("district", "alone") + "/versions/1", format!("{NAME}/versions/2"));
    assert_eq!(versions(&page.statements), [(alone.as_str(), false), (two.as_str(), false)]);
    assert!(page.statements.iter().all(|signed| signed.statement.is_none()));
    let rest = ListSignedStatementsRequest { page_token: page.next_page_token, ..request };
    let rest = client.list_signed_statements(rest).await.unwrap().into_inner();
    assert_eq!((versions(&rest.statements), rest.next_page_token.as_str()), (vec![(signed.name.as_str(), false)], ""));

    // Each signature stands in the journal, for whoever keeps a copy of it.
    let told: Vec<(String, Vec<u8>)> = sqlx::query_as(
        "SELECT subject, payload FROM platform.journal WHERE kind = 'oversight.statement.signed' ORDER BY seq",
    )
    .fetch_all(&db.pool)
    .await
    .unwrap();
    let told: Vec<StatementSigned> = told.iter().map(|(_, told)| StatementSigned::decode(&told[..]).unwrap()).collect();
    assert_eq!((told.len(), &told[0].name, &told[1].sha256), (3, &signed.name, &second.sha256));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_statement_with_one_flipped_bit_is_found() {
    let intake = vec![visit("ps-118-001", october(20), VisitOutcome::Complaint)];
    let (db, journals, oversight) = oversight(Vec::new(), intake).await;
    let mut client = oversight.headquarters();
    let first = client.sign_statement(sign(Uuid::new_v4())).await.unwrap().into_inner();
    journals.intake.tell([visit("ps-118-001", october(21), VisitOutcome::Complaint)]).await;
    oversight.until_heard(&journals).await;
    let second = client.sign_statement(sign(Uuid::new_v4())).await.unwrap().into_inner();

    // The service itself has no right to.
    for sql in [
        "UPDATE oversight.signed_statements SET signed_by = 'posts/nobody'",
        "DELETE FROM oversight.signed_statements",
        "TRUNCATE oversight.signed_statements",
    ] {
        let refused = sqlx::query(sql).execute(&db.pool).await.unwrap_err();
        assert_eq!(
            refused.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref(),
            Some("42501"),
            "{sql}"
        );
    }
    // Who has all rights can change a bit, and is found out.
    let mut owner = sqlx::PgConnection::connect(&db.url).await.unwrap();
    let length: i32 =
        sqlx::query_scalar("SELECT length(content) FROM oversight.signed_statements WHERE version = 1 AND level = 5")
            .fetch_one(&mut owner)
            .await
            .unwrap();
    let flip = "UPDATE oversight.signed_statements SET content = set_bit(content, $1, 1 - get_bit(content, $1))
                WHERE version = 1 AND level = 5";
    for bit in [0, i64::from(length) * 4, i64::from(length) * 8 - 1] {
        sqlx::query(flip).bind(bit).execute(&mut owner).await.unwrap();
        let refused = client.get_signed_statement(named(&first.name)).await;
        assert_eq!(refused.as_ref().unwrap_err().code(), tonic::Code::DataLoss);
        assert_eq!(reason(refused), "SNAPSHOT_DAMAGED", "bit {bit}");
        let list = client.list_signed_statements(ListSignedStatementsRequest::default()).await.unwrap().into_inner();
        assert_eq!(versions(&list.statements), [(second.name.as_str(), false), (first.name.as_str(), true)]);
        sqlx::query(flip).bind(bit).execute(&mut owner).await.unwrap();
        assert_eq!(client.get_signed_statement(named(&first.name)).await.unwrap().into_inner(), first);
    }
    // A version replaced by another that holds by itself breaks the chain.
    sqlx::query("UPDATE oversight.signed_statements SET sha256 = decode(repeat('00', 32), 'hex') WHERE version = 1 AND level = 5")
        .execute(&mut owner)
        .await
        .unwrap();
    assert_eq!(reason(client.get_signed_statement(named(&second.name)).await), "SNAPSHOT_DAMAGED");
}
