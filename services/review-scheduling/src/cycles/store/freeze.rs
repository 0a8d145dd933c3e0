//! What is frozen when cycles open: their dockets, and what these were selected from.

use chrono::NaiveDate;
use platform::terms::Term;
use platform::write::Tx;
use uuid::Uuid;

use super::candidates::Known;
use crate::docket::{self, Candidate, Docket, Rules, Seed, select};
use crate::place::Place;
use crate::pool::store::Fault;
use crate::terms::{CycleState, ReviewLevel};

/// A planned cycle, and what its selection goes by.
pub(super) struct Planned {
    pub place: Place,
    seed: Seed,
    pub rules: Rules,
    pub min_gap_days: i32,
}

/// A docket and what it was selected from.
pub(super) struct Frozen {
    pub docket: Docket,
    records: Vec<u8>,
    candidates_sha256: [u8; 32],
    pub docket_sha256: [u8; 32],
}

impl Frozen {
    /// Selects the docket of a planned cycle.
    pub(super) fn of(planned: &Planned, known: &[Known]) -> Self {
        let candidate = |known: &Known| known.candidate(planned.place.from, planned.min_gap_days);
        let candidates: Vec<Candidate> = known.iter().map(candidate).collect();
        let records = docket::digest::records(&candidates);
        let candidates_sha256 = docket::digest::candidates_sha256(&records);
        let docket = select(&planned.seed, planned.place.cycle, &planned.rules, &candidates);
        let docket_sha256 =
            docket::digest::docket_sha256(planned.place.cycle, &planned.rules, &candidates_sha256, &docket.items);
        Self { docket, records, candidates_sha256, docket_sha256 }
    }
}

/// Those of these cycles that may open: planned, of this level, in their days.
pub(super) async fn planned(
    tx: &mut Tx,
    level: ReviewLevel,
    cycles: &[Uuid],
    today: NaiveDate,
) -> Result<Vec<Planned>, Fault> {
    let rows = sqlx::query!(
        "SELECT c.id, c.unit, c.from_day, c.to_day, c.next_day, s.seed, p.quota, p.random_minimum, p.min_gap_days
         FROM review.cycles c
         JOIN review.seeds s ON s.cycle = c.id
         JOIN review.policies p ON p.level = c.level AND p.valid_from = c.policy_from
         WHERE c.id = ANY($1) AND c.level = $2 AND c.state = 1 AND c.from_day <= $3 AND c.to_day >= $3
           -- What the cycle before did not reach is carried when that one is closed, and comes first here.
           AND NOT EXISTS (SELECT FROM review.cycles b
                           WHERE b.level = c.level AND b.unit = c.unit AND b.state < 4 AND b.to_day < $3)
         ORDER BY c.unit, c.id",
        cycles,
        level.number(),
        today
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let seed: [u8; 32] = row.seed.try_into().map_err(|_| Fault::Decode("a seed has 32 bytes".into()))?;
            Ok(Planned {
                place: Place { unit: row.unit, level, cycle: row.id, from: row.from_day, to: row.to_day },
                seed: Seed::new(seed),
                rules: Rules {
                    quota: usize::try_from(row.quota).unwrap_or_default(),
                    random_minimum: usize::try_from(row.random_minimum).unwrap_or_default(),
                    next_cycle_day: row.next_day,
                },
                min_gap_days: row.min_gap_days,
            })
        })
        .collect()
}

/// Opened cycles, a column each.
#[derive(Default)]
pub(super) struct Rows {
    ids: Vec<Uuid>,
    eligible: Vec<i32>,
    shortfalls: Vec<Option<i16>>,
    dockets: Vec<Vec<u8>>,
    records: Vec<Vec<u8>>,
    digests: Vec<Vec<u8>>,
    items: Items,
    /// What is carried no more: complaints, and the levels from which they were carried.
    pub carried: Vec<Uuid>,
    pub carried_from: Vec<i16>,
}

/// Their items, a column each.
#[derive(Default)]
struct Items {
    cycles: Vec<Uuid>,
    numbers: Vec<i32>,
    complaints: Vec<Uuid>,
    strata: Vec<i16>,
    carried: Vec<Option<i16>>,
    days: Vec<NaiveDate>,
    deferrals: Vec<i32>,
}

impl Rows {
    /// Adds one.
    pub(super) fn push(&mut self, cycle: Uuid, frozen: &Frozen, known: &[Known]) {
        self.ids.push(cycle);
        self.eligible.push(i32::try_from(frozen.docket.eligible).unwrap_or(i32::MAX));
        self.shortfalls.push(frozen.docket.shortfall.map(Term::number));
        self.dockets.push(frozen.docket_sha256.to_vec());
        self.records.push(frozen.records.clone());
        self.digests.push(frozen.candidates_sha256.to_vec());
        for (number, item) in (1..).zip(&frozen.docket.items) {
            let carried = known.iter().find(|known| known.is(item.complaint)).map_or(&[][..], |known| &known.carried);
            self.items.cycles.push(cycle);
            self.items.numbers.push(number);
            self.items.complaints.push(item.complaint);
            self.items.strata.push(item.stratum.number());
            self.items.carried.push(item.carried.map(Term::number));
            self.items.days.push(item.day);
            self.items.deferrals.push(carried.iter().map(|carried| carried.deferrals).max().unwrap_or_default());
            self.carried.extend(carried.iter().map(|_| item.complaint));
            self.carried_from.extend(carried.iter().map(|carried| carried.from.number()));
        }
    }

    /// Writes all: three statements, however many.
    pub(super) async fn insert(&self, tx: &mut Tx, today: NaiveDate) -> Result<(), Fault> {
        let opened = sqlx::query!(
            "UPDATE review.cycles c
             SET state = $6, eligible = new.eligible, shortfall = new.shortfall, docket_sha256 = new.docket, opened_on = $5
             FROM unnest($1::uuid[], $2::int[], $3::smallint[], $4::bytea[]) AS new (id, eligible, shortfall, docket)
             WHERE c.id = new.id AND c.state = 1",
            &self.ids,
            &self.eligible,
            &self.shortfalls as &[Option<i16>],
            &self.dockets,
            today,
            CycleState::Open.number()
        )
        .execute(&mut *tx)
        .await?;
        if opened.rows_affected() != self.ids.len() as u64 {
            // Their level's lock is held: nobody else can have opened them.
            return Err(Fault::RowNotFound);
        }
        sqlx::query!(
            "INSERT INTO review.candidates (cycle, records, sha256) SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::bytea[])",
            &self.ids,
            &self.records,
            &self.digests
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            "INSERT INTO review.items (cycle, number, complaint, stratum, carried, day, deferrals, state, goes_up)
             SELECT new.*, 1, false
             FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::smallint[], $5::smallint[], $6::date[], $7::int[]) AS new",
            &self.items.cycles,
            &self.items.numbers,
            &self.items.complaints,
            &self.items.strata,
            &self.items.carried as &[Option<i16>],
            &self.items.days,
            &self.items.deferrals
        )
        .execute(tx)
        .await
        .map(|_| ())
    }
}
