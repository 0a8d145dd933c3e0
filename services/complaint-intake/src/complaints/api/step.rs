//! The steps on the wire: each parses its fields, and all take the same way in.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use mahila_proto::intake::v1 as wire;
use platform::Refusal;
use platform::call::Call;
use platform::clock::ist_day;
use platform::fields::Fields;
use platform::write::read_refusal;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{to_wire, viewer};
use crate::Intake;
use crate::complaints::feedback::Told;
use crate::complaints::law::Section;
use crate::complaints::steps::Triage;
use crate::complaints::store::{Step, TakeStep};
use crate::vault::api as identity;
use crate::vault::{Note, SealedNote, store as vault};

type Answer = Result<Response<wire::Complaint>, Status>;

/// What every step names.
struct Target {
    request_id: Uuid,
    complaint: Uuid,
    etag: String,
}

fn target(fields: &mut Fields, request_id: &str, name: &str, etag: &str) -> Target {
    Target {
        request_id: fields.request_id(request_id),
        complaint: fields.uuid_name("name", name, "complaints"),
        etag: fields.text("etag", etag, 32),
    }
}

async fn take(intake: &Intake, call: &Call, target: Target, message: &impl prost::Message, step: Step) -> Answer {
    let viewer = viewer(intake, call);
    let command = TakeStep { complaint: target.complaint, viewer, etag: target.etag, step };
    let complaint = intake.base.writer.submit(call, target.request_id, message, command).await?;
    Ok(Response::new(to_wire(&complaint)))
}

/// The receipt was offered.
pub(crate) async fn acknowledge(intake: &Intake, request: Request<wire::AcknowledgeComplaintRequest>) -> Answer {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let target = target(&mut fields, &message.request_id, &message.name, &message.etag);
    fields.finish()?;
    let step = Step::Acknowledge { receipt_taken: message.receipt_taken };
    take(intake, &call, target, &message, step).await
}

/// A post is given it.
pub(crate) async fn assign(intake: &Intake, request: Request<wire::AssignOfficerRequest>) -> Answer {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let target = target(&mut fields, &message.request_id, &message.name, &message.etag);
    let post = fields.name("assignee", &message.assignee, "posts");
    fields.finish()?;
    take(intake, &call, target, &message, Step::Assign { post }).await
}

/// Category, risk and law are settled.
pub(crate) async fn triage(intake: &Intake, request: Request<wire::TriageComplaintRequest>) -> Answer {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let target = target(&mut fields, &message.request_id, &message.name, &message.etag);
    let category = fields.term("category", message.category);
    let risk = fields.term("risk", message.risk);
    let law_sections = sections(&mut fields, &message.law_sections);
    fields.finish()?;
    let (category, risk) = category.zip(risk).ok_or_else(Refusal::internal)?;
    let step = Step::Triage(Triage { category, risk, law_sections, child: message.child });
    take(intake, &call, target, &message, step).await
}

/// Reads sections, each once, in their order.
fn sections(fields: &mut Fields, told: &[String]) -> Vec<Section> {
    fields.at_most("law_sections", told, 20);
    let mut seen = BTreeSet::new();
    let mut sections = Vec::new();
    for (place, text) in told.iter().take(20).enumerate() {
        match Section::parse(text) {
            Some(section) if seen.insert(section.clone()) => sections.push(section),
            Some(_) => {}
            None => fields.wrong(
                &format!("law_sections[{place}]"),
                "must be an act in capital letters and a section: BNS 85",
                "अधिनियम और धारा होनी चाहिए: BNS 85",
            ),
        }
    }
    sections
}

/// A step in law was taken.
pub(crate) async fn legal_action(intake: &Intake, request: Request<wire::RecordLegalActionRequest>) -> Answer {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let target = target(&mut fields, &message.request_id, &message.name, &message.etag);
    let kind = fields.term("kind", message.kind);
    let number = number(&mut fields, &message.number);
    let day = fields.optional_day("day", message.day.as_ref());
    not_future(&mut fields, day, ist_day(intake.base.clock.now()));
    fields.finish()?;
    let kind = kind.ok_or_else(Refusal::internal)?;
    take(intake, &call, target, &message, Step::LegalAction { kind, number, day }).await
}

/// A number as registers write it. No words: a name has no place in it.
fn number(fields: &mut Fields, told: &str) -> String {
    let number = fields.required_text("number", told, 64);
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '.' | '(' | ')' | ' ');
    let is_number = number.chars().all(fits) && number.contains(|c: char| c.is_ascii_digit());
    if !number.is_empty() && !is_number {
        fields.wrong(
            "number",
            "must have a digit, and nothing but letters, digits and / - . ( )",
            "कम से कम एक अंक, और केवल अक्षर, अंक तथा / - . ( ) होने चाहिए",
        );
    }
    number
}

fn not_future(fields: &mut Fields, day: Option<NaiveDate>, today: NaiveDate) {
    if day.is_some_and(|day| day > today) {
        fields.wrong("day", "lies in the future", "भविष्य का दिनांक है");
    }
}

/// Something was done.
pub(crate) async fn action(intake: &Intake, request: Request<wire::RecordActionRequest>) -> Answer {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let target = target(&mut fields, &message.request_id, &message.name, &message.etag);
    let kind = fields.term("kind", message.kind);
    let note = identity::note(&mut fields, "note", &message.note);
    fields.finish()?;
    let kind = kind.ok_or_else(Refusal::internal)?;
    let note = seal(intake, target.complaint, note).await?;
    let step = Step::Act { id: Uuid::new_v4(), kind, by_woman: call.caller.woman, note };
    take(intake, &call, target, &message, step).await
}

/// She was asked.
pub(crate) async fn feedback(intake: &Intake, request: Request<wire::RecordFeedbackRequest>) -> Answer {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let target = target(&mut fields, &message.request_id, &message.name, &message.etag);
    let note = identity::note(&mut fields, "note", &message.note);
    fields.finish()?;
    let told =
        Told { reached: message.reached, in_private: message.private, satisfied: message.reached && message.satisfied };
    let note = seal(intake, target.complaint, note).await?;
    let step = Step::Feedback { id: Uuid::new_v4(), told, by_woman: call.caller.woman, note };
    take(intake, &call, target, &message, step).await
}

/// Seals a note for a complaint. Where there is none, the command says so, as for one outside the caller's scope.
async fn seal(intake: &Intake, complaint: Uuid, note: Option<Note>) -> Result<Option<SealedNote>, Refusal> {
    let Some(note) = note else { return Ok(None) };
    let wrapped = vault::wrapped_key(&intake.base.db, complaint).await.map_err(|error| read_refusal(&error))?;
    wrapped.map(|wrapped| intake.vault.seal_note(complaint, &wrapped, &note)).transpose()
}
