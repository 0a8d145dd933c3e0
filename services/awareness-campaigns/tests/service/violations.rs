//! Every method tells all that is wrong with a request at once, field by field, and repeats nothing of what was sent.

use mahila_proto::campaign::v1 as wire;
use mahila_proto::google::r#type::Date;
use mahila_proto::r#type::v1::LocalizedText;
use platform::fields::timestamp;
use tonic::Status;

use crate::harness::{Campaigns, at, wrong_fields};
use crate::requests::{campaign, chaupal, day, evidence, partner, report};

/// What somebody might write where it has no place.
const SECRET: &str = "Savitri 9454401234";

/// The fields that are wrong; none of the words sent come back.
fn wrong<T: std::fmt::Debug>(answer: Result<tonic::Response<T>, Status>) -> Vec<String> {
    let status = answer.as_ref().expect_err("it is refused");
    let said = format!("{status:?}{}", String::from_utf8_lossy(status.details()));
    assert!(!said.contains("Savitri") && !said.contains("94544"), "{said}");
    wrong_fields(answer)
}

#[tokio::test]
async fn partners_and_campaigns() {
    let campaigns = Campaigns::start().await;
    let mut chief = campaigns.headquarters();
    let none = wire::RegisterPartnerRequest::default();
    let fields =
        ["display_name", "kind", "registration_no", "mou_valid_to", "unit"].map(|field| format!("partner.{field}"));
    assert_eq!(wrong(chief.register_partner(none).await), [&["request_id".to_owned()][..], &fields].concat());
    let bad = wire::Partner {
        display_name: SECRET.into(),
        kind: 99,
        registration_no: "Savitri".into(),
        mou_valid_to: Some(Date { year: 2020, month: 2, day: 31 }),
        unit: "stations/ps-157-001".into(),
        ..wire::Partner::default()
    };
    let request = wire::RegisterPartnerRequest { partner: Some(bad), ..partner("up", "UP/1") };
    assert_eq!(wrong(chief.register_partner(request).await), fields);
    let mut lapsed = partner("up", "UP/1");
    lapsed.partner.as_mut().unwrap().mou_valid_to = Some(day(2020, 10, 22));
    assert_eq!(wrong(chief.register_partner(lapsed).await), ["partner.mou_valid_to"]);

    let none = wire::VetPartnerRequest { name: SECRET.into(), etag: "9".repeat(33), ..Default::default() };
    assert_eq!(wrong(chief.vet_partner(none).await), ["request_id", "name", "etag", "decision"]);
    let unsaid = wire::VetPartnerRequest {
        decision: Some(wire::vet_partner_request::Decision::Suspended(0)),
        ..wire::VetPartnerRequest::default()
    };
    assert_eq!(wrong(chief.vet_partner(unsaid).await), ["request_id", "name", "suspended"]);
    let list = wire::ListPartnersRequest { vetting_states: vec![1, 0, 9], page_size: -1, page_token: SECRET.into() };
    let fields = ["page_size", "page_token", "vetting_states[1]", "vetting_states[2]"];
    assert_eq!(wrong(chief.list_partners(list).await), fields);

    let none = wire::CreateCampaignRequest { request_id: "x".into(), campaign: None };
    let fields =
        ["phase", "theme.en", "theme.hi", "goals", "unit", "from", "to"].map(|field| format!("campaign.{field}"));
    assert_eq!(wrong(chief.create_campaign(none).await), [&["request_id".to_owned()][..], &fields].concat());
    let mut bad = campaign("up");
    let told = bad.campaign.as_mut().unwrap();
    told.theme = Some(LocalizedText { en: SECRET.into(), hi: "क".repeat(121) });
    told.goals = Some(wire::Goals { events: -1, women_reached: -1, places_covered: i32::MAX });
    let fields = ["theme.en", "theme.hi", "goals.events", "goals.women_reached", "goals.places_covered"];
    assert_eq!(wrong(chief.create_campaign(bad).await), fields.map(|field| format!("campaign.{field}")));
    let mut backwards = campaign("up");
    backwards.campaign.as_mut().unwrap().to = Some(day(2020, 10, 16));
    backwards.campaign.as_mut().unwrap().from = Some(day(2020, 10, 16));
    assert_eq!(wrong(chief.create_campaign(backwards).await), ["campaign.to", "campaign.from"]);
    assert_eq!(wrong(chief.get_campaign(wire::GetCampaignRequest { name: SECRET.into() }).await), ["name"]);
    let list = wire::ListCampaignsRequest { phase: SECRET.into(), page_size: -1, page_token: "x".into() };
    assert_eq!(wrong(chief.list_campaigns(list).await), ["page_size", "page_token", "phase"]);
}

#[tokio::test]
async fn plans() {
    let campaigns = Campaigns::start().await;
    let mut sho = campaigns.sho("ps-157-001");
    let none = wire::CreateEventRequest::default();
    let fields = ["kind", "title", "station", "venue.display_name", "starts_at", "ends_at"];
    let fields = fields.map(|field| format!("event.{field}"));
    let outer = ["request_id".to_owned(), "parent".to_owned()];
    assert_eq!(wrong(sho.create_event(none).await), [&outer[..], &fields].concat());
    let mut bad = chaupal("campaigns/x");
    let told = bad.event.as_mut().unwrap();
    told.title = SECRET.into();
    told.station = SECRET.into();
    told.partner = SECRET.into();
    told.venue = Some(wire::Venue {
        display_name: SECRET.into(),
        place_code: SECRET.into(),
        location: Some(wire::GeoPoint { latitude_e7: i32::MAX, longitude_e7: i32::MIN }),
        capacity: -1,
    });
    told.starts_at = Some(timestamp(at("2020-10-23 09:59")));
    told.ends_at = Some(timestamp(at("2020-10-23 09:00")));
    assert_eq!(
        wrong(sho.create_event(bad).await),
        [
            "parent",
            "event.title",
            "event.station",
            "event.venue.display_name",
            "event.venue.place_code",
            "event.venue.location.latitude_e7",
            "event.venue.location.longitude_e7",
            "event.venue.capacity",
            "event.partner",
            "event.ends_at",
            "event.starts_at",
        ]
    );
    let mut late = chaupal(&campaigns.campaign("up").await.name);
    late.event.as_mut().unwrap().starts_at = Some(timestamp(at("2020-10-23 09:59")));
    late.event.as_mut().unwrap().ends_at = Some(timestamp(at("2020-10-23 10:59")));
    assert_eq!(wrong(sho.create_event(late).await), ["event.starts_at"]);
    let mut nowhere = chaupal("campaigns/x");
    nowhere.event.as_mut().unwrap().venue.as_mut().unwrap().place_code = String::new();
    assert_eq!(wrong(sho.create_event(nowhere).await), ["parent", "event.venue.place_code"]);
}

#[tokio::test]
async fn steps() {
    let campaigns = Campaigns::start().await;
    let mut circle = campaigns.circle();
    let none = wire::ApproveEventRequest::default();
    assert_eq!(wrong(circle.approve_event(none).await), ["request_id", "name", "decision"]);
    let unsaid = wire::ApproveEventRequest {
        name: SECRET.into(),
        decision: Some(wire::approve_event_request::Decision::Rejected(99)),
        ..wire::ApproveEventRequest::default()
    };
    assert_eq!(wrong(circle.approve_event(unsaid).await), ["request_id", "name", "rejected"]);

    let none = wire::ReportEventRequest { leads: -1, ..Default::default() };
    let fields = ["request_id", "name", "started_at", "ended_at", "reached", "leads"];
    assert_eq!(wrong(circle.report_event(none).await), fields);
    let event = wire::Event { name: "campaigns/-/events/-".into(), ..wire::Event::default() };
    let bad = wire::ReportEventRequest {
        reached: Some(wire::Reached { women: -1, girls: -1, men: -1, others: 1_000_001 }),
        started_at: Some(timestamp(at("2020-10-23 10:01"))),
        ended_at: Some(timestamp(at("2020-10-23 10:01"))),
        leads: 1,
        ..report(&event, 0)
    };
    let fields = [
        "name",
        "reached.women",
        "reached.girls",
        "reached.men",
        "reached.others",
        "started_at",
        "ended_at",
        "ended_at",
        "leads",
    ];
    assert_eq!(wrong(circle.report_event(bad).await), fields);

    let none = wire::AttachEvidenceRequest::default();
    let fields = ["request_id", "event", "evidence.kind", "evidence.captured_at"];
    assert_eq!(wrong(circle.attach_evidence(none).await), fields);
    let mut bad = evidence(&event, wire::EvidenceKind::Geo);
    let told = bad.evidence.as_mut().unwrap();
    told.captured_at = Some(timestamp(at("2020-10-23 10:01")));
    told.sha256 = vec![1; 31];
    told.nonce = "0a1b2c3d".into();
    told.geo = Some(wire::GeoFix { point: None, accuracy_m: -1, mock: false });
    let fields = ["sha256", "geo.accuracy_m", "geo.point", "sha256", "geo", "nonce", "captured_at"];
    let fields: Vec<_> = fields.iter().map(|field| format!("evidence.{field}")).collect();
    assert_eq!(wrong(circle.attach_evidence(bad).await), [&["event".to_owned()][..], &fields].concat());

    let none = wire::VerifyEventRequest::default();
    assert_eq!(wrong(circle.verify_event(none).await), ["request_id", "name", "verdict"]);
    let bad = wire::VerifyEventRequest {
        verdict: Some(wire::verify_event_request::Verdict::Verified(wire::Reached { women: -1, ..Default::default() })),
        ..wire::VerifyEventRequest::default()
    };
    assert_eq!(wrong(circle.verify_event(bad).await), ["request_id", "name", "verified.women"]);
    assert_eq!(wrong(circle.cancel_event(wire::CancelEventRequest::default()).await), ["request_id", "name", "reason"]);
}

#[tokio::test]
async fn reads() {
    let campaigns = Campaigns::start().await;
    let mut circle = campaigns.circle();
    let list = wire::ListEventsRequest {
        parent: String::new(),
        names: vec![SECRET.into()],
        place: SECRET.into(),
        states: vec![99],
        kinds: vec![0],
        from: Some(day(2020, 10, 24)),
        to: Some(day(2020, 10, 23)),
        page_size: -1,
        page_token: "x".into(),
    };
    let fields = ["page_size", "page_token", "parent", "names[0]", "states[0]", "kinds[0]", "to", "place"];
    assert_eq!(wrong(circle.list_events(list).await), fields);
    let many = wire::ListEventsRequest { names: vec![String::new(); 101], ..Default::default() };
    assert!(wrong(circle.list_events(many).await).contains(&"names".to_owned()));
    let coverage = wire::GetCoverageRequest {
        campaign: SECRET.into(),
        unit: SECRET.into(),
        level: 99,
        page_size: -1,
        page_token: "x".into(),
    };
    let fields = ["campaign", "unit", "level", "page_size", "page_token"];
    assert_eq!(wrong(circle.get_coverage(coverage).await), fields);
}
