//! All names under which anything leaves the process by OTLP: attributes, spans that are no calls, metrics.
//!
//! A [`Key`] and a [`Metric`] can be made in this file alone, and everything that records takes one of them, so what is
//! not declared here cannot be exported. Where OpenTelemetry's semantic conventions have a name, it is taken; the
//! others begin with `mahila.`. Label values are `&'static str`: closed sets. Ids stand on spans, never on metrics. No
//! name here may ever carry a person's name, phone or words.

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
/// Value of `rpc.method` for a method that nobody serves.
pub const OTHER_METHOD: &str = "_OTHER";

/// Durations from 250 µs to 10 s: a small call takes about a millisecond, a deadline is seldom above ten seconds.
pub const DURATIONS: &[f64] =
    &[0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

metrics! {
    /// Duration of calls served, until the last byte of the answer or until the caller went away.
    RPC_SERVER_DURATION = "rpc.server.call.duration", "s", Shape::Histogram(DURATIONS), [RPC_SYSTEM_NAME, RPC_METHOD, RPC_STATUS];
    /// Duration of calls made to other services, one series an attempt's outcome.
    RPC_CLIENT_DURATION = "rpc.client.call.duration", "s", Shape::Histogram(DURATIONS), [RPC_SYSTEM_NAME, RPC_METHOD, RPC_STATUS];
    /// Calls being served now.
    RPC_IN_FLIGHT = "mahila.rpc.in_flight", "{call}", Shape::Gauge, [];

    /// Entries of a source's journal that are not applied here yet.
    FEED_LAG = "mahila.feed.lag", "{entry}", Shape::Observed, [FEED_SOURCE];
    /// Entries applied from a source's journal.
    FEED_APPLIED = "mahila.feed.applied", "{entry}", Shape::Counter, [FEED_SOURCE];

    /// Ended spans that were handed to the exporter or, with an error, dropped because it did not keep up.
    SPANS_PROCESSED = "otel.sdk.processor.span.processed", "{span}", Shape::Counter, [ERROR_TYPE, COMPONENT_TYPE, COMPONENT_NAME];
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
            assert!(!metric.unit().is_empty(), "{}: no unit", metric.name());
            for label in metric.labels() {
                assert!(KEYS.contains(label), "{}: {}", metric.name(), label.as_str());
            }
            if let Shape::Histogram(bounds) = metric.shape() {
                assert!(bounds.is_sorted_by(|lower, upper| lower < upper), "{}", metric.name());
            }
        }
    }
}
