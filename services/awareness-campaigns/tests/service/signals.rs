//! What looks odd is shown to whoever verifies, and to nobody whom it would teach.

use mahila_proto::campaign::v1 as wire;
use platform::fields::timestamp;
use wire::{EvidenceKind, Signal};

use crate::harness::{Campaigns, at, refused, wrong_fields};
use crate::requests::{chaupal, chaupal_at, evidence, report, request_id, with};

fn shown(event: &wire::Event) -> Vec<Signal> {
    event.signals().collect()
}

#[tokio::test]
async fn a_repeated_photograph_a_far_fix_and_a_full_room_are_seen_by_whoever_verifies() {
    let campaigns = Campaigns::start().await;
    let campaign = campaigns.campaign("up").await.name;
    let partner = campaigns.vetted().await.name;
    let first = campaigns.approved(with(chaupal(&campaign), &partner)).await;
    let second = campaigns.approved(chaupal_at(&campaign, "ps-157-001", "654321", 15)).await;
    campaigns.advance_to("2020-10-24 18:00").await;
    let mut sho = campaigns.sho("ps-157-001");
    // 60 fit in.
    sho.report_event(report(&first, 90)).await.unwrap();
    let photo = evidence(&first, EvidenceKind::Photo);
    let mut again = evidence(&second, EvidenceKind::Photo);
    again.evidence.as_mut().unwrap().sha256 = photo.evidence.as_ref().unwrap().sha256.clone();
    sho.attach_evidence(photo).await.unwrap();
    let mut fix = evidence(&first, EvidenceKind::Geo);
    let made_up = fix.evidence.as_mut().unwrap();
    made_up.sha256 = Vec::new();
    // Kanpur.
    let point = Some(wire::GeoPoint { latitude_e7: 264_499_000, longitude_e7: 803_319_000 });
    made_up.geo = Some(wire::GeoFix { point, accuracy_m: 10, mock: true });
    let seen_by_sho = sho.attach_evidence(fix).await.unwrap().into_inner();
    assert_eq!((shown(&seen_by_sho), seen_by_sho.evidence.len()), (vec![], 2));

    let odd = [Signal::FarFromVenue, Signal::OverCapacity, Signal::MockLocation];
    assert_eq!(shown(&campaigns.event(campaigns.circle(), &first.name).await), odd);
    // The other one comes later, and both are marked from then on.
    sho.attach_evidence(again).await.unwrap();
    let all = [&[Signal::PhotoRepeated][..], &odd].concat();
    let auditor = campaigns.client("posts/auditor", &["auditor"], &["up"]);
    for client in [campaigns.circle(), campaigns.district("district-157"), campaigns.headquarters(), auditor] {
        assert_eq!(shown(&campaigns.event(client, &first.name).await), all);
    }
    assert_eq!(shown(&campaigns.event(campaigns.circle(), &second.name).await), [Signal::PhotoRepeated]);
    // Whatever else a partner's token says.
    let double = campaigns.client(&partner, &["partner", "auditor"], &["up"]);
    for client in [campaigns.sho("ps-157-001"), campaigns.partner(&partner), double] {
        assert_eq!(shown(&campaigns.event(client, &first.name).await), []);
    }
}

#[tokio::test]
async fn an_old_photograph_and_a_crowded_hour_are_seen() {
    let campaigns = Campaigns::start().await;
    let campaign = campaigns.campaign("up").await.name;
    let here = campaigns.approved(chaupal(&campaign)).await;
    let beside = campaigns.approved(chaupal_at(&campaign, "ps-157-001", "123456", 12)).await;
    let proposed = campaigns.sho("ps-157-001").create_event(chaupal(&campaign)).await.unwrap().into_inner();
    let mut old = evidence(&here, EvidenceKind::Photo);
    old.evidence.as_mut().unwrap().captured_at = Some(timestamp(at("2020-10-22 11:00")));
    campaigns.sho("ps-157-001").attach_evidence(old).await.unwrap();
    let of = async |name: &str| shown(&campaigns.event(campaigns.circle(), name).await);
    // An hour apart is not within the hour; what is only proposed crowds nobody, but is crowded itself.
    assert_eq!(of(&here.name).await, [Signal::PhotoTooOld]);
    assert_eq!(of(&beside.name).await, []);
    assert_eq!(of(&proposed.name).await, [Signal::SamePlaceAndHour]);
    let third = campaigns.approved(chaupal(&campaign)).await;
    assert_eq!(of(&here.name).await, [Signal::PhotoTooOld, Signal::SamePlaceAndHour]);
    assert_eq!(of(&third.name).await, [Signal::SamePlaceAndHour]);
}

#[tokio::test]
async fn a_photograph_of_another_event_bears_another_nonce() {
    let campaigns = Campaigns::start().await;
    let campaign = campaigns.campaign("up").await.name;
    let (one, other) = (campaigns.approved(chaupal(&campaign)).await, campaigns.approved(chaupal(&campaign)).await);
    assert_ne!(one.photo_nonce, other.photo_nonce);
    campaigns.advance_to("2020-10-24 14:00").await;
    let mut foreign = evidence(&one, EvidenceKind::Photo);
    foreign.evidence.as_mut().unwrap().nonce = other.photo_nonce;
    let mut sho = campaigns.sho("ps-157-001");
    assert_eq!(wrong_fields(sho.attach_evidence(foreign).await), ["evidence.nonce"]);
    let photo = evidence(&one, EvidenceKind::Photo);
    sho.attach_evidence(photo.clone()).await.unwrap();
    let again = wire::AttachEvidenceRequest { request_id: request_id(), ..photo };
    assert_eq!(refused(sho.attach_evidence(again).await), "ALREADY_EXISTS", "one file proves once");
}
