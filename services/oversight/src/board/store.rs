//! Whether anything changed on days that are over.

use chrono::NaiveDate;
use sqlx::PgPool;

/// A number that grows whenever figures of these days change.
///
/// # Errors
/// The database does not answer.
pub(crate) async fn changes(db: &PgPool, from: NaiveDate, to: NaiveDate) -> Result<i64, sqlx::Error> {
    let changes = sqlx::query_scalar!(
        r#"SELECT COALESCE(sum(n), 0)::bigint AS "n!" FROM oversight.changes WHERE day BETWEEN $1 AND $2"#,
        from,
        to
    );
    changes.fetch_one(db).await
}
