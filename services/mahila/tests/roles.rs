//! What the roles of the databases may do, and what they may not: real logins, every service's real tables.
//!
//! The owner migrates; the app role serves and can do no more; the vault's role alone reads what names anybody.

mod common;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use common::{Ran, command, mahila};
use platform::postgres::embedded::{Cluster, Options};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

const SERVICES: [&str; 5] = ["registry", "intake", "review", "campaigns", "oversight"];

/// Identity, sealed.
const SEALED: [&str; 5] =
    ["vault.data_keys", "vault.narratives", "vault.notes", "vault.persons", "vault.safe_contacts"];

/// PostgreSQL with the roles and databases of the suite.
struct Place {
    folder: tempfile::TempDir,
    cluster: Cluster,
}

impl Place {
    async fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("mahila-roles-").tempdir().unwrap();
        // Root's PostgreSQL is not root and must enter.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let options = Options { dir: folder.path().join("postgres"), durable: false, max_connections: 60 };
        let cluster = Cluster::start(options).await.unwrap();
        let mut text = String::new();
        for service in SERVICES {
            let urls = cluster.ensure_service(service).await.unwrap();
            write!(
                text,
                "[database.{service}]\nurl = \"{}\"\nowner_url = \"{}\"\napp_role = \"{}\"\nvault_role = \"{}\"\n",
                urls.app_url.expose(),
                urls.owner_url.expose(),
                urls.app_role,
                urls.vault_role
            )
            .unwrap();
        }
        std::fs::write(folder.path().join("settings.toml"), text).unwrap();
        Self { folder, cluster }
    }

    async fn migrated() -> Self {
        let place = Self::empty().await;
        let ran = place.migrate(&["all"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        place
    }

    fn migrate(&self, arguments: &[&str]) -> Ran {
        let settings = self.folder.path().join("settings.toml");
        mahila(Path::new("/nonexistent"), &[&["migrate", "--settings", settings.to_str().unwrap()], arguments].concat())
    }

    /// A login as a role.
    async fn login(&self, role: &str, database: &str) -> sqlx::Result<PgConnection> {
        PgConnection::connect(&self.cluster.url_as(role, database)).await
    }

    async fn superuser(&self, database: &str, statement: &str) {
        let mut connection = self.login("postgres", database).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.unwrap();
    }
}

/// Tries a statement that must be refused, outside a transaction, where some are.
async fn refused(connection: &mut PgConnection, statement: &str) -> String {
    let tried = sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(connection).await;
    tried.err().map(|error| sqlstate(&error)).unwrap_or_default()
}

/// Tries statements and leaves nothing behind; how the last one ended: an SQLSTATE, or nothing.
async fn tried(connection: &mut PgConnection, statements: &str) -> String {
    let mut tx = connection.begin().await.unwrap();
    let tried = sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut *tx).await;
    tx.rollback().await.unwrap();
    tried.err().map(|error| sqlstate(&error)).unwrap_or_default()
}

fn sqlstate(error: &sqlx::Error) -> String {
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .unwrap_or_else(|| panic!("{error}"))
        .into_owned()
}

const FORBIDDEN: &str = "42501";

/// Tables of a database, by their comments.
async fn tables(connection: &mut PgConnection) -> Vec<(String, Option<String>)> {
    sqlx::query_as(
        "SELECT format('%I.%I', n.nspname, c.relname), obj_description(c.oid, 'pg_class')
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
         ORDER BY 1",
    )
    .fetch_all(connection)
    .await
    .unwrap()
}

#[tokio::test]
async fn the_app_role_serves_and_can_do_no_more() {
    let place = Place::migrated().await;
    for service in SERVICES {
        let app = &mut place.login(&format!("{service}_app"), service).await.unwrap();
        for statement in [
            // Nothing of its own, anywhere.
            "CREATE TABLE public.mine (id int)",
            "CREATE TABLE platform.mine (id int)",
            "CREATE TEMPORARY TABLE mine (id int)",
            "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE SCHEMA mine",
            "CREATE DATABASE mine",
            "CREATE ROLE mine",
            // Nobody else.
            &format!("SET LOCAL ROLE {service}_owner"),
            "SET LOCAL ROLE postgres",
            "SET LOCAL SESSION AUTHORIZATION postgres",
            &format!("ALTER ROLE {service}_app SUPERUSER"),
            &format!("GRANT {service}_owner TO {service}_app"),
            &format!("ALTER DATABASE {service} OWNER TO {service}_app"),
            // Not the machine.
            "SELECT pg_read_file('/etc/hostname')",
            "COPY (SELECT 1) TO PROGRAM 'cat'",
            "ALTER SYSTEM SET fsync = off",
            // History stands.
            "UPDATE platform.journal SET kind = 'x'",
            "DELETE FROM platform.journal",
            "UPDATE platform.deployment SET simulated = true",
            "DELETE FROM platform.deployment",
            "INSERT INTO platform._migrations VALUES (9, '', now(), true, '', 0)",
            "DELETE FROM platform._migrations",
            // The sealed tables of another service do not become readable by the name of their role.
            if service == "intake" { "SET LOCAL ROLE oversight_vault" } else { "SET LOCAL ROLE intake_vault" },
        ] {
            assert_eq!(refused(app, statement).await, FORBIDDEN, "{service}: {statement}");
        }
        for allowed in [
            "SELECT simulated FROM platform.deployment",
            "SELECT version FROM platform._migrations",
            "UPDATE platform.journal_head SET seq = seq + 1",
            "INSERT INTO platform.journal VALUES (1, 'k', 's', '', 'a', now(), '', decode(repeat('00', 32), 'hex'))",
            "INSERT INTO platform.deployment (simulated) VALUES (true)",
            "DELETE FROM platform.positions",
            "SELECT pg_try_advisory_xact_lock(1)",
        ] {
            assert_eq!(tried(app, allowed).await, "", "{service}: {allowed}");
        }

        let tables = tables(app).await;
        let sealed: BTreeSet<&str> = tables
            .iter()
            .filter(|(_, comment)| comment.as_deref() == Some("vault"))
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(sealed, if service == "intake" { BTreeSet::from(SEALED) } else { BTreeSet::new() });
        assert!(tables.len() > 10, "{service}: {tables:?}");
        for (table, comment) in &tables {
            for statement in [
                format!("TRUNCATE {table}"),
                format!("DROP TABLE {table}"),
                format!("ALTER TABLE {table} ADD COLUMN mine int"),
                format!("ALTER TABLE {table} DISABLE TRIGGER ALL"),
                format!("CREATE INDEX mine ON {table} ((1))"),
                format!("COMMENT ON TABLE {table} IS ''"),
            ] {
                assert_eq!(refused(app, &statement).await, FORBIDDEN, "{service}: {statement}");
            }
            let history = comment.as_deref() == Some("append-only")
                || table.ends_with("._migrations")
                || ["platform.journal", "platform.deployment"].contains(&table.as_str());
            let sealed = sealed.contains(table.as_str());
            for (statement, forbidden) in
                [(format!("SELECT * FROM {table}"), sealed), (format!("DELETE FROM {table}"), sealed || history)]
            {
                let expected = if forbidden { FORBIDDEN } else { "" };
                assert_eq!(tried(app, &statement).await, expected, "{service}: {statement}");
            }
        }
    }
}

#[tokio::test]
async fn a_database_lets_its_own_roles_in_and_nobody_else() {
    let place = Place::migrated().await;
    for service in SERVICES {
        for other in SERVICES {
            for role in ["app", "owner"] {
                let login = place.login(&format!("{other}_{role}"), service).await;
                let told = login.err().map(|error| sqlstate(&error)).unwrap_or_default();
                assert_eq!(told, if service == other { "" } else { FORBIDDEN }, "{other}_{role} in {service}");
            }
        }
        // The vault's role is taken on, never logged in as (28000).
        assert_eq!(sqlstate(&place.login(&format!("{service}_vault"), service).await.unwrap_err()), "28000");
    }
}

#[tokio::test]
async fn the_vaults_role_reads_what_is_sealed_and_nothing_else() {
    let place = Place::migrated().await;
    let app = &mut place.login("intake_app", "intake").await.unwrap();
    let subject = "'00000000-0000-4000-8000-000000000001'";
    let add = format!("INSERT INTO vault.data_keys VALUES ({subject}, '')");
    assert_eq!(tried(app, &add).await, "");
    assert_eq!(tried(app, &format!("{add} RETURNING wrapped")).await, FORBIDDEN);
    // Callers of 112 are looked up on every call, by digests that name nobody.
    assert_eq!(tried(app, "SELECT * FROM vault.callers").await, "");

    let taken_on = "SET LOCAL ROLE intake_vault;";
    for allowed in SEALED.iter().flat_map(|table| [format!("SELECT * FROM {table}"), format!("DELETE FROM {table}")]) {
        assert_eq!(tried(app, &format!("{taken_on} {allowed}")).await, "", "{allowed}");
    }
    assert_eq!(tried(app, &format!("{taken_on} UPDATE vault.data_keys SET wrapped = wrapped")).await, "");
    for refused in [
        "SELECT * FROM intake.complaints",
        "SELECT * FROM platform.journal",
        "SELECT * FROM vault.callers",
        &add,
        "TRUNCATE vault.persons",
        "DROP TABLE vault.persons",
        "CREATE TABLE vault.mine (id int)",
        "CREATE TABLE public.mine (id int)",
    ] {
        assert_eq!(tried(app, &format!("{taken_on} {refused}")).await, FORBIDDEN, "{refused}");
    }
}

#[tokio::test]
async fn without_a_vault_role_the_app_role_reads_what_is_sealed_as_before() {
    let place = Place::migrated().await;
    let settings = place.folder.path().join("settings.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(
        &settings,
        text.lines().filter(|line| !line.starts_with("vault_role")).collect::<Vec<_>>().join("\n"),
    )
    .unwrap();
    assert_eq!(place.migrate(&["intake"]).code, 0);
    let app = &mut place.login("intake_app", "intake").await.unwrap();
    for table in SEALED {
        assert_eq!(tried(app, &format!("SELECT * FROM {table}; DELETE FROM {table}")).await, "");
    }
}

#[tokio::test]
async fn two_migrators_at_once_and_one_that_only_looks() {
    let place = Place::empty().await;
    let looked = place.migrate(&["all", "--dry-run"]);
    assert_eq!(looked.code, 0, "{}", looked.err);
    assert!(looked.out.contains("intake: would apply intake 1 "), "{}", looked.out);
    let settings = place.folder.path().join("settings.toml");
    let start = || {
        let mut command = command(Path::new("/nonexistent"));
        command.args(["migrate", "all", "--settings"]).arg(&settings);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        command.spawn().unwrap()
    };
    let (one, other) = (start(), start());
    let ran = [one, other].map(|child| Ran::from(child.wait_with_output().unwrap()));
    for ran in &ran {
        assert_eq!(ran.code, 0, "{}", ran.err);
    }
    let applied = |ran: &Ran| ran.out.lines().filter(|line| line.contains(": applied ")).count();
    let would = looked.out.lines().filter(|line| line.contains(": would apply ")).count();
    assert_eq!(applied(&ran[0]) + applied(&ran[1]), would, "each migration once: {ran:?}");
    let looked = place.migrate(&["all", "--dry-run"]);
    assert_eq!(looked.out.matches("up to date").count(), SERVICES.len(), "{}", looked.out);
}

#[tokio::test]
async fn a_role_that_may_too_much_or_owns_too_little_is_told_with_what_mends_it() {
    let place = Place::migrated().await;
    let mut superuser = place.login("postgres", "intake").await.unwrap();
    let version: String = sqlx::query_scalar("SHOW server_version_num").fetch_one(&mut superuser).await.unwrap();
    let inherits = if version.as_str() >= "16" {
        "GRANT intake_vault TO intake_app WITH INHERIT TRUE"
    } else {
        "ALTER ROLE intake_app INHERIT"
    };
    for (wrong, told) in [
        ("ALTER ROLE intake_app SUPERUSER", "role intake_app may do more than serve"),
        ("ALTER ROLE intake_app CREATEROLE", "role intake_app may do more than serve"),
        ("ALTER ROLE intake_app BYPASSRLS", "role intake_app may do more than serve"),
        ("GRANT intake_owner TO intake_app", "role intake_app may act as intake_owner"),
        ("GRANT pg_read_all_data TO intake_app", "role intake_app may act as pg_read_all_data"),
        ("GRANT pg_read_all_data TO intake_vault", "role intake_app may act as pg_read_all_data"),
        (
            "ALTER DATABASE intake OWNER TO registry_owner; GRANT CONNECT ON DATABASE intake TO intake_owner",
            "this database belongs to registry_owner, not to intake_owner",
        ),
        ("ALTER SCHEMA vault OWNER TO postgres", "schema vault belongs to postgres, not to intake_owner"),
        ("ALTER TABLE vault.persons OWNER TO postgres", "table vault.persons belongs to postgres, not to intake_owner"),
        ("REVOKE intake_vault FROM intake_app", "role intake_app cannot take on the vault role intake_vault"),
        (inherits, "role intake_app has the rights of the vault role intake_vault without taking it on"),
        (
            "ALTER SCHEMA public OWNER TO postgres; GRANT CREATE ON SCHEMA public TO PUBLIC",
            "role intake_app may create in schema public",
        ),
    ] {
        place.superuser("intake", wrong).await;
        for verb in [&["intake"][..], &["intake", "--dry-run"]] {
            let ran = place.migrate(verb);
            assert_eq!(ran.code, 1, "{wrong}");
            assert!(
                ran.err.contains("database.intake: nothing was changed") && ran.err.contains(told),
                "{wrong}: {}",
                ran.err
            );
        }
        // The statement that it tells does mend it.
        let said = place.migrate(&["intake"]).err;
        let mend = said.split("; to mend it: ").nth(1).unwrap().trim();
        place.superuser("intake", mend).await;
        let ran = place.migrate(&["intake"]);
        assert_eq!(ran.code, 0, "{wrong}; {mend}: {}", ran.err);
    }

    let settings = place.folder.path().join("settings.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, text.replace("app_role = \"registry_app\"", "app_role = \"registry_owner\"")).unwrap();
    let ran = place.migrate(&["registry"]);
    assert!(
        ran.err.contains("app_role registry_owner is the owner itself; to mend it: name another role"),
        "{}",
        ran.err
    );
    std::fs::write(&settings, text.replace("vault_role = \"registry_vault\"", "vault_role = \"nobody\"")).unwrap();
    let ran = place.migrate(&["registry"]);
    assert!(ran.err.contains("create it (`CREATE ROLE nobody NOLOGIN`) or correct `vault_role`"), "{}", ran.err);
}
