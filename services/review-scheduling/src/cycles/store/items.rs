//! Rows of dockets: cases, what became of them, and what is carried on.

use chrono::{DateTime, NaiveDate, Utc};
use platform::Refusal;
use platform::clock::ist_day;
use platform::terms::Term;
use platform::write::{Tx, read_refusal};
use sqlx::PgPool;
use uuid::Uuid;

use crate::cycles::item::{DocketItem, Taken};
use crate::pool::store::{Fault, unknown};
use crate::terms::{CarriedReason, DecisionKind, DeferralReason, ItemState, ReviewLevel, Stratum};

/// A case as it is read.
struct Row {
    cycle: Uuid,
    number: i32,
    complaint: Uuid,
    stratum: i16,
    carried: Option<i16>,
    day: NaiveDate,
    deferrals: i32,
    state: i16,
    decision: Option<Uuid>,
    decision_kind: Option<i16>,
    deferral_reason: Option<i16>,
    goes_up: bool,
    sitting: Option<Uuid>,
    taken_at: Option<DateTime<Utc>>,
}

fn term<T: Term>(number: Option<i16>, column: &str) -> Result<T, Fault> {
    number.and_then(|number| T::from_number(number.into())).ok_or_else(|| unknown(column))
}

impl Row {
    fn item(self) -> Result<DocketItem, Fault> {
        let taken = match term(Some(self.state), "state")? {
            ItemState::Listed => Taken::Listed,
            ItemState::NotReached => Taken::NotReached,
            ItemState::Reviewed => Taken::Reviewed {
                decision: self.decision.ok_or_else(|| unknown("decision"))?,
                kind: term::<DecisionKind>(self.decision_kind, "decision_kind")?,
            },
            ItemState::Deferred => Taken::Deferred {
                reason: term::<DeferralReason>(self.deferral_reason, "deferral_reason")?,
                goes_up: self.goes_up,
            },
        };
        Ok(DocketItem {
            cycle: self.cycle,
            number: self.number,
            complaint: self.complaint,
            stratum: term::<Stratum>(Some(self.stratum), "stratum")?,
            carried: self.carried.map(|carried| term::<CarriedReason>(Some(carried), "carried")).transpose()?,
            day: self.day,
            deferrals: self.deferrals,
            taken,
            in_sitting: self.sitting.zip(self.taken_at),
        })
    }
}

/// The docket of a cycle.
pub(crate) async fn load_items(db: &mut Tx, cycle: Uuid) -> Result<Vec<DocketItem>, Fault> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT cycle, number, complaint, stratum, carried, day, deferrals, state, decision, decision_kind, deferral_reason, goes_up,
                sitting, taken_at
         FROM review.items WHERE cycle = $1 ORDER BY number",
        cycle
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Row::item).collect()
}

/// The docket of a cycle as a caller sees it: a station does not see cases to which it is itself a party.
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub(crate) async fn read_items(db: &PgPool, cycle: Uuid, of_station: bool) -> Result<Vec<DocketItem>, Refusal> {
    let read = async {
        let mut db = db.acquire().await?;
        let mut items = load_items(&mut db, cycle).await?;
        if of_station {
            let hidden = hidden(&mut db, cycle).await?;
            items.retain(|item| !hidden.contains(&item.complaint));
        }
        Ok(items)
    };
    read.await.map_err(|error: Fault| read_refusal(&error))
}

/// Cases on the docket of a station to which the station is a party, or which it may no longer see.
pub(crate) async fn hidden(db: &mut Tx, cycle: Uuid) -> Result<Vec<Uuid>, Fault> {
    sqlx::query_scalar!(
        "SELECT i.complaint FROM review.items i
         JOIN review.cycles c ON c.id = i.cycle
         JOIN review.pool p ON p.complaint = i.complaint
         WHERE i.cycle = $1 AND c.level = 1 AND (p.hidden_from = c.unit OR p.station = '')",
        cycle
    )
    .fetch_all(db)
    .await
}

/// Writes what became of a case that was listed.
pub(crate) async fn take_item(tx: &mut Tx, item: &DocketItem, now: DateTime<Utc>) -> Result<(), Fault> {
    let (decision, kind) = match item.taken {
        Taken::Reviewed { decision, kind } => (Some(decision), Some(kind.number())),
        _ => (None, None),
    };
    let (reason, goes_up) = match item.taken {
        Taken::Deferred { reason, goes_up } => (Some(reason.number()), goes_up),
        _ => (None, false),
    };
    let taken = sqlx::query!(
        "UPDATE review.items
         SET state = $3, decision = $4, decision_kind = $5, deferral_reason = $6, goes_up = $7, sitting = $8, taken_at = $9,
             taken_on = $10
         WHERE cycle = $1 AND number = $2 AND state = 1",
        item.cycle,
        item.number,
        item.taken.state().number(),
        decision,
        kind,
        reason,
        goes_up,
        item.in_sitting.map(|(sitting, _)| sitting),
        now,
        ist_day(now)
    )
    .execute(tx)
    .await?;
    // Its cycle's lock is held: nobody else can have taken it.
    if taken.rows_affected() == 1 { Ok(()) } else { Err(Fault::RowNotFound) }
}

/// Carries a case on: to the next docket of a level. Carried there for several reasons it is carried once, for the one that
/// weighs most: that no station may decide it, that it was sent up, that it was put off, that it was not reached.
pub(crate) async fn carry(
    tx: &mut Tx,
    complaint: Uuid,
    level: ReviewLevel,
    reason: CarriedReason,
    deferrals: i32,
) -> Result<(), Fault> {
    carry_all(tx, &[complaint], &[level.number()], &[reason.number()], &[deferrals]).await
}

/// As [`carry`], many at once.
pub(super) async fn carry_all(
    tx: &mut Tx,
    complaints: &[Uuid],
    levels: &[i16],
    reasons: &[i16],
    deferrals: &[i32],
) -> Result<(), Fault> {
    sqlx::query!(
        "INSERT INTO review.carried (complaint, level, reason, deferrals)
         SELECT complaint, level, max(reason), max(deferrals)
         FROM unnest($1::uuid[], $2::smallint[], $3::smallint[], $4::int[]) AS new (complaint, level, reason, deferrals)
         GROUP BY complaint, level
         ON CONFLICT (complaint, level) DO UPDATE
         SET reason = greatest(review.carried.reason, excluded.reason),
             deferrals = greatest(review.carried.deferrals, excluded.deferrals)",
        complaints,
        levels,
        reasons,
        deferrals
    )
    .execute(tx)
    .await
    .map(|_| ())
}
