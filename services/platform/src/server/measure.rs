//! What is measured of a process as a whole, for each of its services: readiness, the wait for a connection, and how long its
//! certificates are good.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use tokio::time::{Instant, timeout_at};

use crate::lifecycle::Lifecycle;
use crate::service::Parts;
use crate::settings::Service;
use crate::telemetry::{self, Histogram, names};
use crate::tls::{self, Side};

/// A database that does not answer within this is away.
const PROBE: Duration = Duration::from_secs(2);

/// Observes a service from now on: whether its process is ready, and its certificates, if it has any.
pub(super) fn observe(part: &Parts, life: &Lifecycle) {
    let meter = telemetry::meter(part.name);
    let ready = life.ready();
    meter.observe(&names::READY, &[], move || *ready.borrow());
    for side in [Side::Server, Side::Client] {
        meter.observe(&names::TLS_REMAINING, &[(names::TLS_CERTIFICATE, side.name())], move || remaining(side));
    }
}

/// Seconds until the certificate that is shown to this side expires.
fn remaining(side: Side) -> Option<i64> {
    let expiry = tls::expiries().into_iter().find(|expiry| expiry.side == side)?;
    Some((expiry.not_after - now()).num_seconds())
}

#[expect(clippy::disallowed_methods, reason = "certificates expire by the machine's time, in a replay too")]
fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}

/// A database that readiness follows.
pub(super) struct Database {
    pool: sqlx::PgPool,
    wait: Histogram,
}

impl Database {
    pub(super) fn of(part: &Parts) -> Self {
        let service = Service::ALL.into_iter().find(|service| service.source() == part.name);
        let pool = (names::DB_POOL, service.map_or(part.name, Service::name));
        Self { pool: part.feed.db.clone(), wait: telemetry::meter(part.name).histogram(&names::DB_WAIT, &[pool]) }
    }

    /// Whether it answers in time.
    pub(super) async fn answers(&self) -> bool {
        let began = Instant::now();
        let until = began + PROBE;
        let connection = timeout_at(until, self.pool.acquire()).await;
        // Also when there was none to be had: that is the longest wait.
        self.wait.record(began.elapsed());
        let Ok(Ok(mut connection)) = connection else { return false };
        matches!(timeout_at(until, sqlx::query("SELECT 1").execute(&mut *connection)).await, Ok(Ok(_)))
    }
}
