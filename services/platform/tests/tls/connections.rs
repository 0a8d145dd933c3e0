//! Connections themselves: peers who say nothing, and those that have grown old.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mahila_proto::r#type::v1::GetVocabularyRequest;
use mahila_proto::r#type::v1::vocabulary_service_client::VocabularyServiceClient;
use platform::client::retry_after;
use platform::lifecycle::Lifecycle;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::certificates::Authority;
use crate::{PATIENCE, Server, ask, peer, settings, trusting, until};

#[tokio::test]
async fn peers_who_say_nothing_hold_up_nobody_and_make_room() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::called("the state"));
    let server = Server::start(authority.signs(&["127.0.0.1"]).in_files(folder.path())).await.unwrap();
    let target = trusting(&authority, server.url("127.0.0.1"));
    let mut mute = Vec::new();
    for _ in 0..4 {
        mute.push(TcpStream::connect(server.address).await.unwrap());
    }
    ask(&target).await.unwrap();
    // More than there is room for: the first of them give way.
    for _ in 0..300 {
        mute.push(TcpStream::connect(server.address).await.unwrap());
    }
    until("an answer", || async { ask(&target).await.ok() }).await;
    assert_eq!(tokio::time::timeout(PATIENCE, mute[0].read(&mut [0])).await.unwrap().unwrap(), 0, "it is let go");
}

/// Passes connections on, and counts them.
async fn counting(to: SocketAddr) -> (SocketAddr, Arc<AtomicUsize>) {
    let (listener, count) = (TcpListener::bind("127.0.0.1:0").await.unwrap(), Arc::new(AtomicUsize::new(0)));
    let (address, counted) = (listener.local_addr().unwrap(), count.clone());
    tokio::spawn(async move {
        while let Ok((mut from, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(async move {
                let mut to = TcpStream::connect(to).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut from, &mut to).await;
            });
        }
    });
    (address, count)
}

#[tokio::test]
async fn a_connection_of_age_is_left_for_another_and_what_runs_on_it_goes_on() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::called("the state"));
    let mut settings = settings(authority.signs(&["127.0.0.1"]).in_files(folder.path()));
    settings.server.max_connection_age = Duration::from_secs(1);
    let life = Lifecycle::new(Duration::ZERO, Duration::from_secs(1));
    let ready = life.condition("weather", true);
    let listener = platform::server::listen(&settings.server).await.unwrap();
    let server = Server::start_in(life, listener, settings).await.unwrap();
    let (address, connections) = counting(server.address).await;
    let peer = peer(&trusting(&authority, format!("https://{address}")));

    let everything = HealthCheckRequest { service: String::new() };
    let mut watched = HealthClient::new(peer.channel()).watch(everything).await.unwrap().into_inner();
    assert_eq!(watched.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    until("a second connection", || async {
        let answer = VocabularyServiceClient::new(peer.channel()).get_vocabulary(GetVocabularyRequest::default()).await;
        // One that set out in the moment of the change is sent again, as its caller would.
        assert!(answer.as_ref().err().is_none_or(|status| retry_after(status, 0).is_some()), "{answer:?}");
        (connections.load(Ordering::Relaxed) > 1).then_some(())
    })
    .await;
    ready.set(false);
    let heard = tokio::time::timeout(PATIENCE, watched.message()).await.unwrap();
    assert_eq!(heard.expect("the old connection goes on").unwrap().status(), ServingStatus::NotServing);
}
