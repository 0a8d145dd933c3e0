//! Reads what a statement is made of: one query for every figure, one for silence, in one snapshot.

use platform::Scope;
use platform::terms::Term as _;
use sqlx::PgPool;

use super::period::Period;
use super::roll_up::Sum;
use super::silence::Heard;
use super::statement::Read;
use crate::ledger::{Breakdown, Grain, Measure, Slot};

/// Which places are read. Made from a scope alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Places(Option<Vec<String>>);

impl Places {
    /// Those of `wanted` (`None`: all, also those that no unit is known of) that the scope covers.
    pub fn within(scope: &Scope, wanted: Option<Vec<String>>) -> Self {
        Self(match wanted {
            None => scope.stations(),
            Some(wanted) => Some(wanted.into_iter().filter(|place| covers(scope, place)).collect()),
        })
    }
}

/// Whether a scope covers a place: a station or a unit.
pub(crate) fn covers(scope: &Scope, place: &str) -> bool {
    scope.covers_unit(place) || scope.covers_station(place)
}

/// Reads the figures of a period, and the silence in it.
///
/// # Errors
/// The database does not answer.
pub(crate) async fn read(
    db: &PgPool,
    scope: &Scope,
    places: &Places,
    grain: Grain,
    period: Period,
) -> Result<Read, sqlx::Error> {
    // One snapshot: an entry that is applied meanwhile is in all of it or in none.
    let mut tx = db.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let sums = sums(&mut tx, places, grain, period).await?;
    let heard = heard(&mut tx, scope, period).await?;
    tx.commit().await?;
    Ok(Read { sums, heard })
}

/// Reads the silence of a period alone.
///
/// # Errors
/// The database does not answer.
pub(crate) async fn silence(db: &PgPool, scope: &Scope, period: Period) -> Result<Heard, sqlx::Error> {
    let mut tx = db.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let heard = heard(&mut tx, scope, period).await?;
    tx.commit().await?;
    Ok(heard)
}

async fn sums(
    db: &mut sqlx::PgConnection,
    places: &Places,
    grain: Grain,
    period: Period,
) -> Result<Vec<Sum>, sqlx::Error> {
    let measures: Vec<i16> = Measure::ALL.iter().map(|measure| measure.number()).collect();
    let these = places.0.as_deref();
    let rows = sqlx::query!(
        r#"SELECT unit, measure, breakdown, key, sum(n)::bigint AS "n!" FROM oversight.ledger
           WHERE grain = $1 AND measure = ANY($2) AND day BETWEEN $3 AND $4
             AND CASE WHEN measure = $5 THEN cohort < $3 ELSE cohort >= $3 END
             AND ($6::text[] IS NULL OR unit = ANY($6))
           GROUP BY unit, measure, breakdown, key HAVING sum(n) <> 0"#,
        grain as i16,
        &measures,
        period.from,
        period.to,
        Measure::Callers.number(),
        these as Option<&[String]>
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let measure = Measure::from_number(row.measure.into())?;
            let slot = Slot { measure, breakdown: Breakdown::from_number(row.breakdown.into()), key: row.key };
            Some(Sum { place: row.unit, slot, n: row.n })
        })
        .collect())
}

async fn heard(db: &mut sqlx::PgConnection, scope: &Scope, period: Period) -> Result<Heard, sqlx::Error> {
    let stations = scope.stations();
    let opened = sqlx::query!(
        "SELECT station, opened_on FROM oversight.desks WHERE opened_on <= $1 AND ($2::text[] IS NULL OR station = ANY($2))",
        period.to,
        stations.as_deref() as Option<&[String]>
    )
    .fetch_all(&mut *db)
    .await?;
    let silent = sqlx::query!(
        r#"WITH silent AS (
               SELECT unit, sum(n) AS n FROM oversight.ledger
               WHERE grain = 1 AND measure = $3 AND day BETWEEN $1 AND $2 AND ($5::text[] IS NULL OR unit = ANY($5))
               GROUP BY unit HAVING sum(n) > 0
           )
           SELECT unit, silent.n::bigint AS "silent!", sum(closed.n)::bigint AS "closed!"
           FROM silent JOIN oversight.ledger closed USING (unit)
           WHERE closed.grain = 1 AND closed.measure = $4 AND closed.day BETWEEN $1 AND $2
           GROUP BY unit, silent.n"#,
        period.from,
        period.to,
        Measure::DeskDaysSilent.number(),
        Measure::DeskDaysExpected.number(),
        stations.as_deref() as Option<&[String]>
    )
    .fetch_all(db)
    .await?;
    Ok(Heard {
        opened: opened.into_iter().map(|row| (row.station, row.opened_on)).collect(),
        silent: silent.into_iter().map(|row| (row.unit, (row.silent, row.closed))).collect(),
    })
}
