//! A collector in memory, for tests: it takes OTLP by gRPC on a thread of its own and keeps all that arrived.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::metrics::v1::{metric::Data, number_data_point};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;
use tokio::sync::oneshot;
use tonic::{Request, Response, Status};

/// A span as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedSpan {
    /// `service.name` of its resource.
    pub service: String,
    /// Its name.
    pub name: String,
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// 16 hexadecimal digits.
    pub span_id: String,
    /// 16 hexadecimal digits; empty at the root.
    pub parent_span_id: String,
    /// Number of `SpanKind`: 1 internal, 2 server, 3 client, 5 consumer.
    pub kind: i32,
    /// Whether its status is an error.
    pub failed: bool,
    /// Attributes, values as text.
    pub attributes: BTreeMap<String, String>,
    /// Trace and span id of each link.
    pub links: Vec<(String, String)>,
    /// Duration in nanoseconds.
    pub nanoseconds: u64,
}

/// A series as it arrived last.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceivedSeries {
    /// `service.name` of its resource.
    pub service: String,
    /// The metric's name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// A counter's or gauge's value; a histogram's count.
    pub value: f64,
    /// A histogram's bounds.
    pub bounds: Vec<f64>,
}

#[derive(Debug, Default)]
struct Kept {
    traces: Vec<ExportTraceServiceRequest>,
    metrics: Vec<ExportMetricsServiceRequest>,
}

#[derive(Debug, Clone, Default)]
struct Keep(Arc<Mutex<Kept>>);

impl Keep {
    fn with<T>(&self, use_it: impl FnOnce(&mut Kept) -> T) -> T {
        use_it(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[tonic::async_trait]
impl TraceService for Keep {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.with(|kept| kept.traces.push(request.into_inner()));
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Keep {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.with(|kept| kept.metrics.push(request.into_inner()));
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

/// The collector. It stops when it is dropped.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    keep: Keep,
    _stop: oneshot::Sender<()>,
}

impl Receiver {
    /// Listens on a free port of the loopback.
    ///
    /// # Panics
    /// When there is no port, or no thread.
    #[must_use]
    pub fn start() -> Self {
        Self::start_at(([127, 0, 0, 1], 0).into())
    }

    /// Listens on a known address, such as that of one before it.
    ///
    /// # Panics
    /// When the address is taken, or there is no thread.
    #[must_use]
    pub fn start_at(listen: SocketAddr) -> Self {
        let keep = Keep::default();
        let (stop, stopped) = oneshot::channel();
        let (bound, address) = std::sync::mpsc::sync_channel(1);
        let serve = keep.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        std::thread::spawn(move || {
            runtime.block_on(async move {
                let incoming = tonic::transport::server::TcpIncoming::bind(listen).expect("a port");
                bound.send(incoming.local_addr().expect("an address")).expect("someone waits");
                let serving = tonic::transport::Server::builder()
                    .add_service(TraceServiceServer::new(serve.clone()))
                    .add_service(MetricsServiceServer::new(serve))
                    .serve_with_incoming(incoming);
                tokio::select! {
                    _ = stopped => (),
                    served = serving => served.expect("serving"),
                }
            });
        });
        Self { address: address.recv().expect("bound"), keep, _stop: stop }
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All spans so far, in order of arrival.
    #[must_use]
    pub fn spans(&self) -> Vec<ReceivedSpan> {
        self.keep.with(|kept| kept.traces.iter().flat_map(spans_of).collect())
    }

    /// The spans, once they are as `wanted`; after ten seconds as they are, so that the caller's assertion shows them.
    #[must_use]
    pub fn spans_when(&self, wanted: impl Fn(&[ReceivedSpan]) -> bool) -> Vec<ReceivedSpan> {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let spans = self.spans();
            if wanted(&spans) || Instant::now() > until {
                return spans;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The series of the last export of metrics of each service.
    #[must_use]
    pub fn metrics(&self) -> Vec<ReceivedSeries> {
        self.keep.with(|kept| {
            let mut last: BTreeMap<String, Vec<ReceivedSeries>> = BTreeMap::new();
            for series in kept.metrics.iter().map(series_of) {
                if let Some(service) = series.first().map(|series| series.service.clone()) {
                    last.insert(service, series);
                }
            }
            last.into_values().flatten().collect()
        })
    }

    /// Every name of a metric that arrived.
    #[must_use]
    pub fn metric_names(&self) -> BTreeSet<String> {
        self.keep.with(|kept| kept.metrics.iter().flat_map(series_of).map(|series| series.name).collect())
    }

    /// Every name and value that arrived, as bytes on the wire, so that a test can look for what must never be there.
    #[must_use]
    pub fn raw_bytes(&self) -> Vec<u8> {
        self.keep.with(|kept| {
            let traces = kept.traces.iter().map(Message::encode_to_vec);
            traces.chain(kept.metrics.iter().map(Message::encode_to_vec)).flatten().collect()
        })
    }

    /// Every attribute name that arrived, of resources, spans and metrics.
    #[must_use]
    pub fn attribute_names(&self) -> BTreeSet<String> {
        let resource = |resource: &Option<Resource>| resource.clone().map(|it| it.attributes).unwrap_or_default();
        let mut attributes = Vec::new();
        self.keep.with(|kept| {
            for spans in kept.traces.iter().flat_map(|request| &request.resource_spans) {
                attributes.extend(resource(&spans.resource));
                for span in spans.scope_spans.iter().flat_map(|scope| scope.spans.clone()) {
                    attributes.extend(span.attributes);
                    attributes.extend(span.links.into_iter().flat_map(|link| link.attributes));
                    attributes.extend(span.events.into_iter().flat_map(|event| event.attributes));
                }
            }
            let metrics = kept.metrics.iter().flat_map(|request| &request.resource_metrics);
            attributes.extend(metrics.flat_map(|metrics| resource(&metrics.resource)));
            let labels = kept.metrics.iter().flat_map(series_of).flat_map(|series| series.labels.into_keys());
            labels.chain(attributes.into_iter().map(|attribute| attribute.key)).collect()
        })
    }
}

fn spans_of(request: &ExportTraceServiceRequest) -> Vec<ReceivedSpan> {
    let mut spans = Vec::new();
    for group in &request.resource_spans {
        let service = text_of(group.resource.as_ref().map_or(&[], |resource| &resource.attributes), "service.name");
        for span in group.scope_spans.iter().flat_map(|scope| &scope.spans) {
            spans.push(ReceivedSpan {
                service: service.clone(),
                name: span.name.clone(),
                trace_id: hex(&span.trace_id),
                span_id: hex(&span.span_id),
                parent_span_id: hex(&span.parent_span_id),
                kind: span.kind,
                failed: span.status.as_ref().is_some_and(|status| status.code == 2),
                attributes: texts(&span.attributes),
                links: span.links.iter().map(|link| (hex(&link.trace_id), hex(&link.span_id))).collect(),
                nanoseconds: span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano),
            });
        }
    }
    spans
}

#[expect(clippy::cast_precision_loss, reason = "tests count to small numbers")]
fn series_of(request: &ExportMetricsServiceRequest) -> Vec<ReceivedSeries> {
    let mut series = Vec::new();
    for group in &request.resource_metrics {
        let service = text_of(group.resource.as_ref().map_or(&[], |resource| &resource.attributes), "service.name");
        for metric in group.scope_metrics.iter().flat_map(|scope| &scope.metrics) {
            let points: Vec<(&[KeyValue], f64, &[f64])> = match &metric.data {
                Some(Data::Gauge(gauge)) => gauge.data_points.iter().map(number).collect(),
                Some(Data::Sum(sum)) => sum.data_points.iter().map(number).collect(),
                Some(Data::Histogram(histogram)) => histogram
                    .data_points
                    .iter()
                    .map(|point| (&*point.attributes, point.count as f64, &*point.explicit_bounds))
                    .collect(),
                _ => Vec::new(),
            };
            series.extend(points.into_iter().map(|(labels, value, bounds)| ReceivedSeries {
                service: service.clone(),
                name: metric.name.clone(),
                labels: texts(labels),
                value,
                bounds: bounds.to_vec(),
            }));
        }
    }
    series
}

#[expect(clippy::cast_precision_loss, reason = "tests count to small numbers")]
fn number(point: &opentelemetry_proto::tonic::metrics::v1::NumberDataPoint) -> (&[KeyValue], f64, &[f64]) {
    let value = match point.value {
        Some(number_data_point::Value::AsDouble(value)) => value,
        Some(number_data_point::Value::AsInt(value)) => value as f64,
        None => f64::NAN,
    };
    (&point.attributes, value, &[])
}

fn text_of(attributes: &[KeyValue], key: &str) -> String {
    texts(attributes).remove(key).unwrap_or_default()
}

fn texts(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |attribute: &KeyValue| match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::BoolValue(yes)) => yes.to_string(),
        other => format!("{other:?}"),
    };
    attributes.iter().map(|attribute| (attribute.key.clone(), text(attribute))).collect()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
