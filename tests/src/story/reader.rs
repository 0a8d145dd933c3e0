//! Those who read what came of it: headquarters, an auditor, and one who makes mistakes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use chrono::NaiveDate;
use mahila::demo::Tally;
use mahila::demo::plan::people::Woman;
use mahila::token::{Development, Holder};
use mahila_proto::google::r#type::Date;
use mahila_proto::intake::v1::ImportRegisterRequest;
use mahila_proto::intake::v1::intake_service_client::IntakeServiceClient;
use mahila_proto::intake::v1::{
    CallReport, Channel, Complaint, GetComplaintRequest, IngestCallsRequest, Person, RegisterComplaintRequest,
    RegisterRow, RevealIdentityRequest, SafeContact,
};
use mahila_proto::oversight::v1::oversight_service_client::OversightServiceClient;
use mahila_proto::oversight::v1::{
    Format, GetStatementRequest, Language, ListSilentUnitsRequest, Measure, SilentUnit, Statement,
};
use mahila_proto::registry::v1::registry_service_client::RegistryServiceClient;
use mahila_proto::registry::v1::{DeskDayStatus, ListDeskDaysRequest, UnitKind};
use mahila_proto::review::v1::review_service_client::ReviewServiceClient;
use mahila_proto::review::v1::{GetCycleRequest, StratumCount, VerifySelectionRequest, VerifySelectionResponse};
use mahila_proto::r#type::v1::Purpose;
use platform::client::{Peer, PeerChannel, Target};
use platform::settings::Service;
use prost::Message as _;
use tokio::task::JoinSet;
use tonic::Status;

use super::desk_days::DeskDay;
use crate::house::House;

/// A statement by station is larger than gRPC's default.
const LARGE: usize = 64 << 20;

/// Questions in flight.
const AT_ONCE: usize = 64;

/// Reads as whom it likes.
pub struct Reader {
    urls: BTreeMap<Service, String>,
    issuer: Development,
    authority: Option<Vec<u8>>,
}

fn october(day: i32) -> Date {
    Date { year: 2020, month: 10, day }
}

impl Reader {
    /// Of a house.
    pub fn new(house: &House) -> Self {
        let urls = crate::house::SERVICES.into_iter().map(|service| (service, house.url(service))).collect();
        Self::at(urls, &house.issuer_key(), None)
    }

    /// Of services wherever they are, whose tokens this issuer signs and whose certificates this authority.
    pub fn at(urls: BTreeMap<Service, String>, issuer_key: &Path, authority: Option<Vec<u8>>) -> Self {
        Self { urls, issuer: Development::make(issuer_key).expect("the issuer"), authority }
    }

    fn channel(&self, service: Service, holder: &str) -> PeerChannel {
        let holder: Holder = holder.parse().expect("a holder");
        let token = self.issuer.token(&holder, Duration::from_mins(10));
        let (url, authority) = (self.urls[&service].clone(), self.authority.clone());
        Peer::new(&Target { url, token, authority, ..Target::default() }).expect("a peer").channel()
    }

    /// One figure of the state, 17 October until this day.
    pub async fn figure(&self, measure: Measure, until: i32) -> i64 {
        let request = GetStatementRequest {
            from: Some(october(17)),
            to: Some(october(until)),
            unit: "units/up".to_owned(),
            ..GetStatementRequest::default()
        };
        let mut oversight = OversightServiceClient::new(self.channel(Service::Oversight, "headquarters"));
        let statement = oversight.get_statement(request).await.expect("a statement").into_inner();
        let whole = statement.whole.expect("the state");
        let figure = whole.figures.iter().find(|figure| figure.measure() == measure && figure.key.is_empty());
        figure.expect("it is stated").value
    }

    /// The statement of 17 to 31 October, all its pages.
    pub async fn statement(&self, level: UnitKind, format: Format, language: Language, public_copy: bool) -> Statement {
        let mut request = GetStatementRequest {
            from: Some(october(17)),
            to: Some(october(31)),
            unit: "units/up".to_owned(),
            level: level.into(),
            format: format.into(),
            language: language.into(),
            public_copy,
            ..GetStatementRequest::default()
        };
        let mut oversight = OversightServiceClient::new(self.channel(Service::Oversight, "headquarters"))
            .max_decoding_message_size(LARGE);
        let mut whole: Option<Statement> = None;
        loop {
            let page = oversight.get_statement(request.clone()).await;
            let page = page.unwrap_or_else(|status| panic!("by {level:?}: {status}")).into_inner();
            request.page_token.clone_from(&page.next_page_token);
            let statement = match whole.take() {
                None => page,
                Some(mut before) => {
                    assert_eq!((&before.whole, &before.content_sha256), (&page.whole, &page.content_sha256));
                    before.rows.extend(page.rows);
                    before.rendered.push_str(&page.rendered);
                    before
                }
            };
            if request.page_token.is_empty() {
                return statement;
            }
            whole = Some(statement);
        }
    }

    /// All silent units of the period, page by page.
    pub async fn silent_units(&self) -> Vec<SilentUnit> {
        let mut oversight = OversightServiceClient::new(self.channel(Service::Oversight, "auditor"));
        let mut units = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = ListSilentUnitsRequest {
                from: Some(october(17)),
                to: Some(october(31)),
                unit: String::new(),
                page_size: 3,
                page_token,
            };
            let page = oversight.list_silent_units(request).await.expect("a page").into_inner();
            units.extend(page.units);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return units;
            }
        }
    }

    /// The registry's own account, page by page.
    pub async fn desk_days(&self) -> BTreeMap<(NaiveDate, String), DeskDay> {
        let mut registry = RegistryServiceClient::new(self.channel(Service::Registry, "auditor"));
        let mut desk_days = BTreeMap::new();
        let mut page_token = String::new();
        loop {
            let request = ListDeskDaysRequest {
                from: Some(october(17)),
                to: Some(october(31)),
                page_size: 1_000,
                page_token,
                ..ListDeskDaysRequest::default()
            };
            let page = registry.list_desk_days(request).await.expect("a page").into_inner();
            for told in page.desk_days {
                let status = match told.status() {
                    DeskDayStatus::Silent => Measure::DeskDaysSilent,
                    DeskDayStatus::Unrostered => Measure::DeskDaysUnrostered,
                    DeskDayStatus::Absent => Measure::DeskDaysAbsent,
                    DeskDayStatus::Understaffed => Measure::DeskDaysUnderstaffed,
                    DeskDayStatus::Compliant => Measure::DeskDaysCompliant,
                    other => panic!("a day that is over is {other:?}"),
                };
                let day = platform::fields::day_of(told.day.as_ref()).expect("a day");
                let station = told.station.trim_start_matches("stations/").to_owned();
                let desk_day = DeskDay {
                    status,
                    check_ins_expected: told.check_ins_expected.into(),
                    check_ins: told.check_ins.into(),
                    service_minutes: told.service_minutes.into(),
                    two_women_minutes: told.two_women_minutes.into(),
                    heartbeats: told.heartbeats.into(),
                };
                assert!(desk_days.insert((day, station), desk_day).is_none(), "a desk-day stands twice");
            }
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return desk_days;
            }
        }
    }

    /// The identity of some complaints, as the desk officers who recorded them read it for a lawful purpose.
    pub async fn revealed(&self, tally: &Tally) -> String {
        let mut revealed = String::new();
        let visible = tally.complaints.values().filter(|told| told.by_woman && !told.last.conflict_with_station);
        // A few, because some are nameless.
        for told in visible.take(20) {
            let holder = format!("desk_officer:{}", told.first.station.trim_start_matches("stations/"));
            let request = RevealIdentityRequest {
                name: told.first.name.clone(),
                purpose: Purpose::Contact.into(),
                reason: "to reach her".to_owned(),
            };
            let mut intake = IntakeServiceClient::new(self.channel(Service::Intake, &holder));
            let identity = intake.reveal_identity(request).await.unwrap_or_else(|status| panic!("{status}"));
            revealed.push_str(&String::from_utf8_lossy(&identity.into_inner().encode_to_vec()));
        }
        revealed
    }

    /// Why the cases of dockets were selected, a cycle, as the auditor is answered.
    pub async fn strata(&self, tally: &Tally) -> BTreeMap<String, Vec<StratumCount>> {
        let review = ReviewServiceClient::new(self.channel(Service::Review, "auditor"));
        let names: Vec<String> = tally.review.cycles.iter().map(|cycle| cycle.name.clone()).collect();
        let mut strata = BTreeMap::new();
        for names in names.chunks(AT_ONCE) {
            let mut asked = JoinSet::new();
            for name in names.iter().cloned() {
                let mut review = review.clone();
                asked.spawn(async move { review.get_cycle(GetCycleRequest { name }).await });
            }
            for answer in asked.join_all().await {
                let cycle = answer.expect("a cycle").into_inner();
                strata.insert(cycle.name, cycle.strata);
            }
        }
        strata
    }

    /// Complaints as the auditor is answered, by name.
    pub async fn complaints(&self, names: BTreeSet<String>) -> BTreeMap<String, Complaint> {
        let intake = IntakeServiceClient::new(self.channel(Service::Intake, "auditor"));
        let mut complaints = BTreeMap::new();
        for names in names.into_iter().collect::<Vec<_>>().chunks(AT_ONCE) {
            let mut asked = JoinSet::new();
            for name in names.iter().cloned() {
                let mut intake = intake.clone();
                asked.spawn(async move { intake.get_complaint(GetComplaintRequest { name }).await });
            }
            for answer in asked.join_all().await {
                let complaint = answer.expect("a complaint").into_inner();
                complaints.insert(complaint.name.clone(), complaint);
            }
        }
        complaints
    }

    /// What anybody needs to select the docket of a closed cycle again, all pages.
    pub async fn selection(&self, cycle: &str) -> Vec<VerifySelectionResponse> {
        let mut review = ReviewServiceClient::new(self.channel(Service::Review, "auditor"));
        let mut pages: Vec<VerifySelectionResponse> = Vec::new();
        loop {
            let page_token = pages.last().map(|page| page.next_page_token.clone()).unwrap_or_default();
            let request = VerifySelectionRequest { cycle: cycle.to_owned(), page_size: 200, page_token };
            pages.push(review.verify_selection(request).await.expect("a page").into_inner());
            if pages.last().is_some_and(|page| page.next_page_token.is_empty()) {
                return pages;
            }
        }
    }

    /// The same as somebody at a terminal asks for it: the command that saves the answer, and its JSON.
    pub fn selection_by_command(&self, cycle: &str) -> String {
        let holder: Holder = "auditor:up".parse().expect("a holder");
        let output = std::process::Command::new(crate::house::binary())
            .args(["review", "verify-selection", "--cycle", cycle, "--page-size", "10000", "--output", "json"])
            .env("MAHILA_ADDRESS", &self.urls[&Service::Review])
            .env("MAHILA_TOKEN", self.issuer.token(&holder, Duration::from_mins(10)))
            .output()
            .expect("mahila runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("JSON")
    }

    /// Sends requests that are wrong all over, and full of identity; gives back every byte of the refusals.
    pub async fn refused_with_identity(&self) -> Vec<(String, Vec<u8>)> {
        let woman = Woman(7);
        let person = || Person {
            role: 99,
            name: format!("{}\u{7}", woman.name()),
            phone: format!("{}{}{}", woman.phone(), woman.phone(), woman.name()),
            address: woman.address().repeat(60),
            age_years: Some(-1),
        };
        let station = "stations/ps-162-001".to_owned();
        let narrative = woman.narrative(mahila_proto::intake::v1::Category::Dowry).repeat(400);
        let desk = || IntakeServiceClient::new(self.channel(Service::Intake, "desk_officer:ps-162-001"));
        let house = || IntakeServiceClient::new(self.channel(Service::Intake, "station_house_officer:ps-162-001"));
        let mut refused = Vec::new();

        let wrong = RegisterComplaintRequest {
            request_id: woman.name(),
            station: format!("stations/{}", woman.name()),
            channel: Channel::WalkIn.into(),
            category: 99,
            safe_contact: Some(SafeContact {
                mode: 99,
                phone: woman.name(),
                words: woman.address().repeat(60),
                ..SafeContact::default()
            }),
            visit: format!("visits/{}", woman.phone()),
            persons: vec![person(), person()],
            narrative: narrative.clone(),
            ..RegisterComplaintRequest::default()
        };
        refused.push(("RegisterComplaint", desk().register_complaint(wrong).await.map(drop)));

        let row = RegisterRow {
            register_no: woman.name().repeat(20),
            received_on: Some(october(40)),
            category: 99,
            persons: vec![person()],
            narrative: narrative.clone(),
        };
        let wrong = ImportRegisterRequest { request_id: String::new(), station, rows: vec![row], validate_only: false };
        refused.push(("ImportRegister", house().import_register(wrong).await.map(drop)));

        let report = CallReport {
            source: woman.name(),
            event_id: woman.phone().repeat(9),
            incident_id: woman.name(),
            category: 99,
            caller: Some(person()),
            victim: Some(person()),
            narrative,
            ..CallReport::default()
        };
        let mut control_room = IntakeServiceClient::new(self.channel(Service::Intake, "control_room"));
        let reports = tokio_stream::iter([IngestCallsRequest { report: Some(report) }]);
        let mut answers = control_room.ingest_calls(reports).await.expect("a stream").into_inner();
        let answer = answers.message().await.expect("an answer").expect("an answer");
        let error = answer.error.clone().expect("it was refused");
        refused.push((
            "IngestCalls",
            Err(Status::with_details(
                tonic::Code::from(error.code),
                error.message,
                error.details.iter().flat_map(|detail| detail.value.clone()).collect::<Vec<u8>>().into(),
            )),
        ));
        let mut told: Vec<(String, Vec<u8>)> =
            vec![("the answer to a refused report".to_owned(), answer.encode_to_vec())];
        for (rpc, status) in refused {
            let status = status.expect_err(rpc);
            told.push((format!("the refusal of {rpc}"), status.message().as_bytes().to_vec()));
            told.push((format!("the details of the refusal of {rpc}"), status.details().to_vec()));
            told.push((
                format!("the metadata of the refusal of {rpc}"),
                format!("{:?}", status.metadata()).into_bytes(),
            ));
        }
        told
    }
}
