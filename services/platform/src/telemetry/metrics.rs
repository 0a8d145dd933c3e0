//! Counters, gauges and histograms of plain atomics. Recording is one or two atomic additions; series are built when they
//! are first asked for and read when they are exported, always as totals since the process began.
//!
//! OpenTelemetry's own instruments build a set of attributes a call, which measured 13 % of a small call, and offer no
//! histogram that is filled beforehand; so the registry writes OTLP itself.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::{self as otlp, metric::Data, number_data_point};

use super::names::{Buckets, Key, Metric, Shape};
use super::span::{attribute, now};

/// Only grows.
#[derive(Debug, Clone, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    /// Counts `more`.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// What was counted since the process began.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Goes up and down.
#[derive(Debug, Clone, Default)]
pub struct Gauge(Arc<AtomicI64>);

impl Gauge {
    /// Sets the value.
    pub fn set(&self, value: i64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// Adds to the value; negative numbers take away.
    pub fn add(&self, more: i64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// The value.
    #[must_use]
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Counts by bucket.
#[derive(Debug, Clone)]
pub struct Histogram(Arc<Cells>);

#[derive(Debug)]
struct Cells {
    buckets: &'static Buckets,
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

impl Histogram {
    fn new(buckets: &'static Buckets) -> Self {
        let counts = (0..=buckets.bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Cells { buckets, counts, sum: AtomicU64::new(0) }))
    }

    /// Records a duration, in a histogram whose unit is the second.
    pub fn record(&self, duration: Duration) {
        self.record_count(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Records a number of small units: a size in a histogram of sizes.
    pub fn record_count(&self, value: u64) {
        let cells = &*self.0;
        let bucket = cells.buckets.bounds.partition_point(|bound| *bound < value);
        cells.counts[bucket].fetch_add(1, Ordering::Relaxed);
        cells.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// How many values were recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.counts.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }
}

type Labels = Vec<(Key, &'static str)>;

enum Series {
    Counter(Counter),
    Gauge(Gauge),
    Histogram(Histogram),
    Observed(Box<dyn Fn() -> i64 + Send + Sync>),
}

impl fmt::Debug for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Counter(_) => "Counter",
            Self::Gauge(_) => "Gauge",
            Self::Histogram(_) => "Histogram",
            Self::Observed(_) => "Observed",
        })
    }
}

/// Service, then metric, then labels. The metric's declaration is kept for the export.
type Table = BTreeMap<(&'static str, &'static str), (&'static Metric, BTreeMap<Labels, Series>)>;

/// All series of a process.
#[derive(Debug)]
pub(super) struct Registry {
    since: u64,
    series: Mutex<Table>,
}

impl Default for Registry {
    fn default() -> Self {
        Self { since: now(), series: Mutex::default() }
    }
}

static REGISTRY: LazyLock<Arc<Registry>> = LazyLock::new(Arc::default);

/// The registry of this process.
pub(super) fn registry() -> Arc<Registry> {
    REGISTRY.clone()
}

/// The series of one service in this process. Ask for a series once and keep it: asking takes a lock.
#[must_use]
pub fn meter(service: &'static str) -> Meter {
    Meter { registry: registry(), service }
}

/// Where a service gets its series.
#[derive(Debug, Clone)]
pub struct Meter {
    registry: Arc<Registry>,
    service: &'static str,
}

impl Meter {
    #[cfg(test)]
    pub(super) fn of(registry: &Arc<Registry>, service: &'static str) -> Self {
        Self { registry: registry.clone(), service }
    }

    /// The counter of these labels.
    ///
    /// # Panics
    /// When the metric is no counter, or not declared with these labels.
    #[must_use]
    pub fn counter(&self, metric: &'static Metric, labels: &[(Key, &'static str)]) -> Counter {
        assert!(matches!(metric.shape(), Shape::Counter), "{} is no counter", metric.name());
        let find = |series: &Series| if let Series::Counter(counter) = series { Some(counter.clone()) } else { None };
        self.series(metric, labels, find, || {
            let counter = Counter::default();
            (counter.clone(), Series::Counter(counter))
        })
    }

    /// The gauge of these labels.
    ///
    /// # Panics
    /// When the metric is no gauge, or not declared with these labels.
    #[must_use]
    pub fn gauge(&self, metric: &'static Metric, labels: &[(Key, &'static str)]) -> Gauge {
        assert!(matches!(metric.shape(), Shape::Gauge), "{} is no gauge", metric.name());
        let find = |series: &Series| if let Series::Gauge(gauge) = series { Some(gauge.clone()) } else { None };
        self.series(metric, labels, find, || {
            let gauge = Gauge::default();
            (gauge.clone(), Series::Gauge(gauge))
        })
    }

    /// The histogram of these labels.
    ///
    /// # Panics
    /// When the metric is no histogram, or not declared with these labels.
    #[must_use]
    pub fn histogram(&self, metric: &'static Metric, labels: &[(Key, &'static str)]) -> Histogram {
        let Shape::Histogram(buckets) = metric.shape() else { panic!("{} is no histogram", metric.name()) };
        let find =
            |series: &Series| if let Series::Histogram(histogram) = series { Some(histogram.clone()) } else { None };
        self.series(metric, labels, find, || {
            let histogram = Histogram::new(buckets);
            (histogram.clone(), Series::Histogram(histogram))
        })
    }

    /// A gauge that is asked at each export, on the exporter's thread: `ask` must be quick and must not block. A later one
    /// of the same labels takes its place.
    ///
    /// # Panics
    /// When the metric is no gauge, or not declared with these labels.
    pub fn observe(
        &self,
        metric: &'static Metric,
        labels: &[(Key, &'static str)],
        ask: impl Fn() -> i64 + Send + Sync + 'static,
    ) {
        assert!(matches!(metric.shape(), Shape::Gauge), "{} is no gauge", metric.name());
        self.series(metric, labels, |_| None, || ((), Series::Observed(Box::new(ask))));
    }

    fn series<T>(
        &self,
        metric: &'static Metric,
        labels: &[(Key, &'static str)],
        find: impl FnOnce(&Series) -> Option<T>,
        make: impl FnOnce() -> (T, Series),
    ) -> T {
        for (key, _) in labels {
            assert!(metric.labels().contains(key), "{} is not declared with {}", metric.name(), key.as_str());
        }
        let mut labels = labels.to_vec();
        labels.sort_unstable();
        let mut table = self.registry.series.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, series) = table.entry((self.service, metric.name())).or_insert_with(|| (metric, BTreeMap::new()));
        series.get(&labels).and_then(find).unwrap_or_else(|| {
            let (handle, new) = make();
            series.insert(labels, new);
            handle
        })
    }
}

impl Registry {
    /// Every series as it stands, by service.
    pub(super) fn collect(&self) -> BTreeMap<&'static str, Vec<otlp::Metric>> {
        let at = Moment { since: self.since, now: now() };
        let mut services: BTreeMap<&'static str, Vec<otlp::Metric>> = BTreeMap::new();
        let table = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        for ((service, _), (metric, series)) in &*table {
            services.entry(service).or_default().push(otlp::Metric {
                name: metric.name().to_owned(),
                unit: metric.unit().to_owned(),
                description: metric.description().to_owned(),
                data: Some(at.data(metric, series)),
                ..otlp::Metric::default()
            });
        }
        services
    }
}

/// From when to when the totals count.
struct Moment {
    since: u64,
    now: u64,
}

impl Moment {
    fn data(&self, metric: &Metric, series: &BTreeMap<Labels, Series>) -> Data {
        let cumulative = otlp::AggregationTemporality::Cumulative.into();
        match metric.shape() {
            Shape::Counter => {
                let data_points = self.numbers(series);
                Data::Sum(otlp::Sum { data_points, aggregation_temporality: cumulative, is_monotonic: true })
            }
            Shape::Gauge => Data::Gauge(otlp::Gauge { data_points: self.numbers(series) }),
            Shape::Histogram(_) => {
                let points = series.iter().filter_map(|(labels, series)| match series {
                    Series::Histogram(histogram) => Some(self.histogram(labels, &histogram.0)),
                    _ => None,
                });
                Data::Histogram(otlp::Histogram { data_points: points.collect(), aggregation_temporality: cumulative })
            }
        }
    }

    fn numbers(&self, series: &BTreeMap<Labels, Series>) -> Vec<otlp::NumberDataPoint> {
        let number = |(labels, series): (&Labels, &Series)| {
            let value = match series {
                Series::Counter(counter) => i64::try_from(counter.get()).unwrap_or(i64::MAX),
                Series::Gauge(gauge) => gauge.get(),
                Series::Observed(ask) => ask(),
                Series::Histogram(_) => return None,
            };
            Some(otlp::NumberDataPoint {
                attributes: attributes(labels),
                start_time_unix_nano: self.since,
                time_unix_nano: self.now,
                value: Some(number_data_point::Value::AsInt(value)),
                ..otlp::NumberDataPoint::default()
            })
        };
        series.iter().filter_map(number).collect()
    }

    fn histogram(&self, labels: &Labels, cells: &Cells) -> otlp::HistogramDataPoint {
        let counts: Vec<u64> = cells.counts.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        let exported = |small: u64| in_units(small, cells.buckets.per_unit);
        otlp::HistogramDataPoint {
            attributes: attributes(labels),
            start_time_unix_nano: self.since,
            time_unix_nano: self.now,
            // Summed from the buckets just read, so that the two agree while others go on counting.
            count: counts.iter().sum(),
            sum: Some(exported(cells.sum.load(Ordering::Relaxed))),
            bucket_counts: counts,
            explicit_bounds: cells.buckets.bounds.iter().map(|bound| exported(*bound)).collect(),
            ..otlp::HistogramDataPoint::default()
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a sum of durations is still right to the microsecond after a century")]
fn in_units(small: u64, per_unit: u32) -> f64 {
    small as f64 / f64::from(per_unit)
}

fn attributes(labels: &Labels) -> Vec<KeyValue> {
    labels.iter().map(|(key, value)| attribute(*key, (*value).into())).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::telemetry::names;

    fn histogram_of(registry: &Registry, service: &str) -> otlp::HistogramDataPoint {
        let mut metrics = registry.collect().remove(service).unwrap();
        let Some(Data::Histogram(mut histogram)) = metrics.remove(0).data else { panic!("no histogram") };
        histogram.data_points.remove(0)
    }

    #[test]
    fn the_same_labels_give_the_same_series_in_any_order() {
        let registry = Arc::default();
        let meter = Meter::of(&registry, "a");
        let (task, outcome) = ((names::TASK, "escalation"), (names::OUTCOME, "applied"));
        meter.counter(&names::TASK_RUNS, &[task, outcome]).add(1);
        meter.counter(&names::TASK_RUNS, &[outcome, task]).add(2);
        assert_eq!(meter.counter(&names::TASK_RUNS, &[task, outcome]).get(), 3);
        assert_eq!(Meter::of(&registry, "b").counter(&names::TASK_RUNS, &[task, outcome]).get(), 0);
    }

    #[test]
    fn a_later_observer_takes_the_place_of_the_earlier() {
        let registry = Arc::default();
        let meter = Meter::of(&registry, "a");
        meter.observe(&names::WRITE_QUEUE, &[], || 1);
        meter.observe(&names::WRITE_QUEUE, &[], || 2);
        let Some(Data::Gauge(gauge)) = &registry.collect()["a"][0].data else { panic!("no gauge") };
        assert_eq!(gauge.data_points.len(), 1);
        assert_eq!(gauge.data_points[0].value, Some(number_data_point::Value::AsInt(2)));
    }

    #[test]
    #[should_panic(expected = "is not declared with")]
    fn an_undeclared_label_is_refused_when_the_series_is_asked_for() {
        let _ = Meter::of(&Arc::default(), "a").counter(&names::TASK_RUNS, &[(names::SUBJECT, "x")]);
    }

    #[test]
    fn a_duration_on_a_bound_counts_below_it() {
        let registry = Arc::default();
        let histogram = Meter::of(&registry, "a").histogram(&names::WRITE_DURATION, &[]);
        histogram.record(Duration::from_micros(250));
        histogram.record(Duration::from_nanos(250_001));
        histogram.record(Duration::from_secs(11));
        let point = histogram_of(&registry, "a");
        assert_eq!((point.bucket_counts[0], point.bucket_counts[1], point.bucket_counts.last()), (1, 1, Some(&1)));
        assert_eq!(point.count, 3);
        assert!((point.explicit_bounds[0] - 0.000_25).abs() < 1e-12);
        assert!((point.sum.unwrap() - 11.000_500_001).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn buckets_hold_what_their_bounds_say(values in prop::collection::vec(0u64..600, 0..200)) {
            let registry = Arc::default();
            let histogram = Meter::of(&registry, "a").histogram(&names::WRITE_BATCH_SIZE, &[]);
            for value in &values {
                histogram.record_count(*value);
            }
            let point = histogram_of(&registry, "a");
            let mut below = 0;
            for (bound, count) in names::SIZES.bounds.iter().zip(&point.bucket_counts) {
                below += count;
                prop_assert_eq!(below, values.iter().filter(|value| *value <= bound).count() as u64);
            }
            prop_assert_eq!(point.count, values.len() as u64);
        }
    }
}
