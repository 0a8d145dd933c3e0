//! A lone command that is one statement: what holds for a transaction of many holds for it.

use std::time::Duration;

use platform::journal;
use platform::refusal::Refusal;
use platform::write::{AtOnce, By, Command, Done, Outcome, Tx, Writer};
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::common::{NOTED, Wrote, call, count, database, request, writer};

/// Writes a word, by one statement where it may.
struct Mark {
    word: &'static str,
    /// What it takes for granted holds.
    right: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Way {
    AtOnce,
    LikeAny,
}

/// Its row, and what else the one statement needs to do.
const ROW: &str = "INSERT INTO probe.notes (id, word, weight) VALUES ($1, $2, 1) RETURNING 1";
const TAIL: &str = "SELECT CASE WHEN NOT $3 THEN platform.assumption_failed() WHEN (SELECT count(*) FROM row) > 0
                         THEN platform.append($4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) END";

impl Command for Mark {
    type Effect = Way;
    const NAME: &'static str = "mark";

    async fn apply(&self, tx: &mut Tx, _by: &By) -> Result<Outcome<Way>, sqlx::Error> {
        let id = Uuid::new_v4();
        sqlx::query(ROW).bind(id).bind(self.word).execute(tx).await?;
        Ok(Ok(Done::new(Way::LikeAny).and(&Wrote { word: self.word, kind: NOTED, id })))
    }

    fn at_once(&self, _by: &By) -> Option<AtOnce<Way>> {
        let (id, word, right) = (Uuid::new_v4(), self.word, self.right);
        Some(AtOnce {
            done: Done::new(Way::AtOnce).and(&Wrote { word, kind: NOTED, id }),
            write: Box::new(move |tx, tail| {
                Box::pin(async move {
                    sqlx::query_scalar(AssertSqlSafe(format!("WITH row AS ({ROW}) {TAIL}")))
                        .bind(id)
                        .bind(word)
                        .bind(right)
                        .bind(&tail.callers)
                        .bind(&tail.methods)
                        .bind(&tail.request_ids)
                        .bind(&tail.digests)
                        .bind(&tail.effects)
                        .bind(&tail.kinds)
                        .bind(&tail.subjects)
                        .bind(&tail.payloads)
                        .bind(&tail.actors)
                        .bind(&tail.traceparents)
                        .bind(&tail.bodies)
                        .bind(tail.at)
                        .fetch_one(tx)
                        .await
                })
            }),
        })
    }

    fn constraint(&self, name: &str) -> Option<Refusal> {
        (name == "notes_word_once").then(|| Refusal::already_exists("notes"))
    }
}

async fn mark(writer: &Writer, id: Uuid, word: &'static str, right: bool) -> Result<Way, Refusal> {
    writer.submit(&call("posts/a"), id, &request(word), Mark { word, right }).await
}

#[tokio::test]
async fn it_is_kept_and_journalled_by_its_one_statement_whoever_wrote_before() {
    let db = database().await;
    let (one, other) = (writer(&db.pool), writer(&db.pool));
    // A writer begins by asking.
    assert_eq!(mark(&one, Uuid::new_v4(), "first", true).await, Ok(Way::LikeAny));
    assert_eq!(mark(&other, Uuid::new_v4(), "second", true).await, Ok(Way::LikeAny));
    let id = Uuid::new_v4();
    for (replica, id, word) in
        [(&one, id, "third"), (&other, Uuid::new_v4(), "fourth"), (&one, Uuid::new_v4(), "fifth")]
    {
        assert_eq!(mark(replica, id, word, true).await, Ok(Way::AtOnce), "{word}: the other replica moved the head");
    }
    assert_eq!(journal::verify(&db.pool).await.unwrap().unwrap().seq, 5);
    assert_eq!(count(&db.pool, "SELECT count(*) FROM platform.idempotency").await, 5);
    assert_eq!(*one.committed().borrow(), 5, "the feed is told");

    for replica in [&one, &other] {
        assert_eq!(mark(replica, id, "third", true).await, Ok(Way::AtOnce), "a repeat is answered as at first");
    }
    assert_eq!(mark(&one, id, "something else", true).await.unwrap_err().reason(), "REQUEST_ID_REUSED");
    assert_eq!(count(&db.pool, "SELECT count(*) FROM probe.notes").await, 5);
}

#[tokio::test]
async fn where_the_database_says_no_it_goes_the_way_of_all_others() {
    let db = database().await;
    let writer = writer(&db.pool);
    mark(&writer, Uuid::new_v4(), "first", true).await.unwrap();
    assert_eq!(mark(&writer, Uuid::new_v4(), "a wrong guess", false).await, Ok(Way::LikeAny));
    assert_eq!(mark(&writer, Uuid::new_v4(), "a right one", true).await, Ok(Way::AtOnce));
    assert_eq!(mark(&writer, Uuid::new_v4(), "first", true).await.unwrap_err().reason(), "ALREADY_EXISTS");
    assert_eq!(count(&db.pool, "SELECT count(*) FROM probe.notes").await, 3);
    assert_eq!(journal::verify(&db.pool).await.unwrap().unwrap().seq, 3);
}

#[tokio::test]
async fn cut_off_in_the_middle_nothing_of_it_stands_and_the_same_again_is_done_once() {
    let db = database().await;
    let writer = writer(&db.pool);
    mark(&writer, Uuid::new_v4(), "first", true).await.unwrap();
    let mut held = db.pool.begin().await.unwrap();
    sqlx::query("SELECT * FROM platform.journal_head FOR UPDATE").execute(&mut *held).await.unwrap();
    let id = Uuid::new_v4();
    let cutting = async {
        // It has written its row and its answer, and waits for the head.
        let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                   WHERE wait_event_type = 'Lock' AND query LIKE 'WITH row%' AND datname = current_database()";
        while count(&db.pool, cut).await == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let both = async { tokio::join!(mark(&writer, id, "cut off", true), cutting) };
    let (cut, ()) =
        tokio::time::timeout(Duration::from_mins(1), both).await.expect("it waits for the head, and is cut off");
    assert_eq!(cut.unwrap_err().reason(), "DATABASE_AWAY");
    held.rollback().await.unwrap();
    assert_eq!(count(&db.pool, "SELECT count(*) FROM probe.notes").await, 1);

    mark(&writer, id, "cut off", true).await.unwrap();
    mark(&writer, id, "cut off", true).await.unwrap();
    assert_eq!(count(&db.pool, "SELECT count(*) FROM probe.notes").await, 2);
    assert_eq!(journal::verify(&db.pool).await.unwrap().unwrap().seq, 2);
}
