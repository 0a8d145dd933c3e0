//! What people read: one complaint, lists, counts, work that waits, and changes as they happen. Every read takes a [`sight`],
//! so that a list, its count, a stream and a single complaint show the same complaints to the same caller.

pub(crate) mod api;
mod sight;
mod store;
