//! What is read of one complaint: its receipt, and what the vault holds.

use mahila_proto::intake::v1 as wire;
use mahila_proto::r#type::v1::LocalizedText;
use platform::Refusal;
use platform::call::Call;
use platform::clock::ist_day;
use platform::fields::{Fields, date};
use platform::locale::{self, Language};
use platform::write::read_refusal;
use tonic::{Request, Response, Status};

use super::viewer;
use crate::Intake;
use crate::complaints::store::{RevealIdentity, read};
use crate::vault::{api as identity, store as vault};

/// What the receipt says. Whoever finds it learns nothing: no category, place, appointment or officer.
pub(crate) async fn receipt(
    intake: &Intake,
    request: Request<wire::GetReceiptRequest>,
) -> Result<Response<wire::Receipt>, Status> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let id = fields.uuid_name("name", &message.name, "complaints");
    fields.finish()?;

    let complaint = read(&intake.base.db, &viewer(intake, &call), id).await?;
    let day = ist_day(complaint.received_at);
    let text = LocalizedText {
        en: format!(
            "Received on {}. Keep the number and the code: with both you can ask how it stands.",
            locale::date(day, Language::En)
        ),
        hi: format!(
            "{} को प्राप्त। संख्या और कोड सँभाल कर रखें: दोनों से स्थिति पूछी जा सकती है।",
            locale::date(day, Language::Hi)
        ),
    };
    Ok(Response::new(wire::Receipt {
        receipt_no: complaint.receipt_no,
        secret: intake.vault.receipt_secret(complaint.id),
        day: Some(date(day)),
        text: Some(text),
    }))
}

/// Opens the vault for one complaint, once the access log is committed.
pub(crate) async fn reveal_identity(
    intake: &Intake,
    request: Request<wire::RevealIdentityRequest>,
) -> Result<Response<wire::RevealIdentityResponse>, Status> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let complaint = fields.uuid_name("name", &message.name, "complaints");
    let purpose = fields.optional_term("purpose", message.purpose);
    let reason = fields.required_text("reason", &message.reason, 500);
    fields.finish()?;
    let purpose = purpose.ok_or_else(Refusal::purpose_required)?;

    let command = RevealIdentity { complaint, viewer: viewer(intake, &call), purpose, reason };
    // Not kept for repeats: each reading is one more entry in the access log.
    let mode = intake.base.writer.submit_own(&call.caller.principal, command).await?;
    let sealed = vault::load(&intake.base.db, complaint).await.map_err(|error| read_refusal(&error))?;
    let sealed = sealed.ok_or_else(|| Refusal::not_found(format!("complaints/{complaint}")))?;
    Ok(Response::new(identity::reveal(&intake.vault.open(&sealed, mode)?)))
}
