//! Campaigns in the database.

use chrono::NaiveDate;
use platform::Refusal;
use platform::clock::ist_day;
use platform::write::{By, Command, Done, Outcome, Tx, read_refusal};
use sqlx::PgPool;
use uuid::Uuid;

use super::campaign::{Campaign, Goals};
use crate::phases;
use crate::viewer::Viewer;

/// A row of `campaigns.campaigns`.
struct Row {
    ord: i64,
    id: Uuid,
    phase: String,
    theme_en: String,
    theme_hi: String,
    goal_events: i32,
    goal_women: i32,
    goal_places: i32,
    unit: String,
    first_day: NaiveDate,
    last_day: NaiveDate,
    version: i64,
}

impl From<Row> for Campaign {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            phase: row.phase,
            theme_en: row.theme_en,
            theme_hi: row.theme_hi,
            goals: Goals { events: row.goal_events, women_reached: row.goal_women, places_covered: row.goal_places },
            unit: row.unit,
            from: row.first_day,
            to: row.last_day,
            version: row.version,
        }
    }
}

/// Begins a campaign; the caller's scope covers its unit.
#[derive(Debug)]
pub(crate) struct CreateCampaign {
    /// As told.
    pub campaign: Campaign,
}

impl Command for CreateCampaign {
    type Effect = Campaign;
    const NAME: &'static str = "create_campaign";

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<Campaign>, sqlx::Error> {
        let campaign = &self.campaign;
        let Some(phase) = phases::store::load(tx, &campaign.phase).await? else {
            return Ok(Err(Refusal::not_found(format!("phases/{}", campaign.phase))));
        };
        if let Err(refusal) = campaign.check(&phase, ist_day(by.now)) {
            return Ok(Err(refusal));
        }
        sqlx::query!(
            "INSERT INTO campaigns.campaigns (id, phase, theme_en, theme_hi, goal_events, goal_women, goal_places, unit,
                                              first_day, last_day, created_by, version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            campaign.id,
            campaign.phase,
            campaign.theme_en,
            campaign.theme_hi,
            campaign.goals.events,
            campaign.goals.women_reached,
            campaign.goals.places_covered,
            campaign.unit,
            campaign.from,
            campaign.to,
            by.actor,
            campaign.version
        )
        .execute(tx)
        .await?;
        Ok(Ok(Done::new(campaign.clone())))
    }
}

/// Reads a campaign; `None`: there is none.
pub(crate) async fn load(tx: &mut Tx, id: Uuid) -> Result<Option<Campaign>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        "SELECT ord, id, phase, theme_en, theme_hi, goal_events, goal_women, goal_places, unit, first_day, last_day, version
         FROM campaigns.campaigns WHERE id = $1",
        id
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(Campaign::from))
}

/// Reads a campaign that the caller sees.
///
/// # Errors
/// `OUT_OF_SCOPE`: not there, or not hers; the answer is the same. `DATABASE_AWAY`, `INTERNAL`.
pub(crate) async fn read(db: &PgPool, viewer: &Viewer, id: Uuid) -> Result<Campaign, Refusal> {
    let found = async { load(&mut *db.acquire().await?, id).await }.await;
    let campaign = found.map_err(|error| read_refusal(&error))?.ok_or_else(Refusal::out_of_scope)?;
    viewer.need_unit(&campaign.unit)?;
    Ok(campaign)
}

/// Campaigns of these units (`None`: all), of one phase or all, the newest before a place; with their places.
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub(crate) async fn list(
    db: &PgPool,
    units: Option<&[String]>,
    phase: Option<&str>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<(i64, Campaign)>, Refusal> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT ord, id, phase, theme_en, theme_hi, goal_events, goal_women, goal_places, unit, first_day, last_day, version
         FROM campaigns.campaigns
         WHERE ($1::text[] IS NULL OR unit = ANY($1)) AND ($2::text IS NULL OR phase = $2)
           AND ($3::bigint IS NULL OR ord < $3)
         ORDER BY ord DESC LIMIT $4",
        units,
        phase,
        before,
        limit
    )
    .fetch_all(db)
    .await
    .map_err(|error| read_refusal(&error))?;
    Ok(rows.into_iter().map(|row| (row.ord, Campaign::from(row))).collect())
}
