//! How services learn from each other: a service streams its journal in the order of commit ([`server`]), another applies the
//! entries and moves its position in one transaction ([`follower`]), so that each takes effect exactly once, whatever crashes.

mod follower;
mod server;

use bytes::Bytes;
use chrono::NaiveDate;
use std::future::Future;

pub use follower::{Follower, Progress};
pub use server::{FeedServer, FeedSource};

use crate::journal::Draft;
use crate::write::{By, Subject, Tx};

/// An entry of another service's journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number there.
    pub seq: i64,
    /// What happened.
    pub kind: String,
    /// The id of what it happened to.
    pub subject: String,
    /// The message of that kind.
    pub payload: Bytes,
    /// The IST day of its commit.
    pub day: NaiveDate,
    /// The call that caused it; empty when it was not traced.
    pub traceparent: String,
}

/// An entry cannot be applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Its payload is not the message of its kind. The follower stops there and tries again: nothing is skipped.
    #[error("an entry cannot be read: {0}")]
    Payload(#[from] prost::DecodeError),
    /// The database.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// What a service makes of another one's journal.
pub trait Projection: Send + Sync + 'static {
    /// Whose journal, by service name.
    fn source(&self) -> &'static str;

    /// Which kinds.
    fn kinds(&self) -> &'static [&'static str];

    /// What these entries change that calls change too: locked before anything is read, in the one order of all writers.
    /// Nothing for a copy that only the follower writes.
    fn subjects(&self, _entries: &[Entry]) -> Vec<Subject> {
        Vec::new()
    }

    /// Applies entries in their order, inside the transaction that moves the position. Gives what goes into the service's
    /// own journal.
    fn apply(
        &self,
        tx: &mut Tx,
        by: &By,
        entries: &[Entry],
    ) -> impl Future<Output = Result<Vec<Draft>, ApplyError>> + Send;

    /// Forgets everything it made of this journal: the source began a new epoch, and it starts over from nothing.
    fn reset(&self, tx: &mut Tx) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// After COMMIT: refreshes what is held in memory.
    fn committed(&self) -> impl Future<Output = Result<(), sqlx::Error>> + Send {
        async { Ok(()) }
    }
}
