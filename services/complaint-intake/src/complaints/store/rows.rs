//! New complaints as columns: what one statement writes of many.

use chrono::{DateTime, NaiveDate, Utc};
use platform::terms::Term;
use platform::write::{Tail, Tx};
use uuid::Uuid;

use super::serials::Taken;
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
    by_women: Vec<bool>,
    acknowledged: Vec<bool>,
    recorded_by: Vec<String>,
    visits: Vec<Option<Uuid>>,
    campaigns: Vec<Option<Uuid>>,
    campaign_events: Vec<Option<Uuid>>,
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
        self.by_women.push(complaint.recorded_by_woman);
        self.acknowledged.push(complaint.acknowledged);
        self.recorded_by.push(complaint.recorded_by.clone());
        self.visits.push(new.visit);
        self.campaigns.push(complaint.campaign_event.map(|event| event.campaign));
        self.campaign_events.push(complaint.campaign_event.map(|event| event.event));
        self.next_due.push(next.map(|clock| clock.due_at));
        self.next_codes.push(next.map(|clock| clock.code.number()));
        self.clocks.push(complaint.id, &complaint.clocks);
        self.vault.push(&new.sealed);
    }

    /// Writes all with one statement, however many: a lone complaint waits for one answer of the database, not for three.
    /// New complaints have new ids, so nothing here can conflict with what is there.
    pub(super) async fn insert(&self, tx: &mut Tx) -> Result<(), sqlx::Error> {
        if self.ids.is_empty() {
            return Ok(());
        }
        self.write(tx, None, &Tail::default()).await?;
        Ok(())
    }

    /// Writes one complaint with everything that belongs to it: its serial is taken, if it is the one that follows, its answer
    /// kept, its entry in the journal. A transaction by itself.
    pub(super) async fn insert_at_once(
        &self,
        tx: &mut Tx,
        taken: &Taken,
        tail: &Tail,
    ) -> Result<Option<i64>, sqlx::Error> {
        self.write(tx, Some(taken), tail).await
    }

    #[expect(clippy::too_many_lines, reason = "one statement, a column a line")]
    async fn write(&self, tx: &mut Tx, taken: Option<&Taken>, tail: &Tail) -> Result<Option<i64>, sqlx::Error> {
        let (clocks, vault) = (&self.clocks, &self.vault);
        let book = taken.map(|taken| &taken.book);
        sqlx::query_scalar!(
            r#"WITH taken AS (
                 UPDATE intake.serials SET last = $46
                 WHERE district = $47 AND station = $48 AND year = $49 AND last = $46 - 1
                 RETURNING last
             ), limits AS (
                 INSERT INTO intake.clocks (complaint, code, started_at, due_at, breach_at, stopped_at, breached, statutory)
                 SELECT * FROM unnest($27::uuid[], $28::smallint[], $29::timestamptz[], $30::timestamptz[], $31::timestamptz[],
                                      $32::timestamptz[], $33::bool[], $34::bool[])
             ), keys AS (
                 INSERT INTO vault.data_keys (subject, wrapped) SELECT * FROM unnest($35::uuid[], $36::bytea[])
             ), persons AS (
                 INSERT INTO vault.persons (subject, place, role, sealed, phone_index)
                 SELECT * FROM unnest($37::uuid[], $38::smallint[], $39::smallint[], $40::bytea[], $41::bytea[])
             ), narratives AS (
                 INSERT INTO vault.narratives (subject, sealed) SELECT * FROM unnest($42::uuid[], $43::bytea[])
             ), safe_contacts AS (
                 INSERT INTO vault.safe_contacts (subject, sealed) SELECT * FROM unnest($44::uuid[], $45::bytea[])
             ), complaints AS (
                 INSERT INTO intake.complaints
                     (id, receipt_no, station, district, channel, category, risk, handling_state, case_state, conflict_with_station,
                      received_at, received_day, first_word_at, register_no, contact_mode, needs_support, child, heard_by_woman,
                      acknowledged, recorded_by, visit, next_due_at, next_code, campaign, campaign_event, recorded_by_woman,
                      law_sections, actions, legal_actions, progress_told, satisfied, version)
                 SELECT told.*, '{}', 0, '{}', false, false, 1
                 FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::smallint[], $6::smallint[], $7::smallint[],
                             $8::smallint[], $9::smallint[], $10::bool[], $11::timestamptz[], $12::date[], $13::timestamptz[],
                             $14::text[], $15::smallint[], $16::bool[], $17::bool[], $18::bool[], $19::bool[], $20::text[],
                             $21::uuid[], $22::timestamptz[], $23::smallint[], $24::uuid[], $25::uuid[], $26::bool[]) AS told
                 RETURNING id
             )
             -- The rows first, the head last: locks are taken in one order, whoever writes.
             SELECT CASE
                 WHEN $46 IS NULL THEN NULL
                 WHEN (SELECT count(*) FROM taken) < (SELECT count(*) FROM complaints) THEN platform.assumption_failed()
                 ELSE platform.append($50, $51, $52, $53, $54, $55, $56, $57, $58, $59, $60, $61)
             END"#,
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
            &self.next_codes as &[Option<i16>],
            &self.campaigns as &[Option<Uuid>],
            &self.campaign_events as &[Option<Uuid>],
            &self.by_women,
            &clocks.complaints,
            &clocks.codes,
            &clocks.started,
            &clocks.due,
            &clocks.breach,
            &clocks.stopped as &[Option<DateTime<Utc>>],
            &clocks.breached,
            &clocks.statutory,
            &vault.subjects,
            &vault.wrapped,
            &vault.person_subjects,
            &vault.places,
            &vault.roles,
            &vault.persons,
            &vault.phone_indexes as &[Option<Vec<u8>>],
            &vault.narrative_subjects,
            &vault.narratives,
            &vault.contact_subjects,
            &vault.contacts,
            taken.map(|taken| taken.serial) as Option<i32>,
            book.map(|(district, _, _)| district.as_str()) as Option<&str>,
            book.map(|(_, station, _)| station.as_str()) as Option<&str>,
            book.map(|(_, _, year)| *year) as Option<i16>,
            &tail.callers,
            &tail.methods,
            &tail.request_ids,
            &tail.digests,
            &tail.effects,
            &tail.kinds,
            &tail.subjects,
            &tail.payloads,
            &tail.actors,
            &tail.traceparents,
            &tail.bodies,
            tail.at
        )
        .fetch_one(tx)
        .await
    }
}
