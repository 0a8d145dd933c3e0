//! Complaints in the database: reading one, writing one as it is after a step.

mod direct;
mod register;
mod reveal;
mod rows;
mod serials;
mod steps;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use platform::Refusal;
use platform::terms::Term;
use platform::write::{Tx, read_refusal};
use sqlx::PgPool;
use uuid::Uuid;

pub(crate) use direct::direct;
pub(crate) use register::{ImportRegister, RegisterComplaint, register, taken_in};
pub(crate) use reveal::RevealIdentity;
pub(crate) use serials::Known;
pub(crate) use steps::{Step, TakeStep};

use super::complaint::{CampaignEvent, Change, Complaint};
use super::law::Section;
use super::viewer::Viewer;
use crate::clocks::Clocks;
use crate::clocks::store::{self as clocks, term};
use crate::directions::{Direction, store as directions};
use crate::terms::LegalActionKind;

/// A row of `intake.complaints`, whole but for its order.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "columns")]
struct Row {
    id: Uuid,
    receipt_no: String,
    station: String,
    district: String,
    channel: i16,
    category: i16,
    risk: Option<i16>,
    handling_state: i16,
    case_state: i16,
    conflict_with_station: bool,
    received_at: DateTime<Utc>,
    first_word_at: DateTime<Utc>,
    assignee: Option<String>,
    register_no: Option<String>,
    contact_mode: i16,
    needs_support: bool,
    child: bool,
    heard_by_woman: bool,
    recorded_by_woman: bool,
    law_sections: Vec<String>,
    acknowledged: bool,
    actions: i32,
    legal_actions: Vec<i16>,
    progress_told: bool,
    satisfied: bool,
    recorded_by: String,
    campaign: Option<Uuid>,
    campaign_event: Option<Uuid>,
    version: i64,
}

impl Row {
    /// The complaint of a row, its limits (none: those of a page without them) and what was directed.
    ///
    /// # Errors
    /// A number that this release does not know.
    fn with(self, clocks: Clocks, directions: Vec<Direction>) -> Result<Complaint, sqlx::Error> {
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
            recorded_by_woman: self.recorded_by_woman,
            law_sections: self.law_sections.iter().filter_map(|section| Section::parse(section)).collect(),
            acknowledged: self.acknowledged,
            actions: self.actions,
            legal_actions: self.legal_actions.into_iter().map(term::<LegalActionKind>).collect::<Result<_, _>>()?,
            progress_told: self.progress_told,
            satisfied: self.satisfied,
            recorded_by: self.recorded_by,
            campaign_event: self
                .campaign
                .zip(self.campaign_event)
                .map(|(campaign, event)| CampaignEvent { campaign, event }),
            clocks,
            directions,
            version: self.version,
        })
    }
}

/// Reads those of these that there are, with their limits if wanted, by id.
pub(crate) async fn load_all(
    db: &mut Tx,
    ids: &[Uuid],
    with_clocks: bool,
) -> Result<HashMap<Uuid, Complaint>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT id, receipt_no, station, district, channel, category, risk, handling_state, case_state,
                conflict_with_station, received_at, first_word_at, assignee, register_no, contact_mode, needs_support, child,
                heard_by_woman, recorded_by_woman, law_sections, acknowledged, actions, legal_actions, progress_told, satisfied,
                recorded_by, campaign, campaign_event, version
         FROM intake.complaints WHERE id = ANY($1)",
        ids
    )
    .fetch_all(&mut *db)
    .await?;
    let mut clocks = if with_clocks { clocks::load(&mut *db, ids).await? } else { HashMap::new() };
    let mut directions = directions::load(db, ids).await?;
    rows.into_iter()
        .map(|row| {
            let (clocks, directions) = (clocks.remove(&row.id), directions.remove(&row.id));
            Ok((row.id, row.with(clocks.unwrap_or_default(), directions.unwrap_or_default())?))
        })
        .collect()
}

/// Reads a complaint; `None`: there is none.
pub(crate) async fn load(db: &mut Tx, id: Uuid) -> Result<Option<Complaint>, sqlx::Error> {
    Ok(load_all(db, &[id], true).await?.remove(&id))
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

/// Writes a complaint as it is after a step; it must be the version before.
async fn save(tx: &mut Tx, change: &Change) -> Result<(), sqlx::Error> {
    let complaint = &change.complaint;
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
        complaint.due(),
        complaint.due_limit().map(Term::number)
    )
    .execute(&mut *tx)
    .await?;
    if saved.rows_affected() != 1 {
        // Its lock is held: nobody else can have changed it.
        return Err(sqlx::Error::RowNotFound);
    }
    let mut columns = clocks::Columns::default();
    columns.push(complaint.id, &complaint.clocks);
    clocks::save(&mut *tx, &columns).await?;
    directions::save_followed(tx, &complaint.directions).await
}
