//! The clients of `examples/` against the suite as it runs: what they print is so, also when a service is killed in the
//! middle, and over TLS.

mod client;
mod desk;
mod killed;
mod secured;

use client::{Client, Target};
use mahila_proto::intake::v1::intake_service_client::IntakeServiceClient;
use mahila_proto::intake::v1::{Complaint, ListComplaintsRequest};
use mahila_tests::calls::{import_the_roll, intake, number, token, until};
use mahila_tests::house::House;
use platform::client::PeerChannel;
use platform::settings::Service;

/// Who works at the client's station.
fn officer(client: &Client) -> String {
    format!("station_house_officer:{}", client.station)
}

/// A service, as a client calls it.
pub(crate) fn target(house: &House, service: Service, client: &Client) -> Target {
    Target { address: house.url(service), token: Some(token(house, &officer(client))), authority: None }
}

/// The suite with the roll, which intake knows.
pub(crate) async fn house() -> House {
    let house = House::build().await;
    import_the_roll(&house).await;
    let stations = "SELECT count(*) FROM platform.directory_stations";
    until("intake knows the stations", async || number(&house, Service::Intake, stations).await == 1_584).await;
    house
}

/// Intake at the client's station, asked by our own client.
pub(crate) fn desk(house: &House, client: &Client) -> IntakeServiceClient<PeerChannel> {
    intake(house, &officer(client))
}

/// What the client's station has, newest first.
pub(crate) async fn complaints(house: &House, client: &Client) -> Vec<Complaint> {
    let listed = desk(house, client).list_complaints(ListComplaintsRequest::default()).await.expect("a list");
    listed.into_inner().complaints
}
