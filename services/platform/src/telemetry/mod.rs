//! Logs, traces and metrics. What leaves the process is named in [`names`], and nothing else can leave.
//!
//! ```text
//! let telemetry = init(&config)?;                     // once a process
//! telemetry.flush(timeout)?; telemetry.shutdown(timeout)?;
//!
//! let trace = enter(&Parent::from_headers(headers), service, path, Kind::Server);      // a call
//! let trace = enter(&Parent::from_traceparent(&entry.traceparent), service, names::FEED_APPLY, Kind::Consumer);
//! let trace = enter(&Parent::none(), service, "escalation", Kind::Internal);           // a task's run
//! let step = child("resolve scope");                  // below the current one; nothing when that is not recorded
//! trace.instrument(future).await                      // makes it current; `carry(future)` for tokio::spawn
//! trace.set(names::SUBJECT, Value::token(name));  set(names::SUBJECT, id);             // the latter: on the current one
//! trace.link(&parent); trace.record_status(code); trace.fail("DATABASE_AWAY"); drop(trace);        // the drop ends it
//! current_traceparent(); inject(&mut headers);        // for the journal, for calls to others
//!
//! let applied = meter(service).counter(&names::FEED_APPLIED, &[(names::FEED_SOURCE, "oversight")]);  applied.add(3);
//! meter(service).observe(&names::FEED_LAG, &[(names::FEED_SOURCE, source)], move || lag());
//! let calls = Calls::server(&meter(service), &methods);                                // once
//! let mut call = calls.start(method);  call.code(code);  drop(call);                   // counted at the drop
//! ```
//!
//! Spans are made here, not by `tracing`: whether a trace is recorded is decided before anything is built (a span made and
//! thrown away costs more than half of a small call), several services in one process keep their own `service.name`, and a
//! library's spans cannot slip into the export. `tracing` is for log lines alone.

mod context;
mod export;
mod log;
mod metrics;
pub mod names;
#[cfg(any(test, feature = "testing"))]
pub mod receiver;
mod rpc;
mod span;
#[cfg(test)]
mod tests;
mod trace;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tonic::transport::Endpoint;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

pub use context::{Parent, current_traceparent, inject};
pub use export::NotFlushed;
pub use log::LogFormat;
pub use metrics::{Counter, Gauge, Histogram, Meter, meter};
pub use rpc::{Calls, InFlight, code_name};
pub use span::{Kind, Value};
pub use trace::{Trace, Traced, carry, child, child_of_kind, enter, set};

use export::{Exporter, Pipeline};

/// How a process logs and what it exports.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// What lines and metrics are filed under that belong to no service: the service's name where a process has one.
    pub service_name: &'static str,
    /// Name of this process among its twins: the pod's. Sent as a token, see [`Value::token`].
    pub service_instance: String,
    /// Address of an OTLP/gRPC collector, `http://HOST:PORT`. `None`: nothing is recorded or sent.
    pub otlp_endpoint: Option<String>,
    /// Share of the traces beginning here that are recorded, 0 to 1.
    pub sample_ratio: f64,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Which log lines there are, as `EnvFilter` has it: `info,platform=debug`.
    pub log_filter: String,
    /// How often metrics are sent.
    pub metrics_every: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            service_name: "mahila",
            service_instance: String::new(),
            otlp_endpoint: None,
            sample_ratio: 0.01,
            log_format: LogFormat::Text,
            log_filter: "info".to_owned(),
            metrics_every: Duration::from_secs(15),
        }
    }
}

/// Why telemetry cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not a filter.
    #[error("log_filter: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Not a share.
    #[error("sample_ratio: {0} is not between 0 and 1")]
    Ratio(f64),
    /// Not an address, or one with TLS: collectors stand beside us, and relay from there.
    #[error("otlp_endpoint: {0} is not of the form http://HOST:PORT")]
    Endpoint(String),
    /// Metrics would be sent without a pause.
    #[error("metrics_every: must be longer than nothing")]
    Interval,
    /// Someone else takes the log lines of this process.
    #[error("log lines already go elsewhere")]
    Subscriber(#[from] tracing_subscriber::util::TryInitError),
    /// This process exports already.
    #[error("telemetry was started twice")]
    Twice,
    /// No thread for the exporter.
    #[error("the exporter's thread did not start")]
    Thread(#[from] io::Error),
}

/// The telemetry of this process. Dropped without [`Telemetry::shutdown`], it ends without a last export.
#[derive(Debug)]
#[must_use = "what was recorded last is sent at shutdown"]
pub struct Telemetry {
    exporter: Option<Exporter>,
}

/// Begins to log to standard error and, where there is a collector, to record and export.
///
/// After a shutdown it may be called again, as tests do; the log lines stay as the first call had them.
///
/// # Errors
/// When a setting makes no sense, or when this process has telemetry already.
pub fn init(config: &Config) -> Result<Telemetry, Error> {
    static LOGGING: AtomicBool = AtomicBool::new(false);
    let filter = EnvFilter::try_new(&config.log_filter)?;
    if !(0.0..=1.0).contains(&config.sample_ratio) {
        return Err(Error::Ratio(config.sample_ratio));
    }
    if config.metrics_every.is_zero() {
        return Err(Error::Interval);
    }
    let endpoint = config.otlp_endpoint.as_deref().map(endpoint).transpose()?;
    if !LOGGING.swap(true, Ordering::Relaxed) {
        let lines = log::Lines { format: config.log_format, service: config.service_name };
        let layer = tracing_subscriber::fmt::layer().event_format(lines).with_writer(io::stderr).with_filter(filter);
        tracing_subscriber::registry().with(layer).try_init()?;
    }
    let exporter = endpoint.map(|endpoint| export(config, endpoint)).transpose()?;
    Ok(Telemetry { exporter })
}

fn endpoint(text: &str) -> Result<Endpoint, Error> {
    let endpoint = Endpoint::from_shared(text.to_owned()).map_err(|_| Error::Endpoint(text.to_owned()))?;
    let plain = endpoint.uri().scheme_str() == Some("http") && endpoint.uri().host().is_some();
    plain.then_some(endpoint).ok_or_else(|| Error::Endpoint(text.to_owned()))
}

fn export(config: &Config, endpoint: Endpoint) -> Result<Exporter, Error> {
    let dropped = meter(config.service_name).counter(&names::SPANS_DROPPED, &[]);
    let pipeline = Arc::new(Pipeline::new(config.sample_ratio, dropped));
    if !export::install(&pipeline) {
        return Err(Error::Twice);
    }
    Exporter::start(pipeline, metrics::registry(), endpoint, config.service_instance.clone(), config.metrics_every)
        .inspect_err(|_| export::uninstall())
        .map_err(Error::Thread)
}

impl Telemetry {
    /// Sends what is recorded by now and waits for it, at most `timeout`. Blocks the thread; the exporter has its own, so
    /// that even a runtime with one worker may wait here, though all its tasks wait too.
    ///
    /// # Errors
    /// When the collector does not take it, or not in time.
    pub fn flush(&self, timeout: Duration) -> Result<(), NotFlushed> {
        self.exporter.as_ref().map_or(Ok(()), |exporter| exporter.flush(timeout))
    }

    /// Stops recording, sends what is left and ends the exporter, all within `timeout`. Blocks like [`Telemetry::flush`].
    ///
    /// # Errors
    /// When the collector does not take it, or not in time; what was left is lost then.
    pub fn shutdown(mut self, timeout: Duration) -> Result<(), NotFlushed> {
        match self.exporter.take() {
            None => Ok(()),
            Some(exporter) => {
                export::uninstall();
                exporter.stop(timeout)
            }
        }
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if self.exporter.is_some() {
            export::uninstall();
        }
    }
}
