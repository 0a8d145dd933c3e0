//! Who is who in a database: the owner migrates, the app role serves, the vault role alone reads what is sealed. Looked at
//! before anything is changed, so that a wrong role is told with the statement that mends it.

use sqlx::PgConnection;

use super::Identifier;
use super::error::{PostgresError, Result};
use crate::settings::DatabaseSettings;

/// The roles that a database's rights are for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Roles<'a> {
    /// The role that serves.
    pub(super) app: Identifier<'a>,
    /// The role that the app role takes on to read what is sealed.
    pub(super) vault: Option<Identifier<'a>>,
}

/// A sentence for each thing that is wrong, with the statement that mends it (as a superuser, or the owner of what it is about).
///
/// That a role "may act as" another is membership of any kind: who is a member may become it by `SET ROLE`. Rights are told
/// apart by PostgreSQL 16 more finely than by 15: there a membership itself says whether it inherits and whether it may be
/// taken on, before it was the member's attribute.
const WRONG: &str = r"
WITH me AS (SELECT oid, rolname FROM pg_roles WHERE rolname = current_user),
app AS (SELECT * FROM pg_roles WHERE rolname = $1),
vault AS (SELECT * FROM pg_roles WHERE rolname = $2),
version AS (SELECT current_setting('server_version_num')::int >= 160000 AS is_16),
told AS (
    SELECT 1 AS place, format('this database belongs to %I, not to %I', pg_get_userbyid(d.datdba), me.rolname) AS what,
        format('ALTER DATABASE %I OWNER TO %I', d.datname, me.rolname) AS mend
    FROM pg_database d, me WHERE d.datname = current_database() AND NOT pg_has_role(me.oid, d.datdba, 'USAGE')
    UNION ALL
    SELECT 2, format('schema %I belongs to %I, not to %I', n.nspname, pg_get_userbyid(n.nspowner), me.rolname),
        format('ALTER SCHEMA %I OWNER TO %I', n.nspname, me.rolname)
    FROM pg_namespace n, me WHERE n.nspname = ANY($3) AND n.nspowner <> me.oid
    UNION ALL
    SELECT 3, format('table %I.%I belongs to %I, not to %I', n.nspname, c.relname, pg_get_userbyid(c.relowner), me.rolname),
        format('ALTER TABLE %I.%I OWNER TO %I', n.nspname, c.relname, me.rolname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, me
    WHERE n.nspname = ANY($3) AND c.relkind IN ('r', 'p', 'v', 'm') AND c.relowner <> me.oid
    UNION ALL
    SELECT 4, format('role %I may create in schema public', app.rolname),
        format('REVOKE CREATE ON SCHEMA public FROM PUBLIC, %I', app.rolname)
    FROM pg_namespace n, me, app
    WHERE n.nspname = 'public' AND has_schema_privilege(app.oid, n.oid, 'CREATE') AND NOT app.rolsuper
      AND NOT pg_has_role(me.oid, n.nspowner, 'USAGE')
    UNION ALL
    SELECT 5,
        CASE WHEN power.oid <> app.oid THEN format('role %I may act as %I', app.rolname, power.rolname)
             WHEN app.oid = me.oid THEN format('app_role %I is the owner itself', app.rolname)
             ELSE format('role %I may do more than serve', app.rolname) END,
        CASE WHEN power.oid <> app.oid THEN format('REVOKE %I FROM %I', power.rolname, pg_get_userbyid(given.member))
             WHEN app.oid = me.oid THEN 'name another role in url and app_role'
             ELSE format('ALTER ROLE %I NOSUPERUSER NOCREATEROLE NOCREATEDB NOREPLICATION NOBYPASSRLS', app.rolname) END
    FROM app CROSS JOIN me CROSS JOIN pg_roles power
    LEFT JOIN pg_auth_members given ON given.roleid = power.oid AND pg_has_role(app.oid, given.member, 'MEMBER')
    WHERE pg_has_role(app.oid, power.oid, 'MEMBER') AND (power.oid = app.oid OR NOT app.rolsuper)
      AND (power.oid = me.oid OR power.rolsuper OR power.rolcreaterole OR power.rolcreatedb OR power.rolreplication
           OR power.rolbypassrls OR power.rolname IN ('pg_read_all_data', 'pg_write_all_data', 'pg_read_server_files',
               'pg_write_server_files', 'pg_execute_server_program'))
    UNION ALL
    SELECT 6, format('role %I cannot take on the vault role %I', app.rolname, vault.rolname),
        format(CASE WHEN is_16 THEN 'GRANT %I TO %I WITH INHERIT FALSE, SET TRUE' ELSE 'GRANT %I TO %I' END, vault.rolname, app.rolname)
    FROM app, vault, version
    WHERE NOT pg_has_role(app.oid, vault.oid, CASE WHEN is_16 THEN 'SET' ELSE 'MEMBER' END)
    UNION ALL
    SELECT 7, format('role %I has the rights of the vault role %I without taking it on', app.rolname, vault.rolname),
        CASE WHEN app.oid = vault.oid THEN 'name another role in vault_role'
             WHEN is_16 THEN format('GRANT %I TO %I WITH INHERIT FALSE', vault.rolname, app.rolname)
             ELSE format('ALTER ROLE %I NOINHERIT', app.rolname) END
    FROM app, vault, version
    WHERE NOT app.rolsuper AND pg_has_role(app.oid, vault.oid, 'USAGE')
)
SELECT what || '; to mend it: ' || mend FROM told GROUP BY place, what, mend ORDER BY place, what";

impl<'a> Roles<'a> {
    /// The roles that the settings name; `None`: rights are somebody else's business.
    pub(super) fn of(settings: &'a DatabaseSettings) -> Result<Option<Self>> {
        let Some(app) = &settings.app_role else { return Ok(None) };
        let vault = settings.vault_role.as_deref().map(Identifier::parse).transpose()?;
        Ok(Some(Self { app: Identifier::parse(app)?, vault }))
    }

    /// Refuses roles that do not exist, may more than they should, or are not who they are said to be.
    pub(super) async fn check(self, connection: &mut PgConnection, schemas: &[String]) -> Result<()> {
        for (role, key, create) in
            [(Some(self.app), "app_role", "LOGIN NOINHERIT"), (self.vault, "vault_role", "NOLOGIN")]
        {
            let Some(role) = role else { continue };
            let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)")
                .bind(role.as_str())
                .fetch_one(&mut *connection)
                .await?;
            if !exists {
                return Err(PostgresError::NoRole { role: role.as_str().to_owned(), key, create });
            }
        }
        let wrong: Vec<String> = sqlx::query_scalar(WRONG)
            .bind(self.app.as_str())
            .bind(self.vault.map(Identifier::as_str))
            .bind(schemas)
            .fetch_all(connection)
            .await?;
        if wrong.is_empty() { Ok(()) } else { Err(PostgresError::Roles(wrong)) }
    }
}
