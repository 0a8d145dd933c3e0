//! Opening by hand, and the preview, on the wire.

use mahila_proto::review::v1 as wire;
use platform::Refusal;
use platform::call::Call;
use platform::clock::ist_day;
use platform::fields::Fields;
use platform::terms::Term as _;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::to_wire;
use super::wire::{preview_to_wire, strata};
use crate::Review;
use crate::cycles::store::{self, OpenCycle};
use crate::cycles::task::fresh_seed;
use crate::levels::level_of;
use crate::sight::covers;

/// Opens a cycle, or plans the one that makes up for it.
pub(crate) async fn open(
    review: &Review,
    request: Request<wire::OpenCycleRequest>,
) -> Result<Response<wire::ReviewCycle>, Status> {
    let call = Call::of(&request)?;
    let scope = review.base.scope(&call);
    let message = request.into_inner();
    let mut fields = Fields::new();
    let request_id = fields.request_id(&message.request_id);
    let cycle = fields.uuid_name("name", &message.name, "reviewCycles");
    let make_up_from = fields.optional_day("make_up_from", message.make_up_from.as_ref());
    fields.finish()?;
    let command = OpenCycle {
        cycle,
        scope,
        make_up_from,
        id: Uuid::new_v4(),
        seed: fresh_seed(&review.random),
        tree: review.base.directory.tree(),
    };
    let cycle = review.base.writer.submit(&call, request_id, &message, command).await?;
    Ok(Response::new(to_wire(&cycle)))
}

/// What a docket would look like.
pub(crate) async fn preview(
    review: &Review,
    request: Request<wire::PreviewSelectionRequest>,
) -> Result<Response<wire::PreviewSelectionResponse>, Status> {
    let call = Call::of(&request)?;
    let scope = review.base.scope(&call);
    let mut fields = Fields::new();
    let unit = fields.name("unit", &request.get_ref().unit, "units");
    fields.finish()?;
    let (tree, today) = (review.base.directory.tree(), ist_day(review.base.clock.now()));
    let level = level_of(&tree, &unit, today);
    if !level.map_or_else(|| scope.covers_unit(&unit), |level| covers(&scope, level, &unit)) {
        return Err(Refusal::out_of_scope().into());
    }
    let level = level.ok_or_else(|| Refusal::not_found(format!("units/{unit}")))?;
    let seed = fresh_seed(&review.random);
    let docket = store::preview(&review.base.db, &tree, level, &unit, today, &seed).await?;
    Ok(Response::new(wire::PreviewSelectionResponse {
        eligible: i32::try_from(docket.eligible).unwrap_or(i32::MAX),
        items: (1..).zip(&docket.items).map(|(number, item)| preview_to_wire(number, item)).collect(),
        shortfall_reason: docket.shortfall.map_or(0, |shortfall| shortfall.number().into()),
        strata: strata(docket.items.iter().map(|item| item.stratum)),
    }))
}
