//! Certificates that are replaced while calls run, as cert-manager does it: new connections are made with the new ones, running
//! ones go on, and files that cannot be used change nothing.

use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, Once};
use std::time::Duration;

use mahila_proto::feed::v1::SubscribeRequest;
use mahila_proto::feed::v1::feed_service_client::FeedServiceClient;
use mahila_proto::r#type::v1::GetVocabularyRequest;
use mahila_proto::r#type::v1::vocabulary_service_client::VocabularyServiceClient;
use platform::client::{Credentials, Peer};
use platform::lifecycle::Lifecycle;
use platform::settings::{LookAgain, PeersSettings};
use platform::status::reason_of;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::certificates::{Authority, Signed, file};
use crate::{Server, ask, peer, trusting, unanswered, until};

/// What this process has logged.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn log() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing_subscriber::fmt().with_ansi(false).with_writer(|| Log).init());
}

/// Lines that name this file.
fn lines_about(path: &Path) -> Vec<String> {
    let log = String::from_utf8(LOG.lock().unwrap().clone()).unwrap();
    log.lines().filter(|line| line.contains(path.to_str().unwrap())).map(str::to_owned).collect()
}

async fn call(peer: &Peer) -> Result<(), Status> {
    VocabularyServiceClient::new(peer.channel()).get_vocabulary(GetVocabularyRequest::default()).await.map(|_| ())
}

/// Calls without a pause until told to stop; how many were answered. None may fail.
fn calling(peer: Peer, stop: CancellationToken) -> JoinHandle<usize> {
    tokio::spawn(async move {
        let mut answered = 0;
        while !stop.is_cancelled() {
            call(&peer).await.unwrap_or_else(|status| panic!("after {answered} answers: {status:?}"));
            answered += 1;
        }
        answered
    })
}

#[tokio::test]
async fn a_new_certificate_is_shown_to_new_connections_and_no_call_fails() {
    let (folder, before, after) =
        (tempfile::tempdir().unwrap(), Authority::called("the state"), Authority::called("the state of today"));
    let server = Server::start(before.signs(&["127.0.0.1"]).in_files(folder.path())).await.unwrap();
    let [old, new] = [&before, &after].map(|authority| trusting(authority, server.url("127.0.0.1")));
    let stop = CancellationToken::new();
    let running = [(); 3].map(|()| calling(peer(&old), stop.clone()));
    ask(&old).await.unwrap();
    unanswered(&new).await;

    after.signs(&["127.0.0.1"]).in_files(folder.path());
    until("the new one is shown", || async { ask(&new).await.ok() }).await;
    unanswered(&old).await;
    stop.cancel();
    for running in running {
        assert!(running.await.unwrap() > 0);
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_told_once_and_the_one_before_stays() {
    log();
    let (folder, before, after) =
        (tempfile::tempdir().unwrap(), Authority::called("the state"), Authority::called("the state of today"));
    let tls = before.signs(&["127.0.0.1"]).in_files(folder.path());
    let (certificate, key) = (tls.cert_file.clone(), tls.key_file.clone());
    let server = Server::start(tls).await.unwrap();
    let [old, new] = [&before, &after].map(|authority| trusting(authority, server.url("127.0.0.1")));

    // The certificate of another key, and then none at all.
    std::fs::write(&certificate, after.signs(&["127.0.0.1"]).certificate).unwrap();
    until("it is told", || async { (lines_about(&key).len() == 1).then_some(()) }).await;
    ask(&old).await.unwrap();
    unanswered(&new).await;
    std::fs::remove_file(&certificate).unwrap();
    until("it is told", || async { (lines_about(&certificate).len() == 2).then_some(()) }).await;
    ask(&old).await.unwrap();

    after.signs(&["127.0.0.1"]).in_files(folder.path());
    until("a good one is used", || async { ask(&new).await.ok() }).await;
    let lines = [lines_about(&key), lines_about(&certificate)].concat();
    assert_eq!(lines.len(), 3, "the first names both files: {lines:?}");
    assert!(
        lines[0].contains("is not the key of the certificate in") && lines[2].contains("cannot be read"),
        "{lines:?}"
    );
    for line in lines {
        assert!(line.contains("ERROR") && line.contains("to mend it: ") && line.contains("stays in use"), "{line}");
    }
}

#[tokio::test]
async fn authorities_of_clients_are_replaced() {
    let (folder, state) = (tempfile::tempdir().unwrap(), Authority::called("the state"));
    let (before, after) = (Authority::called("clients"), Authority::called("clients of today"));
    let mut tls = state.signs(&["127.0.0.1"]).in_files(folder.path());
    tls.client_ca_file = Some(file(folder.path(), "clients.crt", &before.pem));
    let server = Server::start(tls).await.unwrap();
    let bare = trusting(&state, server.url("127.0.0.1"));
    let [old, new] = [&before, &after].map(|authority| authority.signs(&["oversight"]).shown_by(&bare));
    ask(&old).await.unwrap();
    unanswered(&new).await;
    file(folder.path(), "clients.crt", &after.pem);
    until("the new ones are let in", || async { ask(&new).await.ok() }).await;
    unanswered(&old).await;
}

/// What a service is given to call the others.
fn peers(folder: &Path, authority: &Authority, shown: &Signed, token: &str) -> PeersSettings {
    PeersSettings {
        ca_file: Some(file(folder, "peers-ca.crt", &authority.pem)),
        cert_file: Some(file(folder, "peers.crt", &shown.certificate)),
        key_file: Some(file(folder, "peers.key", &shown.key)),
        token_file: Some(file(folder, "token", token)),
        look_again: LookAgain(Duration::from_millis(20)),
        ..PeersSettings::default()
    }
}

/// A server that trusts these authorities of clients, in a folder of its own.
async fn asking(authority: &Authority, clients: &[&Authority]) -> (Server, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut tls = authority.signs(&["localhost", "127.0.0.1"]).in_files(folder.path());
    let clients: String = clients.iter().map(|client| client.pem.as_str()).collect();
    tls.client_ca_file = Some(file(folder.path(), "clients.crt", &clients));
    (Server::start(tls).await.unwrap(), folder)
}

#[tokio::test]
async fn what_a_service_trusts_shows_and_says_is_replaced_and_no_call_fails() {
    let (folder, before, after) =
        (tempfile::tempdir().unwrap(), Authority::called("the state"), Authority::called("the state of today"));
    // One that knows both authorities, and others that know the new one alone.
    let (lenient, _lenient) = asking(&before, &[&before, &after]).await;
    let (strict, _strict) = asking(&after, &[&after]).await;
    let settings = peers(folder.path(), &before, &before.signs(&["intake"]), "stale");
    let life = Lifecycle::new(Duration::ZERO, Duration::from_secs(1));
    let credentials = Credentials::kept(&settings, &life).unwrap();
    let with = |url: String| Peer::with(&url, &credentials).unwrap();
    // An address, and a name behind which others may be one day.
    let strict = ["127.0.0.1", "LOCALHOST"].map(|host| with(strict.url(host)));
    let lenient_peer = with(lenient.url("127.0.0.1"));
    call(&lenient_peer).await.unwrap();
    for peer in &strict {
        call(peer).await.unwrap_err();
    }
    let follow = async || {
        let asked = SubscribeRequest { source: "station-registry".into(), ..SubscribeRequest::default() };
        FeedServiceClient::new(lenient_peer.channel()).subscribe(asked).await
    };
    assert_eq!(reason_of(&follow().await.unwrap_err()).as_deref(), Some("TOKEN_INVALID"));
    let stop = CancellationToken::new();
    let running = calling(with(lenient.url("127.0.0.1")), stop.clone());

    // An authority for both: the old server goes on.
    let both = format!("{}{}", before.pem, after.pem);
    peers(folder.path(), &before, &after.signs(&["intake"]), &lenient.token());
    file(folder.path(), "peers-ca.crt", &both);
    for peer in &strict {
        until("the new one is shown", || async { call(peer).await.ok() }).await;
    }
    until("the new token is said", || async { follow().await.ok() }).await;
    stop.cancel();
    assert!(running.await.unwrap() > 0);
    life.shutdown();
}
