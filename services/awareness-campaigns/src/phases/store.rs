//! Phases in the database.

use chrono::NaiveDate;
use platform::Refusal;
use platform::directory::Name;
use platform::write::{Tx, read_refusal};
use sqlx::PgPool;

use super::phase::Phase;

struct Row {
    id: String,
    name_en: String,
    name_hi: String,
    first_day: Option<NaiveDate>,
    last_day: Option<NaiveDate>,
}

impl From<Row> for Phase {
    fn from(row: Row) -> Self {
        Self { id: row.id, name: Name { en: row.name_en, hi: row.name_hi }, from: row.first_day, to: row.last_day }
    }
}

/// A phase by its id.
pub(crate) async fn load(tx: &mut Tx, id: &str) -> Result<Option<Phase>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, name_en, name_hi, first_day, last_day FROM campaigns.phases WHERE id = $1",
        id
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(Phase::from))
}

/// All phases, in their order.
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub(crate) async fn all(db: &PgPool) -> Result<Vec<Phase>, Refusal> {
    let rows =
        sqlx::query_as!(Row, "SELECT id, name_en, name_hi, first_day, last_day FROM campaigns.phases ORDER BY number")
            .fetch_all(db)
            .await
            .map_err(|error| read_refusal(&error))?;
    Ok(rows.into_iter().map(Phase::from).collect())
}
