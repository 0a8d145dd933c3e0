//! Rosters and check-ins in the database. Both come by the thousand at the turn of a shift, so both have a form that takes
//! a whole batch at once.

mod check_in;
mod publish;

pub use check_in::CheckIn;
pub use publish::PublishRoster;
