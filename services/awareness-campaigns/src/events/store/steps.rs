//! A step of an event, whichever: read under its lock, asked of the rule, written.

use platform::Refusal;
use platform::terms::Term as _;
use platform::write::{By, Command, Done, Outcome, Subject, Tx};
use uuid::Uuid;

use super::row::{load, update};
use super::{Dossier, Event, Move, dossiers, lock};
use crate::events::event::Claim;
use crate::events::steps::Decision;
use crate::events::verify::{Grounds, Verdict};
use crate::evidence::{self, Evidence, Exhibit, Shown};
use crate::partners;
use crate::terms::CancellationReason;
use crate::viewer::Viewer;

/// Which step.
#[derive(Debug)]
pub(crate) enum Step {
    /// It is approved or rejected.
    Decide(Decision),
    /// It is claimed to have been held.
    Report(Claim),
    /// Something shows that it was.
    Attach(Shown),
    /// The claim is checked.
    Verify(Verdict),
    /// It is called off.
    Cancel(CancellationReason),
}

/// Takes a step.
#[derive(Debug)]
pub(crate) struct TakeStep {
    /// Under which campaign.
    pub campaign: Uuid,
    /// Of which event.
    pub event: Uuid,
    /// Who takes it.
    pub viewer: Viewer,
    /// What the caller read; empty: any.
    pub etag: String,
    /// Which.
    pub step: Step,
}

/// What a step comes to.
enum Taken {
    /// The event moved.
    Moved(Move),
    /// It has one more piece of evidence, and stands where it stood.
    Attached(Event, Evidence),
}

impl Command for TakeStep {
    type Effect = Dossier;
    const NAME: &'static str = "take_event_step";

    fn subjects(&self) -> Vec<Subject> {
        vec![lock(self.event)]
    }

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<Dossier>, sqlx::Error> {
        let Some(event) = load(tx, self.campaign, self.event).await? else {
            return Ok(Err(Refusal::out_of_scope()));
        };
        let allowed = self.viewer.need_event(&event.station, event.partner).and_then(|()| event.need_etag(&self.etag));
        if let Err(refusal) = allowed {
            return Ok(Err(refusal));
        }
        let taken = match self.decide(tx, &event, by).await? {
            Ok(taken) => taken,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let (event, moved) = match taken {
            Taken::Moved(Move { event, moved }) => (event, Some(moved)),
            Taken::Attached(event, evidence) => {
                evidence::store::insert(tx, event.id, &evidence).await?;
                (event, None)
            }
        };
        update(tx, &event).await?;
        let dossier = dossiers(tx, vec![event]).await?.pop().ok_or(sqlx::Error::RowNotFound)?;
        let done = Done::new(dossier);
        Ok(Ok(match moved {
            Some(moved) => done.and(&moved),
            None => done,
        }))
    }

    fn constraint(&self, name: &str) -> Option<Refusal> {
        match name {
            "evidence_once" => Some(Refusal::already_exists("the same file under this event")),
            // Another replica verified it in the same moment.
            "events_held_once" => Some(Refusal::held_already("another event")),
            _ => None,
        }
    }
}

impl TakeStep {
    async fn decide(&self, tx: &mut Tx, event: &Event, by: &By) -> Result<Result<Taken, Refusal>, sqlx::Error> {
        let (by, now) = (by.actor.as_str(), by.now);
        Ok(match &self.step {
            Step::Decide(decision) => {
                let partner = match event.partner {
                    Some(partner) => partners::store::load(tx, partner).await?,
                    None => None,
                };
                event.decide(*decision, partner.as_ref(), by, now).map(Taken::Moved)
            }
            Step::Report(claim) => event.report(*claim, by, now).map(Taken::Moved),
            Step::Attach(shown) => {
                let kept = exhibits(tx, event.id).await?.len();
                event.attach(shown, kept, by, now).map(|(event, evidence)| Taken::Attached(event, evidence))
            }
            Step::Verify(verdict) => {
                let exhibits = exhibits(tx, event.id).await?;
                let held_already = held_already(tx, event).await?;
                let grounds = Grounds { exhibits: &exhibits, held_already: held_already.as_deref() };
                event.verify(*verdict, grounds, by, now).map(Taken::Moved)
            }
            Step::Cancel(reason) => event.cancel(*reason, now).map(Taken::Moved),
        })
    }
}

async fn exhibits(tx: &mut Tx, event: Uuid) -> Result<Vec<Exhibit>, sqlx::Error> {
    Ok(evidence::store::load(tx, &[event]).await?.remove(&event).unwrap_or_default())
}

/// The event of its kind that is verified (state 4) at the same station, place and hour, by its name.
async fn held_already(tx: &mut Tx, event: &Event) -> Result<Option<String>, sqlx::Error> {
    let held = sqlx::query!(
        "SELECT campaign, id FROM campaigns.events
         WHERE state = 4 AND station = $1 AND place_code = $2 AND kind = $3 AND begins_hour = $4 AND id <> $5",
        event.station,
        event.venue.place_code,
        event.kind.number(),
        event.hour(),
        event.id
    )
    .fetch_optional(tx)
    .await?;
    Ok(held.map(|held| format!("campaigns/{}/events/{}", held.campaign, held.id)))
}
