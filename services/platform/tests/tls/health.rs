//! The plain port: it answers before there is anything else, beside a main port with TLS, and until the end.

use std::net::SocketAddr;
use std::time::Duration;

use platform::client::Target;
use platform::lifecycle::{End, Lifecycle};
use platform::server::health::LIVENESS;
use platform::settings::{Service, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus::{self, NotServing, Serving};
use tonic_health::pb::health_client::HealthClient;

use crate::certificates::Authority;
use crate::{PATIENCE, SERVICE, Server, health, peer, settings, trusting};

/// A life with its plain port, where nothing is served yet.
async fn early(settings: &Settings) -> (Lifecycle, Target, SocketAddr) {
    let life = Lifecycle::new(Duration::ZERO, PATIENCE);
    let listener = platform::server::health::listen(&settings.server).await.unwrap().expect("it is in the settings");
    let metrics = || ("text/plain; version=0.0.4", "mahila_ready 0\n".to_owned());
    let address = platform::server::health::serve(listener, &[Service::Registry], Some(metrics), &life).await.unwrap();
    (life, Target { url: format!("http://{address}"), ..Target::default() }, address)
}

fn with_plain_port(folder: &tempfile::TempDir, authority: &Authority) -> Settings {
    let mut settings = settings(authority.signs(&["127.0.0.1"]).in_files(folder.path()));
    settings.server.health_listen = Some(([127, 0, 0, 1], 0).into());
    settings
}

/// Waits until a name has that status, as whoever watches it is told.
async fn becomes(target: &Target, service: &str, status: ServingStatus) {
    let request = HealthCheckRequest { service: service.to_owned() };
    let mut told = HealthClient::new(peer(target).channel()).watch(request).await.unwrap().into_inner();
    tokio::time::timeout(PATIENCE, async {
        while told.message().await.unwrap().expect("it goes on").status() != status {}
    })
    .await
    .unwrap_or_else(|_| panic!("{service:?} never was {status:?}"));
}

/// An answer as HTTP/1.1 has it.
async fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn the_plain_port_answers_before_the_services_start_and_until_the_process_ends() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::called("the state"));
    let settings = with_plain_port(&folder, &authority);
    let (life, plain, address) = early(&settings).await;
    assert_eq!(health(&plain, LIVENESS).await.unwrap(), Serving);
    for name in ["", SERVICE, "mahila.feed.v1.FeedService"] {
        assert_eq!(health(&plain, name).await.unwrap(), NotServing, "{name:?}");
    }
    assert_eq!(health(&plain, "mahila.intake.v1.IntakeService").await.unwrap_err().code(), Code::NotFound);

    let listener = platform::server::listen(&settings.server).await.unwrap();
    let server = Server::start_in(life.clone(), listener, settings).await.unwrap();
    let main = trusting(&authority, server.url("127.0.0.1"));
    for name in ["", SERVICE] {
        becomes(&plain, name, Serving).await;
        becomes(&main, name, Serving).await;
    }

    // Asked to end, it is not ready, and lives: until the last task has finished.
    let (finish, finished) = oneshot::channel::<()>();
    life.spawn("a call", async { finished.await.unwrap_or_default() });
    let ending = tokio::spawn({
        let life = life.clone();
        async move { life.run_until_signal().await.unwrap() }
    });
    life.shutdown();
    life.stopping().cancelled().await;
    becomes(&plain, "", NotServing).await;
    assert_eq!(health(&plain, LIVENESS).await.unwrap(), Serving);
    finish.send(()).unwrap();
    assert_eq!(ending.await.unwrap(), End::Clean);
    tokio::time::timeout(PATIENCE, async { while TcpStream::connect(address).await.is_ok() {} }).await.unwrap();
}

#[tokio::test]
async fn metrics_are_fetched_by_http_1_and_nothing_else_is() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::called("the state"));
    let (_life, _, address) = early(&with_plain_port(&folder, &authority)).await;
    let page = get(address, "/metrics").await;
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.ends_with("\r\n\r\nmahila_ready 0\n"), "{page}");
    assert!(page.contains("content-type: text/plain; version=0.0.4\r\n"), "{page}");
    assert!(get(address, "/").await.starts_with("HTTP/1.1 404 "));
}

#[tokio::test]
async fn readiness_falls_with_the_database_and_liveness_does_not() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::called("the state"));
    let settings = with_plain_port(&folder, &authority);
    let (life, plain, _) = early(&settings).await;
    let listener = platform::server::listen(&settings.server).await.unwrap();
    let server = Server::start_in(life, listener, settings).await.unwrap();
    becomes(&plain, SERVICE, Serving).await;
    server.database.set_away(true).await;
    for name in ["", SERVICE] {
        becomes(&plain, name, NotServing).await;
        becomes(&trusting(&authority, server.url("127.0.0.1")), name, NotServing).await;
    }
    assert_eq!(health(&plain, LIVENESS).await.unwrap(), Serving);
    server.database.set_away(false).await;
    becomes(&plain, SERVICE, Serving).await;
}
