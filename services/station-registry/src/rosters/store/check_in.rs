//! Check-ins: one question and one insertion a batch, however many come at once.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use platform::clock::{day_after, ist_day};
use platform::terms::Term as _;
use platform::write::{By, Command, Done, Outcome, Tx};
use platform::{Refusal, Scope};

use super::super::check_in::{Duty, Method, Presence, check_in};
use crate::desks::Desk;

/// An officer is there.
#[derive(Debug)]
pub struct CheckIn {
    /// Must cover the station.
    pub scope: Scope,
    /// Whose desk.
    pub station: String,
    /// Her personnel token.
    pub officer: String,
    /// How it was shown.
    pub method: Method,
}

/// A desk and an officer.
type Who<'a> = (&'a str, &'a str);

impl Command for CheckIn {
    type Effect = Presence;
    const NAME: &'static str = "check_in";

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<Presence>, sqlx::Error> {
        let mut outcomes = Self::apply_all(tx, &[(by, self)]).await?;
        Ok(outcomes.remove(0))
    }

    async fn apply_all(tx: &mut Tx, batch: &[(&By, &Self)]) -> Result<Vec<Outcome<Presence>>, sqlx::Error> {
        let Some((by, _)) = batch.first() else { return Ok(Vec::new()) };
        let Found { desks, mut duties } = find(tx, batch, ist_day(by.now)).await?;
        let mut new = CheckIns::default();
        let mut outcomes = Vec::with_capacity(batch.len());
        for (by, command) in batch {
            let who = (command.station.as_str(), command.officer.as_str());
            let desk = || Refusal::not_found(Desk::name(&command.station));
            let hers = duties.entry(who).or_default();
            let decided = command
                .scope
                .need_station(&command.station)
                .and_then(|()| desks.contains(command.station.as_str()).then_some(()).ok_or_else(desk))
                .and_then(|()| check_in(hers, by.now));
            if let Ok((duty, presence)) = &decided {
                if duty.checked_in != Some(*presence) {
                    new.add(command, duty, *presence, by.now);
                }
                // Her twin in this batch is answered the same.
                for held in hers.iter_mut().filter(|held| (held.day, held.start) == (duty.day, duty.start)) {
                    held.checked_in = Some(*presence);
                }
            }
            outcomes.push(decided.map(|(_, presence)| Done::new(presence)));
        }
        new.insert(tx).await?;
        Ok(outcomes)
    }
}

struct Found<'a> {
    desks: HashSet<&'a str>,
    duties: HashMap<Who<'a>, Vec<Duty>>,
}

/// The duties of these officers today and tomorrow (a shift may begin at midnight), and which of the desks exist.
async fn find<'a>(tx: &mut Tx, batch: &[(&By, &'a CheckIn)], today: NaiveDate) -> Result<Found<'a>, sqlx::Error> {
    let mut who: Vec<Who> =
        batch.iter().map(|(_, command)| (command.station.as_str(), command.officer.as_str())).collect();
    who.sort_unstable();
    who.dedup();
    let stations: Vec<String> = who.iter().map(|(station, _)| (*station).to_owned()).collect();
    let officers: Vec<String> = who.iter().map(|(_, officer)| (*officer).to_owned()).collect();
    let rows = sqlx::query!(
        r#"SELECT asked.place AS "place!", duty.day AS "day?", duty.start_minute AS "start?", duty.end_minute AS "end?",
                  came.from_at AS "from_at?", came.until_at AS "until_at?"
           FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (station, officer, place)
           JOIN registry.desks desk ON desk.station = asked.station
           LEFT JOIN registry.duties duty
             ON duty.station = asked.station AND duty.officer = asked.officer AND duty.day IN ($3, $4)
           LEFT JOIN registry.check_ins came
             ON came.station = duty.station AND came.day = duty.day AND came.officer = duty.officer
            AND came.start_minute = duty.start_minute"#,
        &stations,
        &officers,
        today,
        day_after(today)
    )
    .fetch_all(tx)
    .await?;
    let mut found = Found { desks: HashSet::new(), duties: HashMap::new() };
    for row in rows {
        let place = usize::try_from(row.place - 1).unwrap_or_default();
        let asked = who[place];
        found.desks.insert(asked.0);
        if let (Some(day), Some(start), Some(end)) = (row.day, row.start, row.end) {
            let checked_in = row.from_at.zip(row.until_at).map(|(from, until)| Presence { from, until });
            found.duties.entry(asked).or_default().push(Duty { day, start, end, checked_in });
        }
    }
    Ok(found)
}

/// Check-ins to write, a column each.
#[derive(Default)]
struct CheckIns {
    stations: Vec<String>,
    days: Vec<NaiveDate>,
    officers: Vec<String>,
    starts: Vec<i32>,
    from: Vec<DateTime<Utc>>,
    until: Vec<DateTime<Utc>>,
    methods: Vec<i16>,
    at: Vec<DateTime<Utc>>,
}

impl CheckIns {
    fn add(&mut self, command: &CheckIn, duty: &Duty, presence: Presence, now: DateTime<Utc>) {
        self.stations.push(command.station.clone());
        self.days.push(duty.day);
        self.officers.push(command.officer.clone());
        self.starts.push(duty.start);
        self.from.push(presence.from);
        self.until.push(presence.until);
        self.methods.push(command.method.number());
        self.at.push(now);
    }

    async fn insert(&self, tx: &mut Tx) -> Result<(), sqlx::Error> {
        if self.stations.is_empty() {
            return Ok(());
        }
        // Another replica may have taken the same check-in a moment ago: its beginning stands.
        sqlx::query!(
            "INSERT INTO registry.check_ins (station, day, officer, start_minute, from_at, until_at, method, at)
             SELECT * FROM unnest($1::text[], $2::date[], $3::text[], $4::int[], $5::timestamptz[], $6::timestamptz[],
                                  $7::smallint[], $8::timestamptz[])
             ON CONFLICT (station, day, officer, start_minute) DO UPDATE SET until_at = excluded.until_at",
            &self.stations,
            &self.days,
            &self.officers,
            &self.starts,
            &self.from,
            &self.until,
            &self.methods,
            &self.at
        )
        .execute(tx)
        .await?;
        Ok(())
    }
}
