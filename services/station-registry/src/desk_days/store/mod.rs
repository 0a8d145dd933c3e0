//! Desk-days and heartbeats in the database.

mod account;
mod evidence;
mod heartbeats;
mod read;
mod standing;

pub use account::{CloseDays, ExpectDays, expect, is_expecting, to_close};
pub use heartbeats::SendHeartbeats;
pub use read::{AfterNonCompliant, Asked, is_open, list, non_compliant};
pub use standing::{Standing, standing};
