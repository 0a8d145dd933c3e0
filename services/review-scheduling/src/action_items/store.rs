//! Action items in the database.

use chrono::NaiveDate;
use platform::clock::ist_day;
use platform::terms::Term as _;
use platform::write::{By, Command, Done, Outcome, Subject, Tx, read_refusal};
use platform::{Refusal, Scope};
use sqlx::PgPool;
use uuid::Uuid;

use super::action_item::{ActionItem, Event, Verifier};
use crate::place::Place;
use crate::pool::store::{Fault, unknown};
use crate::sight::{Sight, covers};
use crate::terms::{ActionItemState, DecisionKind, ReviewLevel};

/// The lock of an action item.
fn lock(id: Uuid) -> Subject {
    Subject::of("action-item", &id.to_string())
}

struct Row {
    id: Uuid,
    cycle: Uuid,
    number: i32,
    complaint: Uuid,
    kind: i16,
    owner: String,
    due_day: NaiveDate,
    state: i16,
    overdue: bool,
    claimed_by: Option<String>,
    verified_by: Option<String>,
    level: i16,
    unit: String,
    from_day: NaiveDate,
    to_day: NaiveDate,
    hidden: bool,
}

impl Row {
    fn item(self) -> Result<ActionItem, Fault> {
        Ok(ActionItem {
            id: self.id,
            place: Place {
                unit: self.unit,
                level: ReviewLevel::from_number(self.level.into()).ok_or_else(|| unknown("level"))?,
                cycle: self.cycle,
                from: self.from_day,
                to: self.to_day,
            },
            number: self.number,
            complaint: self.complaint,
            kind: DecisionKind::from_number(self.kind.into()).ok_or_else(|| unknown("kind"))?,
            owner: self.owner,
            due_day: self.due_day,
            state: ActionItemState::from_number(self.state.into()).ok_or_else(|| unknown("state"))?,
            overdue: self.overdue,
            claimed_by: self.claimed_by,
            verified_by: self.verified_by,
        })
    }
}

/// Reads action items. `hidden`: its station is a party to the case, and must not see it.
macro_rules! action_items {
    ($tail:tt $(, $parameter:expr)*) => {
        sqlx::query_as!(
            Row,
            r#"SELECT a.id, a.cycle, a.number, a.complaint, a.kind, a.owner, a.due_day, a.state, a.overdue, a.claimed_by,
                      a.verified_by, c.level, c.unit, c.from_day, c.to_day,
                      COALESCE(c.level = 1 AND (p.hidden_from = c.unit OR p.station = ''), false) AS "hidden!"
               FROM review.action_items a
               JOIN review.cycles c ON c.id = a.cycle
               LEFT JOIN review.pool p ON p.complaint = a.complaint "# + $tail
            $(, $parameter)*
        )
    };
}

/// Writes a new one.
pub(crate) async fn insert(tx: &mut Tx, item: &ActionItem) -> Result<(), Fault> {
    sqlx::query!(
        "INSERT INTO review.action_items (id, cycle, number, complaint, kind, owner, due_day, state, overdue)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, false)",
        item.id,
        item.place.cycle,
        item.number,
        item.complaint,
        item.kind.number(),
        item.owner,
        item.due_day,
        item.state.number()
    )
    .execute(tx)
    .await
    .map(|_| ())
}

async fn save(tx: &mut Tx, item: &ActionItem) -> Result<(), Fault> {
    let saved = sqlx::query!(
        "UPDATE review.action_items SET state = $2, overdue = $3, claimed_by = $4, verified_by = $5 WHERE id = $1",
        item.id,
        item.state.number(),
        item.overdue,
        item.claimed_by,
        item.verified_by
    )
    .execute(tx)
    .await?;
    if saved.rows_affected() == 1 { Ok(()) } else { Err(Fault::RowNotFound) }
}

/// Which step.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    /// Its side says that it is done.
    Claim,
    /// Another looked.
    Verify {
        /// It is done.
        done: bool,
        /// The highest level that the caller's roles chair.
        chairs: Option<ReviewLevel>,
    },
}

/// Takes a step on an action item.
#[derive(Debug)]
pub(crate) struct TakeStep {
    /// On which.
    pub item: Uuid,
    /// Who.
    pub scope: Scope,
    /// Which.
    pub step: Step,
}

impl TakeStep {
    fn decide(&self, item: &mut ActionItem, by: &By) -> Result<Vec<Event>, Refusal> {
        let today = ist_day(by.now);
        let of_its_unit = self.scope.roots().contains(&item.place.unit);
        match self.step {
            Step::Claim if of_its_unit || item.is_owned_by(&by.actor) => item.claim(&by.actor, today),
            Step::Claim => Err(Refusal::permission_missing("review.action_items.claim")),
            Step::Verify { done, chairs } => {
                item.verify(&Verifier { principal: &by.actor, chairs, of_its_unit }, done, today)
            }
        }
    }
}

impl Command for TakeStep {
    type Effect = ActionItem;
    const NAME: &'static str = "step_action_item";

    fn subjects(&self) -> Vec<Subject> {
        vec![lock(self.item)]
    }

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<ActionItem>, sqlx::Error> {
        let Some(row) = action_items!("WHERE a.id = $1", self.item).fetch_optional(&mut *tx).await? else {
            return Ok(Err(Refusal::out_of_scope()));
        };
        let hidden = row.hidden && self.scope.is_station_level();
        let mut item = row.item()?;
        let owes = matches!(self.step, Step::Claim) && item.is_owned_by(&by.actor);
        if hidden || !(owes || covers(&self.scope, item.place.level, &item.place.unit)) {
            return Ok(Err(Refusal::out_of_scope()));
        }
        let events = match self.decide(&mut item, by) {
            Ok(events) => events,
            Err(refusal) => return Ok(Err(refusal)),
        };
        save(tx, &item).await?;
        Ok(Ok(events.iter().fold(Done::new(item), Done::and)))
    }
}

/// Says of these that they are overdue; of those of which it was said already, or which were verified meanwhile, not.
#[derive(Debug)]
pub(crate) struct MarkOverdue {
    /// Which.
    pub items: Vec<Uuid>,
}

impl Command for MarkOverdue {
    /// Of how many it was said here.
    type Effect = usize;
    const NAME: &'static str = "mark_overdue_action_items";

    fn subjects(&self) -> Vec<Subject> {
        self.items.iter().map(|item| lock(*item)).collect()
    }

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<usize>, sqlx::Error> {
        let today = ist_day(by.now);
        let rows =
            action_items!("WHERE a.id = ANY($1) ORDER BY a.due_day, a.id", &self.items).fetch_all(&mut *tx).await?;
        let (mut overdue, mut events) = (Vec::new(), Vec::new());
        for row in rows {
            let mut item = row.item()?;
            let said = item.grow_overdue(today);
            overdue.extend(said.iter().map(|event| event.action_item));
            events.extend(said);
        }
        sqlx::query!("UPDATE review.action_items SET overdue = true WHERE id = ANY($1)", &overdue).execute(tx).await?;
        Ok(Ok(events.iter().fold(Done::new(overdue.len()), Done::and)))
    }
}

/// Those whose due day passed, and of which that was not said yet (state 3: verified).
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub(crate) async fn unswept(db: &PgPool, today: NaiveDate, limit: i64) -> Result<Vec<Uuid>, Refusal> {
    sqlx::query_scalar!(
        "SELECT id FROM review.action_items WHERE state <> 3 AND NOT overdue AND due_day < $1 ORDER BY due_day, id LIMIT $2",
        today,
        limit
    )
    .fetch_all(db)
    .await
    .map_err(|error| read_refusal(&error))
}

/// Which action items are asked for.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    /// In one of these states; none: any.
    pub states: Vec<ActionItemState>,
    /// Only those that are overdue.
    pub overdue_only: bool,
    /// The caller's post: what it owes is seen wherever it was decided. `None`: only what the scope sees.
    pub post: Option<String>,
    /// Only what that post owes.
    pub mine_only: bool,
}

/// Action items, the next due first, after a place.
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub(crate) async fn list(
    db: &PgPool,
    sight: &Sight,
    filter: &Filter,
    after: Option<(NaiveDate, Uuid)>,
    limit: i64,
) -> Result<Vec<ActionItem>, Refusal> {
    let states: Vec<i16> = filter.states.iter().map(|state| state.number()).collect();
    let (due_day, id) = after.unzip();
    let rows = action_items!(
        "WHERE (a.owner = $1
                OR NOT $2 AND ($3::text[] IS NULL OR (c.level = 1 AND c.unit = ANY($3)) OR (c.level > 1 AND c.unit = ANY($4))))
           AND NOT ($5 AND COALESCE(c.level = 1 AND (p.hidden_from = c.unit OR p.station = ''), false))
           AND (cardinality($6::smallint[]) = 0 OR a.state = ANY($6))
           AND (NOT $7 OR a.overdue)
           AND ($8::date IS NULL OR (a.due_day, a.id) > ($8, $9::uuid))
         ORDER BY a.due_day, a.id LIMIT $10",
        filter.post.as_deref().unwrap_or_default(),
        filter.mine_only,
        sight.stations.as_deref() as Option<&[String]>,
        &sight.units,
        sight.of_station,
        &states,
        filter.overdue_only,
        due_day,
        id,
        limit
    )
    .fetch_all(db)
    .await
    .map_err(|error| read_refusal(&error))?;
    rows.into_iter().map(Row::item).collect::<Result<_, _>>().map_err(|error| read_refusal(&error))
}
