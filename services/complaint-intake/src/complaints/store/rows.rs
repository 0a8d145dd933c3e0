//! New complaints as columns: what one statement writes of many.

use chrono::{DateTime, NaiveDate, Utc};
use platform::terms::Term;
use platform::write::Tx;
use uuid::Uuid;

use crate::clocks::store as clocks;
use crate::complaints::complaint::Complaint;
use crate::complaints::register::NewComplaint;
use crate::vault::store as vault;

/// New complaints, a column each.
#[derive(Default)]
pub(super) struct Rows {
    ids: Vec<Uuid>,
    receipts: Vec<String>,
    stations: Vec<String>,
    districts: Vec<String>,
    channels: Vec<i16>,
    categories: Vec<i16>,
    risks: Vec<Option<i16>>,
    handling: Vec<i16>,
    cases: Vec<i16>,
    conflicts: Vec<bool>,
    received: Vec<DateTime<Utc>>,
    days: Vec<NaiveDate>,
    first_words: Vec<DateTime<Utc>>,
    register_nos: Vec<Option<String>>,
    contact_modes: Vec<i16>,
    support: Vec<bool>,
    children: Vec<bool>,
    heard: Vec<bool>,
    acknowledged: Vec<bool>,
    recorded_by: Vec<String>,
    visits: Vec<Option<Uuid>>,
    next_due: Vec<Option<DateTime<Utc>>>,
    next_codes: Vec<Option<i16>>,
    clocks: clocks::Columns,
    vault: vault::Columns,
}

impl Rows {
    /// Adds one.
    pub(super) fn push(&mut self, new: &NewComplaint, complaint: &Complaint) {
        let next = complaint.clocks.next();
        self.ids.push(complaint.id);
        self.receipts.push(complaint.receipt_no.clone());
        self.stations.push(complaint.station.clone());
        self.districts.push(complaint.district.clone());
        self.channels.push(complaint.channel.number());
        self.categories.push(complaint.category.number());
        self.risks.push(complaint.risk.map(Term::number));
        self.handling.push(complaint.handling.number());
        self.cases.push(complaint.case.number());
        self.conflicts.push(complaint.conflict_with_station);
        self.received.push(complaint.received_at);
        self.days.push(complaint.place().registered_day);
        self.first_words.push(complaint.first_word_at);
        self.register_nos.push(new.line.as_ref().map(|line| line.register_no.clone()));
        self.contact_modes.push(complaint.contact_mode.number());
        self.support.push(complaint.needs_support);
        self.children.push(complaint.child);
        self.heard.push(complaint.heard_by_woman);
        self.acknowledged.push(complaint.acknowledged);
        self.recorded_by.push(complaint.recorded_by.clone());
        self.visits.push(new.visit);
        self.next_due.push(next.map(|clock| clock.due_at));
        self.next_codes.push(next.map(|clock| clock.code.number()));
        self.clocks.push(complaint.id, &complaint.clocks);
        self.vault.push(&new.sealed);
    }

    /// Writes all: three statements, however many.
    pub(super) async fn insert(&self, tx: &mut Tx) -> Result<(), sqlx::Error> {
        if self.ids.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "INSERT INTO intake.complaints
                 (id, receipt_no, station, district, channel, category, risk, handling_state, case_state, conflict_with_station,
                  received_at, received_day, first_word_at, register_no, contact_mode, needs_support, child, heard_by_woman,
                  acknowledged, recorded_by, visit, next_due_at, next_code,
                  law_sections, actions, legal_actions, progress_told, satisfied, version)
             SELECT told.*, '{}', 0, '{}', false, false, 1
             FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::smallint[], $6::smallint[], $7::smallint[],
                         $8::smallint[], $9::smallint[], $10::bool[], $11::timestamptz[], $12::date[], $13::timestamptz[],
                         $14::text[], $15::smallint[], $16::bool[], $17::bool[], $18::bool[], $19::bool[], $20::text[],
                         $21::uuid[], $22::timestamptz[], $23::smallint[]) AS told",
            &self.ids,
            &self.receipts,
            &self.stations,
            &self.districts,
            &self.channels,
            &self.categories,
            &self.risks as &[Option<i16>],
            &self.handling,
            &self.cases,
            &self.conflicts,
            &self.received,
            &self.days,
            &self.first_words,
            &self.register_nos as &[Option<String>],
            &self.contact_modes,
            &self.support,
            &self.children,
            &self.heard,
            &self.acknowledged,
            &self.recorded_by,
            &self.visits as &[Option<Uuid>],
            &self.next_due as &[Option<DateTime<Utc>>],
            &self.next_codes as &[Option<i16>]
        )
        .execute(&mut *tx)
        .await?;
        clocks::save(tx, &self.clocks).await?;
        vault::insert(tx, &self.vault).await
    }
}
