//! What nobody reports in time was not held.

use mahila_proto::campaign::v1 as wire;
use wire::EventState;

use crate::harness::{Campaigns, at, refused};
use crate::requests::{chaupal, day, report};

#[tokio::test]
async fn an_event_unreported_for_72_hours_lapses_once_and_is_not_held() {
    let campaigns = Campaigns::start().await;
    let campaign = campaigns.campaign("up").await.name;
    let (kept, lost) = (campaigns.approved(chaupal(&campaign)).await, campaigns.approved(chaupal(&campaign)).await);
    let mut sho = campaigns.sho("ps-157-001");

    // It should end on Saturday at one: until Tuesday at one there is time, for a device that was offline too.
    campaigns.advance_to("2020-10-27 13:00").await;
    let late = sho.report_event(report(&kept, 40)).await.unwrap().into_inner();
    assert_eq!(late.state(), EventState::Reported, "the last minute counts");
    campaigns.do_due().await;
    assert_eq!(campaigns.event(campaigns.circle(), &lost.name).await.state(), EventState::Approved);

    // Too late, whether or not the sweep has come by.
    campaigns.clock.advance_to(at("2020-10-27 13:01")).unwrap();
    assert_eq!(refused(sho.report_event(report(&lost, 40)).await), "STATE_FORBIDS");
    campaigns.advance_to("2020-10-29 09:00").await;
    campaigns.do_due().await;
    assert_eq!(campaigns.event(campaigns.circle(), &lost.name).await.state(), EventState::Lapsed);
    assert_eq!(campaigns.event(campaigns.circle(), &kept.name).await.state(), EventState::Reported);
    assert_eq!(refused(sho.report_event(report(&lost, 40)).await), "STATE_FORBIDS");

    let moves = campaigns.moves().await;
    let lapsed: Vec<_> = moves.iter().filter(|told| told.to() == EventState::Lapsed).collect();
    assert_eq!(lapsed.len(), 1, "told once");
    assert_eq!(lapsed[0].day, Some(day(2020, 10, 27)), "for the day on which it lapsed, whenever the sweep came");
    assert_eq!((lapsed[0].from(), lapsed[0].reached), (EventState::Approved, None));
}

#[tokio::test]
async fn a_sweep_over_many_pages_lapses_each_once() {
    let campaigns = Campaigns::start().await;
    let campaign = campaigns.campaign("up").await.name;
    let one = campaigns.approved(chaupal(&campaign)).await;
    // 600 like it, of which the newest 300 have their time still.
    sqlx::query(
        "INSERT INTO campaigns.events
         SELECT (jsonb_populate_record(event, jsonb_build_object(
                     'id', gen_random_uuid(), 'ends_at', event.ends_at + CASE WHEN n > 300 THEN interval '1 day' ELSE '0' END))).*
         FROM campaigns.events event, generate_series(1, 600) n",
    )
    .execute(&campaigns.database.pool)
    .await
    .unwrap();
    campaigns.advance_to("2020-10-27 14:00").await;
    let moves = campaigns.moves().await;
    assert_eq!(moves.iter().filter(|told| told.to() == EventState::Lapsed).count(), 301);
    campaigns.do_due().await;
    assert_eq!(campaigns.moves().await.len(), moves.len());
    assert_eq!(campaigns.event(campaigns.circle(), &one.name).await.state(), EventState::Lapsed);
}
