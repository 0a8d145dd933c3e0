//! Partners in the database.

use chrono::NaiveDate;
use platform::Refusal;
use platform::clock::ist_day;
use platform::terms::Term;
use platform::write::{By, Command, Done, Outcome, Subject, Tx, read_refusal};
use sqlx::PgPool;
use uuid::Uuid;

use super::partner::{NewPartner, Partner, Vetting};
use crate::terms::{VettingState, of_number};
use crate::viewer::Viewer;

/// A row of `campaigns.partners`.
struct Row {
    ord: i64,
    id: Uuid,
    display_name: String,
    kind: i16,
    registration_no: String,
    mou_valid_to: NaiveDate,
    unit: String,
    vetting_state: i16,
    suspension_reason: Option<i16>,
    registered_by: String,
    vetted_by: Option<String>,
    version: i64,
}

impl TryFrom<Row> for Partner {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.id,
            display_name: row.display_name,
            kind: of_number(row.kind).map_err(sqlx::Error::decode)?,
            registration_no: row.registration_no,
            mou_valid_to: row.mou_valid_to,
            unit: row.unit,
            vetting: of_number(row.vetting_state).map_err(sqlx::Error::decode)?,
            suspension: row.suspension_reason.map(of_number).transpose().map_err(sqlx::Error::decode)?,
            registered_by: row.registered_by,
            vetted_by: row.vetted_by,
            version: row.version,
        })
    }
}

/// Reads a partner; `None`: there is none.
pub(crate) async fn load(tx: &mut Tx, id: Uuid) -> Result<Option<Partner>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        "SELECT ord, id, display_name, kind, registration_no, mou_valid_to, unit, vetting_state, suspension_reason,
                registered_by, vetted_by, version
         FROM campaigns.partners WHERE id = $1",
        id
    )
    .fetch_optional(tx)
    .await?;
    row.map(Partner::try_from).transpose()
}

/// Registers a partner; the caller's scope covers its unit.
#[derive(Debug)]
pub(crate) struct RegisterPartner {
    /// As told.
    pub new: NewPartner,
}

impl Command for RegisterPartner {
    type Effect = Partner;
    const NAME: &'static str = "register_partner";

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<Partner>, sqlx::Error> {
        let partner = match self.new.clone().register(&by.actor, ist_day(by.now)) {
            Ok(partner) => partner,
            Err(refusal) => return Ok(Err(refusal)),
        };
        sqlx::query!(
            "INSERT INTO campaigns.partners (id, display_name, kind, registration_no, mou_valid_to, unit, vetting_state,
                                             registered_by, version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            partner.id,
            partner.display_name,
            partner.kind.number(),
            partner.registration_no,
            partner.mou_valid_to,
            partner.unit,
            partner.vetting.number(),
            partner.registered_by,
            partner.version
        )
        .execute(tx)
        .await?;
        Ok(Ok(Done::new(partner)))
    }

    fn constraint(&self, name: &str) -> Option<Refusal> {
        (name == "partners_once_in_unit").then(|| Refusal::already_exists("a partner of this number in this unit"))
    }
}

/// Vets a partner, or suspends it.
#[derive(Debug)]
pub(crate) struct VetPartner {
    /// Which.
    pub partner: Uuid,
    /// Its scope must cover the partner's unit.
    pub viewer: Viewer,
    /// What the caller read; empty: any.
    pub etag: String,
    /// What comes of it.
    pub vetting: Vetting,
}

impl Command for VetPartner {
    type Effect = Partner;
    const NAME: &'static str = "vet_partner";

    fn subjects(&self) -> Vec<Subject> {
        vec![Subject::of("partner", &self.partner.to_string())]
    }

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<Partner>, sqlx::Error> {
        let Some(partner) = load(tx, self.partner).await? else {
            return Ok(Err(Refusal::out_of_scope()));
        };
        let decided = (self.viewer.scope.need_unit(&partner.unit))
            .and_then(|()| partner.need_etag(&self.etag))
            .and_then(|()| partner.vet(self.vetting, &by.actor, ist_day(by.now)));
        let after = match decided {
            Ok(after) => after,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let saved = sqlx::query!(
            "UPDATE campaigns.partners
             SET mou_valid_to = $3, vetting_state = $4, suspension_reason = $5, vetted_by = $6, version = $2 + 1
             WHERE id = $1 AND version = $2",
            partner.id,
            partner.version,
            after.mou_valid_to,
            after.vetting.number(),
            after.suspension.map(Term::number),
            after.vetted_by
        )
        .execute(tx)
        .await?;
        // Its lock is held: nobody else can have changed it.
        if saved.rows_affected() == 1 { Ok(Ok(Done::new(after))) } else { Err(sqlx::Error::RowNotFound) }
    }
}

/// Partners of these units (`None`: all) in one of these states (none: any), the newest before a place; with their
/// places.
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub(crate) async fn list(
    db: &PgPool,
    units: Option<&[String]>,
    states: &[VettingState],
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<(i64, Partner)>, Refusal> {
    let states: Vec<i16> = states.iter().map(|state| state.number()).collect();
    let rows = sqlx::query_as!(
        Row,
        "SELECT ord, id, display_name, kind, registration_no, mou_valid_to, unit, vetting_state, suspension_reason,
                registered_by, vetted_by, version
         FROM campaigns.partners
         WHERE ($1::text[] IS NULL OR unit = ANY($1)) AND (cardinality($2::smallint[]) = 0 OR vetting_state = ANY($2))
           AND ($3::bigint IS NULL OR ord < $3)
         ORDER BY ord DESC LIMIT $4",
        units,
        &states,
        before,
        limit
    )
    .fetch_all(db)
    .await
    .map_err(|error| read_refusal(&error))?;
    let partners = rows.into_iter().map(|row| Ok((row.ord, Partner::try_from(row)?)));
    partners.collect::<Result<_, sqlx::Error>>().map_err(|error| read_refusal(&error))
}
