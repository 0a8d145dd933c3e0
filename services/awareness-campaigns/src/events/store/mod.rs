//! Events in the database: reading one, and what is looked at beside it.

mod lapse;
mod list;
mod propose;
mod row;
mod steps;

use std::collections::{HashMap, HashSet};

use platform::write::{Subject, Tx};
use uuid::Uuid;

pub(crate) use lapse::{LapseEvents, overdue};
pub(crate) use list::{Filter, Place, list};
pub(crate) use propose::ProposeEvent;
pub(crate) use steps::{Step, TakeStep};

use super::event::{Dossier, Event, Move};
use crate::evidence;

/// The lock of an event: whoever changes one holds it.
fn lock(event: Uuid) -> Subject {
    Subject::of("event", &event.to_string())
}

/// Events with what is looked at beside them.
async fn dossiers(db: &mut Tx, events: Vec<Event>) -> Result<Vec<Dossier>, sqlx::Error> {
    let ids: Vec<Uuid> = events.iter().map(|event| event.id).collect();
    let mut exhibits: HashMap<_, _> = evidence::store::load(db, &ids).await?;
    let crowded = crowded(db, &ids).await?;
    let dossier = |event: Event| Dossier {
        exhibits: exhibits.remove(&event.id).unwrap_or_default(),
        crowded: crowded.contains(&event.id),
        event,
    };
    Ok(events.into_iter().map(dossier).collect())
}

/// Those of these events at whose station and place another stands within the hour: approved, claimed or verified
/// (states 2 to 4).
async fn crowded(db: &mut Tx, events: &[Uuid]) -> Result<HashSet<Uuid>, sqlx::Error> {
    let ids = sqlx::query_scalar!(
        "SELECT id FROM campaigns.events here
         WHERE id = ANY($1)
           AND EXISTS (SELECT FROM campaigns.events other
                       WHERE other.station = here.station AND other.place_code = here.place_code AND other.id <> here.id
                         AND other.state BETWEEN 2 AND 4
                         AND other.begins_at > here.begins_at - interval '1 hour'
                         AND other.begins_at < here.begins_at + interval '1 hour')",
        events
    )
    .fetch_all(db)
    .await?;
    Ok(ids.into_iter().collect())
}
