//! Cycles: one row a unit and period from the day it is expected, so that a missed one is a record and not an absence.
//!
//! A cycle is planned with the digest of its seed in the journal; opens on its first day, when its docket is selected
//! ([`crate::docket`]) and frozen together with what it was selected from; and closes when all is done or its days are over,
//! when its seed is told. What was not reached comes first at the next one. A missed one stays missed: another, linked to it,
//! may make up for it.

pub(crate) mod api;
mod cycle;
mod event;
mod item;
pub(crate) mod store;
mod task;

pub(crate) use cycle::Cycle;
pub(crate) use event::{Event, What};
pub(crate) use item::{DocketItem, Taken};
pub(crate) use task::KeepCycles;
