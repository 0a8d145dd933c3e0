//! Reads on the wire.

use mahila_proto::review::v1 as wire;
use platform::call::Call;
use platform::fields::Fields;
use platform::limits::{PAGE_SIZE, PAGE_SIZE_MAX};
use platform::page::Page;
use platform::terms::Term;
use tonic::{Request, Response, Status};

use super::wire::strata;
use super::{item_to_wire, parent, seen, sight, to_wire};
use crate::Review;
use crate::cycles::store::{self, Filter};
use crate::sittings::api::sittings_of;

/// One cycle, with strata and sittings.
pub(crate) async fn get(
    review: &Review,
    request: Request<wire::GetCycleRequest>,
) -> Result<Response<wire::ReviewCycle>, Status> {
    let call = Call::of(&request)?;
    let mut fields = Fields::new();
    let id = fields.uuid_name("name", &request.get_ref().name, "reviewCycles");
    fields.finish()?;
    let cycle = seen(review, &call, id).await?;
    let items = store::read_items(&review.base.db, id, false).await?;
    let sittings = sittings_of(review, id).await?;
    Ok(Response::new(wire::ReviewCycle {
        strata: strata(items.iter().map(|item| item.stratum)),
        sittings,
        ..to_wire(&cycle)
    }))
}

/// Terms of a list, each with its own place in what is wrong.
pub(crate) fn terms<T: Term>(fields: &mut Fields, field: &str, numbers: &[i32]) -> Vec<T> {
    let term = |(place, number): (usize, &i32)| fields.term(&format!("{field}[{place}]"), *number);
    numbers.iter().enumerate().filter_map(term).collect()
}

/// A page of cycles, the latest first.
pub(crate) async fn list(
    review: &Review,
    request: Request<wire::ListCyclesRequest>,
) -> Result<Response<wire::ListCyclesResponse>, Status> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let bound = wire::ListCyclesRequest { page_size: 0, page_token: String::new(), ..message.clone() };
    let (usual, most) = (PAGE_SIZE as usize, PAGE_SIZE_MAX as usize);
    let page: Page<i64> = Page::parse(&mut fields, message.page_size, &message.page_token, &bound, usual, most);
    let parent = parent(&mut fields, &message.parent);
    let filter = Filter {
        level: fields.optional_term("level", message.level),
        states: terms(&mut fields, "states", &message.states),
        from: fields.optional_day("from", message.from.as_ref()),
        to: fields.optional_day("to", message.to.as_ref()),
    };
    if filter.from.zip(filter.to).is_some_and(|(from, to)| to < from) {
        fields.wrong("to", "is before from", "from से पहले है");
    }
    fields.finish()?;

    let sight = sight(review, &call, parent.as_deref())?;
    let mut listed = store::list(&review.base.db, &sight, &filter, page.after, page.limit()).await?;
    let next_page_token = page.cut(&mut listed, |listed| listed.ord);
    let cycles = listed.iter().map(|listed| to_wire(&listed.cycle)).collect();
    Ok(Response::new(wire::ListCyclesResponse { cycles, next_page_token }))
}

/// The docket of a cycle.
pub(crate) async fn items(
    review: &Review,
    request: Request<wire::ListDocketItemsRequest>,
) -> Result<Response<wire::ListDocketItemsResponse>, Status> {
    let call = Call::of(&request)?;
    let mut fields = Fields::new();
    let id = fields.uuid_name("cycle", &request.get_ref().cycle, "reviewCycles");
    fields.finish()?;
    seen(review, &call, id).await?;
    let of_station = review.base.scope(&call).is_station_level();
    let items = store::read_items(&review.base.db, id, of_station).await?;
    Ok(Response::new(wire::ListDocketItemsResponse { items: items.iter().map(item_to_wire).collect() }))
}
