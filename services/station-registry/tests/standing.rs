//! How today's desks stand, as `/metrics` tells it. Alone in its process, as the telemetry is the process's.

#[path = "registry/harness.rs"]
#[expect(dead_code, reason = "the registry's other tests use the rest")]
mod harness;

use std::collections::BTreeMap;

use platform::telemetry::scraped::scraped;
use platform::telemetry::{Config, exposition, init};

use harness::{OPENING, Registry, at, shift};

/// Desks by state.
fn desks() -> BTreeMap<String, f64> {
    let families = scraped(&exposition().body).expect("what is told is OpenMetrics");
    let Some(family) = families.get("mahila_registry_desks") else { return BTreeMap::new() };
    family.samples.iter().map(|sample| (sample.labels["mahila_desk_state"].clone(), sample.value)).collect()
}

fn counted(expected: f64, reported: f64, silent: f64) -> BTreeMap<String, f64> {
    [("expected", expected), ("reported", reported), ("silent", silent)]
        .map(|(state, desks)| (state.into(), desks))
        .into()
}

#[tokio::test]
async fn a_desk_is_silent_from_its_opening_until_somebody_checks_in() {
    let telemetry = init(&Config { exposed: true, log_filter: "off".to_owned(), ..Config::default() }).unwrap();
    let registry = Registry::with_desks(&["ps-162-001", "ps-118-001"]).await;
    assert_eq!(desks(), BTreeMap::new(), "before the first count there is no figure, rather than none");

    // Desks open at eight.
    registry.advance(at(OPENING, 479)).await;
    assert_eq!(desks(), counted(2.0, 0.0, 0.0));
    registry.publish("ps-162-001", vec![shift(OPENING, 480, 840, &["a", "b"])]).await.unwrap();
    registry.advance(at(OPENING, 480)).await;
    assert_eq!(desks(), counted(2.0, 0.0, 2.0));
    registry.check_in("ps-162-001", "a").await.unwrap();
    registry.check_in("ps-162-001", "b").await.unwrap();
    registry.advance(at(OPENING, 490)).await;
    assert_eq!(desks(), counted(2.0, 1.0, 1.0), "a desk has reported once, whoever came");
    registry.advance(at("2020-10-24", 479)).await;
    assert_eq!(desks(), counted(2.0, 0.0, 0.0), "yesterday's do not count");
    drop(telemetry);
}
