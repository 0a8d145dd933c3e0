//! Action items on the wire and in the journal. To oversight alone.

use chrono::NaiveDate;
use mahila_proto::review::v1 as wire;
use platform::call::Call;
use platform::fields::{Fields, date};
use platform::journal::{Audience, Event as JournalEvent, Kind};
use platform::limits::{PAGE_SIZE, PAGE_SIZE_MAX};
use platform::page::Page;
use platform::terms::Term as _;
use prost::Message as _;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::action_item::{ActionItem, Event, What};
use super::store::{self, Filter, Step, TakeStep};
use crate::Review;
use crate::cycles::api::{chairs, parent, place_to_wire, sight, terms, unit_name};
use crate::terms::ReviewLevel;

/// Journal kind: it is new, or took a step.
pub(crate) const MOVED: Kind = Kind { name: "review.action_item.moved", audience: Audience::Only(&["oversight"]) };
/// Journal kind: its due day passed before it was verified.
pub(crate) const OVERDUE: Kind = Kind { name: "review.action_item.overdue", audience: Audience::Only(&["oversight"]) };

impl JournalEvent for Event {
    fn kind(&self) -> Kind {
        match self.what {
            What::Moved { .. } => MOVED,
            What::Overdue { .. } => OVERDUE,
        }
    }

    fn subject(&self) -> String {
        self.action_item.to_string()
    }

    fn payload(&self) -> Vec<u8> {
        let place = Some(place_to_wire(&self.place));
        match self.what {
            What::Moved { from, to, in_time, day } => wire::ActionItemMoved {
                place,
                from: from.map_or(0, |from| from.number().into()),
                to: to.number().into(),
                in_time,
                day: Some(date(day)),
            }
            .encode_to_vec(),
            What::Overdue { due_day } => wire::ActionItemOverdue { place, day: Some(date(due_day)) }.encode_to_vec(),
        }
    }
}

/// An action item for the wire.
pub(crate) fn to_wire(item: &ActionItem) -> wire::ActionItem {
    wire::ActionItem {
        name: format!("actionItems/{}", item.id),
        item: format!("reviewCycles/{}/items/{}", item.place.cycle, item.number),
        complaint: format!("complaints/{}", item.complaint),
        level: item.place.level.number().into(),
        unit: unit_name(&item.place.unit),
        kind: item.kind.number().into(),
        owner: format!("posts/{}", item.owner),
        due_day: Some(date(item.due_day)),
        state: item.state.number().into(),
        overdue: item.overdue,
        claimed_by: item.claimed_by.clone().unwrap_or_default(),
        verified_by: item.verified_by.clone().unwrap_or_default(),
    }
}

/// A page of action items.
pub(crate) async fn list(
    review: &Review,
    request: Request<wire::ListActionItemsRequest>,
) -> Result<Response<wire::ListActionItemsResponse>, Status> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let bound = wire::ListActionItemsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
    let (usual, most) = (PAGE_SIZE as usize, PAGE_SIZE_MAX as usize);
    let page: Page<(NaiveDate, Uuid)> =
        Page::parse(&mut fields, message.page_size, &message.page_token, &bound, usual, most);
    let parent = parent(&mut fields, &message.parent);
    let states = terms(&mut fields, "states", &message.states);
    fields.finish()?;

    let post = call.caller.principal.strip_prefix("posts/").map(str::to_owned);
    let filter = Filter {
        states,
        overdue_only: message.overdue_only,
        // What a post owes elsewhere is no part of a place that is asked for.
        post: post.filter(|_| parent.is_none() || message.mine_only),
        mine_only: message.mine_only,
    };
    let sight = sight(review, &call, parent.as_deref())?;
    let mut items = store::list(&review.base.db, &sight, &filter, page.after, page.limit()).await?;
    let next_page_token = page.cut(&mut items, |item| (item.due_day, item.id));
    Ok(Response::new(wire::ListActionItemsResponse {
        action_items: items.iter().map(to_wire).collect(),
        next_page_token,
    }))
}

/// Its side says that it is done.
pub(crate) async fn claim(
    review: &Review,
    request: Request<wire::ClaimActionItemRequest>,
) -> Result<Response<wire::ActionItem>, Status> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let request_id = fields.request_id(&message.request_id);
    let item = fields.uuid_name("name", &message.name, "actionItems");
    fields.finish()?;
    let command = TakeStep { item, scope: review.base.scope(&call), step: Step::Claim };
    let item = review.base.writer.submit(&call, request_id, &message, command).await?;
    Ok(Response::new(to_wire(&item)))
}

/// Another looked.
pub(crate) async fn verify(
    review: &Review,
    request: Request<wire::VerifyActionItemRequest>,
) -> Result<Response<wire::ActionItem>, Status> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let request_id = fields.request_id(&message.request_id);
    let item = fields.uuid_name("name", &message.name, "actionItems");
    fields.finish()?;
    let highest = ReviewLevel::ALL.iter().copied().filter(|level| chairs(&call.caller, *level)).max();
    let step = Step::Verify { done: message.done, chairs: highest };
    let command = TakeStep { item, scope: review.base.scope(&call), step };
    let item = review.base.writer.submit(&call, request_id, &message, command).await?;
    Ok(Response::new(to_wire(&item)))
}
