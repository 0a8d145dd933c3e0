//! What tests ask of the suite while it runs: connections as whoever may call, the roll, conditions, numbers of a database.

use std::time::Duration;

use chrono::{DateTime, Utc};
use mahila::token::{Development, Holder};
use mahila_proto::dev::v1::AdvanceToRequest;
use mahila_proto::dev::v1::replay_service_client::ReplayServiceClient;
use mahila_proto::intake::v1::intake_service_client::IntakeServiceClient;
use mahila_proto::registry::v1::ImportStationsRequest;
use mahila_proto::registry::v1::registry_service_client::RegistryServiceClient;
use platform::client::{Peer, PeerChannel, Target};
use platform::fields::timestamp;
use platform::settings::Service;
use uuid::Uuid;

use crate::house::House;

/// A connection to a service as a holder (`desk_officer:ps-162-001`).
#[must_use]
pub fn channel(house: &House, service: Service, holder: &str) -> PeerChannel {
    let token = token(house, holder);
    Peer::new(&Target { url: house.url(service), token, ..Target::default() }).expect("a peer").channel()
}

/// The token of a holder.
#[must_use]
pub fn token(house: &House, holder: &str) -> String {
    let holder: Holder = holder.parse().expect("a holder");
    Development::make(&house.issuer_key()).expect("the issuer").token(&holder, Duration::from_mins(30))
}

/// Intake as a holder.
#[must_use]
pub fn intake(house: &House, holder: &str) -> IntakeServiceClient<PeerChannel> {
    IntakeServiceClient::new(channel(house, Service::Intake, holder))
}

/// The roll of the repository.
pub async fn import_the_roll(house: &House) {
    let mut registry = RegistryServiceClient::new(channel(house, Service::Registry, "registrar:up"));
    let request = ImportStationsRequest {
        request_id: Uuid::new_v4().to_string(),
        units_csv: include_bytes!("../../services/station-registry/data/units.csv").to_vec(),
        stations_csv: include_bytes!("../../services/station-registry/data/stations.csv").to_vec(),
        validate_only: false,
    };
    let imported = registry.import_stations(request).await.expect("the roll is taken").into_inner();
    assert_eq!(imported.stations_written, 1_584);
}

/// Moves the clock of the suite.
pub async fn advance(house: &House, instant: &str) {
    let instant: DateTime<Utc> = instant.parse().expect("an instant");
    let mut clock = ReplayServiceClient::new(channel(house, Service::Registry, "replay_operator"));
    clock.advance_to(AdvanceToRequest { instant: Some(timestamp(instant)), from_peer: false }).await.expect("it moves");
}

/// Waits for a condition.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_mins(1);
    while !holds().await {
        assert!(tokio::time::Instant::now() < deadline, "{what}: not in time");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// One number of a database, as its superuser sees it.
pub async fn number(house: &House, service: Service, sql: &'static str) -> i64 {
    let mut db =
        <sqlx::PgConnection as sqlx::Connection>::connect(&house.database(service)).await.expect("the database");
    sqlx::query_scalar(sql).fetch_one(&mut db).await.expect("a number")
}
