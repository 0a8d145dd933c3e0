//! The OpenTelemetry SDK of this process: for each service in it, from its first use on, a provider of traces and one of
//! metrics, each with a thread that exports. They share one connection to the collector. As spans are made nowhere but in
//! [`super::enter`] and [`super::child`], the export never feeds on itself. Where `/metrics` may be asked for, each provider of
//! metrics has a second reader, which reads when somebody asks.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, RwLock, Weak};
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};
use opentelemetry::trace::{SpanKind, TraceId, TracerProvider};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_otlp::{ExporterBuildError, MetricExporter, SpanExporter, WithExportConfig, WithTonicConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{
    InstrumentKind, ManualReader, PeriodicReader, Pipeline, SdkMeterProvider, Temporality,
};
use opentelemetry_sdk::resource::TelemetryResourceDetector;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SamplingDecision, SdkTracerProvider, ShouldSample,
};
use tonic::transport::{Channel, Endpoint};

use super::exemplars::Exemplars;
use super::names::Metric;
use super::trace::{Here, Value};
use super::{Config, names};

/// Ended spans of a service that wait at most, about 2 MB; the next ones are dropped and counted.
const MOST_QUEUED: usize = 4_096;
/// Spans in one message at most: collectors refuse above 4 MiB, and 256 spans with all their links stay below.
const BATCH: usize = 256;
/// As many as the writer puts commands into one transaction.
const MOST_LINKS: u32 = 256;
const MOST_ATTRIBUTES: u32 = 32;
/// A span is with the collector about so long after its end: somebody may be waiting for it at a terminal.
const SPANS_EVERY: Duration = Duration::from_millis(500);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);

static PROVIDERS: LazyLock<ArcSwap<Providers>> = LazyLock::new(ArcSwap::default);

/// Those of this process.
pub(super) fn providers() -> Guard<Arc<Providers>> {
    PROVIDERS.load()
}

/// From now on what is recorded goes to `new`; to the default ones, and it goes nowhere.
pub(super) fn install(new: Arc<Providers>) {
    PROVIDERS.store(new);
}

/// The providers of all services of a process.
#[derive(Debug, Default)]
pub(super) struct Providers {
    export: Option<Export>,
    /// Whether `/metrics` may be asked for.
    exposed: bool,
    /// Name of this process among its twins.
    instance: Option<Value>,
    /// With the context that everything a service does is below.
    traces: RwLock<HashMap<&'static str, (SdkTracerProvider, Context)>>,
    /// By service, in the order of `/metrics`.
    metrics: Mutex<BTreeMap<&'static str, (SdkMeterProvider, Option<OnDemand>)>>,
    exemplars: Mutex<Vec<Arc<Exemplars>>>,
}

/// A reader that the SDK and `/metrics` share.
#[derive(Debug, Clone, Default)]
struct OnDemand(Arc<ManualReader>);

impl MetricReader for OnDemand {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.0.register_pipeline(pipeline);
    }

    fn collect(&self, into: &mut ResourceMetrics) -> OTelSdkResult {
        self.0.collect(into)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn temporality(&self, kind: InstrumentKind) -> Temporality {
        self.0.temporality(kind)
    }
}

/// Where and how to export.
#[derive(Debug)]
struct Export {
    channel: Channel,
    sampler: Sampler,
    metrics_every: Duration,
}

impl Providers {
    /// Providers that record, for whoever asks or for a collector. With a collector, to be called within the runtime that
    /// shall drive the connection.
    pub(super) fn recording(config: &Config, endpoint: Option<Endpoint>) -> Result<Self, ExporterBuildError> {
        let instance = Some(Value::token(&config.service_instance));
        let providers = Self { exposed: config.exposed, instance, ..Self::default() };
        let Some(endpoint) = endpoint else { return Ok(providers) };
        let export = Export {
            channel: endpoint.connect_timeout(CONNECT_TIMEOUT).timeout(EXPORT_TIMEOUT).connect_lazy(),
            sampler: Sampler::TraceIdRatioBased(config.sample_ratio),
            metrics_every: config.metrics_every,
        };
        // The same settings serve every service: what is refused is refused here, before anybody relies on it.
        export.spans()?;
        export.metrics()?;
        let providers = Self { export: Some(export), ..providers };
        // The SDK counts there what it exports and drops; its first span processor is built after this.
        global::set_meter_provider(providers.meters(config.service_name));
        Ok(providers)
    }

    /// Whether traces are recorded in this process.
    pub(super) const fn export(&self) -> bool {
        self.export.is_some()
    }

    /// Whether a trace that begins here is recorded.
    pub(super) fn samples(&self, trace_id: TraceId) -> bool {
        self.export.as_ref().is_some_and(|export| {
            let result = export.sampler.should_sample(None, trace_id, "", &SpanKind::Internal, &[], &[]);
            result.decision == SamplingDecision::RecordAndSample
        })
    }

    /// The context of a service outside of any trace.
    pub(super) fn here(&self, service: &'static str) -> Context {
        if let Some((_, here)) = self.traces.read().unwrap_or_else(PoisonError::into_inner).get(service) {
            return here.clone();
        }
        let mut traces = self.traces.write().unwrap_or_else(PoisonError::into_inner);
        let (_, here) = traces.entry(service).or_insert_with(|| {
            let provider = self.tracers(service);
            let here = Context::new().with_value(Here { service, tracer: provider.tracer("platform") });
            (provider, here)
        });
        here.clone()
    }

    fn tracers(&self, service: &'static str) -> SdkTracerProvider {
        // Whether to record was decided before a span is asked for.
        let mut builder = SdkTracerProvider::builder()
            .with_sampler(Sampler::AlwaysOn)
            .with_max_attributes_per_span(MOST_ATTRIBUTES)
            .with_max_links_per_span(MOST_LINKS)
            .with_resource(self.resource(service));
        if let Some(Ok(exporter)) = self.export.as_ref().map(Export::spans) {
            let batches = BatchConfigBuilder::default()
                .with_max_queue_size(MOST_QUEUED)
                .with_max_export_batch_size(BATCH)
                .with_scheduled_delay(SPANS_EVERY)
                .build();
            builder =
                builder.with_span_processor(BatchSpanProcessor::builder(exporter).with_batch_config(batches).build());
        }
        builder.build()
    }

    /// The provider of a service's metrics.
    pub(super) fn meters(&self, service: &'static str) -> SdkMeterProvider {
        let mut metrics = self.metrics.lock().unwrap_or_else(PoisonError::into_inner);
        let (provider, _) = metrics.entry(service).or_insert_with(|| {
            let mut builder = SdkMeterProvider::builder().with_resource(self.resource(service));
            if let Some(export) = &self.export
                && let Ok(exporter) = export.metrics()
            {
                builder =
                    builder.with_reader(PeriodicReader::builder(exporter).with_interval(export.metrics_every).build());
            }
            let on_demand = self.exposed.then(OnDemand::default);
            if let Some(reader) = &on_demand {
                builder = builder.with_reader(reader.clone());
            }
            (builder.build(), on_demand)
        });
        provider.clone()
    }

    /// What every service has measured by now, where it may be asked for.
    pub(super) fn collect(&self) -> Vec<(&'static str, ResourceMetrics)> {
        let readers: Vec<(&'static str, OnDemand)> = {
            let metrics = self.metrics.lock().unwrap_or_else(PoisonError::into_inner);
            metrics.iter().filter_map(|(service, (_, reader))| Some((*service, reader.clone()?))).collect()
        };
        let collect = |(service, reader): (&'static str, OnDemand)| {
            let mut collected = ResourceMetrics::default();
            reader.collect(&mut collected).ok().map(|()| (service, collected))
        };
        readers.into_iter().filter_map(collect).collect()
    }

    /// The place of a histogram's exemplars; `None` where nobody may ask for them.
    pub(super) fn exemplars(
        &self,
        service: &'static str,
        metric: &'static Metric,
        labels: &[KeyValue],
    ) -> Option<Arc<Exemplars>> {
        if !self.exposed || !self.export() {
            return None;
        }
        let mut all = self.exemplars.lock().unwrap_or_else(PoisonError::into_inner);
        let own: Vec<&KeyValue> = labels.iter().collect();
        if let Some(known) = all.iter().find(|one| one.are_of(service, metric.name(), &own)) {
            return Some(known.clone());
        }
        let new = Arc::new(Exemplars::new(service, metric, labels.to_vec()));
        all.push(new.clone());
        Some(new)
    }

    /// Where the exemplars of all histograms are.
    pub(super) fn all_exemplars(&self) -> Vec<Arc<Exemplars>> {
        self.exemplars.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Each service has a resource of its own, also where several share a process. Nothing of it comes from the
    /// environment, whose `OTEL_RESOURCE_ATTRIBUTES` may say anything.
    fn resource(&self, service: &'static str) -> Resource {
        let attributes = [
            (names::SERVICE_NAME, service.into()),
            (names::SERVICE_NAMESPACE, "mahila-help-desk".into()),
            (names::SERVICE_INSTANCE, self.instance.clone().unwrap_or_else(|| "".into())),
            (names::SERVICE_VERSION, env!("CARGO_PKG_VERSION").into()),
        ];
        Resource::builder_empty()
            .with_detector(Box::new(TelemetryResourceDetector))
            .with_attributes(attributes.map(|(key, value)| KeyValue::new(key.as_str(), value.0)))
            .build()
    }

    fn all(&self) -> (Vec<SdkTracerProvider>, Vec<SdkMeterProvider>) {
        let traces = self.traces.read().unwrap_or_else(PoisonError::into_inner);
        let metrics = self.metrics.lock().unwrap_or_else(PoisonError::into_inner);
        (
            traces.values().map(|(provider, _)| provider.clone()).collect(),
            metrics.values().map(|(provider, _)| provider.clone()).collect(),
        )
    }

    /// Sends what is recorded. Where one service's spans do not arrive the rest need not be tried, and time is short.
    pub(super) fn flush(&self) -> bool {
        let (traces, metrics) = self.all();
        traces.iter().all(|provider| provider.force_flush().is_ok())
            && metrics.iter().all(|provider| provider.force_flush().is_ok())
    }

    /// Ends the threads of all providers; afterwards they take nothing any more.
    pub(super) fn shutdown(&self) {
        let (traces, metrics) = self.all();
        for provider in traces {
            let _ = provider.shutdown();
        }
        for provider in metrics {
            let _ = provider.shutdown();
        }
    }
}

impl Export {
    fn spans(&self) -> Result<SpanExporter, ExporterBuildError> {
        let builder = SpanExporter::builder().with_tonic();
        builder.with_channel(self.channel.clone()).with_timeout(EXPORT_TIMEOUT).build()
    }

    fn metrics(&self) -> Result<MetricExporter, ExporterBuildError> {
        let builder = MetricExporter::builder().with_tonic();
        builder.with_channel(self.channel.clone()).with_timeout(EXPORT_TIMEOUT).build()
    }
}
