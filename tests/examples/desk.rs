//! A day at a desk, by each client: what it says is what the suite has.

use std::collections::BTreeMap;

use mahila_proto::REASONS;
use mahila_proto::intake::v1::{Complaint, HandlingState, RevealIdentityRequest};
use mahila_proto::r#type::v1::{Purpose, Retry};
use mahila_tests::calls::{advance, number, token, until};
use mahila_tests::house::House;
use platform::client::advice;
use platform::settings::Service;
use tonic::{Code, Status};

use crate::client::{Client, Target, clients};
use crate::{complaints, desk, house, target};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_client_says_is_what_the_suite_has() {
    let clients = clients();
    if clients.is_empty() {
        return;
    }
    let house = house().await;
    advance(&house, "2020-10-23T10:00:00Z").await;
    for client in &clients {
        registers_once(&house, client).await;
        reads_again_what_changed(&house, client).await;
        lists_every_page(&house, client).await;
        says_what_is_wrong(&house, client).await;
    }
    advance(&house, "2020-10-25T10:00:00Z").await;
    until("oversight has counted", async || {
        let told = number(&house, Service::Intake, "SELECT seq FROM platform.journal_head").await;
        let position = "SELECT coalesce(max(position), 0) FROM platform.positions WHERE source = 'complaint-intake'";
        number(&house, Service::Oversight, position).await == told
    })
    .await;
    for client in &clients {
        states(&house, client).await;
    }
}

/// A request that is sent again is answered again; the paper says where it stands.
async fn registers_once(house: &House, client: &Client) {
    let intake = target(house, Service::Intake, client);
    let (station, id) = (format!("stations/{}", client.station), uuid::Uuid::new_v4().to_string());
    let register = ["register", "--station", &station, "--request-id", &id];
    let first = client.run(&intake, &register).await.well();
    let second = client.run(&intake, &register).await.well();
    assert_eq!(first.out, second.out, "the same answer");
    assert_eq!(first.fact("category"), "पीछा करना / Stalking");

    let there = complaints(house, client).await;
    let names: Vec<&str> = there.iter().map(|complaint| complaint.name.as_str()).collect();
    assert_eq!(names, [first.fact("complaint")], "once");
    assert_eq!(there[0].receipt_no, first.fact("receipt"));
    assert_eq!(there[0].etag, first.fact("etag"));
    let asked = RevealIdentityRequest {
        name: there[0].name.clone(),
        purpose: Purpose::Investigation.into(),
        reason: "the example's persons".into(),
    };
    let revealed = desk(house, client).reveal_identity(asked).await.expect("revealed").into_inner();
    let persons: Vec<&str> = revealed.persons.iter().map(|person| person.name.as_str()).collect();
    assert_eq!(persons, ["नमूना शिकायतकर्ता", "Sample Respondent"]);

    // Another complaint under the id of this one is nobody's retry.
    let other = [&register[..], &["--category", "CATEGORY_DOWRY"]].concat();
    let refused = client.run(&intake, &other).await.refused("REQUEST_ID_REUSED");
    assert_eq!(refused.fact("advice"), "RETRY_NEVER");
    assert_eq!(complaints(house, client).await.len(), 1);

    let nobody = Target { token: None, ..intake.clone() };
    let (receipt, secret) = (first.fact("receipt"), first.fact("secret"));
    let track = ["track", "--receipt", &receipt, "--secret", &secret];
    assert_eq!(client.run(&nobody, &track).await.well().fact("state"), "TRACKED_STATE_IN_HAND");
    let guessed = ["track", "--receipt", &receipt, "--secret", "AAAA-AAAA"];
    client.run(&nobody, &guessed).await.refused("NOT_FOUND");
    client.run(&nobody, &register).await.refused("TOKEN_INVALID");
}

async fn only(house: &House, client: &Client) -> Complaint {
    complaints(house, client).await.pop().expect("one complaint")
}

/// `RETRY_AFTER_READ`: with what its screen showed it is turned away, with what it reads it is taken.
async fn reads_again_what_changed(house: &House, client: &Client) {
    let before = only(house, client).await;
    assert_eq!(before.handling_state(), HandlingState::Received);
    let acknowledge = ["acknowledge", "--complaint", &before.name, "--etag", "0"];
    let ran = client.run(&target(house, Service::Intake, client), &acknowledge).await.well();
    assert_eq!(ran.fact("reading again"), "ETAG_MISMATCH");
    assert!(ran.fact("state").ends_with(" / Acknowledged"), "{ran:?}");
    let after = only(house, client).await;
    assert_eq!(after.handling_state(), HandlingState::Acknowledged);
    assert_ne!(after.etag, before.etag);
}

async fn lists_every_page(house: &House, client: &Client) {
    let intake = target(house, Service::Intake, client);
    let station = format!("stations/{}", client.station);
    for _ in 0..4 {
        client.run(&intake, &["register", "--station", &station, "--category", "CATEGORY_DOWRY"]).await.well();
    }
    let listed = client.run(&intake, &["list", "--parent", &station, "--page-size", "2"]).await.well();
    let there = complaints(house, client).await;
    assert_eq!(there.len(), 5);
    let expected: Vec<String> = there
        .iter()
        .map(|complaint| {
            let label = mahila_proto::label("mahila.intake.v1.Category", complaint.category).expect("a label");
            format!("{} {} / {}", complaint.name, label.hi, label.en)
        })
        .collect();
    assert_eq!(listed.facts("complaint"), expected);
    assert_eq!(listed.fact("pages"), "3");
}

/// Every wrong field at once, in both languages, and the advice for each reason as the contract has it.
async fn says_what_is_wrong(house: &House, client: &Client) {
    let intake = target(house, Service::Intake, client);
    let ran = client.run(&intake, &["bad-input"]).await.refused("INVALID_FIELDS");
    let fields: Vec<&str> = ran.facts("field").iter().filter_map(|field| field.split(": ").next()).collect();
    assert_eq!(fields, ["request_id", "station", "channel", "category", "safe_contact.mode"]);
    assert!(ran.facts("field").iter().all(|field| field.contains(" / ")), "{ran:?}");
    assert_eq!(ran.fact("en-IN"), "5 field(s) need attention.");
    assert_eq!(ran.fact("hi-IN"), "5 प्रविष्टियों में सुधार चाहिए।");
    assert_eq!(ran.fact("advice"), "RETRY_NEVER");

    let name = |retry: Retry| retry.as_str_name().to_owned();
    let mut expected: BTreeMap<String, String> =
        REASONS.iter().map(|doc| (doc.name.to_owned(), name(Retry::try_from(doc.retry).expect("an advice")))).collect();
    for (code, name_of) in (1..=16).map(Code::from).zip(CODES) {
        let broken = advice(&Status::new(code, ""));
        // Details there are, and no reason that we know.
        let later = advice(&Status::with_details(code, "", vec![8, 2].into()));
        expected.insert(name_of.to_owned(), format!("{} {}", name(broken), name(later)));
    }
    let ran = client.run(&intake, &["retry-table"]).await.well();
    let said: BTreeMap<String, String> = ran
        .out
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(reason, advice)| (reason.to_owned(), advice.to_owned()))
        .collect();
    assert_eq!(said, expected, "{}", client.language);
}

/// By number, as gRPC spells them.
const CODES: [&str; 16] = [
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// The statement of the day in Hindi; as CSV in pages that are one file.
async fn states(house: &House, client: &Client) {
    let day = ["statement", "--from", "2020-10-23", "--to", "2020-10-23"];
    let station = target(house, Service::Oversight, client);
    let text = client.run(&station, &day).await.well().out;
    for words in ["कृत कार्यवाही विवरण: ", "23 अक्टूबर 2020", "*** अनुकरण"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    let csv = client.run(&station, &[&day[..], &["--format", "csv"]].concat()).await.well().out;
    let mut rows = csv::Reader::from_reader(csv.as_bytes());
    let complaints = rows.records().map(|row| row.expect("a row")).find(|row| {
        let column = |at: usize| row.get(at).unwrap_or_default();
        column(5) == "MEASURE_COMPLAINTS" && column(8).is_empty()
    });
    let complaints = complaints.expect("the measure");
    assert_eq!(complaints.get(0), Some(&*format!("units/{}", client.station)));
    assert_eq!(complaints.get(10), Some("5"), "as many as were registered");
    assert!(complaints.get(7).is_some_and(|hindi| hindi.contains("शिकायत")), "{complaints:?}");

    let state = Target { token: Some(token(house, "headquarters:up")), ..station };
    let districts = [&day[..], &["--format", "csv", "--level", "district"]].concat();
    let whole = client.run(&state, &districts).await.well().out;
    let paged = client.run(&state, &[&districts[..], &["--page-size", "20"]].concat()).await.well().out;
    assert_eq!(paged, whole, "the pages are one file");
    assert!(whole.lines().count() > 75, "a row or more for each district");
}
