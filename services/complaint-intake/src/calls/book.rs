//! What is held of calls, and what a report changes in it. Pure: the store reads a part of the book, lets a batch of reports
//! change it, and writes what changed.
//!
//! **Calls.** Later revisions update, never double. What a call was counted as at its first word stays with it: its day,
//! whether it opened its incident, and how long before its caller had called. A revision that places it elsewhere or changes
//! its category moves all of that along; incident and phone told only later change no figure that was told already.
//!
//! **Callers.** Of every phone the days on which it called are kept (by keyed digest). A call carries the days since its caller
//! last called, 0 where she had called before on the same day. Then, within any period, she is counted once: where
//! `day - days since` reaches before the first day, which a 0 never does. This holds as long as a phone's calls are told in the
//! order of their days. A control room that was cut off and tells an older day after a newer one counts that caller once
//! more in periods that span both days, never less; a correction of the newer call would need the older figures again. A
//! caller who is not known is one of her own each time.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use platform::clock::ist_day;
use platform::refusal::Refusal;
use platform::scope::Scope;
use uuid::Uuid;

use super::place::Place;
use super::report::{CallerIndex, Key, Report, Source, Times};
use crate::terms::{CallOutcome, Category};

/// A call as it is held.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Call {
    /// Tells nothing.
    pub id: Uuid,
    /// The newest revision.
    pub revision: i32,
    /// See [`Report::incident`].
    pub incident: String,
    /// Of the newest revision.
    pub times: Times,
    /// The IST day of the first word.
    pub day: NaiveDate,
    /// Where it is counted.
    pub place: Place,
    /// What it is counted as.
    pub category: Category,
    /// She may be rung back.
    pub safe_to_call_back: bool,
    /// Nothing was said.
    pub silent: bool,
    /// In this revision or an earlier one: what was asked for stays asked for.
    pub wants_complaint: bool,
    /// What it became.
    pub complaint: Option<Uuid>,
    /// First call about its incident.
    pub opens_incident: bool,
    /// See the module.
    pub days_since_caller_called: Option<i32>,
}

/// What the journal is told of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The control room.
    pub source: Source,
    /// The call as it is now.
    pub call: Call,
    /// Where and as what it was counted before; `None`: this is its first word.
    pub was: Option<(Place, Category)>,
}

/// What a report came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// For the control room.
    pub outcome: CallOutcome,
    /// The call as it is now.
    pub call: Call,
    /// For the journal.
    pub recorded: Option<Recorded>,
    /// It becomes a complaint now, under the id handed in.
    pub becomes_complaint: bool,
}

/// Ids for what a report may bring into being.
#[derive(Debug, Clone, Copy)]
pub struct Ids {
    /// Of the call, if it is new.
    pub call: Uuid,
    /// Of the complaint, if it becomes one.
    pub complaint: Uuid,
}

/// The part of what is held that a batch of reports is about.
#[derive(Debug, Default)]
pub struct Book {
    calls: HashMap<Key, Call>,
    incidents: HashSet<(Source, String)>,
    callers: HashMap<CallerIndex, BTreeSet<NaiveDate>>,
}

impl Book {
    /// A call that is held.
    pub fn hold(&mut self, key: Key, call: Call) {
        self.incidents.insert((key.source, call.incident.clone()));
        self.calls.insert(key, call);
    }

    /// An incident that has been opened.
    pub fn opened(&mut self, source: Source, incident: String) {
        self.incidents.insert((source, incident));
    }

    /// A phone called on a day. Of the days before a report's day the newest one is enough.
    pub fn called(&mut self, caller: CallerIndex, day: NaiveDate) {
        self.callers.entry(caller).or_default().insert(day);
    }

    /// Takes a report in.
    ///
    /// # Errors
    /// `OUT_OF_SCOPE` when the call, as told or as held, lies outside; `INVALID_FIELDS` for impossible times. Nothing is
    /// changed then.
    pub fn take(&mut self, report: &Report, ids: Ids, scope: &Scope, now: DateTime<Utc>) -> Result<Taken, Refusal> {
        covers(scope, &report.place)?;
        let Some(held) = self.calls.get(&report.key) else { return self.open(report, ids, now) };
        covers(scope, &held.place)?;
        let outcome = decide(held.revision, report.revision);
        if outcome != CallOutcome::Revised {
            return Ok(Taken { outcome, call: held.clone(), recorded: None, becomes_complaint: false });
        }
        report.times.check(false, now)?;
        let was = (held.place.clone(), held.category);
        let mut call = Call {
            revision: report.revision,
            times: report.times.until(now),
            place: report.place.clone(),
            category: report.category,
            safe_to_call_back: report.safe_to_call_back,
            silent: report.silent,
            wants_complaint: held.wants_complaint || report.wants_complaint,
            ..held.clone()
        };
        let moved = was != (call.place.clone(), call.category);
        let becomes_complaint = become_complaint(&mut call, report, ids);
        if let Some(caller) = &report.caller {
            self.called(caller.clone(), call.day);
        }
        self.calls.insert(report.key.clone(), call.clone());
        let recorded = moved.then(|| Recorded { source: report.key.source, call: call.clone(), was: Some(was) });
        Ok(Taken { outcome, call, recorded, becomes_complaint })
    }

    fn open(&mut self, report: &Report, ids: Ids, now: DateTime<Utc>) -> Result<Taken, Refusal> {
        report.times.check(true, now)?;
        let times = report.times.until(now);
        let day = ist_day(times.received);
        let mut call = Call {
            id: ids.call,
            revision: report.revision,
            incident: report.incident.clone(),
            times,
            day,
            place: report.place.clone(),
            category: report.category,
            safe_to_call_back: report.safe_to_call_back,
            silent: report.silent,
            wants_complaint: report.wants_complaint,
            complaint: None,
            opens_incident: self.incidents.insert((report.key.source, report.incident.clone())),
            days_since_caller_called: report.caller.as_ref().and_then(|caller| self.days_since(caller, day)),
        };
        let becomes_complaint = become_complaint(&mut call, report, ids);
        if let Some(caller) = &report.caller {
            self.called(caller.clone(), day);
        }
        self.calls.insert(report.key.clone(), call.clone());
        let recorded = Recorded { source: report.key.source, call: call.clone(), was: None };
        Ok(Taken { outcome: CallOutcome::New, call, recorded: Some(recorded), becomes_complaint })
    }

    fn days_since(&self, caller: &CallerIndex, day: NaiveDate) -> Option<i32> {
        let last = self.callers.get(caller)?.range(..=day).next_back()?;
        i32::try_from((day - *last).num_days()).ok()
    }
}

/// What a revision is to a call that is held.
#[must_use]
pub fn decide(held: i32, told: i32) -> CallOutcome {
    match told.cmp(&held) {
        std::cmp::Ordering::Greater => CallOutcome::Revised,
        std::cmp::Ordering::Equal => CallOutcome::Repeated,
        std::cmp::Ordering::Less => CallOutcome::OutOfDate,
    }
}

/// Once, as soon as it is wanted and there is where to record it.
fn become_complaint(call: &mut Call, report: &Report, ids: Ids) -> bool {
    let becomes = call.wants_complaint && call.complaint.is_none() && report.has_desk;
    if becomes {
        call.complaint = Some(ids.complaint);
    }
    becomes
}

/// A call that is placed nowhere is the state's.
fn covers(scope: &Scope, place: &Place) -> Result<(), Refusal> {
    match place {
        Place { station: Some(station), .. } => scope.need_station(station),
        Place { district: Some(district), .. } => scope.need_unit(district),
        Place { station: None, district: None } if scope.stations().is_none() => Ok(()),
        Place { station: None, district: None } => Err(Refusal::out_of_scope()),
    }
}

#[cfg(test)]
mod tests;
