use std::borrow::Cow;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Connection, Executor, PgConnection, SqlSafeStr};

use super::testing::{TestDatabase, test_database};
use super::*;
use crate::settings::{DatabaseSettings, Secret};

/// A service with two releases: the second adds an index concurrently, which is where migrators get in each other's way.
fn release(number: i64) -> &'static Migrator {
    const TABLES: &str = "CREATE TABLE desks.desk (id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, name text); \
         CREATE TABLE desks.visit (id serial, month int) PARTITION BY LIST (month); \
         CREATE TABLE desks.visit_1 PARTITION OF desks.visit FOR VALUES IN (1); \
         CREATE VIEW desks.names AS SELECT name FROM desks.desk";
    const INDEX: &str = "CREATE INDEX CONCURRENTLY desk_name ON desks.desk (name)";
    let mut migrations = vec![migration(1, "tables", TABLES, false)];
    if number > 1 {
        migrations.push(migration(2, "index", INDEX, true));
    }
    leak(migrations)
}

fn migration(version: i64, name: &'static str, sql: &'static str, no_tx: bool) -> Migration {
    Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), no_tx)
}

fn leak(migrations: Vec<Migration>) -> &'static Migrator {
    Box::leak(Box::new(Migrator {
        migrations: Cow::Owned(migrations),
        table_name: "desks._migrations".into(),
        create_schemas: Cow::Owned(vec!["desks".into()]),
        ..Migrator::DEFAULT
    }))
}

/// A database without any migration.
async fn empty() -> (TestDatabase, DatabaseSettings) {
    // Platform's own tables go again: an empty database is one of which nothing is known.
    let database = test_database(release(1)).await;
    let settings = database.settings();
    let mut owner = owner(&database).await;
    owner.execute("DROP SCHEMA platform CASCADE; DROP SCHEMA desks CASCADE").await.unwrap();
    owner.close().await.unwrap();
    (database, settings)
}

async fn owner(database: &TestDatabase) -> PgConnection {
    PgConnection::connect(&database.url).await.unwrap()
}

#[tokio::test]
async fn platforms_migrations_come_first_and_then_the_services() {
    let (database, settings) = empty().await;
    let applied = migrate(&settings, release(2)).await.unwrap();
    assert!(applied[0].starts_with("platform 1 "), "{applied:?}");
    assert_eq!(applied[applied.len() - 2..], ["desks 1 tables", "desks 2 index"]);
    assert!(migrate(&settings, release(2)).await.unwrap().is_empty(), "nothing is left to do");
    assert!(pending(&database.pool, release(2)).await.unwrap().is_empty());
}

#[tokio::test]
async fn two_migrators_at_once_both_succeed() {
    let (_database, settings) = empty().await;
    let (one, other) = tokio::join!(migrate(&settings, release(2)), migrate(&settings, release(2)));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert!(one.is_empty() != other.is_empty(), "one of them did it all: {one:?} {other:?}");
}

#[tokio::test]
async fn what_is_pending_is_named_to_the_role_that_serves() {
    let database = test_database(release(1)).await;
    assert_eq!(pending(&database.pool, release(1)).await.unwrap(), Vec::<String>::new());
    assert_eq!(pending(&database.pool, release(2)).await.unwrap(), ["desks 2 index"]);

    let changed = leak(vec![migration(1, "tables", "SELECT 1", false)]);
    assert_eq!(pending(&database.pool, changed).await.unwrap(), ["desks 1 tables (changed since it was applied)"]);
    let error = migrate(&database.settings(), changed).await.unwrap_err();
    assert!(error.is_changed_migration(), "{error}");
}

#[tokio::test]
async fn everything_is_pending_in_an_empty_database() {
    let (database, _) = empty().await;
    let pending = pending(&database.pool, release(1)).await.unwrap();
    assert_eq!(pending.len(), PLATFORM.iter().count() + 1);
}

#[tokio::test]
async fn the_release_before_still_starts_and_migrates_after_the_next_one() {
    let database = test_database(release(2)).await;
    assert!(pending(&database.pool, release(1)).await.unwrap().is_empty());
    assert!(migrate(&database.settings(), release(1)).await.unwrap().is_empty());
}

#[tokio::test]
async fn rights_given_by_hand_are_taken_back() {
    let database = test_database(release(1)).await;
    let role = database.settings().app_role.unwrap();
    let statement = format!("GRANT UPDATE ON platform.journal TO {role}; GRANT CREATE ON SCHEMA desks TO PUBLIC");
    owner(&database).await.execute(sqlx::AssertSqlSafe(statement)).await.unwrap();
    migrate(&database.settings(), release(1)).await.unwrap();
    for refused in ["UPDATE platform.journal SET kind = 'x'", "CREATE TABLE desks.mine (id int)"] {
        sqlx::query(refused).execute(&database.pool).await.expect_err(refused);
    }
}

#[tokio::test]
async fn a_half_built_index_is_reported_until_it_is_whole() {
    let (database, settings) = empty().await;
    migrate(&settings, release(1)).await.unwrap();
    let mut owner = owner(&database).await;
    owner.execute("INSERT INTO desks.desk (name) VALUES ('twin'), ('twin')").await.unwrap();
    owner.execute("CREATE UNIQUE INDEX CONCURRENTLY once ON desks.desk (name)").await.unwrap_err();
    let error = migrate(&settings, release(1)).await.unwrap_err();
    assert!(error.to_string().contains("desks.once"), "{error}");
}

#[tokio::test]
async fn a_failing_migration_is_named_and_leaves_the_lock() {
    let (_database, settings) = empty().await;
    let broken = leak(vec![migration(1, "broken", "SELECT 1/0", false)]);
    let error = migrate(&settings, broken).await.unwrap_err();
    assert!(error.to_string().contains("while executing migration 1: "), "{error}");
    migrate(&settings, release(1)).await.unwrap();
}

#[tokio::test]
async fn a_database_stays_what_it_was_marked_as() {
    let database = test_database(release(1)).await;
    deployment(&database.pool, false).await.unwrap();
    deployment(&database.pool, false).await.unwrap();
    let error = deployment(&database.pool, true).await.unwrap_err().to_string();
    assert!(
        error.starts_with("this database is real and these settings are for a simulation; the replay clock is refused"),
        "{error}"
    );

    let other = test_database(release(1)).await;
    let (one, two) = tokio::join!(deployment(&other.pool, true), deployment(&other.pool, true));
    one.and(two).unwrap();
    assert!(deployment(&other.pool, false).await.is_err());
}

#[tokio::test]
async fn a_pool_of_one_connection_serves() {
    let database = test_database(release(1)).await;
    let settings = DatabaseSettings { max_connections: 1, ..database.settings() };
    let pool = pool::pool(&settings, "mahila test").await.unwrap();
    let name: String = sqlx::query_scalar("SELECT current_setting('application_name')").fetch_one(&pool).await.unwrap();
    assert_eq!(name, "mahila test");
    assert!(pending(&pool, release(1)).await.unwrap().is_empty());
    deployment(&pool, true).await.unwrap();
}

#[tokio::test]
async fn the_door_for_writes_has_two_of_four_connections_that_readers_cannot_take() {
    let database = test_database(release(1)).await;
    let settings = DatabaseSettings { max_connections: 4, ..database.settings() };
    let (reading, writing) = pool::pools(&settings, "mahila test").await.unwrap();
    let (_one, _other) = (reading.acquire().await.unwrap(), reading.acquire().await.unwrap());
    assert!(reading.try_acquire().is_none() && reading.size() == 2, "readers have taken all of theirs");
    for _ in 0..2 {
        deployment(&writing, true).await.unwrap();
    }
    assert_eq!(writing.options().get_max_connections(), 2);

    let settings = DatabaseSettings { max_connections: 3, ..database.settings() };
    let (reading, writing) = pool::pools(&settings, "mahila test").await.unwrap();
    let _taken = reading.acquire().await.unwrap();
    assert_eq!((writing.size(), writing.num_idle()), (reading.size(), reading.num_idle()), "it is one pool");
    assert_eq!(writing.options().get_max_connections(), 3);
}

#[tokio::test]
async fn every_test_has_a_database_of_its_own() {
    let (one, other) = tokio::join!(test_database(release(1)), test_database(release(1)));
    sqlx::query("INSERT INTO desks.desk (name) VALUES ('a')").execute(&one.pool).await.unwrap();
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM desks.desk").fetch_one(&other.pool).await.unwrap();
    assert_eq!(count, 0);
    let (gone, url) = (one.app_url.clone(), Secret::new(&one.app_url));
    drop(one);
    let error = pool::connect(&pool::options(&url, "test").unwrap()).await.unwrap_err();
    assert!(error.to_string().contains("create the database"), "{gone}: {error}");
}
