//! P: what PostgreSQL itself does of the same rows, one statement a transaction, durable, by its own pgbench, at the number
//! of clients that suits it best.

use std::path::PathBuf;
use std::process::Command;

use crate::installation::Installation;

/// The rows of one `RegisterComplaint` (nameless, with safe contact, narrative and one person), in one statement, into the
/// same tables with the same indexes. The journal row has no head to fight over: that is our price, not PostgreSQL's.
const SCRIPT: &str = r"\set station random(1, 1535)
WITH told AS (SELECT gen_random_uuid() AS id, 'P-' || gen_random_uuid() AS receipt),
complaint AS (
  INSERT INTO intake.complaints (id, receipt_no, station, district, channel, category, risk, handling_state, case_state,
    conflict_with_station, received_at, received_day, first_word_at, contact_mode, needs_support, child, heard_by_woman,
    acknowledged, recorded_by, next_due_at, next_code, law_sections, actions, legal_actions, progress_told, satisfied, version)
  SELECT id, receipt, 'bench-' || :station, 'bench', 1, 1, 2, 1, 1, false, now(), current_date, now(), 2, false, false, true,
    false, 'posts/bench', now() + interval '30 minutes', 1, '{}', 0, '{}', false, false, 1 FROM told),
limits AS (
  INSERT INTO intake.clocks (complaint, code, started_at, due_at, breach_at, breached, statutory)
  SELECT id, code, now(), now() + interval '1 day', now() + interval '1 day', false, false
  FROM told, generate_series(1, 4) AS code),
key AS (INSERT INTO vault.data_keys (subject, wrapped) SELECT id, decode(repeat('ab', 79), 'hex') FROM told),
person AS (INSERT INTO vault.persons (subject, place, role, sealed, phone_index)
  SELECT id, 1, 1, decode(repeat('ab', 150), 'hex'), sha256(receipt::bytea) FROM told),
words AS (INSERT INTO vault.narratives (subject, sealed) SELECT id, decode(repeat('ab', 350), 'hex') FROM told),
contact AS (INSERT INTO vault.safe_contacts (subject, sealed) SELECT id, decode(repeat('ab', 90), 'hex') FROM told),
kept AS (INSERT INTO platform.idempotency (caller, method, request_id, digest, effect, at)
  SELECT 'posts/bench', '/mahila.intake.v1.IntakeService/RegisterComplaint', id, decode(repeat('ab', 32), 'hex'),
    decode(repeat('ab', 160), 'hex'), now() FROM told)
INSERT INTO platform.journal (seq, kind, subject, payload, actor, at, traceparent, hash)
SELECT nextval('bench_seq'), 'intake.complaint.registered', id::text, decode(repeat('ab', 60), 'hex'), 'posts/bench', now(), '',
  decode(repeat('ab', 32), 'hex') FROM told;
";

/// The same statement for any other client: without pgbench's own line, at one station.
pub fn statement() -> String {
    let statement: Vec<&str> = SCRIPT.lines().filter(|line| !line.starts_with('\\')).collect();
    statement.join("\n").replace(":station", "1")
}

/// Transactions a second at the best of 8, 32 and 64 clients, in a database of its own with the same schema.
pub async fn best(here: &Installation) -> f64 {
    let url = here.cluster.url("bench");
    prepare(here).await;
    let script = std::env::temp_dir().join(format!("mahila-bench-{}.sql", std::process::id()));
    std::fs::write(&script, SCRIPT).expect("written");
    let best = [8, 32, 64].into_iter().map(|clients| run(&url, &script, clients)).fold(0.0, f64::max);
    let _ = std::fs::remove_file(&script);
    best
}

/// The database `bench`, empty, with the schema of the intake's own.
pub async fn prepare(here: &Installation) {
    let admin = sqlx::PgPool::connect(&here.cluster.url("postgres")).await.expect("the superuser");
    sqlx::query("DROP DATABASE IF EXISTS bench WITH (FORCE)").execute(&admin).await.expect("dropped");
    sqlx::query("CREATE DATABASE bench").execute(&admin).await.expect("made");
    let schema = Command::new(tool("pg_dump"))
        .args(["--schema-only", "--no-owner", "--no-privileges", "-d", &here.cluster.url("intake")])
        .output();
    let schema = schema.expect("pg_dump runs");
    assert!(schema.status.success(), "{}", String::from_utf8_lossy(&schema.stderr));
    let bench = sqlx::PgPool::connect(&here.cluster.url("bench")).await.expect("connected");
    let text = String::from_utf8(schema.stdout).expect("text");
    // psql's own commands are not SQL.
    let text: String = text.lines().filter(|line| !line.starts_with('\\')).collect::<Vec<_>>().join("\n");
    sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&bench).await.expect("the schema");
    sqlx::query("CREATE SEQUENCE public.bench_seq").execute(&bench).await.expect("made");
}

fn run(url: &str, script: &std::path::Path, clients: u32) -> f64 {
    let output = Command::new(tool("pgbench"))
        .args(["-n", "-M", "prepared", "-T", "4", "-j", "2", "-c", &clients.to_string(), "-f"])
        .arg(script)
        .arg(url)
        .env("PGOPTIONS", "-c search_path=public")
        .output()
        .expect("pgbench runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let tps =
        text.lines().find_map(|line| line.strip_prefix("tps = ")).and_then(|rest| rest.split(' ').next()?.parse().ok());
    tps.unwrap_or_else(|| panic!("pgbench: {text}{}", String::from_utf8_lossy(&output.stderr)))
}

/// A tool of the newest PostgreSQL installed.
fn tool(name: &str) -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin").join(name))
        .filter(|path| path.exists())
        .collect();
    found.sort();
    found.pop().unwrap_or_else(|| PathBuf::from(name))
}
