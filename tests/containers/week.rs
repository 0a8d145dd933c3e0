//! The first week, replayed into five containers, and every figure of the statement counted again from what the client was
//! answered.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use mahila::demo::Options;
use mahila_proto::oversight::v1::{Breakdown, Format, Language, Measure};
use mahila_proto::registry::v1::UnitKind;
use mahila_proto::review::v1::ReviewLevel;
use mahila_tests::house::SERVICES;
use mahila_tests::story::reader::Reader;
use mahila_tests::story::recount::Recount;
use mahila_tests::story::roll::Roll;
use mahila_tests::story::statements;
use mahila_tests::story::week::Found;
use platform::settings::Service;

use crate::town::{Town, addresses, url};

/// As in the story, whose recount this is; it holds more kinds.
const LEVELS: [(UnitKind, &str); 3] =
    [(UnitKind::Zone, "ZONE"), (UnitKind::District, "DISTRICT"), (UnitKind::Station, "STATION")];

pub async fn is_replayed_across_containers(town: &mut Town<'_>) {
    let mut options = Options::at(addresses(), town.issuer_key());
    options.authority = Some(town.trusted.clone().into_bytes());
    // The replay reads the services' feeds as one of them.
    let shown = &town.shown[&Service::Oversight];
    options.identity = Some((shown.certificate.clone().into_bytes(), shown.key.clone().into_bytes()));
    let roll = Roll::read(&options.units_csv, &options.stations_csv);
    let report = mahila::demo::run(options).await.unwrap_or_else(|error| panic!("{error}"));
    println!("{report}");

    let last = NaiveDate::from_ymd_opt(2020, 10, 31).expect("a day");
    let urls: BTreeMap<Service, String> = SERVICES.into_iter().map(|service| (service, url(service))).collect();
    let reader = Reader::at(urls, &town.issuer_key(), Some(town.trusted.clone().into_bytes()));
    let found = Found::ask(&reader, &report.tally).await;
    let recount = Recount::new(&report.tally, &found, &roll, last);
    let whole = recount.whole();
    let of = |measure: Measure| whole[&(measure, Breakdown::Unspecified, String::new())];
    assert_eq!((of(Measure::DesksExpected), of(Measure::DesksOpen), of(Measure::Calls)), (1_535, 1_535, 4_679));
    let cycles = report.tally.review.cycles.iter().filter(|cycle| cycle.level() == ReviewLevel::Station);
    assert_eq!(cycles.filter(|cycle| cycle.selected == 15).count(), 1_523, "fifteen wherever fifteen are eligible");

    for (level, kind) in LEVELS {
        let statement = reader.statement(level, Format::Unspecified, Language::Unspecified, false).await;
        assert!(statement.simulated, "a replay says so");
        statements::hold(&statement, &recount, &roll, kind);
    }
    for service in SERVICES {
        let said = town.said(service);
        assert!(!said.contains("panicked"), "{service}:\n{said}");
    }
}
