//! What becomes of a call: its place, its complaint, its seal.

use mahila_proto::intake::v1 as wire;
use platform::fields::timestamp;
use sqlx::{Connection as _, PgConnection};

use super::{KIND, by, control_room, in_district, report, tell, tell_one};
use crate::harness::{Intake, at, day, refused};

#[tokio::test]
async fn a_call_that_asks_for_it_becomes_a_complaint_once_with_the_clocks_from_the_call() {
    let intake = Intake::start().await;
    let mut room = control_room(&intake);
    let told = wire::CallReport {
        caller: Some(by("Saroj Devi", "98765 43210")),
        narrative: "He has locked the door".into(),
        cognizable: true,
        ..report("E1", 1)
    };
    let first = tell_one(&mut room, told.clone()).await;
    assert!(first.complaint.starts_with("complaints/"));
    let again = tell_one(&mut room, wire::CallReport { revision: 2, asks_for_complaint: true, ..told.clone() }).await;
    let repeat = tell_one(&mut room, told).await;
    assert_eq!((&again.complaint, &repeat.complaint), (&first.complaint, &first.complaint));
    assert_eq!(intake.entries::<wire::ComplaintRegistered>("intake.complaint.registered").await.len(), 1);

    let name = first.complaint.clone();
    let mut sho = intake.sho("ps-157-001");
    let complaint = sho.get_complaint(wire::GetComplaintRequest { name: name.clone() }).await.unwrap().into_inner();
    assert_eq!(complaint.channel(), wire::Channel::Emergency112);
    assert_eq!(complaint.contact_mode(), wire::ContactMode::Never);
    assert_eq!(complaint.first_word_at, Some(timestamp(at("2020-10-23 09:10"))));
    let reveal = wire::RevealIdentityRequest {
        name,
        purpose: mahila_proto::r#type::v1::Purpose::Investigation.into(),
        reason: "to send somebody".into(),
    };
    let identity = sho.reveal_identity(reveal).await.unwrap().into_inner();
    assert_eq!(
        (identity.persons[0].name.as_str(), identity.persons[0].phone.as_str()),
        ("Saroj Devi", "+919876543210")
    );
    assert_eq!(identity.persons[0].role(), wire::PersonRole::Complainant);
    assert_eq!(identity.narrative, "He has locked the door");
}

#[tokio::test]
async fn what_a_revision_asks_for_becomes_a_complaint_where_there_is_somebody_to_record_it() {
    let intake = Intake::start().await;
    let mut room = control_room(&intake);
    // Nobody knows where she is: taken and counted, and it stays asked for.
    let nowhere = wire::CallReport { location: None, asks_for_complaint: true, ..report("E1", 1) };
    let answer = tell_one(&mut room, nowhere).await;
    assert_eq!((answer.outcome(), answer.station.as_str(), answer.district.as_str()), (wire::CallOutcome::New, "", ""));
    assert_eq!(answer.complaint, "");
    // Then her district is known: its queue keeps the complaint, for this district has no women's station.
    let placed =
        tell_one(&mut room, wire::CallReport { location: Some(in_district("district-157")), ..report("E1", 2) }).await;
    assert_eq!((placed.station.as_str(), placed.district.as_str()), ("", "units/district-157"));
    let get = || wire::GetComplaintRequest { name: placed.complaint.clone() };
    let complaint = intake.district("district-157").get_complaint(get()).await.unwrap().into_inner();
    assert_eq!(complaint.station, "");
    assert_eq!(refused(intake.district("district-164").get_complaint(get()).await), "OUT_OF_SCOPE");
    assert_eq!(refused(intake.sho("ps-157-001").get_complaint(get()).await), "OUT_OF_SCOPE");

    let entries = intake.entries::<wire::CallRecorded>(KIND).await;
    assert_eq!(entries.len(), 2);
    assert!(entries[1].revision);
    assert_eq!(entries[1].was.as_ref().unwrap().district, "");
    assert_eq!(entries[1].day, Some(day(2020, 10, 23)));
}

#[tokio::test]
async fn a_point_is_placed_at_the_nearest_station_and_a_vague_one_in_the_district() {
    let intake = Intake::start().await;
    let point = |accuracy_m| {
        let location = wire::CallLocation {
            district: "units/district-157".into(),
            latitude: Some(26.8405),
            longitude: Some(80.921),
            accuracy_m,
            ..wire::CallLocation::default()
        };
        Some(location)
    };
    let exact = wire::CallReport { location: point(40), ..report("E1", 1) };
    let vague = wire::CallReport { location: point(9_000), ..report("E2", 1) };
    let answers = tell(&mut control_room(&intake), vec![exact, vague]).await;
    assert_eq!(
        (answers[0].station.as_str(), answers[0].district.as_str()),
        ("stations/ps-157-002", "units/district-157")
    );
    assert_eq!((answers[1].station.as_str(), answers[1].district.as_str()), ("", "units/district-157"));
}

#[tokio::test]
async fn who_called_from_where_and_what_was_said_is_in_the_vault_alone_and_sealed_there() {
    let intake = Intake::start().await;
    let told = wire::CallReport {
        caller: Some(by("Planted Saroj", "9812345678")),
        victim: Some(by("Planted Kusum", "")),
        narrative: "Planted words".into(),
        location: Some(wire::CallLocation {
            latitude: Some(26.84123),
            longitude: Some(80.92123),
            accuracy_m: 20,
            ..wire::CallLocation::default()
        }),
        asks_for_complaint: true,
        ..report("E1", 1)
    };
    let revised = wire::CallReport { revision: 2, ..told.clone() };
    // A revision that says nothing of anybody leaves what is held.
    let bare = wire::CallReport { location: Some(in_district("district-157")), ..report("E1", 3) };
    let answers = tell(&mut control_room(&intake), vec![told, revised, bare]).await;
    assert!(answers.iter().all(|answer| answer.outcome() != wire::CallOutcome::Refused));

    // As the owner: the role that serves may not even read what is sealed.
    let owner = &mut PgConnection::connect(&intake.database.url).await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables
         WHERE table_schema IN ('intake', 'vault', 'platform') AND table_type = 'BASE TABLE'",
    )
    .fetch_all(&mut *owner)
    .await
    .unwrap();
    assert!(tables.len() > 10);
    let mut sealed = 0;
    for table in tables {
        let dump = sqlx::AssertSqlSafe(format!("SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t"));
        let text: String = sqlx::query_scalar(dump).fetch_one(&mut *owner).await.unwrap();
        for planted in ["Planted", "9812345678", "26.84123", "80.92123"] {
            let bytes = planted.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
            assert!(!text.contains(planted) && !text.contains(&bytes), "{planted} in {table}");
        }
        let of_subjects = ["vault.persons", "vault.narratives", "vault.notes"];
        if of_subjects.contains(&table.as_str()) {
            let count = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
            sealed += sqlx::query_scalar::<_, i64>(count).fetch_one(&mut *owner).await.unwrap();
        }
    }
    // Two persons and the words, of the call and of the complaint; and where the phone was.
    assert_eq!(sealed, 7);
}
