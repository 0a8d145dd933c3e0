//! A hundred random weeks: entries of every kind, told in random pages, counted again by a model that looks at the entries alone
//! and knows nothing of lines, cohorts and blocks. The statement says the same, at every level, of the period and of the one
//! before.

mod lot;
mod model;
mod world;

use std::collections::BTreeMap;

use mahila_proto::oversight::v1::{Breakdown, GetStatementRequest, UnitFigures};
use mahila_proto::registry::v1::UnitKind;
use oversight::{Campaigns, Intake, Registry, Reviews};
use platform::directory::{Directory, DirectoryCopy};
use platform::feed::{Entry, Projection};
use platform::fields::date;
use platform::write::Writer;

use crate::following::{Follow, entries};
use crate::harness::{oversight, writer};
use crate::tell::roll;
use lot::Lot;
use model::{Figures, Period, Slot, by_level, recount};
use world::World;

const LEVELS: [(UnitKind, usize); 6] = [
    (UnitKind::Zone, 2),
    (UnitKind::Range, 3),
    (UnitKind::Commissionerate, 4),
    (UnitKind::District, 5),
    (UnitKind::Circle, 7),
    (UnitKind::Station, 8),
];

async fn follow<P: Projection>(writer: &Writer, projection: &std::sync::Arc<P>, entries: Option<Vec<Entry>>) {
    writer.submit_own("tests", Follow { projection: projection.clone(), entries }).await.unwrap();
}

fn page(lot: &mut Lot, told: &mut Vec<Entry>) -> Option<Vec<Entry>> {
    let size = lot.below(24) + 1;
    (!told.is_empty()).then(|| told.drain(..size.min(told.len())).collect())
}

fn stated(unit: &UnitFigures, of: fn(&mahila_proto::oversight::v1::Figure) -> i64) -> Figures {
    let slot = |figure: &mahila_proto::oversight::v1::Figure| -> Slot {
        (figure.measure(), figure.breakdown(), figure.key.clone())
    };
    unit.figures.iter().filter(|figure| of(figure) != 0).map(|figure| (slot(figure), of(figure))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_random_weeks_are_what_a_naive_recount_of_the_entries_says() {
    let (db, _journals, oversight) = oversight(Vec::new(), Vec::new()).await;
    let writer = writer(&db);
    let registry = std::sync::Arc::new(Registry::new(DirectoryCopy::new(Directory::new(), db.pool.clone())));
    let (intake, reviews, campaigns) = (Intake.into(), Reviews.into(), Campaigns.into());
    let mut client = oversight.headquarters();
    let mut seen: BTreeMap<(i32, i32), usize> = BTreeMap::new();
    for week in 0..100 {
        let mut lot = Lot::new(week);
        let world = World::of(&mut lot);
        follow(&writer, &registry, None).await;
        follow(&writer, &intake, None).await;
        follow(&writer, &reviews, None).await;
        follow(&writer, &campaigns, None).await;
        follow(&writer, &registry, Some(entries(roll()))).await;
        // Journals arrive side by side, each in its own order.
        let [mut one, mut two, mut three, mut four] = world.journals.clone();
        while !(one.is_empty() && two.is_empty() && three.is_empty() && four.is_empty()) {
            match lot.below(4) {
                0 => {
                    if let Some(page) = page(&mut lot, &mut one) {
                        follow(&writer, &registry, Some(page)).await;
                    }
                }
                1 => {
                    if let Some(page) = page(&mut lot, &mut two) {
                        follow(&writer, &intake, Some(page)).await;
                    }
                }
                2 => {
                    if let Some(page) = page(&mut lot, &mut three) {
                        follow(&writer, &reviews, Some(page)).await;
                    }
                }
                _ => {
                    if let Some(page) = page(&mut lot, &mut four) {
                        follow(&writer, &campaigns, Some(page)).await;
                    }
                }
            }
        }

        let from = world::day(lot.below(16));
        let period = Period { from, to: (from + chrono::Days::new(lot.below(9) as u64)).min(world::day(16)) };
        let (now, before) = (recount(&world.journals, period), recount(&world.journals, period.before()));
        for (level, number) in LEVELS {
            let request = GetStatementRequest {
                from: Some(date(period.from)),
                to: Some(date(period.to)),
                level: level.into(),
                ..GetStatementRequest::default()
            };
            let statement = client.get_statement(request).await.unwrap().into_inner();
            let whole = statement.whole.as_ref().unwrap();
            let told = [(now.clone(), "of the period"), (before.clone(), "of the period before")];
            for (at, (naive, of)) in told.into_iter().enumerate() {
                let value = if at == 0 { |f: &_| value_of(f) } else { |f: &_| previous_of(f) };
                let (all, rows) = by_level(&naive, number);
                assert_eq!(stated(whole, value), all, "week {week} {period:?}: the state {of}");
                let mut stated_rows: BTreeMap<String, Figures> = BTreeMap::new();
                for row in &statement.rows {
                    let figures = stated(row, value);
                    if !figures.is_empty() {
                        stated_rows.insert(row.unit.trim_start_matches("units/").to_owned(), figures);
                    }
                }
                assert_eq!(stated_rows, rows, "week {week} {period:?} by {level:?} {of}");
            }
            for figure in whole.figures.iter().filter(|figure| figure.value != 0) {
                *seen.entry((figure.measure, figure.breakdown)).or_default() += 1;
            }
        }
    }
    let measures: Vec<i32> = (1..=62).filter(|measure| !seen.contains_key(&(*measure, 0))).collect();
    assert_eq!(measures, [] as [i32; 0], "every measure was seen");
    let breakdowns = (1..=7).filter(|breakdown| seen.keys().any(|(_, of)| of == breakdown)).count();
    assert_eq!(breakdowns, 7, "every breakdown was seen");
    assert_eq!(Breakdown::try_from(8).ok(), None);
}

fn value_of(figure: &mahila_proto::oversight::v1::Figure) -> i64 {
    figure.value
}

fn previous_of(figure: &mahila_proto::oversight::v1::Figure) -> i64 {
    figure.previous
}
