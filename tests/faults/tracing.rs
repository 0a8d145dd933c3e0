//! One complaint's trace crosses intake and oversight as one tree, at 100 % and at 1 %.

use std::collections::BTreeMap;

use mahila_proto::intake::v1::RegisterComplaintRequest;
use mahila_tests::house::House;
use platform::settings::Service;
use platform::status::reason_of;
use platform::telemetry::receiver::ReceivedSpan;
use serde_json::Value;
use sqlx::{Connection as _, PgConnection};
use tonic::Request;

use crate::{complaint, import_the_roll, intake, intake_knows};

const STATION: &str = "ps-162-001";
const REGISTER: &str = "mahila.intake.v1.IntakeService/RegisterComplaint";

fn in_trace(trace: &str, request: RegisterComplaintRequest, sampled: bool) -> Request<RegisterComplaintRequest> {
    let mut request = Request::new(request);
    let flag = if sampled { "01" } else { "00" };
    request.metadata_mut().insert("traceparent", format!("00-{trace}-00f067aa0ba902b7-{flag}").parse().expect("ascii"));
    request
}

fn of<'a>(spans: &'a [ReceivedSpan], trace: &str) -> Vec<&'a ReceivedSpan> {
    spans.iter().filter(|span| span.trace_id == trace).collect()
}

/// Server span in intake, its batch in intake, its effect in oversight: each a child of the one before, or of the call.
fn is_one_tree(spans: &[&ReceivedSpan]) -> bool {
    let Some(server) = spans.iter().find(|span| span.service == "complaint-intake" && span.name == REGISTER) else {
        return false;
    };
    let batch = spans.iter().any(|span| {
        span.service == "complaint-intake" && span.name == "write.batch" && span.parent_span_id == server.span_id
    });
    let applied = spans
        .iter()
        .any(|span| span.service == "oversight" && span.name == "feed.apply" && span.parent_span_id == server.span_id);
    batch && applied
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_complaint_is_one_tree_from_the_desk_to_the_ledger() {
    let house = House::build_sampling("1").await;
    import_the_roll(&house).await;
    intake_knows(&house, STATION).await;
    let mut desk = intake(&house, &format!("desk_officer:{STATION}"));

    let (seen, unseen) = ("4bf92f3577b34da6a3ce929d0e0e4736", "5bf92f3577b34da6a3ce929d0e0e4736");
    desk.register_complaint(in_trace(seen, complaint(STATION), true)).await.expect("registered");
    // The caller decided against it: no span is built, whatever our own ratio.
    desk.register_complaint(in_trace(unseen, complaint(STATION), false)).await.expect("registered");
    let spans = house.collector().spans_when(|spans| is_one_tree(&of(spans, seen)));
    let tree = of(&spans, seen);
    assert!(is_one_tree(&tree), "{tree:#?}");
    let server = tree.iter().find(|span| span.name == REGISTER).expect("the server's span");
    assert_eq!(server.parent_span_id, "00f067aa0ba902b7", "the caller is its parent");
    assert!(of(&spans, unseen).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_wrong_is_logged_as_json_within_its_trace() {
    let house = House::build_sampling("0").await;
    import_the_roll(&house).await;
    intake_knows(&house, STATION).await;
    let trace = "6bf92f3577b34da6a3ce929d0e0e4736";
    let mut db = PgConnection::connect(&house.database(Service::Intake)).await.expect("the database");
    sqlx::query("ALTER TABLE intake.complaints RENAME TO elsewhere").execute(&mut db).await.expect("it is ours");
    let mut desk = intake(&house, &format!("desk_officer:{STATION}"));
    let refused =
        desk.register_complaint(in_trace(trace, complaint(STATION), true)).await.expect_err("there is no table");
    assert_eq!(reason_of(&refused).as_deref(), Some("INTERNAL"));

    let log = house.log(Service::Intake);
    let parse = |line: &str| serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let lines: Vec<Value> = log.lines().map(parse).collect();
    let error = lines.iter().find(|line| line["level"] == "ERROR").unwrap_or_else(|| panic!("no error: {log}"));
    assert_eq!((&error["trace_id"], &error["service"]), (&trace.into(), &"complaint-intake".into()), "{error}");
    assert!(!error["message"].as_str().unwrap_or_default().is_empty(), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_one_percent_few_calls_are_traced_and_each_of_those_whole() {
    let house = House::build_sampling("0.01").await;
    import_the_roll(&house).await;
    intake_knows(&house, STATION).await;
    let calls = 2_000;
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let mut desk = intake(&house, &format!("desk_officer:{STATION}"));
            tokio::spawn(async move {
                for _ in 0..calls / 20 {
                    desk.register_complaint(complaint(STATION)).await.expect("registered");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("it ran");
    }
    let traces = |spans: &[ReceivedSpan]| {
        let mut traces: BTreeMap<String, Vec<ReceivedSpan>> = BTreeMap::new();
        for span in spans.iter().filter(|span| span.name == REGISTER) {
            let whole = spans.iter().filter(|other| other.trace_id == span.trace_id).cloned().collect();
            traces.insert(span.trace_id.clone(), whole);
        }
        traces
    };
    // A server's span may have arrived before what follows from it.
    let applied = |spans: &[ReceivedSpan]| {
        let traces = traces(spans);
        let counted = |span: &ReceivedSpan| span.service == "oversight" && span.name == "feed.apply";
        !traces.is_empty() && traces.values().all(|spans| spans.iter().any(counted))
    };
    let spans = house.collector().spans_when(applied);
    let traces = traces(&spans);
    // Twenty are expected; fewer than 2 or more than 60 happen less than once in a million runs.
    assert!((2..=60).contains(&traces.len()), "{} of {calls} calls were traced", traces.len());
    for (trace, spans) in traces {
        let ids: Vec<&str> = spans.iter().map(|span| span.span_id.as_str()).collect();
        let roots = spans.iter().filter(|span| span.parent_span_id.is_empty()).count();
        assert_eq!(roots, 1, "{trace}: one root");
        let whole =
            spans.iter().all(|span| span.parent_span_id.is_empty() || ids.contains(&span.parent_span_id.as_str()));
        assert!(whole, "{trace}: every other span has its parent: {spans:#?}");
        assert!(spans.iter().any(|span| span.service == "oversight"), "{trace} reaches the ledger");
    }
}
