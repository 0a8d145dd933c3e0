//! A step on a complaint, whichever: read under its lock, asked of the rule, written.

use chrono::NaiveDate;
use platform::Refusal;
use platform::terms::Term as _;
use platform::write::{By, Command, Outcome, Subject, Tx};
use uuid::Uuid;

use super::register::done;
use super::{load, save};
use crate::clocks::store::lock;
use crate::complaints::complaint::{Change, Complaint};
use crate::complaints::feedback::{Asker, Told};
use crate::complaints::steps::Triage;
use crate::complaints::viewer::Viewer;
use crate::terms::{ActionKind, LegalActionKind};
use crate::vault::SealedNote;
use crate::vault::store::insert_note;

/// Which step.
#[derive(Debug)]
pub(crate) enum Step {
    /// The receipt was offered.
    Acknowledge {
        /// She took it.
        receipt_taken: bool,
    },
    /// A post is given it.
    Assign {
        /// Without `posts/`.
        post: String,
    },
    /// Category, risk and law are settled.
    Triage(Triage),
    /// A step in law was taken.
    LegalAction {
        /// Which.
        kind: LegalActionKind,
        /// Its number elsewhere.
        number: String,
        /// The day of it; `None`: today.
        day: Option<NaiveDate>,
    },
    /// Something was done.
    Act {
        /// Drawn before, as the note is about it.
        id: Uuid,
        /// What.
        kind: ActionKind,
        /// By a woman officer.
        by_woman: bool,
        /// Words about it.
        note: Option<SealedNote>,
    },
    /// She was asked.
    Feedback {
        /// Drawn before, as the note is about it.
        id: Uuid,
        /// What came of it.
        told: Told,
        /// By a woman officer.
        by_woman: bool,
        /// Words about it.
        note: Option<SealedNote>,
    },
}

/// Takes a step.
#[derive(Debug)]
pub(crate) struct TakeStep {
    /// On which.
    pub complaint: Uuid,
    /// Who takes it.
    pub viewer: Viewer,
    /// What the caller read; empty: any.
    pub etag: String,
    /// Which.
    pub step: Step,
}

impl Command for TakeStep {
    type Effect = Complaint;
    const NAME: &'static str = "take_step";

    fn subjects(&self) -> Vec<Subject> {
        vec![lock(self.complaint)]
    }

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<Complaint>, sqlx::Error> {
        let Some(complaint) = load(tx, self.complaint).await? else {
            return Ok(Err(Refusal::out_of_scope()));
        };
        let allowed = self.viewer.need(&complaint).and_then(|()| complaint.need_etag(&self.etag));
        if let Err(refusal) = allowed {
            return Ok(Err(refusal));
        }
        let change = match self.decide(tx, &complaint, by).await? {
            Ok(change) => change,
            Err(refusal) => return Ok(Err(refusal)),
        };
        save(tx, &change).await?;
        self.record(tx, by).await?;
        Ok(Ok(done(change.complaint.clone(), &change)))
    }

    fn constraint(&self, name: &str) -> Option<Refusal> {
        // The same number of the same kind, recorded before.
        (name == "legal_actions_pkey").then(|| Refusal::already_exists("a step in law of this number"))
    }
}

impl TakeStep {
    async fn decide(
        &self,
        tx: &mut Tx,
        complaint: &Complaint,
        by: &By,
    ) -> Result<Result<Change, Refusal>, sqlx::Error> {
        Ok(match &self.step {
            Step::Acknowledge { receipt_taken } => complaint.acknowledge(*receipt_taken, by.now),
            Step::Assign { post } => complaint.assign(post, by.now),
            Step::Triage(triage) => complaint.triage(triage, by.now),
            Step::LegalAction { kind, day, .. } => complaint.legal_action(*kind, *day, by.now),
            Step::Act { kind, by_woman, .. } => complaint.act(*kind, *by_woman, by.now),
            Step::Feedback { told, by_woman, .. } => {
                let asker = Asker {
                    woman: *by_woman,
                    of_station: self.viewer.scope.is_station_level(),
                    acted: complaint.is_handled_by(&by.actor) || has_acted(tx, complaint.id, &by.actor).await?,
                };
                complaint.feedback(*told, &asker, by.now)
            }
        })
    }

    /// Writes the step itself down.
    async fn record(&self, tx: &mut Tx, by: &By) -> Result<(), sqlx::Error> {
        match &self.step {
            Step::Acknowledge { .. } | Step::Assign { .. } | Step::Triage(_) => Ok(()),
            Step::LegalAction { kind, number, day } => {
                let day = day.unwrap_or_else(|| platform::clock::ist_day(by.now));
                sqlx::query!(
                    "INSERT INTO intake.legal_actions (complaint, kind, number, day, by_post, at) VALUES ($1, $2, $3, $4, $5, $6)",
                    self.complaint,
                    kind.number(),
                    number,
                    day,
                    by.actor,
                    by.now
                )
                .execute(tx)
                .await
                .map(|_| ())
            }
            Step::Act { id, kind, note, .. } => {
                sqlx::query!(
                    "INSERT INTO intake.actions (id, complaint, kind, by_post, at) VALUES ($1, $2, $3, $4, $5)",
                    id,
                    self.complaint,
                    kind.number(),
                    by.actor,
                    by.now
                )
                .execute(&mut *tx)
                .await?;
                self.note(tx, *id, note.as_ref()).await
            }
            Step::Feedback { id, told, by_woman, note } => {
                sqlx::query!(
                    "INSERT INTO intake.feedback (id, complaint, reached, in_private, satisfied, by_post, by_woman, at)
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                    id,
                    self.complaint,
                    told.reached,
                    told.in_private,
                    told.satisfied,
                    by.actor,
                    by_woman,
                    by.now
                )
                .execute(&mut *tx)
                .await?;
                self.note(tx, *id, note.as_ref()).await
            }
        }
    }

    async fn note(&self, tx: &mut Tx, id: Uuid, note: Option<&SealedNote>) -> Result<(), sqlx::Error> {
        match note {
            Some(note) => insert_note(tx, id, self.complaint, note).await,
            None => Ok(()),
        }
    }
}

/// Whether a post did any of the work on a complaint.
async fn has_acted(tx: &mut Tx, complaint: Uuid, post: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM intake.actions WHERE complaint = $1 AND by_post = $2)
               OR EXISTS (SELECT FROM intake.legal_actions WHERE complaint = $1 AND by_post = $2) AS "acted!""#,
        complaint,
        post
    )
    .fetch_one(tx)
    .await
}
