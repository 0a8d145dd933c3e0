//! A row of `campaigns.events`: read, written new, written as it is after a move.

use chrono::{DateTime, Utc};
use platform::terms::Term;
use platform::write::Tx;
use uuid::Uuid;

use crate::events::event::{Claim, Ending, Event, Reached, Venue};
use crate::evidence::Point;
use crate::terms::{EventState, UnknownTerm, of_number};

/// A statement over events: what follows the table's name, and its parameters. Gives [`Row`]s.
macro_rules! events {
    ($then:tt $(, $parameter:expr)*) => {
        sqlx::query_as!(
            crate::events::store::row::Row,
            "SELECT id, campaign, title, kind, station, district, venue, place_code, latitude_e7, longitude_e7, capacity,
                    partner, starts_at, ends_at, state, reason, created_by, decided_by, reported_by, started_at, ended_at,
                    claimed, leads, verified_by, found, version
             FROM campaigns.events " + $then
            $(, $parameter)*
        )
    };
}
pub(super) use events;

/// The columns of a row that make an event: read by [`events!`], then made one by `Event::try_from`.
pub(super) struct Row {
    pub id: Uuid,
    pub campaign: Uuid,
    pub title: String,
    pub kind: i16,
    pub station: String,
    pub district: String,
    pub venue: String,
    pub place_code: String,
    pub latitude_e7: Option<i32>,
    pub longitude_e7: Option<i32>,
    pub capacity: i32,
    pub partner: Option<Uuid>,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub state: i16,
    pub reason: Option<i16>,
    pub created_by: String,
    pub decided_by: Option<String>,
    pub reported_by: Option<String>,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub claimed: Option<Vec<i32>>,
    pub leads: Option<i32>,
    pub verified_by: Option<String>,
    pub found: Option<Vec<i32>>,
    pub version: i64,
}

/// The numbers of a count, in the order of their column.
fn numbers(reached: Reached) -> Vec<i32> {
    vec![reached.women, reached.girls, reached.men, reached.others]
}

fn reached(numbers: &[i32]) -> Result<Reached, sqlx::Error> {
    match *numbers {
        [women, girls, men, others] => Ok(Reached { women, girls, men, others }),
        _ => Err(sqlx::Error::Decode("a count has four numbers".into())),
    }
}

fn ending(state: EventState, reason: Option<i16>) -> Result<Option<Ending>, UnknownTerm> {
    let Some(reason) = reason else { return Ok(None) };
    Ok(match state {
        EventState::Rejected => Some(Ending::Rejected(of_number(reason)?)),
        EventState::Cancelled => Some(Ending::Cancelled(of_number(reason)?)),
        EventState::Disputed => Some(Ending::Disputed(of_number(reason)?)),
        _ => None,
    })
}

fn reason(ending: Ending) -> i16 {
    match ending {
        Ending::Rejected(reason) => reason.number(),
        Ending::Cancelled(reason) => reason.number(),
        Ending::Disputed(reason) => reason.number(),
    }
}

impl TryFrom<Row> for Event {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        let state = of_number(row.state).map_err(sqlx::Error::decode)?;
        let claimed = row.claimed.as_deref().map(reached).transpose()?;
        let times = row.started_at.zip(row.ended_at);
        Ok(Self {
            id: row.id,
            campaign: row.campaign,
            title: row.title,
            kind: of_number(row.kind).map_err(sqlx::Error::decode)?,
            station: row.station,
            district: row.district,
            venue: Venue {
                display_name: row.venue,
                place_code: row.place_code,
                location: (row.latitude_e7.zip(row.longitude_e7))
                    .map(|(latitude_e7, longitude_e7)| Point { latitude_e7, longitude_e7 }),
                capacity: row.capacity,
            },
            partner: row.partner,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            state,
            ending: ending(state, row.reason).map_err(sqlx::Error::decode)?,
            created_by: row.created_by,
            decided_by: row.decided_by,
            reported_by: row.reported_by,
            claim: times.zip(claimed).zip(row.leads).map(|(((started_at, ended_at), reached), leads)| Claim {
                started_at,
                ended_at,
                reached,
                leads,
            }),
            verified_by: row.verified_by,
            found: row.found.as_deref().map(reached).transpose()?,
            version: row.version,
        })
    }
}

/// Reads an event of a campaign; `None`: there is none.
pub(super) async fn load(tx: &mut Tx, campaign: Uuid, id: Uuid) -> Result<Option<Event>, sqlx::Error> {
    let row = events!("WHERE id = $1 AND campaign = $2", id, campaign).fetch_optional(tx).await?;
    row.map(Event::try_from).transpose()
}

/// Writes a new event.
pub(super) async fn insert(tx: &mut Tx, event: &Event) -> Result<(), sqlx::Error> {
    let location = event.venue.location;
    sqlx::query!(
        "INSERT INTO campaigns.events
             (id, campaign, title, kind, station, district, venue, place_code, latitude_e7, longitude_e7, capacity, partner,
              starts_at, ends_at, day, state, created_by, begins_at, begins_hour, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
        event.id,
        event.campaign,
        event.title,
        event.kind.number(),
        event.station,
        event.district,
        event.venue.display_name,
        event.venue.place_code,
        location.map(|point| point.latitude_e7),
        location.map(|point| point.longitude_e7),
        event.venue.capacity,
        event.partner,
        event.starts_at,
        event.ends_at,
        event.day(),
        event.state.number(),
        event.created_by,
        event.begins_at(),
        event.hour(),
        event.version
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes an event as it is after a step; it must be the version before.
pub(super) async fn update(tx: &mut Tx, event: &Event) -> Result<(), sqlx::Error> {
    let claim = event.claim;
    let (claimed, found) = (claim.map(|claim| numbers(claim.reached)), event.found.map(numbers));
    let saved = sqlx::query!(
        "UPDATE campaigns.events
         SET state = $3, reason = $4, decided_by = $5, reported_by = $6, started_at = $7, ended_at = $8, begins_at = $9,
             begins_hour = $10, claimed = $11, leads = $12, verified_by = $13, found = $14, version = $2 + 1
         WHERE id = $1 AND version = $2",
        event.id,
        event.version - 1,
        event.state.number(),
        event.ending.map(reason),
        event.decided_by,
        event.reported_by,
        claim.map(|claim| claim.started_at),
        claim.map(|claim| claim.ended_at),
        event.begins_at(),
        event.hour(),
        claimed.as_deref(),
        claim.map(|claim| claim.leads),
        event.verified_by,
        found.as_deref()
    )
    .execute(tx)
    .await?;
    // Its lock is held: nobody else can have changed it.
    if saved.rows_affected() == 1 { Ok(()) } else { Err(sqlx::Error::RowNotFound) }
}
