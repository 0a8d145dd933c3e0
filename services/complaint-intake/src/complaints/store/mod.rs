//! Complaints in the database: reading one, writing one as it is after a step.

mod register;
mod reveal;
mod rows;
mod steps;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use platform::Refusal;
use platform::terms::Term;
use platform::write::{Tx, read_refusal};
use sqlx::PgPool;
use uuid::Uuid;

pub(crate) use register::{ImportRegister, RegisterComplaint, register, taken_in};
pub(crate) use reveal::RevealIdentity;
pub(crate) use steps::{Step, TakeStep};

use super::complaint::{Change, Complaint};
use super::law::Section;
use super::viewer::Viewer;
use crate::clocks::Clocks;
use crate::clocks::store::{self as clocks, term};
use crate::terms::LegalActionKind;

/// A row of `intake.complaints`, whole but for its order: `query_as!` it, then [`Row::with`] its limits.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "columns")]
pub(crate) struct Row {
    pub(crate) id: Uuid,
    pub(crate) receipt_no: String,
    pub(crate) station: String,
    pub(crate) district: String,
    pub(crate) channel: i16,
    pub(crate) category: i16,
    pub(crate) risk: Option<i16>,
    pub(crate) handling_state: i16,
    pub(crate) case_state: i16,
    pub(crate) conflict_with_station: bool,
    pub(crate) received_at: DateTime<Utc>,
    pub(crate) first_word_at: DateTime<Utc>,
    pub(crate) assignee: Option<String>,
    pub(crate) register_no: Option<String>,
    pub(crate) contact_mode: i16,
    pub(crate) needs_support: bool,
    pub(crate) child: bool,
    pub(crate) heard_by_woman: bool,
    pub(crate) law_sections: Vec<String>,
    pub(crate) acknowledged: bool,
    pub(crate) actions: i32,
    pub(crate) legal_actions: Vec<i16>,
    pub(crate) progress_told: bool,
    pub(crate) satisfied: bool,
    pub(crate) recorded_by: String,
    pub(crate) version: i64,
}

impl Row {
    /// The complaint of a row and its limits (none: those of a page without them).
    ///
    /// # Errors
    /// A number that this release does not know.
    pub(crate) fn with(self, clocks: Clocks) -> Result<Complaint, sqlx::Error> {
        Ok(Complaint {
            id: self.id,
            receipt_no: self.receipt_no,
            station: self.station,
            district: self.district,
            channel: term(self.channel)?,
            category: term(self.category)?,
            risk: self.risk.map(term).transpose()?,
            handling: term(self.handling_state)?,
            case: term(self.case_state)?,
            conflict_with_station: self.conflict_with_station,
            received_at: self.received_at,
            first_word_at: self.first_word_at,
            assignee: self.assignee,
            imported: self.register_no.is_some(),
            contact_mode: term(self.contact_mode)?,
            needs_support: self.needs_support,
            child: self.child,
            heard_by_woman: self.heard_by_woman,
            law_sections: self.law_sections.iter().filter_map(|section| Section::parse(section)).collect(),
            acknowledged: self.acknowledged,
            actions: self.actions,
            legal_actions: self.legal_actions.into_iter().map(term::<LegalActionKind>).collect::<Result<_, _>>()?,
            progress_told: self.progress_told,
            satisfied: self.satisfied,
            recorded_by: self.recorded_by,
            clocks,
            version: self.version,
        })
    }
}

/// Reads a complaint; `None`: there is none.
pub(crate) async fn load(db: &mut Tx, id: Uuid) -> Result<Option<Complaint>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, receipt_no, station, district, channel, category, risk, handling_state, case_state,
                conflict_with_station, received_at, first_word_at, assignee, register_no, contact_mode, needs_support, child,
                heard_by_woman, law_sections, acknowledged, actions, legal_actions, progress_told, satisfied, recorded_by, version
         FROM intake.complaints WHERE id = $1",
        id
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let clocks = clocks::load(db, &[id]).await?.remove(&id).unwrap_or_default();
    row.with(clocks).map(Some)
}

/// Reads a complaint that the caller may see.
///
/// # Errors
/// `OUT_OF_SCOPE`: not there, or not for this caller; the answer is the same. `DATABASE_AWAY`.
pub(crate) async fn read(db: &PgPool, viewer: &Viewer, id: Uuid) -> Result<Complaint, Refusal> {
    let found = async { load(&mut *db.acquire().await?, id).await }.await;
    let complaint = found.map_err(|error| read_refusal(&error))?.ok_or_else(Refusal::out_of_scope)?;
    viewer.need(&complaint)?;
    Ok(complaint)
}

/// Reads those of these that there are.
pub(crate) async fn read_clocks(db: &PgPool, ids: &[Uuid]) -> Result<HashMap<Uuid, Clocks>, sqlx::Error> {
    clocks::load(&mut *db.acquire().await?, ids).await
}

/// Writes a complaint as it is after a step; it must be the version before.
async fn save(tx: &mut Tx, change: &Change) -> Result<(), sqlx::Error> {
    let complaint = &change.complaint;
    let next = complaint.clocks.next();
    let sections: Vec<String> = complaint.law_sections.iter().map(|section| section.as_str().to_owned()).collect();
    let legal: Vec<i16> = complaint.legal_actions.iter().map(|kind| kind.number()).collect();
    let saved = sqlx::query!(
        "UPDATE intake.complaints SET
             category = $3, risk = $4, handling_state = $5, case_state = $6, conflict_with_station = $7, assignee = $8,
             child = $9, heard_by_woman = $10, law_sections = $11, acknowledged = $12, actions = $13, legal_actions = $14,
             progress_told = $15, satisfied = $16, next_due_at = $17, next_code = $18, version = $2 + 1
         WHERE id = $1 AND version = $2",
        complaint.id,
        complaint.version - 1,
        complaint.category.number(),
        complaint.risk.map(Term::number),
        complaint.handling.number(),
        complaint.case.number(),
        complaint.conflict_with_station,
        complaint.assignee,
        complaint.child,
        complaint.heard_by_woman,
        &sections,
        complaint.acknowledged,
        complaint.actions,
        &legal,
        complaint.progress_told,
        complaint.satisfied,
        next.map(|clock| clock.due_at),
        next.map(|clock| clock.code.number())
    )
    .execute(&mut *tx)
    .await?;
    if saved.rows_affected() != 1 {
        // Its lock is held: nobody else can have changed it.
        return Err(sqlx::Error::RowNotFound);
    }
    let mut columns = clocks::Columns::default();
    columns.push(complaint.id, &complaint.clocks);
    clocks::save(tx, &columns).await
}
