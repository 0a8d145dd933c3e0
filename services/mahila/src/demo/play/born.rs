//! Complaints that came of calls: found in the answers of the control room's stream, looked up, and handled like others.

use chrono::{DateTime, Utc};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::book::{Book, OfCall};
use super::complaints::Subject;
use super::{IN_FLIGHT, Player, calls};
use crate::demo::DemoError;
use crate::demo::plan::draw::Draw;
use crate::demo::plan::handling::{Due, Who, handling};
use crate::demo::tally::{Fact, Tally};

/// What came of calls: a complaint each, with the steps that are due about it.
pub(super) struct Born {
    pub(super) of: OfCall,
    district: String,
    steps: Vec<Due>,
}

impl Player {
    /// Sends the reports of a stop, and looks up what came of them.
    pub(super) async fn calls(
        &self,
        stop: usize,
        reports: &[calls::Report],
        book: &mut Book,
        born: &mut Vec<Born>,
        tally: &mut Tally,
    ) -> Result<(), DemoError> {
        let told = calls::send(&self.lines, &self.plan, reports).await?;
        self.progress.answered(told.len() as u64);
        let mut new: Vec<(usize, String)> = Vec::new();
        for (report, told) in reports.iter().zip(&told) {
            let known = || born.iter().any(|born| born.of.name == told.complaint);
            if !told.complaint.is_empty() && !known() && new.iter().all(|(_, name)| *name != told.complaint) {
                new.push((report.call, told.complaint.clone()));
            }
        }
        tally.calls.extend(told);
        let looked_up = stream::iter(new)
            .map(|(call, name)| async move { Ok::<_, DemoError>((call, self.look_up(&name).await?)) })
            .buffer_unordered(IN_FLIGHT)
            .try_collect::<Vec<_>>()
            .await?;
        for (call, answer) in looked_up {
            let station = answer.station.trim_start_matches("stations/").to_owned();
            let of = OfCall { call, name: answer.name.clone(), station, stop };
            tally.keep(Fact::Complaint { by_woman: false, answer: Box::new(answer) });
            book.of_calls.push(of.clone());
            born.push(self.born(of));
        }
        Ok(())
    }

    /// What is done about a complaint that came of a call.
    pub(super) fn born(&self, of: OfCall) -> Born {
        let mut draw = Draw::of("of-call", &[of.call as u64]);
        let category = self.plan.calls[of.call].category;
        let steps = handling(category, Who::House, Who::House, of.stop, &self.plan.agenda, &mut draw);
        let station = self.plan.roll.desks.iter().find(|station| station.id == of.station);
        // Recorded nowhere that the roll knows: nobody of the replay handles it.
        let steps = if station.is_some() { steps } else { Vec::new() };
        Born { district: station.map(|station| station.district.clone()).unwrap_or_default(), of, steps }
    }

    /// Does what is due about them.
    pub(super) async fn born_steps(
        &self,
        stop: usize,
        born: &[Born],
        now: DateTime<Utc>,
        tally: &mut Tally,
    ) -> Result<(), DemoError> {
        let due = born.iter().filter(|born| born.steps.iter().any(|due| due.stop == stop));
        let done = stream::iter(due)
            .map(|born| async move {
                let subject = Subject {
                    key: ("of-call-step", born.of.call),
                    name: &born.of.name,
                    station: &born.of.station,
                    district: &born.district,
                };
                let mut facts = Vec::new();
                for (order, due) in born.steps.iter().enumerate().filter(|(_, due)| due.stop == stop) {
                    facts.push(self.step(subject, order, due, now).await?);
                }
                Ok::<_, DemoError>(facts)
            })
            .buffer_unordered(IN_FLIGHT)
            .try_collect::<Vec<_>>()
            .await?;
        for fact in done.into_iter().flatten() {
            tally.keep(fact);
        }
        Ok(())
    }
}
