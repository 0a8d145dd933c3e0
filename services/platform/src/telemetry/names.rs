//! All names under which anything leaves the process, by OTLP or on `/metrics`: attributes, spans, metrics.
//!
//! A [`Key`] and a [`Metric`] can be made in this file alone, and everything that records takes one of them, so what is
//! not declared here cannot be exported. Where OpenTelemetry's semantic conventions have a name, it is taken; the
//! others begin with `mahila.`. Label values are `&'static str`: closed sets. Ids stand on spans, never on metrics. No
//! name here may ever carry a person's name, phone or words.
//!
//! On `/metrics` a name is the one that OpenTelemetry's rules for Prometheus make of it ([`prometheus`]); `mahila telemetry
//! names` prints them, for whoever writes a board or an alert.

/// The name of an attribute of a resource, a span or a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(&'static str);

impl Key {
    /// The name as it is exported.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// What kind of series a metric has.
#[derive(Debug, PartialEq)]
pub enum Shape {
    /// Only grows; restarts at zero with the process.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Is asked at each export.
    Observed,
    /// Counts by bucket, with a sum. Inclusive upper bounds, ascending; a last bucket without bound follows.
    Histogram(&'static [f64]),
}

/// A metric: its name, what it says, in which unit, by which labels.
#[derive(Debug, PartialEq)]
pub struct Metric {
    name: &'static str,
    unit: &'static str,
    description: &'static str,
    shape: Shape,
    labels: &'static [Key],
}

impl Metric {
    /// The name as it is exported.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The unit in UCUM: `s`, `By`, `{entry}`.
    #[must_use]
    pub const fn unit(&self) -> &'static str {
        self.unit
    }

    /// One sentence on what is measured.
    #[must_use]
    pub const fn description(&self) -> &'static str {
        self.description
    }

    /// Counter, gauge or histogram.
    #[must_use]
    pub const fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The labels its series may have.
    #[must_use]
    pub const fn labels(&self) -> &'static [Key] {
        self.labels
    }
}

macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub const $name: Key = Key($text);)*

        /// Every attribute there is.
        pub const KEYS: &[Key] = &[$($name),*];
    };
}

macro_rules! metrics {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal, $unit:literal, $shape:expr, [$($label:ident),*];)*) => {
        $($(#[doc = $doc])* pub static $name: Metric = Metric {
            name: $text,
            unit: $unit,
            description: concat!($($doc),*).trim_ascii(),
            shape: $shape,
            labels: &[$($label),*],
        };)*

        /// Every metric there is.
        pub static METRICS: &[&Metric] = &[$(&$name),*];
    };
}

keys! {
    // Resource
    /// Which service: `complaint-intake`.
    SERVICE_NAME = "service.name";
    /// What the services belong to: `mahila-help-desk`.
    SERVICE_NAMESPACE = "service.namespace";
    /// Which of the service's processes: the pod's name.
    SERVICE_INSTANCE = "service.instance.id";
    /// Version of the binary.
    SERVICE_VERSION = "service.version";
    /// `rust`.
    SDK_LANGUAGE = "telemetry.sdk.language";
    /// `opentelemetry`.
    SDK_NAME = "telemetry.sdk.name";
    /// Version of the SDK.
    SDK_VERSION = "telemetry.sdk.version";

    // Calls
    /// Always `grpc`.
    RPC_SYSTEM_NAME = "rpc.system.name";
    /// Full name of the method, `mahila.intake.v1.ComplaintService/RegisterComplaint`; `_OTHER` when there is none such.
    RPC_METHOD = "rpc.method";
    /// The gRPC status as text: `OK`, `NOT_FOUND`.
    RPC_STATUS = "rpc.response.status_code";
    /// Why something failed: a gRPC status, or a reason from the contract. Absent on success.
    ERROR_TYPE = "error.type";

    // Things of the house, by id; on spans alone
    /// Resource name of what a call or a command is about: `complaints/<uuid>`.
    SUBJECT = "mahila.subject";

    // Feed
    /// The service whose journal is followed.
    FEED_SOURCE = "mahila.feed.source";

    // What runs by itself
    /// Which task, one of [`TASKS`].
    DUE_TASK = "mahila.due.task";

    // Database
    /// Whose connections: the service's name in the settings, which is also its database's, `intake`.
    DB_POOL = "db.client.connection.pool.name";
    /// `idle` or `used`.
    DB_STATE = "db.client.connection.state";

    // Certificates
    /// Which certificate: `server`, which callers are shown, or `client`, which other services are shown.
    TLS_CERTIFICATE = "mahila.tls.certificate";

    // Registry
    /// How today's desks stand: `expected`, `reported` or `silent`.
    DESK_STATE = "mahila.desk.state";

    // The SDK's own
    /// `batching_span_processor`.
    COMPONENT_TYPE = "otel.component.type";
    /// Which of them: `batching_span_processor/0`.
    COMPONENT_NAME = "otel.component.name";
}

/// Name of the span of one transaction of the writer.
pub const WRITE_BATCH: &str = "write.batch";
/// Name of the span of one page of a followed journal.
pub const FEED_APPLY: &str = "feed.apply";
/// Name of the span of one stream of reports of a control room, beyond the call that brought it.
pub const CALLS_TAKEN: &str = "intake.calls";
/// Value of `rpc.method` for a method that nobody serves.
pub const OTHER_METHOD: &str = "_OTHER";

/// Every span that is neither a call, which is named as its method, nor a run of one of [`TASKS`], which is named as the task.
pub const SPANS: &[&str] = &[WRITE_BATCH, FEED_APPLY, CALLS_TAKEN, OTHER_METHOD];

/// Everything that runs by itself, in any service: `Due::name`.
pub const TASKS: &[&str] = &[
    "account_desk_days",
    "count_desks",
    "keep_review_cycles",
    "lapse_unreported_events",
    "mark_breached_limits",
    "mark_overdue_action_items",
    "watch_roll",
];

/// Durations from 250 µs to 10 s: a small call takes about a millisecond, a deadline is seldom above ten seconds.
pub const DURATIONS: &[f64] =
    &[0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Commands a transaction, up to the most there may be.
pub const BATCHES: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

metrics! {
    /// Duration of calls served, until the last byte of the answer or until the caller went away.
    RPC_SERVER_DURATION = "rpc.server.call.duration", "s", Shape::Histogram(DURATIONS), [RPC_SYSTEM_NAME, RPC_METHOD, RPC_STATUS];
    /// Duration of calls made to other services, one series an attempt's outcome.
    RPC_CLIENT_DURATION = "rpc.client.call.duration", "s", Shape::Histogram(DURATIONS), [RPC_SYSTEM_NAME, RPC_METHOD, RPC_STATUS];
    /// Calls being served now.
    RPC_IN_FLIGHT = "mahila.rpc.in_flight", "{call}", Shape::Gauge, [];

    /// Commands that wait for the writer now.
    WRITE_QUEUE = "mahila.write.queue", "{command}", Shape::Observed, [];
    /// Commands that shared one transaction of the writer.
    WRITE_BATCH_SIZE = "mahila.write.batch.size", "{command}", Shape::Histogram(BATCHES), [];
    /// Time from the moment a command was queued until it was answered, after its COMMIT or refused.
    WRITE_WAIT = "mahila.write.wait", "s", Shape::Histogram(DURATIONS), [];
    /// Commands that were turned away because the queue was full.
    WRITE_REFUSED = "mahila.write.refused", "{command}", Shape::Counter, [];

    /// Connections to the database that are open, by what they do; without the two of the door for writes.
    DB_CONNECTIONS = "db.client.connection.count", "{connection}", Shape::Observed, [DB_POOL, DB_STATE];
    /// Connections to the database that may be open at most; without those two.
    DB_CONNECTIONS_MAX = "db.client.connection.max", "{connection}", Shape::Observed, [DB_POOL];
    /// Time the readiness probe waited for a connection to the database, got or not.
    DB_WAIT = "db.client.connection.wait_time", "s", Shape::Histogram(DURATIONS), [DB_POOL];

    /// Entries of a source's journal that are not applied here yet.
    FEED_LAG = "mahila.feed.lag", "{entry}", Shape::Observed, [FEED_SOURCE];
    /// Entries applied from a source's journal.
    FEED_APPLIED = "mahila.feed.applied", "{entry}", Shape::Counter, [FEED_SOURCE];

    /// Time since a source was last heard; it says something every five seconds, also when nothing happens there.
    FEED_SILENCE = "mahila.feed.silence", "s", Shape::Observed, [FEED_SOURCE];

    /// Time since the last success of what runs by itself; since the start, before the first.
    DUE_AGE = "mahila.due.age", "s", Shape::Observed, [DUE_TASK];
    /// Runs that failed of what runs by itself; each is tried again at the next tick.
    DUE_FAILURES = "mahila.due.failures", "{run}", Shape::Counter, [DUE_TASK];

    /// 1 while the process is ready for calls, 0 while it is not: a database is away, or it was told to end.
    READY = "mahila.ready", "{process}", Shape::Observed, [];
    /// Time until a certificate that is in use expires; below nothing once it has.
    TLS_REMAINING = "mahila.tls.certificate.remaining", "s", Shape::Observed, [TLS_CERTIFICATE];

    /// Desks of today (IST): expected on the roll, reported (somebody has checked in), silent (open by its hours and nobody has).
    REGISTRY_DESKS = "mahila.registry.desks", "{desk}", Shape::Observed, [DESK_STATE];

    /// Ended spans that were handed to the exporter or, with an error, dropped because it did not keep up.
    SPANS_PROCESSED = "otel.sdk.processor.span.processed", "{span}", Shape::Counter, [ERROR_TYPE, COMPONENT_TYPE, COMPONENT_NAME];
}

/// The name of a metric's series on `/metrics`; a histogram's have `_bucket`, `_count` and `_sum` behind it.
///
/// <https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/>: dots become underscores, the unit is
/// appended unless it is an annotation in braces, and what only grows ends in `_total`.
#[must_use]
pub fn prometheus(metric: &Metric) -> String {
    let family = family(metric.name(), metric.unit());
    if matches!(metric.shape(), Shape::Counter) { family + "_total" } else { family }
}

/// The name of a key as a label on `/metrics`.
#[must_use]
pub fn prometheus_label(key: &str) -> String {
    key.replace('.', "_")
}

/// What the series of a metric have in common, and its TYPE, HELP and UNIT stand under.
pub(super) fn family(name: &str, unit: &str) -> String {
    let name = prometheus_label(name);
    match prometheus_unit(unit) {
        Some(unit) if !name.ends_with(unit) => format!("{name}_{unit}"),
        _ => name,
    }
}

/// The word that Prometheus has for a unit that is used here; `None` for an annotation.
pub(super) fn prometheus_unit(unit: &str) -> Option<&'static str> {
    match unit {
        "s" => Some("seconds"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_declared_once_and_well_formed() {
        let names: Vec<&str> =
            KEYS.iter().map(|key| key.as_str()).chain(METRICS.iter().map(|metric| metric.name())).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "a name stands twice");
        for name in names {
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || b"._".contains(&byte)), "{name}");
        }
    }

    #[test]
    fn metrics_say_what_they_are_and_have_declared_labels() {
        for metric in METRICS {
            assert!(metric.description().ends_with('.'), "{}: no sentence", metric.name());
            let annotation = metric.unit().starts_with('{') && metric.unit().ends_with('}');
            assert!(annotation || prometheus_unit(metric.unit()).is_some(), "{}: no unit known", metric.name());
            for label in metric.labels() {
                assert!(KEYS.contains(label), "{}: {}", metric.name(), label.as_str());
            }
            if let Shape::Histogram(bounds) = metric.shape() {
                assert!(bounds.is_sorted_by(|lower, upper| lower < upper), "{}", metric.name());
            }
        }
    }
    #[test]
    fn names_on_metrics_follow_the_rules_of_opentelemetry() {
        for (metric, name) in [
            (&RPC_SERVER_DURATION, "rpc_server_call_duration_seconds"),
            (&RPC_IN_FLIGHT, "mahila_rpc_in_flight"),
            (&WRITE_BATCH_SIZE, "mahila_write_batch_size"),
            (&WRITE_REFUSED, "mahila_write_refused_total"),
            (&DB_WAIT, "db_client_connection_wait_time_seconds"),
            (&TLS_REMAINING, "mahila_tls_certificate_remaining_seconds"),
        ] {
            assert_eq!(prometheus(metric), name);
        }
        assert_eq!(prometheus_label(RPC_STATUS.as_str()), "rpc_response_status_code");
        let names: BTreeSet<String> = METRICS.iter().map(|metric| family(metric.name(), metric.unit())).collect();
        assert_eq!(names.len(), METRICS.len(), "two metrics share a family");
    }
}
