//! What the replaying client was answered, kept as it was told: enough to count every figure of the statement again without
//! asking the suite. Nothing here knows how the suite counts.

mod week;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use mahila_proto::intake::v1::{ActionKind, CallOutcome, Category, Complaint, LegalActionKind, VisitOutcome};

pub use week::{Campaign, Decision, EventStep, Obligation, PutOff, Review};

/// Everything that was answered.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Desks opened, as they were answered.
    pub desks: Vec<Desk>,
    /// Rosters published.
    pub rosters: Vec<Roster>,
    /// Duties begun.
    pub check_ins: Vec<CheckIn>,
    /// Signs of life taken.
    pub heartbeats: Vec<Heartbeats>,
    /// Visits recorded.
    pub visits: Vec<Visit>,
    /// Reports of calls, in the order in which they were answered.
    pub calls: Vec<Call>,
    /// Registers taken in.
    pub registers: Vec<Register>,
    /// Complaints of the desks and of calls, by name.
    pub complaints: BTreeMap<String, Told>,
    /// Receipts read.
    pub receipts: usize,
    /// Reviews.
    pub review: Review,
    /// Awareness events.
    pub campaign: Campaign,
}

/// An opened desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desk {
    /// `ps-162-001`.
    pub station: String,
    /// First day.
    pub opened_on: NaiveDate,
    /// Minutes after midnight IST.
    pub opens_minute: i32,
    /// Minutes after midnight IST.
    pub closes_minute: i32,
    /// Women that must be there together.
    pub min_women: i32,
}

/// A published roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    /// `ps-162-001`.
    pub station: String,
    /// Days it covers.
    pub days: Vec<NaiveDate>,
    /// Check-ins that these days expect together.
    pub check_ins_expected: i32,
}

/// An officer who is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckIn {
    /// `ps-162-001`.
    pub station: String,
    /// `officers/…`.
    pub officer: String,
    /// From when she counts.
    pub from: DateTime<Utc>,
    /// Until when.
    pub until: DateTime<Utc>,
}

/// Signs of life of a desk on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heartbeats {
    /// `ps-162-001`.
    pub station: String,
    /// The day they were captured.
    pub day: NaiveDate,
    /// New ones.
    pub accepted: i32,
}

/// A visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// `ps-162-001`.
    pub station: String,
    /// The day she came.
    pub day: NaiveDate,
    /// What it came to.
    pub outcome: VisitOutcome,
}

/// A report of a call and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The control room's id of the event.
    pub event_id: String,
    /// As sent.
    pub revision: i32,
    /// As sent.
    pub received_at: DateTime<Utc>,
    /// As sent.
    pub category: Category,
    /// As sent; empty: this call alone.
    pub incident_id: String,
    /// The caller's number as sent; `None`: not known.
    pub phone: Option<String>,
    /// As answered.
    pub outcome: CallOutcome,
    /// As answered: `ps-162-001`; empty: none.
    pub station: String,
    /// As answered: `district-162`; empty: none.
    pub district: String,
    /// As answered: `complaints/…`; empty: none.
    pub complaint: String,
}

/// A register taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register {
    /// `ps-162-001`.
    pub station: String,
    /// The day it was taken in.
    pub day: NaiveDate,
    /// Complaints answered.
    pub complaints: usize,
}

/// A complaint as it was told and answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Recorded with a woman officer's token.
    pub by_woman: bool,
    /// As first answered.
    pub first: Complaint,
    /// As last answered.
    pub last: Complaint,
    /// What was done, in order.
    pub acts: Vec<Act>,
}

/// Something done about a complaint, and answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Act {
    /// What.
    pub what: What,
    /// The day of the replay.
    pub day: NaiveDate,
    /// The complaint as answered.
    pub answer: Complaint,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A receipt was offered.
    Acknowledged,
    /// It was triaged.
    Triaged,
    /// It was given to an officer.
    Assigned,
    /// Something was done.
    Action(ActionKind),
    /// A step in law.
    Law(LegalActionKind),
    /// She was asked.
    Feedback {
        /// She was reached.
        reached: bool,
        /// She is satisfied.
        satisfied: bool,
        /// She was alone.
        private: bool,
    },
}

/// Something that was answered at a stop of the clock.
#[derive(Debug)]
pub enum Fact {
    /// A visit.
    Visit(Visit),
    /// A complaint was registered, or is told for the first time.
    Complaint {
        /// Recorded with a woman officer's token.
        by_woman: bool,
        /// As answered.
        answer: Box<Complaint>,
    },
    /// Something was done about a complaint.
    Act(Box<Act>),
    /// A receipt was read.
    Receipt,
}

impl Tally {
    /// Keeps a fact.
    pub fn keep(&mut self, fact: Fact) {
        match fact {
            Fact::Visit(visit) => self.visits.push(visit),
            Fact::Receipt => self.receipts += 1,
            Fact::Complaint { by_woman, answer } => {
                let told = Told { by_woman, first: (*answer).clone(), last: *answer, acts: Vec::new() };
                self.complaints.entry(told.first.name.clone()).or_insert(told);
            }
            Fact::Act(act) => {
                if let Some(told) = self.complaints.get_mut(&act.answer.name) {
                    told.last = act.answer.clone();
                    told.acts.push(*act);
                }
            }
        }
    }
}
