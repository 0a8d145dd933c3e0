//! The pool: what review knows of complaints, from intake's journal alone, without identity. Where that journal begins
//! a new epoch, the pool is forgotten and learnt again from nothing; dockets and decisions are review's own and stay.
//! What was closed long ago leaves.

mod case;
mod leaving;
pub(crate) mod store;

pub(crate) use case::{Placed, Told, What};
