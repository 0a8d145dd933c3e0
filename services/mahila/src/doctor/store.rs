//! What can be seen of a database by the role that serves. Nothing is written, and no row of a person's is read.
//!
//! The statements are about the catalog, or about tables of several services: static strings, held by the tests of the
//! doctor rather than by the compiler.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{FromRow, PgPool, Result};

/// The server, and how it keeps what is committed.
#[derive(Debug, Clone, FromRow)]
pub(super) struct Server {
    /// 150006 for 15.6.
    pub(super) number: i32,
    pub(super) version: String,
    pub(super) encoding: String,
    pub(super) time_zone: String,
    pub(super) fsync: String,
    pub(super) full_page_writes: String,
    pub(super) synchronous_commit: String,
    /// A replica, or one that is still recovering.
    pub(super) in_recovery: bool,
    pub(super) read_only: bool,
}

pub(super) async fn server(db: &PgPool) -> Result<Server> {
    sqlx::query_as(
        "SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version,
             (SELECT pg_encoding_to_char(encoding)::text FROM pg_database WHERE datname = current_database()) AS encoding,
             current_setting('TimeZone') AS time_zone, current_setting('fsync') AS fsync,
             current_setting('full_page_writes') AS full_page_writes,
             current_setting('synchronous_commit') AS synchronous_commit, pg_is_in_recovery() AS in_recovery,
             current_setting('transaction_read_only') = 'on' AS read_only",
    )
    .fetch_one(db)
    .await
}

/// Connections: what there are for all, and what is taken.
#[derive(Debug, Clone, Copy, FromRow)]
pub(super) struct Connections {
    /// For everybody who is no superuser.
    pub(super) room: i64,
    /// Of the whole server, now.
    pub(super) taken: i64,
    /// The least limit of role and database; -1: none.
    pub(super) limit: i64,
}

pub(super) async fn connections(db: &PgPool) -> Result<Connections> {
    sqlx::query_as(
        "SELECT current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint AS room,
             (SELECT coalesce(sum(numbackends), 0)::bigint FROM pg_stat_database) AS taken,
             (SELECT coalesce(min(n), -1)::bigint FROM (
                 SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user
                 UNION ALL SELECT datconnlimit FROM pg_database WHERE datname = current_database()
             ) AS limits (n) WHERE n >= 0) AS limit",
    )
    .fetch_one(db)
    .await
}

/// What fills the disk.
#[derive(Debug, Clone, Copy, FromRow)]
pub(super) struct Room {
    pub(super) database: i64,
    /// WAL that is kept for a replication slot which nobody reads.
    pub(super) kept: i64,
    /// The last segment could not be archived.
    pub(super) archiving_fails: bool,
}

pub(super) async fn room(db: &PgPool) -> Result<Room> {
    sqlx::query_as(
        "SELECT pg_database_size(current_database()) AS database,
             (SELECT coalesce(max(pg_wal_lsn_diff(
                  CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, restart_lsn)), 0)::bigint
              FROM pg_replication_slots WHERE NOT active) AS kept,
             (SELECT current_setting('archive_mode') <> 'off' AND last_failed_time IS NOT NULL
                 AND last_failed_time > coalesce(last_archived_time, '-infinity') FROM pg_stat_archiver) AS archiving_fails",
    )
    .fetch_one(db)
    .await
}

/// Whether the database was marked as simulated; `None`: not marked yet.
pub(super) async fn simulated(db: &PgPool) -> Result<Option<bool>> {
    sqlx::query_scalar("SELECT simulated FROM platform.deployment").fetch_optional(db).await
}

/// Indexes that are half built.
pub(super) async fn invalid_indexes(db: &PgPool) -> Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT format('%I.%I', n.nspname, c.relname)
         FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE NOT i.indisvalid AND n.nspname !~ '^pg_' ORDER BY 1",
    )
    .fetch_all(db)
    .await
}

/// The role that serves.
#[derive(Debug, Clone, FromRow)]
pub(super) struct Role {
    pub(super) name: String,
    pub(super) superuser: bool,
    /// Its other attributes that it should not have, and roles it should not be a member of, as they are written.
    pub(super) too_much: Vec<String>,
    /// Whether it has what an owner has: of the database, or of a table or schema in it.
    pub(super) owns: bool,
}

pub(super) async fn role(db: &PgPool) -> Result<Role> {
    sqlx::query_as(
        "SELECT rolname::text AS name, rolsuper AS superuser,
             array_remove(ARRAY[
                 CASE WHEN rolbypassrls THEN 'BYPASSRLS' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END,
                 CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolreplication THEN 'REPLICATION' END
             ], NULL) || ARRAY(
                 SELECT mighty.rolname::text FROM pg_roles mighty
                 WHERE NOT mine.rolsuper AND pg_has_role(mine.oid, mighty.oid, 'MEMBER') AND (mighty.rolsuper
                     OR mighty.rolname IN ('pg_read_all_data', 'pg_write_all_data', 'pg_execute_server_program',
                         'pg_read_server_files', 'pg_write_server_files', 'pg_database_owner'))
                 ORDER BY 1
             ) AS too_much,
             NOT rolsuper AND (
                 pg_has_role(mine.oid, (SELECT datdba FROM pg_database WHERE datname = current_database()), 'MEMBER')
                 OR EXISTS (SELECT FROM pg_namespace n WHERE n.nspname !~ '^pg_'
                     AND n.nspname NOT IN ('information_schema', 'public') AND pg_has_role(mine.oid, n.nspowner, 'MEMBER'))
                 OR EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND pg_has_role(mine.oid, c.relowner, 'MEMBER'))
             ) AS owns
         FROM pg_roles mine WHERE rolname = current_user",
    )
    .fetch_one(db)
    .await
}

/// The role that alone reads what is sealed, as the role that serves finds it.
#[derive(Debug, Clone, FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "columns")]
pub(super) struct Vault {
    /// The role that serves.
    pub(super) app: String,
    /// Whether the server is PostgreSQL 16 or later, where a membership itself says whether it inherits.
    pub(super) is_16: bool,
    /// Whether anything is sealed here: tables whose comment is `vault`.
    pub(super) sealed: bool,
    pub(super) exists: bool,
    /// Whether the role that serves may take it on.
    pub(super) taken_on: bool,
    /// Whether the role that serves has its rights without that.
    pub(super) inherited: bool,
    /// Its attributes that it should not have, and roles it should not be a member of, as they are written.
    pub(super) too_much: Vec<String>,
    /// Rights on what is sealed that it has not: `SELECT vault.persons`.
    pub(super) lacks: Vec<String>,
    /// Rights that it needs not.
    pub(super) beyond: Vec<String>,
    /// Rights on what is sealed that the role that serves has by itself: it may add, and no more.
    pub(super) read_by_app: Vec<String>,
}

pub(super) async fn vault(db: &PgPool, name: Option<&str>) -> Result<Vault> {
    sqlx::query_as(
        "WITH app AS (SELECT oid, rolname FROM pg_roles WHERE rolname = current_user),
         vault AS (SELECT * FROM pg_roles WHERE rolname = $1),
         version AS (SELECT current_setting('server_version_num')::int >= 160000 AS is_16),
         schemas AS (SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
         tables AS (
             SELECT c.oid, n.oid AS schema, format('%I.%I', n.nspname, c.relname) AS name,
                 obj_description(c.oid, 'pg_class') IS NOT DISTINCT FROM 'vault' AS sealed
             FROM pg_class c JOIN schemas n ON n.oid = c.relnamespace
             WHERE c.relkind IN ('r', 'p', 'v', 'm')
               AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
         ), rights AS (
             SELECT tables.*, right_, right_ IN ('SELECT', 'UPDATE', 'DELETE') AND sealed AS needed,
                 right_ IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') AS of_columns
             FROM tables, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS right_
         )
         SELECT app.rolname::text AS app, is_16, EXISTS (SELECT FROM tables WHERE sealed) AS sealed,
             vault.oid IS NOT NULL AS exists,
             coalesce(pg_has_role(vault.oid, CASE WHEN is_16 THEN 'SET' ELSE 'MEMBER' END), false) AS taken_on,
             coalesce(pg_has_role(vault.oid, 'USAGE'), false) AS inherited,
             array_remove(ARRAY[
                 CASE WHEN rolcanlogin THEN 'LOGIN' END, CASE WHEN rolsuper THEN 'SUPERUSER' END,
                 CASE WHEN rolbypassrls THEN 'BYPASSRLS' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END,
                 CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolreplication THEN 'REPLICATION' END
             ], NULL) || ARRAY(
                 SELECT rolname::text FROM pg_roles other
                 WHERE NOT vault.rolsuper AND other.oid <> vault.oid AND pg_has_role(vault.oid, other.oid, 'MEMBER') ORDER BY 1
             ) AS too_much,
             ARRAY(
                 SELECT 'USE SCHEMA ' || nspname FROM schemas
                 WHERE oid IN (SELECT schema FROM tables WHERE sealed) AND NOT has_schema_privilege(vault.oid, oid, 'USAGE')
                 UNION ALL
                 SELECT right_ || ' ' || name FROM rights WHERE needed AND NOT has_table_privilege(vault.oid, rights.oid, right_)
                 ORDER BY 1
             ) AS lacks,
             ARRAY(
                 -- What everybody may make is told by what the role that serves may make.
                 SELECT 'CREATE IN SCHEMA ' || nspname FROM schemas
                 WHERE has_schema_privilege(vault.oid, oid, 'CREATE') AND NOT has_schema_privilege(oid, 'CREATE')
                 UNION ALL
                 SELECT right_ || ' ' || name FROM rights
                 WHERE NOT needed AND (has_table_privilege(vault.oid, rights.oid, right_)
                     OR of_columns AND has_any_column_privilege(vault.oid, rights.oid, CASE WHEN of_columns THEN right_ ELSE 'SELECT' END))
                 ORDER BY 1
             ) AS beyond,
             ARRAY(
                 SELECT right_ || ' ' || name FROM rights
                 WHERE needed AND (has_table_privilege(rights.oid, right_)
                     OR of_columns AND has_any_column_privilege(rights.oid, CASE WHEN of_columns THEN right_ ELSE 'SELECT' END))
                 ORDER BY 1
             ) AS read_by_app
         FROM app CROSS JOIN version LEFT JOIN vault ON true",
    )
    .bind(name)
    .fetch_one(db)
    .await
}

/// What the role may do to tables that are added to and never changed, and to lists of migrations: `UPDATE platform.journal`.
pub(super) async fn may_change(db: &PgPool) -> Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT format('%s %I.%I', right_, n.nspname, c.relname)
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
             unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS right_
         WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_' AND (
                 c.relname = '_migrations'
                 OR right_ <> 'INSERT' AND (n.nspname = 'platform' AND c.relname IN ('journal', 'deployment')
                     OR obj_description(c.oid, 'pg_class') = 'append-only'))
             AND (has_table_privilege(c.oid, right_)
                 OR right_ IN ('INSERT', 'UPDATE') AND has_any_column_privilege(c.oid, CASE right_ WHEN 'INSERT' THEN 'INSERT' ELSE 'UPDATE' END))
         ORDER BY 1",
    )
    .fetch_all(db)
    .await
}

/// Whether it may do what the writer does: read the journal and add to it.
pub(super) async fn may_write(db: &PgPool) -> Result<bool> {
    sqlx::query_scalar(
        "SELECT has_table_privilege('platform.journal', 'SELECT') AND has_table_privilege('platform.journal', 'INSERT')
             AND has_table_privilege('platform.journal_head', 'UPDATE') AND has_table_privilege('platform.positions', 'UPDATE')",
    )
    .fetch_one(db)
    .await
}

/// Schemas in which it may make things, and `database` when it may make schemas.
pub(super) async fn may_create(db: &PgPool) -> Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT nspname::text FROM pg_namespace
         WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND has_schema_privilege(oid, 'CREATE')
         UNION ALL SELECT 'database' WHERE has_database_privilege(current_database(), 'CREATE') ORDER BY 1",
    )
    .fetch_all(db)
    .await
}

/// Which of these databases it may connect to, its own left out.
pub(super) async fn may_visit(db: &PgPool, names: &[String]) -> Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT datname::text FROM pg_database
         WHERE datname = ANY($1) AND datname <> current_database() AND datallowconn AND has_database_privilege(oid, 'CONNECT')
         ORDER BY 1",
    )
    .bind(names)
    .fetch_all(db)
    .await
}

/// Whether who asks owns the tables; `None`: there are none.
pub(super) async fn owns_tables(db: &PgPool) -> Result<Option<bool>> {
    sqlx::query_scalar(
        "SELECT bool_and(pg_has_role(current_user, nspowner, 'USAGE')) FROM pg_namespace
         WHERE nspname = 'platform'",
    )
    .fetch_one(db)
    .await
}

/// What time it is there.
pub(super) async fn now(db: &PgPool) -> Result<DateTime<Utc>> {
    sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(db).await
}

/// The day in India at an instant, by the server's own tables of time zones.
pub(super) async fn day(db: &PgPool, at: DateTime<Utc>) -> Result<NaiveDate> {
    sqlx::query_scalar("SELECT ($1::timestamptz AT TIME ZONE 'Asia/Kolkata')::date").bind(at).fetch_one(db).await
}

/// Where a follower is.
#[derive(Debug, Clone, PartialEq, Eq, Default, FromRow)]
pub(super) struct Position {
    pub(super) epoch: String,
    pub(super) position: i64,
}

pub(super) async fn position(db: &PgPool, source: &str) -> Result<Option<Position>> {
    sqlx::query_as("SELECT epoch, position FROM platform.positions WHERE source = $1")
        .bind(source)
        .fetch_optional(db)
        .await
}

/// Data keys of the vault: how many there may be, and how the distinct ones begin.
#[derive(Debug, Clone)]
pub(super) struct DataKeys {
    /// By the statistics where only a sample was read.
    pub(super) rows: i64,
    pub(super) sampled: bool,
    pub(super) headers: Vec<Vec<u8>>,
}

/// So many rows are read in some ten milliseconds.
const ALL: i64 = 200_000;

/// What is sealed is read as the vault's role, where the rights say that there is one: the service does the same.
const ENTER: &str = "SELECT set_config('role', (
         SELECT roles.rolname FROM pg_class
         CROSS JOIN aclexplode(pg_class.relacl) AS rights
         JOIN pg_roles AS roles ON roles.oid = rights.grantee
         WHERE pg_class.oid = 'vault.data_keys'::regclass AND rights.privilege_type = 'SELECT'
           AND roles.oid <> pg_class.relowner AND pg_has_role(roles.oid, 'MEMBER')
         LIMIT 1
     ), true)";

/// No index holds the number of a key, so a large table is read by a sample of its pages: of a key that wraps more than a
/// thousandth of the rows it misses none.
pub(super) async fn data_keys(db: &PgPool, header: usize) -> Result<DataKeys> {
    let mut tx = db.begin().await?;
    sqlx::query(ENTER).execute(&mut *tx).await?;
    let rows: i64 = sqlx::query_scalar(
        "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'vault.data_keys'::regclass",
    )
    .fetch_one(&mut *tx)
    .await?;
    let header = i32::try_from(header).unwrap_or(i32::MAX);
    if rows <= ALL {
        let headers: Vec<(Vec<u8>, i64)> =
            sqlx::query_as("SELECT substring(wrapped FOR $1), count(*) FROM vault.data_keys GROUP BY 1 ORDER BY 1")
                .bind(header)
                .fetch_all(&mut *tx)
                .await?;
        let rows = headers.iter().map(|(_, count)| count).sum();
        let headers = headers.into_iter().map(|(header, _)| header).collect();
        return Ok(DataKeys { rows, sampled: false, headers });
    }
    #[expect(clippy::cast_precision_loss, reason = "a share of the pages, to a hundredth")]
    let share = (100.0 * ALL as f64 / rows as f64).max(0.01);
    let sample = "SELECT DISTINCT substring(wrapped FOR $1) FROM vault.data_keys TABLESAMPLE SYSTEM ($2) ORDER BY 1";
    let headers = sqlx::query_scalar(sample).bind(header).bind(share).fetch_all(&mut *tx).await?;
    Ok(DataKeys { rows, sampled: true, headers })
}
