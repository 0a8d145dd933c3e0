//! What `/metrics` answers: everything that the services of this process have measured, as OpenMetrics text
//! (<https://prometheus.io/docs/specs/om/open_metrics_spec/>), with exemplars. The names are those that OpenTelemetry's rules
//! for Prometheus make of ours ([`names::prometheus`]).
//!
//! Written here: the exporters there are for Prometheus write its older text, which has no place for exemplars.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, HistogramDataPoint, Metric, MetricData, ResourceMetrics, ScopeMetrics,
};

use super::exemplars::{Exemplar, Exemplars};
use super::names;
use super::providers::providers;

const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// An answer to `GET /metrics`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposition {
    /// Its `content-type`.
    pub content_type: &'static str,
    /// Its body.
    pub body: String,
}

/// Everything measured by now. Asks what is observed, so it takes about a millisecond. Where telemetry was not told that it
/// would be asked ([`super::Config::exposed`]), there is nothing in it.
#[must_use]
pub fn exposition() -> Exposition {
    let providers = providers();
    let collected = providers.collect();
    Exposition { content_type: CONTENT_TYPE, body: write(&collected, &providers.all_exemplars()) }
}

/// The series of one name: OpenMetrics wants them together, and each name once.
struct Family {
    kind: &'static str,
    unit: Option<&'static str>,
    help: String,
    samples: String,
}

fn write(collected: &[(&'static str, ResourceMetrics)], exemplars: &[Arc<Exemplars>]) -> String {
    let mut families = BTreeMap::new();
    for (service, metrics) in collected {
        target(&mut families, metrics);
        for metric in metrics.scope_metrics().flat_map(ScopeMetrics::metrics) {
            add(&mut families, service, metric, exemplars);
        }
    }
    let mut text = String::new();
    for (name, Family { kind, unit, help, samples }) in families {
        let _ = writeln!(text, "# TYPE {name} {kind}");
        if let Some(unit) = unit {
            let _ = writeln!(text, "# UNIT {name} {unit}");
        }
        let _ = writeln!(text, "# HELP {name} {}", escaped(&help));
        text += &samples;
    }
    text += "# EOF\n";
    text
}

/// What OpenTelemetry calls the resource: once a service, so that its version need not stand on every series.
fn target(families: &mut BTreeMap<String, Family>, metrics: &ResourceMetrics) {
    let family = families.entry("target".to_owned()).or_insert_with(|| Family {
        kind: "info",
        unit: None,
        help: "The services of this process.".to_owned(),
        samples: String::new(),
    });
    let mut attributes: Vec<KeyValue> =
        metrics.resource().iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
    attributes.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    let _ = writeln!(family.samples, "target_info{} 1", braces(&labels(attributes.iter())));
}

fn add(families: &mut BTreeMap<String, Family>, service: &str, metric: &Metric, exemplars: &[Arc<Exemplars>]) {
    let name = names::family(metric.name(), metric.unit());
    let family = families.entry(name.clone()).or_insert_with(|| Family {
        kind: kind(metric.data()),
        unit: names::prometheus_unit(metric.unit()),
        help: metric.description().to_owned(),
        samples: String::new(),
    });
    let series = Series { name: &name, service, metric: metric.name(), exemplars };
    match metric.data() {
        AggregatedMetrics::F64(data) => series.write(data, &mut family.samples),
        AggregatedMetrics::U64(data) => series.write(data, &mut family.samples),
        AggregatedMetrics::I64(data) => series.write(data, &mut family.samples),
    }
}

fn kind(data: &AggregatedMetrics) -> &'static str {
    fn of<T>(data: &MetricData<T>) -> &'static str {
        match data {
            MetricData::Histogram(_) => "histogram",
            MetricData::Sum(sum) if sum.is_monotonic() => "counter",
            _ => "gauge",
        }
    }
    match data {
        AggregatedMetrics::F64(data) => of(data),
        AggregatedMetrics::U64(data) => of(data),
        AggregatedMetrics::I64(data) => of(data),
    }
}

/// The series of one metric of one service.
struct Series<'a> {
    name: &'a str,
    service: &'a str,
    metric: &'a str,
    exemplars: &'a [Arc<Exemplars>],
}

impl Series<'_> {
    fn write<T: Number>(&self, data: &MetricData<T>, to: &mut String) {
        let name = self.name;
        match data {
            MetricData::Gauge(gauge) => {
                for point in gauge.data_points() {
                    let _ = writeln!(to, "{name}{} {}", self.labels(point.attributes()), point.value().text());
                }
            }
            MetricData::Sum(sum) => {
                let total = if sum.is_monotonic() { "_total" } else { "" };
                for point in sum.data_points() {
                    let _ = writeln!(to, "{name}{total}{} {}", self.labels(point.attributes()), point.value().text());
                }
            }
            MetricData::Histogram(histogram) => {
                for point in histogram.data_points() {
                    self.histogram(point, to);
                }
            }
            // Nobody here asks for one.
            MetricData::ExponentialHistogram(_) => {}
        }
    }

    fn labels<'a>(&self, attributes: impl Iterator<Item = &'a KeyValue>) -> String {
        braces(&self.inside(attributes))
    }

    fn inside<'a>(&self, attributes: impl Iterator<Item = &'a KeyValue>) -> String {
        let mut text = labels(attributes);
        label(&mut text, names::SERVICE_NAME.as_str(), self.service);
        text
    }

    fn histogram<T: Number>(&self, point: &HistogramDataPoint<T>, to: &mut String) {
        let name = self.name;
        let labels = self.inside(point.attributes());
        let kept = self.kept(point);
        let mut count = 0;
        for (bucket, own) in point.bucket_counts().enumerate() {
            count += own;
            let bound = point.bounds().nth(bucket).unwrap_or(f64::INFINITY);
            let _ = write!(to, "{name}_bucket{{{labels},le=\"{}\"}} {count}", bound.text());
            // One that was kept while we counted stands in a bucket that may still be empty.
            if let Some(exemplar) = kept.get(bucket).copied().flatten().filter(|_| own > 0) {
                write_exemplar(to, &exemplar);
            }
            to.push('\n');
        }
        let _ = writeln!(to, "{name}_count{{{labels}}} {count}");
        let _ = writeln!(to, "{name}_sum{{{labels}}} {}", point.sum().text());
    }

    fn kept<T>(&self, point: &HistogramDataPoint<T>) -> Vec<Option<Exemplar>> {
        let attributes: Vec<&KeyValue> = point.attributes().collect();
        let own = self.exemplars.iter().find(|one| one.are_of(self.service, self.metric, &attributes));
        own.map(|own| own.kept()).unwrap_or_default()
    }
}

fn write_exemplar(to: &mut String, exemplar: &Exemplar) {
    let Exemplar { within, value, at } = exemplar;
    let (trace, span) = (within.trace, within.span);
    let at = format_args!("{}.{:03}", at.as_secs(), at.subsec_millis()).to_string();
    let _ = write!(to, " # {{trace_id=\"{trace}\",span_id=\"{span}\"}} {} {at}", value.text());
}

fn labels<'a>(attributes: impl Iterator<Item = &'a KeyValue>) -> String {
    let mut text = String::new();
    for attribute in attributes {
        label(&mut text, attribute.key.as_str(), &attribute.value.as_str());
    }
    text
}

fn label(text: &mut String, key: &str, value: &str) {
    let comma = if text.is_empty() { "" } else { "," };
    let _ = write!(text, "{comma}{}=\"{}\"", names::prometheus_label(key), escaped(value));
}

fn braces(labels: &str) -> String {
    format!("{{{labels}}}")
}

/// In help as in values of labels.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\"")
}

/// A number as the specification writes it: whole ones as they are, others always with a point or an exponent.
trait Number: Display + Copy {
    fn text(self) -> String;
}

impl Number for u64 {
    fn text(self) -> String {
        self.to_string()
    }
}

impl Number for i64 {
    fn text(self) -> String {
        self.to_string()
    }
}

impl Number for f64 {
    fn text(self) -> String {
        match self {
            f64::INFINITY => "+Inf".to_owned(),
            f64::NEG_INFINITY => "-Inf".to_owned(),
            _ => format!("{self:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_stands_in_a_label_stays_on_its_line() {
        let labels = labels([KeyValue::new("a.b", "c\"d\\e\nf"), KeyValue::new("g", 1)].iter());
        assert_eq!(labels, r#"a_b="c\"d\\e\nf",g="1""#);
    }

    #[test]
    fn numbers_are_written_as_the_specification_has_them() {
        assert_eq!([0.000_25, 1.0, f64::INFINITY, 1e-7].map(Number::text), ["0.00025", "1.0", "+Inf", "1e-7"]);
        assert_eq!((7_u64.text(), (-7_i64).text()), ("7".to_owned(), "-7".to_owned()));
    }
}
