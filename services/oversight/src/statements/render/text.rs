//! The statement as text, in the order in which it is read out.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use platform::locale::{Language, date, grouped};
use platform::terms::Term as _;

use super::super::silence::Silent;
use super::super::statement::{REST, Shown, Stated, UnitFigures};
use super::words::{self, Word};
use super::{Frame, Freshness, choose, number};
use crate::ledger::{Measure, Slot};

/// Writes it out.
pub(crate) fn text(frame: Frame<'_>, language: Language) -> String {
    let mut out = String::new();
    Reading { frame, language, out: &mut out }.all();
    out
}

/// A row of it alone.
pub(crate) fn text_row(frame: Frame<'_>, row: &UnitFigures, language: Language) -> String {
    let mut out = String::new();
    Reading { frame, language, out: &mut out }.row(row);
    out
}

/// How fresh its sources are: apart, since it changes from minute to minute, and the statement does not.
pub(crate) fn freshness(frame: Frame<'_>, sources: &[Freshness], language: Language) -> String {
    let mut out = String::new();
    Reading { frame, language, out: &mut out }.freshness(sources);
    out
}

struct Reading<'a> {
    frame: Frame<'a>,
    language: Language,
    out: &'a mut String,
}

impl Reading<'_> {
    fn all(&mut self) {
        self.head();
        self.silent();
        self.missed_reviews();
        self.completeness();
        let statement = self.frame.statement;
        for stated in &statement.whole.figures {
            self.figure(&statement.whole, *stated);
        }
        for row in &statement.rows {
            self.row(row);
        }
    }

    fn word(&self, word: Word) -> &'static str {
        choose(self.language, word.0, word.1)
    }

    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn heading(&mut self, heading: &str) {
        self.line("");
        self.line(heading);
        self.line(&"-".repeat(heading.chars().count()));
    }

    fn grouped(shown: Shown) -> String {
        number(shown, grouped)
    }

    /// A unit with its kind, marked where stations below it are made up.
    fn name(&self, row: &UnitFigures) -> String {
        let Some(unit) = &row.unit else { return self.word(REST).to_owned() };
        let kind = unit.kind.label();
        let name = choose(self.language, &unit.name.en, &unit.name.hi);
        let mark = match (row.synthetic, unit.kind) {
            (false, _) => String::new(),
            (true, platform::directory::UnitKind::Station) => format!(", {}", self.word(words::SYNTHETIC)),
            (true, _) => format!(", {}", self.word(words::SYNTHETIC_BELOW)),
        };
        format!("{name} ({}{mark})", self.word(kind))
    }

    fn head(&mut self) {
        let statement = self.frame.statement;
        if self.frame.simulated {
            self.line(&format!("*** {} ***", self.word(words::SIMULATED)));
        }
        let period = statement.period;
        self.line(&format!("{}: {}", self.word(words::TITLE), self.name(&statement.whole)));
        let (from, to) = (date(period.from, self.language), date(period.to, self.language));
        let days = match self.language {
            Language::En => format!("{from} to {to}, both included"),
            Language::Hi => format!("{from} से {to} तक, दोनों सम्मिलित"),
        };
        self.line(&days);
        if let Some(before) = statement.before {
            let (from, to) = (date(before.from, self.language), date(before.to, self.language));
            self.line(&format!("{}: {from} – {to}", self.word(words::BEFORE_IN_BRACKETS)));
        }
        if statement.public_copy {
            self.line(self.word(words::PUBLIC));
        }
    }

    /// By district, so that each head of a district hears the own ones together.
    fn silent(&mut self) {
        let silent = &self.frame.statement.silent;
        self.heading(&format!("{}: {}", self.word(words::SILENT), grouped(count(silent))));
        if silent.is_empty() {
            self.line(self.word(words::NONE_SILENT));
        }
        let mut districts: BTreeMap<&str, Vec<&Silent>> = BTreeMap::new();
        for station in silent {
            districts
                .entry(choose(self.language, &station.district.en, &station.district.hi))
                .or_default()
                .push(station);
        }
        for (district, stations) in districts {
            let stations: Vec<String> = stations.into_iter().map(|station| self.silent_station(station)).collect();
            self.line(&format!("{district}: {}", stations.join("; ")));
        }
    }

    fn silent_station(&self, silent: &Silent) -> String {
        let name = choose(self.language, &silent.name.en, &silent.name.hi);
        let mark = if silent.synthetic { format!(" [{}]", self.word(words::SYNTHETIC)) } else { String::new() };
        if silent.no_desk {
            format!("{name}{mark} ({})", self.word(words::NO_DESK))
        } else {
            format!("{name}{mark} ({} {})", grouped(silent.days), self.word(words::DAYS))
        }
    }

    /// Who missed reviews: units with their districts, the most cycles first.
    fn missed_reviews(&mut self) {
        let missed = &self.frame.statement.missed_reviews;
        self.heading(&format!("{}: {}", self.word(words::MISSED_REVIEWS), grouped(count(missed))));
        for missed in missed {
            let name = choose(self.language, &missed.unit.name.en, &missed.unit.name.hi);
            let district = choose(self.language, &missed.district.en, &missed.district.hi);
            let district = if district.is_empty() { String::new() } else { format!(", {district}") };
            let kind = self.word(missed.unit.kind.label());
            self.line(&format!("{name} ({kind}{district}): {}", grouped(missed.cycles)));
        }
    }

    fn completeness(&mut self) {
        let complete = self.frame.statement.completeness;
        self.heading(self.word(words::COMPLETENESS));
        for (word, reported) in [
            (words::UNITS_REPORTED, complete.units),
            (words::DESK_DAYS_REPORTED, complete.desk_days),
            (words::CYCLES_REPORTED, complete.cycles),
        ] {
            let [expected, actual, on_time] = [reported.expected, reported.actual, reported.on_time].map(grouped);
            let (of, made, in_time) =
                (self.word(words::EXPECTED), self.word(words::REPORTED), self.word(words::ON_TIME));
            self.line(&format!("{}: {of} {expected}; {made} {actual}; {in_time} {on_time}", self.word(word)));
        }
    }

    fn figure(&mut self, of: &UnitFigures, stated: Stated) {
        let Stated { slot, now, .. } = stated;
        let before = self.before(stated);
        if let Some(key) = slot.key_label() {
            let key = choose(self.language, key.en, key.hi);
            let by = slot.breakdown.map(|breakdown| self.word(breakdown.label())).unwrap_or_default();
            return self.line(&format!("    {by}: {key}: {}{before}", Self::grouped(now)));
        }
        if let Some(heading) = words::heading(slot.measure) {
            self.heading(self.word(heading));
        }
        let definition =
            words::definition(slot.measure).map(|word| format!(" ({})", self.word(word))).unwrap_or_default();
        let share = share(of, slot.measure, now).map(|share| format!(" = {share} %")).unwrap_or_default();
        let label = self.word(slot.measure.label());
        self.line(&format!("{label}: {}{share}{before}{definition}", Self::grouped(now)));
    }

    /// The figure of the period before, in brackets; nothing where none is told.
    fn before(&self, stated: Stated) -> String {
        if self.frame.statement.before.is_none() {
            return String::new();
        }
        format!(" [{}]", Self::grouped(stated.before))
    }

    /// A unit of the level: its wholes that are not 0, in one paragraph.
    fn row(&mut self, row: &UnitFigures) {
        let heading = self.name(row);
        self.heading(&heading);
        let is_told = |stated: &&Stated| stated.slot.breakdown.is_none() && stated.now != Shown::Number(0);
        let figures: Vec<String> = row
            .figures
            .iter()
            .filter(is_told)
            .map(|stated| format!("{}: {}", self.word(stated.slot.measure.label()), Self::grouped(stated.now)))
            .collect();
        let figures = if figures.is_empty() { self.word(words::NOTHING).to_owned() } else { figures.join("; ") };
        self.line(&figures);
    }

    fn freshness(&mut self, sources: &[Freshness]) {
        self.heading(self.word(words::FRESHNESS));
        for source in sources {
            let mut line = String::from(source.source);
            if !source.followed {
                self.line(&format!("{line}: {}", self.word(words::NOT_FOLLOWED)));
                continue;
            }
            let behind = source.head.max(source.applied) - source.applied;
            let _ = match behind {
                0 => write!(line, ": {}", self.word(words::COMPLETE)),
                behind => write!(line, ": {} {}", grouped(behind), self.word(words::BEHIND)),
            };
            // To the minute: what is read out twice within one should not differ.
            let _ = match source.seconds.map(|seconds| seconds / 60) {
                Some(0) => write!(line, "; {}", self.word(words::HEARD_NOW)),
                Some(minutes) => write!(line, "; {}: {}", self.word(words::HEARD), grouped(minutes)),
                None => write!(line, "; {}", self.word(words::NEVER_HEARD)),
            };
            self.line(&line);
        }
    }
}

fn count<T>(list: &[T]) -> i64 {
    i64::try_from(list.len()).unwrap_or(i64::MAX)
}

/// Whole percent, rounded down: 99.9 % is not "all".
fn share(of: &UnitFigures, measure: Measure, shown: Shown) -> Option<i64> {
    let whole = of.get(Slot::whole(words::share_of(measure)?));
    match (shown, whole) {
        (Shown::Number(part), Shown::Number(whole)) if whole > 0 => Some(part * 100 / whole),
        _ => None,
    }
}
