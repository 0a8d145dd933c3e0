//! A new event.

use platform::Refusal;
use platform::write::{By, Command, Done, Outcome, Tx};
use uuid::Uuid;

use super::row::insert;
use super::{Dossier, Move, dossiers};
use crate::campaigns;
use crate::events::plan::Proposal;
use crate::partners;
use crate::viewer::Viewer;

/// Proposes an event.
#[derive(Debug)]
pub(crate) struct ProposeEvent {
    /// Under which campaign.
    pub campaign: Uuid,
    /// As told; the caller's scope covers the station.
    pub proposal: Proposal,
    /// Who proposes it.
    pub viewer: Viewer,
    /// The units that hold the station, itself among them: the campaign is of one of them, and so is the partner.
    pub units: Vec<String>,
}

impl ProposeEvent {
    async fn decide(&self, tx: &mut Tx, by: &By) -> Result<Result<Move, Refusal>, sqlx::Error> {
        let Some(campaign) = campaigns::store::load(tx, self.campaign).await? else {
            return Ok(Err(Refusal::out_of_scope()));
        };
        let reaches = |unit: &String| self.units.contains(unit) && self.viewer.sees_unit(unit);
        let partner = match self.proposal.partner {
            Some(id) => match partners::store::load(tx, id).await? {
                Some(partner) if reaches(&partner.unit) => Some(partner),
                _ => return Ok(Err(Refusal::out_of_scope())),
            },
            None => None,
        };
        if !reaches(&campaign.unit) {
            return Ok(Err(Refusal::out_of_scope()));
        }
        Ok(self.proposal.clone().propose(&campaign, partner.as_ref(), &by.actor, by.now))
    }
}

impl Command for ProposeEvent {
    type Effect = Dossier;
    const NAME: &'static str = "propose_event";

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<Dossier>, sqlx::Error> {
        let Move { event, moved } = match self.decide(tx, by).await? {
            Ok(proposed) => proposed,
            Err(refusal) => return Ok(Err(refusal)),
        };
        insert(tx, &event).await?;
        let dossier = dossiers(tx, vec![event]).await?.pop().ok_or(sqlx::Error::RowNotFound)?;
        Ok(Ok(Done::new(dossier).and(&moved)))
    }
}
