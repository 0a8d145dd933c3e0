//! What decisions owe: said to be done by one, looked at by another.

use std::collections::HashMap;

use mahila_proto::auth::v1::Role;
use mahila_proto::review::v1::{ActionItem, ClaimActionItemRequest, ListActionItemsRequest, VerifyActionItemRequest};

use super::persons::owner;
use super::{PAGE, key, known};
use crate::demo::DemoError;
use crate::demo::plan::agenda::october;
use crate::demo::plan::draw::Draw;
use crate::demo::plan::review::{Docket, Owed};
use crate::demo::play::Player;
use crate::demo::play::book::Book;
use crate::demo::tally::Tally;

impl Player {
    /// What is owed, with its docket and number, as far as `is`.
    pub(super) fn owed_on(&self, is: impl Fn(&Owed) -> bool) -> Vec<(&Docket, i32, Owed)> {
        let of = |docket| Docket::owed(docket).map(move |(number, owed)| (docket, number, owed));
        self.plan.dockets.iter().flat_map(of).filter(|(_, _, owed)| is(owed)).collect()
    }

    pub(super) async fn claim(&self, day: u32, book: &mut Book, tally: &mut Tally) -> Result<(), DemoError> {
        self.learn_owed(book).await?;
        let due = self.owed_on(|owed| owed.claimed == Some(day));
        let claimed = self
            .all(due, |(docket, number, owed)| {
                let name = owed_name(book, docket, number);
                async move {
                    let (role, sub) = owner(docket, owed);
                    let token = self.lines.token_of(role, &docket.unit, &sub);
                    let request_id = Draw::of("claim", &[key(docket), number.unsigned_abs().into()]).uuid();
                    let message = ClaimActionItemRequest { request_id, name: name?.to_owned() };
                    let item = review!(self, "ClaimActionItem", claim_action_item, &token, message).await?;
                    Ok((docket.unit.clone(), item))
                }
            })
            .await?;
        for (unit, item) in claimed {
            tally.review.step(&unit, october(day), item);
        }
        Ok(())
    }

    pub(super) async fn verify(&self, day: u32, book: &mut Book, tally: &mut Tally) -> Result<(), DemoError> {
        self.learn_owed(book).await?;
        let circles: HashMap<&str, &str> =
            self.plan.roll.desks.iter().map(|station| (station.id.as_str(), station.circle.as_str())).collect();
        let circles = &circles;
        let due = self.owed_on(|owed| looked_at_on(owed) == Some(day));
        let looked = self
            .all(due, |(docket, number, owed)| {
                let name = owed_name(book, docket, number);
                async move {
                    // Above the station the circle officer, above a district headquarters.
                    let token = match circles.get(docket.unit.as_str()) {
                        Some(circle) => self.lines.token(Role::CircleOfficer, circle),
                        None => self.lines.token(Role::Headquarters, "up"),
                    };
                    let message = VerifyActionItemRequest {
                        request_id: Draw::of("verify", &[key(docket), number.unsigned_abs().into()]).uuid(),
                        name: name?.to_owned(),
                        done: owed.found_done == Some(true),
                    };
                    let item = review!(self, "VerifyActionItem", verify_action_item, &token, message).await?;
                    Ok((docket.unit.clone(), item))
                }
            })
            .await?;
        for (unit, item) in looked {
            tally.review.step(&unit, october(day), item);
        }
        Ok(())
    }

    /// Reads the names of what is owed, where a replay that went on does not know them any more.
    async fn learn_owed(&self, book: &mut Book) -> Result<(), DemoError> {
        if !book.owed.is_empty() {
            return Ok(());
        }
        book.owed.extend(self.action_items().await?.into_iter().map(|item| (item.item, item.name)));
        Ok(())
    }

    pub(super) async fn action_items(&self) -> Result<Vec<ActionItem>, DemoError> {
        let token = self.lines.token(Role::Headquarters, "up");
        let mut items = Vec::new();
        let mut page_token = String::new();
        loop {
            let message = ListActionItemsRequest { page_size: PAGE, page_token, ..ListActionItemsRequest::default() };
            let page = review!(self, "ListActionItems", list_action_items, &token, message).await?;
            items.extend(page.action_items);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(items);
            }
        }
    }
}

/// The next day after it was said to be done, somebody looks.
pub(super) fn looked_at_on(owed: &Owed) -> Option<u32> {
    owed.found_done.and(owed.claimed).map(|claimed| claimed + 1)
}

fn owed_name<'a>(book: &'a Book, docket: &Docket, number: i32) -> Result<&'a str, DemoError> {
    let cycle = known(&book.cycles, docket, "ListCycles")?;
    let name = book.owed.get(&format!("{cycle}/items/{number}"));
    name.map(String::as_str).ok_or(DemoError::Answer("RecordDecision"))
}
