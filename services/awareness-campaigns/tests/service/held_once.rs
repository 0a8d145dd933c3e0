//! An event is held once: of two at one place and hour, one is verified.

use mahila_proto::campaign::v1 as wire;
use wire::EventState;

use crate::harness::{Campaigns, reason};
use crate::requests::{chaupal, chaupal_at, disputed, verified};

#[tokio::test]
async fn of_two_events_at_one_place_and_hour_one_is_verified() {
    let campaigns = Campaigns::start().await;
    let (here, elsewhere) = (campaigns.campaign("up").await.name, campaigns.campaign("district-157").await.name);
    // Also where the other stands under another campaign.
    let (first, second) = (campaigns.approved(chaupal(&here)).await, campaigns.approved(chaupal(&elsewhere)).await);
    campaigns.advance_to("2020-10-24 13:00").await;
    campaigns.claimed(&first).await;
    campaigns.claimed(&second).await;
    let mut circle = campaigns.circle();
    circle.verify_event(verified(&first.name, 40)).await.unwrap();
    let twice = circle.verify_event(verified(&second.name, 40)).await.unwrap_err();
    assert_eq!(reason(&twice), "HELD_ALREADY");
    assert!(twice.message().contains(&first.name), "says which");
    let doubled = disputed(&second.name, wire::DisputeReason::Doubled);
    assert_eq!(circle.verify_event(doubled).await.unwrap().into_inner().state(), EventState::Disputed);
}

#[tokio::test]
async fn another_hour_place_or_kind_is_another_event() {
    let campaigns = Campaigns::start().await;
    let campaign = campaigns.campaign("up").await.name;
    let mut rally = chaupal(&campaign);
    rally.event.as_mut().unwrap().kind = wire::EventKind::Rally.into();
    let mut events = Vec::new();
    for request in [
        chaupal(&campaign),
        rally,
        chaupal_at(&campaign, "ps-157-001", "123456", 12),
        chaupal_at(&campaign, "ps-157-001", "123457", 11),
    ] {
        events.push(campaigns.approved(request).await);
    }
    campaigns.advance_to("2020-10-24 14:00").await;
    for event in &events {
        campaigns.claimed(event).await;
        let held = campaigns.circle().verify_event(verified(&event.name, 40)).await.unwrap().into_inner();
        assert_eq!(held.state(), EventState::Verified);
    }
}

#[tokio::test]
async fn the_database_holds_one_too_should_two_replicas_verify_in_one_moment() {
    let campaigns = Campaigns::start().await;
    let campaign = campaigns.campaign("up").await.name;
    let (first, second) = (campaigns.approved(chaupal(&campaign)).await, campaigns.approved(chaupal(&campaign)).await);
    campaigns.advance_to("2020-10-24 13:00").await;
    for event in [&first, &second] {
        campaigns.claimed(event).await;
    }
    campaigns.circle().verify_event(verified(&first.name, 40)).await.unwrap();
    let error =
        sqlx::query("UPDATE campaigns.events SET state = 4, found = claimed, verified_by = 'posts/x' WHERE state = 3")
            .execute(&campaigns.database.pool)
            .await
            .unwrap_err();
    assert_eq!(error.as_database_error().and_then(|error| error.constraint()), Some("events_held_once"));
}
