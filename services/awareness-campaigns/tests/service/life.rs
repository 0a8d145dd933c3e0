//! The life of an event from the proposal to the statement, and its other endings.

use mahila_proto::campaign::v1 as wire;
use mahila_proto::campaign::v1::approve_event_request::Decision;
use wire::{EventState, EvidenceKind};

use crate::harness::{Campaigns, refused};
use crate::requests::{approval, cancellation, chaupal, day, disputed, evidence, report, verified, with};

#[tokio::test]
async fn an_event_with_a_partner_goes_from_proposal_to_held_and_nobody_checks_her_own() {
    let campaigns = Campaigns::start().await;
    let campaign = campaigns.campaign("up").await.name;
    let partner = campaigns.vetted().await.name;
    let (mut sho, mut circle, mut district) =
        (campaigns.sho("ps-157-001"), campaigns.circle(), campaigns.district("district-157"));

    let proposed = sho.create_event(with(chaupal(&campaign), &partner)).await.unwrap().into_inner();
    assert_eq!((proposed.state(), proposed.partner.as_str()), (EventState::Proposed, partner.as_str()));
    assert!(proposed.name.starts_with(&format!("{campaign}/events/")) && proposed.photo_nonce.is_empty());
    let approved = circle.approve_event(approval(&proposed.name)).await.unwrap().into_inner();
    assert_eq!((approved.state(), approved.photo_nonce.len()), (EventState::Approved, 8));

    campaigns.advance_to("2020-10-24 15:00").await;
    let mut of_partner = campaigns.partner(&partner);
    let seen = campaigns.event(campaigns.partner(&partner), &proposed.name).await;
    assert_eq!(seen.photo_nonce, approved.photo_nonce, "the app takes it from the list");
    let claimed = of_partner.report_event(report(&seen, 40)).await.unwrap().into_inner();
    assert_eq!((claimed.state(), claimed.reported_by.as_str()), (EventState::Reported, partner.as_str()));
    assert_eq!((claimed.leads, claimed.claimed.unwrap().women, claimed.found), (1, 40, None));

    // One kind, however often, is not enough.
    for _ in 0..2 {
        of_partner.attach_evidence(evidence(&seen, EvidenceKind::Photo)).await.unwrap();
    }
    assert_eq!(refused(circle.verify_event(verified(&seen.name, 38)).await), "EVIDENCE_MISSING");
    let attested = of_partner.attach_evidence(evidence(&seen, EvidenceKind::PartnerAttest)).await.unwrap();
    assert_eq!(attested.into_inner().evidence.len(), 3);

    // Who organised it cannot check it, whatever else her token says; nor can who attached evidence.
    let mut promoted = campaigns.client("posts/ps-157-001-sho", &["circle_officer"], &["circle-157-1"]);
    assert_eq!(refused(promoted.verify_event(verified(&seen.name, 38)).await), "SAME_PERSON");
    circle.attach_evidence(evidence(&seen, EvidenceKind::VenueHeadAttest)).await.unwrap();
    assert_eq!(refused(circle.verify_event(verified(&seen.name, 38)).await), "SAME_PERSON");
    let held = district.verify_event(verified(&seen.name, 38)).await.unwrap().into_inner();
    assert_eq!((held.state(), held.found.unwrap().women), (EventState::Verified, 38));
    assert_eq!(held.verified_by, "posts/district-157-ssp");
    assert_eq!(refused(district.verify_event(verified(&seen.name, 38)).await), "STATE_FORBIDS");

    let moves = campaigns.moves().await;
    let told: Vec<_> = moves.iter().map(|told| (told.from(), told.to(), told.reached.map(|r| r.women))).collect();
    assert_eq!(
        told,
        [
            (EventState::Unspecified, EventState::Proposed, None),
            (EventState::Proposed, EventState::Approved, None),
            (EventState::Approved, EventState::Reported, Some(40)),
            (EventState::Reported, EventState::Verified, Some(38)),
        ]
    );
    let place = moves[3].place.clone().unwrap();
    assert_eq!((place.station.as_str(), place.district.as_str()), ("stations/ps-157-001", "units/district-157"));
    assert_eq!(
        (place.place_code.as_str(), place.kind(), place.with_partner),
        ("123456", wire::EventKind::Chaupal, true)
    );
    assert_eq!((place.planned_day, moves[0].day), (Some(day(2020, 10, 24)), Some(day(2020, 10, 23))));
}

#[tokio::test]
async fn who_proposed_it_does_not_approve_it_and_what_is_rejected_is_not_held() {
    let campaigns = Campaigns::start().await;
    let campaign = campaigns.campaign("up").await.name;
    let mut circle = campaigns.circle();
    let own = circle.create_event(chaupal(&campaign)).await.unwrap().into_inner();
    assert_eq!(refused(circle.approve_event(approval(&own.name)).await), "SAME_PERSON");
    let decision = Some(Decision::Rejected(wire::RejectionReason::VenueUnsuitable.into()));
    let rejection = wire::ApproveEventRequest { decision, ..approval(&own.name) };
    let rejected = campaigns.district("district-157").approve_event(rejection).await.unwrap().into_inner();
    assert_eq!(rejected.state(), EventState::Rejected);
    assert_eq!(rejected.rejection_reason(), wire::RejectionReason::VenueUnsuitable);
    campaigns.advance_to("2020-10-24 14:00").await;
    assert_eq!(refused(circle.report_event(report(&rejected, 1)).await), "STATE_FORBIDS");
}

#[tokio::test]
async fn a_disputed_event_stays_so_and_is_not_held() {
    let campaigns = Campaigns::start().await;
    let campaign = campaigns.campaign("up").await.name;
    let claimed = campaigns.reported(chaupal(&campaign)).await;
    let mut circle = campaigns.circle();
    let not_held = disputed(&claimed.name, wire::DisputeReason::NotHeld);
    let doubted = circle.verify_event(not_held).await.unwrap().into_inner();
    assert_eq!((doubted.state(), doubted.dispute_reason()), (EventState::Disputed, wire::DisputeReason::NotHeld));
    assert_eq!((doubted.found, doubted.photo_nonce.as_str()), (None, ""));
    assert_eq!(refused(circle.verify_event(verified(&claimed.name, 1)).await), "STATE_FORBIDS");
    let late = evidence(&claimed, EvidenceKind::VenueHeadAttest);
    assert_eq!(refused(circle.attach_evidence(late).await), "STATE_FORBIDS");
    let held = campaigns.moves().await.iter().filter(|told| told.to() == EventState::Verified).count();
    assert_eq!(held, 0);
}

#[tokio::test]
async fn an_event_is_called_off_before_its_end_and_not_after() {
    let campaigns = Campaigns::start().await;
    let campaign = campaigns.campaign("up").await.name;
    let mut sho = campaigns.sho("ps-157-001");
    let (first, second) = (campaigns.approved(chaupal(&campaign)).await, campaigns.approved(chaupal(&campaign)).await);
    let off = sho.cancel_event(cancellation(&first.name)).await.unwrap().into_inner();
    assert_eq!((off.state(), off.cancellation_reason()), (EventState::Cancelled, wire::CancellationReason::Weather));
    campaigns.advance_to("2020-10-24 13:01").await;
    assert_eq!(refused(sho.cancel_event(cancellation(&second.name)).await), "TOO_LATE");
    let proposed = campaigns.circle().approve_event(approval(&first.name)).await;
    assert_eq!(refused(proposed), "STATE_FORBIDS");
}

#[tokio::test]
async fn a_claim_decided_on_unread_changes_is_turned_away() {
    let campaigns = Campaigns::start().await;
    let campaign = campaigns.campaign("up").await.name;
    let claimed = campaigns.reported(chaupal(&campaign)).await;
    let mut circle = campaigns.circle();
    let scan = evidence(&claimed, EvidenceKind::VenueHeadAttest);
    campaigns.sho("ps-157-001").attach_evidence(scan).await.unwrap();
    let unread = wire::VerifyEventRequest { etag: claimed.etag.clone(), ..verified(&claimed.name, 40) };
    assert_eq!(refused(circle.verify_event(unread).await), "ETAG_MISMATCH");
    let etag = campaigns.event(campaigns.circle(), &claimed.name).await.etag;
    circle.verify_event(wire::VerifyEventRequest { etag, ..verified(&claimed.name, 40) }).await.unwrap();
}
