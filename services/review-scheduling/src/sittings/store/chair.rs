//! What a chair does: convene, decide, put off.

use chrono::NaiveDate;
use platform::clock::ist_day;
use platform::terms::Term as _;
use platform::write::{By, Command, Done, Outcome, Subject, Tx};
use platform::{Refusal, Scope};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{covered, done, policy_of, rows};
use crate::action_items::{ActionItem, store as action_items};
use crate::cycles::store as cycles;
use crate::cycles::{Cycle, DocketItem, Event as CycleEvent, Taken, What as CycleWhat};
use crate::policies::days_after;
use crate::sittings::event::{Event, What};
use crate::sittings::sitting::{Pace, Sitting, need_quorum};
use crate::terms::{
    ActionItemState, CarriedReason, CycleState, DecisionKind, DeferralReason, ReviewLevel, SittingState,
};

/// Whether the caller chairs reviews of the cycle's level, in a cycle that is open.
fn need_chairing(cycle: &Cycle, chairs: &[ReviewLevel]) -> Result<(), Refusal> {
    if !chairs.contains(&cycle.place.level) {
        return Err(Refusal::permission_missing("review.sittings.chair"));
    }
    if cycle.state.is_open() { Ok(()) } else { Err(Refusal::state_forbids(cycle.state.name())) }
}

/// Whether every case that is left is one that this chair may not decide.
fn is_recused(docket: &[DocketItem], hidden: &[Uuid]) -> bool {
    let mut left = docket.iter().filter(|item| item.taken == Taken::Listed).peekable();
    left.peek().is_some() && left.all(|item| hidden.contains(&item.complaint))
}

/// Begins a sitting.
#[derive(Debug)]
pub(crate) struct ConveneSitting {
    /// Of the new sitting.
    pub id: Uuid,
    /// Of which cycle.
    pub cycle: Uuid,
    /// Who chairs.
    pub scope: Scope,
    /// The levels whose reviews the caller chairs.
    pub chairs: Vec<ReviewLevel>,
    /// Who else sits.
    pub quorum: Vec<String>,
}

impl Command for ConveneSitting {
    type Effect = Sitting;
    const NAME: &'static str = "convene_sitting";

    fn subjects(&self) -> Vec<Subject> {
        vec![cycles::lock(self.cycle)]
    }

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<Sitting>, sqlx::Error> {
        let cycle = match covered(tx, self.cycle, &self.scope).await? {
            Ok(cycle) => cycle,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let policy = policy_of(tx, &cycle).await?;
        let may =
            need_chairing(&cycle, &self.chairs).and_then(|()| need_quorum(&self.quorum, &by.actor, policy.quorum));
        if let Err(refusal) = may {
            return Ok(Err(refusal));
        }
        if let Some(other) =
            rows::load(tx, self.cycle).await?.iter().find(|other| other.state == SittingState::Convened)
        {
            return Ok(Err(Refusal::state_forbids(other.state.name())));
        }
        let listed = cycles::load_items(tx, self.cycle).await?;
        let hidden = cycles::hidden(tx, self.cycle).await?;
        if is_recused(&listed, &hidden) {
            return Ok(Err(Refusal::recused()));
        }
        let sent_up = cycles::send_up_recused(tx, &[self.cycle], by).await?;
        let sitting = Sitting {
            id: self.id,
            cycle: self.cycle,
            chair: by.actor.clone(),
            quorum: self.quorum.clone(),
            state: SittingState::Convened,
            convened_at: by.now,
            signed: None,
            decided: 0,
            deferred: 0,
            pace: Pace::default(),
            minutes_sha256: None,
        };
        sqlx::query!(
            "WITH sat AS (UPDATE review.cycles SET state = $7 WHERE id = $2)
             INSERT INTO review.sittings (id, cycle, chair, quorum, state, convened_at, decided_within_seconds, most_decisions_in_a_minute)
             VALUES ($1, $2, $3, $4, $5, $6, 0, 0)",
            sitting.id,
            sitting.cycle,
            sitting.chair,
            &sitting.quorum,
            sitting.state.number(),
            sitting.convened_at,
            CycleState::InSession.number()
        )
        .execute(tx)
        .await?;
        let convened = Event { place: cycle.place, day: ist_day(by.now), what: What::Convened };
        Ok(Ok(done(sitting, &sent_up, &[convened])))
    }
}

/// A decision, as told.
#[derive(Debug, Clone)]
pub(crate) struct Decide {
    /// Names it in the journal.
    pub decision: Uuid,
    /// Of what it owes, should it owe something.
    pub action_item: Uuid,
    /// What.
    pub kind: DecisionKind,
    /// The post that owes the action; empty exactly where none is owed.
    pub owner: String,
    /// By when; `None`: the policy's days from now.
    pub due_day: Option<NaiveDate>,
}

/// What becomes of a case.
#[derive(Debug, Clone)]
pub(crate) enum Taking {
    /// It is decided.
    Decide(Decide),
    /// It is put off.
    Defer(DeferralReason),
}

/// Takes a case, in the sitting that the caller chairs.
#[derive(Debug)]
pub(crate) struct TakeItem {
    /// Of which cycle.
    pub cycle: Uuid,
    /// Its number.
    pub number: i32,
    /// Who chairs.
    pub scope: Scope,
    /// The levels whose reviews the caller chairs.
    pub chairs: Vec<ReviewLevel>,
    /// What becomes of it.
    pub taking: Taking,
}

/// A case that was taken, and what it owes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TakenItem {
    /// The case.
    pub item: DocketItem,
    /// What it owes.
    pub action_item: Option<ActionItem>,
}

impl Command for TakeItem {
    type Effect = TakenItem;
    const NAME: &'static str = "take_docket_item";

    fn subjects(&self) -> Vec<Subject> {
        vec![cycles::lock(self.cycle)]
    }

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<TakenItem>, sqlx::Error> {
        let cycle = match covered(tx, self.cycle, &self.scope).await? {
            Ok(cycle) => cycle,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let item = match self.item(tx, &cycle, by).await? {
            Ok(item) => item,
            Err(refusal) => return Ok(Err(refusal)),
        };
        match &self.taking {
            Taking::Decide(decide) => decided(tx, &cycle, item, decide, by).await,
            Taking::Defer(reason) => deferred(tx, &cycle, item, *reason, by).await,
        }
    }
}

impl TakeItem {
    /// The case, if it may be taken now and by this caller.
    async fn item(&self, tx: &mut Tx, cycle: &Cycle, by: &By) -> Result<Result<DocketItem, Refusal>, sqlx::Error> {
        if let Err(refusal) = need_chairing(cycle, &self.chairs) {
            return Ok(Err(refusal));
        }
        let sittings = rows::load(tx, self.cycle).await?;
        let Some(sitting) = sittings.into_iter().find(|sitting| sitting.state == SittingState::Convened) else {
            return Ok(Err(Refusal::state_forbids(cycle.state.name())));
        };
        let mut items = cycles::load_items(tx, self.cycle).await?;
        items.retain(|item| item.number == self.number);
        let Some(mut item) = items.pop() else {
            let name = format!("reviewCycles/{}/items/{}", self.cycle, self.number);
            return Ok(Err(Refusal::not_found(name)));
        };
        if let Err(refusal) = sitting.need_chair(&by.actor).and_then(|()| item.need_listed()) {
            return Ok(Err(refusal));
        }
        if cycles::hidden(tx, self.cycle).await?.contains(&item.complaint) {
            return Ok(Err(Refusal::recused()));
        }
        item.in_sitting = Some((sitting.id, by.now));
        Ok(Ok(item))
    }
}

async fn decided(
    tx: &mut Tx,
    cycle: &Cycle,
    mut item: DocketItem,
    decide: &Decide,
    by: &By,
) -> Result<Outcome<TakenItem>, sqlx::Error> {
    let today = ist_day(by.now);
    item.taken = Taken::Reviewed { decision: decide.decision, kind: decide.kind };
    cycles::take_item(tx, &item, by.now).await?;
    let what = What::Decided {
        complaint: item.complaint,
        decision: decide.decision,
        kind: decide.kind,
        stratum: item.stratum,
    };
    let event = Event { place: cycle.place.clone(), day: today, what };
    if !decide.kind.owes_action() {
        return Ok(Ok(Done::new(TakenItem { item, action_item: None }).and(&event)));
    }
    let policy = policy_of(tx, cycle).await?;
    let owed = ActionItem {
        id: decide.action_item,
        place: cycle.place.clone(),
        number: item.number,
        complaint: item.complaint,
        kind: decide.kind,
        owner: decide.owner.clone(),
        due_day: decide.due_day.unwrap_or_else(|| days_after(today, policy.action_days)),
        state: ActionItemState::Open,
        overdue: false,
        claimed_by: None,
        verified_by: None,
    };
    action_items::insert(tx, &owed).await?;
    let begun = owed.begun(today);
    Ok(Ok(Done::new(TakenItem { item, action_item: Some(owed) }).and(&event).and(&begun)))
}

async fn deferred(
    tx: &mut Tx,
    cycle: &Cycle,
    mut item: DocketItem,
    reason: DeferralReason,
    by: &By,
) -> Result<Outcome<TakenItem>, sqlx::Error> {
    let policy = policy_of(tx, cycle).await?;
    let level = cycle.place.level;
    item.taken = item.put_off(level, policy.max_deferrals, reason);
    let time = item.deferrals + 1;
    let goes_up = matches!(item.taken, Taken::Deferred { goes_up: true, .. });
    cycles::take_item(tx, &item, by.now).await?;
    if goes_up {
        cycles::carry(tx, item.complaint, level.above(), CarriedReason::SentUp, 0).await?;
    } else {
        cycles::carry(tx, item.complaint, level, CarriedReason::Deferred, time).await?;
    }
    let what = CycleWhat::Deferred { complaint: item.complaint, time, goes_up };
    let event = CycleEvent { place: cycle.place.clone(), day: ist_day(by.now), what };
    Ok(Ok(Done::new(TakenItem { item, action_item: None }).and(&event)))
}
