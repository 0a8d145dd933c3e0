//! Heartbeats: every desk in the state, every few minutes, so a whole batch is taken at once. Not journaled: what they come
//! to is told when the day is closed.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use platform::write::{By, Command, Done, Outcome, Tx};
use platform::{Refusal, Scope};

use super::super::heartbeat::{Heartbeat, check};

/// Signs of life of a desk's device.
#[derive(Debug)]
pub struct SendHeartbeats {
    /// Must cover the station.
    pub scope: Scope,
    /// Whose desk.
    pub station: String,
    /// The signs.
    pub heartbeats: Vec<Heartbeat>,
}

impl SendHeartbeats {
    fn decide(&self, opened: Option<&NaiveDate>, now: DateTime<Utc>) -> Result<(), Refusal> {
        self.scope.need_station(&self.station)?;
        let opened = opened.ok_or_else(|| Refusal::not_found(format!("stations/{}/desk", self.station)))?;
        check(&self.heartbeats, *opened, now)
    }
}

impl Command for SendHeartbeats {
    type Effect = i32;
    const NAME: &'static str = "send_heartbeats";

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<i32>, sqlx::Error> {
        let mut outcomes = Self::apply_all(tx, &[(by, self)]).await?;
        Ok(outcomes.remove(0))
    }

    async fn apply_all(tx: &mut Tx, batch: &[(&By, &Self)]) -> Result<Vec<Outcome<i32>>, sqlx::Error> {
        let Some((by, _)) = batch.first() else { return Ok(Vec::new()) };
        let stations: Vec<String> = batch.iter().map(|(_, command)| command.station.clone()).collect();
        let opened = sqlx::query!("SELECT station, opened_on FROM registry.desks WHERE station = ANY($1)", &stations);
        let opened = opened.fetch_all(&mut *tx).await?;
        let opened: HashMap<String, NaiveDate> = opened.into_iter().map(|row| (row.station, row.opened_on)).collect();

        // The same device and instant again is one, and belongs to the first who told of it.
        let mut first: HashMap<(&str, DateTime<Utc>, &str), (usize, i32)> = HashMap::new();
        let mut outcomes: Vec<Outcome<i32>> = Vec::with_capacity(batch.len());
        for (at, (by, command)) in batch.iter().enumerate() {
            let decided = command.decide(opened.get(&command.station), by.now);
            if decided.is_ok() {
                for beat in &command.heartbeats {
                    let key = (command.station.as_str(), beat.captured_at, beat.device.as_str());
                    first.entry(key).or_insert((at, beat.queue_depth));
                }
            }
            outcomes.push(decided.map(|()| Done::new(0)));
        }
        for accepted in insert(tx, &first, by.now).await? {
            let key = (accepted.station.as_str(), accepted.captured_at, accepted.device.as_str());
            if let Some(Ok(done)) = first.get(&key).and_then(|(at, _)| outcomes.get_mut(*at)) {
                done.effect += 1;
            }
        }
        Ok(outcomes)
    }
}

struct Accepted {
    station: String,
    captured_at: DateTime<Utc>,
    device: String,
}

async fn insert(
    tx: &mut Tx,
    beats: &HashMap<(&str, DateTime<Utc>, &str), (usize, i32)>,
    now: DateTime<Utc>,
) -> Result<Vec<Accepted>, sqlx::Error> {
    if beats.is_empty() {
        return Ok(Vec::new());
    }
    let stations: Vec<String> = beats.keys().map(|(station, _, _)| (*station).to_owned()).collect();
    let captured: Vec<DateTime<Utc>> = beats.keys().map(|(_, captured_at, _)| *captured_at).collect();
    let devices: Vec<String> = beats.keys().map(|(_, _, device)| (*device).to_owned()).collect();
    let depths: Vec<i32> = beats.values().map(|(_, depth)| *depth).collect();
    // In the order of the key: two replicas that take the same ones wait for each other, not both for the other.
    sqlx::query_as!(
        Accepted,
        "INSERT INTO registry.heartbeats (station, captured_at, device, queue_depth, received_at)
         SELECT station, captured_at, device, queue_depth, $5
         FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::int[]) AS beat (station, captured_at, device, queue_depth)
         ORDER BY station, captured_at, device
         ON CONFLICT DO NOTHING
         RETURNING station, captured_at, device",
        &stations,
        &captured,
        &devices,
        &depths,
        now
    )
    .fetch_all(tx)
    .await
}
