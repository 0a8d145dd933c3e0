//! What was answered about reviews and awareness events.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use mahila_proto::campaign::v1 as campaign;
use mahila_proto::intake::v1::Complaint;
use mahila_proto::review::v1 as review;

/// Reviews.
#[derive(Debug, Clone, Default)]
pub struct Review {
    /// Cycles of the week as they were answered at its end, of all levels.
    pub cycles: Vec<review::ReviewCycle>,
    /// Decisions.
    pub decisions: Vec<Decision>,
    /// Decisions that were refused: the reason, by the name of the case.
    pub refused: BTreeMap<String, String>,
    /// Cases put off, and those that went up because they are against the station.
    pub put_off: Vec<PutOff>,
    /// Sittings, as answered to the signature of the second person, each with its day.
    pub sittings: Vec<(NaiveDate, review::Sitting)>,
    /// What decisions owe, by name.
    pub owed: BTreeMap<String, Obligation>,
    /// Complaints that a decision opened again, as intake answered afterwards.
    pub reopened: Vec<Complaint>,
}

/// A decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// `ps-162-001`, `zone-agra`, `district-162`, `up`.
    pub unit: String,
    /// At which level.
    pub level: review::ReviewLevel,
    /// The day of the replay.
    pub day: NaiveDate,
    /// The case as answered.
    pub item: review::DocketItem,
}

/// A case put off.
#[derive(Debug, Clone, PartialEq)]
pub struct PutOff {
    /// `ps-162-001`, `zone-agra`, `district-162`, `up`.
    pub unit: String,
    /// The day of the replay.
    pub day: NaiveDate,
    /// The case as answered.
    pub item: review::DocketItem,
}

/// What a decision owes.
#[derive(Debug, Clone, PartialEq)]
pub struct Obligation {
    /// `ps-162-001`, `zone-agra`, `district-162`, `up`.
    pub unit: String,
    /// As answered, with the day of the replay: first as it was new, then after each step.
    pub steps: Vec<(NaiveDate, review::ActionItem)>,
}

/// Awareness events.
#[derive(Debug, Clone, Default)]
pub struct Campaign {
    /// Partners as last answered, by name.
    pub partners: BTreeMap<String, campaign::Partner>,
    /// Every step of every event, in order.
    pub steps: Vec<EventStep>,
    /// Events as they were answered at the end, by name.
    pub events: BTreeMap<String, campaign::Event>,
}

/// A step of an event.
#[derive(Debug, Clone, PartialEq)]
pub struct EventStep {
    /// The day of the replay.
    pub day: NaiveDate,
    /// The event as answered.
    pub event: campaign::Event,
}

impl Review {
    /// Keeps what was answered about an action.
    pub fn step(&mut self, unit: &str, day: NaiveDate, item: review::ActionItem) {
        let new = || Obligation { unit: unit.to_owned(), steps: Vec::new() };
        self.owed.entry(item.name.clone()).or_insert_with(new).steps.push((day, item));
    }
}
