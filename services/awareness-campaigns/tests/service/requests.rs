//! Requests as somebody would send them, each good as it is.

use mahila_proto::campaign::v1 as wire;
use mahila_proto::campaign::v1::approve_event_request::Decision;
use mahila_proto::campaign::v1::verify_event_request::Verdict;
use mahila_proto::campaign::v1::{EvidenceKind, vet_partner_request};
use mahila_proto::google::r#type::Date;
use mahila_proto::r#type::v1::LocalizedText;
use platform::fields::timestamp;
use uuid::Uuid;

use crate::harness::at;

/// A fresh `request_id`.
pub fn request_id() -> String {
    Uuid::new_v4().to_string()
}

/// A day for the wire.
pub fn day(year: i32, month: i32, day: i32) -> Date {
    Date { year, month, day }
}

/// A partner of a unit, with a number.
pub fn partner(unit: &str, registration_no: &str) -> wire::RegisterPartnerRequest {
    wire::RegisterPartnerRequest {
        request_id: request_id(),
        partner: Some(wire::Partner {
            display_name: "Sahyog Samiti".into(),
            kind: wire::PartnerKind::Ngo.into(),
            registration_no: registration_no.into(),
            mou_valid_to: Some(day(2020, 12, 31)),
            unit: format!("units/{unit}"),
            ..wire::Partner::default()
        }),
    }
}

/// It is vetted.
pub fn vetted(name: &str) -> wire::VetPartnerRequest {
    wire::VetPartnerRequest {
        request_id: request_id(),
        name: name.to_owned(),
        etag: String::new(),
        decision: Some(vet_partner_request::Decision::Vetted(wire::PartnerVetted::default())),
    }
}

/// It is suspended.
pub fn suspended(name: &str) -> wire::VetPartnerRequest {
    let reason = wire::SuspensionReason::Conduct.into();
    wire::VetPartnerRequest { decision: Some(vet_partner_request::Decision::Suspended(reason)), ..vetted(name) }
}

/// A campaign of a unit.
pub fn campaign(unit: &str) -> wire::CreateCampaignRequest {
    wire::CreateCampaignRequest {
        request_id: request_id(),
        campaign: Some(wire::Campaign {
            phase: "phases/mission-shakti-1".into(),
            theme: Some(LocalizedText {
                en: "Respect and self-reliance".into(), hi: "सम्मान और स्वावलंबन".into()
            }),
            goals: Some(wire::Goals { events: 4, women_reached: 100, places_covered: 2 }),
            unit: format!("units/{unit}"),
            from: Some(day(2020, 10, 23)),
            to: Some(day(2020, 10, 31)),
            ..wire::Campaign::default()
        }),
    }
}

/// A women's meeting of the first station on the 24th from eleven to one, at place 123456.
pub fn chaupal(campaign: &str) -> wire::CreateEventRequest {
    wire::CreateEventRequest {
        request_id: request_id(),
        parent: campaign.to_owned(),
        event: Some(wire::Event {
            title: "महिला चौपाल".into(),
            kind: wire::EventKind::Chaupal.into(),
            station: "stations/ps-157-001".into(),
            venue: Some(wire::Venue {
                display_name: "Panchayat Bhawan".into(),
                place_code: "123456".into(),
                location: Some(wire::GeoPoint { latitude_e7: 268_467_000, longitude_e7: 809_462_000 }),
                capacity: 60,
            }),
            starts_at: Some(timestamp(at("2020-10-24 11:00"))),
            ends_at: Some(timestamp(at("2020-10-24 13:00"))),
            ..wire::Event::default()
        }),
    }
}

/// The same at another station, place and hour of the 24th, for two hours.
pub fn chaupal_at(campaign: &str, station: &str, place: &str, hour: u32) -> wire::CreateEventRequest {
    let mut request = chaupal(campaign);
    let event = request.event.as_mut().expect("an event");
    event.station = format!("stations/{station}");
    event.venue.as_mut().expect("a venue").place_code = place.into();
    event.starts_at = Some(timestamp(at(&format!("2020-10-24 {hour}:00"))));
    event.ends_at = Some(timestamp(at(&format!("2020-10-24 {}:00", hour + 2))));
    request
}

/// With a partner.
pub fn with(mut request: wire::CreateEventRequest, partner: &str) -> wire::CreateEventRequest {
    request.event.as_mut().expect("an event").partner = partner.into();
    request
}

/// It may be held.
pub fn approval(name: &str) -> wire::ApproveEventRequest {
    wire::ApproveEventRequest {
        request_id: request_id(),
        name: name.to_owned(),
        etag: String::new(),
        decision: Some(Decision::Approved(wire::EventApproved {})),
    }
}

/// It was held as planned, by the clock, with so many women.
pub fn report(event: &wire::Event, women: i32) -> wire::ReportEventRequest {
    wire::ReportEventRequest {
        request_id: request_id(),
        name: event.name.clone(),
        etag: String::new(),
        started_at: event.starts_at,
        ended_at: event.ends_at,
        reached: Some(wire::Reached { women, girls: 5, men: 2, others: 1 }),
        leads: 1,
    }
}

/// Something shows that it was held: another file each time.
pub fn evidence(event: &wire::Event, kind: EvidenceKind) -> wire::AttachEvidenceRequest {
    let (one, two) = (Uuid::new_v4(), Uuid::new_v4());
    wire::AttachEvidenceRequest {
        request_id: request_id(),
        event: event.name.clone(),
        evidence: Some(wire::Evidence {
            kind: kind.into(),
            sha256: [*one.as_bytes(), *two.as_bytes()].concat(),
            captured_at: event.starts_at,
            nonce: if kind == EvidenceKind::Photo { event.photo_nonce.clone() } else { String::new() },
            ..wire::Evidence::default()
        }),
    }
}

/// It was held; so many women were found.
pub fn verified(name: &str, women: i32) -> wire::VerifyEventRequest {
    wire::VerifyEventRequest {
        request_id: request_id(),
        name: name.to_owned(),
        etag: String::new(),
        verdict: Some(Verdict::Verified(wire::Reached { women, girls: 4, men: 0, others: 0 })),
    }
}

/// It is not believed.
pub fn disputed(name: &str, reason: wire::DisputeReason) -> wire::VerifyEventRequest {
    wire::VerifyEventRequest { verdict: Some(Verdict::Disputed(reason.into())), ..verified(name, 0) }
}

/// It is called off.
pub fn cancellation(name: &str) -> wire::CancelEventRequest {
    wire::CancelEventRequest {
        request_id: request_id(),
        name: name.to_owned(),
        etag: String::new(),
        reason: wire::CancellationReason::Weather.into(),
    }
}
