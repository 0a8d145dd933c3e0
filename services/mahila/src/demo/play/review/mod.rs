//! The review's side: policies, cycles, and how they stand at the end; sittings and what is owed have files of their own.

use std::collections::BTreeMap;

use chrono::Datelike as _;
use mahila_proto::auth::v1::Role;
use mahila_proto::intake::v1::HandlingState;
use mahila_proto::review::v1::{
    DecisionKind, ListCyclesRequest, ListDocketItemsRequest, PutPolicyRequest, ReviewCycle, ReviewLevel, ReviewPolicy,
};
use platform::fields::{date, day_of};
use tokio::time::{Duration, Instant, sleep};

use super::Player;
use super::book::Book;
use crate::demo::DemoError;
use crate::demo::plan::agenda::{
    DISTRICT_CYCLE, FIRST_CYCLE, LAST, LAST_CYCLE, PARTS, QUOTA, STATE_SITS, Sitters, What, ZONES_SIT, october,
};
use crate::demo::plan::draw::Draw;
use crate::demo::plan::review::{self, Docket, Item};
use crate::demo::tally::Tally;

/// Most that a list gives at once.
const PAGE: i32 = 1_000;
/// A decision takes effect in the intake within this.
const DIRECTED_WITHIN: Duration = Duration::from_mins(2);
/// How often it is asked whether it has.
const POLL: Duration = Duration::from_millis(100);

/// Calls a method of review scheduling.
macro_rules! review {
    ($player:expr, $rpc:literal, $method:ident, $token:expr, $message:expr) => {
        $player.lines.ask($rpc, $token, $message, |request| {
            let mut review = $player.lines.review();
            async move { review.$method(request).await }
        })
    };
}

mod owed;
mod persons;
mod recused;
mod sit;

use owed::looked_at_on;

impl Player {
    /// Answers that a stop of the week takes, for the progress shown.
    pub(super) fn weight_of_week(&self, what: What) -> usize {
        let sitting = |who, day| self.plan.dockets.iter().filter(move |docket| docket.sits(who, day));
        match what {
            What::Sit { who, day, part: 0 } => 2 * sitting(who, day).count(),
            What::Sit { who, day, part } if part + 1 == PARTS => sitting(who, day).count(),
            What::Sit { who, day, part } => sitting(who, day).map(|docket| docket.taken(part).len()).sum(),
            What::Claim { day } => self.owed_on(|owed| owed.claimed == Some(day)).len(),
            What::Verify { day } => self.owed_on(|owed| looked_at_on(owed) == Some(day)).len(),
            other => self.weight_of_campaign(other),
        }
    }

    /// Does what a stop of the week asks for.
    pub(super) async fn week(&self, what: What, book: &mut Book, tally: &mut Tally) -> Result<(), DemoError> {
        match what {
            What::Opened(who) => self.learn_cycles(who, book).await,
            What::Sit { who, day, part: 0 } => self.convene(who, day, book, tally).await,
            What::Sit { who, day, part } if part + 1 == PARTS => self.sign(who, day, book, tally).await,
            What::Sit { who, day, part } => self.take(who, day, part, book, tally).await,
            What::Claim { day } => self.claim(day, book, tally).await,
            What::Verify { day } => self.verify(day, book, tally).await,
            What::Prepare => {
                self.put_policies().await?;
                self.prepare_campaign(book, tally).await
            }
            other => self.events(other, book, tally).await,
        }
    }

    /// Headquarters says how levels review: stations the week from the 24th on, then from Monday to Sunday; zones every
    /// other day from the Monday on; districts on two days towards the end, with what was carried up to them; the state
    /// on the last day.
    async fn put_policies(&self) -> Result<(), DemoError> {
        let station = ReviewPolicy {
            level: ReviewLevel::Station.into(),
            valid_from: Some(date(october(FIRST_CYCLE))),
            every_days: 9,
            lasts_days: 7,
            quota: i32::try_from(QUOTA).unwrap_or_default(),
            random_minimum: 2,
            max_deferrals: 2,
            quorum: 2,
            min_gap_days: 28,
            action_days: 7,
            ..ReviewPolicy::default()
        };
        let policies = [
            station.clone(),
            ReviewPolicy { valid_from: Some(date(october(LAST + 2))), every_days: 7, ..station.clone() },
            ReviewPolicy {
                level: ReviewLevel::District.into(),
                valid_from: Some(date(october(DISTRICT_CYCLE))),
                every_days: 7,
                lasts_days: 2,
                ..station.clone()
            },
            ReviewPolicy {
                level: ReviewLevel::Zone.into(),
                valid_from: Some(date(october(ZONES_SIT[0]))),
                every_days: 2,
                lasts_days: 1,
                ..station.clone()
            },
            ReviewPolicy {
                level: ReviewLevel::State.into(),
                valid_from: Some(date(october(STATE_SITS))),
                every_days: 7,
                lasts_days: 1,
                quorum: 3,
                ..station
            },
        ];
        let token = self.lines.token(Role::Headquarters, "up");
        for (number, policy) in (0..).zip(policies) {
            let request_id = Draw::of("policy", &[number]).uuid();
            let message = PutPolicyRequest { request_id, policy: Some(policy) };
            review!(self, "PutPolicy", put_policy, &token, message).await?;
        }
        Ok(())
    }

    /// Learns the names of the cycles of a level: those of a week are planned ahead and have their names already.
    async fn learn_cycles(&self, who: Sitters, book: &mut Book) -> Result<(), DemoError> {
        let (level, first, last) = match who {
            Sitters::Stations => (ReviewLevel::Station, FIRST_CYCLE, FIRST_CYCLE),
            Sitters::Districts => (ReviewLevel::District, DISTRICT_CYCLE, DISTRICT_CYCLE),
            Sitters::Zones => (ReviewLevel::Zone, ZONES_SIT[0], ZONES_SIT[ZONES_SIT.len() - 1]),
            Sitters::State => (ReviewLevel::State, STATE_SITS, STATE_SITS),
        };
        for cycle in self.cycles(level, first, last).await? {
            let begins = day_of(cycle.from.as_ref()).ok_or(DemoError::Answer("ListCycles"))?.day();
            book.cycles.insert(review::name(unit_of(&cycle), begins), cycle.name);
        }
        Ok(())
    }

    async fn cycles(&self, level: ReviewLevel, from: u32, to: u32) -> Result<Vec<ReviewCycle>, DemoError> {
        let token = self.lines.token(Role::Headquarters, "up");
        let mut cycles = Vec::new();
        let mut page_token = String::new();
        loop {
            let message = ListCyclesRequest {
                level: level.into(),
                from: Some(date(october(from))),
                to: Some(date(october(to))),
                page_size: PAGE,
                page_token,
                ..ListCyclesRequest::default()
            };
            let page = review!(self, "ListCycles", list_cycles, &token, message).await?;
            cycles.extend(page.cycles);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(cycles);
            }
        }
    }

    /// The end of the week: how cycles, events and what was opened again stand.
    pub(super) async fn end_of_week(&self, book: &Book, tally: &mut Tally) -> Result<(), DemoError> {
        for (level, from, to) in [
            (ReviewLevel::Station, FIRST_CYCLE, LAST_CYCLE),
            (ReviewLevel::Zone, ZONES_SIT[0], ZONES_SIT[ZONES_SIT.len() - 1]),
            (ReviewLevel::District, DISTRICT_CYCLE, DISTRICT_CYCLE),
            (ReviewLevel::State, STATE_SITS, STATE_SITS),
        ] {
            tally.review.cycles.extend(self.cycles(level, from, to).await?);
        }
        for item in self.action_items().await? {
            let unit = item.unit.trim_start_matches("units/").to_owned();
            tally.review.step(&unit, october(LAST + 1), item);
        }
        self.directed(book).await?;
        let reopened = self.plan.dockets.iter().filter(|docket| {
            docket.day.is_some()
                && docket.items.iter().any(|item| matches!(item, Item::Decided(DecisionKind::Reopen, _)))
        });
        for docket in reopened {
            let desk = self.plan.roll.desks.iter().position(|station| station.id == docket.unit);
            let name = desk.and_then(|desk| book.on_paper.get(&desk)).ok_or(DemoError::Answer("ImportRegister"))?;
            let complaint = self.look_up(name).await?;
            if complaint.handling_state() != HandlingState::Reopened {
                return Err(DemoError::Answer("RecordDecision"));
            }
            tally.review.reopened.push(complaint);
        }
        self.end_of_events(book, tally).await
    }

    /// Waits until the intake has taken in the last decision that directs anything; it takes them in in their order.
    async fn directed(&self, book: &Book) -> Result<(), DemoError> {
        let Some(docket) = self.plan.dockets.last() else { return Ok(()) };
        let directs = |item: &Item| matches!(item, Item::Decided(kind, _) if !matches!(kind, DecisionKind::Continue | DecisionKind::DisciplineEnquiry));
        let Some(last) = docket.items.iter().rposition(directs) else { return Ok(()) };
        let message = ListDocketItemsRequest { cycle: known(&book.cycles, docket, "ListCycles")?.clone() };
        let token = self.chair(docket);
        let items = review!(self, "ListDocketItems", list_docket_items, &token, message).await?.items;
        let item = items.get(last).ok_or(DemoError::Answer("ListDocketItems"))?;
        let deadline = Instant::now() + DIRECTED_WITHIN;
        loop {
            let complaint = self.look_up(&item.complaint).await?;
            let state = i32::from(ReviewLevel::State);
            if complaint.directions.iter().any(|direction| direction.level == state) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(DemoError::NotDirected(DIRECTED_WITHIN.as_secs()));
            }
            sleep(POLL).await;
        }
    }
}

/// `ps-162-001` of `units/ps-162-001`.
fn unit_of(cycle: &ReviewCycle) -> &str {
    cycle.unit.trim_start_matches("units/")
}

fn known<'a>(names: &'a BTreeMap<String, String>, docket: &Docket, rpc: &'static str) -> Result<&'a String, DemoError> {
    names.get(&docket.name()).ok_or(DemoError::Answer(rpc))
}

/// A number for a docket, so that requests about it have ids of their own.
fn key(docket: &Docket) -> u64 {
    docket.name().bytes().fold(0, |key, byte| key.wrapping_mul(257).wrapping_add(u64::from(byte)))
}
