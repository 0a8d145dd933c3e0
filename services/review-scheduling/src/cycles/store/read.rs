//! What people read of cycles.

use chrono::NaiveDate;
use platform::Refusal;
use platform::journal;
use platform::terms::Term;
use platform::write::read_refusal;
use sqlx::PgPool;
use uuid::Uuid;

use super::rows::{Row, cycles, load};
use crate::cycles::cycle::Cycle;
use crate::docket::{Rules, Seed};
use crate::pool::store::Fault;
use crate::sight::Sight;
use crate::terms::{CycleState, ReviewLevel};

/// One cycle, whoever may see it; `None`: there is none.
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub(crate) async fn read(db: &PgPool, id: Uuid) -> Result<Option<Cycle>, Refusal> {
    let found = async { load(&mut *db.acquire().await?, &[id]).await };
    found.await.map(|mut cycles| cycles.pop()).map_err(|error| read_refusal(&error))
}

/// Which cycles are asked for. Nothing: any.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// Of this level.
    pub level: Option<ReviewLevel>,
    /// In one of these states.
    pub states: Vec<CycleState>,
    /// That last to this day or longer.
    pub from: Option<NaiveDate>,
    /// That begin on this day or earlier.
    pub to: Option<NaiveDate>,
}

/// A cycle and its place in the order of planning.
#[derive(Debug)]
pub(crate) struct Listed {
    /// Grows.
    pub ord: i64,
    /// The cycle.
    pub cycle: Cycle,
}

/// The latest cycles before a place.
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub(crate) async fn list(
    db: &PgPool,
    sight: &Sight,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Listed>, Refusal> {
    let states: Vec<i16> = filter.states.iter().map(|state| state.number()).collect();
    let rows = cycles!(
        "WHERE ($1::text[] IS NULL OR (c.level = 1 AND c.unit = ANY($1)) OR (c.level > 1 AND c.unit = ANY($2)))
           AND ($3::smallint IS NULL OR c.level = $3)
           AND (cardinality($4::smallint[]) = 0 OR c.state = ANY($4))
           AND ($5::date IS NULL OR c.to_day >= $5)
           AND ($6::date IS NULL OR c.from_day <= $6)
           AND ($7::bigint IS NULL OR c.ord < $7)
         ORDER BY c.ord DESC LIMIT $8",
        sight.stations.as_deref() as Option<&[String]>,
        &sight.units,
        filter.level.map(Term::number),
        &states,
        filter.from,
        filter.to,
        before,
        limit
    )
    .fetch_all(db)
    .await
    .map_err(|error| read_refusal(&error))?;
    rows.into_iter()
        .map(|row| Ok(Listed { ord: row.ord, cycle: row.cycle()? }))
        .collect::<Result<_, Fault>>()
        .map_err(|error| read_refusal(&error))
}

/// What a selection was made from, as it is kept.
pub(crate) struct Frozen {
    /// The seed. The caller of this decides whether it may be told.
    pub seed: Seed,
    /// The numbers it went by.
    pub rules: Rules,
    /// Records of the candidates; empty: it was never opened.
    pub records: Vec<u8>,
}

/// Reads what a selection was made from.
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub(crate) async fn frozen(db: &PgPool, cycle: Uuid) -> Result<Frozen, Refusal> {
    let row = sqlx::query!(
        r#"SELECT s.seed, c.next_day, p.quota, p.random_minimum, f.records AS "records?"
           FROM review.cycles c
           JOIN review.seeds s ON s.cycle = c.id
           JOIN review.policies p ON p.level = c.level AND p.valid_from = c.policy_from
           LEFT JOIN review.candidates f ON f.cycle = c.id
           WHERE c.id = $1"#,
        cycle
    )
    .fetch_one(db)
    .await
    .map_err(|error| read_refusal(&error))?;
    let seed: [u8; 32] = row.seed.try_into().map_err(|_| Refusal::internal())?;
    Ok(Frozen {
        seed: Seed::new(seed),
        rules: Rules {
            quota: usize::try_from(row.quota).unwrap_or_default(),
            random_minimum: usize::try_from(row.random_minimum).unwrap_or_default(),
            next_cycle_day: row.next_day,
        },
        records: row.records.unwrap_or_default(),
    })
}

/// The newest entry of the journal.
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub(crate) async fn head(db: &PgPool) -> Result<i64, Refusal> {
    let head = async { journal::head(&mut *db.acquire().await?).await };
    head.await.map(|head| head.seq).map_err(|error| read_refusal(&error))
}

/// What happened to a cycle since an entry of the journal.
#[derive(Debug)]
pub(crate) struct Since {
    /// To the cycle itself, or to a case of it.
    pub changed: bool,
    /// As far as this was read.
    pub position: i64,
    /// There is more.
    pub more: bool,
}

/// Entries read at once.
const ENTRIES: i64 = 1_000;

/// Whether entries after a position are about a cycle: their subject is it, or one of its cases.
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub(crate) async fn since(db: &PgPool, cycle: Uuid, after: i64) -> Result<Since, Refusal> {
    let head = head(db).await?;
    let position = head.min(after + ENTRIES);
    if position <= after {
        return Ok(Since { changed: false, position: after, more: false });
    }
    let changed = sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM platform.journal
               WHERE seq > $2 AND seq <= $3
                 AND subject IN (SELECT $1::uuid::text UNION ALL SELECT complaint::text FROM review.items WHERE cycle = $1)
           ) AS "changed!""#,
        cycle,
        after,
        position
    )
    .fetch_one(db)
    .await
    .map_err(|error| read_refusal(&error))?;
    Ok(Since { changed, position, more: position < head })
}
