//! Units in the database: read as a whole into the snapshot, written by the import.

use chrono::NaiveDate;
use platform::directory::{Name, UnitKind, UnitVersion};
use platform::terms::Term as _;
use platform::write::Tx;

/// All versions of all units.
///
/// # Errors
/// The database does not answer, or holds a kind that this release does not know.
pub async fn versions(db: &mut Tx) -> Result<Vec<UnitVersion>, sqlx::Error> {
    sqlx::query!(
        "SELECT id, valid_from, valid_to, kind, name_en, name_hi, parent, lgd_code FROM registry.units ORDER BY id, valid_from"
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| {
        let kind = UnitKind::from_number(row.kind.into());
        Ok(UnitVersion {
            kind: kind.ok_or_else(|| sqlx::Error::Decode("units.kind is not known to this release".into()))?,
            id: row.id,
            name: Name { en: row.name_en, hi: row.name_hi },
            parent: row.parent,
            from: row.valid_from,
            to: row.valid_to,
            lgd_code: row.lgd_code,
        })
    })
    .collect()
}

/// Adds these versions, or writes over those that begin on the same day.
///
/// # Errors
/// The database does not answer.
pub async fn keep(tx: &mut Tx, versions: &[UnitVersion]) -> Result<(), sqlx::Error> {
    if versions.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = versions.iter().map(|unit| unit.id.clone()).collect();
    let from: Vec<NaiveDate> = versions.iter().map(|unit| unit.from).collect();
    let to: Vec<Option<NaiveDate>> = versions.iter().map(|unit| unit.to).collect();
    let kinds: Vec<i16> = versions.iter().map(|unit| unit.kind.number()).collect();
    let en: Vec<String> = versions.iter().map(|unit| unit.name.en.clone()).collect();
    let hi: Vec<String> = versions.iter().map(|unit| unit.name.hi.clone()).collect();
    let parents: Vec<Option<String>> = versions.iter().map(|unit| unit.parent.clone()).collect();
    let codes: Vec<i32> = versions.iter().map(|unit| unit.lgd_code).collect();
    sqlx::query!(
        "INSERT INTO registry.units (id, valid_from, valid_to, kind, name_en, name_hi, parent, lgd_code)
         SELECT * FROM unnest($1::text[], $2::date[], $3::date[], $4::smallint[], $5::text[], $6::text[], $7::text[], $8::int[])
         ON CONFLICT (id, valid_from) DO UPDATE
         SET valid_to = excluded.valid_to, kind = excluded.kind, name_en = excluded.name_en, name_hi = excluded.name_hi,
             parent = excluded.parent, lgd_code = excluded.lgd_code",
        &ids,
        &from,
        &to as &[Option<NaiveDate>],
        &kinds,
        &en,
        &hi,
        &parents as &[Option<String>],
        &codes
    )
    .execute(tx)
    .await?;
    Ok(())
}
