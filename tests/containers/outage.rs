//! PostgreSQL is away for half a minute, and then gone and back: who asks for readiness is told so, who asks whether the services
//! live is told that they do, and nothing that was acknowledged is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mahila_tests::house::SERVICES;

use crate::health::Health;
use crate::load::{Load, Manner};
use crate::town::{Town, until};

/// So long it is away.
const AWAY: Duration = Duration::from_secs(30);

pub async fn readiness_falls_and_nothing_acknowledged_is_lost(town: &mut Town<'_>) {
    let probes: Vec<Health> = SERVICES.into_iter().map(|service| town.health(service)).collect();
    let over = Arc::new(AtomicBool::new(false));
    let liveness = tokio::spawn(always_alive(probes.clone(), over.clone()));
    let load = Load::begin(town, Manner::Patient);
    load.goes_on().await;

    // Nobody answers, and no connection breaks: the worst way to be away.
    let back = tokio::time::Instant::now() + AWAY;
    town.postgres.freeze();
    none_is_ready(&probes).await;
    tokio::time::sleep_until(back).await;
    town.postgres.thaw();
    all_are_ready(&probes).await;
    load.goes_on().await;

    // It dies, and another takes its place.
    town.postgres.crash();
    none_is_ready(&probes).await;
    town.postgres.run().await;
    all_are_ready(&probes).await;
    load.goes_on().await;

    over.store(true, Ordering::Relaxed);
    let asked = liveness.await.expect("it asked");
    assert!(asked > 100, "liveness was asked for {asked} times");
    load.end(town).await;
}

/// As a cluster asks, again and again: one "no" and the container would be killed.
async fn always_alive(probes: Vec<Health>, over: Arc<AtomicBool>) -> u32 {
    let mut asked = 0;
    while !over.load(Ordering::Relaxed) {
        for probe in &probes {
            assert_eq!(probe.lives().await, Some(true), "a service lives, whatever its database does");
            asked += 1;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    asked
}

async fn none_is_ready(probes: &[Health]) {
    for probe in probes {
        until("readiness falls", async || !probe.is_ready().await).await;
    }
}

async fn all_are_ready(probes: &[Health]) {
    for probe in probes {
        until("readiness comes back", async || probe.is_ready().await).await;
    }
}
