//! Reads on the wire.

mod watch;

use mahila_proto::intake::v1 as wire;
use platform::call::Call;
use platform::clock::ist_day;
use platform::fields::Fields;
use platform::limits::{PAGE_SIZE, PAGE_SIZE_MAX};
use platform::page::Page;
use platform::refusal::Refusal;
use platform::scope::Scope;
use platform::terms::Term;
use tonic::{Request, Response, Status};

use super::sight::{Filter, Own, Sight};
use super::store;
use crate::complaints::api::{sees_own_only, to_wire};
use crate::{Intake, clocks};

pub(crate) use watch::{Watch, watch_complaints};

/// What the caller sees, at or below `parent` if one is named: `stations/{station}` or `units/{unit}`.
fn sight(intake: &Intake, call: &Call, parent: Option<&str>) -> Result<Sight, Refusal> {
    let (tree, day) = (intake.base.directory.tree(), ist_day(intake.base.clock.now()));
    let mut scope = Scope::of(&call.caller, &tree, day);
    if let Some(parent) = parent {
        scope = scope.narrow(parent, &tree, day)?;
    }
    Ok(Sight::of(&scope, sees_own_only(call).then(|| Own::of(&call.caller)), &tree, day))
}

/// The id of a station or unit; `None`: everything in the scope.
fn parent(fields: &mut Fields, name: &str) -> Option<String> {
    if name.starts_with("units/") {
        return fields.optional_name("parent", name, "units");
    }
    if name.is_empty() || name.starts_with("stations/") {
        return fields.optional_name("parent", name, "stations");
    }
    fields.wrong("parent", "must be stations/ or units/ and an id", "stations/ या units/ और पहचान होना चाहिए");
    None
}

fn filter(fields: &mut Fields, told: &wire::ComplaintFilter) -> (Option<String>, Filter) {
    let parent = parent(fields, &told.parent);
    let filter = Filter {
        states: terms(fields, "handling_states", &told.handling_states),
        categories: terms(fields, "categories", &told.categories),
        channels: terms(fields, "channels", &told.channels),
        from: fields.optional_day("from", told.from.as_ref()),
        to: fields.optional_day("to", told.to.as_ref()),
        imported: told.imported,
    };
    if filter.from.zip(filter.to).is_some_and(|(from, to)| to < from) {
        fields.wrong("to", "is before from", "from से पहले है");
    }
    (parent, filter)
}

fn terms<T: Term>(fields: &mut Fields, field: &str, numbers: &[i32]) -> Vec<T> {
    let mut term = |(place, number): (usize, &i32)| fields.term(&format!("{field}[{place}]"), *number);
    numbers.iter().enumerate().filter_map(&mut term).collect()
}

fn page<K: serde::Serialize + serde::de::DeserializeOwned>(
    fields: &mut Fields,
    size: i32,
    token: &str,
    request: &impl prost::Message,
) -> Page<K> {
    Page::parse(fields, size, token, request, PAGE_SIZE as usize, PAGE_SIZE_MAX as usize)
}

/// One complaint.
pub(crate) async fn get_complaint(
    intake: &Intake,
    request: Request<wire::GetComplaintRequest>,
) -> Result<Response<wire::Complaint>, Status> {
    let call = Call::of(&request)?;
    let mut fields = Fields::new();
    let id = fields.uuid_name("name", &request.get_ref().name, "complaints");
    fields.finish()?;
    let sight = sight(intake, &call, None)?;
    let complaint = store::read(&intake.base.db, &sight, &[id], true).await?.remove(&id);
    // Outside the scope and not there are one answer.
    Ok(Response::new(to_wire(&complaint.ok_or_else(Refusal::out_of_scope)?)))
}

/// A page of complaints, newest first.
pub(crate) async fn list_complaints(
    intake: &Intake,
    request: Request<wire::ListComplaintsRequest>,
) -> Result<Response<wire::ListComplaintsResponse>, Status> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let told = message.filter.clone().unwrap_or_default();
    let page: Page<i64> = page(&mut fields, message.page_size, &message.page_token, &told);
    let (parent, filter) = fields.nested("filter", |fields| filter(fields, &told));
    fields.finish()?;

    let sight = sight(intake, &call, parent.as_deref())?;
    let mut places = store::list(&intake.base.db, &sight, &filter, page.after, page.limit()).await?;
    let next_page_token = page.cut(&mut places, |place| place.ord);
    let ids: Vec<_> = places.iter().map(|place| place.id).collect();
    let complaints = store::read(&intake.base.db, &sight, &ids, false).await?;
    let complaints = ids.iter().filter_map(|id| complaints.get(id)).map(to_wire).collect();
    Ok(Response::new(wire::ListComplaintsResponse { complaints, next_page_token }))
}

/// How many a list with the same filter lists over all its pages.
pub(crate) async fn count_complaints(
    intake: &Intake,
    request: Request<wire::CountComplaintsRequest>,
) -> Result<Response<wire::CountComplaintsResponse>, Status> {
    let call = Call::of(&request)?;
    let told = request.into_inner().filter.unwrap_or_default();
    let mut fields = Fields::new();
    let (parent, filter) = fields.nested("filter", |fields| filter(fields, &told));
    fields.finish()?;
    let sight = sight(intake, &call, parent.as_deref())?;
    let count = store::count(&intake.base.db, &sight, &filter).await?;
    Ok(Response::new(wire::CountComplaintsResponse { count }))
}

/// What waits, the next due first. What is late was due before everything else, so it comes first of all.
pub(crate) async fn list_my_work(
    intake: &Intake,
    request: Request<wire::ListMyWorkRequest>,
) -> Result<Response<wire::ListMyWorkResponse>, Status> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let bound = wire::ListMyWorkRequest { page_size: 0, page_token: String::new(), ..message.clone() };
    let page = page(&mut fields, message.page_size, &message.page_token, &bound);
    fields.finish()?;

    let sight = sight(intake, &call, None)?;
    let mine = message.mine_only.then(|| Own::of(&call.caller));
    let mut waiting = store::work(&intake.base.db, &sight, mine.as_ref(), page.after, page.limit()).await?;
    let next_page_token = page.cut(&mut waiting, |waiting| (waiting.due, waiting.id));
    let ids: Vec<_> = waiting.iter().map(|waiting| waiting.id).collect();
    let complaints = store::read(&intake.base.db, &sight, &ids, true).await?;
    let items = ids
        .iter()
        .filter_map(|id| complaints.get(id))
        .map(|complaint| wire::WorkItem {
            next: complaint.clocks.next().map(clocks::to_wire),
            complaint: Some(to_wire(complaint)),
        })
        .collect();
    Ok(Response::new(wire::ListMyWorkResponse { items, next_page_token }))
}
