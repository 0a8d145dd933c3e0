//! Rows of sittings.

use chrono::{DateTime, Utc};
use platform::Refusal;
use platform::terms::Term as _;
use platform::write::{Tx, read_refusal};
use sqlx::PgPool;
use uuid::Uuid;

use crate::pool::store::{Fault, unknown};
use crate::sittings::sitting::{Pace, Sitting};
use crate::terms::SittingState;

struct Row {
    id: Uuid,
    cycle: Uuid,
    chair: String,
    quorum: Vec<String>,
    state: i16,
    convened_at: DateTime<Utc>,
    signed_by: Option<String>,
    signed_at: Option<DateTime<Utc>>,
    decided_within_seconds: i64,
    most_decisions_in_a_minute: i32,
    minutes_sha256: Option<Vec<u8>>,
    decided: i64,
    deferred: i64,
}

impl Row {
    fn sitting(self) -> Result<Sitting, Fault> {
        let count = |count: i64| i32::try_from(count).unwrap_or(i32::MAX);
        Ok(Sitting {
            id: self.id,
            cycle: self.cycle,
            chair: self.chair,
            quorum: self.quorum,
            state: SittingState::from_number(self.state.into()).ok_or_else(|| unknown("state"))?,
            convened_at: self.convened_at,
            signed: self.signed_by.zip(self.signed_at),
            decided: count(self.decided),
            deferred: count(self.deferred),
            pace: Pace {
                within_seconds: self.decided_within_seconds,
                most_in_a_minute: self.most_decisions_in_a_minute,
            },
            minutes_sha256: self.minutes_sha256,
        })
    }
}

/// The sittings of a cycle, the first one first. Item states: 2 reviewed, 3 deferred.
pub(super) async fn load(db: &mut Tx, cycle: Uuid) -> Result<Vec<Sitting>, Fault> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT s.id, s.cycle, s.chair, s.quorum, s.state, s.convened_at, s.signed_by, s.signed_at, s.decided_within_seconds,
                  s.most_decisions_in_a_minute, s.minutes_sha256, n.decided AS "decided!", n.deferred AS "deferred!"
           FROM review.sittings s
           CROSS JOIN LATERAL (
               SELECT count(*) FILTER (WHERE i.state = 2) AS decided, count(*) FILTER (WHERE i.state = 3) AS deferred
               FROM review.items i WHERE i.sitting = s.id
           ) n
           WHERE s.cycle = $1 ORDER BY s.ord"#,
        cycle
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Row::sitting).collect()
}

/// As [`load`], for a read.
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub(crate) async fn read_of(db: &PgPool, cycle: Uuid) -> Result<Vec<Sitting>, Refusal> {
    let sittings = async { load(&mut *db.acquire().await?, cycle).await };
    sittings.await.map_err(|error| read_refusal(&error))
}

/// Of which cycle a sitting is; that never changes. `None`: there is no such sitting.
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub(crate) async fn cycle_of(db: &PgPool, sitting: Uuid) -> Result<Option<Uuid>, Refusal> {
    sqlx::query_scalar!("SELECT cycle FROM review.sittings WHERE id = $1", sitting)
        .fetch_optional(db)
        .await
        .map_err(|error| read_refusal(&error))
}
