//! New complaints, however many at once: a handful of statements for up to 256 of them.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Datelike as _, Utc};
use platform::Refusal;
use platform::write::{By, Command, Done, Outcome, Tx};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use uuid::Uuid;

use super::rows::Rows;
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
        let outcomes = register_from(tx, &new, &arrivals).await?;
        Ok(outcomes
            .into_iter()
            .zip(new)
            .map(|(outcome, (by, new))| {
                outcome.map(|change| {
                    let registered = Registered {
                        id: new.id,
                        receipt_no: change.complaint.receipt_no.clone(),
                        arrived_at: new.visit.and_then(|visit| arrivals.get(&visit)).map(|(_, arrived)| *arrived),
                        now: by.now,
                    };
                    done(registered, &change)
                })
            })
            .collect())
    }
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
    register_from(tx, batch, &arrivals).await
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
) -> Result<Vec<Result<Change, Refusal>>, sqlx::Error> {
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
            let number = receipt::number(&new.at, new.received_day(by.now), serials.next(&book(new, by)));
            let change = new.register(number, arrived_at, &by.actor, by.now);
            rows.push(new, &change.complaint);
            change
        }));
    }
    rows.insert(tx).await?;
    Ok(changes)
}

/// The book of receipts that a complaint's number comes from: district, station, year.
type Book = (String, String, i16);

fn book(new: &NewComplaint, by: &By) -> Book {
    let year = i16::try_from(new.received_day(by.now).year()).unwrap_or(i16::MAX);
    (new.at.district.clone(), new.at.station.clone(), year)
}

/// The next serial of each book.
struct Serials(HashMap<Book, i32>);

impl Serials {
    /// Takes as many serials as there are complaints: one statement, the books in one order for all replicas.
    async fn take(tx: &mut Tx, wanted: impl Iterator<Item = Book>) -> Result<Self, sqlx::Error> {
        let mut counts: BTreeMap<Book, i32> = BTreeMap::new();
        for book in wanted {
            *counts.entry(book).or_default() += 1;
        }
        if counts.is_empty() {
            return Ok(Self(HashMap::new()));
        }
        let (mut districts, mut stations, mut years, mut many) = (vec![], vec![], vec![], vec![]);
        for ((district, station, year), count) in &counts {
            districts.push(district.clone());
            stations.push(station.clone());
            years.push(*year);
            many.push(*count);
        }
        let rows = sqlx::query!(
            "INSERT INTO intake.serials AS kept (district, station, year, last)
             SELECT * FROM unnest($1::text[], $2::text[], $3::smallint[], $4::int[])
             ON CONFLICT (district, station, year) DO UPDATE SET last = kept.last + excluded.last
             RETURNING district, station, year, last",
            &districts,
            &stations,
            &years,
            &many
        )
        .fetch_all(tx)
        .await?;
        Ok(Self(
            rows.into_iter()
                .map(|row| {
                    let book = (row.district, row.station, row.year);
                    let first = row.last - counts.get(&book).copied().unwrap_or_default() + 1;
                    (book, first)
                })
                .collect(),
        ))
    }

    fn next(&mut self, book: &Book) -> i32 {
        let serial = self.0.entry(book.clone()).or_insert(1);
        *serial += 1;
        *serial - 1
    }
}
