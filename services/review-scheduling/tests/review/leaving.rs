//! Closed cases leave the pool, and nothing that refers to them notices.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use mahila_proto::intake::v1::HandlingState;
use mahila_proto::review::v1 as wire;
use uuid::Uuid;
use wire::{CarriedReason, Stratum};

use crate::calls::{convene, docket_of, expedite, go_on, sign, weekly};
use crate::harness::Review;
use crate::tell::{Case, cases, october};

/// A review of these cases, closed on the 20th. No place is kept for the lot, so that what presses is told by its own
/// stratum.
async fn closed_on_the_20th(cases: &[Case]) -> Review {
    let review = Review::start().await;
    review.put_policy(wire::ReviewPolicy { random_minimum: 0, ..weekly(wire::ReviewLevel::Station) }).await;
    review.tell(cases.iter().flat_map(|case| [case.registered(), case.closed(october(20))])).await;
    review
}

/// What the pool holds: state and day of closing, by complaint.
async fn pool(review: &Review) -> BTreeMap<Uuid, (i16, Option<NaiveDate>)> {
    let rows: Vec<(Uuid, i16, Option<NaiveDate>)> =
        sqlx::query_as("SELECT complaint, handling_state, closed_day FROM review.pool")
            .fetch_all(&review.database.pool)
            .await
            .unwrap();
    rows.into_iter().map(|(complaint, state, day)| (complaint, (state, day))).collect()
}

/// The docket of the week that begins on a day, by complaint.
async fn docket(review: &Review, day: NaiveDate) -> BTreeMap<String, wire::DocketItem> {
    let cycle = review.cycle("ps-157-001", day).await.name;
    review.docket(&cycle).await.into_iter().map(|item| (item.complaint.clone(), item)).collect()
}

#[tokio::test]
async fn what_was_closed_long_ago_leaves_but_for_what_is_owed_carried_or_hidden() {
    let mut all = cases("ps-157-001", 6);
    let review = closed_on_the_20th(&all).await;
    review.begin(october(24)).await;
    let first = review.cycle("ps-157-001", october(24)).await.name;
    let drawn = docket(&review, october(24)).await;
    assert_eq!(drawn.len(), 6);
    assert!(drawn.values().all(|item| item.stratum() == Stratum::Random), "the lot draws on the closed too");

    // The first is owed something, the second is not reached; of the last it is found afterwards that it is against the
    // station.
    let sitting = convene(&review, "ps-157-001", &first).await;
    let mut sho = review.sho("ps-157-001");
    sho.record_decision(expedite(&drawn[&all[0].name()].name, "ps-157-001-io")).await.unwrap();
    for case in &all[2..] {
        sho.record_decision(go_on(&drawn[&case.name()].name)).await.unwrap();
    }
    review.desk("ps-157-001").sign_minutes(sign(&sitting)).await.unwrap();
    let told = all[5].hidden();
    review.tell([told, all[5].closed(october(26))]).await;
    // And one was closed before anybody wrote down when.
    sqlx::query("UPDATE review.pool SET closed_day = NULL WHERE complaint = $1")
        .bind(all[4].id)
        .execute(&review.database.pool)
        .await
        .unwrap();

    let later = october(24) + chrono::Days::new(9 * 7);
    review.begin(later).await;
    let known = pool(&review).await;
    let stays: Vec<bool> = all.iter().map(|case| known.contains_key(&case.id)).collect();
    assert_eq!(stays, [true, true, false, false, true, true]);
    assert_eq!(known[&all[4].id], (6, Some(later)), "from now on it counts as closed");
    let now = docket(&review, later).await;
    assert_eq!(now.keys().collect::<Vec<_>>(), sorted([&all[0], &all[1], &all[4]]).iter().collect::<Vec<_>>());
    assert_eq!(now[&all[0].name()].stratum(), Stratum::ActionOverdue);
    assert_eq!(now[&all[1].name()].carried_reason(), CarriedReason::NotReached);

    // The old docket stands, is selected again, and shows the station as little as before.
    assert_eq!(docket(&review, october(24)).await.keys().collect::<Vec<_>>(), drawn.keys().collect::<Vec<_>>());
    let request = wire::VerifySelectionRequest { cycle: first.clone(), ..wire::VerifySelectionRequest::default() };
    let verified = review.auditor().verify_selection(request).await.unwrap().into_inner();
    assert!(verified.seed_holds && verified.docket_holds && verified.selection_holds == Some(true), "{verified:?}");
    let seen = docket_of(&mut sho, &first).await;
    assert!(seen.len() == 5 && seen.iter().all(|item| item.complaint != all[5].name()));
}

#[tokio::test]
async fn what_left_comes_back_closed_and_is_open_once_it_is_opened_again() {
    let all = cases("ps-157-001", 3);
    let review = closed_on_the_20th(&all).await;
    let later = october(24) + chrono::Days::new(9 * 7);
    review.begin(later).await;
    assert_eq!(pool(&review).await.len(), 0);
    assert_eq!(review.cycle("ps-157-001", later).await.eligible, 0);

    review.tell([all[0].asked(true), all[1].moved(HandlingState::Reopened)]).await;
    assert_eq!(pool(&review).await[&all[0].id], (6, None), "closed as it was");
    let week_after = later + chrono::Days::new(7);
    review.begin(week_after).await;
    let drawn = docket(&review, week_after).await;
    assert_eq!(drawn.len(), 2);
    assert_eq!(drawn[&all[0].name()].stratum(), Stratum::Random);
    assert_eq!(drawn[&all[1].name()].stratum(), Stratum::Reopened);
    assert_eq!(pool(&review).await[&all[0].id], (6, Some(week_after)));
}

fn sorted<const N: usize>(cases: [&Case; N]) -> Vec<String> {
    let mut names: Vec<String> = cases.iter().map(|case| case.name()).collect();
    names.sort();
    names
}
