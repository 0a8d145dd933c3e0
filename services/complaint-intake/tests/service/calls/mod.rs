//! Calls of the control rooms, as a control room sees them.

mod becoming;
mod streaming;

use mahila_proto::intake::v1 as wire;
use platform::fields::timestamp;
use tonic::Status;

use crate::harness::{Client, Intake, at};

const KIND: &str = "intake.call.recorded";

/// The machine of 112, for the whole state.
fn control_room(intake: &Intake) -> Client {
    intake.client("systems/112", "control_room", &["up"], false)
}

/// A call at ten past nine on the 23rd, from the first station.
fn report(event: &str, revision: i32) -> wire::CallReport {
    wire::CallReport {
        source: "112".into(),
        event_id: event.into(),
        revision,
        received_at: Some(timestamp(at("2020-10-23 09:10"))),
        location: Some(wire::CallLocation { station: "stations/ps-157-001".into(), ..wire::CallLocation::default() }),
        category: wire::Category::DomesticViolence.into(),
        ..wire::CallReport::default()
    }
}

fn in_district(district: &str) -> wire::CallLocation {
    wire::CallLocation { district: format!("units/{district}"), ..wire::CallLocation::default() }
}

fn by(name: &str, phone: &str) -> wire::Person {
    wire::Person { name: name.into(), phone: phone.into(), ..wire::Person::default() }
}

/// Sends all reports in one stream, and reads all answers.
async fn tell(client: &mut Client, reports: Vec<wire::CallReport>) -> Vec<wire::IngestCallsResponse> {
    let requests = reports.into_iter().map(|report| wire::IngestCallsRequest { report: Some(report) });
    let stream = client.ingest_calls(tokio_stream::iter(requests.collect::<Vec<_>>())).await.unwrap();
    let (mut stream, mut answers) = (stream.into_inner(), Vec::new());
    while let Some(answer) = stream.message().await.unwrap() {
        answers.push(answer);
    }
    answers
}

async fn tell_one(client: &mut Client, report: wire::CallReport) -> wire::IngestCallsResponse {
    tell(client, vec![report]).await.remove(0)
}

/// The status that a refused report carries.
fn status_of(answer: &wire::IngestCallsResponse) -> Status {
    use prost::Message as _;
    let error = answer.error.clone().expect("a refused report says why");
    Status::with_details(tonic::Code::from(error.code), error.message.clone(), error.encode_to_vec().into())
}
