//! `mahila vault rewrap` as an operator has it: the key is changed, the command is killed in the middle and run again, the doctor
//! finds nothing of the old key, and its line goes. Real PostgreSQL, the roles of an installation, and never the owner's address.

mod common;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::{Ran, command, mahila};
use platform::postgres::embedded::{Cluster, Options};
use platform::seal::{Keys, Sealer, WrappedKey, os_random};
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

/// The slowest step, many times over, on a machine that does other things.
const PATIENCE: Duration = Duration::from_mins(1);
const NOWHERE: &str = "/nonexistent/mahila";

/// An intake's database with its roles, and the settings of its process.
struct Place {
    folder: tempfile::TempDir,
    cluster: Cluster,
}

impl Place {
    async fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("mahila-vault-").tempdir().unwrap();
        // Root's PostgreSQL is not root and must enter.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let options = Options { dir: folder.path().join("postgres"), durable: false, max_connections: 60 };
        let cluster = Cluster::start(options).await.unwrap();
        let urls = cluster.ensure_service("intake").await.unwrap();
        let place = Self { folder, cluster };
        let text = format!(
            "[database.intake]\nurl = \"{}\"\napp_role = \"{}\"\nvault_role = \"{}\"\n[seal]\nkeys_file = \"{}\"\n",
            urls.app_url.expose(),
            urls.app_role,
            urls.vault_role,
            place.path("seal.keys").display()
        );
        std::fs::write(place.path("settings.toml"), text).unwrap();
        Keys::generate_file(&place.path("seal.keys"), &os_random()).unwrap();
        let mut migrate = place.command(&["migrate", "intake"]);
        migrate.env("MAHILA__DATABASE__INTAKE__OWNER_URL", urls.owner_url.expose());
        let ran = Ran::from(migrate.output().unwrap());
        assert_eq!(ran.code, 0, "{}", ran.err);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = command(Path::new(NOWHERE));
        command.args(arguments).arg("--settings").arg(self.path("settings.toml"));
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let ran = Ran::from(self.command(arguments).output().unwrap());
        for line in self.keys().lines().filter(|line| !line.starts_with('#')) {
            let key = line.rsplit(' ').next().unwrap();
            assert!(key.len() < 20 || !(ran.out.contains(key) || ran.err.contains(key)), "{ran:?}");
        }
        ran
    }

    fn rewrap(&self, more: &[&str]) -> Ran {
        self.run(&[&["vault", "rewrap"], more].concat())
    }

    fn json(&self, more: &[&str]) -> (i32, Value) {
        let ran = self.rewrap(&[&["--output", "json"], more].concat());
        (ran.code, serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}")))
    }

    fn keys(&self) -> String {
        std::fs::read_to_string(self.path("seal.keys")).unwrap()
    }

    fn write_keys(&self, text: &str) {
        std::fs::write(self.path("seal.keys"), text).unwrap();
    }

    fn sealer(&self) -> Sealer {
        Sealer::new(Keys::load(&self.path("seal.keys")).unwrap(), os_random())
    }

    /// What the doctor says of the keys that are in use.
    fn keys_used(&self) -> (String, String) {
        let ran = self.run(&["doctor", "intake", "--output", "json"]);
        let told: Value = serde_json::from_str(&ran.out).unwrap();
        let line = told["checks"].as_array().unwrap().iter().find(|line| line["check"] == "keys.used").unwrap();
        (line["state"].as_str().unwrap().to_owned(), line["found"]["en"].as_str().unwrap().to_owned())
    }

    async fn superuser(&self) -> PgConnection {
        PgConnection::connect(&self.cluster.url("intake")).await.unwrap()
    }

    async fn data_keys(&self) -> Vec<(Uuid, Vec<u8>)> {
        let mut superuser = self.superuser().await;
        sqlx::query_as("SELECT subject, wrapped FROM vault.data_keys").fetch_all(&mut superuser).await.unwrap()
    }

    /// Adds subjects with data keys of their own.
    async fn add(&self, count: usize) {
        let sealer = self.sealer();
        let subjects: Vec<Uuid> = (0..count).map(|_| Uuid::new_v4()).collect();
        let wrapped: Vec<Vec<u8>> =
            subjects.iter().map(|subject| sealer.new_data_key(*subject).1.as_bytes().to_vec()).collect();
        sqlx::query("INSERT INTO vault.data_keys SELECT * FROM unnest($1::uuid[], $2::bytea[])")
            .bind(subjects)
            .bind(wrapped)
            .execute(&mut self.superuser().await)
            .await
            .unwrap();
    }

    /// Asks until it is so.
    async fn until(&self, what: &str) {
        let (mut superuser, deadline) = (self.superuser().await, Instant::now() + PATIENCE);
        let sql = format!("SELECT {what} FROM pg_stat_activity WHERE usename = 'intake_app'");
        while !sqlx::query_scalar::<_, bool>(sqlx::AssertSqlSafe(sql.clone())).fetch_one(&mut superuser).await.unwrap()
        {
            assert!(Instant::now() < deadline, "{what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_changed_the_command_killed_and_run_again_and_the_old_line_goes() {
    let place = Place::new().await;
    place.add(1700).await;
    let nothing = place.rewrap(&[]);
    assert_eq!((nothing.code, nothing.out.lines().count()), (0, 2), "{nothing:?}");
    assert!(nothing.out.starts_with("0 of 1700 data keys were wrapped again with key 1\n"), "{}", nothing.out);
    assert!(nothing.err.is_empty(), "{}", nothing.err);

    // Another key is the active one.
    let old = place.keys();
    let mut fresh = [0; 32];
    os_random()(&mut fresh);
    let line = format!("wrapping 2 {}\n", base64::Engine::encode(&base64::engine::general_purpose::STANDARD, fresh));
    place.write_keys(&(old.replace("active 1", "active 2") + &line));
    assert_eq!(place.keys_used(), ("ok".into(), "keys in use: 1 (in all 1700 rows)".into()));
    let looked = place.rewrap(&["--dry-run"]);
    assert_eq!(
        (looked.code, looked.out.as_str()),
        (0, "1700 of 1700 data keys would be wrapped again with key 2\n"),
        "{looked:?}"
    );
    assert_eq!(place.keys_used().1, "keys in use: 1 (in all 1700 rows)");

    // Killed while the last batch waits for a row that somebody holds.
    let mut superuser = place.superuser().await;
    let mut held = superuser.begin().await.unwrap();
    sqlx::query("SELECT FROM vault.data_keys ORDER BY subject DESC LIMIT 1 FOR UPDATE")
        .execute(&mut *held)
        .await
        .unwrap();
    let mut killed = place.command(&["vault", "rewrap"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    place.until("count(*) FILTER (WHERE wait_event_type = 'Lock') > 0").await;
    killed.kill().unwrap();
    let ran = Ran::from(killed.wait_with_output().unwrap());
    assert!(ran.code == -1 && ran.out.is_empty() && ran.err.contains("500 of 1700 data keys looked at"), "{ran:?}");
    held.rollback().await.unwrap();
    place.until("count(*) = 0").await;
    let sealer = place.sealer();
    let mut wrapped_by = [0, 0, 0];
    for (subject, wrapped) in place.data_keys().await {
        let wrapped = WrappedKey::try_from(&wrapped[..]).unwrap();
        assert!(sealer.unwrap(subject, &wrapped).is_ok(), "it opens, whichever key wraps it");
        wrapped_by[wrapped.key_id() as usize] += 1;
    }
    assert_eq!(wrapped_by, [0, 200, 1500], "what was committed stays, the rest is as it was");
    assert_eq!(place.keys_used().1, "keys in use: 1, 2 (in all 1700 rows)");

    // Run again.
    let (code, told) = place.json(&[]);
    let said = told["said"].as_array().unwrap();
    assert!(said[1]["hi"].as_str().unwrap().contains("सब कुंजी 2 से wrap हैं"), "{told}");
    let numbers = ["key", "data_keys", "rewrapped", "damaged", "whole", "dry_run"].map(|name| told[name].clone());
    assert_eq!((code, numbers), (0, [json!(2), json!(1700), json!(200), json!(0), json!(true), json!(false)]));
    assert_eq!(place.keys_used(), ("ok".into(), "keys in use: 2 (in all 1700 rows)".into()));
    let journal = place.run(&["journal", "verify", "intake"]);
    assert!(journal.out.starts_with("intake: 4 entries, the chain holds"), "{journal:?}");

    // The old line goes, and everything opens.
    let both = place.keys();
    place.write_keys(&both.lines().filter(|line| !line.starts_with("wrapping 1 ")).collect::<Vec<_>>().join("\n"));
    assert_eq!(place.keys_used(), ("ok".into(), "keys in use: 2 (in all 1700 rows)".into()));
    let sealer = place.sealer();
    for (subject, wrapped) in place.data_keys().await {
        assert!(sealer.unwrap(subject, &WrappedKey::try_from(&wrapped[..]).unwrap()).is_ok());
    }

    // Too early: something of the old key comes back, from a backup say. It is told, left, and done when the line is back.
    let new_alone = place.keys();
    place.write_keys(&both.replace("active 2", "active 1"));
    place.add(3).await;
    place.write_keys(&new_alone);
    let (code, told) = place.json(&["--dry-run"]);
    assert_eq!((code, &told["missing"]), (1, &json!([{ "key": 1, "data_keys": 3 }])), "{told}");
    let told = place.rewrap(&[]);
    assert!(
        told.code == 1 && told.out.contains("3 are wrapped with key 1, which is not in seal.keys_file"),
        "{told:?}"
    );
    assert!(told.out.is_ascii() || told.out.replace('…', "").is_ascii(), "{}", told.out);
    let hindi = place.rewrap(&["--language", "hi"]);
    assert!(hindi.code == 1 && hindi.out.contains("पंक्ति `wrapping 1 …` वापस डालें"), "{hindi:?}");
    assert!(place.keys_used().1.contains("key 1 cannot be read"));
    place.write_keys(&both);
    let done = place.rewrap(&[]);
    assert!(done.code == 0 && done.out.starts_with("3 of 1703 data keys were wrapped again"), "{done:?}");

    // What the role may not do is told, and nothing was done.
    sqlx::query("REVOKE intake_vault FROM intake_app").execute(&mut place.superuser().await).await.unwrap();
    let refused = place.rewrap(&["--lang", "hi"]);
    assert!(refused.code == 1 && refused.out.is_empty(), "{refused:?}");
    assert!(refused.err.contains("vault पढ़ा नहीं जा सकता (42501)"), "{}", refused.err);
    place.cluster.stop().await.unwrap();
}

#[test]
fn without_keys_or_a_database_it_says_what_is_missing() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let run = |arguments: &[&str]| mahila(Path::new(NOWHERE), &[&["vault", "rewrap"], arguments].concat());
    let settings = ["--settings", file.path().to_str().unwrap()];
    let ran = run(&settings);
    assert!(ran.code == 1 && ran.err.contains("seal.keys_file: is not set"), "{ran:?}");
    let keys = tempfile::tempdir().unwrap();
    Keys::generate_file(&keys.path().join("keys"), &os_random()).unwrap();
    std::fs::write(file.path(), format!("[seal]\nkeys_file = \"{}\"\n", keys.path().join("keys").display())).unwrap();
    let ran = run(&settings);
    assert!(ran.code == 1 && ran.err.contains("database.intake is missing"), "{ran:?}");
    assert_eq!(run(&["--dry"]).code, 2);
}
