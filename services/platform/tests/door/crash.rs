//! A crash of the database takes the end of its log, and with it what was derived and did not wait for the disk: it is
//! applied again, once.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::Duration;

use platform::journal;
use platform::postgres::embedded::{Cluster, Options};
use platform::postgres::{self, migrate};
use platform::settings::DatabaseSettings;
use sqlx::{Connection as _, PgConnection};

use crate::common::{MIGRATOR, count, database, writer};
use crate::feed::{copied, follow, notes, serve, until_applied};

fn signal(signal: &str, pid: i32) {
    assert!(Command::new("kill").args([signal, &pid.to_string()]).status().unwrap().success());
}

/// A server of its own that waits for its disk; the probe's tables in it.
async fn durable(dir: &std::path::Path) -> (Cluster, DatabaseSettings) {
    let cluster = Cluster::start(Options { dir: dir.to_owned(), durable: true, max_connections: 20 }).await.unwrap();
    let urls = cluster.ensure_service("probe").await.unwrap();
    let settings = DatabaseSettings {
        url: Some(urls.app_url),
        owner_url: Some(urls.owner_url),
        app_role: Some(urls.app_role),
        vault_role: Some(urls.vault_role),
        ..DatabaseSettings::default()
    };
    migrate(&settings, &MIGRATOR).await.unwrap();
    (cluster, settings)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_crash_takes_of_a_followers_pages_is_applied_again_once() {
    let here = database().await;
    let source = writer(&here.pool);
    notes(&source, 0..3).await;
    let (url, serving) = serve(&here.pool, &source, journal::open_epoch(&here.pool).await.unwrap(), "oversight").await;
    let dir = tempfile::Builder::new().prefix("mahila-crash-").tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let (cluster, settings) = durable(dir.path()).await;
    let there = postgres::pool(&settings, "probe").await.unwrap();
    let following = follow(&url, &there, 0);
    until_applied(&following, 3).await;

    // From here on nobody brings the log to the disk but those who wait for it.
    let mut superuser = PgConnection::connect(&cluster.url("probe")).await.unwrap();
    sqlx::query("CHECKPOINT").execute(&mut superuser).await.unwrap();
    let writes_the_log: i32 = sqlx::query_scalar("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'")
        .fetch_one(&mut superuser)
        .await
        .unwrap();
    signal("-STOP", writes_the_log);
    notes(&source, 3..6).await;
    until_applied(&following, 6).await;
    assert_eq!(count(&there, "SELECT count(*) FROM probe.notes").await, 6, "seen by all");

    // PostgreSQL ends all its sessions when one of its processes is killed, and recovers from what is on the disk.
    signal("-KILL", writes_the_log);
    let recovered = async {
        while superuser.ping().await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        loop {
            match PgConnection::connect(&cluster.url("probe")).await {
                Ok(connection) => break connection,
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    };
    let mut superuser = tokio::time::timeout(Duration::from_mins(1), recovered).await.expect("it recovers");
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM probe.notes").fetch_one(&mut superuser).await.unwrap();
    assert_eq!(left, 3, "the page that did not wait is gone, with the place it was read up to");

    // The source has nothing new to tell; its next beat is enough.
    let there = postgres::pool(&settings, "probe").await.unwrap();
    let again = async {
        while count(&there, "SELECT count(*) FROM probe.notes").await < 6 {
            following.progress.changed().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), again).await.expect("it is read again");
    notes(&source, 6..8).await;
    until_applied(&following, 8).await;
    let expected: Vec<(i64, String)> = (0..8).map(|n| (n + 1, n.to_string())).collect();
    assert_eq!(copied(&there).await, expected);
    following.stop.cancel();
    serving.cancel();
    there.close().await;
    cluster.stop().await.unwrap();
}
