//! Identity: sealed on arrival, opened with a purpose and an entry in the access log, and nowhere else.

use mahila_proto::intake::v1 as wire;
use mahila_proto::r#type::v1::Purpose;
use sqlx::{Connection as _, PgConnection, Row as _};

use crate::harness::{Intake, complaint, day, refused, request_id};

const NAME: &str = "Planted Saroj";
const PHONE: &str = "9812345670";
const ADDRESS: &str = "Planted Mohalla 7";
const WORDS: &str = "say it is the planted bank";
const NARRATIVE: &str = "What she told, planted";
const NOTE: &str = "A planted note";

fn person() -> wire::Person {
    wire::Person {
        role: wire::PersonRole::Complainant.into(),
        name: NAME.into(),
        phone: PHONE.into(),
        address: ADDRESS.into(),
        age_years: Some(31),
    }
}

fn told() -> wire::RegisterComplaintRequest {
    wire::RegisterComplaintRequest {
        persons: vec![person()],
        narrative: NARRATIVE.into(),
        safe_contact: Some(wire::SafeContact {
            mode: wire::ContactMode::Call.into(),
            from_minute: 600,
            to_minute: 720,
            phone: PHONE.into(),
            words: WORDS.into(),
        }),
        ..complaint("ps-157-001", wire::Category::DomesticViolence)
    }
}

fn reveal(name: &str) -> wire::RevealIdentityRequest {
    wire::RevealIdentityRequest {
        name: name.into(),
        purpose: Purpose::Contact.into(),
        reason: "to ask how she is".into(),
    }
}

#[tokio::test]
async fn it_is_revealed_for_a_purpose_and_each_reading_is_an_entry_that_never_leaves() {
    let intake = Intake::start().await;
    let mut desk = intake.desk("ps-157-001");
    let name = desk.register_complaint(told()).await.unwrap().into_inner().name;
    let no_purpose = wire::RevealIdentityRequest { purpose: 0, ..reveal(&name) };
    assert_eq!(refused(desk.reveal_identity(no_purpose).await), "PURPOSE_REQUIRED");
    let no_reason = wire::RevealIdentityRequest { reason: " ".into(), ..reveal(&name) };
    assert_eq!(refused(desk.reveal_identity(no_reason).await), "INVALID_FIELDS");

    let revealed = desk.reveal_identity(reveal(&name)).await.unwrap().into_inner();
    assert_eq!(revealed.persons, [wire::Person { phone: format!("+91{PHONE}"), ..person() }]);
    assert_eq!(revealed.narrative, NARRATIVE);
    let contact = revealed.safe_contact.unwrap();
    assert_eq!((contact.mode(), contact.words.as_str(), contact.to_minute), (wire::ContactMode::Call, WORDS, 720));
    desk.reveal_identity(reveal(&name)).await.unwrap();

    let entries: Vec<wire::IdentityRevealed> = intake.entries("intake.identity.revealed").await;
    assert_eq!(entries.len(), 2, "each reading");
    assert_eq!((entries[0].purpose(), entries[0].reason.as_str()), (Purpose::Contact, "to ask how she is"));
    let stored = intake.journal().await;
    let entry = stored.iter().find(|entry| entry.kind == "intake.identity.revealed").unwrap();
    assert_eq!((entry.actor.as_str(), format!("complaints/{}", entry.subject)), ("posts/ps-157-001-desk", name));
    let kind = complaint_intake::KINDS.iter().find(|kind| kind.name == entry.kind).unwrap();
    assert!(!kind.audience.admits("oversight") && !kind.audience.admits("review-scheduling"));
}

#[tokio::test]
async fn a_nameless_complaint_reveals_that_nobody_is_known() {
    let intake = Intake::start().await;
    let mut desk = intake.desk("ps-157-001");
    let nameless = complaint("ps-157-001", wire::Category::Dowry);
    let name = desk.register_complaint(nameless).await.unwrap().into_inner().name;
    let revealed = desk.reveal_identity(reveal(&name)).await.unwrap().into_inner();
    assert!(revealed.persons.is_empty() && revealed.narrative.is_empty());
    assert_eq!(revealed.safe_contact.unwrap().mode(), wire::ContactMode::Never);
}

#[tokio::test]
async fn no_table_holds_identity_in_the_clear_and_no_answer_repeats_it() {
    let intake = Intake::start().await;
    let mut desk = intake.desk("ps-157-001");
    let recorded = desk.register_complaint(told()).await.unwrap().into_inner();
    let name = recorded.name.clone();
    let mut said = vec![format!("{recorded:?}")];
    let action = wire::RecordActionRequest {
        request_id: request_id(),
        name: name.clone(),
        kind: wire::ActionKind::SiteVisit.into(),
        note: NOTE.into(),
        ..wire::RecordActionRequest::default()
    };
    said.push(format!("{:?}", desk.record_action(action).await.unwrap()));
    let import = wire::ImportRegisterRequest {
        request_id: request_id(),
        station: "stations/ps-157-001".into(),
        rows: vec![wire::RegisterRow {
            register_no: "1".into(),
            received_on: Some(day(2020, 9, 1)),
            category: wire::Category::Dowry.into(),
            persons: vec![person()],
            narrative: NARRATIVE.into(),
        }],
        validate_only: false,
    };
    said.push(format!("{:?}", intake.sho("ps-157-001").import_register(import).await.unwrap()));
    // Refusals do not repeat what was sent.
    let mut bad = told();
    bad.persons[0].name = format!("{NAME} {}", "x".repeat(300));
    bad.persons[0].age_years = Some(999);
    bad.narrative = format!("{NARRATIVE}\u{7}");
    said.push(format!("{:?}", desk.register_complaint(bad).await.unwrap_err()));
    desk.reveal_identity(reveal(&name)).await.unwrap();

    // As the owner: the role that serves may not even read what is sealed.
    let mut owner = PgConnection::connect(&intake.database.url).await.unwrap();
    let tables = sqlx::query(
        "SELECT table_schema, table_name FROM information_schema.tables
         WHERE table_schema IN ('intake', 'vault', 'platform') AND table_type = 'BASE TABLE'",
    )
    .fetch_all(&mut owner)
    .await
    .unwrap();
    let (mut looked, mut reasons) = (0, 0);
    for table in tables {
        let table = format!("{}.{}", table.get::<String, _>(0), table.get::<String, _>(1));
        // Bytes as they are, not as hexadecimal digits.
        let sql = format!("COPY (SELECT t.* FROM {table} t) TO STDOUT (FORMAT binary)");
        let mut copied = owner.copy_out_raw(&sql).await.unwrap();
        let mut bytes = Vec::new();
        while let Some(chunk) = tokio_stream::StreamExt::next(&mut copied).await {
            bytes.extend_from_slice(&chunk.unwrap());
        }
        drop(copied);
        looked += 1;
        let holds = |words: &str| bytes.windows(words.len()).any(|window| window == words.as_bytes());
        // What may be read is found: so would the rest be.
        reasons += usize::from(holds("to ask how she is"));
        for planted in [NAME, PHONE, ADDRESS, WORDS, NARRATIVE, NOTE, "lanted"] {
            assert!(!holds(planted), "{table} holds {planted:?}");
        }
    }
    assert!(looked >= 15, "{looked} tables");
    assert_eq!(reasons, 1, "the journal");
    for planted in [NAME, PHONE, ADDRESS, WORDS, NARRATIVE, NOTE, "lanted"] {
        assert!(!said.iter().any(|said| said.contains(planted)), "an answer holds {planted:?}");
    }
}
