//! Partner organisations: registered by one officer, vetted by another, never near identity. What a partner may do is
//! report and prove its own events. Lets out the partner itself, for whoever gives it an event.

pub(crate) mod api;
mod partner;
pub(crate) mod store;

#[cfg(test)]
pub(crate) use partner::tests;

pub(crate) use partner::Partner;
