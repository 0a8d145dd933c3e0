//! What the role that serves may do: read and write rows, and nothing to the tables themselves; and what the vault's may.

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::Identifier;
use super::error::Result;
use super::roles::Roles;

/// One GRANT or REVOKE a row, in order. Schemas and tables come from the catalog, so that a new table needs no line
/// anywhere: all schemas that the migrating role owns, which are those of its migrations.
///
/// Narrower than "all rows": lists of migrations are read only; the journal and the deployment's mark are added to and
/// never changed, whoever asks, and so is a service's own table whose comment is `append-only`. A table whose comment is
/// `vault` is added to by the role that serves, and read, changed and dropped from by the vault's role alone, where there
/// is one. Partitions get nothing, since their parent's rights hold for access through the parent.
///
/// Nobody else may connect: PostgreSQL lets everybody in, and into temporary tables, until the owner says otherwise.
const STATEMENTS: &str = r"
WITH names AS (
    SELECT quote_ident($1) AS app, quote_ident($2) AS vault, concat_ws(', ', 'PUBLIC', quote_ident($1), quote_ident($2)) AS all_of_them
), mine AS (
    SELECT n.oid, n.nspname
    FROM pg_namespace n
    WHERE n.nspowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)
      AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'public')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
), tables AS (
    SELECT m.nspname, c.relname, obj_description(c.oid, 'pg_class') = 'vault' AND $2 IS NOT NULL AS sealed,
        CASE
            WHEN c.relispartition THEN NULL
            WHEN c.relkind IN ('v', 'm') OR c.relname = '_migrations' THEN 'SELECT'
            WHEN m.nspname = 'platform' AND c.relname IN ('journal', 'deployment') THEN 'SELECT, INSERT'
            WHEN obj_description(c.oid, 'pg_class') = 'append-only' THEN 'SELECT, INSERT'
            WHEN obj_description(c.oid, 'pg_class') = 'vault' AND $2 IS NOT NULL THEN 'INSERT'
            ELSE 'SELECT, INSERT, UPDATE, DELETE'
        END AS rights
    FROM pg_class c JOIN mine m ON m.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
)
SELECT statement FROM (
    SELECT 1 AS step, '' AS nspname, '' AS relname, format('REVOKE ALL ON DATABASE %I FROM %s', current_database(), all_of_them) AS statement FROM names
    UNION ALL
    SELECT 2, '', '', format('GRANT CONNECT ON DATABASE %I TO %s', current_database(), app) FROM names
    UNION ALL
    SELECT 3, '', '', format('REVOKE CREATE ON SCHEMA public FROM %s', all_of_them) FROM names, pg_namespace n
    WHERE n.nspname = 'public' AND pg_has_role(n.nspowner, 'USAGE')
    UNION ALL
    SELECT 4, nspname, '', format('REVOKE ALL ON SCHEMA %I FROM %s', nspname, all_of_them) FROM mine, names
    UNION ALL
    SELECT 5, nspname, '', format('GRANT USAGE ON SCHEMA %I TO %s', nspname, app) FROM mine, names
    UNION ALL
    SELECT 6, nspname, relname, format('REVOKE ALL ON TABLE %I.%I FROM %s', nspname, relname, all_of_them) FROM tables, names
    UNION ALL
    SELECT 7, nspname, relname, format('GRANT %s ON TABLE %I.%I TO %s', rights, nspname, relname, app)
    FROM tables, names WHERE rights IS NOT NULL
    UNION ALL
    SELECT 8, nspname, '', format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA %I TO %s', nspname, app) FROM mine, names
    UNION ALL
    SELECT 9, nspname, '', format('GRANT EXECUTE ON ALL ROUTINES IN SCHEMA %I TO %s', nspname, app) FROM mine, names
    UNION ALL
    SELECT DISTINCT 10, nspname, '', format('GRANT USAGE ON SCHEMA %I TO %s', nspname, vault) FROM tables, names WHERE sealed
    UNION ALL
    SELECT 11, nspname, relname, format('GRANT SELECT, UPDATE, DELETE ON TABLE %I.%I TO %s', nspname, relname, vault)
    FROM tables, names WHERE sealed
) AS all_of_them
ORDER BY step, nspname, relname";

/// Gives the roles their rights and takes away what they should not have, in one transaction: nobody sees it between.
pub(super) async fn grant(connection: &mut PgConnection, roles: Roles<'_>) -> Result<()> {
    let mut transaction = connection.begin().await?;
    let statements: Vec<String> = sqlx::query_scalar(STATEMENTS)
        .bind(roles.app.as_str())
        .bind(roles.vault.map(Identifier::as_str))
        .fetch_all(&mut *transaction)
        .await?;
    for statement in statements {
        // Every name in it was quoted by the server.
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}
