//! A follower that is killed in its own process, again and again, applies each entry once.

use mahila_tests::house::House;
use platform::settings::Service;

use crate::{import_the_roll, intake_knows, number, register, until};

const STATION: &str = "ps-162-003";

/// What oversight counted, whatever the place.
const COUNTED: &str =
    "SELECT coalesce(sum(n), 0)::bigint FROM oversight.ledger WHERE measure = 19 AND breakdown = 0 AND grain = 1";
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
        let mut db =
            <sqlx::PgConnection as sqlx::Connection>::connect(&house.database(Service::Oversight)).await.expect("db");
        sqlx::query(sql).execute(&mut db).await.expect("emptied");
    }
    house.start(Service::Oversight);
    until("oversight has caught up from nothing", async || number(&house, Service::Oversight, POSITION).await >= head)
        .await;
    assert_eq!(number(&house, Service::Oversight, COUNTED).await, first);
}
