//! The same again gives the same answer, and changes nothing.

use mahila_proto::campaign::v1 as wire;
use wire::EvidenceKind;

use crate::harness::{Campaigns, refused, wrong_fields};
use crate::requests::{
    approval, campaign, cancellation, chaupal, chaupal_at, evidence, partner, report, verified, vetted,
};

/// Sends a request twice, later the second time, and then other content under its id.
macro_rules! twice {
    ($campaigns:expr, $client:expr, $method:ident, $request:expr, $other:expr) => {{
        let (mut client, request) = ($client, $request);
        let first = client.$method(request.clone()).await.expect("it is done").into_inner();
        let moves = $campaigns.moves().await.len();
        let again = client.$method(request.clone()).await.expect("it was done").into_inner();
        assert_eq!(again, first, stringify!($method));
        let mut other = $other;
        other.request_id = request.request_id;
        assert_eq!(refused(client.$method(other).await), "REQUEST_ID_REUSED", stringify!($method));
        assert_eq!($campaigns.moves().await.len(), moves, stringify!($method));
        first
    }};
}

#[tokio::test]
async fn every_write_sent_again_is_answered_as_the_first_time() {
    let campaigns = Campaigns::start().await;
    let (circle, district) = (|| campaigns.circle(), || campaigns.district("district-157"));
    let sho = || campaigns.sho("ps-157-001");

    let request = partner("circle-157-1", "UP/1");
    let registered = twice!(campaigns, circle(), register_partner, request, partner("circle-157-1", "UP/2"));
    let other = wire::VetPartnerRequest { etag: "7".into(), ..vetted(&registered.name) };
    twice!(campaigns, district(), vet_partner, vetted(&registered.name), other);
    let begun = twice!(campaigns, campaigns.headquarters(), create_campaign, campaign("up"), campaign("district-157"));

    let other = chaupal_at(&begun.name, "ps-157-001", "777", 15);
    let proposed = twice!(campaigns, sho(), create_event, chaupal(&begun.name), other);
    let doomed = sho().create_event(chaupal(&begun.name)).await.unwrap().into_inner();
    let other = wire::ApproveEventRequest { etag: "9".into(), ..approval(&proposed.name) };
    let approved = twice!(campaigns, circle(), approve_event, approval(&proposed.name), other);
    let other = wire::CancelEventRequest { etag: "9".into(), ..cancellation(&doomed.name) };
    twice!(campaigns, sho(), cancel_event, cancellation(&doomed.name), other);

    campaigns.advance_to("2020-10-24 14:00").await;
    twice!(campaigns, sho(), report_event, report(&approved, 40), report(&approved, 41));
    let photo = evidence(&approved, EvidenceKind::Photo);
    let seen = twice!(campaigns, sho(), attach_evidence, photo, evidence(&approved, EvidenceKind::Photo));
    assert_eq!(seen.evidence.len(), 1);
    sho().attach_evidence(evidence(&approved, EvidenceKind::RegisterScan)).await.unwrap();
    twice!(campaigns, circle(), verify_event, verified(&approved.name, 40), verified(&approved.name, 41));
    assert_eq!(campaigns.moves().await.len(), 6);
}

#[tokio::test]
async fn a_claim_that_was_answered_is_answered_so_again_after_the_event_has_moved_on() {
    let campaigns = Campaigns::start().await;
    let campaign = campaigns.campaign("up").await.name;
    let approved = campaigns.approved(chaupal(&campaign)).await;
    campaigns.advance_to("2020-10-24 14:00").await;
    let mut sho = campaigns.sho("ps-157-001");
    let request = report(&approved, 40);
    let first = sho.report_event(request.clone()).await.unwrap().into_inner();
    for kind in [EvidenceKind::Photo, EvidenceKind::RegisterScan] {
        sho.attach_evidence(evidence(&approved, kind)).await.unwrap();
    }
    campaigns.circle().verify_event(verified(&approved.name, 30)).await.unwrap();
    // The device was offline when the answer came.
    assert_eq!(sho.report_event(request).await.unwrap().into_inner(), first);
    assert_eq!(campaigns.event(campaigns.sho("ps-157-001"), &approved.name).await.state(), wire::EventState::Verified);
}

#[tokio::test]
async fn a_proposal_that_was_answered_is_answered_so_again_after_the_event_began() {
    let campaigns = Campaigns::start().await;
    let campaign = campaigns.campaign("up").await.name;
    let request = chaupal(&campaign);
    let mut sho = campaigns.sho("ps-157-001");
    let first = sho.create_event(request.clone()).await.unwrap().into_inner();
    campaigns.advance_to("2020-10-24 12:00").await;
    assert_eq!(sho.create_event(request).await.unwrap().into_inner(), first);
    assert_eq!(wrong_fields(sho.create_event(chaupal(&campaign)).await), ["event.starts_at"], "another comes too late");
}
