//! How the desks of a day stand.

use chrono::NaiveDate;
use platform::Refusal;
use platform::write::read_refusal;
use sqlx::PgPool;

/// The desks of a day, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// That are to be open that day.
    pub expected: i64,
    /// Of those, where somebody has checked in.
    pub reported: i64,
    /// Of those, whose hours have begun and where nobody has.
    pub silent: i64,
}

/// Counts the desks of a day at a minute of it.
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub async fn standing(db: &PgPool, day: NaiveDate, minute: i32) -> Result<Standing, Refusal> {
    sqlx::query_as!(
        Standing,
        r#"SELECT count(*) AS "expected!", count(*) FILTER (WHERE came) AS "reported!",
                  count(*) FILTER (WHERE NOT came AND opens_minute <= $2) AS "silent!"
           FROM (SELECT desk.opens_minute,
                        EXISTS (SELECT FROM registry.check_ins came
                                WHERE came.station = desk_day.station AND came.day = desk_day.day) AS came
                 FROM registry.desk_days desk_day JOIN registry.desks desk ON desk.station = desk_day.station
                 WHERE desk_day.day = $1) AS desk_day"#,
        day,
        minute
    )
    .fetch_one(db)
    .await
    .map_err(|error| read_refusal(&error))
}
