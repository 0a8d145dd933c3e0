//! Lists of desk-days.

use chrono::{DateTime, NaiveDate, Utc};
use platform::page::Page;
use platform::terms::Term as _;
use platform::write::read_refusal;
use platform::{Refusal, Scope};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use super::super::desk_day::{DeskDay, Figures, Key, Status, minute_down};
use super::evidence::evidence;

/// After which row a page of desks that were not complete begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterNonCompliant {
    /// The place of its status in [`Status::NOT_COMPLIANT`].
    pub rank: i32,
    /// The station.
    pub station: String,
}

/// Which desk-days.
#[derive(Debug)]
pub struct Asked {
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// Only these; none: all.
    pub statuses: Vec<Status>,
    /// Where the page begins, and how large it is.
    pub page: Page<Key>,
}

struct Row {
    day: NaiveDate,
    station: String,
    status: i16,
    check_ins_expected: i32,
    check_ins: i32,
    service_minutes: i32,
    two_women_minutes: i32,
    heartbeats: i32,
}

impl From<Row> for DeskDay {
    fn from(row: Row) -> Self {
        Self {
            key: Key { day: row.day, station: row.station },
            figures: Figures {
                status: Status::from_number(row.status.into()).unwrap_or(Status::Expected),
                check_ins_expected: row.check_ins_expected,
                check_ins: row.check_ins,
                service_minutes: row.service_minutes,
                two_women_minutes: row.two_women_minutes,
                heartbeats: row.heartbeats,
            },
        }
    }
}

/// Desk-days by day and station, one more than the page holds. Of days that are not closed the figures are those so far.
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub async fn list(db: &PgPool, scope: &Scope, asked: &Asked, now: DateTime<Utc>) -> Result<Vec<DeskDay>, Refusal> {
    read(db, scope, asked, now).await.map_err(|error| read_refusal(&error))
}

async fn read(db: &PgPool, scope: &Scope, asked: &Asked, now: DateTime<Utc>) -> Result<Vec<DeskDay>, sqlx::Error> {
    let statuses: Vec<i16> = asked.statuses.iter().map(|status| status.number()).collect();
    let after = asked.page.after.as_ref();
    let stations = scope.stations();
    let rows = sqlx::query_as!(
        Row,
        "SELECT day, station, status, check_ins_expected, check_ins, service_minutes, two_women_minutes, heartbeats
         FROM registry.desk_days
         WHERE day BETWEEN $1 AND $2
           AND ($3::text[] IS NULL OR station = ANY($3))
           AND (cardinality($4::smallint[]) = 0 OR status = ANY($4))
           AND ($5::date IS NULL OR (day, station) > ($5, $6))
         ORDER BY day, station LIMIT $7",
        asked.from,
        asked.to,
        stations.as_deref(),
        &statuses,
        after.map(|after| after.day),
        after.map(|after| after.station.clone()).unwrap_or_default(),
        asked.page.limit()
    )
    .fetch_all(db)
    .await?;
    let mut desk_days: Vec<DeskDay> = rows.into_iter().map(DeskDay::from).collect();
    let mut open: Vec<&mut DeskDay> =
        desk_days.iter_mut().filter(|desk_day| desk_day.figures.status == Status::Expected).collect();
    if !open.is_empty() {
        let keys: Vec<Key> = open.iter().map(|desk_day| desk_day.key.clone()).collect();
        let evidence = evidence(&mut *db.acquire().await?, &keys).await?;
        for desk_day in &mut open {
            if let Some(evidence) = evidence.get(&desk_day.key) {
                desk_day.figures = evidence.so_far(minute_down(desk_day.key.day, now));
            }
        }
    }
    Ok(desk_days)
}

/// Desk-days of one day that were not complete, the worst first, one more than the page holds.
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub async fn non_compliant(
    db: &PgPool,
    scope: &Scope,
    day: NaiveDate,
    page: &Page<AfterNonCompliant>,
) -> Result<Vec<DeskDay>, Refusal> {
    let worst_first: Vec<i16> = Status::NOT_COMPLIANT.iter().map(|status| status.number()).collect();
    let after = page.after.as_ref();
    let stations = scope.stations();
    let rows = sqlx::query_as!(
        Row,
        "SELECT day, station, status, check_ins_expected, check_ins, service_minutes, two_women_minutes, heartbeats
         FROM registry.desk_days
         WHERE day = $1
           AND ($2::text[] IS NULL OR station = ANY($2))
           AND status = ANY($3)
           AND ($4::int IS NULL OR (array_position($3, status), station) > ($4, $5))
         ORDER BY array_position($3, status), station LIMIT $6",
        day,
        stations.as_deref(),
        &worst_first,
        after.map(|after| after.rank),
        after.map(|after| after.station.clone()).unwrap_or_default(),
        page.limit()
    )
    .fetch_all(db)
    .await
    .map_err(|error| read_refusal(&error))?;
    Ok(rows.into_iter().map(DeskDay::from).collect())
}

/// Whether a desk of the scope has not been closed for a day.
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub async fn is_open(db: &PgPool, scope: &Scope, day: NaiveDate) -> Result<bool, Refusal> {
    let stations = scope.stations();
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM registry.desk_days
                          WHERE day = $1 AND status = 1 AND ($2::text[] IS NULL OR station = ANY($2))) AS "open!""#,
        day,
        stations.as_deref()
    )
    .fetch_one(db)
    .await
    .map_err(|error| read_refusal(&error))
}
