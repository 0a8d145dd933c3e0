//! The campaigns' side: partners, and each event through its life.

use chrono::{DateTime, Duration, Utc};
use mahila_proto::auth::v1::Role;
use mahila_proto::campaign::v1::{
    ApproveEventRequest, AttachEvidenceRequest, Campaign, CancelEventRequest, CancellationReason,
    CreateCampaignRequest, CreateEventRequest, DisputeReason, Event as Told, EventApproved, Evidence, EvidenceKind,
    GeoFix, GeoPoint, Goals, ListEventsRequest, Partner, PartnerVetted, RegisterPartnerRequest, RejectionReason,
    ReportEventRequest, SuspensionReason, Venue, VerifyEventRequest, VetPartnerRequest, approve_event_request,
    verify_event_request, vet_partner_request,
};
use mahila_proto::r#type::v1::LocalizedText;
use platform::clock::minute_of;
use platform::fields::{date, timestamp};

use super::Player;
use super::book::Book;
use super::lines::Token;
use crate::demo::DemoError;
use crate::demo::plan::agenda::{FIRST_CYCLE, LAST, Stop, What, october};
use crate::demo::plan::campaign::{Course, Event, PENDING, SUSPENDED, SUSPENDED_ON, partners};
use crate::demo::plan::draw::Draw;
use crate::demo::tally::{EventStep, Tally};

/// Calls a method of awareness campaigns.
macro_rules! campaigns {
    ($player:expr, $rpc:literal, $method:ident, $token:expr, $message:expr) => {
        $player.lines.ask($rpc, $token, $message, |request| {
            let mut campaigns = $player.lines.campaigns();
            async move { campaigns.$method(request).await }
        })
    };
}

impl Player {
    pub(super) fn weight_of_campaign(&self, what: What) -> usize {
        let count = |is: &dyn Fn(&Event) -> bool| self.plan.events.iter().filter(|event| is(event)).count();
        match what {
            What::Propose | What::Approve => self.plan.events.len(),
            What::Report { day } => count(&|event| event.day == day && is_reported(event)),
            What::Check { day } => count(&|event| event.day == day && is_checked(event)),
            _ => 1,
        }
    }

    /// The campaign, and its partners: registered in their districts, vetted by headquarters.
    pub(super) async fn prepare_campaign(&self, book: &mut Book, tally: &mut Tally) -> Result<(), DemoError> {
        let headquarters = self.lines.token(Role::Headquarters, "up");
        let message = CreateCampaignRequest {
            request_id: Draw::of("campaign", &[]).uuid(),
            campaign: Some(Campaign {
                phase: "phases/mission-shakti-1".to_owned(),
                theme: Some(LocalizedText {
                    en: "Safety, respect and self-reliance of women".to_owned(),
                    hi: "नारी सुरक्षा, सम्मान एवं स्वावलंबन".to_owned(),
                }),
                goals: Some(Goals { events: 300, women_reached: 15_000, places_covered: 270 }),
                unit: "units/up".to_owned(),
                from: Some(date(october(FIRST_CYCLE))),
                to: Some(date(october(LAST))),
                ..Campaign::default()
            }),
        };
        book.campaign = campaigns!(self, "CreateCampaign", create_campaign, &headquarters, message).await?.name;
        for (number, partner) in partners(&self.plan.roll).into_iter().enumerate() {
            let token = self.lines.token(Role::DistrictHead, &partner.district);
            let message = RegisterPartnerRequest {
                request_id: Draw::of("partner", &[number as u64]).uuid(),
                partner: Some(Partner {
                    display_name: partner.display_name.to_owned(),
                    kind: partner.kind.into(),
                    registration_no: format!("UP/2020/{:04}", number + 1),
                    mou_valid_to: Some(date(october(LAST + 151))),
                    unit: format!("units/{}", partner.district),
                    ..Partner::default()
                }),
            };
            let mut registered = campaigns!(self, "RegisterPartner", register_partner, &token, message).await?;
            if number != PENDING {
                let decision = vet_partner_request::Decision::Vetted(PartnerVetted::default());
                registered = self.vet(number, "vet", &registered.name, decision).await?;
            }
            book.partners.insert(number, registered.name.clone());
            tally.campaign.partners.insert(registered.name.clone(), registered);
        }
        Ok(())
    }

    async fn vet(
        &self,
        number: usize,
        what: &str,
        name: &str,
        decision: vet_partner_request::Decision,
    ) -> Result<Partner, DemoError> {
        let message = VetPartnerRequest {
            request_id: Draw::of(what, &[number as u64]).uuid(),
            name: name.to_owned(),
            etag: String::new(),
            decision: Some(decision),
        };
        let token = self.lines.token(Role::Headquarters, "up");
        campaigns!(self, "VetPartner", vet_partner, &token, message).await
    }

    /// What a stop asks for about events.
    pub(super) async fn events(&self, what: What, book: &mut Book, tally: &mut Tally) -> Result<(), DemoError> {
        let Some(day) = self.plan.agenda.stops().iter().find(|stop| stop.what == what).map(Stop::day) else {
            return Ok(());
        };
        let is_due = |event: &Event| match what {
            What::Propose | What::Approve => true,
            What::CallOff => event.course == Course::CalledOff,
            What::Report { day } => event.day == day && is_reported(event),
            What::Check { day } => event.day == day && is_checked(event),
            _ => false,
        };
        let due = self.plan.events.iter().enumerate().filter(|(_, event)| is_due(event));
        let known = &*book;
        let answered = self
            .all(due, |(number, event)| async move {
                let answers = match what {
                    What::Propose => vec![self.propose(number, event, known).await?],
                    What::Report { .. } => self.report(number, event, known).await?,
                    What::Approve => vec![self.approve(number, event, known).await?],
                    What::CallOff => vec![self.call_off(number, event, known).await?],
                    _ => vec![self.check(number, event, known).await?],
                };
                Ok((number, answers))
            })
            .await?;
        for (number, answers) in answered {
            for event in answers {
                book.events.insert(number, event.name.clone());
                tally.campaign.steps.push(EventStep { day: october(day), event });
            }
        }
        if what == (What::Check { day: SUSPENDED_ON })
            && let Some(name) = book.partners.get(&SUSPENDED)
        {
            let decision = vet_partner_request::Decision::Suspended(SuspensionReason::FalseReports.into());
            let partner = self.vet(SUSPENDED, "suspend", name, decision).await?;
            tally.campaign.partners.insert(partner.name.clone(), partner);
        }
        Ok(())
    }

    async fn propose(&self, number: usize, event: &Event, book: &Book) -> Result<Told, DemoError> {
        let place = &self.plan.roll.desks[event.desk];
        let title = mahila_proto::label("mahila.campaign.v1.EventKind", event.kind.into()).map(|label| label.hi);
        let message = CreateEventRequest {
            request_id: request_id("propose", number),
            parent: book.campaign.clone(),
            event: Some(Told {
                title: title.unwrap_or_default().to_owned(),
                kind: event.kind.into(),
                station: format!("stations/{}", place.id),
                venue: Some(Venue {
                    display_name: format!("Venue {}", number + 1),
                    place_code: format!("{:06}", 100_000 + 7 * number),
                    location: Some(point(place.latitude, place.longitude)),
                    capacity: 150,
                }),
                partner: event.partner.and_then(|partner| book.partners.get(&partner)).cloned().unwrap_or_default(),
                starts_at: Some(timestamp(begins(event))),
                ends_at: Some(timestamp(ends(event))),
                ..Told::default()
            }),
        };
        let token = self.lines.token(Role::StationHouseOfficer, &place.id);
        campaigns!(self, "CreateEvent", create_event, &token, message).await
    }

    async fn approve(&self, number: usize, event: &Event, book: &Book) -> Result<Told, DemoError> {
        let message = ApproveEventRequest {
            request_id: request_id("approve", number),
            name: name(book, number)?,
            etag: String::new(),
            decision: Some(if event.course == Course::Rejected {
                approve_event_request::Decision::Rejected(RejectionReason::VenueUnsuitable.into())
            } else {
                approve_event_request::Decision::Approved(EventApproved {})
            }),
        };
        campaigns!(self, "ApproveEvent", approve_event, &self.circle(event), message).await
    }

    async fn call_off(&self, number: usize, event: &Event, book: &Book) -> Result<Told, DemoError> {
        let message = CancelEventRequest {
            request_id: request_id("call-off", number),
            name: name(book, number)?,
            etag: String::new(),
            reason: CancellationReason::VenueUnavailable.into(),
        };
        let token = self.lines.token(Role::StationHouseOfficer, &self.plan.roll.desks[event.desk].id);
        campaigns!(self, "CancelEvent", cancel_event, &token, message).await
    }

    /// The partner reports what it held, the house officer what the police held alone; then what shows it is attached.
    async fn report(&self, number: usize, event: &Event, book: &Book) -> Result<Vec<Told>, DemoError> {
        let house = self.lines.token(Role::StationHouseOfficer, &self.plan.roll.desks[event.desk].id);
        let partner = event.partner.and_then(|partner| book.partners.get(&partner));
        let partner = partner.map(|name| self.lines.token_of(Role::Partner, "", name));
        let message = ReportEventRequest {
            request_id: request_id("report", number),
            name: name(book, number)?,
            etag: String::new(),
            started_at: Some(timestamp(begins(event))),
            ended_at: Some(timestamp(ends(event))),
            reached: Some(event.claimed),
            leads: event.leads,
        };
        let token = partner.as_ref().unwrap_or(&house);
        let mut answers = vec![campaigns!(self, "ReportEvent", report_event, token, message).await?];
        for kind in &event.evidence {
            let nonce = answers.first().map(|event| event.photo_nonce.clone()).unwrap_or_default();
            let message = AttachEvidenceRequest {
                request_id: Draw::of("evidence", &[number as u64, *kind as u64]).uuid(),
                event: name(book, number)?,
                evidence: Some(self.evidence(number, event, *kind, nonce)),
            };
            let token = partner.as_ref().filter(|_| *kind == EvidenceKind::PartnerAttest).unwrap_or(&house);
            answers.push(campaigns!(self, "AttachEvidence", attach_evidence, token, message).await?);
        }
        Ok(answers)
    }

    fn evidence(&self, number: usize, event: &Event, kind: EvidenceKind, nonce: String) -> Evidence {
        let place = &self.plan.roll.desks[event.desk];
        let mut draw = Draw::of("evidence-file", &[number as u64, kind as u64]);
        // Stands for the digest of a file that nobody has.
        let mut digest = || (0..32).map(|_| u8::try_from(draw.number(256)).unwrap_or_default()).collect();
        let here = GeoFix { point: Some(point(place.latitude + 0.001, place.longitude)), accuracy_m: 20, mock: false };
        Evidence {
            kind: kind.into(),
            sha256: if kind == EvidenceKind::Geo { Vec::new() } else { digest() },
            captured_at: Some(timestamp(begins(event) + Duration::minutes(15))),
            geo: (kind == EvidenceKind::Geo).then_some(here),
            nonce: if kind == EvidenceKind::Photo { nonce } else { String::new() },
            ..Evidence::default()
        }
    }

    async fn check(&self, number: usize, event: &Event, book: &Book) -> Result<Told, DemoError> {
        let message = VerifyEventRequest {
            request_id: request_id("check", number),
            name: name(book, number)?,
            etag: String::new(),
            verdict: Some(if event.course == Course::Disputed {
                verify_event_request::Verdict::Disputed(DisputeReason::CountsWrong.into())
            } else {
                verify_event_request::Verdict::Verified(event.found)
            }),
        };
        campaigns!(self, "VerifyEvent", verify_event, &self.circle(event), message).await
    }

    /// The circle officer of an event's station.
    fn circle(&self, event: &Event) -> Token {
        self.lines.token(Role::CircleOfficer, &self.plan.roll.desks[event.desk].circle)
    }

    /// How events stand at the end.
    pub(super) async fn end_of_events(&self, book: &Book, tally: &mut Tally) -> Result<(), DemoError> {
        let token = self.lines.token(Role::Headquarters, "up");
        let mut page_token = String::new();
        loop {
            let message = ListEventsRequest {
                parent: book.campaign.clone(),
                page_size: 1_000,
                page_token,
                ..ListEventsRequest::default()
            };
            let page = campaigns!(self, "ListEvents", list_events, &token, message).await?;
            tally.campaign.events.extend(page.events.into_iter().map(|event| (event.name.clone(), event)));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(());
            }
        }
    }
}

fn is_reported(event: &Event) -> bool {
    matches!(event.course, Course::Claimed | Course::Disputed | Course::Verified)
}

fn is_checked(event: &Event) -> bool {
    matches!(event.course, Course::Disputed | Course::Verified)
}

fn request_id(what: &str, number: usize) -> String {
    Draw::of(what, &[number as u64]).uuid()
}

fn name(book: &Book, number: usize) -> Result<String, DemoError> {
    book.events.get(&number).cloned().ok_or(DemoError::Answer("CreateEvent"))
}

fn begins(event: &Event) -> DateTime<Utc> {
    minute_of(october(event.day), event.from_minute)
}

fn ends(event: &Event) -> DateTime<Utc> {
    begins(event) + Duration::minutes(i64::from(event.minutes))
}

fn point(latitude: f64, longitude: f64) -> GeoPoint {
    #[expect(clippy::cast_possible_truncation, reason = "degrees times ten million fit")]
    let e7 = |degrees: f64| (degrees * 1e7).round() as i32;
    GeoPoint { latitude_e7: e7(latitude), longitude_e7: e7(longitude) }
}
