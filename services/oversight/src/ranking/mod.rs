//! Units by a rate: who is worst, for the head who asks about it; who is best, to learn from. [`metrics`] is the table of rates,
//! [`rank`] orders. The figures are those of the statement, one row a unit.

pub(crate) mod api;
mod metrics;
mod rank;
