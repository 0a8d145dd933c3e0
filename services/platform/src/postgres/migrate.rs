//! Migrations: platform's, then the service's, by one migrator at a time; then the grants of the roles that serve.

use std::borrow::Cow;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, Row};
use tokio::time::Instant;

use super::error::{PostgresError, Result, place};
use super::roles::Roles;
use super::{grants, pool};
use crate::settings::DatabaseSettings;

/// The tables that every service's database has: schema `platform`, with a list of migrations of its own.
pub static PLATFORM: Migrator = sqlx::migrate!("./migrations");

/// What migrators of this suite agree to lock, in the database they migrate: "mahila" in ASCII.
const LOCK: i64 = 0x6d61_6869_6c61;

/// Longer than any migration that was not meant to be watched by a person.
const LOCK_WAIT: Duration = Duration::from_mins(5);

/// How often the lock is asked for.
const LOCK_POLL: Duration = Duration::from_millis(100);

/// Brings a database up to date as its owner, and gives `app_role` and `vault_role` what a service needs. Applies what is
/// missing, so it may be run at any time; two at once both succeed, one after the other. What a newer release has applied is
/// left alone.
///
/// Returns what was applied, e.g. `platform 1 platform`.
///
/// # Errors
/// When there is no `owner_url` or the database cannot be reached, roles are not what they should be, another migrator holds
/// the lock for five minutes, a migration fails or was changed after it was applied, or an index is left half built.
pub async fn migrate(settings: &DatabaseSettings, service_migrator: &'static Migrator) -> Result<Vec<String>> {
    let roles = Roles::of(settings)?;
    let options = owner(settings)?;
    let mut connection = pool::connect(&options).await?;
    let place = place(&options);
    if let Some(roles) = roles {
        roles.check(&mut connection, &schemas(service_migrator)).await?;
    }

    // sqlx would wait inside `pg_advisory_lock`, that is in a transaction, and CREATE INDEX CONCURRENTLY of the migrator
    // that has the lock would wait for that transaction: a deadlock of two who only queue. Asking again holds nothing.
    let deadline = Instant::now() + LOCK_WAIT;
    while !try_lock(&mut connection, LOCK).await? {
        if Instant::now() >= deadline {
            return Err(PostgresError::Locked { place, seconds: LOCK_WAIT.as_secs() });
        }
        tokio::time::sleep(LOCK_POLL).await;
    }

    let mut applied = Vec::new();
    for migrator in [&PLATFORM, service_migrator] {
        let missing = missing(&mut connection, migrator).await?;
        unlocked(migrator)
            .run_direct(None, &mut connection, false)
            .await
            .map_err(|error| PostgresError::Migrate { place: place.clone(), error })?;
        applied.extend(missing);
    }
    refuse_invalid_indexes(&mut connection).await?;
    if let Some(roles) = roles {
        grants::grant(&mut connection, roles).await?;
    }
    // The lock goes with the session.
    connection.close().await?;
    Ok(applied)
}

/// What [`migrate`] would apply, after the same look at the roles. Changes nothing.
///
/// # Errors
/// When there is no `owner_url`, the database cannot be reached, or roles are not what they should be.
pub async fn rehearse(settings: &DatabaseSettings, service_migrator: &'static Migrator) -> Result<Vec<String>> {
    let mut connection = pool::connect(&owner(settings)?).await?;
    if let Some(roles) = Roles::of(settings)? {
        roles.check(&mut connection, &schemas(service_migrator)).await?;
    }
    let mut missing_here = missing(&mut connection, &PLATFORM).await?;
    missing_here.extend(missing(&mut connection, service_migrator).await?);
    connection.close().await?;
    Ok(missing_here)
}

fn owner(settings: &DatabaseSettings) -> Result<PgConnectOptions> {
    pool::options(settings.owner_url.as_ref().ok_or(PostgresError::NoAddress("owner_url"))?, "mahila migrate")
}

/// The schemas that migrations make.
fn schemas(service_migrator: &'static Migrator) -> Vec<String> {
    [&PLATFORM, service_migrator]
        .iter()
        .flat_map(|migrator| migrator.create_schemas.iter())
        .map(ToString::to_string)
        .collect()
}

/// What is not applied yet, or was changed since; empty when the service may start. Needs no more than `SELECT` on the
/// two lists of migrations. What a newer release has applied is no reason not to start: migrations suit the release before.
///
/// # Errors
/// When the database cannot be asked.
pub async fn pending(pool: &PgPool, service_migrator: &'static Migrator) -> Result<Vec<String>> {
    let mut connection = pool.acquire().await?;
    let mut pending = missing(&mut connection, &PLATFORM).await?;
    pending.extend(missing(&mut connection, service_migrator).await?);
    Ok(pending)
}

/// Migrations that are applied and that this binary does not know: a newer release has been here.
///
/// # Errors
/// When the database cannot be asked.
pub async fn newer(pool: &PgPool, service_migrator: &'static Migrator) -> Result<Vec<String>> {
    let mut connection = pool.acquire().await?;
    let mut newer = Vec::new();
    for migrator in [&PLATFORM, service_migrator] {
        let applied = applied(&mut connection, migrator).await?;
        let unknown = applied.iter().filter(|(version, _)| !migrator.version_exists(*version));
        newer.extend(unknown.map(|(version, _)| format!("{} {version}", set(migrator))));
    }
    Ok(newer)
}

/// Takes a lock of the session if nobody has it.
pub(super) async fn try_lock(connection: &mut PgConnection, lock: i64) -> Result<bool> {
    Ok(sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(lock).fetch_one(connection).await?)
}

/// The same migrations without sqlx's own lock, and patient with those that it does not know.
fn unlocked(migrator: &'static Migrator) -> Migrator {
    Migrator {
        migrations: Cow::Borrowed(&migrator.migrations),
        table_name: Cow::Borrowed(&migrator.table_name),
        create_schemas: Cow::Borrowed(&migrator.create_schemas),
        no_tx: migrator.no_tx,
        locking: false,
        ignore_missing: true,
    }
}

/// Version and checksum of what is applied.
async fn applied(connection: &mut PgConnection, migrator: &'static Migrator) -> Result<Vec<(i64, Vec<u8>)>> {
    // The table's name is a literal from the crate's sqlx.toml, in the binary since it was built.
    let list = AssertSqlSafe(format!("SELECT version, checksum FROM {} ORDER BY version", migrator.table_name));
    match sqlx::query(list).fetch_all(connection).await {
        Ok(rows) => Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect()),
        // No such table, no such schema: nothing is applied.
        Err(sqlx::Error::Database(error)) if matches!(error.code().as_deref(), Some("42P01" | "3F000")) => {
            Ok(Vec::new())
        }
        Err(error) => Err(error.into()),
    }
}

/// Whose migrations: the schema that their list lies in.
fn set(migrator: &'static Migrator) -> &'static str {
    migrator.table_name.split('.').next().unwrap_or_default()
}

async fn missing(connection: &mut PgConnection, migrator: &'static Migrator) -> Result<Vec<String>> {
    let applied = applied(connection, migrator).await?;
    let set = set(migrator);
    let migrations = migrator.iter().filter(|migration| !migration.migration_type.is_down_migration());
    Ok(migrations
        .filter_map(|migration| {
            let name = format!("{set} {} {}", migration.version, migration.description);
            match applied.iter().find(|(version, _)| *version == migration.version) {
                None => Some(name),
                Some((_, checksum)) if checksum.as_slice() != &*migration.checksum => {
                    Some(format!("{name} (changed since it was applied)"))
                }
                Some(_) => None,
            }
        })
        .collect())
}

async fn refuse_invalid_indexes(connection: &mut PgConnection) -> Result<()> {
    let invalid: Vec<String> = sqlx::query_scalar(
        "SELECT format('%I.%I', n.nspname, c.relname) \
         FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE NOT i.indisvalid AND n.nspname !~ '^pg_' ORDER BY 1",
    )
    .fetch_all(connection)
    .await?;
    if invalid.is_empty() { Ok(()) } else { Err(PostgresError::InvalidIndexes(invalid)) }
}

impl PostgresError {
    /// Whether a migration was refused because its text is not the one that was applied.
    #[must_use]
    pub fn is_changed_migration(&self) -> bool {
        matches!(self, Self::Migrate { error: MigrateError::VersionMismatch(_), .. })
    }
}
