//! Plays the plan: moves the clock from stop to stop and does at each what is due there, many calls at a time, so that the
//! services' writers have something to group. Between two stops everything that was sent has been answered.

mod book;
mod born;
mod calls;
mod campaign;
mod complaints;
mod desks;
mod lines;
mod review;
mod statement;

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use mahila_proto::auth::v1::Role;
use mahila_proto::dev::v1::AdvanceToRequest;
use platform::fields::timestamp;

use super::plan::Plan;
use super::plan::agenda::{FIRST_CALLS, What};
use super::plan::register::few;
use super::plan::review::RECUSED;
use super::plan::staffing::{self, Staffing};
use super::tally::Tally;
use super::{DemoError, Options, Part, Progress, Report};
use book::Book;
use born::Born;
use lines::Lines;

/// Calls in flight at once. The writers of the services group what waits; more would only wait longer.
const IN_FLIGHT: usize = 128;

/// Plays a plan.
pub(super) struct Player {
    plan: Plan,
    lines: Lines,
    units_csv: Vec<u8>,
    stations_csv: Vec<u8>,
    progress: Arc<dyn Progress>,
}

impl Player {
    pub(super) fn new(options: Options) -> Result<(Self, Option<std::path::PathBuf>), DemoError> {
        let player = Self {
            plan: Plan::new(&options.units_csv, &options.stations_csv)
                .map_err(|error| DemoError::Roll(error.to_string()))?,
            lines: Lines::new(&options)?,
            units_csv: options.units_csv,
            stations_csv: options.stations_csv,
            progress: options.progress,
        };
        Ok((player, options.book))
    }

    /// Plays the whole plan.
    pub(super) async fn play(self, book: Option<std::path::PathBuf>) -> Result<Report, DemoError> {
        let mut book = Book::open(book.as_deref())?;
        let resumed = book.done > 0;
        let reports = calls::reports(&self.plan);
        let mut tally = Tally::default();
        let mut born: Vec<Born> = book.of_calls.iter().map(|of| self.born(of.clone())).collect();
        let mut parts = Vec::new();
        let mut at = book.done;
        let stops = self.plan.agenda.stops().len();
        while at < stops {
            let part = self.part(at);
            let last = (at..stops).take_while(|stop| self.part(*stop) == part).last().unwrap_or(at);
            let total: usize = (at..=last).map(|stop| self.weight(stop, &reports)).sum();
            self.progress.begin(part, total as u64);
            let (begun, answered) = (Instant::now(), self.lines.answered());
            for (stop, reports) in reports.iter().enumerate().take(last + 1).skip(at) {
                self.stop(stop, reports, &mut book, &mut born, &mut tally).await?;
                book.finish(stop)?;
            }
            self.progress.end();
            parts.push((part, begun.elapsed(), self.lines.answered() - answered));
            at = last + 1;
        }
        self.progress.begin(Part::Statement, 1);
        let (begun, answered) = (Instant::now(), self.lines.answered());
        let (hindi, english, signed) = self.statement().await?;
        self.progress.answered(1);
        self.progress.end();
        parts.push((Part::Statement, begun.elapsed(), self.lines.answered() - answered));
        Ok(Report { statement_hindi: hindi, statement_english: english, signed, tally, resumed, parts })
    }

    /// The part of the story a stop belongs to.
    fn part(&self, stop: usize) -> Part {
        let stop = self.plan.agenda.stops()[stop];
        match stop.what {
            What::End => Part::End,
            What::Roll => Part::Roll,
            What::Calls => {
                let day = platform::clock::ist_day(stop.at - chrono::Duration::microseconds(1));
                Part::Calls(chrono::Datelike::day(&day).max(FIRST_CALLS))
            }
            What::OpenDesks | What::PublishRosters => Part::Desks,
            _ => Part::Day(stop.day()),
        }
    }

    /// Answers that a stop takes, for the progress shown.
    fn weight(&self, stop: usize, reports: &[Vec<calls::Report>]) -> usize {
        let desks = self.plan.roll.desks.len();
        let cases = || self.plan.cases.iter().filter(|case| touches(case, stop)).count();
        match self.plan.agenda.stops()[stop].what {
            What::Roll => self.plan.registers.iter().filter(|count| **count > 0).count() + 2,
            What::Calls => reports[stop].len(),
            What::OpenDesks | What::PublishRosters => desks,
            What::CheckIn { day, shift } => self.duties(day, shift, false).len(),
            What::CheckInLate { day } => self.duties(day, 0, true).len(),
            What::Work { day, round: 2 } => cases() + self.heard(day).len(),
            What::Work { .. } => cases(),
            What::End => 1,
            what => self.weight_of_week(what),
        }
    }

    /// Who checks in: desk and place in its pool.
    fn duties(&self, day: u32, shift: u32, late: bool) -> Vec<(usize, usize)> {
        (0..self.plan.roll.desks.len())
            .flat_map(|desk| {
                staffing::check_ins(desk, day, shift, late).into_iter().map(move |of_pool| (desk, of_pool))
            })
            .collect()
    }

    /// Desks that give signs of life.
    fn heard(&self, day: u32) -> Vec<usize> {
        (0..self.plan.roll.desks.len()).filter(|desk| staffing::staffing(*desk, day) != Staffing::Silent).collect()
    }

    async fn stop(
        &self,
        stop: usize,
        reports: &[calls::Report],
        book: &mut Book,
        born: &mut Vec<Born>,
        tally: &mut Tally,
    ) -> Result<(), DemoError> {
        let now = self.plan.agenda.stops()[stop].at;
        self.advance(now).await?;
        let desks = 0..self.plan.roll.desks.len();
        match self.plan.agenda.stops()[stop].what {
            What::Roll => {
                self.import_roll().await?;
                self.progress.answered(2);
                let on_paper = desks.filter(|desk| self.plan.registers[*desk] > 0);
                let taken =
                    self.all(on_paper, |desk| async move { Ok((desk, self.import_register(desk, now).await?)) });
                for (desk, (register, names)) in taken.await? {
                    tally.registers.push(register);
                    if let ([name], Some(_)) = (&names[..], few(desk)) {
                        book.on_paper.insert(desk, name.clone());
                    }
                    if let (Some(name), true) = (names.first(), RECUSED.iter().any(|(of, _)| *of == desk)) {
                        book.against_station.insert(desk, name.clone());
                    }
                }
            }
            What::Calls => self.calls(stop, reports, book, born, tally).await?,
            What::OpenDesks => tally.desks.extend(self.all(desks, |desk| self.open_desk(desk)).await?),
            What::PublishRosters => tally.rosters.extend(self.all(desks, |desk| self.publish_roster(desk)).await?),
            What::CheckIn { day, shift } => {
                let duties = self.duties(day, shift, false);
                tally.check_ins.extend(self.all(duties, |(desk, officer)| self.check_in(desk, day, officer)).await?);
            }
            What::CheckInLate { day } => {
                let duties = self.duties(day, 0, true);
                tally.check_ins.extend(self.all(duties, |(desk, officer)| self.check_in(desk, day, officer)).await?);
            }
            What::Work { day, round } => {
                let heard = if round == 2 { self.heard(day) } else { Vec::new() };
                let beats = self.all(heard, |desk| self.heartbeats(desk, day));
                let ((), beats) = tokio::try_join!(self.cases(stop, book, tally), beats)?;
                tally.heartbeats.extend(beats);
            }
            What::End => {
                self.end_of_week(book, tally).await?;
                self.progress.answered(1);
            }
            what => self.week(what, book, tally).await?,
        }
        self.born_steps(stop, born, now, tally).await
    }

    /// Does the same for many, many at a time; answers in any order.
    async fn all<T, A, W>(
        &self,
        things: impl IntoIterator<Item = T>,
        each: impl Fn(T) -> W,
    ) -> Result<Vec<A>, DemoError>
    where
        W: Future<Output = Result<A, DemoError>>,
    {
        stream::iter(things)
            .map(each)
            .buffer_unordered(IN_FLIGHT)
            .inspect_ok(|_| self.progress.answered(1))
            .try_collect()
            .await
    }

    async fn cases(&self, stop: usize, book: &mut Book, tally: &mut Tally) -> Result<(), DemoError> {
        let due = self.plan.cases.iter().filter(|case| touches(case, stop));
        let (names, events) = (&book.complaints, &book.events);
        let answered = self
            .all(due, |case| async move {
                let event = case.event.and_then(|event| events.get(&event));
                let (name, facts) = self.case(case, stop, names.get(&case.number), event).await?;
                Ok((case.number, name, facts))
            })
            .await?;
        if self.plan.on_paper.iter().any(|due| due.stop == stop) {
            for (desk, name) in &book.on_paper {
                for fact in self.on_paper(*desk, name, stop).await? {
                    tally.keep(fact);
                }
            }
        }
        for (number, name, facts) in answered {
            if let Some(name) = name {
                book.complaints.insert(number, name);
            }
            for fact in facts {
                tally.keep(fact);
            }
        }
        Ok(())
    }

    /// Moves the clock of all services. Where it stands there already nothing happens.
    async fn advance(&self, now: DateTime<Utc>) -> Result<(), DemoError> {
        let token = self.lines.token(Role::ReplayOperator, "up");
        let message = AdvanceToRequest { instant: Some(timestamp(now)), from_peer: false };
        let moved = self
            .lines
            .ask("AdvanceTo", &token, message, |request| {
                let mut replay = self.lines.replay();
                async move { replay.advance_to(request).await }
            })
            .await;
        match moved {
            Err(DemoError::Refused { reason, .. }) if reason == "CLOCK_REFUSED" => Err(DemoError::ClockPast(now)),
            other => other.map(drop),
        }
    }
}

/// A partner that a replay registered.
pub(super) fn partner(book: &std::path::Path) -> Option<String> {
    Book::open(Some(book)).ok()?.partners.into_values().next()
}

fn touches(case: &super::plan::cases::Case, stop: usize) -> bool {
    case.stop == stop || case.steps.iter().any(|due| due.stop == stop)
}

/// How long the parts took.
#[must_use]
pub(super) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
