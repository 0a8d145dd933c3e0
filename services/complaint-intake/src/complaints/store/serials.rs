//! The serials of receipts: taken by the transaction that writes the complaint, so that no number is missing.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::Datelike as _;
use platform::write::{By, Tx};

use crate::complaints::register::NewComplaint;

/// The book of receipts that a complaint's number comes from: district, station, year.
type Book = (String, String, i16);

pub(super) fn book(new: &NewComplaint, by: &By) -> Book {
    let year = i16::try_from(new.received_day(by.now).year()).unwrap_or(i16::MAX);
    (new.at.district.clone(), new.at.station.clone(), year)
}

/// The next serial of each book.
pub(super) struct Serials(HashMap<Book, i32>);

impl Serials {
    /// Takes as many serials as there are complaints: one statement, the books in one order for all replicas.
    pub(super) async fn take(tx: &mut Tx, wanted: impl Iterator<Item = Book>) -> Result<Self, sqlx::Error> {
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

    pub(super) fn next(&mut self, book: Book) -> i32 {
        let serial = self.0.entry(book).or_insert(1);
        *serial += 1;
        *serial - 1
    }
}

/// The serials as this process saw them last: a guess. Another replica may have given out more, and what we saw may have been
/// rolled back, so the statement that uses a guess proves it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known(Arc<Mutex<HashMap<Book, i32>>>);

/// A serial that is thought to follow in its book.
pub(super) struct Taken {
    pub(super) book: Book,
    pub(super) serial: i32,
}

impl Known {
    /// What follows in a book; `None`: it was not seen yet.
    pub(super) fn next(&self, book: Book) -> Option<Taken> {
        let next = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&book).copied();
        next.map(|serial| Taken { book, serial })
    }

    /// Remembers what follows in each book.
    pub(super) fn learn(&self, serials: Serials) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(serials.0);
    }

    /// Remembers that it was taken.
    pub(super) fn took(&self, taken: Taken) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(taken.book, taken.serial + 1);
    }
}
