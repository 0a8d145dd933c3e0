//! The second signature: from then on a sitting was held.

use platform::clock::ist_day;
use platform::terms::Term as _;
use platform::write::{By, Command, Outcome, Subject, Tx};
use platform::{Refusal, Scope};
use uuid::Uuid;

use super::{covered, done, rows};
use crate::cycles::store as cycles;
use crate::cycles::{DocketItem, Taken};
use crate::pool::store::Fault;
use crate::sittings::event::{Event, What};
use crate::sittings::minutes;
use crate::sittings::sitting::{Pace, Sitting};
use crate::terms::SittingState;

/// Signs minutes.
#[derive(Debug)]
pub(crate) struct SignMinutes {
    /// Of which sitting.
    pub sitting: Uuid,
    /// Of which cycle it is.
    pub cycle: Uuid,
    /// Who signs.
    pub scope: Scope,
}

impl Command for SignMinutes {
    type Effect = Sitting;
    const NAME: &'static str = "sign_minutes";

    fn subjects(&self) -> Vec<Subject> {
        vec![cycles::lock(self.cycle)]
    }

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<Sitting>, sqlx::Error> {
        let cycle = match covered(tx, self.cycle, &self.scope).await? {
            Ok(cycle) => cycle,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let mut sittings = rows::load(tx, self.cycle).await?;
        sittings.retain(|sitting| sitting.id == self.sitting);
        let Some(mut sitting) = sittings.pop() else { return Ok(Err(Refusal::out_of_scope())) };
        if let Err(refusal) = sitting.need_second(&by.actor) {
            return Ok(Err(refusal));
        }
        let items = cycles::load_items(tx, self.cycle).await?;
        let minutes_sha256 = sign(&mut sitting, &items, by);
        save(tx, &sitting).await?;
        let mut of_cycle = cycles::send_up_recused(tx, &[self.cycle], by).await?;
        let sent_up = of_cycle.len();
        let left = items.iter().filter(|item| item.taken == Taken::Listed).count() - sent_up;
        if left == 0 {
            of_cycle.extend(cycles::close(tx, &[self.cycle], by).await?);
        }
        let what =
            What::Held { decided: sitting.decided, deferred: sitting.deferred, pace: sitting.pace, minutes_sha256 };
        let held = Event { place: cycle.place, day: ist_day(by.now), what };
        Ok(Ok(done(sitting, &of_cycle, &[held])))
    }
}

/// Signs it: the minutes are over the cases taken in it.
fn sign(sitting: &mut Sitting, items: &[DocketItem], by: &By) -> [u8; 32] {
    let taken: Vec<&DocketItem> =
        items.iter().filter(|item| item.in_sitting.is_some_and(|(id, _)| id == sitting.id)).collect();
    let decided: Vec<_> = taken
        .iter()
        .filter(|item| matches!(item.taken, Taken::Reviewed { .. }))
        .filter_map(|item| item.in_sitting.map(|(_, at)| at))
        .collect();
    let digest = minutes::sha256(&minutes::text(sitting, &taken, &by.actor, by.now));
    sitting.pace = Pace::of(&decided);
    sitting.state = SittingState::Signed;
    sitting.signed = Some((by.actor.clone(), by.now));
    sitting.minutes_sha256 = Some(digest.to_vec());
    digest
}

async fn save(tx: &mut Tx, sitting: &Sitting) -> Result<(), Fault> {
    let (signed_by, signed_at) = sitting.signed.clone().unzip();
    // Only what is convened is signed: signed minutes are never written again.
    let signed = sqlx::query!(
        "UPDATE review.sittings
         SET state = $2, signed_by = $3, signed_at = $4, decided_within_seconds = $5, most_decisions_in_a_minute = $6,
             minutes_sha256 = $7
         WHERE id = $1 AND state = 1",
        sitting.id,
        sitting.state.number(),
        signed_by,
        signed_at,
        sitting.pace.within_seconds,
        sitting.pace.most_in_a_minute,
        sitting.minutes_sha256.as_deref()
    )
    .execute(tx)
    .await?;
    if signed.rows_affected() == 1 { Ok(()) } else { Err(Fault::RowNotFound) }
}
