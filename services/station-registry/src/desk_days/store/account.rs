//! The account of days: rows beforehand, figures afterwards.

use chrono::NaiveDate;
use platform::Refusal;
use platform::terms::Term as _;
use platform::write::{By, Command, Done, Outcome, Subject, Tx, read_refusal};
use sqlx::PgPool;

use super::super::desk_day::{DeskDay, DeskDayClosed, Figures, Key, Status};
use super::evidence::evidence;

/// Desk-days closed by one command at most. Large enough that a state's day is closed by half a dozen, small enough that
/// whoever calls meanwhile waits tens of milliseconds.
const BATCH: i64 = 256;

/// Adds the missing rows of open desks (`None`: of all) up to a day, never past the end of their station.
///
/// # Errors
/// The database does not answer.
pub async fn expect(tx: &mut Tx, stations: Option<&[String]>, up_to: NaiveDate) -> Result<u64, sqlx::Error> {
    let added = sqlx::query!(
        "WITH short AS (
             SELECT desk.station, desk.accounted_to, least($1, station.valid_to - 1) AS up_to
             FROM registry.desks desk JOIN registry.stations station ON station.id = desk.station
             WHERE desk.accounted_to < least($1, station.valid_to - 1)
               AND ($2::text[] IS NULL OR desk.station = ANY($2))
         ), moved AS (
             UPDATE registry.desks desk SET accounted_to = short.up_to FROM short WHERE desk.station = short.station
         )
         INSERT INTO registry.desk_days (day, station, status)
         SELECT day::date, short.station, 1
         FROM short, generate_series((short.accounted_to + 1)::timestamp, short.up_to::timestamp, interval '1 day') AS day
         ON CONFLICT (day, station) DO NOTHING",
        up_to,
        stations
    )
    .execute(tx)
    .await?;
    Ok(added.rows_affected())
}

/// Whether [`ExpectDays`] has something to do.
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub async fn is_expecting(db: &PgPool, up_to: NaiveDate) -> Result<bool, Refusal> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM registry.desks desk JOIN registry.stations station ON station.id = desk.station
                          WHERE desk.accounted_to < least($1, station.valid_to - 1))
               OR EXISTS (SELECT FROM registry.desk_days day JOIN registry.stations station ON station.id = day.station
                          WHERE day.status = 1 AND station.valid_to <= day.day) AS "expecting!""#,
        up_to
    )
    .fetch_one(db)
    .await
    .map_err(|error| read_refusal(&error))
}

/// Brings the rows of all desks up to a day, and withdraws those of days on which the roll no longer has the station. A
/// closed day is never withdrawn.
#[derive(Debug)]
pub struct ExpectDays {
    /// The last day.
    pub up_to: NaiveDate,
}

impl Command for ExpectDays {
    type Effect = u64;
    const NAME: &'static str = "expect_desk_days";

    async fn apply(&self, tx: &mut Tx, _by: &By) -> Result<Outcome<u64>, sqlx::Error> {
        sqlx::query!(
            "WITH gone AS (
                 DELETE FROM registry.desk_days day USING registry.stations station
                 WHERE day.status = 1 AND station.id = day.station AND station.valid_to <= day.day
                 RETURNING day.station, station.valid_to - 1 AS last
             )
             UPDATE registry.desks desk SET accounted_to = least(desk.accounted_to, gone.last)
             FROM gone WHERE desk.station = gone.station"
        )
        .execute(&mut *tx)
        .await?;
        Ok(Ok(Done::new(expect(tx, None, self.up_to).await?)))
    }
}

/// The earliest desk-days that are to be closed: of one day, at most 256.
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub async fn to_close(db: &PgPool, last: NaiveDate) -> Result<Vec<Key>, Refusal> {
    sqlx::query_as!(
        Key,
        "SELECT day, station FROM registry.desk_days
         WHERE status = 1 AND day = (SELECT min(day) FROM registry.desk_days WHERE status = 1 AND day <= $1)
         ORDER BY station LIMIT $2",
        last,
        BATCH
    )
    .fetch_all(db)
    .await
    .map_err(|error| read_refusal(&error))
}

/// Closes desk-days of one day; those that are closed already are left.
#[derive(Debug)]
pub struct CloseDays {
    /// The day, which is over.
    pub day: NaiveDate,
    /// Whose desks.
    pub stations: Vec<String>,
}

impl Command for CloseDays {
    type Effect = usize;
    const NAME: &'static str = "close_desk_days";

    /// Two replicas that close one day do it one after the other, so that every row is closed, and told of, once.
    fn subjects(&self) -> Vec<Subject> {
        vec![Subject::of("desk-days", &self.day.to_string())]
    }

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<usize>, sqlx::Error> {
        let keys = sqlx::query_as!(
            Key,
            "SELECT day, station FROM registry.desk_days
             WHERE day = $1 AND station = ANY($2) AND status = 1 ORDER BY station",
            self.day,
            &self.stations
        )
        .fetch_all(&mut *tx)
        .await?;
        let mut evidence = evidence(tx, &keys).await?;
        let closed: Vec<DeskDay> = keys
            .into_iter()
            .filter_map(|key| {
                let figures = evidence.remove(&key)?.closed();
                Some(DeskDay { key, figures })
            })
            .collect();
        write(tx, self.day, &closed, by).await?;
        let done = Done::new(closed.len());
        Ok(Ok(closed.iter().fold(done, |done, desk_day| done.and(&DeskDayClosed(desk_day)))))
    }
}

async fn write(tx: &mut Tx, day: NaiveDate, closed: &[DeskDay], by: &By) -> Result<(), sqlx::Error> {
    let stations: Vec<String> = closed.iter().map(|desk_day| desk_day.key.station.clone()).collect();
    let statuses: Vec<i16> = closed.iter().map(|desk_day| desk_day.figures.status.number()).collect();
    debug_assert!(!statuses.contains(&Status::Expected.number()), "a closed day has come to something");
    let figure =
        |pick: fn(&Figures) -> i32| -> Vec<i32> { closed.iter().map(|desk_day| pick(&desk_day.figures)).collect() };
    sqlx::query!(
        "UPDATE registry.desk_days day
         SET status = closed.status, check_ins_expected = closed.expected, check_ins = closed.check_ins,
             service_minutes = closed.service, two_women_minutes = closed.two_women, heartbeats = closed.heartbeats,
             closed_at = $9
         FROM unnest($2::text[], $3::smallint[], $4::int[], $5::int[], $6::int[], $7::int[], $8::int[])
              AS closed (station, status, expected, check_ins, service, two_women, heartbeats)
         WHERE day.day = $1 AND day.station = closed.station",
        day,
        &stations,
        &statuses,
        &figure(|figures| figures.check_ins_expected),
        &figure(|figures| figures.check_ins),
        &figure(|figures| figures.service_minutes),
        &figure(|figures| figures.two_women_minutes),
        &figure(|figures| figures.heartbeats),
        by.now
    )
    .execute(tx)
    .await?;
    Ok(())
}
