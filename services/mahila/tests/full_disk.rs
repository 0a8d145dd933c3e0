//! Everything on a disk that is too small, and on one that fills up while women are being registered.

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use common::{Ran, mahila};
use platform::postgres::small_disk::SmallDisk;
use sqlx::{Connection as _, PgConnection};

/// The slowest step, many times over, on a machine that does other things.
const PATIENCE: Duration = Duration::from_mins(2);
const STATION: &str = "stations/ps-162-001";

/// What `up` runs on a disk, ended with the test.
struct Suite {
    state: PathBuf,
}

impl Suite {
    fn run(&self, arguments: &[&str]) -> Ran {
        mahila(&self.state, arguments)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.state.join("logs/mahila.log")).unwrap_or_default()
    }

    /// The first answer that is a success.
    fn until(&self, what: &str, arguments: &[&str]) -> Ran {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let ran = self.run(arguments);
            if ran.code == 0 {
                return ran;
            }
            assert!(Instant::now() < deadline, "{what}: {}\n{}", ran.err, self.log());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Has PostgreSQL begin segment after segment of its log, until the full disk takes none: it ends then, at once.
    fn end_postgres_by_its_log(&self) {
        let url = format!(
            "postgres://postgres@localhost:5432/postgres?host={}",
            self.state.join("postgres/server/s").display()
        );
        let ended = async {
            let mut db = PgConnection::connect(&url).await.expect("PostgreSQL still answers");
            for _ in 0..200 {
                for sql in ["SELECT pg_current_xact_id()::text", "SELECT pg_switch_wal()::text"] {
                    if sqlx::query(sql).execute(&mut db).await.is_err() {
                        return true;
                    }
                }
            }
            false
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        assert!(runtime.block_on(ended), "PostgreSQL goes on writing to a full disk");
    }

    fn registers(&self, request: &str) -> Ran {
        self.run(&register(request))
    }
}

impl Drop for Suite {
    fn drop(&mut self) {
        let ran = self.run(&["clean"]);
        if !std::thread::panicking() {
            assert_eq!(ran.code, 0, "{}", ran.err);
        }
    }
}

fn register(request: &str) -> [&str; 16] {
    [
        "intake",
        "register-complaint",
        "--as",
        "desk_officer:ps-162-001",
        "--station",
        STATION,
        "--channel",
        "walk-in",
        "--category",
        "domestic-violence",
        "--safe-contact.mode",
        "never",
        "--request-id",
        request,
        "--output",
        "json",
    ]
}

/// The name of the complaint in an answer.
fn name(ran: &Ran) -> String {
    let answer: serde_json::Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran:?}"));
    answer["name"].as_str().expect("a name").to_owned()
}

#[test]
fn a_disk_without_room_is_told_and_nothing_is_made_there() {
    let Some(disk) = SmallDisk::mount(600) else { return };
    let suite = Suite { state: disk.path().join("s") };
    // Room for an empty suite, but not for the first week.
    let ran = suite.run(&["up"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("600 MB are left, and 2048 are needed"), "{}", ran.err);
    assert!(ran.err.contains("make room") && ran.err.contains("--state or MAHILA_HOME"), "{}", ran.err);
    assert!(!suite.state.exists(), "nothing is half done");
    disk.fill(200);
    let ran = suite.run(&["up", "--no-demo"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("200 MB are left, and 256 are needed"), "{}", ran.err);
    assert!(!suite.state.exists(), "nothing is half done");

    disk.make_room();
    let ran = suite.run(&["up", "--no-demo", "--listen", "127.0.0.1:0"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.err, suite.log());
    // What runs needs no more room than it has.
    disk.fill(200);
    let ran = suite.run(&["up", "--no-demo"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
}

#[test]
fn a_disk_that_fills_up_costs_no_complaint_and_with_room_it_goes_on() {
    let Some(disk) = SmallDisk::mount(600) else { return };
    let suite = Suite { state: disk.path().join("s") };
    let ran = suite.run(&["up", "--no-demo", "--listen", "127.0.0.1:0"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.err, suite.log());
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../station-registry/data");
    let (units, stations) = (data.join("units.csv"), data.join("stations.csv"));
    let roll = ["import", "stations", "--units", units.to_str().unwrap(), "--stations", stations.to_str().unwrap()];
    assert_eq!(suite.run(&roll).code, 0);
    let mut names = BTreeSet::new();
    names.insert(name(&suite.until("intake knows the station", &register(&request(0)))));

    disk.fill(0);
    // There is room in the pages that are begun; then there is none.
    let refused = (1..5_000).find_map(|n| {
        let ran = suite.registers(&request(n));
        if ran.code == 0 {
            assert!(names.insert(name(&ran)), "a name twice");
            return None;
        }
        Some((n, ran))
    });
    let (refused, ran) = refused.expect("a full disk takes no more complaints");
    let error: serde_json::Value = serde_json::from_str(ran.err.lines().next().unwrap_or_default())
        .unwrap_or_else(|_| panic!("the error is no JSON: {}", ran.err));
    let reason = error["reason"].as_str().unwrap_or_default();
    assert!(["DATABASE_AWAY", "INTERNAL"].contains(&reason), "{}", ran.err);
    let devanagari = |text: &str| text.chars().any(|letter| ('\u{900}'..='\u{97f}').contains(&letter));
    let (english, hindi) = (error["message"]["en"].as_str().unwrap(), error["message"]["hi"].as_str().unwrap());
    assert!(!english.is_empty() && !devanagari(english) && devanagari(hindi), "{}", ran.err);
    // For people too, and no word of the database's own.
    let told = suite.run(&register(&request(refused))[..14]);
    assert_ne!(told.code, 0);
    assert!(devanagari(&told.err) && !told.err.contains("No space") && !told.err.contains("53100"), "{}", told.err);

    // Worse: PostgreSQL cannot write ahead either, and ends. Nobody is told anything else than before.
    suite.end_postgres_by_its_log();
    let ran = suite.registers(&request(refused));
    let error: serde_json::Value = serde_json::from_str(ran.err.lines().next().unwrap_or_default()).unwrap();
    assert_eq!(error["reason"], "DATABASE_AWAY", "{}", ran.err);

    disk.make_room();
    // The same request, sent again as the answer advised, is one complaint; and others follow.
    let again = name(&suite.until("it goes on", &register(&request(refused))));
    assert!(names.insert(again.clone()), "a complaint of its own");
    assert_eq!(name(&suite.registers(&request(refused))), again, "sent once more, it is the same");
    names.insert(name(&suite.until("others follow", &register(&request(0xffff)))));

    // What was acknowledged is there, nothing else is, and the journal is whole.
    let count = suite.until(
        "they are counted",
        &[
            "intake",
            "count-complaints",
            "--as",
            "desk_officer:ps-162-001",
            "--filter.parent",
            STATION,
            "--output",
            "json",
        ],
    );
    let count: serde_json::Value = serde_json::from_str(&count.out).unwrap();
    assert_eq!(count["count"].as_str().unwrap_or_default(), names.len().to_string(), "{count}");
    let settings = suite.state.join("settings.toml");
    let verified = suite.run(&["journal", "verify", "all", "--settings", settings.to_str().unwrap()]);
    assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
}

/// The id of the n-th request.
fn request(n: u32) -> String {
    format!("00000000-0000-4000-8000-{n:012x}")
}
