//! The health port of a container, as a probe of the cluster asks it: plain gRPC.

use std::time::Duration;

use platform::settings::Service;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::town::Replica;
use crate::town::network::address_of;

/// Kubernetes waits one second unless told otherwise; this machine may be busy.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks one container.
#[derive(Clone)]
pub struct Health(Channel);

impl Health {
    /// Of a replica.
    pub fn of(service: Service, replica: Replica) -> Self {
        let address = format!("http://{}:7101", address_of(service, replica));
        Self(Endpoint::from_shared(address).expect("an address").connect_timeout(PATIENCE).connect_lazy())
    }

    /// Whether it may be sent calls.
    pub async fn is_ready(&self) -> bool {
        self.serves("").await == Some(true)
    }

    /// Whether it lives; `None`: no answer.
    pub async fn lives(&self) -> Option<bool> {
        self.serves("liveness").await
    }

    async fn serves(&self, service: &str) -> Option<bool> {
        let mut request = tonic::Request::new(HealthCheckRequest { service: service.to_owned() });
        request.set_timeout(PATIENCE);
        let answer = HealthClient::new(self.0.clone()).check(request).await.ok()?;
        Some(answer.into_inner().status() == ServingStatus::Serving)
    }
}
