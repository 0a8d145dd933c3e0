//! Rows of cycles, read.

use chrono::NaiveDate;
use platform::terms::Term as _;
use platform::write::Tx;
use uuid::Uuid;

use crate::cycles::cycle::{Counts, Cycle};
use crate::place::Place;
use crate::pool::store::{Fault, unknown};
use crate::terms::{CycleState, ReviewLevel, ShortfallReason};

/// A cycle as it is read; its seed only once it is closed.
pub(super) struct Row {
    pub ord: i64,
    pub id: Uuid,
    pub level: i16,
    pub unit: String,
    pub from_day: NaiveDate,
    pub to_day: NaiveDate,
    pub state: i16,
    pub policy_from: NaiveDate,
    pub quota: i32,
    pub makes_up_for: Option<Uuid>,
    pub made_up_by: Option<Uuid>,
    pub seed_sha256: Vec<u8>,
    pub seed: Option<Vec<u8>>,
    pub eligible: Option<i32>,
    pub shortfall: Option<i16>,
    pub docket_sha256: Option<Vec<u8>>,
    pub selected: i64,
    pub reviewed: i64,
    pub deferred: i64,
    pub not_reached: i64,
}

impl Row {
    /// The cycle of a row.
    pub(super) fn cycle(self) -> Result<Cycle, Fault> {
        let count = |count: i64| i32::try_from(count).unwrap_or(i32::MAX);
        Ok(Cycle {
            place: Place {
                unit: self.unit,
                level: ReviewLevel::from_number(self.level.into()).ok_or_else(|| unknown("level"))?,
                cycle: self.id,
                from: self.from_day,
                to: self.to_day,
            },
            state: CycleState::from_number(self.state.into()).ok_or_else(|| unknown("state"))?,
            policy_from: self.policy_from,
            quota: self.quota,
            makes_up_for: self.makes_up_for,
            made_up_by: self.made_up_by,
            seed_sha256: self.seed_sha256,
            seed: self.seed,
            eligible: self.eligible,
            shortfall: self.shortfall.and_then(|shortfall| ShortfallReason::from_number(shortfall.into())),
            docket_sha256: self.docket_sha256,
            counts: Counts {
                selected: count(self.selected),
                reviewed: count(self.reviewed),
                deferred: count(self.deferred),
                not_reached: count(self.not_reached),
            },
        })
    }
}

/// Reads cycles: `cycles!("WHERE …", parameters)`. Item states: 2 reviewed, 3 deferred, 4 not reached; cycle states from 4 on:
/// closed.
macro_rules! cycles {
    ($tail:tt $(, $parameter:expr)*) => {
        sqlx::query_as!(
            Row,
            r#"SELECT c.ord, c.id, c.level, c.unit, c.from_day, c.to_day, c.state, c.policy_from, p.quota, c.makes_up_for,
                      m.id AS "made_up_by?", c.seed_sha256, s.seed AS "seed?", c.eligible, c.shortfall, c.docket_sha256,
                      n.selected AS "selected!", n.reviewed AS "reviewed!", n.deferred AS "deferred!", n.not_reached AS "not_reached!"
               FROM review.cycles c
               JOIN review.policies p ON p.level = c.level AND p.valid_from = c.policy_from
               LEFT JOIN review.cycles m ON m.makes_up_for = c.id
               LEFT JOIN review.seeds s ON s.cycle = c.id AND c.state >= 4
               CROSS JOIN LATERAL (
                   SELECT count(*) AS selected, count(*) FILTER (WHERE i.state = 2) AS reviewed,
                          count(*) FILTER (WHERE i.state = 3) AS deferred, count(*) FILTER (WHERE i.state = 4) AS not_reached
                   FROM review.items i WHERE i.cycle = c.id
               ) n "# + $tail
            $(, $parameter)*
        )
    };
}
pub(super) use cycles;

/// Reads those of these cycles that there are, by id.
pub(crate) async fn load(db: &mut Tx, ids: &[Uuid]) -> Result<Vec<Cycle>, Fault> {
    let rows = cycles!("WHERE c.id = ANY($1) ORDER BY c.id", ids).fetch_all(db).await?;
    rows.into_iter().map(Row::cycle).collect()
}
