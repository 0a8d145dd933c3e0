//! The first week counted again: what the statement must say, from nothing but what the client was answered.

pub mod desk_days;
pub mod reader;
pub mod recount;
pub mod roll;
pub mod statements;
pub mod week;
