//! Sittings, part by part: convened, a case at a time, signed by a second person.

use chrono::NaiveDate;
use mahila_proto::review::v1::{
    ActionItem, ConveneSittingRequest, DeferItemRequest, DocketItem, RecordDecisionRequest, SignMinutesRequest, Sitting,
};
use platform::fields::date;

use super::persons::{chairs, owner, second};
use super::{key, known};
use crate::demo::DemoError;
use crate::demo::plan::agenda::{Sitters, october};
use crate::demo::plan::draw::Draw;
use crate::demo::plan::review::{Docket, Item};
use crate::demo::play::Player;
use crate::demo::play::book::Book;
use crate::demo::play::lines::Token;
use crate::demo::tally::{self, Tally};

/// What came of a case that was taken.
enum Taken {
    Decided(tally::Decision, Option<ActionItem>),
    PutOff(tally::PutOff),
}

impl Player {
    pub(super) fn sitting(&self, who: Sitters, day: u32) -> impl Iterator<Item = &Docket> {
        self.plan.dockets.iter().filter(move |docket| docket.sits(who, day))
    }

    pub(super) async fn convene(
        &self,
        who: Sitters,
        day: u32,
        book: &mut Book,
        tally: &mut Tally,
    ) -> Result<(), DemoError> {
        self.find_those_recused(who, day, 0, book, tally).await?;
        let known_so_far = &*book;
        let convened = self
            .all(self.sitting(who, day), |docket| async move {
                let token = self.chair(docket);
                let cycle = known(&known_so_far.cycles, docket, "ListCycles")?;
                let sitting = self.convene_one(docket, cycle, &token).await?;
                let items = self.items_for(docket, &token, known_so_far).await?;
                self.progress.answered(1);
                if items.len() + usize::from(docket.recused == Some(0)) != docket.items.len() {
                    return Err(DemoError::Answer("ListDocketItems"));
                }
                Ok((docket.name(), sitting.name))
            })
            .await?;
        book.sittings.extend(convened);
        Ok(())
    }

    /// What is found in this part to be against the station that sits.
    async fn find_those_recused(
        &self,
        who: Sitters,
        day: u32,
        part: u32,
        book: &Book,
        tally: &mut Tally,
    ) -> Result<(), DemoError> {
        for docket in self.sitting(who, day).filter(|docket| docket.recused == Some(part)) {
            self.find_recused(docket, part, book, tally).await?;
        }
        Ok(())
    }

    async fn convene_one(&self, docket: &Docket, cycle: &str, token: &Token) -> Result<Sitting, DemoError> {
        let others: &[&str] = if docket.who == Sitters::State { &["wcso", "crime"] } else { &["reader"] };
        let quorum = others.iter().map(|other| format!("posts/{}-{other}", docket.unit)).chain([second(docket).2]);
        let message = ConveneSittingRequest {
            request_id: Draw::of("convene", &[key(docket)]).uuid(),
            cycle: cycle.to_owned(),
            quorum: quorum.collect(),
        };
        review!(self, "ConveneSitting", convene_sitting, token, message).await
    }

    /// Who chairs.
    pub(super) fn chair(&self, docket: &Docket) -> Token {
        self.lines.token(chairs(docket.who), &docket.unit)
    }

    pub(super) async fn take(
        &self,
        who: Sitters,
        day: u32,
        part: u32,
        book: &mut Book,
        tally: &mut Tally,
    ) -> Result<(), DemoError> {
        self.find_those_recused(who, day, part, book, tally).await?;
        let known_so_far = &*book;
        let due =
            self.sitting(who, day).flat_map(|docket| docket.taken(part).into_iter().map(move |item| (docket, item)));
        let taken = self
            .all(due, |(docket, (number, item))| async move {
                let name = match docket.recused {
                    Some(_) => self.nth_of_others(docket, number, known_so_far).await?,
                    None => format!("{}/items/{number}", known(&known_so_far.cycles, docket, "ListCycles")?),
                };
                self.take_one(docket, name, number, item, october(day)).await
            })
            .await?;
        for taken in taken {
            match taken {
                Taken::PutOff(put_off) => tally.review.put_off.push(put_off),
                Taken::Decided(decision, owed) => {
                    if let Some(owed) = owed {
                        book.owed.insert(owed.item.clone(), owed.name.clone());
                        tally.review.step(&decision.unit, decision.day, owed);
                    }
                    tally.review.decisions.push(decision);
                }
            }
        }
        Ok(())
    }

    async fn take_one(
        &self,
        docket: &Docket,
        name: String,
        number: i32,
        item: Item,
        day: NaiveDate,
    ) -> Result<Taken, DemoError> {
        let token = self.chair(docket);
        let request_id = Draw::of("docket-item", &[key(docket), number.unsigned_abs().into()]).uuid();
        let unit = docket.unit.clone();
        match item {
            Item::NotReached | Item::Recused => Err(DemoError::Answer("RecordDecision")),
            Item::PutOff(reason) => {
                let message = DeferItemRequest { request_id, name, reason: reason.into() };
                let item: DocketItem = review!(self, "DeferItem", defer_item, &token, message).await?;
                Ok(Taken::PutOff(tally::PutOff { unit, day, item }))
            }
            Item::Decided(kind, owed) => {
                let message = RecordDecisionRequest {
                    request_id,
                    name,
                    kind: kind.into(),
                    owner: owed.map(|owed| owner(docket, owed).1).unwrap_or_default(),
                    due_day: owed.and_then(|owed| owed.due).map(|due| date(october(due))),
                };
                let answer = review!(self, "RecordDecision", record_decision, &token, message).await?;
                let item = answer.item.ok_or(DemoError::Answer("RecordDecision"))?;
                if answer.action_item.is_some() != owed.is_some() {
                    return Err(DemoError::Answer("RecordDecision"));
                }
                let decision = tally::Decision { unit, level: docket.level(), day, item };
                Ok(Taken::Decided(decision, answer.action_item))
            }
        }
    }

    pub(super) async fn sign(&self, who: Sitters, day: u32, book: &Book, tally: &mut Tally) -> Result<(), DemoError> {
        let signed = self
            .all(self.sitting(who, day), |docket| async move {
                let (role, unit, sub) = second(docket);
                let message = SignMinutesRequest {
                    request_id: Draw::of("sign", &[key(docket)]).uuid(),
                    name: known(&book.sittings, docket, "ConveneSitting")?.clone(),
                };
                let token = self.lines.token_of(role, &unit, &sub);
                review!(self, "SignMinutes", sign_minutes, &token, message).await
            })
            .await?;
        tally.review.sittings.extend(signed.into_iter().map(|sitting| (october(day), sitting)));
        for docket in self.sitting(who, day).filter(|docket| docket.recused.is_some()) {
            self.gone_up(docket, book, tally).await?;
        }
        Ok(())
    }
}
