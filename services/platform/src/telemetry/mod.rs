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
//! wait.record_within(began.elapsed(), SpanIds::current());                             // with an exemplar
//! exposition().body                                                                    // what `/metrics` answers
//! ```
//!
//! Metrics leave by OTLP where there is a collector, and by `/metrics` where there is a port to ask at; without both, none are
//! kept. Inside is the OpenTelemetry SDK. Ours is what it leaves open: whether a trace is recorded is decided before its span is
//! built (one made and thrown away costs more than half of a small call), several services in one process keep their own
//! `service.name`, and names are closed sets. `tracing` is for log lines alone, so a library's spans cannot slip into the
//! export.

mod exemplars;
mod exposition;
mod log;
mod metrics;
pub mod names;
mod parent;
mod providers;
#[cfg(any(test, feature = "testing"))]
pub mod receiver;
mod rpc;
#[cfg(any(test, feature = "testing"))]
pub mod scraped;
#[cfg(test)]
mod tests;
mod trace;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tonic::transport::Endpoint;
use tracing::Level;
use tracing_subscriber::filter::{EnvFilter, FilterExt, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

pub use exemplars::SpanIds;
pub use exposition::{Exposition, exposition};
pub use log::LogFormat;
pub use metrics::{Counter, Gauge, Histogram, Meter, Reading, meter};
pub use opentelemetry::trace::SpanKind as Kind;
pub use parent::{Parent, current_traceparent, inject};
pub use rpc::{Calls, InFlight, code_name};
pub(crate) use rpc::{Ending, Observed};
pub use trace::{Trace, Value, carry, child, child_of_kind, enter, set};

use providers::Providers;

/// How a process logs and what it exports.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// What lines are filed under that belong to no service, and how the exporter itself fares: the service's name where a
    /// process has one.
    pub service_name: &'static str,
    /// Name of this process among its twins: the pod's. Sent as a token, see [`Value::token`].
    pub service_instance: String,
    /// Address of an OTLP/gRPC collector, `http://HOST:PORT`. `None`: nothing is sent, and no trace is recorded.
    pub otlp_endpoint: Option<String>,
    /// Whether somebody may ask for [`exposition`]: the process has a port for it.
    pub exposed: bool,
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
            exposed: false,
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
    /// This process records already.
    #[error("telemetry was started twice")]
    Twice,
    /// No thread for the exporter.
    #[error("the exporter's thread did not start")]
    Thread(#[from] io::Error),
    /// The library does not take the settings.
    #[error("the exporter was not built")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
}

/// Why what was recorded did not all arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotFlushed {
    /// The collector refused, or is away; the spans are lost.
    #[error("the collector does not take telemetry")]
    Refused,
    /// It took longer than the caller wanted to wait. The exporter is left to itself.
    #[error("telemetry was not flushed in time")]
    TimedOut,
}

/// The telemetry of this process. Dropped without [`Telemetry::shutdown`], it ends without waiting for the last export.
#[derive(Debug)]
#[must_use = "what was recorded last is sent at shutdown"]
pub struct Telemetry {
    recording: Option<Recording>,
}

#[derive(Debug)]
struct Recording {
    providers: Arc<Providers>,
    /// A thread that drives the connection to the collector, if there is one: a process with one worker, which may be blocked
    /// in a flush, can so neither be held up by it nor hold it up (opentelemetry-rust #2715).
    runtime: Option<Runtime>,
}

static RECORDING: AtomicBool = AtomicBool::new(false);

/// Begins to log to standard error and, where there is a collector or a port for `/metrics`, to record.
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
        // Of itself the SDK says a lot, and only its failures concern anybody here.
        let failures = filter_fn(|line| *line.level() <= Level::WARN || !line.target().starts_with("opentelemetry"));
        let lines = log::Lines { format: config.log_format, service: config.service_name };
        let layer = tracing_subscriber::fmt::layer().event_format(lines).with_writer(io::stderr);
        tracing_subscriber::registry().with(layer.with_filter(filter.and(failures))).try_init()?;
    }
    if endpoint.is_none() && !config.exposed {
        return Ok(Telemetry { recording: None });
    }
    if RECORDING.swap(true, Ordering::AcqRel) {
        return Err(Error::Twice);
    }
    let recording = record(config, endpoint).inspect_err(|_| RECORDING.store(false, Ordering::Release))?;
    Ok(Telemetry { recording: Some(recording) })
}

fn endpoint(text: &str) -> Result<Endpoint, Error> {
    let endpoint = Endpoint::from_shared(text.to_owned()).map_err(|_| Error::Endpoint(text.to_owned()))?;
    let plain = endpoint.uri().scheme_str() == Some("http") && endpoint.uri().host().is_some();
    plain.then_some(endpoint).ok_or_else(|| Error::Endpoint(text.to_owned()))
}

fn record(config: &Config, endpoint: Option<Endpoint>) -> Result<Recording, Error> {
    let thread = || Builder::new_multi_thread().worker_threads(1).thread_name("telemetry").enable_all().build();
    let runtime = endpoint.is_some().then(thread).transpose()?;
    let providers = {
        let _inside = runtime.as_ref().map(Runtime::enter);
        Arc::new(Providers::recording(config, endpoint)?)
    };
    providers::install(providers.clone());
    Ok(Recording { providers, runtime })
}

impl Telemetry {
    /// Sends what is recorded by now and waits for it, at most `timeout`. Blocks the thread; the exporter has its own, so
    /// that even a runtime with one worker may wait here, though all its tasks wait too.
    ///
    /// # Errors
    /// When the collector does not take it, or not in time.
    pub fn flush(&self, timeout: Duration) -> Result<(), NotFlushed> {
        let Some(Recording { providers, .. }) = &self.recording else { return Ok(()) };
        let providers = providers.clone();
        wait(timeout, move |answer| {
            let _ = answer.send(providers.flush());
        })
    }

    /// Stops recording, sends what is left and ends the exporter, all within `timeout`. Blocks like [`Telemetry::flush`].
    ///
    /// # Errors
    /// When the collector does not take it, or not in time; what was left is lost then.
    pub fn shutdown(mut self, timeout: Duration) -> Result<(), NotFlushed> {
        self.end(timeout)
    }

    fn end(&mut self, timeout: Duration) -> Result<(), NotFlushed> {
        let Some(Recording { providers, runtime }) = self.recording.take() else { return Ok(()) };
        providers::install(Arc::default());
        RECORDING.store(false, Ordering::Release);
        wait(timeout, move |answer| {
            let _ = answer.send(providers.flush());
            // Nothing is left by now but threads, or the collector is away and each provider takes its time to say so.
            providers.shutdown();
            if let Some(runtime) = runtime {
                runtime.shutdown_background();
            }
        })
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        let _ = self.end(Duration::ZERO);
    }
}

/// Waits for `work` on a thread of its own: the SDK has bounds for some of its waits, not for all.
fn wait(timeout: Duration, work: impl FnOnce(SyncSender<bool>) + Send + 'static) -> Result<(), NotFlushed> {
    // Room for the answer: whoever does not wait any longer must not block the thread either.
    let (answer, answered) = sync_channel(1);
    let thread = std::thread::Builder::new().name("telemetry-flush".to_owned());
    thread.spawn(move || work(answer)).map_err(|_| NotFlushed::Refused)?;
    match answered.recv_timeout(timeout) {
        Ok(true) => Ok(()),
        Ok(false) | Err(RecvTimeoutError::Disconnected) => Err(NotFlushed::Refused),
        Err(RecvTimeoutError::Timeout) => Err(NotFlushed::TimedOut),
    }
}
