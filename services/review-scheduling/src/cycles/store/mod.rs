//! Cycles and their dockets in the database.

mod candidates;
mod close;
mod freeze;
mod items;
mod open;
mod plan;
mod preview;
mod read;
mod rows;

use platform::terms::Term as _;
use platform::write::{Done, Subject};
use uuid::Uuid;

pub(crate) use close::{CloseCycles, close, send_up_recused, unclosed};
pub(crate) use items::{carry, hidden, load_items, read_items, take_item};
pub(crate) use open::{OpenCycle, OpenDue, due};
pub(crate) use plan::{New, PlanCycles, missing};
pub(crate) use preview::preview;
pub(crate) use read::{Filter, frozen, head, list, read, since};
pub(crate) use rows::load;

use super::event::Event;
use crate::policies::store::lock as level_lock;
use crate::terms::ReviewLevel;

/// The lock of a cycle, its docket and its sittings.
pub(crate) fn lock(cycle: Uuid) -> Subject {
    Subject::of("review-cycle", &cycle.to_string())
}

/// The locks of all levels: whoever plans or opens a cycle whose level is not known yet.
fn every_level() -> impl Iterator<Item = Subject> {
    ReviewLevel::ALL.iter().map(|level| level_lock(*level))
}

/// An answer, with its entries.
fn done<E>(effect: E, events: &[Event]) -> Done<E> {
    events.iter().fold(Done::new(effect), Done::and)
}
