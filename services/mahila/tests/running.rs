//! `mahila up` as people have it: real processes, a real PostgreSQL, killed at any point, and back with the next command.
//!
//! Each test runs everything in a folder of its own, which takes seconds: so each tells a whole story.

mod common;

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use common::{Ran, mahila};
use rustix::process::{Pid, Signal, kill_process};

/// The slowest step, many times over, on a machine that does other things.
const PATIENCE: Duration = Duration::from_secs(90);

/// Everything, running in a folder of its own; removed in the end.
struct Suite {
    _folder: tempfile::TempDir,
    state: PathBuf,
}

impl Suite {
    fn folder() -> Self {
        let folder = tempfile::Builder::new().prefix("mahila-up-").tempdir().unwrap();
        // Root's PostgreSQL is not root and must enter.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let state = folder.path().join("s");
        Self { _folder: folder, state }
    }

    fn up() -> Self {
        let suite = Self::folder();
        let ran = suite.run(&["up", "--no-demo", "--listen", "127.0.0.1:0"]);
        assert_eq!(ran.code, 0, "{}\n{}", ran.err, suite.log());
        assert!(ran.out.contains("The suite answers at http://127.0.0.1:"), "{}", ran.out);
        suite
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        mahila(&self.state, arguments)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.state.join("logs/mahila.log")).unwrap_or_default()
    }

    fn told(&self) -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(self.state.join("state.json")).unwrap()).unwrap()
    }

    fn pid(&self, of: &str) -> i32 {
        i32::try_from(self.told()[of].as_i64().unwrap()).unwrap()
    }

    fn postgres(&self) -> i32 {
        let text = std::fs::read_to_string(self.state.join("postgres/server/data/postmaster.pid")).unwrap();
        text.lines().next().unwrap().trim().parse().unwrap()
    }

    /// Waits until something is so.
    fn until(&self, what: &str, mut so: impl FnMut() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !so() {
            assert!(Instant::now() < deadline, "{what}\n{}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A write and a read that go through the services and all databases.
    fn answers(&self) -> bool {
        self.run(&["replay", "advance-to", "--instant", "2020-10-17 09:00"]).code == 0
    }
}

impl Drop for Suite {
    fn drop(&mut self) {
        // Whatever the test did: the services of one process never knocked at each other's door before there was one.
        let log = self.log();
        let knocked = log.lines().any(|line| line.contains("the feed ended") && line.contains("Connection refused"));
        assert!(std::thread::panicking() || !knocked, "{log}");
        let ran = self.run(&["clean"]);
        if !std::thread::panicking() {
            assert_eq!(ran.code, 0, "{}", ran.err);
            assert!(!self.state.exists(), "clean leaves something behind");
        }
    }
}

fn kill(pid: i32) {
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
}

fn lives(pid: i32) -> bool {
    // A zombie is nobody's process any more.
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn it_outlives_the_command_and_the_second_up_resumes_at_once() {
    let suite = Suite::up();
    let supervisor = suite.pid("pid");
    assert!(suite.answers());
    let status = suite.run(&["status"]);
    assert_eq!(status.code, 0, "{}", status.out);
    assert!(status.out.contains("ready"), "{}", status.out);
    // Services of one process follow each other from the start: nobody is told that somebody was not there yet.
    let log = suite.log();
    assert!(log.contains("serving") && !log.contains("WARN") && !log.contains("ERROR"), "{log}");

    let begun = Instant::now();
    let again = suite.run(&["up", "--no-demo"]);
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(suite.pid("pid"), supervisor, "the same one goes on");

    // Reading as whoever may, and as somebody who may not.
    let vocabulary =
        suite.run(&["vocabulary", "get-vocabulary", "--enum", "mahila.intake.v1.Category", "--output", "json"]);
    let vocabulary: serde_json::Value = serde_json::from_str(&vocabulary.out).unwrap();
    assert_eq!(vocabulary["terms"][0]["values"][0]["label"]["hi"], "घरेलू हिंसा");
    let refused = suite.run(&["registry", "import-stations", "--as", "auditor"]);
    assert_eq!(refused.code, 10 + 7, "{}", refused.err);
    assert!(
        refused.err.contains("PERMISSION_MISSING") && refused.err.contains("registry.stations.import"),
        "{}",
        refused.err
    );
    let refused = suite.run(&["registry", "list-units", "--token", "not.a.token"]);
    assert_eq!(refused.code, 10 + 16, "{}", refused.err);
    assert!(refused.err.contains("TOKEN_INVALID") && refused.err.contains("पुनः साइन इन"), "{}", refused.err);

    // Down and up again: the same databases, the same address.
    let address = suite.told()["address"].clone();
    assert_eq!(suite.run(&["down"]).code, 0);
    assert!(!lives(supervisor));
    assert_eq!(suite.run(&["status"]).code, 1);
    assert_eq!(suite.run(&["up", "--no-demo"]).code, 0);
    assert_eq!(suite.told()["address"], address);
    let earlier = suite.run(&["replay", "advance-to", "--instant", "2020-10-17 08:00"]);
    assert!(earlier.err.contains("CLOCK_REFUSED"), "the clock stands where it stood: {}", earlier.err);
    let verified =
        suite.run(&["journal", "verify", "all", "--settings", suite.state.join("settings.toml").to_str().unwrap()]);
    assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
    assert_eq!(verified.out.matches("the chain holds").count(), 5, "{}", verified.out);
}

#[test]
fn what_is_killed_is_brought_back() {
    let suite = Suite::up();
    let supervisor = suite.pid("pid");

    let services = suite.pid("services_pid");
    kill(services);
    suite.until("the services are back", || suite.pid("services_pid") != services && suite.answers());

    let postgres = suite.postgres();
    kill(postgres);
    suite.until("PostgreSQL is back", || !lives(postgres) && suite.told()["restarts"] == 2 && suite.answers());
    suite.until("it says that it is ready", || suite.run(&["status"]).code == 0 && suite.told()["phase"] == "ready");
    assert_eq!(suite.pid("pid"), supervisor);
}

#[test]
fn a_killed_supervisor_takes_all_with_it_and_the_next_up_mends_it() {
    let suite = Suite::up();
    let (supervisor, services, postgres) = (suite.pid("pid"), suite.pid("services_pid"), suite.postgres());
    kill(supervisor);
    suite.until("nothing is left behind", || !lives(supervisor) && !lives(services) && !lives(postgres));
    assert_eq!(suite.run(&["status"]).code, 1);
    assert_eq!(suite.run(&["down"]).code, 0);

    let up = suite.run(&["up", "--no-demo"]);
    assert_eq!(up.code, 0, "{}\n{}", up.err, suite.log());
    assert!(suite.answers());

    // All of it at once, and the next command right behind: nobody has had the time to go.
    let all = [suite.postgres(), suite.pid("services_pid"), suite.pid("pid")];
    all.into_iter().for_each(kill);
    std::fs::write(suite.state.join("state.json"), "half a fi").unwrap();
    let up = suite.run(&["up", "--no-demo"]);
    assert_eq!(up.code, 0, "{}\n{}", up.err, suite.log());
    assert!(suite.answers());
}

#[test]
fn two_at_once_start_one() {
    let suite = Suite::folder();
    let up = || mahila(&suite.state, &["up", "--no-demo", "--listen", "127.0.0.1:0"]);
    let (one, other) = std::thread::scope(|scope| {
        let other = scope.spawn(up);
        (up(), other.join().unwrap())
    });
    assert_eq!((one.code, other.code), (0, 0), "{}\n{}\n{}", one.err, other.err, suite.log());
    assert!(suite.answers());
}

#[test]
fn who_has_the_port_is_told() {
    let suite = Suite::folder();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ran = suite.run(&["up", "--no-demo", "--listen", &address]);
    assert_eq!(ran.code, 1);
    let me = format!("process {} ", std::process::id());
    assert!(ran.err.contains(&me) && ran.err.contains("--listen"), "{}", ran.err);
    drop(taken);
    let ran = suite.run(&["up", "--no-demo"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
}

#[test]
fn who_lacks_the_right_postgresql_is_told_what_to_install() {
    let suite = Suite::folder();
    // Data of a version that nobody has: as if the right PostgreSQL were not installed.
    let data = suite.state.join("postgres/server/data");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::write(data.join("PG_VERSION"), "8\n").unwrap();
    let ran = suite.run(&["up", "--no-demo", "--listen", "127.0.0.1:0"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("install version 8, or set PG_BIN to it"), "{}", ran.err);
}

#[test]
fn bad_rows_are_shown_with_line_column_and_reason_and_nothing_is_imported() {
    let suite = Suite::up();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../station-registry/data");
    let (units, stations) = (data.join("units.csv"), data.join("stations.csv"));
    let good = std::fs::read_to_string(&stations).unwrap();
    let mut lines: Vec<String> = good.lines().map(str::to_owned).collect();
    lines[1] = lines[1].replacen(",REGULAR,", ",CASTLE,", 1);
    lines[2] = lines[2].replace(",282001,", ",28200,");
    let bad = suite.state.with_file_name("bad.csv");
    std::fs::write(&bad, lines.join("\n")).unwrap();

    let import = |stations: &Path, more: &[&str]| {
        let files =
            ["import", "stations", "--units", units.to_str().unwrap(), "--stations", stations.to_str().unwrap()];
        suite.run(&[&files, more].concat())
    };
    for more in [&["--dry-run"][..], &[]] {
        let ran = import(&bad, more);
        assert_eq!(ran.code, 1, "{}", ran.err);
        let row = |line: &str, column: &str| {
            ran.out.lines().any(|row| {
                let cells: Vec<&str> = row.split_whitespace().collect();
                cells.get(1) == Some(&line) && cells.get(2) == Some(&column) && cells.len() > 3
            })
        };
        assert!(row("2", "type") && row("3", "pincode"), "{}", ran.out);
        assert!(ran.err.contains("nothing was imported"), "{}", ran.err);
    }
    let dry = import(&stations, &["--dry-run"]);
    assert_eq!(dry.code, 0, "{}{}", dry.out, dry.err);
    let real = import(&stations, &[]);
    assert_eq!(real.code, 0, "{}{}", real.out, real.err);
    assert!(real.out.starts_with("imported:"), "{}", real.out);
    let found = suite.run(&["registry", "list-stations", "--parent", "units/district-162", "--page-size", "3"]);
    assert_eq!(found.code, 0, "{}", found.err);
    assert!(
        found.out.starts_with("NAME")
            && found.out.contains("stations/ps-162-001")
            && found.out.contains("more: --page-token"),
        "{}",
        found.out
    );
}

#[test]
fn a_call_is_traced_through_the_services() {
    let suite = Suite::up();
    let ran = suite.run(&["replay", "advance-to", "--instant", "2020-10-17 09:00", "--trace"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let id = ran.err.lines().find_map(|line| line.strip_prefix("trace: ")).unwrap().to_owned();
    suite.until("the trace is kept", || suite.run(&["trace", &id]).out.contains("AdvanceTo"));
}

#[test]
fn a_complaint_is_rehearsed_from_the_desk_to_the_receipt() {
    let suite = Suite::up();
    let id = "5f0c1a1e-6a0d-4c55-9d0f-0b6c6a0f7d11";
    let rehearse =
        ["rehearse", "--station", "stations/ps-162-001", "--as", "desk_officer:ps-162-001", "--request-id", id];
    // The roll goes to the registry; intake learns of it by itself.
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../station-registry/data");
    let (units, stations) = (data.join("units.csv"), data.join("stations.csv"));
    let files = ["--units", units.to_str().unwrap(), "--stations", stations.to_str().unwrap()];
    let imported = suite.run(&[&["import", "stations"][..], &files].concat());
    assert_eq!(imported.code, 0, "{}", imported.err);
    suite.until("intake knows the station", || !suite.run(&rehearse).err.contains("STATION_UNKNOWN"));

    let first = suite.run(&rehearse);
    assert_eq!(first.code, 0, "{}{}", first.out, first.err);
    assert!(
        first.out.contains("at stations/ps-162-001\n") && first.out.ends_with("tracked   by its receipt\n"),
        "{}",
        first.out
    );
    let again = suite.run(&rehearse);
    assert_eq!(again.out, first.out, "the same request files nothing more: {}", again.err);
    // Whoever may not is told so, and by which code.
    let refused = suite.run(&["rehearse", "--station", "stations/ps-162-001", "--as", "auditor"]);
    assert_eq!(refused.code, 10 + 7, "{}", refused.err);
    assert!(refused.err.contains("PERMISSION_MISSING") && refused.out.is_empty(), "{}", refused.err);
}
