//! Finding a complaint by its receipt.

use sqlx::PgPool;
use uuid::Uuid;

use crate::clocks::store::term;
use crate::terms::HandlingState;

/// The complaint of a receipt number and where its handling stands; `None`: no such number.
pub(super) async fn find(db: &PgPool, receipt_no: &str) -> Result<Option<(Uuid, HandlingState)>, sqlx::Error> {
    let row = sqlx::query!("SELECT id, handling_state FROM intake.complaints WHERE receipt_no = $1", receipt_no)
        .fetch_optional(db)
        .await?;
    row.map(|row| Ok((row.id, term(row.handling_state)?))).transpose()
}
