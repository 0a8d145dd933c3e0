//! A database is real or simulated, for good.

use sqlx::PgPool;

use super::error::{PostgresError, Result};

/// Marks a database at first use as simulated or real, and compares ever after. A replay clock in a database with real
/// complaints would run their deadlines down; real complaints among invented ones would be lost with them.
///
/// # Errors
/// When the database was marked otherwise, or cannot be asked.
pub async fn deployment(pool: &PgPool, simulated: bool) -> Result<()> {
    let mut connection = pool.acquire().await?;
    // Two processes may come at once; the second finds the mark of the first.
    sqlx::query("INSERT INTO platform.deployment (simulated, marked_at) VALUES ($1, now()) ON CONFLICT DO NOTHING")
        .bind(simulated)
        .execute(&mut *connection)
        .await?;
    let marked: bool =
        sqlx::query_scalar("SELECT simulated FROM platform.deployment").fetch_one(&mut *connection).await?;
    match (marked, simulated) {
        (false, true) => Err(PostgresError::Deployment {
            database: "real",
            settings: "a simulation",
            mend: "the replay clock is refused; take another database, or set `simulated` to false",
        }),
        (true, false) => Err(PostgresError::Deployment {
            database: "a simulation",
            settings: "real use",
            mend: "what is in it was invented; take a fresh database, or set `simulated` to true",
        }),
        _ => Ok(()),
    }
}
