//! The roll in the database: read as a whole, written by the import.

mod import;

use chrono::NaiveDate;
use platform::Refusal;
use platform::directory::{Name, Station, StationType};
use platform::terms::Term as _;
use platform::write::{Tx, read_refusal};
use sqlx::PgPool;

pub use import::ImportStations;

use super::roll::Held;
use crate::units;

/// The roll, all of it as it was at one instant.
///
/// # Errors
/// The database does not answer, or holds what this release does not know.
pub async fn roll(db: &PgPool) -> Result<Held, sqlx::Error> {
    let mut tx = db.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let held = held(&mut tx).await?;
    tx.commit().await?;
    Ok(held)
}

/// As [`roll`], for a caller.
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub async fn read(db: &PgPool) -> Result<Held, Refusal> {
    roll(db).await.map_err(|error| read_refusal(&error))
}

/// The version that the tables have.
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub async fn version(db: &PgPool) -> Result<i64, Refusal> {
    let version = sqlx::query_scalar!("SELECT version FROM registry.roll").fetch_one(db).await;
    version.map_err(|error| read_refusal(&error))
}

async fn held(db: &mut Tx) -> Result<Held, sqlx::Error> {
    let version = sqlx::query_scalar!("SELECT version FROM registry.roll").fetch_one(&mut *db).await?;
    Ok(Held { units: units::versions(db).await?, stations: stations(db).await?, version })
}

async fn stations(db: &mut Tx) -> Result<Vec<Station>, sqlx::Error> {
    sqlx::query!(
        "SELECT id, seq, kind, name_en, name_hi, parent, district, pincode, latitude, longitude, valid_from, valid_to,
                synthetic, source
         FROM registry.stations ORDER BY id"
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| {
        let kind = StationType::from_number(row.kind.into());
        Ok(Station {
            kind: kind.ok_or_else(|| sqlx::Error::Decode("stations.kind is not known to this release".into()))?,
            id: row.id,
            name: Name { en: row.name_en, hi: row.name_hi },
            parent: row.parent,
            district: row.district,
            seq: row.seq,
            pincode: row.pincode,
            latitude: row.latitude,
            longitude: row.longitude,
            from: row.valid_from,
            to: row.valid_to,
            synthetic: row.synthetic,
            source: row.source,
        })
    })
    .collect()
}

async fn keep(tx: &mut Tx, stations: &[Station]) -> Result<(), sqlx::Error> {
    if stations.is_empty() {
        return Ok(());
    }
    let text = |pick: fn(&Station) -> &String| -> Vec<String> {
        stations.iter().map(|station| pick(station).clone()).collect()
    };
    let seqs: Vec<i32> = stations.iter().map(|station| station.seq).collect();
    let kinds: Vec<i16> = stations.iter().map(|station| station.kind.number()).collect();
    let latitudes: Vec<f64> = stations.iter().map(|station| station.latitude).collect();
    let longitudes: Vec<f64> = stations.iter().map(|station| station.longitude).collect();
    let from: Vec<NaiveDate> = stations.iter().map(|station| station.from).collect();
    let to: Vec<Option<NaiveDate>> = stations.iter().map(|station| station.to).collect();
    let synthetic: Vec<bool> = stations.iter().map(|station| station.synthetic).collect();
    sqlx::query!(
        "INSERT INTO registry.stations (id, seq, kind, name_en, name_hi, parent, district, pincode, latitude, longitude,
                                        valid_from, valid_to, synthetic, source)
         SELECT * FROM unnest($1::text[], $2::int[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                              $9::float8[], $10::float8[], $11::date[], $12::date[], $13::bool[], $14::text[])
         ON CONFLICT (id) DO UPDATE
         SET seq = excluded.seq, kind = excluded.kind, name_en = excluded.name_en, name_hi = excluded.name_hi,
             parent = excluded.parent, district = excluded.district, pincode = excluded.pincode,
             latitude = excluded.latitude, longitude = excluded.longitude, valid_from = excluded.valid_from,
             valid_to = excluded.valid_to, synthetic = excluded.synthetic, source = excluded.source",
        &text(|station| &station.id),
        &seqs,
        &kinds,
        &text(|station| &station.name.en),
        &text(|station| &station.name.hi),
        &text(|station| &station.parent),
        &text(|station| &station.district),
        &text(|station| &station.pincode),
        &latitudes,
        &longitudes,
        &from,
        &to as &[Option<NaiveDate>],
        &synthetic,
        &text(|station| &station.source)
    )
    .execute(tx)
    .await?;
    Ok(())
}
