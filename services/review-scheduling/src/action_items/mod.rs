//! Action items: what a decision owes, by whom and by when. The side that owes it says that it is done; another, of a level
//! above, looks. Only what another verified was acted upon; what is overdue comes before the next review.

mod action_item;
pub(crate) mod api;
pub(crate) mod store;
mod task;

pub(crate) use action_item::ActionItem;
pub(crate) use task::MarkOverdue;
