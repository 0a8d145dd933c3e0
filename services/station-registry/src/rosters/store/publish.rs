//! A roster takes the place of the earlier one of its days.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use platform::clock::ist_day;
use platform::write::{By, Command, Done, Outcome, Subject, Tx};
use platform::{Refusal, Scope};
use serde::{Deserialize, Serialize};

use super::super::roster::{Hours, RosterPublished, Shift, publish};
use crate::desks::Desk;

/// Publishes a roster.
#[derive(Debug)]
pub struct PublishRoster {
    /// Must cover the station.
    pub scope: Scope,
    /// Whose desk.
    pub station: String,
    /// The roster.
    pub shifts: Vec<Shift>,
}

/// What was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// Days that have this roster now.
    pub days: Vec<NaiveDate>,
    /// One an officer and shift.
    pub check_ins_expected: usize,
}

impl Command for PublishRoster {
    type Effect = Published;
    const NAME: &'static str = "publish_roster";

    fn subjects(&self) -> Vec<Subject> {
        vec![Subject::of("desk", &self.station)]
    }

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<Published>, sqlx::Error> {
        let mut outcomes = Self::apply_all(tx, &[(by, self)]).await?;
        Ok(outcomes.remove(0))
    }

    async fn apply_all(tx: &mut Tx, batch: &[(&By, &Self)]) -> Result<Vec<Outcome<Published>>, sqlx::Error> {
        let stations: Vec<String> = batch.iter().map(|(_, command)| command.station.clone()).collect();
        let hours = hours(tx, &stations).await?;
        let decided = batch.iter().map(|(by, command)| command.decide(hours.get(&command.station), ist_day(by.now)));
        let decided: Vec<Result<BTreeSet<NaiveDate>, Refusal>> = decided.collect();
        // Of two rosters of one desk and day in a batch the later one stands.
        let mut written = HashSet::new();
        let mut duties = Duties::default();
        for ((_, command), days) in batch.iter().zip(&decided).rev() {
            for day in days.iter().flatten() {
                if written.insert((command.station.as_str(), *day)) {
                    duties.add(&command.station, *day, &command.shifts);
                }
            }
        }
        duties.replace(tx).await?;
        let outcomes = batch.iter().zip(decided).map(|((_, command), days)| days.map(|days| command.done(days)));
        Ok(outcomes.collect())
    }
}

impl PublishRoster {
    fn decide(&self, hours: Option<&Hours>, today: NaiveDate) -> Result<BTreeSet<NaiveDate>, Refusal> {
        self.scope.need_station(&self.station)?;
        let hours = hours.ok_or_else(|| Refusal::not_found(Desk::name(&self.station)))?;
        publish(&self.shifts, *hours, today)
    }

    fn done(&self, days: BTreeSet<NaiveDate>) -> Done<Published> {
        let days: Vec<NaiveDate> = days.into_iter().collect();
        let event = RosterPublished { station: &self.station, days: &days };
        let check_ins_expected = self.shifts.iter().map(|shift| shift.officers.len()).sum();
        Done::new(Published { days: days.clone(), check_ins_expected }).and(&event)
    }
}

async fn hours(tx: &mut Tx, stations: &[String]) -> Result<HashMap<String, Hours>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT station, opened_on, opens_minute, closes_minute FROM registry.desks WHERE station = ANY($1)",
        stations
    )
    .fetch_all(tx)
    .await?;
    let hours = |opened_on, opens, closes| Hours { opened_on, opens, closes };
    Ok(rows.into_iter().map(|row| (row.station, hours(row.opened_on, row.opens_minute, row.closes_minute))).collect())
}

/// Days and their duties, a column each.
#[derive(Default)]
struct Duties {
    of: (Vec<String>, Vec<NaiveDate>),
    stations: Vec<String>,
    days: Vec<NaiveDate>,
    officers: Vec<String>,
    starts: Vec<i32>,
    ends: Vec<i32>,
}

impl Duties {
    fn add(&mut self, station: &str, day: NaiveDate, shifts: &[Shift]) {
        self.of.0.push(station.to_owned());
        self.of.1.push(day);
        for shift in shifts.iter().filter(|shift| shift.day == day) {
            for officer in &shift.officers {
                self.stations.push(station.to_owned());
                self.days.push(day);
                self.officers.push(officer.clone());
                self.starts.push(shift.start);
                self.ends.push(shift.end);
            }
        }
    }

    async fn replace(&self, tx: &mut Tx) -> Result<(), sqlx::Error> {
        if self.of.0.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "DELETE FROM registry.duties USING unnest($1::text[], $2::date[]) AS replaced (station, day)
             WHERE duties.station = replaced.station AND duties.day = replaced.day",
            &self.of.0,
            &self.of.1
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            "INSERT INTO registry.duties (station, day, officer, start_minute, end_minute)
             SELECT * FROM unnest($1::text[], $2::date[], $3::text[], $4::int[], $5::int[])",
            &self.stations,
            &self.days,
            &self.officers,
            &self.starts,
            &self.ends
        )
        .execute(tx)
        .await?;
        Ok(())
    }
}
