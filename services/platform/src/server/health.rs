//! How a process says how it is: gRPC health on the main port, and on a port of its own in plain text, which needs neither
//! certificate nor token. There a kubelet asks by its native gRPC probe, and Prometheus fetches `/metrics` by HTTP/1.1.
//!
//! | name | answer |
//! |---|---|
//! | `""`, each gRPC service | readiness: falls while a database is away, and from the first moment of an end |
//! | `liveness` | `SERVING` as long as the process answers, whatever else is away; on the plain port alone |

use std::net::SocketAddr;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use mahila_proto::METHODS;
use tokio::net::TcpListener;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic_health::ServingStatus;
use tonic_health::server::{HealthReporter, health_reporter};

use super::{COMMON, ServeError};
use crate::lifecycle::Lifecycle;
use crate::settings::{ServerSettings, Service};

/// The name that is asked whether the process lives.
pub const LIVENESS: &str = "liveness";

/// Metrics as they are now: content type and text.
pub type Exposition = fn() -> (&'static str, String);

/// The condition of readiness that holds from the moment the services are served.
pub(super) const SERVED: &str = "services";

/// Takes the plain port, if the settings name one.
///
/// # Errors
/// Another process has it, or it is not ours to take.
pub async fn listen(settings: &ServerSettings) -> Result<Option<TcpListener>, ServeError> {
    let Some(address) = settings.health_listen else { return Ok(None) };
    let listener = TcpListener::bind(address).await.map_err(|error| ServeError::ListenHealth(address, error))?;
    Ok(Some(listener))
}

/// Answers on the plain port until the process ends: before its services start, and while it drains. What is served by
/// [`super::serve_on`] later is not ready until then.
///
/// # Errors
/// The port has no address (it was closed meanwhile).
pub async fn serve(
    listener: TcpListener,
    services: &[Service],
    metrics: Option<Exposition>,
    life: &Lifecycle,
) -> Result<SocketAddr, ServeError> {
    let address = listener.local_addr().map_err(|error| ServeError::ListenHealth(([0; 4], 0).into(), error))?;
    let _not_yet = life.condition(SERVED, false);
    let (health, service) = health_reporter();
    health.set_service_status(LIVENESS, ServingStatus::Serving).await;
    let names = names(services);
    set(&health, &names, false).await;
    follow(health, names, life);

    let page = get(async move || exposed(metrics));
    let routes: Router =
        Routes::new(service).into_axum_router().route("/metrics", page).fallback(StatusCode::NOT_FOUND);
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let ended = life.ended();
    // Not a task of the lifecycle's: those are waited for, and this one is to answer as long as they are.
    tokio::spawn(async move {
        let server = Server::builder().accept_http1(true).add_routes(Routes::from(routes));
        if let Err(error) = server.serve_with_incoming_shutdown(incoming, ended.cancelled_owned()).await {
            tracing::error!(%error, "the health port ended");
        }
    });
    Ok(address)
}

fn exposed(metrics: Option<Exposition>) -> Response {
    match metrics {
        Some(metrics) => {
            let (kind, text) = metrics();
            ([(CONTENT_TYPE, kind)], text).into_response()
        }
        None => (StatusCode::NOT_FOUND, "this process keeps no metrics to fetch\n").into_response(),
    }
}

/// What can be asked about: the process as a whole, and every gRPC service it serves.
fn names(services: &[Service]) -> Vec<String> {
    let packages: Vec<String> = services.iter().map(|service| format!("mahila.{}.", service.package())).collect();
    let is_served = |name: &&str| COMMON.contains(name) || packages.iter().any(|package| name.starts_with(package));
    let mut names: Vec<String> =
        METHODS.iter().map(|method| method.service).filter(is_served).map(str::to_owned).collect();
    names.dedup();
    names.push(String::new());
    names
}

/// Keeps these names at the readiness of the process, to its end.
pub(super) fn follow(health: HealthReporter, names: Vec<String>, life: &Lifecycle) {
    let mut ready = life.ready();
    let ended = life.ended();
    tokio::spawn(async move {
        loop {
            let now = *ready.borrow_and_update();
            set(&health, &names, now).await;
            tokio::select! {
                () = ended.cancelled() => return,
                changed = ready.changed() => if changed.is_err() { return },
            }
        }
    });
}

async fn set(health: &HealthReporter, names: &[String], ready: bool) {
    let status = if ready { ServingStatus::Serving } else { ServingStatus::NotServing };
    for name in names {
        health.set_service_status(name, status).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_asked_about_by_its_grpc_name() {
        let names = names(&[Service::Intake, Service::Campaigns]);
        for name in ["", "mahila.intake.v1.IntakeService", "mahila.campaign.v1.CampaignService", COMMON[0], COMMON[1]] {
            assert_eq!(names.iter().filter(|known| *known == name).count(), 1, "{name}: {names:?}");
        }
        assert_eq!(names.len(), 5);
    }
}
