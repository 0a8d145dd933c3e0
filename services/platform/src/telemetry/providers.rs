//! The OpenTelemetry SDK of this process: for each service in it, from its first use on, a provider of traces and one of
//! metrics, each with a thread that exports. They share one connection to the collector. As spans are made nowhere but in
//! [`super::enter`] and [`super::child`], the export never feeds on itself.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, RwLock};
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};
use opentelemetry::trace::{SpanKind, TraceId, TracerProvider};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_otlp::{ExporterBuildError, MetricExporter, SpanExporter, WithExportConfig, WithTonicConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::resource::TelemetryResourceDetector;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SamplingDecision, SdkTracerProvider, ShouldSample,
};
use tonic::transport::{Channel, Endpoint};

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
    /// With the context that everything a service does is below.
    traces: RwLock<HashMap<&'static str, (SdkTracerProvider, Context)>>,
    metrics: Mutex<HashMap<&'static str, SdkMeterProvider>>,
}

/// Where and how to export.
#[derive(Debug)]
struct Export {
    channel: Channel,
    sampler: Sampler,
    instance: Value,
    metrics_every: Duration,
}

impl Providers {
    /// Providers that export. To be called within the runtime that shall drive the connection.
    pub(super) fn exporting(config: &Config, endpoint: Endpoint) -> Result<Self, ExporterBuildError> {
        let export = Export {
            channel: endpoint.connect_timeout(CONNECT_TIMEOUT).timeout(EXPORT_TIMEOUT).connect_lazy(),
            sampler: Sampler::TraceIdRatioBased(config.sample_ratio),
            instance: Value::token(&config.service_instance),
            metrics_every: config.metrics_every,
        };
        // The same settings serve every service: what is refused is refused here, before anybody relies on it.
        export.spans()?;
        export.metrics()?;
        let providers = Self { export: Some(export), ..Self::default() };
        // The SDK counts there what it exports and drops; its first span processor is built after this.
        global::set_meter_provider(providers.meters(config.service_name));
        Ok(providers)
    }

    /// Whether anything is recorded in this process.
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
        let provider = metrics.entry(service).or_insert_with(|| {
            let mut builder = SdkMeterProvider::builder().with_resource(self.resource(service));
            if let Some(export) = &self.export
                && let Ok(exporter) = export.metrics()
            {
                builder =
                    builder.with_reader(PeriodicReader::builder(exporter).with_interval(export.metrics_every).build());
            }
            builder.build()
        });
        provider.clone()
    }

    /// Each service has a resource of its own, also where several share a process. Nothing of it comes from the
    /// environment, whose `OTEL_RESOURCE_ATTRIBUTES` may say anything.
    fn resource(&self, service: &'static str) -> Resource {
        let instance = self.export.as_ref().map(|export| export.instance.clone());
        let attributes = [
            (names::SERVICE_NAME, service.into()),
            (names::SERVICE_NAMESPACE, "mahila-help-desk".into()),
            (names::SERVICE_INSTANCE, instance.unwrap_or_else(|| "".into())),
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
        (traces.values().map(|(provider, _)| provider.clone()).collect(), metrics.values().cloned().collect())
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
