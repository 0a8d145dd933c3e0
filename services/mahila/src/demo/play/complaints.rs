//! The intake's side at the desks: registers, visits, complaints, and each step that is due about one.

use chrono::{DateTime, Duration, Utc};
use mahila_proto::auth::v1::Role;
use mahila_proto::intake::v1::{
    AcknowledgeComplaintRequest, AssignOfficerRequest, Category, Complaint, GetComplaintRequest, GetReceiptRequest,
    ImportRegisterRequest, Person, PersonRole, RecordActionRequest, RecordFeedbackRequest, RecordLegalActionRequest,
    RecordVisitRequest, RegisterComplaintRequest, TriageComplaintRequest,
};
use platform::clock::ist_day;
use platform::fields::timestamp;

use super::Player;
use super::lines::Token;
use crate::demo::DemoError;
use crate::demo::plan::cases::{Case, Told, Visit};
use crate::demo::plan::draw::Draw;
use crate::demo::plan::handling::{Due, Step, Who};
use crate::demo::plan::people::Woman;
use crate::demo::plan::register;
use crate::demo::tally::{self, Act, Fact, What};

/// A complaint on which steps are due: which, and where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    /// What makes its request ids its own.
    pub(super) key: (&'static str, usize),
    /// `complaints/…`.
    pub(super) name: &'a str,
    /// `ps-162-001`.
    pub(super) station: &'a str,
    /// `district-162`.
    pub(super) district: &'a str,
}

/// Calls a method of the intake.
macro_rules! intake {
    ($player:expr, $rpc:literal, $method:ident, $token:expr, $message:expr) => {
        $player.lines.ask($rpc, $token, $message, |request| {
            let mut intake = $player.lines.intake();
            async move { intake.$method(request).await }
        })
    };
}

impl Player {
    /// The paper register of a station, and the names of its complaints.
    pub(super) async fn import_register(
        &self,
        desk: usize,
        now: DateTime<Utc>,
    ) -> Result<(tally::Register, Vec<String>), DemoError> {
        let station = &self.plan.roll.desks[desk].id;
        let rows = register::rows(desk, self.plan.registers[desk], ist_day(now));
        let sent = rows.len();
        let message = ImportRegisterRequest {
            request_id: Draw::of("import-register", &[desk as u64]).uuid(),
            station: format!("stations/{station}"),
            rows,
            validate_only: false,
        };
        let token = self.lines.token(Role::StationHouseOfficer, station);
        let taken = intake!(self, "ImportRegister", import_register, &token, message).await?;
        if taken.complaints.len() != sent {
            return Err(DemoError::Answer("ImportRegister"));
        }
        let register =
            tally::Register { station: station.clone(), day: ist_day(now), complaints: taken.complaints.len() };
        Ok((register, taken.complaints))
    }

    /// What is due of a case at a stop: she comes, she is taken in, something is done. The name of her complaint, if any. `event`:
    /// that at which she asked for help.
    pub(super) async fn case(
        &self,
        case: &Case,
        stop: usize,
        known: Option<&String>,
        event: Option<&String>,
    ) -> Result<(Option<String>, Vec<Fact>), DemoError> {
        let now = self.plan.agenda.stops()[stop].at;
        let place = &self.plan.roll.desks[case.desk];
        let mut facts = Vec::new();
        let mut name = known.cloned();
        if case.stop == stop {
            let visit = match case.visit {
                Some(visit) => self.visit(case, visit, now, &mut facts).await?,
                None => String::new(),
            };
            if let Some(told) = case.told {
                let complaint = self.register(case, told, visit, event).await?;
                name = Some(complaint.name.clone());
                facts.push(Fact::Complaint { by_woman: case.who == Who::Desk, answer: Box::new(complaint) });
            }
        }
        if let Some(name) = &name {
            let subject = Subject { key: ("case", case.number), name, station: &place.id, district: &place.district };
            for (order, due) in case.steps.iter().enumerate().filter(|(_, due)| due.stop == stop) {
                facts.push(self.step(subject, order, due, now).await?);
            }
        }
        Ok((name, facts))
    }

    async fn visit(
        &self,
        case: &Case,
        visit: Visit,
        now: DateTime<Utc>,
        facts: &mut Vec<Fact>,
    ) -> Result<String, DemoError> {
        let station = &self.plan.roll.desks[case.desk].id;
        let arrived = now - Duration::minutes(i64::from(visit.came_before));
        let served = visit.waited.map(|minutes| arrived + Duration::minutes(i64::from(minutes)));
        let message = RecordVisitRequest {
            request_id: Draw::of("visit", &[case.number as u64]).uuid(),
            station: format!("stations/{station}"),
            outcome: visit.outcome.into(),
            arrived_at: Some(timestamp(arrived)),
            served_at: served.map(timestamp),
        };
        let token = self.as_who(case.who, station, "");
        let recorded = intake!(self, "RecordVisit", record_visit, &token, message).await?;
        let (station, day) = (station.clone(), ist_day(arrived));
        facts.push(Fact::Visit(tally::Visit { station, day, outcome: visit.outcome }));
        Ok(recorded.visit)
    }

    async fn register(
        &self,
        case: &Case,
        told: Told,
        visit: String,
        event: Option<&String>,
    ) -> Result<Complaint, DemoError> {
        let station = &self.plan.roll.desks[case.desk].id;
        let mut draw = Draw::of("register", &[case.number as u64]);
        let message = RegisterComplaintRequest {
            request_id: draw.uuid(),
            station: format!("stations/{station}"),
            channel: told.channel.into(),
            category: told.category.into(),
            safe_contact: Some(told.woman.unwrap_or(Woman(case.number)).safe_contact(&mut draw)),
            visit,
            risk: told.risk.into(),
            conflict_with_station: told.conflict,
            persons: told.woman.map(|woman| persons(woman, told.category, &mut draw)).unwrap_or_default(),
            narrative: told.woman.map(|woman| woman.narrative(told.category)).unwrap_or_default(),
            captured_at: None,
            needs_support: draw.per_mille(10),
            consent: case.event.is_some(),
            campaign_event: event.cloned().unwrap_or_default(),
        };
        let token = self.as_who(case.who, station, "");
        intake!(self, "RegisterComplaint", register_complaint, &token, message).await
    }

    /// What is done at a stop about the only complaint on paper of a station.
    pub(super) async fn on_paper(&self, desk: usize, name: &str, stop: usize) -> Result<Vec<Fact>, DemoError> {
        let place = &self.plan.roll.desks[desk];
        let now = self.plan.agenda.stops()[stop].at;
        let subject = Subject { key: ("on-paper", desk), name, station: &place.id, district: &place.district };
        let mut facts = vec![Fact::Complaint { by_woman: false, answer: Box::new(self.look_up(name).await?) }];
        for (order, due) in self.plan.on_paper.iter().enumerate().filter(|(_, due)| due.stop == stop) {
            facts.push(self.step(subject, order, due, now).await?);
        }
        Ok(facts)
    }

    /// A complaint as the auditor sees it, who sees all but identity.
    pub(super) async fn look_up(&self, name: &str) -> Result<Complaint, DemoError> {
        let token = self.lines.token(Role::Auditor, "up");
        let message = GetComplaintRequest { name: name.to_owned() };
        intake!(self, "GetComplaint", get_complaint, &token, message).await
    }

    fn as_who(&self, who: Who, station: &str, district: &str) -> Token {
        match who {
            Who::Desk => self.lines.token(Role::DeskOfficer, station),
            Who::House => self.lines.token(Role::StationHouseOfficer, station),
            Who::District => self.lines.token(Role::DistrictHead, district),
            Who::FeedbackCaller => self.lines.token(Role::FeedbackCaller, district),
        }
    }

    /// One step.
    pub(super) async fn step(
        &self,
        subject: Subject<'_>,
        order: usize,
        due: &Due,
        now: DateTime<Utc>,
    ) -> Result<Fact, DemoError> {
        let token = self.as_who(due.who, subject.station, subject.district);
        let mut draw = Draw::of(subject.key.0, &[subject.key.1 as u64, order as u64]);
        let request_id = draw.uuid();
        let name = subject.name.to_owned();
        let etag = String::new();
        let (what, answer) = match due.step {
            Step::Receipt => {
                let receipt = intake!(self, "GetReceipt", get_receipt, &token, GetReceiptRequest { name }).await?;
                if receipt.secret.is_empty() {
                    return Err(DemoError::Answer("GetReceipt"));
                }
                return Ok(Fact::Receipt);
            }
            Step::Acknowledge { taken } => {
                let message = AcknowledgeComplaintRequest { request_id, name, etag, receipt_taken: taken };
                let answer = intake!(self, "AcknowledgeComplaint", acknowledge_complaint, &token, message).await?;
                (What::Acknowledged, answer)
            }
            Step::Triage { category, risk, child } => {
                let message = TriageComplaintRequest {
                    request_id,
                    name,
                    etag,
                    category: category.into(),
                    risk: risk.into(),
                    law_sections: sections(category).iter().map(|section| (*section).to_owned()).collect(),
                    child,
                };
                (What::Triaged, intake!(self, "TriageComplaint", triage_complaint, &token, message).await?)
            }
            Step::Assign(post) => {
                let assignee = format!("posts/{}-io-{}", subject.station, post + 1);
                let message = AssignOfficerRequest { request_id, name, etag, assignee };
                (What::Assigned, intake!(self, "AssignOfficer", assign_officer, &token, message).await?)
            }
            Step::Act(kind) => {
                let note = if draw.per_mille(300) { Woman(subject.key.1).address() } else { String::new() };
                let message = RecordActionRequest { request_id, name, etag, kind: kind.into(), note };
                (What::Action(kind), intake!(self, "RecordAction", record_action, &token, message).await?)
            }
            Step::Law(kind) => {
                let number = format!("{}/{}/{order}", subject.station, subject.key.1);
                let message = RecordLegalActionRequest { request_id, name, etag, kind: kind.into(), number, day: None };
                (What::Law(kind), intake!(self, "RecordLegalAction", record_legal_action, &token, message).await?)
            }
            Step::Feedback { reached, satisfied, private } => {
                let note = if draw.per_mille(200) { Woman(subject.key.1).name() } else { String::new() };
                let message = RecordFeedbackRequest { request_id, name, etag, reached, satisfied, private, note };
                let answer = intake!(self, "RecordFeedback", record_feedback, &token, message).await?;
                (What::Feedback { reached, satisfied, private }, answer)
            }
        };
        Ok(Fact::Act(Box::new(Act { what, day: ist_day(now), answer })))
    }
}

/// She, often he whom she complains against, and a child where it is about one.
fn persons(woman: Woman, category: Category, draw: &mut Draw) -> Vec<Person> {
    let mut persons = vec![woman.complainant(draw)];
    if draw.per_mille(400) {
        persons.push(Person { role: PersonRole::Respondent.into(), name: woman.respondent(), ..Person::default() });
    }
    if matches!(category, Category::Pocso | Category::ChildMarriage) || draw.per_mille(60) {
        let child = matches!(category, Category::Pocso | Category::ChildMarriage);
        persons.push(Person {
            role: PersonRole::Victim.into(),
            name: Woman(woman.0 + 500_000).name(),
            age_years: Some(if child { draw.between(8, 17) } else { draw.between(18, 60) }),
            ..Person::default()
        });
    }
    persons
}

/// Sections by the law of October 2020.
fn sections(category: Category) -> &'static [&'static str] {
    match category {
        Category::DomesticViolence => &["IPC 498A", "IPC 323"],
        Category::Dowry => &["IPC 498A"],
        Category::EveTeasing => &["IPC 354A", "IPC 509"],
        Category::Stalking => &["IPC 354D"],
        Category::SexualAssault => &["IPC 376"],
        Category::Pocso => &["POCSO 4"],
        Category::Abduction => &["IPC 363"],
        Category::ObsceneCalls | Category::CyberHarassment => &["IPC 509"],
        _ => &[],
    }
}
