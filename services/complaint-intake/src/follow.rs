//! What the intake learns from others: units and stations, from the registry's journal; decisions about complaints, from
//! review's. Complaints are taken in whether or not either answers.

use mahila_proto::review::v1 as review;
use platform::directory::DirectoryCopy;
use platform::feed::{ApplyError, Entry, Projection};
use platform::fields::day_of;
use platform::journal::Draft;
use platform::service::{Base, StartError};
use platform::settings::Service;
use platform::terms::Term as _;
use platform::write::{By, Subject, Tx};
use prost::Message as _;
use uuid::Uuid;

use crate::clocks::store::lock;
use crate::complaints::store::direct;
use crate::directions::Decision;
use crate::directions::store::Fault;
use crate::terms::{DecisionKind, ReviewLevel};

const DECISION_RECORDED: &str = "review.decision.recorded";

/// Shows the directory's copy as it was left, and goes on from there.
pub(crate) async fn follow(base: &Base) -> Result<(), StartError> {
    base.directory.load(&base.db).await.map_err(|error| StartError::Database {
        service: base.service.name(),
        fault: platform::write::sql_state(&error),
    })?;
    base.follow(DirectoryCopy::new(base.directory.clone(), base.db.clone()))?;
    if base.settings.peers.get(Service::Review).is_some() {
        base.follow(Review)?;
    } else {
        tracing::info!("peers.review is not set: no decision of a review takes effect here");
    }
    Ok(())
}

/// Follows review: its decisions take effect here.
#[derive(Debug, Clone, Copy)]
struct Review;

impl Projection for Review {
    fn source(&self) -> &'static str {
        Service::Review.source()
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[DECISION_RECORDED]
    }

    fn subjects(&self, entries: &[Entry]) -> Vec<Subject> {
        entries.iter().filter_map(|entry| Uuid::try_parse(&entry.subject).ok()).map(lock).collect()
    }

    async fn apply(&self, tx: &mut Tx, by: &By, entries: &[Entry]) -> Result<Vec<Draft>, ApplyError> {
        let mut decisions = Vec::with_capacity(entries.len());
        for entry in entries.iter().filter(|entry| entry.kind == DECISION_RECORDED) {
            let told = review::DecisionRecorded::decode(&entry.payload[..])?;
            let Some(decision) = decision(entry, &told) else {
                tracing::warn!(entry = entry.seq, "a decision that this release cannot read has no effect");
                continue;
            };
            decisions.push(decision);
        }
        let directed = direct(tx, by, &decisions).await?;
        for decision in &directed.unknown {
            tracing::warn!(%decision, "a decision about a complaint that is not here has no effect");
        }
        Ok(directed.changes.iter().flat_map(|change| &change.events).map(Draft::of).collect())
    }

    /// Nothing is taken back: what was decided was decided, and what is told again is known by its id.
    async fn reset(&self, _tx: &mut Tx) -> Result<(), Fault> {
        Ok(())
    }
}

fn decision(entry: &Entry, told: &review::DecisionRecorded) -> Option<Decision> {
    let level = told.place.as_ref().and_then(|place| ReviewLevel::from_number(place.level))?;
    Some(Decision {
        id: Uuid::try_parse(&told.decision).ok()?,
        complaint: Uuid::try_parse(&entry.subject).ok()?,
        kind: DecisionKind::from_number(told.kind)?,
        level,
        day: day_of(told.day.as_ref()).unwrap_or(entry.day),
    })
}
