//! Events: proposed, approved by another, reported, proven, verified by somebody who had no part in them; or lapsed,
//! disputed, called off. Only VERIFIED counts as held.
//!
//! The rules: [`plan`], [`steps`], [`verify`]; what runs by itself: [`Lapses`].

pub(crate) mod api;
mod event;
mod plan;
mod steps;
mod store;
mod task;
#[cfg(test)]
mod tests;
mod verify;

pub(crate) use task::Lapses;
