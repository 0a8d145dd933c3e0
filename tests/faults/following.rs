//! A follower that is killed in its own process, again and again, applies each entry once: at random moments, and at each
//! point of a page where it could make a difference.

use mahila_tests::house::House;
use platform::settings::Service;
use sqlx::{Connection as _, PgConnection};

use crate::{import_the_roll, intake_knows, number, register, until};

const STATION: &str = "ps-162-003";

/// What oversight counted, whatever the place: once, in the blocks of one day (the level of each of a pair's blocks stands above its number).
const COUNTED: &str = "SELECT coalesce(sum(n), 0)::bigint FROM oversight.ledger
     WHERE measure = 19 AND breakdown = 0 AND grain = 1 AND pair >> 56 = 0 AND (pair >> 24) & 255 = 0";
const HEAD: &str = "SELECT seq FROM platform.journal_head";
const POSITION: &str = "SELECT coalesce(max(position), 0) FROM platform.positions WHERE source = 'complaint-intake'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_killed_by_sigkill_applies_each_entry_once() {
    let mut house = House::build().await;
    import_the_roll(&house).await;
    intake_knows(&house, STATION).await;
    for _ in 0..6 {
        // Entries keep coming while it dies.
        for _ in 0..40 {
            register(&house, STATION).await.expect("registered");
        }
        house.kill(Service::Oversight);
        register(&house, STATION).await.expect("registered while oversight is dead");
        house.start(Service::Oversight);
    }
    let head = number(&house, Service::Intake, HEAD).await;
    until("oversight has caught up", async || number(&house, Service::Oversight, POSITION).await >= head).await;
    let registered = number(&house, Service::Intake, "SELECT count(*) FROM intake.complaints").await;
    assert_eq!(number(&house, Service::Oversight, COUNTED).await, registered);

    // From nothing, the same: the ledger is only what the journals say.
    let first = number(&house, Service::Oversight, COUNTED).await;
    house.kill(Service::Oversight);
    for sql in ["TRUNCATE oversight.ledger", "DELETE FROM platform.positions WHERE source = 'complaint-intake'"] {
        sqlx::query(sql).execute(&mut superuser(&house).await).await.expect("emptied");
    }
    house.start(Service::Oversight);
    until("oversight has caught up from nothing", async || number(&house, Service::Oversight, POSITION).await >= head)
        .await;
    assert_eq!(number(&house, Service::Oversight, COUNTED).await, first);
}

/// A point at which the transaction of a page waits, made in the database of the follower: nothing of the service knows of it.
struct Point {
    name: &'static str,
    make: &'static str,
    remove: &'static str,
    /// How the statement begins that the follower's backend is at.
    at: &'static str,
    /// Whether what waits there takes effect once it goes on, although the follower is dead: its COMMIT was sent.
    takes_effect: bool,
}

/// In the order in which a page comes by.
const POINTS: [Point; 3] = [
    Point {
        name: "the position's move",
        make: "CREATE TRIGGER failpoint BEFORE UPDATE ON platform.positions FOR EACH ROW
               WHEN (new.source = 'complaint-intake') EXECUTE FUNCTION public.failpoint()",
        remove: "DROP TRIGGER failpoint ON platform.positions",
        at: "UPDATE platform.positions",
        takes_effect: false,
    },
    Point {
        name: "the first row",
        make: "CREATE TRIGGER failpoint BEFORE INSERT ON oversight.ledger FOR EACH ROW EXECUTE FUNCTION public.failpoint()",
        remove: "DROP TRIGGER failpoint ON oversight.ledger",
        at: "WITH seen AS",
        takes_effect: false,
    },
    Point {
        name: "COMMIT",
        make: "CREATE CONSTRAINT TRIGGER failpoint AFTER UPDATE ON platform.positions DEFERRABLE INITIALLY DEFERRED
               FOR EACH ROW WHEN (new.source = 'complaint-intake') EXECUTE FUNCTION public.failpoint()",
        remove: "DROP TRIGGER failpoint ON platform.positions",
        at: "COMMIT",
        takes_effect: true,
    },
];

/// Waits for whoever holds the lock; several may wait, and pass together.
const FAILPOINT: &str = "CREATE FUNCTION public.failpoint() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock_shared(771); RETURN new; END $$";
const HOLD: &str = "SELECT pg_advisory_lock(771)";
const RELEASE: &str = "SELECT pg_advisory_unlock(771)";
/// The backend that waits at the point, and the statement that it is at.
const WAITING: &str =
    "SELECT activity.pid, activity.query FROM pg_locks lock JOIN pg_stat_activity activity USING (pid)
    WHERE lock.locktype = 'advisory' AND lock.objid = 771 AND NOT lock.granted ORDER BY activity.backend_start LIMIT 1";
const LIVES: &str = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)";
/// Every figure of oversight, in one text.
const FIGURES: &str =
    "SELECT coalesce(string_agg(ledger::text, E'\\n' ORDER BY ledger::text), '') FROM oversight.ledger WHERE n <> 0";

async fn superuser(house: &House) -> PgConnection {
    PgConnection::connect(&house.database(Service::Oversight)).await.expect("the follower's database")
}

async fn run(db: &mut PgConnection, sql: &'static str) {
    sqlx::query(sql).execute(db).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

async fn figures(house: &House) -> String {
    sqlx::query_scalar(FIGURES).fetch_one(&mut superuser(house).await).await.expect("the ledger")
}

/// Whether oversight has applied all that intake has written.
async fn caught_up(house: &House) -> bool {
    number(house, Service::Oversight, POSITION).await >= number(house, Service::Intake, HEAD).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_killed_at_each_point_of_a_page_applies_it_once() {
    let mut house = House::build().await;
    import_the_roll(&house).await;
    intake_knows(&house, STATION).await;
    until("oversight has caught up", async || caught_up(&house).await).await;
    let mut db = superuser(&house).await;
    run(&mut db, FAILPOINT).await;

    for point in &POINTS {
        // The next one starts after what hangs there is over, or while it still hangs.
        for over_first in [true, false] {
            die_at(&mut house, &mut db, point, over_first).await;
            let registered = number(&house, Service::Intake, "SELECT count(*) FROM intake.complaints").await;
            let counted = number(&house, Service::Oversight, COUNTED).await;
            assert_eq!(counted, registered, "{}, over first: {over_first}", point.name);
        }
    }

    // Recounted from nothing, by a follower that nobody disturbs: every figure is the same.
    let counted = figures(&house).await;
    assert!(!counted.is_empty());
    house.kill(Service::Oversight);
    run(&mut db, "TRUNCATE oversight.ledger, oversight.desks, platform.positions").await;
    house.start(Service::Oversight);
    let registry = number(&house, Service::Registry, HEAD).await;
    until("oversight has recounted", async || {
        let read = "SELECT coalesce(max(position), 0) FROM platform.positions WHERE source = 'station-registry'";
        caught_up(&house).await && number(&house, Service::Oversight, read).await >= registry
    })
    .await;
    assert_eq!(figures(&house).await, counted);
}

/// Kills the follower while its page waits at a point, starts another, and waits until that has caught up.
async fn die_at(house: &mut House, db: &mut PgConnection, point: &Point, over_first: bool) {
    let before = number(house, Service::Oversight, POSITION).await;
    run(db, point.make).await;
    run(db, HOLD).await;
    for _ in 0..5 {
        register(house, STATION).await.expect("registered");
    }
    let mut waiting: Option<(i32, String)> = None;
    until(point.name, async || {
        waiting = sqlx::query_as(WAITING).fetch_optional(&mut superuser(house).await).await.expect("the locks");
        waiting.is_some()
    })
    .await;
    let (backend, statement) = waiting.expect("it waits");
    assert!(statement.trim_start().starts_with(point.at), "{}: it waits at {statement}", point.name);
    assert_eq!(number(house, Service::Oversight, POSITION).await, before, "{}: nothing shows yet", point.name);

    house.kill(Service::Oversight);
    register(house, STATION).await.expect("registered while oversight is dead");
    if !over_first {
        house.start(Service::Oversight);
    }
    run(db, RELEASE).await;
    until("the backend of the dead is gone", async || {
        let lives: bool = sqlx::query_scalar(LIVES).bind(backend).fetch_one(&mut *db).await.expect("an answer");
        !lives
    })
    .await;
    if over_first {
        let moved = number(house, Service::Oversight, POSITION).await > before;
        assert_eq!(moved, point.takes_effect, "{}", point.name);
        house.start(Service::Oversight);
    }
    until("oversight has caught up", async || caught_up(house).await).await;
    run(db, point.remove).await;
}
