//! Partners: registered by one, vetted by another, given events only while they are fit; and blind to everything but
//! their own.

use mahila_proto::campaign::v1 as wire;
use platform::fields::timestamp;
use wire::{EventState, EvidenceKind, VettingState};

use crate::harness::{Campaigns, at, refused, wrong_fields};
use crate::requests::{approval, chaupal, day, evidence, partner, report, request_id, suspended, vetted, with};

#[tokio::test]
async fn a_partner_is_vetted_by_another_than_who_registered_it() {
    let campaigns = Campaigns::start().await;
    let mut district = campaigns.district("district-157");
    let registered = district.register_partner(partner("district-157", "UP/1")).await.unwrap().into_inner();
    assert_eq!(registered.vetting_state(), VettingState::Pending);
    assert_eq!(refused(district.vet_partner(vetted(&registered.name)).await), "SAME_PERSON");
    let fit = campaigns.headquarters().vet_partner(vetted(&registered.name)).await.unwrap().into_inner();
    assert_eq!((fit.vetting_state(), fit.vetted_by.as_str()), (VettingState::Vetted, "posts/up-wcso"));
    let unfit = district.vet_partner(suspended(&registered.name)).await.unwrap().into_inner();
    assert_eq!(
        (unfit.vetting_state(), unfit.suspension_reason()),
        (VettingState::Suspended, wire::SuspensionReason::Conduct)
    );
    let twice = district.register_partner(partner("district-157", "UP/1")).await;
    assert_eq!(refused(twice), "ALREADY_EXISTS");
    assert!(district.register_partner(partner("circle-157-1", "UP/1")).await.is_ok(), "another unit's is another");
}

#[tokio::test]
async fn a_partner_that_is_not_vetted_suspended_or_foreign_gets_no_event() {
    let campaigns = Campaigns::start().await;
    let campaign = campaigns.campaign("up").await.name;
    let mut sho = campaigns.sho("ps-157-001");
    let pending = campaigns.circle().register_partner(partner("circle-157-1", "UP/1")).await.unwrap().into_inner();
    assert_eq!(refused(sho.create_event(with(chaupal(&campaign), &pending.name)).await), "PARTNER_NOT_VETTED");

    let mut district = campaigns.district("district-157");
    district.vet_partner(vetted(&pending.name)).await.unwrap();
    let proposed = sho.create_event(with(chaupal(&campaign), &pending.name)).await.unwrap().into_inner();
    let given = campaigns.approved(with(chaupal(&campaign), &pending.name)).await;
    district.vet_partner(suspended(&pending.name)).await.unwrap();
    assert_eq!(refused(sho.create_event(with(chaupal(&campaign), &pending.name)).await), "PARTNER_NOT_VETTED");
    let approved = campaigns.circle().approve_event(approval(&proposed.name)).await;
    assert_eq!(refused(approved), "PARTNER_NOT_VETTED", "suspended since it was proposed");
    // What it was given it may still report.
    campaigns.advance_to("2020-10-24 14:00").await;
    campaigns.partner(&pending.name).report_event(report(&given, 3)).await.unwrap();

    // Mahoba's, fit as it is, is not for a station of Lucknow, and is not to be told from one that is not there.
    let mahoba = campaigns.district("district-164").register_partner(partner("district-164", "UP/2")).await.unwrap();
    let mahoba = campaigns.headquarters().vet_partner(vetted(&mahoba.into_inner().name)).await.unwrap().into_inner();
    let missing = format!("partners/{}", request_id());
    for foreign in [mahoba.name, missing] {
        let mut request = with(chaupal(&campaign), &foreign);
        let event = request.event.as_mut().unwrap();
        event.starts_at = Some(timestamp(at("2020-10-25 11:00")));
        event.ends_at = Some(timestamp(at("2020-10-25 13:00")));
        assert_eq!(refused(sho.create_event(request).await), "OUT_OF_SCOPE");
    }
}

#[tokio::test]
async fn an_agreement_that_runs_out_before_the_day_is_no_agreement() {
    let campaigns = Campaigns::start().await;
    let campaign = campaigns.campaign("up").await.name;
    let mut short = partner("circle-157-1", "UP/1");
    short.partner.as_mut().unwrap().mou_valid_to = Some(day(2020, 10, 23));
    let name = campaigns.circle().register_partner(short).await.unwrap().into_inner().name;
    let mut district = campaigns.district("district-157");
    district.vet_partner(vetted(&name)).await.unwrap();
    let mut sho = campaigns.sho("ps-157-001");
    assert_eq!(refused(sho.create_event(with(chaupal(&campaign), &name)).await), "PARTNER_NOT_VETTED");
    let renewal = |mou_valid_to| wire::VetPartnerRequest {
        decision: Some(wire::vet_partner_request::Decision::Vetted(wire::PartnerVetted {
            mou_valid_to: Some(mou_valid_to),
        })),
        ..vetted(&name)
    };
    let past = district.vet_partner(renewal(day(2020, 10, 22))).await;
    assert_eq!(wrong_fields(past), ["vetted.mou_valid_to"]);
    let renewed = district.vet_partner(renewal(day(2021, 3, 31))).await.unwrap().into_inner();
    assert_eq!(renewed.mou_valid_to, Some(day(2021, 3, 31)));
    assert!(sho.create_event(with(chaupal(&campaign), &name)).await.is_ok());
}

#[tokio::test]
async fn a_partner_sees_and_touches_its_own_events_alone() {
    let campaigns = Campaigns::start().await;
    let campaign = campaigns.campaign("up").await.name;
    let own = campaigns.vetted().await.name;
    let other = campaigns.circle().register_partner(partner("district-157", "UP/9")).await;
    assert_eq!(refused(other), "OUT_OF_SCOPE", "of a unit above one's own");
    let other = campaigns.circle().register_partner(partner("circle-157-1", "UP/9")).await.unwrap().into_inner().name;
    campaigns.district("district-157").vet_partner(vetted(&other)).await.unwrap();
    let mine = campaigns.approved(with(chaupal(&campaign), &own)).await;
    let theirs = campaigns.approved(with(chaupal(&campaign), &other)).await;
    let polices = campaigns.approved(chaupal(&campaign)).await;
    campaigns.advance_to("2020-10-24 14:00").await;

    let mut partner = campaigns.partner(&own);
    for parent in ["campaigns/-", &campaign] {
        let request = wire::ListEventsRequest { parent: parent.to_owned(), ..Default::default() };
        let events = partner.list_events(request).await.unwrap().into_inner().events;
        assert_eq!(events.iter().map(|event| &event.name).collect::<Vec<_>>(), [&mine.name], "{parent}");
    }
    for foreign in [&theirs, &polices] {
        assert_eq!(refused(partner.report_event(report(foreign, 1)).await), "OUT_OF_SCOPE");
        let photo = evidence(foreign, EvidenceKind::Photo);
        assert_eq!(refused(partner.attach_evidence(photo).await), "OUT_OF_SCOPE");
        let named = wire::ListEventsRequest {
            parent: "campaigns/-".into(),
            names: vec![foreign.name.clone()],
            ..Default::default()
        };
        assert!(partner.list_events(named).await.unwrap().into_inner().events.is_empty());
    }
    assert_eq!(partner.report_event(report(&mine, 3)).await.unwrap().into_inner().state(), EventState::Reported);
    // Nobody attests in its stead.
    let attest = evidence(&mine, EvidenceKind::PartnerAttest);
    assert_eq!(wrong_fields(campaigns.sho("ps-157-001").attach_evidence(attest).await), ["evidence.kind"]);
}
