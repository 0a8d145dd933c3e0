//! Reads of complaints. Each takes a [`Sight`]; the condition is written once, so that a count counts what a list lists and a
//! stream tells of nothing that a list hides.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use platform::journal;
use platform::refusal::Refusal;
use platform::terms::Term;
use platform::write::read_refusal;
use sqlx::PgPool;
use uuid::Uuid;

use super::sight::{Filter, Own, Sight};
use crate::complaints::Complaint;
use crate::complaints::store::load_all;

/// A statement over complaints that are seen and asked for: what it selects, what follows the condition, and the parameters
/// from `$12` on.
macro_rules! seen {
    ($query:ident!($select:tt, $then:tt), $condition:expr $(, $more:expr)*) => {
        sqlx::$query!(
            $select + " FROM intake.complaints
             WHERE ($1::text[] IS NULL OR (station = ANY($1) AND (station <> '' OR district = ANY($2))))
               AND NOT ($3 AND conflict_with_station)
               AND ($4::text IS NULL OR recorded_by = $4 OR assignee = $5)
               AND (cardinality($6::smallint[]) = 0 OR handling_state = ANY($6))
               AND (cardinality($7::smallint[]) = 0 OR category = ANY($7))
               AND (cardinality($8::smallint[]) = 0 OR channel = ANY($8))
               AND ($9::date IS NULL OR received_day >= $9)
               AND ($10::date IS NULL OR received_day <= $10)
               AND ($11::bool IS NULL OR (register_no IS NOT NULL) = $11) " + $then,
            $condition.sight.stations.as_deref() as Option<&[String]>,
            &$condition.sight.districts,
            $condition.sight.hides_conflicts,
            $condition.principal() as Option<&str>,
            $condition.post() as Option<&str>,
            &$condition.states,
            &$condition.categories,
            &$condition.channels,
            $condition.from,
            $condition.to,
            $condition.imported
            $(, $more)*
        )
    };
}

/// What is seen and what is asked for, as parameters.
struct Condition<'a> {
    sight: &'a Sight,
    states: Vec<i16>,
    categories: Vec<i16>,
    channels: Vec<i16>,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    imported: Option<bool>,
}

impl<'a> Condition<'a> {
    fn of(sight: &'a Sight, filter: &Filter) -> Self {
        Self {
            sight,
            states: numbers(&filter.states),
            categories: numbers(&filter.categories),
            channels: numbers(&filter.channels),
            from: filter.from,
            to: filter.to,
            imported: filter.imported,
        }
    }

    fn all(sight: &'a Sight) -> Self {
        Self::of(sight, &Filter::default())
    }

    fn principal(&self) -> Option<&str> {
        self.sight.own.as_ref().map(|own| own.principal.as_str())
    }

    fn post(&self) -> Option<&str> {
        self.sight.own.as_ref().map(|own| own.post.as_str())
    }
}

fn numbers<T: Term>(terms: &[T]) -> Vec<i16> {
    terms.iter().map(|term| term.number()).collect()
}

/// Where a complaint stands in the order in which they were written down. Leaves the service in page tokens alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Grows.
    pub ord: i64,
    /// The complaint.
    pub id: Uuid,
}

/// The newest complaints before a place.
pub(super) async fn list(
    db: &PgPool,
    sight: &Sight,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Place>, Refusal> {
    let condition = Condition::of(sight, filter);
    let rows = seen!(
        query!("SELECT ord, id", "AND ($12::bigint IS NULL OR ord < $12) ORDER BY ord DESC LIMIT $13"),
        condition,
        before,
        limit
    )
    .fetch_all(db)
    .await
    .map_err(|error| read_refusal(&error))?;
    Ok(rows.into_iter().map(|row| Place { ord: row.ord, id: row.id }).collect())
}

/// How many there are.
pub(super) async fn count(db: &PgPool, sight: &Sight, filter: &Filter) -> Result<i64, Refusal> {
    let condition = Condition::of(sight, filter);
    seen!(query_scalar!(r#"SELECT count(*) AS "count!""#, ""), condition)
        .fetch_one(db)
        .await
        .map_err(|error| read_refusal(&error))
}

/// The newest complaints before a place that are not disposed of (state 6).
pub(super) async fn open(db: &PgPool, sight: &Sight, before: Option<i64>, limit: i64) -> Result<Vec<Place>, Refusal> {
    let condition = Condition::all(sight);
    let rows = seen!(
        query!(
            "SELECT ord, id",
            "AND handling_state <> 6 AND ($12::bigint IS NULL OR ord < $12) ORDER BY ord DESC LIMIT $13"
        ),
        condition,
        before,
        limit
    )
    .fetch_all(db)
    .await
    .map_err(|error| read_refusal(&error))?;
    Ok(rows.into_iter().map(|row| Place { ord: row.ord, id: row.id }).collect())
}

/// A complaint that waits for something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting {
    /// Since when, or from when on, it asks for work.
    pub due: DateTime<Utc>,
    /// The complaint.
    pub id: Uuid,
}

/// Complaints for which something is due (a limit that runs, a direction that nobody followed), the next first, after a place;
/// `mine`: only what is given to this post. For one that is disposed of, only what the law asks all the same is due.
pub(super) async fn work(
    db: &PgPool,
    sight: &Sight,
    mine: Option<&Own>,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<Waiting>, Refusal> {
    let condition = Condition::all(sight);
    let (due, id) = after.unzip();
    let rows = seen!(
        query!(
            r#"SELECT next_due_at AS "due!", id"#,
            "AND next_due_at IS NOT NULL
             AND ($12::text IS NULL OR assignee = $12)
             AND ($13::timestamptz IS NULL OR (next_due_at, id) > ($13, $14::uuid))
             ORDER BY next_due_at, id LIMIT $15"
        ),
        condition,
        mine.map(|own| own.post.as_str()) as Option<&str>,
        due,
        id,
        limit
    )
    .fetch_all(db)
    .await
    .map_err(|error| read_refusal(&error))?;
    Ok(rows.into_iter().map(|row| Waiting { due: row.due, id: row.id }).collect())
}

/// Those of these that are seen, with their limits if wanted, by id.
pub(super) async fn read(
    db: &PgPool,
    sight: &Sight,
    ids: &[Uuid],
    with_clocks: bool,
) -> Result<HashMap<Uuid, Complaint>, Refusal> {
    try_read(db, sight, ids, with_clocks).await.map_err(|error| read_refusal(&error))
}

async fn try_read(
    db: &PgPool,
    sight: &Sight,
    ids: &[Uuid],
    with_clocks: bool,
) -> Result<HashMap<Uuid, Complaint>, sqlx::Error> {
    let condition = Condition::all(sight);
    let seen = seen!(query_scalar!("SELECT id", "AND id = ANY($12)"), condition, ids).fetch_all(db).await?;
    load_all(&mut *db.acquire().await?, &seen, with_clocks).await
}

/// What happened to complaints since an entry of the journal.
#[derive(Debug)]
pub(super) struct Since {
    /// To which, in order, each once.
    pub complaints: Vec<Uuid>,
    /// As far as this was read.
    pub position: i64,
    /// There is more.
    pub more: bool,
}

/// Entries read at once.
const ENTRIES: i64 = 500;

/// The newest entry of the journal.
pub(super) async fn head(db: &PgPool) -> Result<i64, Refusal> {
    let head = async { journal::head(&mut *db.acquire().await?).await };
    head.await.map(|head| head.seq).map_err(|error| read_refusal(&error))
}

/// The complaints that entries of these kinds after a position are about.
pub(super) async fn since(db: &PgPool, after: i64, kinds: &[String]) -> Result<Since, Refusal> {
    let head = head(db).await?;
    if head <= after {
        return Ok(Since { complaints: Vec::new(), position: after, more: false });
    }
    let rows = sqlx::query!(
        "SELECT seq, subject FROM platform.journal WHERE seq > $1 AND seq <= $2 AND kind = ANY($3) ORDER BY seq LIMIT $4",
        after,
        head,
        kinds,
        ENTRIES
    )
    .fetch_all(db)
    .await
    .map_err(|error| read_refusal(&error))?;
    let more = i64::try_from(rows.len()) == Ok(ENTRIES);
    let position = if more { rows.last().map_or(head, |row| row.seq) } else { head };
    let mut complaints: Vec<Uuid> = Vec::new();
    for id in rows.iter().filter_map(|row| Uuid::try_parse(&row.subject).ok()) {
        if !complaints.contains(&id) {
            complaints.push(id);
        }
    }
    Ok(Since { complaints, position, more })
}
