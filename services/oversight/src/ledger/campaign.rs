//! What the journal of awareness campaigns tells, as far as it is counted; and which places are covered.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::count::Tally;
use super::measure::{Measure, Slot};
use super::states::EventState;

/// An event changed its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventMoved {
    /// The station that leads it; empty: none.
    pub station: String,
    /// Its district.
    pub district: String,
    /// Code of the village, ward or institution; empty: none.
    pub place_code: String,
    /// Number of the kind.
    pub kind: i16,
    /// The day it is planned for.
    pub planned: NaiveDate,
    /// To; `None`: a word this release does not know.
    pub to: Option<EventState>,
    /// Women at it.
    pub women: i64,
    /// Girls at it.
    pub girls: i64,
    /// When.
    pub day: NaiveDate,
}

impl EventMoved {
    /// The unit of the ledger.
    pub fn unit(&self) -> &str {
        if self.station.is_empty() { &self.district } else { &self.station }
    }

    /// The place that it covers, if it does.
    pub fn covers(&self) -> Option<&str> {
        (self.to == Some(EventState::Verified) && !self.place_code.is_empty()).then_some(self.place_code.as_str())
    }
}

/// Days with a verified event at each place, and the unit that each is counted at.
///
/// Within a period a place counts once, with its first day in it. So each day of a place is a line whose cohort is the day
/// before it at that place: counted on its own, and taken away again by a period that reaches back to that day before.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Coverage {
    days: BTreeMap<(String, NaiveDate), String>,
    news: BTreeSet<(String, NaiveDate)>,
}

impl Coverage {
    /// What was known of these places.
    pub fn known(days: impl IntoIterator<Item = (String, NaiveDate, String)>) -> Self {
        let days = days.into_iter().map(|(code, day, unit)| ((code, day), unit)).collect();
        Self { days, news: BTreeSet::new() }
    }

    /// An event: counts its place on its day, unless another did on that day. A day between two known ones parts them.
    pub fn count(&mut self, event: &EventMoved, tally: &mut Tally) {
        let Some(code) = event.covers() else { return };
        let at = (code.to_owned(), event.day);
        if self.days.contains_key(&at) {
            return;
        }
        let slot = Slot::whole(Measure::PlacesCovered);
        let of_code = |(key, _): &(&(String, NaiveDate), &String)| key.0 == code;
        let before = self.days.range(..at.clone()).next_back().filter(of_code).map(|((_, day), _)| *day);
        let after = self.days.range(at.clone()..).next().filter(of_code).map(|((_, day), unit)| (*day, unit.clone()));
        tally.add_on(slot, event.unit(), event.day, 1);
        if let Some(before) = before {
            tally.add(slot, event.unit(), event.day, before, -1);
        }
        if let Some((after, unit)) = after {
            if let Some(before) = before {
                tally.add(slot, &unit, after, before, 1);
            }
            tally.add(slot, &unit, after, event.day, -1);
        }
        self.days.insert(at.clone(), event.unit().to_owned());
        self.news.insert(at);
    }

    /// What was learnt: place, day, unit.
    pub fn news(&self) -> impl Iterator<Item = (&str, NaiveDate, &str)> {
        self.news.iter().map(|at| (at.0.as_str(), at.1, self.days[at].as_str()))
    }
}
