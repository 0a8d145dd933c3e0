//! The table of signed statements. The service may add to it and read it, and nothing else (grants.rs of the platform).

use platform::Scope;
use platform::directory::UnitKind;
use platform::refusal::Refusal;
use platform::terms::Term as _;
use platform::write::{By, Command, Done, Outcome, Subject as Lock, Tx};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use super::name::Subject;
use super::snapshot::{NONE_BEFORE, Snapshot};
use crate::statements::store::covers;

/// A version was signed. Its protobuf is the api's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signed {
    /// Its name.
    pub name: String,
    /// Its hash.
    pub sha256: Vec<u8>,
}

/// Which version it became.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Version {
    /// From 1.
    pub version: i32,
}

/// Signs a statement.
#[derive(Debug)]
pub(crate) struct Sign {
    pub subject: Subject,
    pub content: Vec<u8>,
    pub content_sha256: [u8; 32],
    /// What the signer has read; `None`: whatever it says.
    pub read: Option<Vec<u8>>,
    /// Number of the role.
    pub role: i16,
    pub scope: Scope,
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl Command for Sign {
    type Effect = Version;
    const NAME: &'static str = "sign_statement";

    fn subjects(&self) -> Vec<Lock> {
        vec![Lock::of("signed_statement", &self.subject.name(0))]
    }

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<Version>, sqlx::Error> {
        if !covers(&self.scope, &self.subject.unit) {
            return Ok(Err(Refusal::out_of_scope()));
        }
        if let Some(read) = self.read.as_deref().filter(|read| *read != self.content_sha256) {
            return Ok(Err(Refusal::etag_mismatch(hex(read), hex(&self.content_sha256))));
        }
        let last = newest(tx, &self.subject).await?;
        if let Some(last) = last.as_ref().filter(|last| last.content_sha256 == self.content_sha256) {
            return Ok(Err(Refusal::already_exists(self.subject.name(last.version))));
        }
        let mut snapshot = Snapshot {
            subject: self.subject.clone(),
            version: last.as_ref().map_or(1, |last| last.version + 1),
            content: self.content.clone(),
            content_sha256: self.content_sha256.to_vec(),
            signed_by: by.actor.clone(),
            role: self.role,
            signed_at: by.now,
            sha256: Vec::new(),
        };
        snapshot.sha256 = snapshot.hash(last.as_ref().map_or(&NONE_BEFORE, |last| &last.sha256)).to_vec();
        insert(tx, &snapshot).await?;
        let signed = Signed { name: snapshot.subject.name(snapshot.version), sha256: snapshot.sha256 };
        Ok(Ok(Done::new(Version { version: snapshot.version }).and(&signed)))
    }
}

/// What is needed of the newest version.
struct Newest {
    version: i32,
    content_sha256: Vec<u8>,
    sha256: Vec<u8>,
}

async fn newest(tx: &mut Tx, subject: &Subject) -> Result<Option<Newest>, sqlx::Error> {
    sqlx::query_as!(
        Newest,
        "SELECT version, content_sha256, sha256 FROM oversight.signed_statements
         WHERE unit = $1 AND day_from = $2 AND day_to = $3 AND level = $4 ORDER BY version DESC LIMIT 1",
        subject.unit,
        subject.from,
        subject.to,
        subject.level_number()
    )
    .fetch_optional(tx)
    .await
}

async fn insert(tx: &mut Tx, snapshot: &Snapshot) -> Result<(), sqlx::Error> {
    let Snapshot { subject, version, content, content_sha256, signed_by, role, signed_at, sha256 } = snapshot;
    sqlx::query!(
        "INSERT INTO oversight.signed_statements
             (unit, day_from, day_to, level, version, content, content_sha256, signed_by, role, signed_at, sha256)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        subject.unit,
        subject.from,
        subject.to,
        subject.level_number(),
        version,
        content,
        content_sha256,
        signed_by,
        role,
        signed_at,
        sha256
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A version (`None`: the newest) and the one before it.
///
/// # Errors
/// The database does not answer.
pub(crate) async fn read(
    db: &PgPool,
    scope: &Scope,
    subject: &Subject,
    version: Option<i32>,
) -> Result<Option<(Snapshot, Option<Snapshot>)>, sqlx::Error> {
    if !covers(scope, &subject.unit) {
        return Ok(None);
    }
    let rows = sqlx::query!(
        "SELECT version, content, content_sha256, signed_by, role, signed_at, sha256 FROM oversight.signed_statements
         WHERE unit = $1 AND day_from = $2 AND day_to = $3 AND level = $4 AND ($5::int IS NULL OR version <= $5)
         ORDER BY version DESC LIMIT 2",
        subject.unit,
        subject.from,
        subject.to,
        subject.level_number(),
        version
    )
    .fetch_all(db)
    .await?;
    let mut snapshots = rows.into_iter().map(|row| Snapshot {
        subject: subject.clone(),
        version: row.version,
        content: row.content,
        content_sha256: row.content_sha256,
        signed_by: row.signed_by,
        role: row.role,
        signed_at: row.signed_at,
        sha256: row.sha256,
    });
    let found = snapshots.next().filter(|found| version.is_none_or(|version| found.version == version));
    Ok(found.map(|found| (found, snapshots.next())))
}

/// A signed statement in a list: with the hash of the version before it, and its place in the order of signing.
#[derive(Debug)]
pub(crate) struct Listed {
    pub ord: i64,
    pub snapshot: Snapshot,
    pub before: Option<Vec<u8>>,
}

/// Signed statements of a unit, the last signed first.
///
/// # Errors
/// The database does not answer.
pub(crate) async fn list(
    db: &PgPool,
    scope: &Scope,
    unit: &str,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<Listed>, sqlx::Error> {
    if !covers(scope, unit) {
        return Ok(Vec::new());
    }
    let rows = sqlx::query!(
        r#"SELECT one.ord, one.day_from, one.day_to, one.level, one.version, one.content, one.content_sha256, one.signed_by,
               one.role, one.signed_at, one.sha256, before.sha256 AS "before?"
           FROM oversight.signed_statements one
           LEFT JOIN oversight.signed_statements before ON before.unit = one.unit AND before.day_from = one.day_from
               AND before.day_to = one.day_to AND before.level = one.level AND before.version = one.version - 1
           WHERE one.unit = $1 AND ($2::bigint IS NULL OR one.ord < $2) ORDER BY one.ord DESC LIMIT $3"#,
        unit,
        after,
        limit
    )
    .fetch_all(db)
    .await?;
    let listed = rows.into_iter().map(|row| Listed {
        ord: row.ord,
        snapshot: Snapshot {
            subject: Subject {
                unit: unit.to_owned(),
                from: row.day_from,
                to: row.day_to,
                level: UnitKind::from_number(row.level.into()),
            },
            version: row.version,
            content: row.content,
            content_sha256: row.content_sha256,
            signed_by: row.signed_by,
            role: row.role,
            signed_at: row.signed_at,
            sha256: row.sha256,
        },
        before: row.before,
    });
    Ok(listed.collect())
}
