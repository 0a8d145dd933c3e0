//! A process whose database does not answer yet: it lives and is not ready, so that nobody ends it and nobody calls it.

mod common;

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::{Ran, command, mahila};
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// The slowest step, many times over, on a machine that does other things.
const PATIENCE: Duration = Duration::from_secs(90);
const NOWHERE: &str = "/nonexistent/mahila";

#[tokio::test]
async fn the_health_port_answers_while_the_database_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let jwks = mahila(Path::new(NOWHERE), &["jwks", "--issuer-key", &at("issuer.key")]);
    std::fs::write(at("jwks.json"), jwks.out).unwrap();
    // Takes connections, as the kernel does for it, and never says a word.
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let health = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\nhealth_listen = \"{health}\"\n\
         [database.registry]\nurl = \"postgres://registry_app:hunter2-planted@{}/registry\"\n\
         [auth]\nissuer = \"state\"\naudience = \"mahila\"\njwks = \"{}\"\n",
        mute.local_addr().unwrap(),
        at("jwks.json"),
    );
    std::fs::write(at("settings.toml"), settings).unwrap();
    let mut serving = command(Path::new(NOWHERE));
    serving.args(["serve", "registry", "--settings", &at("settings.toml")]);
    let serving = serving.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();

    // It has asked the database, and waits.
    let asked =
        tokio::task::spawn_blocking(move || mute.accept().map(|(asked, _)| (asked, mute))).await.unwrap().unwrap();
    let began = Instant::now();
    let channel = loop {
        match Endpoint::from_shared(format!("http://{health}")).unwrap().connect().await {
            Ok(channel) => break channel,
            Err(error) => assert!(began.elapsed() < PATIENCE, "{error}"),
        }
    };
    for (name, expected) in [
        ("liveness", ServingStatus::Serving),
        ("", ServingStatus::NotServing),
        ("mahila.registry.v1.RegistryService", ServingStatus::NotServing),
    ] {
        let request = HealthCheckRequest { service: name.to_owned() };
        let told = HealthClient::new(channel.clone()).check(request).await.unwrap().into_inner();
        assert_eq!(told.status(), expected, "{name}");
    }

    // At last it gives up, says which database it was, and keeps the password.
    let ran: Ran = tokio::task::spawn_blocking(|| serving.wait_with_output()).await.unwrap().unwrap().into();
    drop(asked);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("127.0.0.1") && ran.err.contains("registry"), "{}", ran.err);
    assert!(!ran.err.contains("hunter2") && !ran.out.contains("hunter2"), "{ran:?}");
}
