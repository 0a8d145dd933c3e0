//! Campaigns: a theme, goals, a part of the state, a span of days. Events are held under one. Lets out the campaign
//! itself and how one is read.

pub(crate) mod api;
mod campaign;
pub(crate) mod store;

pub(crate) use campaign::{Campaign, Goals};
