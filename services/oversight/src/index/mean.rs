//! The index of a unit: the mean of its stations', each counting alike, so that a large station hides no silent one. Not
//! computed on the unit's sums: there a station without a desk, which adds nothing to any sum, would vanish; here it is a 0.

use std::collections::{BTreeMap, HashMap};

use chrono::Days;

use super::flags::{Flag, INTAKE_DAYS, Signs, flags};
use super::rules::RULES;
use super::score::{Score, score, share_of, slots};
use crate::ledger::{Measure, Slot};
use crate::statements::{Cut, Figures, Heard, Hidden, Node, Sum};

/// How a test came out for a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TestScore {
    /// Sums of the stations' numerators and denominators; the mean of their hundredths.
    pub score: Score,
    /// Points it can bring.
    pub weight: i64,
    /// What the numerator is made of.
    pub numerator: Vec<Measure>,
    /// What the denominator is made of.
    pub denominator: Vec<Measure>,
    /// It is made of a hidden figure.
    pub hidden: bool,
}

/// The index of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scored {
    /// The unit.
    pub unit: Node,
    /// Some station below is made up.
    pub synthetic: bool,
    /// Stations that should have a desk.
    pub stations: i64,
    /// Hundredths of a point; `None`: a test is hidden, so the sum is.
    pub hundredths: Option<i64>,
    /// By test.
    pub tests: Vec<TestScore>,
    /// Stations with each flag raised.
    pub flags: BTreeMap<Flag, i64>,
}

/// What the index is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Basis<'a> {
    /// Figures where they happened.
    pub sums: &'a [Sum],
    /// Complaints of the 14 days up to the last day, of all stations of the state.
    pub intake: &'a [Sum],
    /// Desks and reports.
    pub heard: &'a Heard,
    /// Cells that readers outside the police are not shown.
    pub hidden: Option<&'a Hidden>,
}

/// A unit's stations, added up.
#[derive(Default)]
struct Gathered {
    stations: i64,
    synthetic: bool,
    scores: Vec<[Score; 8]>,
    figures: Figures,
    flags: BTreeMap<Flag, i64>,
}

/// The unit asked for, and each unit of the level with a station that should have a desk, by name.
pub(crate) fn index(
    cut: &Cut<'_>,
    root: &Node,
    basis: Basis<'_>,
    covers: impl Fn(&str) -> bool,
) -> (Scored, Vec<Scored>) {
    let mut figures: HashMap<&str, Figures> = HashMap::new();
    for sum in basis.sums {
        *figures.entry(&sum.place).or_default().entry(sum.slot).or_default() += sum.n;
    }
    let nothing = Figures::new();
    let intake = Intake::of(cut, basis);
    let mut whole = Gathered::default();
    let mut rows: BTreeMap<&str, Gathered> = BTreeMap::new();
    let in_cut = |station: &str| cut.contains(station) && covers(station);
    for station in cut.tree.stations() {
        if !station.kind.has_desk() || !station.exists_on(cut.day) || !in_cut(&station.id) {
            continue;
        }
        let figures = figures.get(station.id.as_str()).unwrap_or(&nothing);
        let signs = Signs {
            has_desk: basis.heard.is_open(&station.id, cut.day),
            silent: basis.heard.reports_of(&station.id).silent,
            intake: intake.of_station(cut, basis.heard, &station.id),
            district_has_intake: intake.median_is_above_zero(&station.district),
        };
        let (scores, flags) = (score(figures), flags(figures, signs));
        let row = cut.row_of(&station.id).map(|row| rows.entry(row).or_default());
        for gathered in std::iter::once(&mut whole).chain(row) {
            gathered.add(figures, scores, &flags, station.synthetic);
        }
    }
    let mut rows: Vec<Scored> =
        rows.into_iter().filter_map(|(id, row)| Some(row.scored(cut.node(id)?, basis.hidden))).collect();
    rows.sort_by_cached_key(|row| (row.unit.name.en.clone(), row.unit.id.clone()));
    (whole.scored(root.clone(), basis.hidden), rows)
}

impl Gathered {
    fn add(&mut self, figures: &Figures, scores: [Score; 8], flags: &[Flag], synthetic: bool) {
        self.stations += 1;
        self.synthetic |= synthetic;
        self.scores.push(scores);
        for (slot, n) in figures {
            *self.figures.entry(*slot).or_default() += n;
        }
        for flag in flags {
            *self.flags.entry(*flag).or_default() += 1;
        }
    }

    fn scored(mut self, unit: Node, hidden: Option<&Hidden>) -> Scored {
        let mut tests = Vec::new();
        for (at, rule) in RULES.iter().enumerate() {
            let of_test = || self.scores.iter().map(|scores| scores[at]);
            let share = share_of(rule, &self.figures);
            let is_hidden = hidden.is_some_and(|hidden| {
                let others = rule.otherwise.into_iter().flat_map(slots);
                slots(rule.share).chain(others).any(|slot| hidden.hides(&unit.id, slot))
            });
            let mean = of_test().map(|score| score.hundredths).sum::<i64>().checked_div(self.stations);
            let measures = |parts: super::rules::Parts| {
                let mut measures: Vec<Measure> = parts.iter().map(|(slot, _)| slot.measure).collect();
                measures.dedup();
                measures
            };
            tests.push(TestScore {
                score: Score {
                    test: rule.test,
                    hundredths: mean.unwrap_or_default(),
                    numerator: of_test().map(|score| score.numerator).sum(),
                    denominator: of_test().map(|score| score.denominator).sum(),
                },
                weight: rule.weight,
                numerator: measures(share.numerator),
                denominator: measures(share.denominator),
                hidden: is_hidden,
            });
        }
        if hidden.is_some() {
            self.flags.retain(|flag, _| flag.is_public());
        }
        let any_hidden = tests.iter().any(|test| test.hidden);
        let sum = tests.iter().map(|test| test.score.hundredths).sum();
        Scored {
            unit,
            synthetic: self.synthetic,
            stations: self.stations,
            hundredths: (!any_hidden).then_some(sum),
            tests,
            flags: self.flags,
        }
    }
}

/// Complaints of the 14 days, by station, and the middle one of each district.
struct Intake<'a> {
    by_station: HashMap<&'a str, i64>,
    by_district: HashMap<&'a str, Vec<i64>>,
}

impl<'a> Intake<'a> {
    fn of(cut: &Cut<'a>, basis: Basis<'a>) -> Self {
        let mut by_station: HashMap<&str, i64> = HashMap::new();
        for sum in basis.intake.iter().filter(|sum| sum.slot == Slot::whole(Measure::Complaints)) {
            *by_station.entry(&sum.place).or_default() += sum.n;
        }
        let mut by_district: HashMap<&str, Vec<i64>> = HashMap::new();
        let stations = cut.tree.stations().filter(|station| station.kind.has_desk() && station.exists_on(cut.day));
        for station in stations {
            let complaints = by_station.get(station.id.as_str()).copied().unwrap_or_default();
            by_district.entry(&station.district).or_default().push(complaints);
        }
        for counts in by_district.values_mut() {
            counts.sort_unstable();
        }
        Self { by_station, by_district }
    }

    fn of_station(&self, cut: &Cut<'_>, heard: &Heard, station: &str) -> Option<i64> {
        let first = cut.day.checked_sub_days(Days::new(INTAKE_DAYS - 1))?;
        heard.is_open(station, first).then(|| self.by_station.get(station).copied().unwrap_or_default())
    }

    /// Of an even number the mean of the two middle ones is above 0 when the larger is.
    fn median_is_above_zero(&self, district: &str) -> bool {
        self.by_district.get(district).is_some_and(|counts| counts[counts.len() / 2] > 0)
    }
}
