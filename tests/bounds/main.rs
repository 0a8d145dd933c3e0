//! Prints every bound of the issues as measured here and now, beside what it should be. Nothing is asserted: a shared
//! machine's speed is not a fact about the code, and a test never times. Ratios are taken within one run.
//!
//! `make bounds` runs all of it; `make bench` (`-- register`) only what complaints cost against the same rows by pgbench.

mod installation;
mod pgbench;
mod register;
mod statement;

use std::path::Path;
use std::time::{Duration, Instant};

use installation::Installation;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    // cargo adds `--bench`.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let all = wanted.is_empty();
    println!("{:<58} {:>14}   bound", "what", "measured");
    if all {
        binary_size();
    }
    if all || wanted.iter().any(|part| part == "register") {
        registering().await;
    }
    if all || wanted.iter().any(|part| part == "up") {
        first_week().await;
    }
}

fn row(what: &str, measured: &str, bound: &str) {
    println!("{what:<58} {measured:>14}   {bound}");
}

fn binary_size() {
    let size = std::fs::metadata(installation::binary()).map_or(0, |file| file.len());
    row("release binary, stripped", &format!("{:.1} MB", megabytes(size)), "<= 40 MB");
}

fn megabytes(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes / 1024).unwrap_or(u32::MAX)) * 1.024 / 1000.0
}

async fn registering() {
    let mut here = Installation::new().await;
    let idle = here.start(&["all"]).await;
    row("start to first answered RPC, database up", &format!("{} ms", idle.as_millis()), "<= 100 ms");
    row("resident, all services, idle", &format!("{:.1} MB", megabytes(here.resident())), "");
    here.import_the_roll();
    register::until_the_roll_is_known(&here).await;

    alone(&here).await;
    on_slower_disks(&here).await;
    in_a_crowd(&here).await;
    here.stop().await;
    let mut one = Installation::new().await;
    one.start(&["registry"]).await;
    row("resident, one service (registry), idle", &format!("{:.1} MB", megabytes(one.resident())), "<= 20 MB");
    one.stop().await;
}

/// A lone call against bare inserts, before the crowd comes: after it the database writes back what the crowd changed. In
/// turn, five rounds, so that a machine that slows down slows all of them.
async fn alone(here: &Installation) {
    pgbench::prepare(here).await;
    let (mut one_row, mut same_rows) = (Vec::new(), Vec::new());
    for round in 1..=5 {
        let bare = register::bare_insert(here, 400).await;
        let rows = register::bare_rows(here, 400).await;
        let refused = register::refused(here, 400).await;
        let lone = register::lone(here, 400).await;
        one_row.push(lone.as_secs_f64() / bare.as_secs_f64());
        same_rows.push(lone.as_secs_f64() / rows.as_secs_f64());
        for (what, took) in [
            ("a bare sqlx insert of one row", bare),
            ("a bare sqlx insert of the same rows", rows),
            ("a lone call without the database", refused),
            ("a lone RegisterComplaint", lone),
        ] {
            row(&format!("round {round}: {what}, p50"), &format!("{} us", took.as_micros()), "");
        }
    }
    row("a lone one against a bare insert of the same rows", &format!("{:.2} x", median(&mut same_rows)), "<= 1.25 x");
    row("a lone one against a bare insert of one row", &format!("{:.2} x", median(&mut one_row)), "<= 1.25 x");
}

/// From which disk on a lone call keeps its bound: gRPC, token and telemetry take their time whatever the disk takes.
async fn on_slower_disks(here: &Installation) {
    for slower in [1, 2, 4, 8].map(Duration::from_millis) {
        here.slow_the_disk(slower).await;
        let rows = register::bare_rows(here, 200).await;
        let lone = register::lone(here, 200).await;
        row(
            &format!("a lone one against the same rows, a flush {} ms slower", slower.as_millis()),
            &format!("{:.2} x", lone.as_secs_f64() / rows.as_secs_f64()),
            &format!("<= 1.25 x ({} us : {} us)", lone.as_micros(), rows.as_micros()),
        );
    }
    here.slow_the_disk(Duration::ZERO).await;
}

/// 256 in flight against P, in turn, five rounds.
async fn in_a_crowd(here: &Installation) {
    let mut ratios = Vec::new();
    for round in 1..=5 {
        let limit = pgbench::best(here).await;
        let many = register::many(here, 256, Duration::from_secs(5)).await;
        ratios.push(many / limit);
        row(&format!("round {round}: P, pgbench's best for the same rows"), &format!("{limit:.0}/s"), "");
        row(&format!("round {round}: RegisterComplaint, 256 in flight"), &format!("{many:.0}/s"), "");
    }
    row("RegisterComplaint, 256 in flight, against P (median)", &format!("{:.2} P", median(&mut ratios)), ">= 1.2 P");
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// `mahila up` on a warm build, in a folder of its own.
async fn first_week() {
    let folder = installation::scratch("bounds-up");
    let state = folder.join("state");
    let began = Instant::now();
    let child = tokio::process::Command::new(installation::binary())
        .args(["up", "--state"])
        .arg(&state)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .output()
        .await
        .expect("mahila up runs");
    let took = began.elapsed();
    let said = format!("{}{}", String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    if !child.status.success() {
        println!("mahila up failed:\n{said}");
        return;
    }
    row(
        "make up, warm build, the whole first week",
        &format!("{:.1} s", took.as_secs_f64()),
        "<= 240 s; the six days alone <= 120 s",
    );
    let by_district = statement::median(&state).await;
    row(
        "GetStatement of the state by district, median",
        &format!("{:.1} ms", by_district.as_secs_f64() * 1_000.0),
        "<= 50 ms",
    );
    row(
        "resident, all services, after the first week",
        &format!("{:.1} MB", megabytes(resident_below(&state))),
        "<= 150 MB",
    );
    let _ = std::process::Command::new(installation::binary()).args(["down", "--state"]).arg(&state).status();
    let _ = std::fs::remove_dir_all(&folder);
}

/// Resident bytes of the `serve` process that `up` keeps in a state folder.
fn resident_below(state: &Path) -> u64 {
    let state = state.display().to_string();
    installation::processes()
        .filter(|(_, line)| line.contains("serve") && line.contains(&state))
        .map(|(pid, _)| installation::resident_of(pid))
        .sum()
}
