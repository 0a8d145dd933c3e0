//! Decisions applied once, though the intake dies mid-way, its twin follows too, or review's history begins anew.

use std::time::Duration;

use mahila_proto::intake::v1 as wire;
use mahila_proto::review::v1::DecisionKind;
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;
use wire::{ActionKind, Category, HandlingState};

use super::review::{Review, decided};
use super::{act, acted_upon, following, get, taken};
use crate::harness::{Intake, registered};

/// Where it dies: with rows and position written but not the journal; and in COMMIT itself, with everything written.
const POINTS: [&str; 2] = [
    "CREATE TRIGGER dies BEFORE INSERT ON platform.journal
     FOR EACH ROW WHEN (NEW.kind = 'intake.direction.taken') EXECUTE FUNCTION intake.die()",
    "CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON intake.directions DEFERRABLE INITIALLY DEFERRED
     FOR EACH ROW EXECUTE FUNCTION intake.die()",
];

/// From now on the connection is cut there, every time. The sequence counts: it alone outlives what is rolled back.
async fn cut_at(owner: &mut PgConnection, point: &'static str) {
    let function = "CREATE SEQUENCE IF NOT EXISTS intake.cuts;
         GRANT USAGE ON SEQUENCE intake.cuts TO PUBLIC;
         CREATE OR REPLACE FUNCTION intake.die() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
             PERFORM nextval('intake.cuts');
             PERFORM pg_terminate_backend(pg_backend_pid());
             RETURN NEW;
         END $$";
    sqlx::raw_sql(function).execute(&mut *owner).await.unwrap();
    sqlx::raw_sql(point).execute(owner).await.unwrap();
}

async fn mend(owner: &mut PgConnection) {
    sqlx::raw_sql(
        "DROP TRIGGER IF EXISTS dies ON platform.journal;
         DROP TRIGGER IF EXISTS dies ON intake.directions;
         ALTER SEQUENCE intake.cuts RESTART",
    )
    .execute(owner)
    .await
    .unwrap();
}

/// Waits until the connection was cut so often.
async fn until_cut(owner: &mut PgConnection, times: i64) {
    let cut = async {
        loop {
            let (last, called): (i64, bool) =
                sqlx::query_as("SELECT last_value, is_called FROM intake.cuts").fetch_one(&mut *owner).await.unwrap();
            if called && last >= times {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), cut).await.expect("it came so far");
}

#[tokio::test]
async fn decisions_are_applied_once_though_the_intake_dies_mid_way() {
    for point in POINTS {
        let review = Review::start().await;
        let intake = following(&review).await;
        let name = acted_upon(&intake).await;
        let before = get(&intake, &name).await;
        let entries = intake.journal().await.len();
        let mut owner = PgConnection::connect(&intake.database.url).await.unwrap();
        cut_at(&mut owner, point).await;

        review.tell([decided(&name, Uuid::new_v4(), DecisionKind::Reopen)]).await;
        until_cut(&mut owner, 2).await;
        assert_eq!(get(&intake, &name).await, before, "all or nothing: {point}");
        assert_eq!(intake.journal().await.len(), entries);
        intake.stop().await;
        let database = intake.database.clone();
        drop(intake);
        mend(&mut owner).await;

        // Two replicas come back.
        let (one, other) =
            tokio::join!(Intake::on(database.clone(), Some(review.url())), Intake::on(database, Some(review.url())));
        review.until_followed(&one).await;
        let after = get(&one, &name).await;
        assert_eq!((after.handling_state(), after.directions.len()), (HandlingState::Reopened, 1), "{point}");
        assert_eq!(taken(&one).await, [(DecisionKind::Reopen, true)], "{point}");
        assert_eq!(one.journal().await.len(), entries + 2, "the direction and the state it changed: {point}");
        // For each of these the two race.
        for _ in 0..20 {
            review.tell([decided(&name, Uuid::new_v4(), DecisionKind::Expedite)]).await;
        }
        review.until_followed(&other).await;
        assert_eq!(taken(&other).await.len(), 21, "{point}");
        assert_eq!(get(&other, &name).await.directions.len(), 21, "{point}");
        let head = platform::journal::verify(&one.database.pool).await.unwrap();
        assert!(head.is_ok(), "the chain holds: {point}");
    }
}

#[tokio::test]
async fn a_new_history_of_the_review_undoes_nothing_and_applies_nothing_twice() {
    let review = Review::start().await;
    let intake = following(&review).await;
    let name = acted_upon(&intake).await;
    let (kept, lost) = (Uuid::new_v4(), Uuid::new_v4());
    review.tell([decided(&name, kept, DecisionKind::Reopen)]).await;
    review.tell([decided(&name, lost, DecisionKind::Refer)]).await;
    review.until_followed(&intake).await;
    act(&intake, &name, ActionKind::MovedToSafety).await;
    let before = get(&intake, &name).await;
    assert_eq!(before.handling_state(), HandlingState::ActionTaken);
    intake.stop().await;

    let restored = review.restored_without_the_last().await;
    let new = Uuid::new_v4();
    restored.tell([decided(&name, new, DecisionKind::Counsel), decided(&name, lost, DecisionKind::Refer)]).await;
    let intake = Intake::on(intake.database.clone(), Some(restored.url())).await;
    restored.until_followed(&intake).await;
    let after = get(&intake, &name).await;
    assert_eq!(after.handling_state(), HandlingState::ActionTaken, "it is not reopened a second time");
    let ids: Vec<_> = after.directions.iter().map(|one| one.decision.clone()).collect();
    assert_eq!(ids, [kept, lost, new].map(|id| id.to_string()), "what was decided was decided");
    assert_eq!(after.directions[..2], before.directions[..]);
    let kinds: Vec<_> = taken(&intake).await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [DecisionKind::Reopen, DecisionKind::Refer, DecisionKind::Counsel]);
}

#[tokio::test]
async fn a_step_of_another_replica_waits_for_a_decision_that_is_being_applied() {
    let review = Review::start().await;
    let follower = following(&review).await;
    let name = registered(&follower, "ps-157-001", Category::Dowry).await.name;
    // Another replica, which follows no review.
    let other = Intake::on(follower.database.clone(), None).await;
    let mut owner = PgConnection::connect(&follower.database.url).await.unwrap();
    sqlx::raw_sql(
        "CREATE FUNCTION intake.wait() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END $$;
         CREATE TRIGGER waits BEFORE INSERT ON platform.journal
         FOR EACH ROW WHEN (NEW.kind = 'intake.direction.taken') EXECUTE FUNCTION intake.wait();
         SELECT pg_advisory_lock(1)",
    )
    .execute(&mut owner)
    .await
    .unwrap();

    review.tell([decided(&name, Uuid::new_v4(), DecisionKind::Counsel)]).await;
    until_waiting(&mut owner, 1).await;
    let release = async {
        until_waiting(&mut owner, 2).await;
        sqlx::raw_sql("SELECT pg_advisory_unlock(1)").execute(&mut owner).await.unwrap();
    };
    tokio::join!(act(&other, &name, ActionKind::Counselled), release);
    review.until_followed(&follower).await;
    let complaint = get(&other, &name).await;
    assert_eq!(complaint.etag, "3", "recorded, directed, acted upon");
    assert!(complaint.directions[0].followed, "the step came after the decision, and saw it");
}

/// Waits until so many connections to this database wait for a lock.
async fn until_waiting(owner: &mut PgConnection, many: i64) {
    let waiting = async {
        loop {
            let waits: i64 = sqlx::query_scalar(
                "SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_stat_activity USING (pid)
                 WHERE NOT granted AND datname = current_database()",
            )
            .fetch_one(&mut *owner)
            .await
            .unwrap();
            if waits >= many {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("they wait");
}
