//! What must hold while things break: one trace through the whole suite, every name it is observed under, services told to end under load, a registry that is
//! away, a follower that is killed again and again, decisions of a review on their way. Real sockets, real PostgreSQL, each service a process of the built binary.

mod ending;
mod following;
mod naming;
mod reviewing;
mod tracing;

use std::time::Duration;

use mahila_proto::intake::v1::intake_service_client::IntakeServiceClient;
use mahila_proto::intake::v1::{Category, Channel, ContactMode, RegisterComplaintRequest, SafeContact};
use mahila_proto::registry::v1::ImportStationsRequest;
use mahila_proto::registry::v1::registry_service_client::RegistryServiceClient;
pub(crate) use mahila_tests::calls::{channel, import_the_roll, intake, number, until};
use mahila_tests::house::House;
use platform::client::PeerChannel;
use platform::settings::Service;
use tonic::Status;
use uuid::Uuid;

/// The four fields of the desk.
pub(crate) fn complaint(station: &str) -> RegisterComplaintRequest {
    RegisterComplaintRequest {
        request_id: Uuid::new_v4().to_string(),
        station: format!("stations/{station}"),
        channel: Channel::WalkIn.into(),
        category: Category::DomesticViolence.into(),
        safe_contact: Some(SafeContact { mode: ContactMode::Never.into(), ..SafeContact::default() }),
        ..RegisterComplaintRequest::default()
    }
}

/// Sends as a client of ours does: the same bytes again, as long as the answer says so.
pub(crate) async fn send(
    client: &mut IntakeServiceClient<PeerChannel>,
    request: RegisterComplaintRequest,
) -> Result<String, Status> {
    let mut attempt = 0;
    loop {
        match client.register_complaint(request.clone()).await {
            Ok(answer) => return Ok(answer.into_inner().name),
            Err(status) => {
                was_not_accepted(&status);
                let wait = platform::client::retry_after(&status, attempt).filter(|_| attempt < 200);
                let Some(wait) = wait else { return Err(status) };
                attempt += 1;
                tokio::time::sleep(wait.min(Duration::from_millis(200))).await;
            }
        }
    }
}

/// A call that failed was refused with a reason, or never reached a service: a call that was accepted is answered. Never
/// reached are those that could not connect, those that hyper cancelled before it had sent them (the connection was
/// closing), those that set out as the server said GOAWAY and came after the last that it takes (RFC 9113, 6.8), and those whose
/// connection the kernel reset because the process had not taken it when it closed its port.
fn was_not_accepted(status: &Status) {
    let fault = format!("{status:?}");
    let kinds = ["ConnectError", "hyper::Error(Canceled", "GoAway(b\"\", NO_ERROR, Remote)", "ConnectionReset"];
    let never_reached = kinds.iter().any(|kind| fault.contains(kind));
    assert!(never_reached || platform::status::reason_of(status).is_some(), "an accepted call failed: {status:?}");
}

/// Registers a complaint at a station's desk.
pub(crate) async fn register(house: &House, station: &str) -> Result<String, Status> {
    send(&mut intake(house, &format!("desk_officer:{station}")), complaint(station)).await
}

/// One more station in Lucknow.
pub(crate) async fn grow_the_roll(house: &House) {
    let mut registry = RegistryServiceClient::new(channel(house, Service::Registry, "registrar:up"));
    let stations_csv = "station,seq,type,name_en,name_hi,parent,district,pincode,lat,lon,valid_from,valid_to,synthetic,source\n\
        ps-162-099,99,REGULAR,Nayapura,नयापुरा,district-162,district-162,226001,26.85,80.95,2000-01-01,,yes,test\n";
    let request = ImportStationsRequest {
        request_id: Uuid::new_v4().to_string(),
        stations_csv: stations_csv.into(),
        ..ImportStationsRequest::default()
    };
    registry.import_stations(request).await.expect("one more station");
}

/// Waits until intake knows a station: it has followed the registry so far.
pub(crate) async fn intake_knows(house: &House, station: &str) {
    until("intake knows the station", async || register(house, station).await.is_ok()).await;
}
