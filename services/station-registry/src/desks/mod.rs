//! Desks: a station opens its women's help desk, and from that day on every day of it is accounted for.

pub mod api;
mod desk;
mod store;

pub use desk::Desk;
