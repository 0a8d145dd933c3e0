//! The exporter: a bounded queue of ended spans, and a thread with a runtime of its own that sends them and the metrics to
//! the collector. A process with one worker can neither be held up by it nor hold it up, and as nothing here makes spans,
//! telemetry never feeds on itself.

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc as reply;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwapOption, Guard};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, metrics_service_client::MetricsServiceClient,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, trace_service_client::TraceServiceClient,
};
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::metrics::v1::{ResourceMetrics, ScopeMetrics};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans};
use tokio::sync::{Notify, mpsc};
use tokio::time::MissedTickBehavior;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};

use super::metrics::{Counter, Registry};
use super::names;
use super::span::{Span, Value, attribute};

/// Ended spans that wait at most; the next ones are dropped and counted. About 4 MB.
const MOST_QUEUED: usize = 8_192;
/// Spans in one message at most, and when the exporter is woken early.
const BATCH: usize = 512;
/// Bytes in one message at most, roughly; collectors refuse above 4 MiB.
const HEAVIEST: usize = 1 << 20;
/// A span is with the collector about so long after its end: somebody may be waiting for it at a terminal.
const SPANS_EVERY: Duration = Duration::from_millis(500);
/// Flushes that wait for a slow one at most.
const MOST_ORDERS: usize = 8;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);

static PIPELINE: ArcSwapOption<Pipeline> = ArcSwapOption::const_empty();

/// Where ended spans go in this process, once it exports.
pub(super) fn pipeline() -> Guard<Option<Arc<Pipeline>>> {
    PIPELINE.load()
}

/// Makes `new` the one of this process; `false` when there is one already.
pub(super) fn install(new: &Arc<Pipeline>) -> bool {
    PIPELINE.compare_and_swap(&None::<Arc<Pipeline>>, Some(new.clone())).is_none()
}

/// From now on nothing is recorded.
pub(super) fn uninstall() {
    PIPELINE.store(None);
}

/// Decides which traces are recorded, and takes their spans.
#[derive(Debug)]
pub(super) struct Pipeline {
    /// Traces are recorded whose id's last 56 bits are not below this.
    threshold: u64,
    queue: Mutex<VecDeque<Span>>,
    wake: Notify,
    dropped: Counter,
}

/// The bits of a trace id that are random in every implementation, and so decide alike in all of them:
/// <https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/>.
const RANDOM_BITS: u64 = (1 << 56) - 1;

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "the share is between 0 and 1, so the product is between 0 and 2^56, which f64 holds exactly"
)]
fn threshold(share: f64) -> u64 {
    ((1.0 - share) * (RANDOM_BITS + 1) as f64) as u64
}

impl Pipeline {
    /// Records `share` of the traces that begin here, 0 to 1.
    pub(super) fn new(share: f64, dropped: Counter) -> Self {
        Self { threshold: threshold(share), queue: Mutex::default(), wake: Notify::new(), dropped }
    }

    /// Whether a trace that begins here is recorded.
    pub(super) fn samples(&self, trace_id: u128) -> bool {
        let [_, low] = super::context::halves(trace_id);
        low & RANDOM_BITS >= self.threshold
    }

    /// Takes an ended span, or drops it when the exporter does not keep up.
    pub(super) fn push(&self, span: Span) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.len() >= MOST_QUEUED {
            self.dropped.add(1);
            return;
        }
        queue.push_back(span);
        // Once a batch, not once a span: waking another thread costs more than the span.
        if queue.len() == BATCH {
            self.wake.notify_one();
        }
    }

    fn next_batch(&self) -> Vec<Span> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let mut weight = 0;
        let fits = |span: &&Span| {
            weight += span.weight();
            weight <= HEAVIEST
        };
        let count = queue.iter().take(BATCH).take_while(fits).count();
        queue.drain(..count).collect()
    }
}

/// What the process asks of the exporter's thread.
enum Order {
    Flush(reply::SyncSender<bool>),
    Stop(reply::SyncSender<bool>),
}

/// Why what was recorded did not all arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotFlushed {
    /// The collector refused, or is away; what was left is lost at shutdown, kept at a flush.
    #[error("the collector does not take telemetry")]
    Refused,
    /// It took longer than the caller wanted to wait. The exporter's thread is left to itself.
    #[error("telemetry was not flushed in time")]
    TimedOut,
}

/// The way to the exporter's thread. Dropping it ends the thread without a last export.
#[derive(Debug)]
pub(super) struct Exporter {
    orders: mpsc::Sender<Order>,
}

impl Exporter {
    /// Starts the thread.
    pub(super) fn start(
        pipeline: Arc<Pipeline>,
        registry: Arc<Registry>,
        endpoint: Endpoint,
        instance: String,
        metrics_every: Duration,
    ) -> std::io::Result<Self> {
        let (orders, received) = mpsc::channel(MOST_ORDERS);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name("telemetry".to_owned()).spawn(move || {
            runtime.block_on(async {
                let channel = endpoint.connect_timeout(CONNECT_TIMEOUT).timeout(EXPORT_TIMEOUT).connect_lazy();
                let sender = Sender {
                    pipeline,
                    registry,
                    instance,
                    traces: TraceServiceClient::new(channel.clone()),
                    metrics: MetricsServiceClient::new(channel),
                    pending: None,
                    traces_away: Away::new("traces"),
                    metrics_away: Away::new("metrics"),
                };
                sender.run(received, metrics_every).await;
            });
        })?;
        Ok(Self { orders })
    }

    /// Sends what is recorded and waits for it, at most `timeout`. Blocks the thread.
    pub(super) fn flush(&self, timeout: Duration) -> Result<(), NotFlushed> {
        self.order(Order::Flush, timeout)
    }

    /// The same, and ends the thread.
    pub(super) fn stop(&self, timeout: Duration) -> Result<(), NotFlushed> {
        self.order(Order::Stop, timeout)
    }

    fn order(&self, order: fn(reply::SyncSender<bool>) -> Order, timeout: Duration) -> Result<(), NotFlushed> {
        // Room for the answer: whoever does not wait any longer must not block the thread either.
        let (answer, answered) = reply::sync_channel(1);
        self.orders.try_send(order(answer)).map_err(|_| NotFlushed::Refused)?;
        match answered.recv_timeout(timeout) {
            Ok(true) => Ok(()),
            Ok(false) | Err(reply::RecvTimeoutError::Disconnected) => Err(NotFlushed::Refused),
            Err(reply::RecvTimeoutError::Timeout) => Err(NotFlushed::TimedOut),
        }
    }
}

/// Whether a signal arrives. Logged when it changes, not at each export.
struct Away {
    signal: &'static str,
    away: Option<bool>,
}

impl Away {
    fn new(signal: &'static str) -> Self {
        Self { signal, away: None }
    }

    fn is(&self) -> bool {
        self.away == Some(true)
    }

    fn arrived(&mut self) -> bool {
        if self.away.replace(false) != Some(false) {
            tracing::info!(signal = self.signal, "the collector takes telemetry");
        }
        true
    }

    fn failed(&mut self, status: &Status) -> bool {
        if self.away.replace(true) != Some(true) {
            tracing::warn!(
                signal = self.signal,
                status = ?status.code(),
                error = status.message(),
                "the collector does not take telemetry; some is kept, the rest is dropped"
            );
        }
        false
    }
}

/// What runs on the exporter's thread.
struct Sender {
    pipeline: Arc<Pipeline>,
    registry: Arc<Registry>,
    instance: String,
    traces: TraceServiceClient<Channel>,
    metrics: MetricsServiceClient<Channel>,
    /// A batch that did not arrive, and how many spans it has.
    pending: Option<(ExportTraceServiceRequest, u64)>,
    traces_away: Away,
    metrics_away: Away,
}

impl Sender {
    async fn run(mut self, mut orders: mpsc::Receiver<Order>, metrics_every: Duration) {
        let mut spans = tokio::time::interval(SPANS_EVERY);
        // The first tick is at once: so a wrong address is in the log at the start, not after the first call.
        let mut metrics = tokio::time::interval(metrics_every);
        spans.set_missed_tick_behavior(MissedTickBehavior::Delay);
        metrics.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let order = tokio::select! {
                order = orders.recv() => order,
                _ = spans.tick() => {
                    self.send_spans().await;
                    continue;
                }
                () = self.pipeline.wake.notified() => {
                    self.send_spans().await;
                    continue;
                }
                _ = metrics.tick() => {
                    self.send_metrics().await;
                    continue;
                }
            };
            // Nobody may be waiting for the answer any longer.
            match order {
                Some(Order::Flush(answer)) => {
                    let arrived = self.send_all().await;
                    let _ = answer.send(arrived);
                }
                Some(Order::Stop(answer)) => {
                    let arrived = self.send_all().await;
                    let _ = answer.send(arrived);
                    return;
                }
                None => return,
            }
        }
    }

    async fn send_all(&mut self) -> bool {
        let spans = self.send_spans().await;
        // Where traces do not arrive metrics need not be tried, and time is short.
        spans && self.send_metrics().await
    }

    async fn send_spans(&mut self) -> bool {
        loop {
            let (request, count) = match self.pending.take() {
                Some(pending) => pending,
                None => match self.next_request() {
                    Some(request) => request,
                    None => return true,
                },
            };
            // A copy is kept only when it is likely to be needed; the first batch of an outage is lost.
            let copy = self.traces_away.is().then(|| request.clone());
            match self.traces.export(request).await {
                Ok(response) => {
                    self.traces_away.arrived();
                    let rejected = response.into_inner().partial_success.map_or(0, |partial| partial.rejected_spans);
                    self.pipeline.dropped.add(u64::try_from(rejected).unwrap_or(0));
                }
                Err(status) => {
                    match copy {
                        Some(copy) => self.pending = Some((copy, count)),
                        None => self.pipeline.dropped.add(count),
                    }
                    return self.traces_away.failed(&status);
                }
            }
        }
    }

    fn next_request(&self) -> Option<(ExportTraceServiceRequest, u64)> {
        let batch = self.pipeline.next_batch();
        let count = u64::try_from(batch.len()).ok().filter(|count| *count > 0)?;
        let mut services: BTreeMap<&'static str, Vec<_>> = BTreeMap::new();
        for span in batch {
            services.entry(span.service).or_default().push(span.into_otlp());
        }
        let resource_spans = services.into_iter().map(|(service, spans)| ResourceSpans {
            resource: Some(self.resource(service)),
            scope_spans: vec![ScopeSpans { scope: Some(scope()), spans, ..ScopeSpans::default() }],
            ..ResourceSpans::default()
        });
        Some((ExportTraceServiceRequest { resource_spans: resource_spans.collect() }, count))
    }

    async fn send_metrics(&mut self) -> bool {
        let resource_metrics = self.registry.collect().into_iter().map(|(service, metrics)| ResourceMetrics {
            resource: Some(self.resource(service)),
            scope_metrics: vec![ScopeMetrics { scope: Some(scope()), metrics, ..ScopeMetrics::default() }],
            ..ResourceMetrics::default()
        });
        let request = ExportMetricsServiceRequest { resource_metrics: resource_metrics.collect() };
        // Totals: the next export says what this one could not.
        match self.metrics.export(request).await {
            Ok(_) => self.metrics_away.arrived(),
            Err(status) => self.metrics_away.failed(&status),
        }
    }

    /// Each service has a resource of its own, also where several share a process.
    fn resource(&self, service: &'static str) -> Resource {
        let attributes = vec![
            attribute(names::SERVICE_NAME, service.into()),
            attribute(names::SERVICE_NAMESPACE, "mahila-help-desk".into()),
            attribute(names::SERVICE_INSTANCE, Value::token(&self.instance)),
            attribute(names::SERVICE_VERSION, env!("CARGO_PKG_VERSION").into()),
            attribute(names::SDK_LANGUAGE, "rust".into()),
            attribute(names::SDK_NAME, "mahila".into()),
        ];
        Resource { attributes, ..Resource::default() }
    }
}

fn scope() -> InstrumentationScope {
    InstrumentationScope { name: "platform".to_owned(), ..InstrumentationScope::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::context::new_trace_id;

    fn sampled(share: f64, of: u32) -> u32 {
        let pipeline = Pipeline::new(share, Counter::default());
        (0..of).map(|_| u32::from(pipeline.samples(new_trace_id()))).sum()
    }

    #[test]
    fn the_share_of_recorded_traces_is_as_set() {
        assert_eq!(sampled(1.0, 10_000), 10_000);
        assert_eq!(sampled(0.0, 10_000), 0);
        // One in a hundred of 200,000 is 2,000 with a deviation of 44; ten deviations are never seen.
        let one_percent = sampled(0.01, 200_000);
        assert!((1_560..2_440).contains(&one_percent), "{one_percent}");
    }

    #[test]
    fn every_process_decides_alike_on_a_trace() {
        let (few, many) = (Pipeline::new(0.01, Counter::default()), Pipeline::new(0.1, Counter::default()));
        for _ in 0..100_000 {
            let id = new_trace_id();
            assert!(!few.samples(id) || many.samples(id), "recorded at 1 % but not at 10 %");
        }
        assert!(few.samples(u128::from(RANDOM_BITS)) && !many.samples(0));
    }
}
