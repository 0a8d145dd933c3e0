//! What the role that serves may do: read and write rows, and nothing to the tables themselves.

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::Identifier;
use super::error::{PostgresError, Result};

/// One GRANT or REVOKE a row, in order. Schemas and tables come from the catalog, so that a new table needs no line
/// anywhere: all schemas that the migrating role owns, which are those of its migrations.
///
/// Narrower than "all rows": lists of migrations are read only; the journal and the deployment's mark are added to and
/// never changed, whoever asks, and so is a service's own table whose comment is `append-only`. Partitions get nothing,
/// since their parent's rights hold for access through the parent.
const STATEMENTS: &str = r"
WITH mine AS (
    SELECT n.oid, n.nspname
    FROM pg_namespace n
    WHERE n.nspowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)
      AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'public')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
), tables AS (
    SELECT m.nspname, c.relname, c.relkind,
        CASE
            WHEN c.relispartition THEN NULL
            WHEN c.relkind IN ('v', 'm') OR c.relname = '_migrations' THEN 'SELECT'
            WHEN m.nspname = 'platform' AND c.relname IN ('journal', 'deployment') THEN 'SELECT, INSERT'
            WHEN obj_description(c.oid, 'pg_class') = 'append-only' THEN 'SELECT, INSERT'
            ELSE 'SELECT, INSERT, UPDATE, DELETE'
        END AS rights
    FROM pg_class c JOIN mine m ON m.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
)
SELECT statement FROM (
    SELECT 1 AS step, nspname, '' AS relname, format('REVOKE ALL ON SCHEMA %I FROM %I', nspname, $1) AS statement FROM mine
    UNION ALL
    SELECT 2, nspname, '', format('GRANT USAGE ON SCHEMA %I TO %I', nspname, $1) FROM mine
    UNION ALL
    SELECT 3, nspname, relname, format('REVOKE ALL ON TABLE %I.%I FROM %I', nspname, relname, $1) FROM tables
    UNION ALL
    SELECT 4, nspname, relname, format('GRANT %s ON TABLE %I.%I TO %I', rights, nspname, relname, $1)
    FROM tables WHERE rights IS NOT NULL
    UNION ALL
    SELECT 5, nspname, '', format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA %I TO %I', nspname, $1) FROM mine
    UNION ALL
    SELECT 6, nspname, '', format('GRANT EXECUTE ON ALL ROUTINES IN SCHEMA %I TO %I', nspname, $1) FROM mine
) AS all_of_them
ORDER BY step, nspname, relname";

/// Gives the role its rights and takes away what it should not have, in one transaction: nobody sees it between.
pub(super) async fn grant(connection: &mut PgConnection, role: Identifier<'_>) -> Result<()> {
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)")
        .bind(role.as_str())
        .fetch_one(&mut *connection)
        .await?;
    if !exists {
        return Err(PostgresError::NoRole(role.as_str().to_owned()));
    }
    let mut transaction = connection.begin().await?;
    let statements: Vec<String> =
        sqlx::query_scalar(STATEMENTS).bind(role.as_str()).fetch_all(&mut *transaction).await?;
    for statement in statements {
        // Every name in it was quoted by the server (`%I`).
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}
