use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use super::super::small_disk::SmallDisk;
use super::*;

/// A folder that the server's user may enter.
fn folder() -> TempDir {
    let dir = tempfile::Builder::new().prefix("mahila-embedded-").tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    dir
}

fn quick(dir: &Path) -> Options {
    Options { dir: dir.to_owned(), durable: false, max_connections: 10 }
}

async fn answer<T>(url: &str, question: &'static str) -> sqlx::Result<T>
where
    T: Send + Unpin + for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    let mut connection = PgConnection::connect(url).await?;
    sqlx::query_scalar(question).fetch_one(&mut connection).await
}

#[tokio::test]
async fn what_was_written_is_there_after_a_stop_and_after_a_kill() {
    let dir = folder();
    // The real thing: durable.
    let options = Options { durable: true, ..quick(dir.path()) };
    let cluster = Cluster::start(options.clone()).await.unwrap();
    let urls = cluster.ensure_service("registry").await.unwrap();
    let url = urls.owner_url.expose().to_owned();
    assert_eq!(answer::<String>(&url, "SELECT current_user::text").await.unwrap(), "registry_owner");
    assert_eq!(answer::<String>(&url, "SHOW fsync").await.unwrap(), "on");
    let mut connection = PgConnection::connect(&url).await.unwrap();
    execute(&mut connection, "CREATE TABLE kept AS SELECT 7 AS n".to_owned()).await.unwrap();
    cluster.stop().await.unwrap();

    let cluster = Cluster::start(options.clone()).await.unwrap();
    assert_eq!(cluster.ensure_service("registry").await.unwrap().owner_url.expose(), url, "again changes nothing");
    assert_eq!(answer::<i32>(&url, "SELECT n FROM kept").await.unwrap(), 7);
    let pid = rustix::process::Pid::from_raw(cluster.process.pid()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    tokio::time::timeout(START_WAIT, cluster.wait()).await.unwrap();
    drop(cluster);

    let cluster = Cluster::start(options).await.unwrap();
    assert_eq!(answer::<i32>(&url, "SELECT n FROM kept").await.unwrap(), 7);
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_service_has_a_database_that_knows_hindi() {
    let dir = folder();
    let cluster = Cluster::start(quick(dir.path())).await.unwrap();
    let registry = cluster.ensure_service("registry").await.unwrap();
    // Hindi has letters, as far as this database is concerned.
    assert!(answer::<bool>(registry.app_url.expose(), "SELECT 'थाना' ~ '^[[:alpha:]]+$'").await.unwrap());
    cluster.ensure_service("no;name").await.unwrap_err();
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_forgotten_server_is_stopped_and_a_reused_number_is_no_server() {
    let dir = folder();
    let first = Cluster::start(quick(dir.path())).await.unwrap();
    let second = Cluster::start(quick(dir.path())).await.unwrap_err();
    assert!(matches!(second, EmbeddedError::Busy { .. }), "{second}");

    // As if the supervisor had been killed without its server noticing: the lock goes, the server stays.
    let process = first.process.clone();
    let data = first.folder.data.clone();
    let keep = std::mem::ManuallyDrop::new(first);
    std::fs::remove_file(dir.path().join("lock")).unwrap();
    let third = Cluster::start(quick(dir.path())).await.unwrap();
    assert!(process.has_ended(), "the forgotten one was stopped");
    assert_ne!(third.process.pid(), process.pid());
    third.stop().await.unwrap();
    drop(std::mem::ManuallyDrop::into_inner(keep));

    // Our own number stands in the file: a process that lives and is no server.
    std::fs::write(data.join("postmaster.pid"), format!("{}\n{}\n", std::process::id(), data.display())).unwrap();
    Cluster::start(quick(dir.path())).await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn half_a_cluster_is_made_anew() {
    let dir = folder();
    let unfinished = dir.path().join("server/data.unfinished");
    std::fs::create_dir_all(&unfinished).unwrap();
    std::fs::write(unfinished.join("PG_VERSION"), "15\n").unwrap();
    Cluster::start(quick(dir.path())).await.unwrap().stop().await.unwrap();
    assert!(!unfinished.exists());
}

#[tokio::test]
async fn a_server_that_does_not_start_says_why_and_where_it_says_more() {
    let dir = folder();
    Cluster::start(quick(dir.path())).await.unwrap().stop().await.unwrap();
    let data = dir.path().join("server/data");
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).unwrap();
    let error = Cluster::start(quick(dir.path())).await.unwrap_err().to_string();
    assert!(error.contains("give the data folder back to its owner with mode 0700"), "{error}");
    assert!(error.contains("postgres.log"), "{error}");
}

#[tokio::test]
async fn a_deep_folder_with_odd_letters_works() {
    let dir = folder();
    let deep = dir.path().join("महिला सहायता/&=%? ".to_owned() + &"x".repeat(100));
    let cluster = Cluster::start(quick(&deep)).await.unwrap();
    assert_eq!(answer::<i32>(&cluster.url("postgres"), "SELECT 1").await.unwrap(), 1);
    let socket = cluster.folder.socket.clone();
    cluster.stop().await.unwrap();
    std::fs::remove_dir_all(socket).unwrap();
}

#[tokio::test]
async fn a_full_disk_and_a_missing_folder_are_told_as_such() {
    assert!(error::mend("FATAL: could not write: No space left on device").contains("the disk is full"));
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = Cluster::start(quick(&file.path().join("inside"))).await.unwrap_err();
    assert!(matches!(error, EmbeddedError::Folder { .. }), "{error}");
}

#[tokio::test]
async fn a_disk_that_is_full_is_told_and_with_room_it_starts() {
    let Some(disk) = SmallDisk::mount(160) else { return };
    // Enough for a beginning, not for a cluster.
    disk.fill(8);
    let error = Cluster::start(quick(disk.path())).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, EmbeddedError::Start { .. } | EmbeddedError::Folder { .. }), "{text}");
    assert!(text.contains("the disk is full: make room") && text.contains("MAHILA_HOME"), "{text}");
    assert!(!disk.path().join("server/data").exists(), "half a cluster has not its name");
    disk.make_room();
    let cluster = Cluster::start(quick(disk.path())).await.unwrap();
    assert_eq!(answer::<i32>(&cluster.url("postgres"), "SELECT 1").await.unwrap(), 1);
    cluster.stop().await.unwrap();
}

/// Prints the server's number and waits to be killed. Run by the test below, not by itself.
#[tokio::test]
#[ignore = "the other half of `a_killed_supervisor_leaves_no_server`"]
async fn supervisor() {
    let Some(dir) = std::env::var_os("MAHILA_SUPERVISED") else { return };
    let cluster = Cluster::start(quick(Path::new(&dir))).await.unwrap();
    println!("pid={}", cluster.process.pid());
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_killed_supervisor_leaves_no_server() {
    use tokio::io::{AsyncBufReadExt, BufReader};
    let dir = folder();
    let mut supervisor = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["postgres::embedded::tests::supervisor", "--exact", "--ignored", "--nocapture"])
        .env("MAHILA_SUPERVISED", dir.path())
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(supervisor.stdout.take().unwrap()).lines();
    let server = loop {
        let line = lines.next_line().await.unwrap().expect("the supervisor tells the server's number");
        if let Some((_, pid)) = line.split_once("pid=") {
            break format!("/proc/{pid}");
        }
    };
    assert!(Path::new(&server).exists());
    supervisor.kill().await.unwrap();
    let deadline = Instant::now() + START_WAIT;
    while Path::new(&server).exists() {
        assert!(Instant::now() < deadline, "{server} is still there");
        tokio::time::sleep(POLL).await;
    }
}
