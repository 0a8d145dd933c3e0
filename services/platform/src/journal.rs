//! The journal: one append-only table a database, numbered in the order of commit and chained by hash. Feed, audit trail and
//! outbox at once. Only [`crate::write`] appends.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// A kind of entry, and who may have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// `intake.complaint.registered`.
    pub name: &'static str,
    /// Who may follow it.
    pub audience: Audience,
}

/// Who may have the entries of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Nobody: it never leaves the service (access log).
    Private,
    /// Every service of the suite.
    Suite,
    /// These services alone, by service name.
    Only(&'static [&'static str]),
}

impl Audience {
    /// Whether a follower may have it.
    #[must_use]
    pub fn admits(self, follower: &str) -> bool {
        match self {
            Self::Private => false,
            Self::Suite => true,
            Self::Only(followers) => followers.contains(&follower),
        }
    }
}

/// What a command leaves in the journal. A room's rules name its events; its `api.rs` gives them their protobuf.
pub trait Event: Send + Sync {
    /// Its kind.
    fn kind(&self) -> Kind;
    /// The id of what it happened to; tells nothing.
    fn subject(&self) -> String;
    /// The message of that kind, protobuf, without identity, instants or person tokens.
    fn payload(&self) -> Vec<u8>;
}

/// An entry before it has its number.
#[derive(Debug, Clone)]
pub struct Draft {
    /// See [`Kind`].
    pub kind: &'static str,
    /// The id of what it happened to.
    pub subject: String,
    /// Protobuf.
    pub payload: Vec<u8>,
}

impl Draft {
    /// The entry of an event.
    #[must_use]
    pub fn of(event: &impl Event) -> Self {
        Self { kind: event.kind().name, subject: event.subject(), payload: event.payload() }
    }
}

/// An entry as it stands in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Dense from 1.
    pub seq: i64,
    /// See [`Kind`].
    pub kind: String,
    /// The id of what it happened to.
    pub subject: String,
    /// Protobuf.
    pub payload: Vec<u8>,
    /// Who: `posts/…`, `services/…`, `tasks/…`.
    pub actor: String,
    /// When it was decided. Does not leave the service.
    pub at: DateTime<Utc>,
    /// W3C traceparent of the call; empty when it was not traced.
    pub traceparent: String,
    /// Chains it to the one before.
    pub hash: Vec<u8>,
}

/// Where the journal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The newest entry's number; 0: none.
    pub seq: i64,
    /// Its hash; 32 zero bytes: none.
    pub hash: [u8; 32],
}

impl Head {
    /// The head after one more entry. SHA-256 over the hash before, the number and the [`body`].
    #[must_use]
    pub fn next(&self, body: &[u8]) -> Self {
        let seq = self.seq + 1;
        let hash = Sha256::new().chain_update(self.hash).chain_update(seq.to_be_bytes()).chain_update(body).finalize();
        Self { seq, hash: hash.into() }
    }
}

/// What of an entry goes into its hash, beside the hash before and its number: the instant and every field, each with its
/// length in front. `platform.append` chains it so too.
#[must_use]
pub fn body(kind: &str, subject: &str, payload: &[u8], actor: &str, at: DateTime<Utc>, traceparent: &str) -> Vec<u8> {
    let mut body = at.timestamp_micros().to_be_bytes().to_vec();
    for field in [kind.as_bytes(), subject.as_bytes(), payload, actor.as_bytes(), traceparent.as_bytes()] {
        body.extend_from_slice(&(field.len() as u64).to_be_bytes());
        body.extend_from_slice(field);
    }
    body
}

/// Reads the head.
///
/// # Errors
/// The database does not answer, or the row is missing.
pub async fn head(db: &mut PgConnection) -> Result<Head, sqlx::Error> {
    let row = sqlx::query!("SELECT seq, hash FROM platform.journal_head").fetch_one(db).await?;
    Ok(Head { seq: row.seq, hash: hash_of(&row.hash)? })
}

/// Reads the head and holds it until the transaction ends.
async fn lock_head(db: &mut PgConnection) -> Result<Head, sqlx::Error> {
    let row = sqlx::query!("SELECT seq, hash FROM platform.journal_head FOR UPDATE").fetch_one(db).await?;
    Ok(Head { seq: row.seq, hash: hash_of(&row.hash)? })
}

fn hash_of(bytes: &[u8]) -> Result<[u8; 32], sqlx::Error> {
    bytes.try_into().map_err(|_| sqlx::Error::Decode("journal_head.hash is not 32 bytes".into()))
}

/// Entries after a position, in order.
///
/// # Errors
/// The database does not answer.
pub async fn read(db: &PgPool, after: i64, up_to: i64, limit: i64) -> Result<Vec<Stored>, sqlx::Error> {
    sqlx::query_as!(
        Stored,
        "SELECT seq, kind, subject, payload, actor, at, traceparent, hash FROM platform.journal
         WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3",
        after,
        up_to,
        limit
    )
    .fetch_all(db)
    .await
}

/// Where a chain does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// An entry is missing: the number that should be there.
    #[error("entry {0} is missing")]
    Missing(i64),
    /// An entry, or the one before it, is not what was written.
    #[error("entry {0} does not follow from the one before it")]
    Altered(i64),
    /// The head does not name the last entry.
    #[error("the head says {head}, the last entry is {last}")]
    Head {
        /// What the head says.
        head: i64,
        /// The last entry found.
        last: i64,
    },
}

/// Walks the whole chain from the first entry to the head.
///
/// # Errors
/// The outer one: the database does not answer. The inner one: the first place where the chain does not hold.
pub async fn verify(db: &PgPool) -> Result<Result<Head, Broken>, sqlx::Error> {
    let head = head(&mut *db.acquire().await?).await?;
    walk(db, Head { seq: 0, hash: [0; 32] }, head).await
}

/// Walks the end of the chain: the last `count` entries, the entry before them being taken as it stands.
///
/// # Errors
/// Like [`verify`].
pub async fn verify_last(db: &PgPool, count: i64) -> Result<Result<Head, Broken>, sqlx::Error> {
    let head = head(&mut *db.acquire().await?).await?;
    let before = head.seq.saturating_sub(count);
    if before <= 0 {
        return walk(db, Head { seq: 0, hash: [0; 32] }, head).await;
    }
    match read(db, before - 1, before, 1).await?.pop() {
        Some(entry) => walk(db, Head { seq: before, hash: hash_of(&entry.hash)? }, head).await,
        None => Ok(Err(Broken::Missing(before))),
    }
}

async fn walk(db: &PgPool, from: Head, head: Head) -> Result<Result<Head, Broken>, sqlx::Error> {
    let mut at = from;
    while at.seq < head.seq {
        let entries = read(db, at.seq, head.seq, 1000).await?;
        if entries.is_empty() {
            return Ok(Err(Broken::Missing(at.seq + 1)));
        }
        for entry in entries {
            if entry.seq != at.seq + 1 {
                return Ok(Err(Broken::Missing(at.seq + 1)));
            }
            at =
                at.next(&body(&entry.kind, &entry.subject, &entry.payload, &entry.actor, entry.at, &entry.traceparent));
            if at.hash[..] != entry.hash {
                return Ok(Err(Broken::Altered(at.seq)));
            }
        }
    }
    if at == head { Ok(Ok(at)) } else { Ok(Err(Broken::Head { head: head.seq, last: at.seq })) }
}

/// An unbroken history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epoch {
    /// Its id, as followers know it.
    pub epoch: Uuid,
    /// Entries up to here it shares with the epoch before.
    pub begins_after: i64,
}

/// The current epoch. Opens the first, or, when this database is not the one the last epoch was opened on (a dump restored
/// elsewhere, a point-in-time recovery that began a new timeline), the next one: a follower that has read further than this
/// history reaches must start over, and the new epoch tells it so.
///
/// # Errors
/// The database does not answer.
pub async fn open_epoch(db: &PgPool) -> Result<Epoch, sqlx::Error> {
    let mut tx = db.begin().await?;
    let head = lock_head(&mut tx).await?;
    let cluster = sqlx::query_scalar!(
        r#"SELECT concat_ws('/', system_identifier,
                 (SELECT timeline_id FROM pg_control_checkpoint()),
                 (SELECT oid FROM pg_database WHERE datname = current_database())) AS "cluster!"
           FROM pg_control_system()"#
    )
    .fetch_one(&mut *tx)
    .await?;
    let last =
        sqlx::query!("SELECT number, epoch, begins_after, cluster FROM platform.epochs ORDER BY number DESC LIMIT 1")
            .fetch_optional(&mut *tx)
            .await?;
    let number = match last {
        Some(last) if last.cluster == cluster => {
            return Ok(Epoch { epoch: last.epoch, begins_after: last.begins_after });
        }
        Some(last) => last.number + 1,
        None => 1,
    };
    let opened = sqlx::query!(
        "INSERT INTO platform.epochs (number, epoch, begins_after, cluster) VALUES ($1, gen_random_uuid(), $2, $3)
         RETURNING epoch, begins_after",
        number,
        head.seq,
        cluster
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Epoch { epoch: opened.epoch, begins_after: opened.begins_after })
}

/// How far a follower that knows an older epoch may go on from: the least entry at which a later epoch began. `None` when
/// this journal never had that epoch.
///
/// # Errors
/// The database does not answer.
pub async fn shared_with(db: &PgPool, epoch: Uuid) -> Result<Option<i64>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT (SELECT min(later.begins_after) FROM platform.epochs later WHERE later.number > known.number) AS shared
           FROM platform.epochs known WHERE known.epoch = $1"#,
        epoch
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| row.shared.unwrap_or(i64::MAX)))
}
