//! The statement of the action taken: what the state may truthfully say of a period.
//!
//! One path for every figure: [`store`] reads the sums of the ledger once, [`roll_up`] adds them up along the tree of units
//! as it stood on the last day, [`suppress`] hides what would single somebody out from readers outside the police,
//! [`render`] writes it out. Closed days only, so that two statements of one period are the same.

pub(crate) mod api;
mod cut;
mod period;
mod render;
mod roll_up;
mod silence;
mod statement;
pub(crate) mod store;
mod suppress;

#[cfg(test)]
mod tests;
