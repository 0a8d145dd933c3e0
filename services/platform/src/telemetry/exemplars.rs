//! Exemplars: for each bucket of a histogram, the last value that was recorded within a trace that is kept, so that a slow
//! bucket on a board leads to one of its calls. The SDK has none. Nothing is locked or kept for the calls that no trace was
//! recorded of.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceId};
use opentelemetry::{Context, KeyValue};

use super::names::{Metric, Shape};
use super::trace::is_recorded;

/// Where in a recorded trace something was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanIds {
    pub(super) trace: TraceId,
    pub(super) span: SpanId,
}

impl SpanIds {
    /// Those of the current span, when it is recorded here.
    #[must_use]
    pub fn current() -> Option<Self> {
        Context::map_current(|context| Self::of(context.span().span_context()))
    }

    pub(super) fn of(span: &SpanContext) -> Option<Self> {
        is_recorded(span).then(|| Self { trace: span.trace_id(), span: span.span_id() })
    }
}

/// One value, and where it came from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Exemplar {
    pub(super) within: SpanIds,
    pub(super) value: f64,
    /// Since 1970.
    pub(super) at: Duration,
}

/// The exemplars of one series.
#[derive(Debug)]
pub(super) struct Exemplars {
    service: &'static str,
    metric: &'static Metric,
    labels: Vec<KeyValue>,
    /// By bucket, the last one being without bound. Empty until the first is kept.
    kept: Mutex<Vec<Option<Exemplar>>>,
}

#[expect(clippy::disallowed_methods, reason = "an exemplar tells when the machine worked, in a replay too")]
fn now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

impl Exemplars {
    pub(super) const fn new(service: &'static str, metric: &'static Metric, labels: Vec<KeyValue>) -> Self {
        Self { service, metric, labels, kept: Mutex::new(Vec::new()) }
    }

    /// Whether these belong to a series. The SDK may give its labels in another order.
    pub(super) fn are_of(&self, service: &str, metric: &str, labels: &[&KeyValue]) -> bool {
        self.service == service
            && self.metric.name() == metric
            && self.labels.len() == labels.len()
            && self.labels.iter().all(|own| labels.contains(&own))
    }

    pub(super) fn keep(&self, value: f64, within: SpanIds) {
        let Shape::Histogram(bounds) = self.metric.shape() else { return };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.is_empty() {
            kept.resize(bounds.len() + 1, None);
        }
        kept[bounds.partition_point(|bound| *bound < value)] = Some(Exemplar { within, value, at: now() });
    }

    /// By bucket; empty when there are none.
    pub(super) fn kept(&self) -> Vec<Option<Exemplar>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::super::names;
    use super::*;

    fn ids(trace: u128) -> SpanIds {
        SpanIds { trace: TraceId::from(trace), span: SpanId::from(7) }
    }

    #[test]
    fn a_bucket_keeps_the_last_value_that_belongs_into_it() {
        let exemplars = Exemplars::new("service", &names::WRITE_WAIT, Vec::new());
        assert!(exemplars.kept().is_empty());
        // 5 ms is the bound of its bucket and belongs into it.
        for (value, trace) in [(0.003, 1), (0.005, 2), (0.005_1, 3), (11.0, 4)] {
            exemplars.keep(value, ids(trace));
        }
        let kept = exemplars.kept();
        assert_eq!(kept.len(), names::DURATIONS.len() + 1);
        let found: Vec<(usize, f64, SpanIds)> = kept
            .iter()
            .enumerate()
            .filter_map(|(bucket, exemplar)| exemplar.map(|it| (bucket, it.value, it.within)))
            .collect();
        assert_eq!(found, [(4, 0.005, ids(2)), (5, 0.005_1, ids(3)), (15, 11.0, ids(4))]);
    }

    #[test]
    fn labels_are_the_same_in_any_order() {
        let (one, two) = (KeyValue::new("one", "1"), KeyValue::new("two", "2"));
        let exemplars = Exemplars::new("service", &names::WRITE_WAIT, vec![one.clone(), two.clone()]);
        let name = names::WRITE_WAIT.name();
        assert!(exemplars.are_of("service", name, &[&two, &one]));
        assert!(!exemplars.are_of("service", name, &[&one, &one]));
        assert!(!exemplars.are_of("service", name, &[&one]));
        assert!(!exemplars.are_of("another", name, &[&one, &two]));
    }
}
