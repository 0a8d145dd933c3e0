//! The vault's tables. Rows are added by the role that serves; they are read and forgotten as the vault's role, where
//! `mahila migrate` was given one (`vault_role`), so that no other statement of this service can.

use platform::write::{By, Command, Done, Outcome, Tx};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::api::DataKeysRewrapped;
use super::sealing::{Sealed, SealedNote, SealedPerson, role};
use platform::terms::Term as _;

/// What many subjects' rows hold, a column each.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    pub(crate) subjects: Vec<Uuid>,
    pub(crate) wrapped: Vec<Vec<u8>>,
    pub(crate) person_subjects: Vec<Uuid>,
    pub(crate) places: Vec<i16>,
    pub(crate) roles: Vec<i16>,
    pub(crate) persons: Vec<Vec<u8>>,
    pub(crate) phone_indexes: Vec<Option<Vec<u8>>>,
    pub(crate) narrative_subjects: Vec<Uuid>,
    pub(crate) narratives: Vec<Vec<u8>>,
    pub(crate) contact_subjects: Vec<Uuid>,
    pub(crate) contacts: Vec<Vec<u8>>,
}

impl Columns {
    /// Adds a subject.
    pub(crate) fn push(&mut self, sealed: &Sealed) {
        self.subjects.push(sealed.subject);
        self.wrapped.push(sealed.wrapped.clone());
        for (place, person) in (1..).zip(&sealed.persons) {
            self.person_subjects.push(sealed.subject);
            self.places.push(place);
            self.roles.push(person.role.number());
            self.persons.push(person.sealed.clone());
            self.phone_indexes.push(person.phone_index.map(|index| index.to_vec()));
        }
        if let Some(narrative) = &sealed.narrative {
            self.narrative_subjects.push(sealed.subject);
            self.narratives.push(narrative.clone());
        }
        if let Some(contact) = &sealed.safe_contact {
            self.contact_subjects.push(sealed.subject);
            self.contacts.push(contact.clone());
        }
    }
}

/// Writes all that is sealed of new subjects: one statement, however many.
pub(crate) async fn insert(tx: &mut Tx, columns: &Columns) -> Result<(), sqlx::Error> {
    if columns.subjects.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "WITH persons AS (
             INSERT INTO vault.persons (subject, place, role, sealed, phone_index)
             SELECT * FROM unnest($3::uuid[], $4::smallint[], $5::smallint[], $6::bytea[], $7::bytea[])
         ), narratives AS (
             INSERT INTO vault.narratives (subject, sealed) SELECT * FROM unnest($8::uuid[], $9::bytea[])
         ), safe_contacts AS (
             INSERT INTO vault.safe_contacts (subject, sealed) SELECT * FROM unnest($10::uuid[], $11::bytea[])
         )
         INSERT INTO vault.data_keys (subject, wrapped) SELECT * FROM unnest($1::uuid[], $2::bytea[])",
        &columns.subjects,
        &columns.wrapped,
        &columns.person_subjects,
        &columns.places,
        &columns.roles,
        &columns.persons,
        &columns.phone_indexes as &[Option<Vec<u8>>],
        &columns.narrative_subjects,
        &columns.narratives,
        &columns.contact_subjects,
        &columns.contacts
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes on the role that may read what is sealed, until [`leave`] or the end of the transaction. The rights themselves say
/// which: they may be given to the vault's role, and back, while services run. Where nobody else has them, we have.
async fn enter(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "SELECT set_config('role', (
             SELECT roles.rolname FROM pg_class
             CROSS JOIN aclexplode(pg_class.relacl) AS rights
             JOIN pg_roles AS roles ON roles.oid = rights.grantee
             WHERE pg_class.oid = 'vault.data_keys'::regclass AND rights.privilege_type = 'SELECT'
               AND roles.oid <> pg_class.relowner AND pg_has_role(roles.oid, 'MEMBER')
             LIMIT 1
         ), true)"
    )
    .fetch_one(db)
    .await?;
    Ok(())
}

async fn leave(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("SELECT set_config('role', 'none', true)").fetch_one(db).await?;
    Ok(())
}

/// Drops what is sealed of these subjects, and their data keys.
pub(crate) async fn forget(tx: &mut Tx, subjects: &[Uuid]) -> Result<(), sqlx::Error> {
    if subjects.is_empty() {
        return Ok(());
    }
    enter(tx).await?;
    sqlx::query!(
        "WITH persons AS (DELETE FROM vault.persons WHERE subject = ANY($1)),
              narratives AS (DELETE FROM vault.narratives WHERE subject = ANY($1)),
              safe_contacts AS (DELETE FROM vault.safe_contacts WHERE subject = ANY($1)),
              notes AS (DELETE FROM vault.notes WHERE subject = ANY($1))
         DELETE FROM vault.data_keys WHERE subject = ANY($1)",
        subjects
    )
    .execute(&mut *tx)
    .await?;
    leave(tx).await
}

/// The data key of a subject, wrapped; `None`: forgotten, or never there.
pub(crate) async fn wrapped_key(db: &PgPool, subject: Uuid) -> Result<Option<Vec<u8>>, sqlx::Error> {
    let mut tx = db.begin().await?;
    enter(&mut tx).await?;
    let wrapped = sqlx::query_scalar!("SELECT wrapped FROM vault.data_keys WHERE subject = $1", subject)
        .fetch_optional(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(wrapped)
}

/// Writes a note; `id` is that of the action or feedback it is about.
pub(crate) async fn insert_note(tx: &mut Tx, id: Uuid, subject: Uuid, note: &SealedNote) -> Result<(), sqlx::Error> {
    sqlx::query!("INSERT INTO vault.notes (id, subject, sealed) VALUES ($1, $2, $3)", id, subject, &note.sealed)
        .execute(tx)
        .await?;
    Ok(())
}

/// Reads all that is sealed of a subject; `None`: forgotten, or never there.
pub(crate) async fn load(db: &PgPool, subject: Uuid) -> Result<Option<Sealed>, sqlx::Error> {
    let mut tx = db.begin().await?;
    enter(&mut tx).await?;
    let row = sqlx::query!(
        r#"SELECT wrapped, narratives.sealed AS "narrative?", safe_contacts.sealed AS "safe_contact?"
           FROM vault.data_keys
           LEFT JOIN vault.narratives USING (subject)
           LEFT JOIN vault.safe_contacts USING (subject)
           WHERE subject = $1"#,
        subject
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let persons =
        sqlx::query!("SELECT role, sealed, phone_index FROM vault.persons WHERE subject = $1 ORDER BY place", subject)
            .fetch_all(&mut *tx)
            .await?
            .into_iter()
            .map(|person| SealedPerson {
                role: role(person.role),
                sealed: person.sealed,
                phone_index: person.phone_index.and_then(|index| index.try_into().ok()),
            })
            .collect();
    tx.commit().await?;
    Ok(Some(Sealed {
        subject,
        wrapped: row.wrapped,
        persons,
        narrative: row.narrative,
        safe_contact: row.safe_contact,
    }))
}

/// How many data keys there are.
pub(crate) async fn count(db: &PgPool) -> Result<i64, sqlx::Error> {
    let mut tx = db.begin().await?;
    enter(&mut tx).await?;
    let count = sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM vault.data_keys"#).fetch_one(&mut *tx).await?;
    tx.commit().await?;
    Ok(count)
}

/// Subjects after this one with their data keys, wrapped, in order; at most so many.
pub(crate) async fn data_keys(db: &PgPool, after: Uuid, most: i64) -> Result<Vec<(Uuid, Vec<u8>)>, sqlx::Error> {
    let mut tx = db.begin().await?;
    enter(&mut tx).await?;
    let rows = sqlx::query!(
        "SELECT subject, wrapped FROM vault.data_keys WHERE subject > $1 ORDER BY subject LIMIT $2",
        after,
        most
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(rows.into_iter().map(|row| (row.subject, row.wrapped)).collect())
}

/// Data keys wrapped again, a column each, to stand where they stood.
#[derive(Debug, Default)]
pub(crate) struct Rewrap {
    /// The key that wraps them now.
    pub(crate) key: u32,
    pub(crate) subjects: Vec<Uuid>,
    /// As they were read.
    pub(crate) old: Vec<Vec<u8>>,
    pub(crate) new: Vec<Vec<u8>>,
}

impl Command for Rewrap {
    /// How many were replaced.
    type Effect = u64;
    const NAME: &'static str = "rewrap_data_keys";

    /// Where another run was faster, or the subject was forgotten, there is nothing to replace.
    async fn apply(&self, tx: &mut Tx, _by: &By) -> Result<Outcome<u64>, sqlx::Error> {
        enter(tx).await?;
        let data_keys = sqlx::query!(
            "UPDATE vault.data_keys AS stored SET wrapped = again.new
             FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS again (subject, old, new)
             WHERE stored.subject = again.subject AND stored.wrapped = again.old",
            &self.subjects,
            &self.old,
            &self.new
        )
        .execute(&mut *tx)
        .await?
        .rows_affected();
        leave(tx).await?;
        let done = Done::new(data_keys);
        Ok(Ok(if data_keys == 0 { done } else { done.and(&DataKeysRewrapped { key: self.key, data_keys }) }))
    }
}
