//! Calls in the database: a batch of reports reads its part of the book, changes it, and writes what changed, in as many
//! statements for 256 reports as for one.

mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use platform::clock::ist_day;
use platform::refusal::Refusal;
use platform::scope::Scope;
use platform::write::{By, Command, Done, Outcome, Subject, Tx};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use self::rows::CallRows;
use super::book::{Book, Call, Ids, Taken};
use super::place::Place;
use super::report::{CallerIndex, Key, Report};
use crate::complaints::{self, Change, NewComplaint};
use crate::terms::CallOutcome;
use crate::vault::{self, Sealed, SealedNote};

/// A control room tells of a call. Applied again it changes nothing: the event and its revision are its key.
#[derive(Debug)]
pub(crate) struct IngestCall {
    /// What is told.
    pub(crate) report: Report,
    /// Ids for what it may bring into being.
    pub(crate) ids: Ids,
    /// What the control room may see.
    pub(crate) scope: Arc<Scope>,
    /// Who called and what was said.
    pub(crate) sealed: Sealed,
    /// Where the phone was.
    pub(crate) point: Option<SealedNote>,
    /// There is something in `sealed` or `point`: a revision that says nothing of anybody leaves what is held.
    pub(crate) says_who: bool,
    /// The complaint it becomes, if it does; `None`: there is nowhere to record one.
    pub(crate) complaint: Option<NewComplaint>,
}

/// What the control room is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// What became of the report.
    pub(crate) outcome: CallOutcome,
    /// Where the call is counted.
    pub(crate) place: Place,
    /// What it became.
    pub(crate) complaint: Option<Uuid>,
}

impl Command for IngestCall {
    type Effect = Answer;
    const NAME: &'static str = "ingest_call";

    fn subjects(&self) -> Vec<Subject> {
        let Key { source, event } = &self.report.key;
        let of = |kind: &str, id: &str| Subject::of(kind, &format!("{}/{id}", source.number()));
        let caller = self.report.caller.as_ref().map(|caller| Subject::of("caller", &format!("{:?}", caller.0)));
        [of("call", event), of("incident", &self.report.incident)].into_iter().chain(caller).collect()
    }

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<Answer>, sqlx::Error> {
        Ok(Self::apply_all(tx, &[(by, self)]).await?.remove(0))
    }

    async fn apply_all(tx: &mut Tx, batch: &[(&By, &Self)]) -> Result<Vec<Outcome<Answer>>, sqlx::Error> {
        let mut book = read(tx, batch).await?;
        let taken: Vec<_> =
            batch.iter().map(|(by, command)| book.take(&command.report, command.ids, &command.scope, by.now)).collect();

        // The last word on each call within the batch is the one that is written.
        let mut newest: BTreeMap<&Key, (&By, &Self, &Call)> = BTreeMap::new();
        let mut identity: BTreeMap<&Key, &Self> = BTreeMap::new();
        let mut revised = Vec::new();
        let mut called: BTreeSet<(CallerIndex, NaiveDate)> = BTreeSet::new();
        let mut complaints = Vec::new();
        for ((by, command), taken) in batch.iter().zip(&taken) {
            let Ok(taken) = taken else { continue };
            if !matches!(taken.outcome, CallOutcome::New | CallOutcome::Revised) {
                continue;
            }
            newest.insert(&command.report.key, (by, command, &taken.call));
            if command.says_who || taken.outcome == CallOutcome::New {
                identity.insert(&command.report.key, command);
            }
            if command.says_who && taken.outcome == CallOutcome::Revised {
                revised.push(taken.call.id);
            }
            called.extend(command.report.caller.clone().map(|caller| (caller, taken.call.day)));
            if let Some(complaint) = command.complaint.as_ref().filter(|_| taken.becomes_complaint) {
                complaints.push((*by, complaint));
            }
        }
        rows::write(tx, &CallRows::of(&newest)).await?;
        rows::write_callers(tx, &called).await?;
        // A newer word comes in its place, under a new key.
        vault::store::forget(tx, &revised).await?;
        seal(tx, identity.into_values()).await?;
        let registered: Result<Vec<Change>, Refusal> =
            complaints::store::register(tx, &complaints).await?.into_iter().collect();
        // Refused is only what names a visit; a call names none.
        let mut registered =
            registered.map_err(|_| sqlx::Error::Protocol("a call's complaint was refused".into()))?.into_iter();

        let mut outcomes = Vec::with_capacity(batch.len());
        for taken in taken {
            outcomes.push(taken.map(|taken| {
                let mut done = Done::new(answer(&taken));
                if let Some(recorded) = &taken.recorded {
                    done = done.and(recorded);
                }
                let change = if taken.becomes_complaint { registered.next() } else { None };
                change.iter().flat_map(|change| &change.events).fold(done, Done::and)
            }));
        }
        Ok(outcomes)
    }
}

fn answer(taken: &Taken) -> Answer {
    Answer { outcome: taken.outcome, place: taken.call.place.clone(), complaint: taken.call.complaint }
}

/// The part of the book that a batch is about.
async fn read(tx: &mut Tx, batch: &[(&By, &IngestCall)]) -> Result<Book, sqlx::Error> {
    let mut book = Book::default();
    let keys: BTreeSet<&Key> = batch.iter().map(|(_, command)| &command.report.key).collect();
    for (key, call) in rows::held(tx, &keys).await? {
        book.hold(key, call);
    }
    let incidents: BTreeSet<_> =
        batch.iter().map(|(_, command)| (command.report.key.source, command.report.incident.as_str())).collect();
    for (source, incident) in rows::opened(tx, &incidents).await? {
        book.opened(source, incident);
    }
    let callers: BTreeSet<(&CallerIndex, NaiveDate)> = batch
        .iter()
        .filter_map(|(by, command)| {
            Some((command.report.caller.as_ref()?, ist_day(command.report.times.until(by.now).received)))
        })
        .collect();
    for (caller, day) in rows::last_called(tx, &callers).await? {
        book.called(caller, day);
    }
    Ok(book)
}

/// Writes what names anybody, each call under a data key of its own.
async fn seal<'a>(tx: &mut Tx, commands: impl Iterator<Item = &'a IngestCall>) -> Result<(), sqlx::Error> {
    let mut columns = vault::store::Columns::default();
    let mut points = Vec::new();
    for command in commands {
        columns.push(&command.sealed);
        points.extend(command.point.as_ref().map(|point| (command.sealed.subject, point)));
    }
    vault::store::insert(tx, &columns).await?;
    rows::write_points(tx, &points).await
}
