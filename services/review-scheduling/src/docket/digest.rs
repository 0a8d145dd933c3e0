//! The records that digests are over, so that anybody can compute them: see `mahila.review.v1.VerifySelectionResponse`.

use chrono::NaiveDate;
use platform::terms::Term as _;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::candidate::{Candidate, Rules};
use super::select::Item;
use crate::terms::CarriedReason;

/// Bytes of a candidate's record.
pub const RECORD: usize = 30;

/// Stands for "no day": days since 1970-01-01 do not reach it.
const NO_DAY: i32 = i32::MIN;

const CLOSED: u8 = 1;
const ACTION_OVERDUE: u8 = 2;
const REOPENED: u8 = 4;
const HIGH_RISK: u8 = 8;
const REVIEWED_LATELY: u8 = 16;
const WORST_BELOW: u8 = 32;

/// The records of candidates, by complaint: what is frozen when a cycle opens.
#[must_use]
pub fn records(candidates: &[Candidate]) -> Vec<u8> {
    let mut by_complaint: Vec<&Candidate> = candidates.iter().collect();
    by_complaint.sort_unstable_by_key(|candidate| candidate.complaint);
    let mut records = Vec::with_capacity(by_complaint.len() * RECORD);
    for candidate in by_complaint {
        records.extend(candidate.complaint.as_bytes());
        for day in [Some(candidate.registered_day), candidate.due_day, candidate.breached_day] {
            records.extend(day.map_or(NO_DAY, |day| day.to_epoch_days()).to_be_bytes());
        }
        records.push(flags(candidate));
        records.push(candidate.carried.map_or(0, |carried| u8::try_from(carried.number()).unwrap_or_default()));
    }
    records
}

fn flags(candidate: &Candidate) -> u8 {
    [
        (candidate.closed, CLOSED),
        (candidate.action_overdue, ACTION_OVERDUE),
        (candidate.reopened, REOPENED),
        (candidate.high_risk, HIGH_RISK),
        (candidate.reviewed_lately, REVIEWED_LATELY),
        (candidate.worst_below, WORST_BELOW),
    ]
    .into_iter()
    .filter_map(|(holds, flag)| holds.then_some(flag))
    .sum()
}

/// Candidates of their records. `None`: these are not records.
#[must_use]
pub fn candidates(records: &[u8]) -> Option<Vec<Candidate>> {
    let (records, rest) = records.as_chunks::<RECORD>();
    if rest.is_empty() { records.iter().map(candidate).collect() } else { None }
}

fn candidate(record: &[u8; RECORD]) -> Option<Candidate> {
    let day = |place: usize| -> Option<Option<NaiveDate>> {
        let bytes = record[16 + 4 * place..][..4].try_into().ok()?;
        match i32::from_be_bytes(bytes) {
            NO_DAY => Some(None),
            days => NaiveDate::from_epoch_days(days).map(Some),
        }
    };
    let has = |flag: u8| record[28] & flag != 0;
    Some(Candidate {
        complaint: Uuid::from_slice(&record[..16]).ok()?,
        registered_day: day(0)??,
        due_day: day(1)?,
        breached_day: day(2)?,
        closed: has(CLOSED),
        action_overdue: has(ACTION_OVERDUE),
        reopened: has(REOPENED),
        high_risk: has(HIGH_RISK),
        reviewed_lately: has(REVIEWED_LATELY),
        worst_below: has(WORST_BELOW),
        carried: match record[29] {
            0 => None,
            number => Some(CarriedReason::from_number(number.into())?),
        },
    })
}

/// The digest of candidates: SHA-256 over their records.
#[must_use]
pub fn candidates_sha256(records: &[u8]) -> [u8; 32] {
    Sha256::digest(records).into()
}

/// The text that a docket's digest is over.
#[must_use]
pub fn docket_text(cycle: Uuid, rules: &Rules, candidates_sha256: &[u8; 32], items: &[Item]) -> String {
    use std::fmt::Write as _;
    let mut text = format!(
        "mahila-docket/1\ncycle {cycle}\nquota {} random {} next {}\ncandidates ",
        rules.quota, rules.random_minimum, rules.next_cycle_day
    );
    for byte in candidates_sha256 {
        let _ = write!(text, "{byte:02x}");
    }
    text.push('\n');
    for (place, item) in items.iter().enumerate() {
        let _ = writeln!(text, "{} {} {}", place + 1, item.complaint, item.stratum.number());
    }
    text
}

/// The digest of a docket, as published when the cycle opens: it binds rules and candidates too.
#[must_use]
pub fn docket_sha256(cycle: Uuid, rules: &Rules, candidates_sha256: &[u8; 32], items: &[Item]) -> [u8; 32] {
    Sha256::digest(docket_text(cycle, rules, candidates_sha256, items)).into()
}
