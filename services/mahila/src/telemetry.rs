//! `mahila telemetry`: under which names the services measure, for whoever writes a board or an alert.

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use platform::telemetry::names::{self, Metric, Shape};
use serde_json::{Value, json};

use crate::Done;

/// `mahila telemetry …`
#[derive(Debug, Subcommand)]
pub(crate) enum Telemetry {
    /// List what a service serves on `/metrics`: name, type, unit, labels and what it says, a line each.
    Names {
        /// How the list is printed.
        #[arg(long, short, value_enum, default_value = "table")]
        output: Output,
    },
}

/// How the list is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// Tabs between the columns.
    Table,
    /// One array, an object a metric.
    Json,
}

impl Telemetry {
    pub(crate) fn run(self) -> Done {
        let Self::Names { output } = self;
        let text = match output {
            Output::Table => names::METRICS.iter().map(|metric| line(metric)).collect(),
            Output::Json => {
                let all: Vec<Value> = names::METRICS.iter().map(|metric| object(metric)).collect();
                serde_json::to_string_pretty(&all)? + "\n"
            }
        };
        std::io::stdout().lock().write_all(text.as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }
}

fn line(metric: &Metric) -> String {
    let (name, shape, unit) = (names::prometheus(metric), shape(metric), metric.unit());
    format!("{name}\t{shape}\t{unit}\t{}\t{}\n", labels(metric).join(","), metric.description())
}

fn object(metric: &Metric) -> Value {
    json!({
        "name": names::prometheus(metric),
        "type": shape(metric),
        "unit": metric.unit(),
        "labels": labels(metric),
        "description": metric.description(),
        "opentelemetry": metric.name(),
    })
}

fn shape(metric: &Metric) -> &'static str {
    match metric.shape() {
        Shape::Counter => "counter",
        Shape::Gauge | Shape::Observed => "gauge",
        Shape::Histogram(_) => "histogram",
    }
}

/// The metric's own, and the one that every series has.
fn labels(metric: &Metric) -> Vec<String> {
    let own = metric.labels().iter().map(|key| key.as_str());
    own.chain([names::SERVICE_NAME.as_str()]).map(names::prometheus_label).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_told_as_a_query_needs_it() {
        assert_eq!(
            line(&names::WRITE_REFUSED),
            "mahila_write_refused_total\tcounter\t{command}\tservice_name\tCommands that were turned away because the queue was full.\n"
        );
        let told = object(&names::FEED_SILENCE);
        assert_eq!(told["name"], "mahila_feed_silence_seconds");
        assert_eq!(told["type"], "gauge");
        assert_eq!(told["labels"], json!(["mahila_feed_source", "service_name"]));
        assert_eq!(told["opentelemetry"], "mahila.feed.silence");
    }
}
