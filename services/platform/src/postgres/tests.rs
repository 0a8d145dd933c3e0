use std::borrow::Cow;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Connection, Executor, SqlSafeStr};

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

/// A database without any migration, its owner's address and the name of the role that serves.
async fn empty() -> (TestDatabase, Secret, String) {
    // Platform's own tables go again: an empty database is one of which nothing is known.
    let database = test_database(release(1)).await;
    let url = Secret::new(&database.url);
    let mut owner = pool::connect(&pool::options(&url, "test").unwrap()).await.unwrap();
    owner.execute("DROP SCHEMA platform CASCADE; DROP SCHEMA desks CASCADE").await.unwrap();
    owner.close().await.unwrap();
    let role = database.settings().app_role.unwrap();
    (database, url, role)
}

#[tokio::test]
async fn platforms_migrations_come_first_and_then_the_services() {
    let (database, url, role) = empty().await;
    let applied = migrate(&url, release(2), Some(&role)).await.unwrap();
    assert!(applied[0].starts_with("platform 1 "), "{applied:?}");
    assert_eq!(applied[applied.len() - 2..], ["desks 1 tables", "desks 2 index"]);
    assert!(migrate(&url, release(2), Some(&role)).await.unwrap().is_empty(), "nothing is left to do");
    assert!(pending(&database.pool, release(2)).await.unwrap().is_empty());
}

#[tokio::test]
async fn two_migrators_at_once_both_succeed() {
    let (_database, url, role) = empty().await;
    let (one, other) = tokio::join!(migrate(&url, release(2), Some(&role)), migrate(&url, release(2), Some(&role)));
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
    let error = migrate(&Secret::new(&database.url), changed, None).await.unwrap_err();
    assert!(error.is_changed_migration(), "{error}");
}

#[tokio::test]
async fn everything_is_pending_in_an_empty_database() {
    let (database, ..) = empty().await;
    let pending = pending(&database.pool, release(1)).await.unwrap();
    assert_eq!(pending.len(), PLATFORM.iter().count() + 1);
}

#[tokio::test]
async fn the_release_before_still_starts_and_migrates_after_the_next_one() {
    let database = test_database(release(2)).await;
    assert!(pending(&database.pool, release(1)).await.unwrap().is_empty());
    assert!(migrate(&Secret::new(&database.url), release(1), None).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_role_that_serves_changes_rows_and_nothing_else() {
    let database = test_database(release(1)).await;
    for allowed in [
        "INSERT INTO desks.desk (name) VALUES ('a')",
        "UPDATE desks.desk SET name = 'b'",
        "SELECT * FROM desks.names",
        "INSERT INTO desks.visit (month) VALUES (1)",
        "DELETE FROM desks.desk",
        "SELECT * FROM platform.journal",
        "UPDATE platform.journal_head SET seq = seq",
        "SELECT * FROM platform._migrations",
    ] {
        sqlx::query(allowed).execute(&database.pool).await.unwrap_or_else(|error| panic!("{allowed}: {error}"));
    }
    for refused in [
        "UPDATE platform.journal SET kind = 'x'",
        "DELETE FROM platform.journal",
        "TRUNCATE platform.journal",
        "UPDATE platform.deployment SET simulated = true",
        "DELETE FROM platform._migrations",
        "INSERT INTO desks._migrations VALUES (9, '', now(), true, '', 0)",
        "INSERT INTO desks.visit_1 (month) VALUES (1)",
        "CREATE TABLE desks.mine (id int)",
        "CREATE TABLE public.mine (id int)",
        "ALTER TABLE desks.desk ADD COLUMN x int",
        "DROP TABLE desks.desk",
        "CREATE SCHEMA mine",
    ] {
        let error = sqlx::query(refused).execute(&database.pool).await.expect_err(refused);
        let code =
            error.as_database_error().and_then(sqlx::error::DatabaseError::code).unwrap_or_default().into_owned();
        assert_eq!(code, "42501", "{refused}: {error}");
    }
}

#[tokio::test]
async fn rights_given_by_hand_are_taken_back() {
    let database = test_database(release(1)).await;
    let url = Secret::new(&database.url);
    let role = database.settings().app_role.unwrap();
    let mut owner = pool::connect(&pool::options(&url, "test").unwrap()).await.unwrap();
    owner
        .execute(sqlx::AssertSqlSafe(format!(
            "GRANT UPDATE ON platform.journal TO {role}; GRANT CREATE ON SCHEMA desks TO {role}"
        )))
        .await
        .unwrap();
    migrate(&url, release(1), Some(&role)).await.unwrap();
    for refused in ["UPDATE platform.journal SET kind = 'x'", "CREATE TABLE desks.mine (id int)"] {
        sqlx::query(refused).execute(&database.pool).await.expect_err(refused);
    }
}

#[tokio::test]
async fn a_role_that_is_not_there_or_not_plain_is_refused() {
    let database = test_database(release(1)).await;
    let url = Secret::new(&database.url);
    let error = migrate(&url, release(1), Some("no_such_role")).await.unwrap_err();
    assert!(error.to_string().contains("CREATE ROLE no_such_role LOGIN"), "{error}");
    let error = migrate(&url, release(1), Some("x; DROP TABLE y")).await.unwrap_err();
    assert!(error.to_string().contains("is not a plain name"), "{error}");
}

#[tokio::test]
async fn a_half_built_index_is_reported_until_it_is_whole() {
    let (_database, url, _) = empty().await;
    migrate(&url, release(1), None).await.unwrap();
    let mut owner = pool::connect(&pool::options(&url, "test").unwrap()).await.unwrap();
    owner.execute("INSERT INTO desks.desk (name) VALUES ('twin'), ('twin')").await.unwrap();
    owner.execute("CREATE UNIQUE INDEX CONCURRENTLY once ON desks.desk (name)").await.unwrap_err();
    let error = migrate(&url, release(1), None).await.unwrap_err();
    assert!(error.to_string().contains("desks.once"), "{error}");
}

#[tokio::test]
async fn a_failing_migration_is_named_and_leaves_the_lock() {
    let (_database, url, _) = empty().await;
    let broken = leak(vec![migration(1, "broken", "SELECT 1/0", false)]);
    let error = migrate(&url, broken, None).await.unwrap_err();
    assert!(error.to_string().contains("while executing migration 1: "), "{error}");
    migrate(&url, release(1), None).await.unwrap();
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
