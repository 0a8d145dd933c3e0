//! Running a selection again, on the wire: here, and from its answers alone anywhere else.

use std::str::FromStr as _;

use mahila_proto::review::v1 as wire;
use platform::Refusal;
use platform::call::Call;
use platform::fields::{Fields, day_of};
use platform::page::Page;
use platform::terms::Term as _;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::wire::candidate_to_wire;
use super::{item_to_wire, seen};
use crate::Review;
use crate::cycles::item::DocketItem;
use crate::cycles::store;
use crate::docket::{self, Candidate, Item, Rules, Seed, Verdict};
use crate::terms::CarriedReason;

/// Candidates on a page when no size is named.
const USUAL: usize = 1_000;
/// At most: some 100 bytes each, far inside a message.
const MOST: usize = 10_000;

/// Runs the selection of a cycle again.
pub(crate) async fn verify(
    review: &Review,
    request: Request<wire::VerifySelectionRequest>,
) -> Result<Response<wire::VerifySelectionResponse>, Status> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let bound = wire::VerifySelectionRequest { page_size: 0, page_token: String::new(), ..message.clone() };
    let page: Page<usize> = Page::parse(&mut fields, message.page_size, &message.page_token, &bound, USUAL, MOST);
    let id = fields.uuid_name("cycle", &message.cycle, "reviewCycles");
    fields.finish()?;

    let cycle = seen(review, &call, id).await?;
    let frozen = store::frozen(&review.base.db, id).await?;
    let items = store::read_items(&review.base.db, id, false).await?;
    let candidates = docket::digest::candidates(&frozen.records).ok_or_else(Refusal::internal)?;
    let published = (&cycle.seed_sha256[..], cycle.docket_sha256.as_deref().unwrap_or_default());
    let selected: Vec<Item> = items.iter().map(selected).collect();
    let verdict = docket::verify(id, published, &frozen.seed, &frozen.rules, &candidates, &selected);
    let mut answer = wire::VerifySelectionResponse {
        cycle: message.cycle,
        seed_sha256: cycle.seed_sha256.clone(),
        docket_sha256: cycle.docket_sha256.clone().unwrap_or_default(),
        seed_holds: verdict.seed_holds,
        docket_holds: cycle.docket_sha256.is_some() && verdict.docket_holds,
        ..wire::VerifySelectionResponse::default()
    };
    if !cycle.state.is_closed() || cycle.docket_sha256.is_none() {
        // Whoever knew the candidates and the seed before would know the next lots of the same seed. And a cycle that was
        // never opened selected nothing: its seed stands with the cycle.
        return Ok(Response::new(answer));
    }
    answer.selection_holds = Some(verdict.selection_holds);
    answer.seed = frozen.seed.bytes().to_vec();
    answer.rules = Some(rules_to_wire(&frozen.rules));
    let begin = page.after.unwrap_or_default();
    if begin == 0 {
        answer.items = items.iter().map(item_to_wire).collect();
    }
    let mut numbered: Vec<(usize, &Candidate)> =
        candidates.iter().enumerate().skip(begin).take(page.size + 1).collect();
    answer.next_page_token = page.cut(&mut numbered, |(place, _)| place + 1);
    answer.candidates = numbered.iter().map(|(_, candidate)| candidate_to_wire(candidate)).collect();
    Ok(Response::new(answer))
}

/// A case as the selection gave it.
fn selected(item: &DocketItem) -> Item {
    Item { complaint: item.complaint, stratum: item.stratum, carried: item.carried, day: item.day }
}

fn rules_to_wire(rules: &Rules) -> wire::SelectionRules {
    wire::SelectionRules {
        quota: i32::try_from(rules.quota).unwrap_or(i32::MAX),
        random_minimum: i32::try_from(rules.random_minimum).unwrap_or(i32::MAX),
        next_cycle_day: Some(platform::fields::date(rules.next_cycle_day)),
    }
}

/// Runs a selection again from the answers of `VerifySelection` alone, all pages of one closed cycle in their order: no
/// service, no database. `published`: digests of seed and docket as the journal has them, from a source of the caller's own;
/// `None`: as the answers say.
///
/// # Errors
/// What the answers lack.
pub fn verify_pages(
    pages: &[wire::VerifySelectionResponse],
    published: Option<(&[u8], &[u8])>,
) -> Result<Verdict, &'static str> {
    let first = pages.first().ok_or("there is no answer")?;
    let cycle = uuid_of(&first.cycle, "reviewCycles/").ok_or("the cycle has no name")?;
    let seed: [u8; 32] = first.seed[..].try_into().map_err(|_| "the seed is not told: the cycle is not closed")?;
    let told = first.rules.as_ref().ok_or("the rules are not told")?;
    let rules = Rules {
        quota: usize::try_from(told.quota).map_err(|_| "the quota is negative")?,
        random_minimum: usize::try_from(told.random_minimum).map_err(|_| "the random minimum is negative")?,
        next_cycle_day: day_of(told.next_cycle_day.as_ref()).ok_or("the next cycle's day is missing")?,
    };
    let candidates = pages.iter().flat_map(|page| &page.candidates).map(candidate).collect::<Option<Vec<_>>>();
    let items = pages.iter().flat_map(|page| &page.items).map(item).collect::<Option<Vec<_>>>();
    let published = published.unwrap_or((&first.seed_sha256, &first.docket_sha256));
    Ok(docket::verify(
        cycle,
        published,
        &Seed::new(seed),
        &rules,
        &candidates.ok_or("a candidate cannot be read")?,
        &items.ok_or("an item cannot be read")?,
    ))
}

fn uuid_of(name: &str, collection: &str) -> Option<Uuid> {
    name.strip_prefix(collection).and_then(|id| Uuid::from_str(id).ok())
}

/// The inner `None` is an answer: not carried.
#[expect(clippy::option_option, reason = "unreadable and not carried are two things")]
fn carried(number: i32) -> Option<Option<CarriedReason>> {
    if number == 0 { Some(None) } else { CarriedReason::from_number(number).map(Some) }
}

fn candidate(told: &wire::Candidate) -> Option<Candidate> {
    Some(Candidate {
        complaint: uuid_of(&told.complaint, "complaints/")?,
        registered_day: day_of(told.registered_day.as_ref())?,
        due_day: day_of(told.due_day.as_ref()),
        breached_day: day_of(told.breached_day.as_ref()),
        closed: told.closed,
        action_overdue: told.action_overdue,
        reopened: told.reopened,
        high_risk: told.high_risk,
        reviewed_lately: told.reviewed_lately,
        worst_below: told.worst_below,
        carried: carried(told.carried_reason)?,
    })
}

fn item(told: &wire::DocketItem) -> Option<Item> {
    Some(Item {
        complaint: uuid_of(&told.complaint, "complaints/")?,
        stratum: platform::terms::Term::from_number(told.stratum)?,
        carried: carried(told.carried_reason)?,
        day: chrono::NaiveDate::default(),
    })
}
