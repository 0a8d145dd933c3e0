//! New complaints, however many at once: a handful of statements for up to 256 of them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use platform::Refusal;
use platform::write::{AtOnce, By, Command, Done, Outcome, Tx};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use uuid::Uuid;

use super::rows::Rows;
use super::serials::{Known, Serials, book};
use crate::complaints::complaint::Change;
use crate::complaints::receipt;
use crate::complaints::register::NewComplaint;

/// What a registration came to: with what was told, the whole complaint follows from it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Registered {
    /// Of the complaint.
    pub id: Uuid,
    /// As on the receipt.
    pub receipt_no: String,
    /// When she came, if it comes from a visit.
    pub arrived_at: Option<DateTime<Utc>>,
    /// When it was recorded.
    pub now: DateTime<Utc>,
}

/// Records a complaint.
#[derive(Debug)]
pub(crate) struct RegisterComplaint {
    /// As told; the caller's scope covers the station.
    pub new: NewComplaint,
    /// The serials as this process knows them.
    pub known: Known,
}

impl Command for RegisterComplaint {
    type Effect = Registered;
    const NAME: &'static str = "register_complaint";

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<Registered>, sqlx::Error> {
        Ok(Self::apply_all(tx, &[(by, self)]).await?.remove(0))
    }

    async fn apply_all(tx: &mut Tx, batch: &[(&By, &Self)]) -> Result<Vec<Outcome<Registered>>, sqlx::Error> {
        let new: Vec<(&By, &NewComplaint)> = batch.iter().map(|(by, command)| (*by, &command.new)).collect();
        let arrivals = arrivals(tx, &new).await?;
        let (outcomes, serials) = register_from(tx, &new, &arrivals).await?;
        if let [(_, first), ..] = batch {
            first.known.learn(serials);
        }
        Ok(outcomes
            .into_iter()
            .zip(new)
            .map(|(outcome, (by, new))| {
                outcome.map(|change| {
                    let arrived_at = new.visit.and_then(|visit| arrivals.get(&visit)).map(|(_, arrived)| *arrived);
                    done(registered(&change, arrived_at, by), &change)
                })
            })
            .collect())
    }

    fn at_once(&self, by: &By) -> Option<AtOnce<Registered>> {
        if self.new.visit.is_some() {
            // Whether the visit was to this station, the database knows.
            return None;
        }
        let taken = self.known.next(book(&self.new, by))?;
        let number = receipt::number(&self.new.at, self.new.received_day(by.now), taken.serial);
        let change = self.new.register(number, None, &by.actor, by.now);
        let mut rows = Rows::default();
        rows.push(&self.new, &change.complaint);
        let known = self.known.clone();
        Some(AtOnce {
            done: done(registered(&change, None, by), &change),
            write: Box::new(move |tx, tail| {
                Box::pin(async move {
                    let newest = rows.insert_at_once(tx, &taken, tail).await?;
                    known.took(taken);
                    Ok(newest)
                })
            }),
        })
    }
}

fn registered(change: &Change, arrived_at: Option<DateTime<Utc>>, by: &By) -> Registered {
    let complaint = &change.complaint;
    Registered { id: complaint.id, receipt_no: complaint.receipt_no.clone(), arrived_at, now: by.now }
}

/// A change's answer, with its entries.
pub(super) fn done<E>(effect: E, change: &Change) -> Done<E> {
    change.events.iter().fold(Done::new(effect), Done::and)
}

/// Takes in lines of one station's paper register: all of them, or none.
#[derive(Debug)]
pub(crate) struct ImportRegister {
    /// As they stand there; the caller's scope covers the station.
    pub lines: Vec<NewComplaint>,
}

impl Command for ImportRegister {
    /// The complaints, in the order of the lines.
    type Effect = Vec<Uuid>;
    const NAME: &'static str = "import_register";

    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<Vec<Uuid>>, sqlx::Error> {
        let new: Vec<(&By, &NewComplaint)> = self.lines.iter().map(|line| (by, line)).collect();
        let mut outcome = Done::new(self.lines.iter().map(|line| line.id).collect());
        for change in register(tx, &new).await? {
            match change {
                Ok(change) => outcome = change.events.iter().fold(outcome, Done::and),
                Err(refusal) => return Ok(Err(refusal)),
            }
        }
        Ok(Ok(outcome))
    }

    fn constraint(&self, name: &str) -> Option<Refusal> {
        // Which line it is, a dry run tells.
        (name == "complaints_once_in_register").then(|| Refusal::already_exists("a line of the register"))
    }
}

/// Which of these numbers of a station's register were taken in before; for a dry run.
pub(crate) async fn taken_in(db: &PgPool, station: &str, numbers: &[String]) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT register_no AS "register_no!" FROM intake.complaints WHERE station = $1 AND register_no = ANY($2)"#,
        station,
        numbers
    )
    .fetch_all(db)
    .await
}

/// Records complaints inside another command: a call that becomes one. An outcome each, in their order; refused is only
/// what names a visit that was not to its station.
///
/// The serial of a receipt is taken here: a refusal of the command after this would leave a hole, so decide first.
pub(crate) async fn register(
    tx: &mut Tx,
    batch: &[(&By, &NewComplaint)],
) -> Result<Vec<Result<Change, Refusal>>, sqlx::Error> {
    let arrivals = arrivals(tx, batch).await?;
    let (changes, _) = register_from(tx, batch, &arrivals).await?;
    Ok(changes)
}

type Arrivals = HashMap<Uuid, (String, DateTime<Utc>)>;

async fn arrivals(tx: &mut Tx, batch: &[(&By, &NewComplaint)]) -> Result<Arrivals, sqlx::Error> {
    let visits: Vec<Uuid> = batch.iter().filter_map(|(_, new)| new.visit).collect();
    if visits.is_empty() {
        return Ok(Arrivals::new());
    }
    let rows = sqlx::query!("SELECT id, station, arrived_at FROM intake.visits WHERE id = ANY($1)", &visits)
        .fetch_all(tx)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, (row.station, row.arrived_at))).collect())
}

async fn register_from(
    tx: &mut Tx,
    batch: &[(&By, &NewComplaint)],
    arrivals: &Arrivals,
) -> Result<(Vec<Result<Change, Refusal>>, Serials), sqlx::Error> {
    let arrived = |new: &NewComplaint| match new.visit {
        None => Ok(None),
        Some(visit) => match arrivals.get(&visit) {
            Some((station, arrived_at)) if *station == new.at.station => Ok(Some(*arrived_at)),
            _ => Err(Refusal::not_found(format!("visits/{visit}"))),
        },
    };
    let accepted: Vec<_> = batch.iter().filter(|(_, new)| arrived(new).is_ok()).collect();
    let mut serials = Serials::take(tx, accepted.iter().map(|(by, new)| book(new, by))).await?;

    let mut rows = Rows::default();
    let mut changes = Vec::with_capacity(batch.len());
    for (by, new) in batch {
        changes.push(arrived(new).map(|arrived_at| {
            let number = receipt::number(&new.at, new.received_day(by.now), serials.next(book(new, by)));
            let change = new.register(number, arrived_at, &by.actor, by.now);
            rows.push(new, &change.complaint);
            change
        }));
    }
    rows.insert(tx).await?;
    Ok((changes, serials))
}
