//! The access log: who read whose identity, for what.

use platform::Refusal;
use platform::write::{By, Command, Done, Outcome, Tx};
use uuid::Uuid;

use super::load;
use crate::complaints::viewer::Viewer;
use crate::terms::{ContactMode, Purpose};
use crate::vault::Revealed;

/// Writes down that identity is about to be read. Nothing is opened before this is committed.
#[derive(Debug)]
pub(crate) struct RevealIdentity {
    /// Whose.
    pub complaint: Uuid,
    /// Who reads.
    pub viewer: Viewer,
    /// For what.
    pub purpose: Purpose,
    /// In the reader's words.
    pub reason: String,
}

impl Command for RevealIdentity {
    /// The mode of contact, which stands outside the vault.
    type Effect = ContactMode;
    const NAME: &'static str = "reveal_identity";

    async fn apply(&self, tx: &mut Tx, _by: &By) -> Result<Outcome<ContactMode>, sqlx::Error> {
        let Some(complaint) = load(tx, self.complaint).await? else {
            return Ok(Err(Refusal::out_of_scope()));
        };
        if let Err(refusal) = self.viewer.need(&complaint) {
            return Ok(Err(refusal));
        }
        let revealed = Revealed { complaint: self.complaint, purpose: self.purpose, reason: self.reason.clone() };
        Ok(Ok(Done::new(complaint.contact_mode).and(&revealed)))
    }
}
