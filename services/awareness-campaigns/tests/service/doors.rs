//! Every method has its door: who has no token, no permission or another district does not come in.

use std::collections::{BTreeMap, BTreeSet};

use mahila_proto::METHODS;
use mahila_proto::campaign::v1 as wire;
use platform::fields::timestamp;
use tonic::Status;

use crate::harness::{Campaigns, Client, at, reason};
use crate::requests::{
    approval, campaign, cancellation, chaupal, evidence, partner, report, request_id, verified, vetted,
};

/// What methods are asked about.
struct Things {
    unit: &'static str,
    campaign: String,
    partner: String,
    event: wire::Event,
}

impl Things {
    /// Lucknow's; the event is over.
    async fn of(campaigns: &Campaigns) -> Self {
        let campaign = campaigns.campaign("district-157").await.name;
        let partner = campaigns.vetted().await.name;
        let event = campaigns.approved(chaupal(&campaign)).await;
        campaigns.advance_to("2020-10-24 13:00").await;
        Self { unit: "district-157", campaign, partner, event }
    }

    /// Such as nobody has.
    fn missing(&self) -> Self {
        let id = request_id();
        let event = wire::Event { name: format!("campaigns/{id}/events/{id}"), ..self.event.clone() };
        Self { unit: self.unit, campaign: format!("campaigns/{id}"), partner: format!("partners/{id}"), event }
    }
}

/// Calls every method; a list's rows count.
async fn every_method(client: &mut Client, things: &Things) -> Vec<(&'static str, Result<usize, Status>)> {
    macro_rules! call {
        ($name:literal, $method:ident, $request:expr, $rows:expr) => {
            ($name, client.$method($request).await.map(|answer| $rows(answer.into_inner())))
        };
        ($name:literal, $method:ident, $request:expr) => {
            call!($name, $method, $request, |_| 1)
        };
    }
    let event = &things.event.name;
    let mut another = chaupal(&things.campaign);
    let plan = another.event.as_mut().unwrap();
    plan.starts_at = Some(timestamp(at("2020-10-30 11:00")));
    plan.ends_at = Some(timestamp(at("2020-10-30 13:00")));
    let of = wire::ListEventsRequest { parent: things.campaign.clone(), ..Default::default() };
    let coverage = wire::GetCoverageRequest {
        campaign: things.campaign.clone(),
        unit: format!("units/{}", things.unit),
        ..Default::default()
    };
    vec![
        call!("RegisterPartner", register_partner, partner(things.unit, &request_id())),
        call!("VetPartner", vet_partner, vetted(&things.partner)),
        call!(
            "ListPartners",
            list_partners,
            wire::ListPartnersRequest::default(),
            |list: wire::ListPartnersResponse| { list.partners.len() }
        ),
        call!("CreateCampaign", create_campaign, campaign(things.unit)),
        call!("GetCampaign", get_campaign, wire::GetCampaignRequest { name: things.campaign.clone() }),
        call!(
            "ListCampaigns",
            list_campaigns,
            wire::ListCampaignsRequest::default(),
            |list: wire::ListCampaignsResponse| list.campaigns.len()
        ),
        call!("CreateEvent", create_event, another),
        call!("ApproveEvent", approve_event, approval(event)),
        call!("ReportEvent", report_event, report(&things.event, 1)),
        call!("AttachEvidence", attach_evidence, evidence(&things.event, wire::EvidenceKind::VenueHeadAttest)),
        call!("VerifyEvent", verify_event, verified(event, 1)),
        call!("CancelEvent", cancel_event, cancellation(event)),
        call!("ListEvents", list_events, of, |list: wire::ListEventsResponse| list.events.len()),
        call!("GetCoverage", get_coverage, coverage),
    ]
}

async fn said(client: &mut Client, things: &Things) -> BTreeMap<&'static str, String> {
    let said = |answer: Result<usize, Status>| match answer {
        Ok(rows) => format!("{rows} row(s)"),
        Err(status) => reason(&status),
    };
    every_method(client, things).await.into_iter().map(|(name, answer)| (name, said(answer))).collect()
}

/// The roles of officers that some method asks for.
const OFFICERS: [&str; 6] =
    ["station_house_officer", "circle_officer", "district_head", "range_head", "headquarters", "auditor"];

#[tokio::test]
async fn every_method_is_asked_and_none_closes_its_door_to_whoever_may() {
    let campaigns = Campaigns::start().await;
    let things = Things::of(&campaigns).await;
    let answers = said(&mut campaigns.client("posts/all", &OFFICERS, &["district-157"]), &things).await;
    let asked: BTreeSet<&str> = answers.keys().copied().collect();
    let served: BTreeSet<&str> = METHODS
        .iter()
        .filter(|method| method.service == "mahila.campaign.v1.CampaignService")
        .map(|method| method.name)
        .collect();
    assert_eq!(asked, served);
    for (name, said) in answers {
        let closed = ["TOKEN_INVALID", "PERMISSION_MISSING", "OUT_OF_SCOPE"].contains(&said.as_str());
        assert!(!closed, "{name} is open to whoever may: {said}");
    }
}

#[tokio::test]
async fn who_shows_no_token_is_a_stranger_everywhere() {
    let campaigns = Campaigns::start().await;
    let things = Things::of(&campaigns).await;
    for (name, said) in said(&mut campaigns.stranger(), &things).await {
        assert_eq!(said, "TOKEN_INVALID", "{name}");
    }
}

#[tokio::test]
async fn each_role_may_do_what_the_contract_gives_it_and_no_more() {
    let campaigns = Campaigns::start().await;
    let things = Things::of(&campaigns).await;
    let reads = ["ListPartners", "GetCampaign", "ListCampaigns", "ListEvents", "GetCoverage"];
    let plans = ["CreateEvent", "ReportEvent", "AttachEvidence", "CancelEvent"];
    for (role, may) in [
        ("station_house_officer", [&reads[..], &plans[..]].concat()),
        ("circle_officer", [&reads[..], &plans[..], &["RegisterPartner", "ApproveEvent", "VerifyEvent"]].concat()),
        (
            "district_head",
            [
                &reads[..],
                &plans[..],
                &["RegisterPartner", "VetPartner", "CreateCampaign", "ApproveEvent", "VerifyEvent"],
            ]
            .concat(),
        ),
        (
            "headquarters",
            [
                &reads[..],
                &["RegisterPartner", "VetPartner", "CreateCampaign", "CreateEvent", "ApproveEvent", "VerifyEvent"],
                &["CancelEvent"],
            ]
            .concat(),
        ),
        ("range_head", reads.to_vec()),
        ("auditor", reads.to_vec()),
        ("partner", vec!["ReportEvent", "AttachEvidence", "ListEvents"]),
    ] {
        let answers = said(&mut campaigns.client("posts/somebody", &[role], &["district-157"]), &things).await;
        let open: BTreeSet<&str> =
            answers.iter().filter(|(_, said)| *said != "PERMISSION_MISSING").map(|(name, _)| *name).collect();
        assert_eq!(open, may.into_iter().collect(), "{role}");
    }
    let others = ["desk_officer", "feedback_caller", "control_room", "registrar", "public_reader", "complainant"];
    let machines = ["follower", "replay_operator"];
    let mut outside = campaigns.client("posts/somebody", &[&others[..], &machines[..]].concat(), &["up"]);
    for (name, said) in said(&mut outside, &things).await {
        assert_eq!(said, "PERMISSION_MISSING", "{name}");
    }
}

#[tokio::test]
async fn another_district_is_out_of_scope_whether_it_exists_or_not() {
    let campaigns = Campaigns::start().await;
    let things = Things::of(&campaigns).await;
    let before = campaigns.moves().await.len();
    for unit in ["district-164", "ps-164-001"] {
        let mut mahoba = campaigns.client("posts/mahoba", &OFFICERS, &[unit]);
        let there = said(&mut mahoba, &things).await;
        for (name, said) in &there {
            // Lists that name nothing are lists of the caller's own.
            let expected = if ["ListPartners", "ListCampaigns"].contains(name) { "0 row(s)" } else { "OUT_OF_SCOPE" };
            assert_eq!(said, expected, "{name} from {unit}");
        }
        assert_eq!(said(&mut mahoba, &things.missing()).await, there, "whether it exists is not told");
    }
    // Within the district, another circle's or station's.
    for (role, unit) in [("circle_officer", "circle-157-2"), ("station_house_officer", "ps-157-002")] {
        let near = said(&mut campaigns.client("posts/near", &[role], &[unit]), &things).await;
        for name in ["ApproveEvent", "ReportEvent", "AttachEvidence", "VerifyEvent", "CancelEvent", "CreateEvent"] {
            assert!(["OUT_OF_SCOPE", "PERMISSION_MISSING"].contains(&near[name].as_str()), "{name}: {}", near[name]);
        }
        assert_eq!(near["ListEvents"], "0 row(s)", "the campaign is theirs too, the event is not");
    }
    assert_eq!(campaigns.moves().await.len(), before, "nothing moved");
}

#[tokio::test]
async fn another_partner_sees_and_touches_nothing() {
    let campaigns = Campaigns::start().await;
    let things = Things::of(&campaigns).await;
    for stranger in [&format!("partners/{}", request_id()), "partners/nobody", "posts/officer", &things.partner] {
        // Units in a partner's token mean nothing.
        let mut client = campaigns.client(stranger, &["partner", "auditor"], &["up"]);
        for things in [&things, &things.missing()] {
            let answers = said(&mut client, things).await;
            for (name, expected) in [
                ("ReportEvent", "OUT_OF_SCOPE"),
                ("AttachEvidence", "OUT_OF_SCOPE"),
                ("ListEvents", "0 row(s)"),
                ("GetCampaign", "OUT_OF_SCOPE"),
                ("ListCampaigns", "0 row(s)"),
                ("ListPartners", "0 row(s)"),
                ("GetCoverage", "OUT_OF_SCOPE"),
            ] {
                assert_eq!(answers[name], expected, "{name} by {stranger}");
            }
        }
    }
}
