//! Intake is killed after a complaint is on its way into the database and before the answer is: each client sends the same
//! again and gets the one complaint, and a watch goes on where it was.

use mahila_tests::calls::{number, until};
use mahila_tests::house::House;
use platform::settings::Service;
use sqlx::{Connection as _, PgConnection};

use crate::client::{Client, clients};
use crate::{complaints, house, target};

/// What waits at COMMIT is sent: it takes effect though nobody is left to hear of it.
const FAILPOINT: &str = "CREATE FUNCTION public.failpoint() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock_shared(771); RETURN new; END $$";
const MAKE: &str = "CREATE CONSTRAINT TRIGGER failpoint AFTER INSERT ON intake.complaints DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION public.failpoint()";
const REMOVE: &str = "DROP TRIGGER failpoint ON intake.complaints";
const HOLD: &str = "SELECT pg_advisory_lock(771)";
const RELEASE: &str = "SELECT pg_advisory_unlock(771)";
const WAITING: &str = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 771 AND NOT granted";
const COMPLAINTS: &str = "SELECT count(*) FROM intake.complaints";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_complaint_cut_off_by_a_kill_is_there_once_and_the_watch_goes_on() {
    let clients = clients();
    if clients.is_empty() {
        return;
    }
    let mut house = house().await;
    let mut db = PgConnection::connect(&house.database(Service::Intake)).await.expect("intake's database");
    run(&mut db, FAILPOINT).await;
    for client in &clients {
        survives(&mut house, &mut db, client).await;
    }
}

async fn run(db: &mut PgConnection, sql: &'static str) {
    sqlx::query(sql).execute(db).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

async fn survives(house: &mut House, db: &mut PgConnection, client: &Client) {
    let intake = target(house, Service::Intake, client);
    let station = format!("stations/{}", client.station);
    let register = ["register", "--station", &station];
    let earlier = client.run(&intake, &register).await.well().fact("complaint");
    let folder = tempfile::tempdir().expect("a folder");
    let kept = folder.path().join("token");
    let kept = kept.to_str().expect("a path");
    let watch = ["watch", "--parent", &station, "--resume", kept, "--changes"];
    let mut watching = client.start(&intake, &[&watch[..], &["2"]].concat());
    watching.says("snapshot: complete").await;

    let before = number(house, Service::Intake, COMPLAINTS).await;
    run(db, MAKE).await;
    run(db, HOLD).await;
    let mut sending = client.start(&intake, &register);
    until("its COMMIT waits", async || number(house, Service::Intake, WAITING).await > 0).await;
    house.kill(Service::Intake);
    sending.says("sending again: ").await;
    watching.says("resuming: ").await;
    run(db, RELEASE).await;
    until("it took effect", async || number(house, Service::Intake, COMPLAINTS).await == before + 1).await;
    run(db, REMOVE).await;
    house.start(Service::Intake);

    let cut_off = sending.end().await.well().fact("complaint");
    assert_eq!(number(house, Service::Intake, COMPLAINTS).await, before + 1, "{}: once", client.language);
    let later = client.run(&intake, &register).await.well().fact("complaint");
    let names: Vec<String> = complaints(house, client).await.into_iter().map(|complaint| complaint.name).collect();
    assert_eq!(names, [later.clone(), cut_off.clone(), earlier.clone()]);

    let watched = watching.end().await.well();
    assert_eq!(named(&watched.facts("open")), [earlier]);
    assert_eq!(named(&watched.facts("changed")), [cut_off, later], "over the kill, each and in order");

    // Nobody watches; whoever comes back with the token hears of what was missed, and of nothing else.
    let missed = client.run(&intake, &register).await.well().fact("complaint");
    let watched = client.run(&intake, &[&watch[..], &["1"]].concat()).await.well();
    assert_eq!(named(&watched.facts("changed")), [missed]);
    assert!(watched.facts("open").is_empty() && watched.facts("snapshot").is_empty(), "{watched:?}");
}

fn named(facts: &[&str]) -> Vec<String> {
    facts.iter().filter_map(|fact| fact.split(' ').next()).map(str::to_owned).collect()
}
