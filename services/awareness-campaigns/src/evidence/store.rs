//! Evidence in the database.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use platform::terms::Term as _;
use platform::write::Tx;
use uuid::Uuid;

use super::exhibit::{Evidence, Exhibit, Fix};
use super::point::Point;
use crate::terms::of_number;

/// Keeps a piece under an event.
pub(crate) async fn insert(tx: &mut Tx, event: Uuid, evidence: &Evidence) -> Result<(), sqlx::Error> {
    let fix = evidence.geo;
    sqlx::query!(
        "INSERT INTO campaigns.evidence
             (event, kind, sha256, captured_at, received_at, latitude_e7, longitude_e7, accuracy_m, mock, attached_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        event,
        evidence.kind.number(),
        evidence.sha256.as_ref().map(|digest| &digest[..]),
        evidence.captured_at,
        evidence.received_at,
        fix.map(|fix| fix.point.latitude_e7),
        fix.map(|fix| fix.point.longitude_e7),
        fix.map(|fix| fix.accuracy_m),
        fix.map(|fix| fix.mock),
        evidence.attached_by
    )
    .execute(tx)
    .await?;
    Ok(())
}

struct Row {
    event: Uuid,
    kind: i16,
    sha256: Option<Vec<u8>>,
    captured_at: DateTime<Utc>,
    received_at: DateTime<Utc>,
    latitude_e7: Option<i32>,
    longitude_e7: Option<i32>,
    accuracy_m: Option<i32>,
    mock: Option<bool>,
    attached_by: String,
    repeated: bool,
}

impl TryFrom<Row> for Exhibit {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        let place = row.latitude_e7.zip(row.longitude_e7);
        let geo = place.zip(row.accuracy_m).zip(row.mock).map(|(((latitude_e7, longitude_e7), accuracy_m), mock)| {
            Fix { point: Point { latitude_e7, longitude_e7 }, accuracy_m, mock }
        });
        let evidence = Evidence {
            kind: of_number(row.kind).map_err(sqlx::Error::decode)?,
            sha256: row.sha256.map(|digest| digest.as_slice().try_into()).transpose().map_err(sqlx::Error::decode)?,
            captured_at: row.captured_at,
            geo,
            received_at: row.received_at,
            attached_by: row.attached_by,
        };
        Ok(Self { evidence, repeated: row.repeated })
    }
}

/// What shows that these events were held, by event, in the order in which it came. Whether a photograph stands under
/// another event is asked of all events, also those out of the caller's sight: which one is not told.
pub(crate) async fn load(db: &mut Tx, events: &[Uuid]) -> Result<HashMap<Uuid, Vec<Exhibit>>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT event, kind, sha256, captured_at, received_at, latitude_e7, longitude_e7, accuracy_m, mock, attached_by,
                  kind = 1 AND EXISTS (SELECT FROM campaigns.evidence other
                                       WHERE other.kind = 1 AND other.sha256 = here.sha256
                                         AND other.event <> here.event) AS "repeated!"
           FROM campaigns.evidence here WHERE event = ANY($1) ORDER BY ord"#,
        events
    )
    .fetch_all(db)
    .await?;
    let mut exhibits: HashMap<Uuid, Vec<Exhibit>> = HashMap::new();
    for row in rows {
        exhibits.entry(row.event).or_default().push(row.try_into()?);
    }
    Ok(exhibits)
}
