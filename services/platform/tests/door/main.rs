//! The door for writes, the journal and the feed on a real PostgreSQL and real sockets.

mod at_once;
mod common;
mod crash;
mod feed;
mod write;
