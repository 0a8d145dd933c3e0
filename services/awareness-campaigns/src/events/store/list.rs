//! Lists of events.

use chrono::{DateTime, NaiveDate, Utc};
use platform::Refusal;
use platform::terms::Term;
use platform::write::read_refusal;
use sqlx::PgPool;
use uuid::Uuid;

use super::row::events;
use super::{Dossier, Event, dossiers};
use crate::terms::{EventKind, EventState};
use crate::viewer::Viewer;

/// Which events, among those that the caller sees. Empty lists and `None`: any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Under this campaign.
    pub campaign: Option<Uuid>,
    /// Only these.
    pub ids: Vec<Uuid>,
    /// In one of these states.
    pub states: Vec<EventState>,
    /// Of one of these kinds.
    pub kinds: Vec<EventKind>,
    /// Planned for this IST day or later.
    pub from: Option<NaiveDate>,
    /// Planned for this IST day or earlier.
    pub to: Option<NaiveDate>,
}

/// Where an event stands in the order of a list.
pub(crate) type Place = (DateTime<Utc>, Uuid);

/// Events that the caller sees, the soonest planned first, after a place.
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub(crate) async fn list(
    db: &PgPool,
    viewer: &Viewer,
    filter: &Filter,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Dossier>, Refusal> {
    try_list(db, viewer, filter, after, limit).await.map_err(|error| read_refusal(&error))
}

async fn try_list(
    db: &PgPool,
    viewer: &Viewer,
    filter: &Filter,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Dossier>, sqlx::Error> {
    // A partner's events are its own, wherever they are.
    let stations = if viewer.partner.is_some() { None } else { viewer.scope.stations() };
    let (after_start, after_id) = after.unzip();
    let mut db = db.acquire().await?;
    let rows = events!(
        "WHERE ($1::text[] IS NULL OR station = ANY($1))
           AND ($2::uuid IS NULL OR partner = $2)
           AND ($3::uuid IS NULL OR campaign = $3)
           AND (cardinality($4::uuid[]) = 0 OR id = ANY($4))
           AND (cardinality($5::smallint[]) = 0 OR state = ANY($5))
           AND (cardinality($6::smallint[]) = 0 OR kind = ANY($6))
           AND ($7::date IS NULL OR day >= $7)
           AND ($8::date IS NULL OR day <= $8)
           AND ($9::timestamptz IS NULL OR (starts_at, id) > ($9, $10))
         ORDER BY starts_at, id LIMIT $11",
        stations.as_deref(),
        viewer.partner,
        filter.campaign,
        &filter.ids,
        &numbers(&filter.states),
        &numbers(&filter.kinds),
        filter.from,
        filter.to,
        after_start,
        after_id,
        limit
    )
    .fetch_all(&mut *db)
    .await?;
    let events = rows.into_iter().map(Event::try_from).collect::<Result<_, _>>()?;
    dossiers(&mut db, events).await
}

fn numbers<T: Term>(terms: &[T]) -> Vec<i16> {
    terms.iter().map(|term| term.number()).collect()
}
