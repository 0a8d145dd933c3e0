//! What the pool knows, it knows from intake's journal alone.

use mahila_proto::intake::v1::{ClockCode, HandlingState, Risk};

use crate::harness::Review;
use crate::tell::{Case, cases, october};

type Row = (
    uuid::Uuid,
    String,
    String,
    String,
    chrono::NaiveDate,
    i16,
    Option<i16>,
    bool,
    Option<chrono::NaiveDate>,
    Option<chrono::NaiveDate>,
);

async fn pool(review: &Review) -> Vec<Row> {
    sqlx::query_as(
        "SELECT complaint, station, district, hidden_from, registered_day, handling_state, risk, reopened, breached_day, due_day
         FROM review.pool ORDER BY complaint",
    )
    .fetch_all(&review.database.pool)
    .await
    .unwrap()
}

fn told(all: &mut [Case]) -> Vec<platform::journal::Draft> {
    let mut told = vec![all[0].registered(), all[1].registered_with(Risk::Imminent), all[2].registered()];
    all[0].due = Some(october(25));
    told.push(all[0].moved(HandlingState::Triaged));
    told.push(all[1].moved(HandlingState::Reopened));
    told.push(all[2].hidden());
    told.push(all[1].asked(true));
    told.push(all[1].breached(ClockCode::Medical, october(21)));
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_nothing_it_comes_to_the_same_pool_whatever_happens_to_either_side() {
    let mut review = Review::start().await;
    let mut all = cases("ps-157-001", 3);
    let told = told(&mut all);
    review.tell(told.clone()).await;
    let known = pool(&review).await;
    assert_eq!(known.len(), 3);
    let of = |case: &Case| known.iter().find(|row| row.0 == case.id).unwrap();
    assert_eq!((of(&all[0]).5, of(&all[0]).9), (3, Some(october(25))));
    assert_eq!((of(&all[1]).6, of(&all[1]).7, of(&all[1]).8), (Some(4), false, Some(october(21))));
    assert_eq!((of(&all[2]).1.as_str(), of(&all[2]).3.as_str()), ("", "ps-157-001"));

    review.restart().await;
    review.until_heard().await;
    assert_eq!(pool(&review).await, known, "after a restart");

    // The last five entries are lost with a backup and told again: the follower has read further than that history reaches.
    review.intake.restore_without(5).await;
    review.restart().await;
    review.tell(told[3..].to_vec()).await;
    assert_eq!(pool(&review).await, known, "after a restore, from nothing");

    // And it goes on from there.
    review.tell([all[0].moved(HandlingState::Disposed)]).await;
    assert_eq!(pool(&review).await.iter().find(|row| row.0 == all[0].id).unwrap().5, 6);
}

#[tokio::test]
async fn dockets_outlive_a_pool_that_is_learnt_anew() {
    let all = cases("ps-157-001", 20);
    let mut review = Review::with_cases(&all).await;
    review.begin(october(24)).await;
    let cycle = review.cycle("ps-157-001", october(24)).await.name;
    let docket = review.docket(&cycle).await;
    review.intake.restore_without(10).await;
    review.restart().await;
    review.tell(all[10..].iter().map(Case::registered)).await;
    assert_eq!(review.docket(&cycle).await, docket);
    assert_eq!(pool(&review).await.len(), 20);
}
