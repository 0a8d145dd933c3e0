//! Tracking on the wire. Open: the number and the secret are all the authority there is.

use mahila_proto::intake::v1 as wire;
use platform::Refusal;
use platform::fields::Fields;
use platform::write::read_refusal;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::store::find;
use crate::Intake;
use crate::complaints::receipt;
use crate::terms::HandlingState;

/// Where a complaint stands, to the holder of its receipt.
pub(crate) async fn track(
    intake: &Intake,
    request: Request<wire::TrackComplaintRequest>,
) -> Result<Response<wire::TrackComplaintResponse>, Status> {
    let message = request.into_inner();
    let mut fields = Fields::new();
    let number = fields.required_text("receipt_no", &message.receipt_no, 64);
    let secret = fields.required_text("secret", &message.secret, 32);
    fields.finish()?;

    let found = find(&intake.base.db, &receipt::normal(&number)).await.map_err(|error| read_refusal(&error))?;
    // Nobody's number is checked against nobody's secret, so that both take as long.
    let (id, handling) = found.unwrap_or((Uuid::nil(), HandlingState::Received));
    let holds = intake.vault.is_receipt_secret(id, &secret);
    if !holds || found.is_none() {
        return Err(Refusal::not_found("receipt").into());
    }
    let state =
        if handling == HandlingState::Disposed { wire::TrackedState::Finished } else { wire::TrackedState::InHand };
    Ok(Response::new(wire::TrackComplaintResponse { state: state.into() }))
}
