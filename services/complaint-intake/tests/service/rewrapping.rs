//! The active key changes: data keys are wrapped again while services run, and what they seal is read all the while.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use complaint_intake::{Progress, RewrapError, Rewrapped};
use mahila_proto::intake::v1 as wire;
use mahila_proto::r#type::v1::Purpose;
use platform::journal;
use platform::postgres::testing::TestDatabase;
use platform::seal::{Keys, Sealer, WrappedKey, os_random};
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use crate::harness::{Intake, complaint, database};

/// The slowest step, many times over, on a machine that does other things.
const PATIENCE: Duration = Duration::from_mins(1);

/// A key file with these wrapping keys, 1 to 3.
fn keys(active: u32, wrapping: &[u32]) -> String {
    // 32 bytes in base 64: the last letter stands for two bits of padding as well.
    let key = |letter: &str| format!("{}=", letter.repeat(43));
    let mut text = format!("active {active}\nindex {}\nreceipt {}\n", key("c"), key("g"));
    for number in wrapping {
        writeln!(text, "wrapping {number} {}", key(["E", "I", "M"][*number as usize - 1])).unwrap();
    }
    text
}

async fn owner(database: &TestDatabase) -> PgConnection {
    PgConnection::connect(&database.url).await.unwrap()
}

/// Adds subjects with data keys of their own.
async fn add(database: &TestDatabase, keys: &str, count: usize) {
    let sealer = Sealer::new(Keys::parse(keys).unwrap(), os_random());
    let subjects: Vec<Uuid> = (0..count).map(|_| Uuid::new_v4()).collect();
    let wrapped: Vec<Vec<u8>> =
        subjects.iter().map(|subject| sealer.new_data_key(*subject).1.as_bytes().to_vec()).collect();
    sqlx::query("INSERT INTO vault.data_keys SELECT * FROM unnest($1::uuid[], $2::bytea[])")
        .bind(subjects)
        .bind(wrapped)
        .execute(&mut owner(database).await)
        .await
        .unwrap();
}

async fn data_keys(database: &TestDatabase) -> BTreeMap<Uuid, Vec<u8>> {
    let mut owner = owner(database).await;
    let rows = sqlx::query_as("SELECT subject, wrapped FROM vault.data_keys").fetch_all(&mut owner).await;
    rows.unwrap().into_iter().collect()
}

fn key_id(wrapped: &[u8]) -> u32 {
    WrappedKey::try_from(wrapped).unwrap().key_id()
}

/// How many data keys each key wraps.
async fn in_use(database: &TestDatabase) -> BTreeMap<u32, usize> {
    let mut used = BTreeMap::new();
    for wrapped in data_keys(database).await.values() {
        *used.entry(key_id(wrapped)).or_default() += 1;
    }
    used
}

async fn rewrap(intake: &Intake, dry_run: bool) -> Result<Rewrapped, RewrapError> {
    complaint_intake::rewrap(&intake.settings, intake.clock.clone(), dry_run, &mut |_| ()).await
}

async fn file(intake: &Intake, narrative: &str) -> String {
    let told = wire::RegisterComplaintRequest {
        narrative: narrative.into(),
        ..complaint("ps-157-001", wire::Category::DomesticViolence)
    };
    intake.desk("ps-157-001").register_complaint(told).await.unwrap().into_inner().name
}

async fn narrative(intake: &Intake, name: &str) -> String {
    let asked = wire::RevealIdentityRequest {
        name: name.into(),
        purpose: Purpose::Contact.into(),
        reason: "to ask how she is".into(),
    };
    intake.desk("ps-157-001").reveal_identity(asked).await.unwrap().into_inner().narrative
}

/// Waits until somebody waits for a lock in this database.
async fn somebody_waits(database: &TestDatabase) {
    let mut owner = owner(database).await;
    let waits = async {
        let sql = "SELECT EXISTS (
                       SELECT FROM pg_locks wanted JOIN pg_locks held USING (pid) JOIN pg_database ON pg_database.oid = held.database
                       WHERE NOT wanted.granted AND datname = current_database())";
        while !sqlx::query_scalar::<_, bool>(sql).fetch_one(&mut owner).await.unwrap() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waits).await.expect("a batch waits for the row that is held");
}

#[tokio::test]
async fn what_is_sealed_is_read_before_during_and_after_and_the_old_key_may_go() {
    let database = database().await;
    let before = Intake::sealing_with(database.clone(), &keys(1, &[1])).await;
    let mut names = vec![file(&before, "told under the old key").await];
    before.stop().await;
    add(&database, &keys(1, &[1]), 1200).await;

    // The new key is the active one: what is new is wrapped with it.
    let intake = Intake::sealing_with(database.clone(), &keys(2, &[1, 2])).await;
    names.push(file(&intake, "told under the new key").await);
    assert_eq!(narrative(&intake, &names[0]).await, "told under the old key");
    assert_eq!(in_use(&database).await, BTreeMap::from([(1, 1201), (2, 1)]));
    let looked = rewrap(&intake, true).await.unwrap();
    assert_eq!(looked, Rewrapped { key: 2, data_keys: 1202, rewrapped: 1201, ..Rewrapped::default() });
    assert_eq!(in_use(&database).await, BTreeMap::from([(1, 1201), (2, 1)]), "it only looked");

    // Held in the middle, by one row of the third batch.
    let mut holder = owner(&database).await;
    let mut held = holder.begin().await.unwrap();
    // The seventh byte is the key's number.
    let last =
        "SELECT subject FROM vault.data_keys WHERE get_byte(wrapped, 6) = 1 ORDER BY subject DESC LIMIT 1 FOR UPDATE";
    sqlx::query(last).execute(&mut *held).await.unwrap();
    let (settings, clock) = (intake.settings.clone(), intake.clock.clone());
    let running = tokio::spawn(async move {
        let mut told = Vec::new();
        let done = complaint_intake::rewrap(&settings, clock, false, &mut |progress| told.push(progress)).await;
        (done, told)
    });
    somebody_waits(&database).await;
    let used = in_use(&database).await;
    assert!(used[&1] >= 200 && used[&2] >= 999, "two of three batches are committed: {used:?}");
    for (name, told) in names.iter().zip(["told under the old key", "told under the new key"]) {
        assert_eq!(narrative(&intake, name).await, told);
    }
    names.push(file(&intake, "told meanwhile").await);
    held.rollback().await.unwrap();
    let (done, told) = running.await.unwrap();
    let done = done.unwrap();
    assert!(done.is_whole() && done.rewrapped == 1201 && done.data_keys == 1203, "{done:?}");
    let whole = told.iter().map(|progress| (progress.of, progress.rewrapped)).collect::<Vec<_>>();
    assert!(whole.len() == 3 && whole.is_sorted() && whole[2] == (1202, 1201), "{told:?}");

    // The old key is gone from the file.
    assert_eq!(in_use(&database).await, BTreeMap::from([(2, 1203)]));
    intake.stop().await;
    let after = Intake::sealing_with(database.clone(), &keys(2, &[2])).await;
    for (name, told) in names.iter().zip(["told under the old key", "told under the new key", "told meanwhile"]) {
        assert_eq!(narrative(&after, name).await, told);
    }
    assert_eq!(rewrap(&after, false).await.unwrap().rewrapped, 0);

    // The access log has each batch, and it never leaves.
    let entries: Vec<wire::DataKeysRewrapped> = after.entries("intake.vault.rewrapped").await;
    assert_eq!(entries.len(), 3);
    assert_eq!(entries.iter().map(|entry| entry.data_keys).sum::<u64>(), 1201);
    let stored = after.journal().await;
    let entry = stored.iter().find(|entry| entry.kind == "intake.vault.rewrapped").unwrap();
    assert_eq!((entry.actor.as_str(), entry.subject.as_str()), ("tasks/rewrap-vault", "keys/2"));
    let kind = complaint_intake::KINDS.iter().find(|kind| kind.name == entry.kind).unwrap();
    assert!(!kind.audience.admits("oversight") && !kind.audience.admits("review-scheduling"));
    assert!(journal::verify(&database.pool).await.unwrap().is_ok(), "the chain of two writers holds");
}

#[tokio::test]
async fn a_key_that_is_not_in_the_file_is_told_and_what_it_wraps_is_left() {
    let database = database().await;
    add(&database, &keys(1, &[1]), 3).await;
    let damaged = Uuid::from_u128(u128::MAX);
    sqlx::query("INSERT INTO vault.data_keys SELECT $1, wrapped FROM vault.data_keys LIMIT 1")
        .bind(damaged)
        .execute(&mut owner(&database).await)
        .await
        .unwrap();
    add(&database, &keys(3, &[3]), 2).await;
    let before = data_keys(&database).await;

    let intake = Intake::sealing_with(database.clone(), &keys(2, &[1, 2])).await;
    for dry_run in [true, false] {
        let done = rewrap(&intake, dry_run).await.unwrap();
        assert_eq!((done.rewrapped, done.data_keys, done.is_whole()), (3, 6, false));
        assert_eq!((done.missing, done.damaged, done.first_damaged), (BTreeMap::from([(3, 2)]), 1, Some(damaged)));
    }
    assert_eq!(in_use(&database).await, BTreeMap::from([(1, 1), (2, 3), (3, 2)]));
    for (subject, wrapped) in data_keys(&database).await {
        assert_eq!(before[&subject] == wrapped, key_id(&wrapped) != 2, "what cannot be wrapped again stays as it is");
    }
    intake.stop().await;

    // The line is put back: nothing was lost, and what is damaged is told.
    let intake = Intake::sealing_with(database.clone(), &keys(2, &[1, 2, 3])).await;
    let done = rewrap(&intake, false).await.unwrap();
    assert_eq!((done.rewrapped, done.damaged, done.first_damaged), (2, 1, Some(damaged)));
    assert!(done.missing.is_empty() && !done.is_whole());
    let sealer = Sealer::new(Keys::parse(&keys(2, &[2])).unwrap(), os_random());
    for (subject, wrapped) in data_keys(&database).await {
        let opened = sealer.unwrap(subject, &WrappedKey::try_from(&wrapped[..]).unwrap());
        assert_eq!(opened.is_ok(), subject != damaged);
    }
}

#[tokio::test]
async fn two_runs_at_once_wrap_each_data_key_once() {
    let database = database().await;
    add(&database, &keys(1, &[1]), 2000).await;
    let intake = Intake::sealing_with(database.clone(), &keys(2, &[1, 2])).await;
    let (one, other) = tokio::join!(rewrap(&intake, false), rewrap(&intake, false));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert!(one.is_whole() && other.is_whole());
    assert_eq!(one.rewrapped + other.rewrapped, 2000);
    assert_eq!(in_use(&database).await, BTreeMap::from([(2, 2000)]));
    let entries: Vec<wire::DataKeysRewrapped> = intake.entries("intake.vault.rewrapped").await;
    assert_eq!(entries.iter().map(|entry| entry.data_keys).sum::<u64>(), 2000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_still_seals_with_the_key_before_is_told() {
    let database = database().await;
    add(&database, &keys(1, &[1]), 1).await;
    let intake = Intake::sealing_with(database.clone(), &keys(2, &[1, 2])).await;
    let mut told = |_: Progress| {
        // As such a service would, whenever a batch is done.
        let adding: Arc<TestDatabase> = database.clone();
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(async { add(&adding, &keys(1, &[1]), 1).await });
        });
    };
    let done = complaint_intake::rewrap(&intake.settings, intake.clock.clone(), false, &mut told).await.unwrap();
    assert!(done.still_coming && !done.is_whole(), "{done:?}");
    assert_eq!(in_use(&database).await[&1], 1, "it ends all the same");
    assert!(rewrap(&intake, false).await.unwrap().is_whole());
}
