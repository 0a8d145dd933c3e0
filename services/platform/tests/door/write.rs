//! The door for writes, on a real PostgreSQL: what must hold whatever happens around it.

use std::time::Duration;

use crate::common::{DECIDED, DRAWN, Note, call, clock, count, database, request, writer};
use platform::journal::{self, Broken};
use platform::write::{Options, Writer};
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_journal_is_dense_and_chained_under_32_writers_and_two_replicas() {
    let db = database().await;
    let replicas = [writer(&db.pool), writer(&db.pool)];
    let watched = tokio::spawn(no_gap_is_ever_seen(db.pool.clone(), 640));
    let tasks: Vec<_> = (0..32)
        .map(|task| {
            let writer = replicas[task % 2].clone();
            tokio::spawn(async move {
                for n in 0..20 {
                    let word = format!("{task}-{n}");
                    writer
                        .submit(&call("posts/a"), Uuid::new_v4(), &request(&word), Note::new(word.clone()))
                        .await
                        .unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let head = journal::verify(&db.pool).await.unwrap().unwrap();
    assert_eq!(head.seq, 640);
    assert_eq!(count(&db.pool, "SELECT count(*) FROM platform.journal").await, 640);
    // In commit order: a reader that saw seq n has seen everything below it, at any moment (the watcher below).
    assert_eq!(watched.await.unwrap(), 640);
}

/// Looks at the journal again and again while it grows: whatever is visible is dense from 1.
async fn no_gap_is_ever_seen(db: sqlx::PgPool, until: i64) -> i64 {
    loop {
        let (rows, last): (i64, i64) = sqlx::query_as("SELECT count(*), coalesce(max(seq), 0) FROM platform.journal")
            .fetch_one(&db)
            .await
            .unwrap();
        assert_eq!(rows, last, "entry {last} is visible and some before it are not");
        if last >= until {
            return last;
        }
    }
}

#[tokio::test]
async fn a_flipped_byte_a_missing_entry_and_a_lying_head_are_found() {
    let db = database().await;
    let writer = writer(&db.pool);
    for n in 0..5 {
        writer.submit(&call("posts/a"), Uuid::new_v4(), &request("x"), Note::new(n.to_string())).await.unwrap();
    }
    let tamper = async |sql: &'static str| crate::common::as_owner(&db, sql).await;
    assert_eq!(journal::verify(&db.pool).await.unwrap().unwrap().seq, 5);
    tamper("UPDATE platform.journal SET payload = set_byte(payload, 0, get_byte(payload, 0) # 1) WHERE seq = 3").await;
    assert_eq!(journal::verify(&db.pool).await.unwrap(), Err(Broken::Altered(3)));
    tamper("UPDATE platform.journal SET payload = set_byte(payload, 0, get_byte(payload, 0) # 1) WHERE seq = 3").await;
    tamper("UPDATE platform.journal SET actor = 'posts/b' WHERE seq = 4").await;
    assert_eq!(journal::verify(&db.pool).await.unwrap(), Err(Broken::Altered(4)));
    tamper("DELETE FROM platform.journal WHERE seq = 4").await;
    assert_eq!(journal::verify(&db.pool).await.unwrap(), Err(Broken::Missing(4)));
    tamper("DELETE FROM platform.journal WHERE seq >= 4").await;
    assert_eq!(journal::verify(&db.pool).await.unwrap(), Err(Broken::Missing(4)));
}

#[tokio::test]
async fn the_same_request_is_answered_the_same_in_one_batch_and_across_replicas() {
    let db = database().await;
    let (one, other) = (writer(&db.pool), writer(&db.pool));
    let id = Uuid::new_v4();
    // Sent at once: whatever shares a batch, and whatever races between the replicas, gets one effect.
    let sends = (0..40).map(|n| {
        let writer = if n % 2 == 0 { &one } else { &other };
        async move { writer.submit(&call("posts/a"), id, &request("same"), Note::new("once")).await }
    });
    let answers = futures_util::future::join_all(sends).await;
    let first = answers[0].clone().unwrap();
    assert!(answers.iter().all(|answer| answer.as_ref() == Ok(&first)), "{answers:?}");
    assert_eq!(count(&db.pool, "SELECT count(*) FROM probe.notes").await, 1);
    assert_eq!(count(&db.pool, "SELECT count(*) FROM platform.journal").await, 1);

    let reused = other.submit(&call("posts/a"), id, &request("other content"), Note::new("twice")).await.unwrap_err();
    assert_eq!(reused.reason(), "REQUEST_ID_REUSED");
    // Another caller's id is another id.
    other.submit(&call("posts/b"), id, &request("same"), Note::new("by another")).await.unwrap();
}

#[tokio::test]
async fn a_repeat_is_answered_as_at_first_whoever_would_refuse_it_now() {
    let db = database().await;
    let (one, other) = (writer(&db.pool), writer(&db.pool));
    for word in [DECIDED, DRAWN, "once"] {
        let id = Uuid::new_v4();
        let first = one.submit(&call("posts/a"), id, &request(word), Note::new(word)).await.unwrap();
        for writer in [&one, &other] {
            // Between them something ordinary: a writer then tries the next without asking whether it is a repeat.
            for _ in 0..2 {
                let ordinary = Note::new(Uuid::new_v4());
                writer.submit(&call("posts/a"), Uuid::new_v4(), &request("ordinary"), ordinary).await.unwrap();
            }
            let repeated = writer.submit(&call("posts/a"), id, &request(word), Note::new(word)).await;
            assert_eq!(repeated, Ok(first.clone()), "{word}");
        }
    }
    assert_eq!(count(&db.pool, "SELECT count(*) FROM probe.notes").await, 3 + 3 * 2 * 2);
    assert_eq!(count(&db.pool, "SELECT count(*) FROM platform.journal").await, 3 + 3 * 2 * 2);
    // What is refused for itself is refused, and the next goes its way.
    let again = one.submit(&call("posts/a"), Uuid::new_v4(), &request(DECIDED), Note::new(DECIDED)).await.unwrap_err();
    assert_eq!(again.reason(), "STATE_FORBIDS");
    let again = one.submit(&call("posts/a"), Uuid::new_v4(), &request("once"), Note::new("once")).await.unwrap_err();
    assert_eq!(again.reason(), "ALREADY_EXISTS");
    one.submit(&call("posts/a"), Uuid::new_v4(), &request("next"), Note::new("next")).await.unwrap();
}

#[tokio::test]
async fn commands_are_applied_in_the_order_they_came_though_one_batch_begins_while_another_commits() {
    let db = database().await;
    let options = Options { queue: 4096, batch: 7, digest_key: [9; 32], service: "probe" };
    let (writer, task) = Writer::start(db.pool.clone(), clock(), options);
    tokio::spawn(task);
    let words: Vec<String> = (0..500).map(|n| format!("word {n:03}")).collect();
    let mut answers = Vec::new();
    for word in &words {
        answers.push(writer.enqueue(&call("posts/a"), Note::new(word)).await.unwrap());
    }
    for answer in answers {
        answer.await.unwrap();
    }
    let told: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT payload FROM platform.journal ORDER BY seq").fetch_all(&db.pool).await.unwrap();
    assert_eq!(told, words.iter().map(|word| word.clone().into_bytes()).collect::<Vec<_>>());
    let sql = "SELECT count(*) FROM platform.journal AS one JOIN platform.journal AS next ON next.seq = one.seq + 1 WHERE next.at < one.at";
    assert_eq!(count(&db.pool, sql).await, 0, "time goes with order");
    assert_eq!(*writer.committed().borrow(), 500);
}

#[tokio::test]
async fn other_content_under_one_id_in_one_batch_is_refused() {
    let db = database().await;
    let writer = writer(&db.pool);
    let id = Uuid::new_v4();
    let caller = call("posts/a");
    let (left, right) = (request("left"), request("right"));
    let (a, b) = tokio::join!(
        writer.submit(&caller, id, &left, Note::new("left")),
        writer.submit(&caller, id, &right, Note::new("right")),
    );
    let refused: Vec<_> = [&a, &b].into_iter().filter_map(|answer| answer.as_ref().err()).collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].reason(), "REQUEST_ID_REUSED");
    assert_eq!(count(&db.pool, "SELECT count(*) FROM probe.notes").await, 1);
}

#[tokio::test]
async fn a_poisoned_command_falls_out_alone() {
    let db = database().await;
    let writer = writer(&db.pool);
    let sends = (0..50).map(|n| {
        let note = match n {
            17 => Note { weight: -1, ..Note::new("poison") },
            23 => Note::new("7"),
            31 => Note::new("refuse me"),
            _ => Note::new(n.to_string()),
        };
        let writer = &writer;
        async move { writer.submit(&call("posts/a"), Uuid::new_v4(), &request("x"), note).await }
    });
    let answers = futures_util::future::join_all(sends).await;
    for (n, answer) in answers.iter().enumerate() {
        match n {
            17 => assert_eq!(answer.as_ref().unwrap_err().reason(), "INTERNAL"),
            31 => assert_eq!(answer.as_ref().unwrap_err().reason(), "STATE_FORBIDS"),
            7 | 23 => {}
            _ => assert!(answer.is_ok(), "{n}: {answer:?}"),
        }
    }
    // One of the two that wanted the same word has it.
    let twins = [&answers[7], &answers[23]];
    assert_eq!(twins.iter().filter(|answer| answer.is_ok()).count(), 1);
    let lost = twins.iter().find_map(|answer| answer.as_ref().err()).unwrap();
    assert_eq!(lost.reason(), "ALREADY_EXISTS");
    assert_eq!(count(&db.pool, "SELECT count(*) FROM probe.notes").await, 47);
    assert_eq!(journal::verify(&db.pool).await.unwrap().unwrap().seq, 47);
}

#[tokio::test]
async fn a_caller_that_went_away_changes_nothing_for_others_and_what_was_sent_is_done() {
    let db = database().await;
    let writer = writer(&db.pool);
    let gone = call("posts/gone");
    let id = Uuid::new_v4();
    {
        let sent = request("x");
        let leaving = writer.submit(&gone, id, &sent, Note::new("left behind"));
        // Polled once: it is in the queue; then the caller hangs up.
        let polled = futures_util::poll!(Box::pin(leaving));
        assert!(polled.is_pending());
    }
    writer.submit(&call("posts/a"), Uuid::new_v4(), &request("y"), Note::new("stays")).await.unwrap();
    assert_eq!(count(&db.pool, "SELECT count(*) FROM probe.notes WHERE word = 'left behind'").await, 1);
    // Asking again tells that it was done.
    writer.submit(&gone, id, &request("x"), Note::new("left behind")).await.unwrap();
    assert_eq!(count(&db.pool, "SELECT count(*) FROM probe.notes").await, 2);
}

#[tokio::test]
async fn a_deadline_bounds_the_wait_and_never_the_transaction() {
    let db = database().await;
    let writer = writer(&db.pool);
    // Somebody holds the journal head; whatever wants to write waits.
    let mut held = db.pool.begin().await.unwrap();
    sqlx::query("SELECT * FROM platform.journal_head FOR UPDATE").execute(&mut *held).await.unwrap();
    let mut hurried = call("posts/hurried");
    hurried.deadline = Some(tokio::time::Instant::now() + Duration::from_millis(50));
    let id = Uuid::new_v4();
    let refused = writer.submit(&hurried, id, &request("x"), Note::new("late")).await.unwrap_err();
    assert_eq!(refused.reason(), "DEADLINE");
    held.rollback().await.unwrap();
    hurried.deadline = None;
    writer.submit(&hurried, id, &request("x"), Note::new("late")).await.unwrap();
    assert_eq!(count(&db.pool, "SELECT count(*) FROM probe.notes").await, 1);
}

#[tokio::test]
async fn a_full_queue_refuses_early_and_says_when_to_come_back() {
    let db = database().await;
    let options = platform::write::Options { queue: 2, batch: 1, digest_key: [0; 32], service: "probe" };
    let (writer, task) = platform::write::Writer::start(db.pool.clone(), crate::common::clock(), options);
    // Not started: everything stays in the queue.
    let caller = call("posts/a");
    let asked = request("x");
    let mut sends: Vec<_> =
        (0..3).map(|n| Box::pin(writer.submit(&caller, Uuid::new_v4(), &asked, Note::new(n.to_string())))).collect();
    assert!(futures_util::poll!(sends[0].as_mut()).is_pending());
    assert!(futures_util::poll!(sends[1].as_mut()).is_pending());
    let refused = sends[2].as_mut().await.unwrap_err();
    assert_eq!(refused.reason(), "BUSY");
    let status = tonic::Status::from(refused);
    assert!(platform::client::retry_after(&status, 0).is_some());
    tokio::spawn(task);
    sends.truncate(2);
    for send in sends {
        send.await.unwrap();
    }
}

#[tokio::test]
async fn a_pool_of_one_never_deadlocks() {
    let db = database().await;
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(1).connect(&db.url).await.unwrap();
    let writer = writer(&pool);
    let work = (0..100).map(|n| {
        let (writer, pool) = (&writer, &pool);
        async move {
            writer.submit(&call("posts/a"), Uuid::new_v4(), &request("x"), Note::new(n.to_string())).await.unwrap();
            journal::read(pool, 0, 10, 10).await.unwrap();
        }
    });
    let all = futures_util::future::join_all(work);
    tokio::time::timeout(Duration::from_mins(1), all).await.expect("it goes on");
}
