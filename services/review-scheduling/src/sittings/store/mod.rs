//! Sittings in the database. All of it happens under the lock of the cycle.

mod chair;
mod rows;
mod sign;

use platform::write::{Done, Tx};
use platform::{Refusal, Scope};
use uuid::Uuid;

pub(crate) use chair::{ConveneSitting, Decide, TakeItem, Taking};
pub(crate) use rows::{cycle_of, read_of};
pub(crate) use sign::SignMinutes;

use super::event::Event;
use crate::cycles::{Cycle, Event as CycleEvent, store as cycles};
use crate::policies::{Policy, store as policies};
use crate::pool::store::Fault;
use crate::sight::covers;

/// The cycle, if the scope covers it: outside and not there are one answer.
async fn covered(tx: &mut Tx, cycle: Uuid, scope: &Scope) -> Result<Result<Cycle, Refusal>, Fault> {
    let cycle = cycles::load(tx, &[cycle]).await?.pop();
    Ok(cycle.filter(|cycle| covers(scope, cycle.place.level, &cycle.place.unit)).ok_or_else(Refusal::out_of_scope))
}

/// The policy that a cycle follows.
async fn policy_of(tx: &mut Tx, cycle: &Cycle) -> Result<Policy, Fault> {
    let of_it = |policy: &Policy| (policy.level, policy.valid_from) == (cycle.place.level, cycle.policy_from);
    policies::all(tx).await?.into_iter().find(of_it).ok_or(Fault::RowNotFound)
}

/// An answer, with its entries.
fn done<E>(effect: E, of_cycle: &[CycleEvent], of_sitting: &[Event]) -> Done<E> {
    let done = of_cycle.iter().fold(Done::new(effect), Done::and);
    of_sitting.iter().fold(done, Done::and)
}
