//! The telemetry of a process against a collector in memory. A process has one telemetry, so these tests take turns.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::names::{Key, Metric};
use super::receiver::{ReceivedSeries, ReceivedSpan, Receiver};
use super::*;

static TURN: Mutex<()> = Mutex::new(());

const LIMIT: Duration = Duration::from_secs(10);

/// A process that records `ratio` and sends to `receiver`.
fn started(ratio: f64, endpoint: String) -> (MutexGuard<'static, ()>, Telemetry) {
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let config = Config {
        service_name: "test",
        service_instance: "pod-0".to_owned(),
        otlp_endpoint: Some(endpoint),
        sample_ratio: ratio,
        log_filter: "off".to_owned(),
        metrics_every: Duration::from_hours(1),
        ..Config::default()
    };
    let telemetry = init(&config).unwrap();
    (turn, telemetry)
}

/// The spans of services that only one test uses; other tests of this process may record too.
fn of<'a>(spans: &'a [ReceivedSpan], service: &str) -> Vec<&'a ReceivedSpan> {
    spans.iter().filter(|span| span.service == service).collect()
}

fn named<'a>(spans: &'a [ReceivedSpan], name: &str) -> &'a ReceivedSpan {
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no {name} in {spans:#?}"))
}

fn caller(sampled: bool) -> Parent {
    Parent::from_traceparent(&format!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0{}", u8::from(sampled)))
}

/// A process that nobody collects from, but that may be asked.
fn exposed() -> (MutexGuard<'static, ()>, Telemetry) {
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let config = Config {
        service_name: "test",
        service_instance: "pod-0".to_owned(),
        exposed: true,
        log_filter: "off".to_owned(),
        ..Config::default()
    };
    let telemetry = init(&config).unwrap();
    (turn, telemetry)
}

/// What `/metrics` says of a service, a line each.
fn lines_of(service: &str) -> Vec<String> {
    let label = format!("service_name=\"{service}\"");
    exposition().body.lines().filter(|line| line.contains(&label)).map(str::to_owned).collect()
}

#[test]
fn at_a_hundred_percent_every_trace_arrives() {
    let receiver = Receiver::start();
    let (_turn, telemetry) = started(1.0, receiver.endpoint());
    for _ in 0..2_000 {
        drop(enter(&Parent::none(), "all", "work", Kind::Internal));
    }
    telemetry.shutdown(LIMIT).unwrap();
    let spans = receiver.spans();
    assert_eq!(of(&spans, "all").len(), 2_000);
    assert_eq!(of(&spans, "all").iter().map(|span| &span.trace_id).collect::<BTreeSet<_>>().len(), 2_000);
}

#[test]
fn at_one_percent_about_one_in_a_hundred_arrives_with_all_its_children() {
    let receiver = Receiver::start();
    let (_turn, telemetry) = started(0.01, receiver.endpoint());
    for _ in 0..50_000 {
        let trace = enter(&Parent::none(), "few", "work", Kind::Internal);
        trace.in_scope(|| drop(child("step")));
        assert_eq!(trace.traceparent().ends_with("-01"), trace.is_sampled());
        assert_eq!(Parent::from_traceparent(&trace.traceparent()), trace.parent());
    }
    telemetry.shutdown(LIMIT).unwrap();
    let spans = receiver.spans();
    let (steps, works): (Vec<_>, Vec<_>) = of(&spans, "few").into_iter().partition(|span| span.name == "step");
    // 500 with a deviation of 22.
    assert!((280..720).contains(&works.len()), "{}", works.len());
    assert_eq!(steps.len(), works.len());
}

#[test]
fn the_callers_decision_is_followed_both_ways() {
    let receiver = Receiver::start();
    {
        let (_turn, telemetry) = started(0.0, receiver.endpoint());
        let trace = enter(&caller(true), "yes", "/a.B/C", Kind::Server);
        assert!(trace.is_sampled());
        assert_eq!(trace.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        drop(trace);
        telemetry.shutdown(LIMIT).unwrap();
    }
    let (_turn, telemetry) = started(1.0, receiver.endpoint());
    let trace = enter(&caller(false), "no", "/a.B/C", Kind::Server);
    assert!(!trace.is_sampled());
    assert!(trace.traceparent().starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
    assert!(trace.traceparent().ends_with("-00"));
    drop(trace);
    telemetry.shutdown(LIMIT).unwrap();
    let spans = receiver.spans();
    let [span] = of(&spans, "yes")[..] else { panic!("{spans:#?}") };
    assert_eq!(span.name, "a.B/C");
    assert_eq!((&*span.trace_id, &*span.parent_span_id), ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"));
    assert!(of(&spans, "no").is_empty());
}

#[test]
fn without_a_collector_the_callers_trace_goes_on_untouched() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let trace = enter(&caller(true), "none", "work", Kind::Server);
    assert!(!trace.is_sampled());
    assert_eq!(trace.parent(), caller(true));
    trace.in_scope(|| assert_eq!(child("step").parent(), caller(true)));
}

#[test]
fn a_trace_crosses_services_in_one_process_and_keeps_their_names() {
    let receiver = Receiver::start();
    let (_turn, telemetry) = started(1.0, receiver.endpoint());

    // A call to the intake, whose command is written with that of another call, and followed by oversight.
    let server = enter(&Parent::none(), "intake-edge", "/mahila.intake.v1.ComplaintService/Register", Kind::Server);
    let other = enter(&Parent::none(), "intake-edge", "other", Kind::Server);
    let mut headers = http::HeaderMap::new();
    let handled = server.instrument(async {
        tokio::task::yield_now().await;
        set(names::SUBJECT, Value::token("complaints/1"));
        let ask = child_of_kind("ask", Kind::Client);
        ask.in_scope(|| inject(&mut headers));
        ask.record_answer(tonic::Code::NotFound);
        // What is spawned keeps the trace.
        tokio::spawn(carry(async { current_traceparent() })).await.unwrap().unwrap()
    });
    let journal = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(handled);
    assert_eq!(current_traceparent(), None, "nothing is left behind on the thread");
    assert_eq!(journal, server.traceparent());
    let journal = Parent::from_traceparent(&journal);
    let write = enter(&journal, "intake-edge", names::WRITE_BATCH, Kind::Internal);
    write.link(&other.parent());
    write.link(&caller(false));
    write.set(names::SUBJECT, 3u64);
    drop(write);
    drop(enter(&Parent::from_headers(&headers), "review-edge", "answer", Kind::Server));
    drop(enter(&journal, "oversight-edge", names::FEED_APPLY, Kind::Consumer));
    server.record_status(tonic::Code::NotFound);
    drop((server, other));
    telemetry.shutdown(LIMIT).unwrap();

    let spans = receiver.spans();
    let root = named(&spans, "mahila.intake.v1.ComplaintService/Register");
    assert_eq!((&*root.service, &*root.parent_span_id, root.kind, root.failed), ("intake-edge", "", 2, false));
    assert_eq!(root.attributes["rpc.response.status_code"], "NOT_FOUND");
    assert_eq!(root.attributes["mahila.subject"], "complaints/1");
    let (ask, answer) = (named(&spans, "ask"), named(&spans, "answer"));
    let (write, apply) = (named(&spans, "write.batch"), named(&spans, "feed.apply"));
    for (child, parent, service) in [
        (ask, root, "intake-edge"),
        (answer, ask, "review-edge"),
        (write, root, "intake-edge"),
        (apply, root, "oversight-edge"),
    ] {
        assert_eq!((&child.trace_id, &child.parent_span_id), (&parent.trace_id, &parent.span_id), "{}", child.name);
        assert_eq!(child.service, service);
    }
    assert!(ask.failed, "to the one who asked it is a failure, to the one who answered it is none");
    assert_eq!(apply.kind, 5);
    let other = named(&spans, "other");
    assert_eq!(write.links, [(other.trace_id.clone(), other.span_id.clone())], "unrecorded ones are left out");
    assert_eq!(write.attributes["mahila.subject"], "3");
}

#[test]
fn a_span_ends_with_its_trace_though_its_futures_live_on() {
    let receiver = Receiver::start();
    let (_turn, telemetry) = started(1.0, receiver.endpoint());
    let trace = enter(&Parent::none(), "ends", "work", Kind::Internal);
    let never_polled = trace.in_scope(|| carry(std::future::pending::<()>()));
    trace.fail("DATABASE_AWAY");
    drop(trace);
    telemetry.flush(LIMIT).unwrap();
    let spans = receiver.spans();
    let [span] = of(&spans, "ends")[..] else { panic!("{spans:#?}") };
    assert!(span.failed);
    assert_eq!(span.attributes["error.type"], "DATABASE_AWAY");
    drop(never_polled);
    telemetry.shutdown(LIMIT).unwrap();
}

#[test]
fn a_panic_leaves_no_trace_behind_on_the_thread() {
    let trace = enter(&caller(true), "panics", "work", Kind::Internal);
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| trace.in_scope(|| panic!("on purpose"))));
    assert!(result.is_err());
    assert_eq!(current_traceparent(), None);
}

#[test]
fn only_declared_names_leave_the_process() {
    let receiver = Receiver::start();
    let (_turn, telemetry) = started(1.0, receiver.endpoint());
    for key in names::KEYS {
        enter(&Parent::none(), "declared", "work", Kind::Internal).set(*key, true);
    }
    drop(Calls::client(&meter("declared"), &["a.B/C"]).start("a.B/C"));
    // What nobody may send: text that is no token, and lines of libraries and of our own.
    let trace = enter(&Parent::none(), "declared", "work", Kind::Server);
    trace.in_scope(|| {
        set(names::SUBJECT, Value::token("Planted Name"));
        tracing::error!(target: "h2", name = "Planted Name", "Planted Name");
    });
    drop(trace);
    telemetry.shutdown(LIMIT).unwrap();

    let declared: BTreeSet<String> = names::KEYS.iter().map(|key| key.as_str().to_owned()).collect();
    let sent = receiver.attribute_names();
    assert!(sent.is_subset(&declared), "{:?}", sent.difference(&declared));
    for name in ["service.name", "rpc.method", "otel.component.name"] {
        assert!(sent.contains(name), "{name}: {sent:?}");
    }
    let metrics: BTreeSet<&str> = names::METRICS.iter().map(|metric| metric.name()).collect();
    for series in receiver.metrics() {
        assert!(metrics.contains(&*series.name), "{}", series.name);
    }
    let bytes = receiver.raw_bytes();
    assert!(bytes.windows(8).any(|window| window == b"declared"));
    assert!(!bytes.windows(7).any(|window| window == b"Planted"));
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "tests count to small numbers")]
fn value_of(series: &ReceivedSeries) -> usize {
    series.value as usize
}

/// The values of a service's series of a metric that have the label; `None` stands for any.
fn values(metrics: &[ReceivedSeries], service: &str, metric: &Metric, label: Option<(Key, &str)>) -> Vec<usize> {
    let has = |series: &&ReceivedSeries| {
        series.service == service
            && series.name == metric.name()
            && label.is_none_or(|(key, value)| series.labels.get(key.as_str()).is_some_and(|it| it == value))
    };
    metrics.iter().filter(has).map(value_of).collect()
}

#[test]
fn metrics_are_filed_under_their_service_and_count_what_no_trace_recorded() {
    let receiver = Receiver::start();
    let (_turn, telemetry) = started(0.0, receiver.endpoint());
    for service in ["metrics-a", "metrics-b"] {
        let trace = enter(&Parent::none(), service, "/a.B/C", Kind::Server);
        let mut call = Calls::server(&meter(service), &["a.B/C"]).start("a.B/C");
        call.code(tonic::Code::Internal);
        drop((trace, call));
    }
    let source = [(names::FEED_SOURCE, "station-registry")];
    meter("metrics-a").observe(&names::FEED_LAG, &source, || 6_i64);
    meter("metrics-a").observe(&names::FEED_LAG, &source, || 7_i64);
    meter("metrics-a").counter(&names::FEED_APPLIED, &source).add(1);
    meter("metrics-a").counter(&names::FEED_APPLIED, &source).add(2);
    telemetry.shutdown(LIMIT).unwrap();
    let metrics = receiver.metrics();
    for service in ["metrics-a", "metrics-b"] {
        let failed = Some((names::RPC_STATUS, "INTERNAL"));
        assert_eq!(values(&metrics, service, &names::RPC_SERVER_DURATION, failed), [1]);
    }
    assert_eq!(values(&metrics, "metrics-a", &names::FEED_LAG, Some((names::FEED_SOURCE, "station-registry"))), [7]);
    assert_eq!(values(&metrics, "metrics-b", &names::FEED_LAG, None), [0; 0]);
    assert_eq!(values(&metrics, "metrics-a", &names::FEED_APPLIED, None), [3], "the same labels give the same series");
    let duration = metrics.iter().find(|series| series.name == names::RPC_SERVER_DURATION.name()).unwrap();
    assert_eq!(duration.bounds, names::DURATIONS);
}

#[test]
fn calls_are_counted_once_when_they_end_and_callers_cannot_make_series() {
    let receiver = Receiver::start();
    let (_turn, telemetry) = started(0.0, receiver.endpoint());
    let calls = Calls::server(&meter("calls"), &["a.B/C"]);
    let mut answered = calls.start("a.B/C");
    let gone = calls.start("a.B/C");
    let under_way = calls.start("a.B/C");
    answered.code(tonic::Code::NotFound);
    drop((answered, gone));
    for number in 0..100 {
        drop(calls.start(&format!("a.B/{number}")));
    }
    telemetry.flush(LIMIT).unwrap();
    let metrics = receiver.metrics();
    let duration = |label| values(&metrics, "calls", &names::RPC_SERVER_DURATION, Some(label));
    assert_eq!(duration((names::RPC_STATUS, "NOT_FOUND")), [1]);
    assert_eq!(duration((names::RPC_METHOD, names::OTHER_METHOD)), [100]);
    assert_eq!(values(&metrics, "calls", &names::RPC_SERVER_DURATION, None).iter().sum::<usize>(), 102);
    assert_eq!(values(&metrics, "calls", &names::RPC_IN_FLIGHT, None), [1]);
    drop(under_way);
    telemetry.shutdown(LIMIT).unwrap();
    assert_eq!(values(&receiver.metrics(), "calls", &names::RPC_IN_FLIGHT, None), [0]);
}

#[test]
#[should_panic(expected = "is not declared with")]
fn an_undeclared_label_is_refused_when_the_series_is_asked_for() {
    let _ = meter("undeclared").counter(&names::FEED_APPLIED, &[(names::SUBJECT, "x")]);
}

#[tokio::test(flavor = "current_thread")]
async fn a_runtime_with_one_worker_can_wait_for_the_flush() {
    let receiver = Receiver::start();
    let (_turn, telemetry) = started(1.0, receiver.endpoint());
    drop(enter(&Parent::none(), "one-worker", "work", Kind::Internal));
    telemetry.flush(LIMIT).unwrap();
    telemetry.shutdown(LIMIT).unwrap();
    assert_eq!(of(&receiver.spans(), "one-worker").len(), 1);
}

#[test]
fn shutdown_is_bounded_when_the_collector_is_gone_or_mute() {
    let gone = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    // It accepts, by the kernel's backlog, and never says a word.
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let mute_at = format!("http://{}", mute.local_addr().unwrap());
    let soon = Duration::from_millis(300);
    for (endpoint, timeout, expected) in [(gone, LIMIT, NotFlushed::Refused), (mute_at, soon, NotFlushed::TimedOut)] {
        let (_turn, telemetry) = started(1.0, endpoint);
        drop(enter(&Parent::none(), "lost", "work", Kind::Internal));
        let began = Instant::now();
        assert_eq!(telemetry.shutdown(timeout), Err(expected));
        assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    }
}

#[test]
fn spans_that_pile_up_are_dropped_and_counted() {
    let receiver = Receiver::start();
    let (_turn, telemetry) = started(1.0, receiver.endpoint());
    for _ in 0..20_000 {
        drop(enter(&Parent::none(), "piled", "work", Kind::Internal));
    }
    telemetry.shutdown(LIMIT).unwrap();
    let arrived = of(&receiver.spans(), "piled").len();
    let mut processed: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for series in receiver.metrics().iter().filter(|series| series.name == names::SPANS_PROCESSED.name()) {
        let (exported, dropped) = processed.entry(series.labels["otel.component.name"].clone()).or_default();
        let count = if series.labels.contains_key("error.type") { dropped } else { exported };
        *count += value_of(series);
    }
    assert!(processed.values().any(|counts| *counts == (arrived, 20_000 - arrived)), "{arrived} of {processed:?}");
}

#[test]
fn an_outage_of_the_collector_costs_what_was_recorded_in_it() {
    let receiver = Receiver::start();
    let endpoint = receiver.endpoint();
    drop(receiver);
    let (_turn, telemetry) = started(1.0, endpoint.clone());
    drop(enter(&Parent::none(), "back", "first", Kind::Internal));
    assert_eq!(telemetry.flush(LIMIT), Err(NotFlushed::Refused));
    let receiver = Receiver::start_at(endpoint.trim_start_matches("http://").parse().unwrap());
    drop(enter(&Parent::none(), "back", "second", Kind::Internal));
    let spans = receiver.spans_when(|spans| spans.iter().any(|span| span.name == "second"));
    assert_eq!(named(&spans, "second").service, "back");
    telemetry.shutdown(LIMIT).unwrap();
}

#[test]
fn settings_that_make_no_sense_are_refused_by_name() {
    let refused = |config: Config| init(&config).unwrap_err().to_string();
    assert!(refused(Config { sample_ratio: 1.5, ..Config::default() }).starts_with("sample_ratio"));
    assert!(refused(Config { sample_ratio: f64::NAN, ..Config::default() }).starts_with("sample_ratio"));
    assert!(refused(Config { log_filter: "a=b=c".to_owned(), ..Config::default() }).starts_with("log_filter"));
    assert!(refused(Config { metrics_every: Duration::ZERO, ..Config::default() }).starts_with("metrics_every"));
    for endpoint in ["collector:4317", "https://collector:4317", "", "http://"] {
        let config = Config { otlp_endpoint: Some(endpoint.to_owned()), ..Config::default() };
        assert!(refused(config).starts_with("otlp_endpoint"), "{endpoint}");
    }
}

#[test]
fn a_process_has_one_telemetry() {
    let receiver = Receiver::start();
    let (_turn, telemetry) = started(1.0, receiver.endpoint());
    let config = Config { otlp_endpoint: Some(receiver.endpoint()), ..Config::default() };
    assert!(matches!(init(&config), Err(Error::Twice)));
    telemetry.shutdown(LIMIT).unwrap();
}

#[test]
fn metrics_can_be_asked_for_where_nobody_collects() {
    let (_turn, telemetry) = exposed();
    let source = [(names::FEED_SOURCE, "station-registry")];
    let meter_of_one = meter("asked-one");
    meter_of_one.counter(&names::FEED_APPLIED, &source).add(3);
    let _not_yet_counted = meter_of_one.counter(&names::WRITE_REFUSED, &[]);
    meter_of_one.observe(&names::FEED_LAG, &source, || 7_i64);
    meter_of_one.observe(&names::FEED_SILENCE, &source, || Duration::from_millis(1_500));
    meter_of_one.observe(&names::READY, &[], || true);
    meter_of_one.observe(&names::WRITE_QUEUE, &[], || None::<i64>);
    let batches = meter_of_one.histogram(&names::WRITE_BATCH_SIZE, &[]);
    for size in [1_usize, 3, 3, 256, 300] {
        batches.record(size);
    }
    meter("asked-two").counter(&names::FEED_APPLIED, &source).add(1);
    let calls = Calls::server(&meter("asked-two"), &["a.B/C"]);
    let under_way = calls.start("a.B/C");

    let one = lines_of("asked-one");
    let labels = r#"{mahila_feed_source="station-registry",service_name="asked-one"}"#;
    for line in [
        format!("mahila_feed_applied_total{labels} 3"),
        format!("mahila_feed_lag{labels} 7.0"),
        format!("mahila_feed_silence_seconds{labels} 1.5"),
        r#"mahila_write_refused_total{service_name="asked-one"} 0"#.to_owned(),
        r#"mahila_ready{service_name="asked-one"} 1.0"#.to_owned(),
        r#"mahila_write_batch_size_bucket{service_name="asked-one",le="1.0"} 1"#.to_owned(),
        r#"mahila_write_batch_size_bucket{service_name="asked-one",le="2.0"} 1"#.to_owned(),
        r#"mahila_write_batch_size_bucket{service_name="asked-one",le="4.0"} 3"#.to_owned(),
        r#"mahila_write_batch_size_bucket{service_name="asked-one",le="256.0"} 4"#.to_owned(),
        r#"mahila_write_batch_size_bucket{service_name="asked-one",le="+Inf"} 5"#.to_owned(),
        r#"mahila_write_batch_size_count{service_name="asked-one"} 5"#.to_owned(),
        r#"mahila_write_batch_size_sum{service_name="asked-one"} 563.0"#.to_owned(),
    ] {
        assert!(one.contains(&line), "{line}: {one:#?}");
    }
    assert!(!one.iter().any(|line| line.contains("mahila_write_queue")), "what has no answer has no series");
    let in_flight = r#"mahila_rpc_in_flight{service_name="asked-two"} 1"#.to_owned();
    assert!(lines_of("asked-two").contains(&in_flight));

    let asked = exposition();
    assert_eq!(asked.content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let families = scraped::scraped(&asked.body).unwrap();
    let silence = &families["mahila_feed_silence_seconds"];
    assert_eq!((silence.kind.as_str(), silence.unit.as_deref()), ("gauge", Some("seconds")));
    assert_eq!(silence.help, names::FEED_SILENCE.description());
    let applied = &families["mahila_feed_applied"];
    assert_eq!((applied.kind.as_str(), applied.samples.len()), ("counter", 2), "both services under one name");
    let target = families["target"].samples.iter().find(|one| one.labels["service_name"] == "asked-one").unwrap();
    assert_eq!(target.labels["service_instance_id"], "pod-0");
    assert_eq!(target.labels["service_version"], env!("CARGO_PKG_VERSION"));

    drop(under_way);
    telemetry.shutdown(LIMIT).unwrap();
    assert_eq!(exposition().body, "# EOF\n", "nothing is kept once telemetry has ended");
}

#[test]
fn a_recorded_call_is_the_exemplar_of_its_bucket() {
    let receiver = Receiver::start();
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let config = Config {
        otlp_endpoint: Some(receiver.endpoint()),
        exposed: true,
        sample_ratio: 0.0,
        log_filter: "off".to_owned(),
        metrics_every: Duration::from_hours(1),
        ..Config::default()
    };
    let telemetry = init(&config).unwrap();
    let calls = Calls::server(&meter("exemplary"), &["a.B/C", "a.B/D"]);
    let wait = meter("exemplary").histogram(&names::WRITE_WAIT, &[]);
    for (method, sampled) in [("a.B/C", true), ("a.B/D", false)] {
        let trace = enter(&caller(sampled), "exemplary", method, Kind::Server);
        trace.in_scope(|| wait.record_within(Duration::from_millis(3), SpanIds::current()));
        let mut call = calls.start(method).within(trace.span_ids());
        call.code(tonic::Code::Ok);
    }
    wait.record(Duration::from_millis(4));

    let families = scraped::scraped(&exposition().body).unwrap();
    let exemplars = |family: &str, method: Option<&str>| {
        let of = |sample: &&scraped::ScrapedSample| {
            sample.labels["service_name"] == "exemplary"
                && sample.labels.get("rpc_method").map(String::as_str) == method
        };
        let samples = families[family].samples.iter().filter(of);
        let exemplar = |sample: &scraped::ScrapedSample| {
            let exemplar = sample.exemplar.clone()?;
            Some((sample.labels["le"].clone(), exemplar))
        };
        samples.filter_map(exemplar).collect::<Vec<_>>()
    };
    let [(_, (of_call, _))] = &exemplars("rpc_server_call_duration_seconds", Some("a.B/C"))[..] else {
        panic!("one call was recorded: {families:#?}")
    };
    let [(bucket, (of_wait, value))] = &exemplars("mahila_write_wait_seconds", None)[..] else {
        panic!("one command was recorded: {families:#?}")
    };
    assert_eq!((bucket.as_str(), *value), ("0.005", 0.003), "the last of the bucket, though another came after it");
    assert!(exemplars("rpc_server_call_duration_seconds", Some("a.B/D")).is_empty(), "nobody recorded that call");
    telemetry.shutdown(LIMIT).unwrap();
    drop(turn);

    let spans = receiver.spans();
    let span = named(&spans, "a.B/C");
    for labels in [of_call, of_wait] {
        assert_eq!((&labels["trace_id"], &labels["span_id"]), (&span.trace_id, &span.span_id));
    }
    let metrics = receiver.metrics();
    assert_eq!(values(&metrics, "exemplary", &names::WRITE_WAIT, None), [3], "a collector has them all the same");
}

#[test]
fn text_that_is_not_openmetrics_is_told() {
    let good = "# TYPE a counter\n# HELP a A \\\"b\\\\.\na_total{b=\"c\\\"d\"} 1\n# EOF\n";
    let families = scraped::scraped(good).unwrap();
    assert_eq!((&*families["a"].help, &*families["a"].samples[0].labels["b"]), ("A \"b\\.", "c\"d"));
    for (bad, why) in [
        (good.replace("# EOF\n", ""), "does not end"),
        (good.replace("a_total", "a"), "suffix"),
        (good.replace(" 1\n", " one\n"), "not a sample"),
        (good.replace("d\"} 1\n", "d\"} 1\na_total{b=\"c\\\"d\"} 1\n"), "stands twice"),
        (good.replace("# EOF", "# TYPE a gauge\n# EOF"), "stands twice"),
        (good.replace("1\n", "1 # {t=\"x\"} 1.0 1700000000.000\n"), "an exemplar where none"),
    ] {
        assert!(scraped::scraped(&bad).unwrap_err().contains(why), "{why}: {:?}", scraped::scraped(&bad));
    }
}
