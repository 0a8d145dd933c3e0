//! Visits on the wire.

use mahila_proto::intake::v1 as wire;
use platform::call::Call;
use platform::fields::{Fields, date};
use platform::journal::{Audience, Event, Kind};
use platform::refusal::Refusal;
use platform::terms::Term as _;
use prost::Message as _;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::store::RecordVisit;
use super::visit::{Recorded, Told};
use crate::Intake;

/// Journal kind: a visit was recorded.
pub(crate) const VISIT_RECORDED: Kind =
    Kind { name: "intake.visit.recorded", audience: Audience::Only(&["review-scheduling", "oversight"]) };

impl Event for Recorded {
    fn kind(&self) -> Kind {
        VISIT_RECORDED
    }

    fn subject(&self) -> String {
        self.0.id.to_string()
    }

    fn payload(&self) -> Vec<u8> {
        wire::VisitRecorded {
            station: format!("stations/{}", self.0.station),
            day: Some(date(self.0.day())),
            outcome: self.0.outcome.number().into(),
            wait_minutes: self.0.waited_minutes(),
        }
        .encode_to_vec()
    }
}

/// A woman came to the desk.
pub(crate) async fn record_visit(
    intake: &Intake,
    request: Request<wire::RecordVisitRequest>,
) -> Result<Response<wire::RecordVisitResponse>, Status> {
    let call = Call::of(&request)?;
    let scope = intake.base.scope(&call);
    let message = request.into_inner();

    let mut fields = Fields::new();
    let request_id = fields.request_id(&message.request_id);
    let station = fields.name("station", &message.station, "stations");
    let outcome = fields.term("outcome", message.outcome);
    let arrived_at = fields.optional_instant("arrived_at", message.arrived_at.as_ref());
    let served_at = fields.optional_instant("served_at", message.served_at.as_ref());
    fields.finish()?;
    let outcome = outcome.ok_or_else(Refusal::internal)?;

    scope.need_station(&station)?;
    if intake.base.directory.tree().station(&station).is_none() {
        return Err(Refusal::station_unknown(&station).into());
    }
    let told = Told { outcome, arrived_at, served_at };
    let command = RecordVisit { id: Uuid::new_v4(), station, told };
    let visit = intake.base.writer.submit(&call, request_id, &message, command).await?;
    Ok(Response::new(wire::RecordVisitResponse { visit: format!("visits/{visit}") }))
}
