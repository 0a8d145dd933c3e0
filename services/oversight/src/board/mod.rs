//! The board on the wall: the last closed day and the week until then, pushed when a day closes or a late entry changes one.
//! Never a day that still runs. Readers outside the police see the last whole week alone: of a week that grows day by day the
//! difference is a day.

pub(crate) mod api;
mod store;
