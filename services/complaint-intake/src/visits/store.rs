//! Visits in the database.

use chrono::{DateTime, NaiveDate, Utc};
use platform::terms::Term as _;
use platform::write::{By, Command, Done, Outcome, Tx};
use uuid::Uuid;

use super::visit::{Recorded, Told, Visit};

/// She came.
#[derive(Debug)]
pub(crate) struct RecordVisit {
    /// Of the new visit.
    pub(crate) id: Uuid,
    /// The caller's scope covers it.
    pub(crate) station: String,
    /// What the desk says.
    pub(crate) told: Told,
}

impl Command for RecordVisit {
    /// The visit's id.
    type Effect = Uuid;
    const NAME: &'static str = "record_visit";

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<Uuid>, sqlx::Error> {
        Ok(Self::apply_all(tx, &[(by, self)]).await?.remove(0))
    }

    async fn apply_all(tx: &mut Tx, batch: &[(&By, &Self)]) -> Result<Vec<Outcome<Uuid>>, sqlx::Error> {
        let mut rows = Rows::default();
        let mut outcomes = Vec::with_capacity(batch.len());
        for (by, command) in batch {
            outcomes.push(Visit::record(command.id, command.station.clone(), command.told, by.now).map(|visit| {
                rows.push(&visit, by);
                Done::new(visit.id).and(&Recorded(visit))
            }));
        }
        rows.insert(tx).await?;
        Ok(outcomes)
    }
}

/// Visits, a column each.
#[derive(Default)]
struct Rows {
    ids: Vec<Uuid>,
    stations: Vec<String>,
    arrived: Vec<DateTime<Utc>>,
    served: Vec<Option<DateTime<Utc>>>,
    outcomes: Vec<i16>,
    recorded_by: Vec<String>,
    recorded_at: Vec<DateTime<Utc>>,
    days: Vec<NaiveDate>,
}

impl Rows {
    fn push(&mut self, visit: &Visit, by: &By) {
        self.ids.push(visit.id);
        self.stations.push(visit.station.clone());
        self.arrived.push(visit.arrived_at);
        self.served.push(visit.served_at);
        self.outcomes.push(visit.outcome.number());
        self.recorded_by.push(by.actor.clone());
        self.recorded_at.push(by.now);
        self.days.push(visit.day());
    }

    async fn insert(&self, tx: &mut Tx) -> Result<(), sqlx::Error> {
        if self.ids.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "INSERT INTO intake.visits (id, station, arrived_at, served_at, outcome, recorded_by, recorded_at, day)
             SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::smallint[], $6::text[],
                                  $7::timestamptz[], $8::date[])",
            &self.ids,
            &self.stations,
            &self.arrived,
            &self.served as &[Option<DateTime<Utc>>],
            &self.outcomes,
            &self.recorded_by,
            &self.recorded_at,
            &self.days
        )
        .execute(tx)
        .await?;
        Ok(())
    }
}
