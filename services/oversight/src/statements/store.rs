//! Reads what a statement is made of, in one snapshot. Every figure that oversight tells, in statements, signed or not, index,
//! ranks and board, comes through [`sums`].

use platform::Scope;
use platform::terms::Term as _;
use sqlx::PgPool;

use super::period::Period;
use super::roll_up::Sum;
use super::silence::{Heard, Reports};
use super::statement::Read;
use crate::ledger::{Breakdown, Grain, Measure, Slot, days_within, pairs_within};

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

/// What is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// Figures of which places.
    pub places: &'a Places,
    /// How fine.
    pub grain: Grain,
    /// Reports of which places: stations and units, however fine the figures are.
    pub reporting: &'a Places,
    /// Of which days.
    pub period: Period,
    /// And of which days before; `None`: of none.
    pub before: Option<Period>,
    /// Which measures; empty: all.
    pub measures: &'a [Measure],
}

/// Reads figures and reports.
///
/// # Errors
/// The database does not answer.
pub(crate) async fn read(db: &PgPool, wanted: Wanted<'_>) -> Result<Read, sqlx::Error> {
    // One snapshot: an entry that is applied meanwhile is in all of it or in none.
    let mut tx = db.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let figures = sums(&mut tx, wanted, wanted.period).await?;
    let before = match wanted.before {
        Some(before) => sums(&mut tx, wanted, before).await?,
        None => Vec::new(),
    };
    let heard = heard(&mut tx, wanted.reporting, wanted.period).await?;
    tx.commit().await?;
    Ok(Read { sums: figures, before, heard })
}

/// Reads the silence of a period alone.
///
/// # Errors
/// The database does not answer.
pub(crate) async fn silence(db: &PgPool, scope: &Scope, period: Period) -> Result<Heard, sqlx::Error> {
    let mut tx = db.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let heard = heard(&mut tx, &Places(scope.stations()), period).await?;
    tx.commit().await?;
    Ok(heard)
}

async fn sums(db: &mut sqlx::PgConnection, wanted: Wanted<'_>, period: Period) -> Result<Vec<Sum>, sqlx::Error> {
    let measures: Vec<i32> = wanted.measures.iter().map(|measure| measure.number().into()).collect();
    let these = wanted.places.0.as_deref();
    // The measures are widened so that no index is looked through once for each of them.
    let rows = sqlx::query!(
        r#"SELECT unit, measure, breakdown, key, sum(n)::bigint AS "n!" FROM oversight.ledger
           WHERE grain = $1 AND pair = ANY($2) AND (cardinality($3::int[]) = 0 OR measure::int = ANY($3))
             AND ($4::text[] IS NULL OR unit = ANY($4))
           GROUP BY unit, measure, breakdown, key HAVING sum(n) <> 0"#,
        wanted.grain as i16,
        &pairs_within(period.from, period.to),
        &measures,
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

async fn heard(db: &mut sqlx::PgConnection, places: &Places, period: Period) -> Result<Heard, sqlx::Error> {
    let these = places.0.as_deref();
    let opened = sqlx::query!(
        "SELECT station, opened_on FROM oversight.desks WHERE opened_on <= $1 AND ($2::text[] IS NULL OR station = ANY($2))",
        period.to,
        these as Option<&[String]>
    )
    .fetch_all(&mut *db)
    .await?;
    // 1, 8, 37: desk-days silent and expected, review cycles missed; as in the index that serves this.
    let reports = sqlx::query!(
        r#"SELECT unit,
               COALESCE(sum(n) FILTER (WHERE measure = 1), 0)::bigint AS "silent!",
               COALESCE(sum(n) FILTER (WHERE measure = 8), 0)::bigint AS "closed!",
               COALESCE(sum(n) FILTER (WHERE measure = 37), 0)::bigint AS "missed!"
           FROM oversight.ledger
           WHERE grain = 1 AND breakdown = 0 AND measure IN (1, 8, 37) AND pair = ANY($1)
             AND ($2::text[] IS NULL OR unit = ANY($2))
           GROUP BY unit"#,
        &days_within(period.from, period.to),
        these as Option<&[String]>
    )
    .fetch_all(db)
    .await?;
    Ok(Heard {
        opened: opened.into_iter().map(|row| (row.station, row.opened_on)).collect(),
        reports: reports
            .into_iter()
            .map(|row| (row.unit, Reports { closed: row.closed, silent: row.silent, missed: row.missed }))
            .collect(),
    })
}

#[cfg(test)]
mod tests;
