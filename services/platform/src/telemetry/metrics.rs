//! Counters, gauges and histograms of the SDK, each bound to its labels once: recording is an atomic addition or a short
//! lock, where looking labels up at each call measured 13 % of a small one.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{BoundCounter, BoundHistogram, BoundUpDownCounter, MeterProvider};

use super::names::{Key, Metric, Shape};
use super::providers::providers;

/// Only grows.
#[derive(Debug, Clone)]
pub struct Counter(BoundCounter<u64>);

impl Counter {
    /// Counts `more`.
    pub fn add(&self, more: u64) {
        self.0.add(more);
    }
}

/// Goes up and down.
#[derive(Debug, Clone)]
pub struct Gauge(BoundUpDownCounter<i64>);

impl Gauge {
    /// Adds to the value; negative numbers take away.
    pub fn add(&self, more: i64) {
        self.0.add(more);
    }
}

/// Counts durations by bucket.
#[derive(Debug, Clone)]
pub struct Histogram(BoundHistogram<f64>);

impl Histogram {
    /// Records a duration.
    pub fn record(&self, duration: Duration) {
        self.0.record(duration.as_secs_f64());
    }
}

/// The series of one service in this process. Ask for a series once telemetry has started, once, and keep it: asking takes
/// a lock, and what is asked for before goes nowhere.
#[must_use]
pub const fn meter(service: &'static str) -> Meter {
    Meter { service }
}

/// Where a service gets its series.
#[derive(Debug, Clone, Copy)]
pub struct Meter {
    service: &'static str,
}

impl Meter {
    /// The counter of these labels.
    ///
    /// # Panics
    /// When the metric is no counter, or not declared with these labels.
    #[must_use]
    pub fn counter(&self, metric: &'static Metric, labels: &[(Key, &'static str)]) -> Counter {
        assert!(matches!(metric.shape(), Shape::Counter), "{} is no counter", metric.name());
        let meter = self.sdk();
        let counter = meter.u64_counter(metric.name());
        let counter = counter.with_unit(metric.unit()).with_description(metric.description()).build();
        Counter(counter.bind(&attributes(metric, labels)))
    }

    /// The gauge of these labels.
    ///
    /// # Panics
    /// When the metric is no gauge, or not declared with these labels.
    #[must_use]
    pub fn gauge(&self, metric: &'static Metric, labels: &[(Key, &'static str)]) -> Gauge {
        assert!(matches!(metric.shape(), Shape::Gauge), "{} is no gauge", metric.name());
        let meter = self.sdk();
        let gauge = meter.i64_up_down_counter(metric.name());
        let gauge = gauge.with_unit(metric.unit()).with_description(metric.description()).build();
        Gauge(gauge.bind(&attributes(metric, labels)))
    }

    /// The histogram of these labels.
    ///
    /// # Panics
    /// When the metric is no histogram, or not declared with these labels.
    #[must_use]
    pub fn histogram(&self, metric: &'static Metric, labels: &[(Key, &'static str)]) -> Histogram {
        let Shape::Histogram(bounds) = metric.shape() else { panic!("{} is no histogram", metric.name()) };
        let meter = self.sdk();
        let histogram = meter.f64_histogram(metric.name()).with_boundaries(bounds.to_vec());
        let histogram = histogram.with_unit(metric.unit()).with_description(metric.description()).build();
        Histogram(histogram.bind(&attributes(metric, labels)))
    }

    /// A gauge that is asked at each export, on the exporter's thread: `ask` must be quick and must not block or panic. A
    /// later one of the same labels takes its place.
    ///
    /// # Panics
    /// When the metric is not one to observe, or not declared with these labels.
    pub fn observe(
        &self,
        metric: &'static Metric,
        labels: &[(Key, &'static str)],
        ask: impl Fn() -> i64 + Send + Sync + 'static,
    ) {
        assert!(matches!(metric.shape(), Shape::Observed), "{} is not observed", metric.name());
        let labels = attributes(metric, labels);
        let meter = self.sdk();
        let gauge = meter.i64_observable_gauge(metric.name());
        let gauge = gauge.with_unit(metric.unit()).with_description(metric.description());
        gauge.with_callback(move |observer| observer.observe(ask(), &labels)).build();
    }

    fn sdk(&self) -> opentelemetry::metrics::Meter {
        providers().meters(self.service).meter("platform")
    }
}

fn attributes(metric: &Metric, labels: &[(Key, &'static str)]) -> Vec<KeyValue> {
    let attribute = |(key, value): &(Key, &'static str)| {
        assert!(metric.labels().contains(key), "{} is not declared with {}", metric.name(), key.as_str());
        KeyValue::new(key.as_str(), *value)
    };
    labels.iter().map(attribute).collect()
}
