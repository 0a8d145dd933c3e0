//! Every name under which the suite is observed is declared in one file, and everything declared there is really emitted: what
//! leaves the five processes by OTLP, and what they answer on `/metrics`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use mahila_proto::METHODS;
use mahila_proto::dev::v1::AdvanceToRequest;
use mahila_proto::dev::v1::replay_service_client::ReplayServiceClient;
use mahila_tests::house::{House, SERVICES};
use platform::client::PeerChannel;
use platform::fields::timestamp;
use platform::settings::Service;
use platform::telemetry::names::{self, Metric};
use platform::telemetry::scraped::{ScrapedSample, scraped};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Code, Request};

use crate::{channel, import_the_roll, intake, intake_knows, register, until};

const STATION: &str = "ps-162-001";

/// Until the next export of metrics, and a busy machine's delay.
const EXPORTED: Duration = Duration::from_mins(1);

fn set<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

/// A method that no service of the suite has.
async fn call_nothing(channel: PeerChannel) -> Code {
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.expect("a connection");
    let nowhere = PathAndQuery::from_static("/nobody.v1.NobodyService/DoNothing");
    let answer = client.unary(Request::new(()), nowhere, tonic_prost::ProstCodec::<(), ()>::default()).await;
    answer.expect_err("there is no such method").code()
}

/// Moves the clock of all processes, so that everything that runs by itself has run.
async fn advance(house: &House, instant: DateTime<Utc>) {
    let mut replay = ReplayServiceClient::new(channel(house, Service::Registry, "replay_operator:up"));
    let request = AdvanceToRequest { instant: Some(timestamp(instant)), from_peer: false };
    replay.advance_to(request).await.expect("the clock moves");
}

/// Drives what does not happen by itself in a morning.
async fn live_a_little(house: &mut House) {
    import_the_roll(house).await;
    intake_knows(house, STATION).await;
    register(house, STATION).await.expect("registered");
    let mut room = intake(house, "control_room:up");
    let mut answers = room.ingest_calls(tokio_stream::empty()).await.expect("a stream").into_inner();
    assert!(answers.message().await.expect("it ends well").is_none(), "nothing was reported");
    assert_eq!(call_nothing(channel(house, Service::Intake, "auditor:up")).await, Code::Unimplemented);
    advance(house, "2020-10-17T06:00:00Z".parse().expect("an instant")).await;
    // The streams that follow it end, and are counted.
    assert!(house.terminate(Service::Registry).await);
    house.start(Service::Registry);
    advance(house, "2020-10-17T06:01:00Z".parse().expect("an instant")).await;
    // Nobody calls oversight here, so it may ask for TLS alone.
    let (certificate, key) = certificate(&house.issuer_key());
    assert!(house.terminate(Service::Oversight).await);
    let sides = ["SERVER__TLS", "PEERS"];
    let files = sides.map(|side| {
        [(format!("MAHILA__{side}__CERT_FILE"), &certificate), (format!("MAHILA__{side}__KEY_FILE"), &key)]
    });
    let environment: Vec<(&str, &Path)> =
        files.iter().flatten().map(|(variable, file)| (variable.as_str(), file.as_path())).collect();
    house.start_with(Service::Oversight, &environment);
}

/// A certificate and its key, in files beside this one.
fn certificate(beside: &Path) -> (PathBuf, PathBuf) {
    let signed = rcgen::generate_simple_self_signed(["oversight".to_owned()]).expect("a certificate");
    let (certificate, key) = (beside.with_file_name("tls.crt"), beside.with_file_name("tls.key"));
    std::fs::write(&certificate, signed.cert.pem()).expect("a file");
    std::fs::write(&key, signed.signing_key.serialize_pem()).expect("a file");
    (certificate, key)
}

fn spans_declared() -> BTreeSet<String> {
    let methods = METHODS.iter().map(|method| &method.path[1..]);
    set(methods.chain(names::SPANS.iter().copied()).chain(names::TASKS.iter().copied()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_emitted_is_declared_and_what_is_declared_is_emitted() {
    let mut house = House::build_sampling("1").await;
    live_a_little(&mut house).await;

    let metrics = set(names::METRICS.iter().map(|metric| metric.name()));
    let keys = set(names::KEYS.iter().map(|key| key.as_str()));
    let spans = set(names::SPANS.iter().chain(names::TASKS).copied());
    let collector = house.collector();
    let deadline = tokio::time::Instant::now() + EXPORTED;
    loop {
        let emitted: BTreeSet<String> = collector.spans().into_iter().map(|span| span.name).collect();
        let missing = [&metrics - &collector.metric_names(), &keys - &collector.attribute_names(), &spans - &emitted];
        if missing.iter().all(BTreeSet::is_empty) {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "declared, but not emitted: {missing:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let emitted: BTreeSet<String> = collector.spans().into_iter().map(|span| span.name).collect();
    let undeclared =
        [&collector.metric_names() - &metrics, &collector.attribute_names() - &keys, &emitted - &spans_declared()];
    assert!(undeclared.iter().all(BTreeSet::is_empty), "emitted, but not declared: {undeclared:#?}");

    let mut names_asked = BTreeSet::new();
    for service in SERVICES {
        let (kind, text) = house.metrics(service);
        assert_eq!(kind, "application/openmetrics-text; version=1.0.0; charset=utf-8");
        let families = scraped(&text).unwrap_or_else(|why| panic!("{service}: {why}"));
        for (name, family) in families.iter().filter(|(name, _)| *name != "target") {
            let metric = metric_of(name, &family.kind);
            names_asked.insert(metric.name().to_owned());
            for sample in &family.samples {
                is_labelled(service, metric, sample);
            }
        }
    }
    assert_eq!(names_asked, metrics, "what can be asked for is what is exported");
}

fn metric_of(family: &str, kind: &str) -> &'static Metric {
    let name = if kind == "counter" { format!("{family}_total") } else { family.to_owned() };
    let metric = names::METRICS.iter().find(|metric| names::prometheus(metric) == name);
    metric.unwrap_or_else(|| panic!("{name} is not declared"))
}

fn is_labelled(service: Service, metric: &Metric, sample: &ScrapedSample) {
    assert_eq!(sample.labels["service_name"], service.source(), "{sample:?}");
    let declared: BTreeSet<String> = metric.labels().iter().map(|key| names::prometheus_label(key.as_str())).collect();
    for label in sample.labels.keys().filter(|label| !["service_name", "le"].contains(&label.as_str())) {
        assert!(declared.contains(label), "{} has no label {label}: {sample:?}", metric.name());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_bucket_leads_to_its_trace() {
    let house = House::build_sampling("1").await;
    import_the_roll(&house).await;
    intake_knows(&house, STATION).await;
    let exemplars = || {
        let families = scraped(&house.metrics(Service::Intake).1).expect("OpenMetrics");
        let samples = families
            .into_iter()
            .flat_map(|(name, family)| family.samples.into_iter().map(move |it| (name.clone(), it)));
        samples.filter_map(|(name, sample)| Some((name, sample.exemplar?.0["trace_id"].clone()))).collect::<Vec<_>>()
    };
    let traced = |name: &str| exemplars().into_iter().find(|(family, _)| family == name).map(|(_, trace)| trace);
    for name in ["rpc_server_call_duration_seconds", "mahila_write_wait_seconds"] {
        let mut found = None;
        until(name, async || {
            found = traced(name);
            found.is_some()
        })
        .await;
        let trace = found.expect("it was waited for");
        let spans = house.collector().spans_when(|spans| spans.iter().any(|span| span.trace_id == trace));
        assert!(spans.iter().any(|span| span.trace_id == trace), "{name}: {trace} is no trace that was kept");
    }
}
