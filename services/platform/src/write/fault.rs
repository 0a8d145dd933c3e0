//! What a database error means: a race to run again, a database that is away, a constraint that a command knows, or a fault of ours.

use std::time::Duration;

use super::Job;
use crate::refusal::Refusal;

/// What a command that failed in the database is answered.
pub(super) fn refusal_of(job: &Job, error: &sqlx::Error) -> Refusal {
    if is_race(error) {
        return Refusal::busy(Duration::from_millis(100));
    }
    let constraint = error.as_database_error().and_then(sqlx::error::DatabaseError::constraint);
    if let Some(refusal) = constraint.and_then(|name| (job.constraint)(&*job.command, name)) {
        return refusal;
    }
    // The driver's text may repeat what was sent: only the code and the constraint are logged.
    tracing::error!(command = job.name, code = %sql_state(error), constraint, "a command failed in the database");
    Refusal::internal()
}

/// The SQLSTATE, or the kind of failure; never the driver's text, which may repeat a value.
#[must_use]
pub fn sql_state(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.code().map_or_else(|| "unknown".to_owned(), std::borrow::Cow::into_owned),
        sqlx::Error::Io(error) => format!("io: {}", error.kind()),
        sqlx::Error::PoolTimedOut => "no connection in time".to_owned(),
        sqlx::Error::PoolClosed => "the pool is closed".to_owned(),
        sqlx::Error::ColumnDecode { index, .. } => format!("column {index} cannot be decoded"),
        sqlx::Error::RowNotFound => "a row that must exist is missing".to_owned(),
        _ => "protocol".to_owned(),
    }
}

fn code_of(error: &sqlx::Error) -> String {
    error.as_database_error().and_then(|error| error.code().map(std::borrow::Cow::into_owned)).unwrap_or_default()
}

/// Lost against another transaction: serialization, deadlock, a twin of the same key in another replica.
pub(super) fn is_race(error: &sqlx::Error) -> bool {
    let twin = error.as_database_error().is_some_and(|error| error.constraint() == Some("idempotency_pkey"));
    twin || matches!(code_of(error).as_str(), "40001" | "40P01" | "55P03")
}

/// The database is away, going away, or out of disk, memory or connections: nothing of the command's making.
#[must_use]
pub fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => true,
        sqlx::Error::Database(_) => {
            let code = code_of(error);
            code.starts_with("53")
                || code.starts_with("57P")
                || code.starts_with("58")
                || code.starts_with("08")
                || code == "25006" // a read-only standby after a failover
        }
        _ => false,
    }
}

/// The refusal of a read that failed; logged here, once.
#[must_use]
pub fn read_refusal(error: &sqlx::Error) -> Refusal {
    if is_away(error) {
        tracing::warn!(error = %sql_state(error), "the database does not answer");
        return Refusal::database_away();
    }
    if code_of(error) == "57014" {
        return Refusal::deadline();
    }
    tracing::error!(error = %sql_state(error), "a read failed in the database");
    Refusal::internal()
}
