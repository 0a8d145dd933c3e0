//! The statement of the action taken: what the state may truthfully say of a period.
//!
//! One path for every figure: [`store`] reads the sums of the ledger once, [`roll_up`] adds them up along the tree of units
//! as it stood on the last day, [`suppress`] hides what would single somebody out from readers outside the police,
//! [`completeness`] says who was to report and did, [`render`] writes it out. Closed days only, so that two statements of one
//! period are the same.

pub(crate) mod api;
mod completeness;
mod cut;
mod period;
mod render;
mod roll_up;
mod silence;
mod statement;
pub(crate) mod store;
mod suppress;

pub(crate) use cut::{Cut, Node};
pub(crate) use period::Period;
pub(crate) use roll_up::{Figures, Sum};
pub(crate) use silence::Heard;
pub(crate) use statement::{Shown, UnitFigures};
pub(crate) use suppress::Hidden;

#[cfg(test)]
mod tests;
