//! Counters, gauges and histograms of the SDK, each bound to its labels once: recording is an atomic addition or a short
//! lock, where looking labels up at each call measured 13 % of a small one.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{BoundCounter, BoundHistogram, BoundUpDownCounter, MeterProvider};

use super::exemplars::{Exemplars, SpanIds};
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

/// Counts values by bucket.
#[derive(Debug, Clone)]
pub struct Histogram {
    bound: BoundHistogram<f64>,
    exemplars: Option<Arc<Exemplars>>,
}

impl Histogram {
    /// Records a duration, or a number.
    pub fn record(&self, value: impl Reading) {
        if let Some(value) = value.reading() {
            self.bound.record(value);
        }
    }

    /// The same of something that happened within a trace: `/metrics` then tells which, if it is recorded.
    pub fn record_within(&self, value: impl Reading, within: Option<SpanIds>) {
        let Some(value) = value.reading() else { return };
        self.bound.record(value);
        if let (Some(exemplars), Some(within)) = (&self.exemplars, within) {
            exemplars.keep(value, within);
        }
    }
}

/// What can be measured: durations, in seconds, and numbers. `None`: nothing to say now.
pub trait Reading {
    /// Its number.
    fn reading(self) -> Option<f64>;
}

impl Reading for Duration {
    fn reading(self) -> Option<f64> {
        Some(self.as_secs_f64())
    }
}

impl Reading for bool {
    fn reading(self) -> Option<f64> {
        Some(f64::from(u8::from(self)))
    }
}

impl<R: Reading> Reading for Option<R> {
    fn reading(self) -> Option<f64> {
        self.and_then(Reading::reading)
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {
        $(impl Reading for $number {
            #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53, more than is ever counted here")]
            fn reading(self) -> Option<f64> {
                Some(self as f64)
            }
        })*
    };
}

numbers!(i64, u64, usize);

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
        let counter = Counter(counter.bind(&attributes(metric, labels)));
        // It is there from the start: the first increase of a series that was not there before is none to Prometheus.
        counter.add(0);
        counter
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
        let labels = attributes(metric, labels);
        let exemplars = providers().exemplars(self.service, metric, &labels);
        Histogram { bound: histogram.bind(&labels), exemplars }
    }

    /// A gauge that is asked at each export, on the exporter's thread, and at each `/metrics`: `ask` must be quick and must not
    /// block, panic, or keep what it asks alive. When it has no answer there is no series. A later one of the same labels
    /// takes its place.
    ///
    /// # Panics
    /// When the metric is not one to observe, or not declared with these labels.
    pub fn observe<R: Reading>(
        &self,
        metric: &'static Metric,
        labels: &[(Key, &'static str)],
        ask: impl Fn() -> R + Send + Sync + 'static,
    ) {
        assert!(matches!(metric.shape(), Shape::Observed), "{} is not observed", metric.name());
        let labels = attributes(metric, labels);
        let meter = self.sdk();
        let gauge = meter.f64_observable_gauge(metric.name());
        let gauge = gauge.with_unit(metric.unit()).with_description(metric.description());
        let ask = move || ask().reading();
        gauge
            .with_callback(move |observer| ask().into_iter().for_each(|value| observer.observe(value, &labels)))
            .build();
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
