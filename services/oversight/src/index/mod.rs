//! The index "not on paper": how much of a station's work is proven. [`rules`] is the table of tests and weights, [`score`]
//! applies it to a station's figures, [`flags`] says what is shown regardless of the score, [`index`] takes the mean over the
//! stations of a unit. The figures are those of the statement, read by the same query.

pub(crate) mod api;
mod flags;
mod mean;
mod rules;
mod score;

pub(crate) use api::scored;
