//! A case that turns out to be against its own station: the district finds it, the station's docket shows it no more,
//! its chair is refused, and with the sitting it goes up.

use mahila_proto::auth::v1::Role;
use mahila_proto::review::v1::{DecisionKind, DocketItem, ListDocketItemsRequest, RecordDecisionRequest};
use tokio::time::{Duration, Instant, sleep};

use super::{POLL, key, known};
use crate::demo::DemoError;
use crate::demo::plan::agenda::october;
use crate::demo::plan::draw::Draw;
use crate::demo::plan::handling::found_against_station;
use crate::demo::plan::review::Docket;
use crate::demo::play::Player;
use crate::demo::play::book::Book;
use crate::demo::play::complaints::Subject;
use crate::demo::play::lines::Token;
use crate::demo::tally::{Fact, PutOff, Tally};

/// A station's docket shows within this no more what was found to be against the station.
const HIDDEN_WITHIN: Duration = Duration::from_mins(1);

impl Player {
    /// The desk of a docket, and the complaint on paper that is against it.
    fn against_station<'a>(&self, docket: &Docket, book: &'a Book) -> Result<(usize, &'a str), DemoError> {
        let desk = self.plan.roll.desks.iter().position(|station| station.id == docket.unit);
        let found = desk.and_then(|desk| book.against_station.get(&desk).map(|name| (desk, name.as_str())));
        found.ok_or(DemoError::Answer("ImportRegister"))
    }

    /// The head of the district finds it, in this part of the sitting; once somebody sits, the chair tries to decide it
    /// all the same.
    pub(super) async fn find_recused(
        &self,
        docket: &Docket,
        part: u32,
        book: &Book,
        tally: &mut Tally,
    ) -> Result<(), DemoError> {
        let (desk, name) = self.against_station(docket, book)?;
        let place = &self.plan.roll.desks[desk];
        let Some(day) = docket.day else { return Err(DemoError::Answer("ListCycles")) };
        let due = found_against_station(&self.plan.agenda, day, part);
        let subject = Subject { key: ("against-station", desk), name, station: &place.id, district: &place.district };
        tally.keep(Fact::Complaint { by_woman: false, answer: Box::new(self.look_up(name).await?) });
        tally.keep(self.step(subject, 0, &due, self.plan.agenda.stops()[due.stop].at).await?);

        let deadline = Instant::now() + HIDDEN_WITHIN;
        while self.items_for(docket, &self.chair(docket), book).await?.iter().any(|item| item.complaint == name) {
            if Instant::now() >= deadline {
                return Err(DemoError::NotHidden(HIDDEN_WITHIN.as_secs()));
            }
            sleep(POLL).await;
        }
        if part > 0 {
            let item = self.recused_item(docket, book).await?;
            let reason = self.refused_to_chair(docket, &item).await?;
            tally.review.refused.insert(item.name, reason);
        }
        Ok(())
    }

    /// The reason with which the chair is refused to decide a case.
    async fn refused_to_chair(&self, docket: &Docket, item: &DocketItem) -> Result<String, DemoError> {
        let message = RecordDecisionRequest {
            request_id: Draw::of("recused", &[key(docket)]).uuid(),
            name: item.name.clone(),
            kind: DecisionKind::Continue.into(),
            ..RecordDecisionRequest::default()
        };
        match review!(self, "RecordDecision", record_decision, &self.chair(docket), message).await {
            Err(DemoError::Refused { reason, .. }) => Ok(reason),
            Err(error) => Err(error),
            Ok(_) => Err(DemoError::Answer("RecordDecision")),
        }
    }

    /// Keeps that it went up, as headquarters is answered.
    pub(super) async fn gone_up(&self, docket: &Docket, book: &Book, tally: &mut Tally) -> Result<(), DemoError> {
        let Some(day) = docket.day else { return Ok(()) };
        let item = self.recused_item(docket, book).await?;
        tally.review.put_off.push(PutOff { unit: docket.unit.clone(), day: october(day), item });
        Ok(())
    }

    /// The case as headquarters sees it.
    async fn recused_item(&self, docket: &Docket, book: &Book) -> Result<DocketItem, DemoError> {
        let (_, name) = self.against_station(docket, book)?;
        let items = self.items_for(docket, &self.lines.token(Role::Headquarters, "up"), book).await?;
        items.into_iter().find(|item| item.complaint == name).ok_or(DemoError::Answer("ListDocketItems"))
    }

    /// The name of a case by its number among those that the station may decide.
    pub(super) async fn nth_of_others(&self, docket: &Docket, number: i32, book: &Book) -> Result<String, DemoError> {
        let (_, against) = self.against_station(docket, book)?;
        let items = self.items_for(docket, &self.chair(docket), book).await?;
        let mut others = items.into_iter().filter(|item| item.complaint != against);
        let place = usize::try_from(number - 1).unwrap_or_default();
        others.nth(place).map(|item| item.name).ok_or(DemoError::Answer("ListDocketItems"))
    }

    /// A docket as somebody sees it.
    pub(super) async fn items_for(
        &self,
        docket: &Docket,
        token: &Token,
        book: &Book,
    ) -> Result<Vec<DocketItem>, DemoError> {
        let message = ListDocketItemsRequest { cycle: known(&book.cycles, docket, "ListCycles")?.clone() };
        Ok(review!(self, "ListDocketItems", list_docket_items, token, message).await?.items)
    }
}
