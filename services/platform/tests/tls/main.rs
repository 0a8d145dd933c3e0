//! TLS as two services of the suite have it between them: the real server with certificates from files, the real client,
//! sockets. Whoever is not sure of the other says nothing, and says why.

mod certificates;
mod clients;
mod connections;
mod files;
mod health;
mod replay;
mod rotation;

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use certificates::Authority;
use mahila_proto::feed::v1::SubscribeRequest;
use mahila_proto::feed::v1::feed_service_client::FeedServiceClient;
use mahila_proto::r#type::v1::GetVocabularyRequest;
use mahila_proto::r#type::v1::vocabulary_service_client::VocabularyServiceClient;
use platform::auth::issuer::Issuer;
use platform::auth::{Claims, Jwks, Verifier};
use platform::client::{Peer, Target, is_untrusted, no_answer};
use platform::clock::{ReplayClock, SystemClock};
use platform::feed::FeedSource;
use platform::journal;
use platform::lifecycle::Lifecycle;
use platform::postgres::testing::{TestDatabase, test_database};
use platform::server::ServeError;
use platform::service::Parts;
use platform::settings::{Settings, TlsSettings};
use platform::status::reason_of;
use platform::write::{Options, Writer};
use sqlx::migrate::Migrator;
use tokio::net::TcpListener;
use tonic::Status;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// A service without tables of its own.
static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| Migrator {
    table_name: "tls._migrations".into(),
    create_schemas: Cow::Owned(vec!["tls".into()]),
    ..Migrator::DEFAULT
});

/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_mins(1);

const SERVICE: &str = "mahila.registry.v1.RegistryService";

/// A server with these settings of TLS; it has a journal, health and the vocabulary.
struct Server {
    address: SocketAddr,
    issuer: Issuer,
    life: Lifecycle,
    database: TestDatabase,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.life.shutdown();
    }
}

impl Server {
    async fn start(tls: TlsSettings) -> Result<Self, ServeError> {
        let settings = settings(tls);
        Self::start_on(platform::server::listen(&settings.server).await?, settings).await
    }

    async fn start_on(listener: TcpListener, settings: Settings) -> Result<Self, ServeError> {
        Self::start_in(Lifecycle::new(Duration::ZERO, Duration::from_secs(1)), listener, settings).await
    }

    /// In a life that began before.
    async fn start_in(life: Lifecycle, listener: TcpListener, settings: Settings) -> Result<Self, ServeError> {
        Self::start_with(life, listener, settings, None).await
    }

    async fn start_with(
        life: Lifecycle,
        listener: TcpListener,
        settings: Settings,
        clock: Option<Arc<ReplayClock>>,
    ) -> Result<Self, ServeError> {
        let database = test_database(&MIGRATOR).await;
        let options = Options { queue: 16, batch: 16, digest_key: [9; 32], service: "station-registry" };
        let (writer, task) = Writer::start(database.pool.clone(), Arc::new(SystemClock), options);
        tokio::spawn(task);
        let epoch = journal::open_epoch(&database.pool).await.expect("the journal is there");
        let feed = FeedSource {
            name: "station-registry",
            db: database.pool.clone(),
            kinds: &[],
            epoch,
            committed: writer.committed(),
        };
        let parts =
            Parts { name: "station-registry", grpc: SERVICE, routes: Box::new(|_, _| {}), feed, due: Vec::new() };
        let issuer = Issuer::from_seed([7; 32]);
        let verifier = Verifier::new(Jwks::fixed(issuer.jwks()), "test", "mahila", 30);
        let address = platform::server::serve_on(listener, &settings, vec![parts], verifier, clock, &life)?;
        Ok(Self { address, issuer, life, database })
    }

    fn url(&self, host: &str) -> String {
        format!("https://{host}:{}", self.address.port())
    }

    /// Another service's token.
    fn token(&self) -> String {
        self.token_of("follower")
    }

    fn token_of(&self, role: &str) -> String {
        self.issuer.sign(&Claims {
            iss: "test".into(),
            aud: "mahila".into(),
            sub: "services/oversight".into(),
            exp: 4_000_000_000,
            roles: vec![role.into()],
            units: Vec::new(),
            woman: false,
        })
    }
}

fn settings(tls: TlsSettings) -> Settings {
    let mut settings = Settings::default();
    settings.server.listen = ([127, 0, 0, 1], 0).into();
    settings.server.tls = Some(tls);
    settings
}

fn trusting(authority: &Authority, url: String) -> Target {
    Target { url, authority: Some(authority.pem.clone().into_bytes()), ..Target::default() }
}

fn peer(target: &Target) -> Peer {
    Peer::new(target).expect("a target")
}

/// A method that is open to everybody: whoever gets its answer is through.
async fn ask(target: &Target) -> Result<usize, Status> {
    let mut client = VocabularyServiceClient::new(peer(target).channel());
    Ok(client.get_vocabulary(GetVocabularyRequest::default()).await?.into_inner().terms.len())
}

async fn follow(target: &Target) -> Result<(), Status> {
    let asked = SubscribeRequest { source: "station-registry".into(), ..SubscribeRequest::default() };
    FeedServiceClient::new(peer(target).channel()).subscribe(asked).await.map(|_| ())
}

async fn health(target: &Target, service: &str) -> Result<ServingStatus, Status> {
    let request = HealthCheckRequest { service: service.to_owned() };
    Ok(HealthClient::new(peer(target).channel()).check(request).await?.into_inner().status())
}

/// Tries until it is so.
async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut attempt: impl FnMut() -> F) -> T {
    let tried = async {
        loop {
            if let Some(got) = attempt().await {
                return got;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, tried).await.unwrap_or_else(|_| panic!("never: {what}"))
}

/// The refusal of a call that came through to nobody.
async fn unanswered(target: &Target) -> Status {
    let status = ask(target).await.expect_err("nobody answers");
    assert_eq!(reason_of(&status), None, "this is an answer of the suite: {status:?}");
    status
}

#[tokio::test]
async fn a_certificate_of_the_trusted_authority_is_taken_and_a_token_is_needed_all_the_same() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::called("the state"));
    let certificate = authority.signs(&["localhost", "127.0.0.1"]);
    let server = Server::start(certificate.in_files(folder.path())).await.unwrap();
    // In capitals it is a name like any other: looked up, and every address of it dialled under that name.
    for host in ["127.0.0.1", "localhost", "LOCALHOST"] {
        let stranger = trusting(&authority, server.url(host));
        assert!(ask(&stranger).await.unwrap() > 0, "{host}");
        assert_eq!(health(&stranger, SERVICE).await.unwrap(), ServingStatus::Serving, "{host}");
        assert_eq!(health(&stranger, "").await.unwrap(), ServingStatus::Serving, "{host}");
        let refused = follow(&stranger).await.unwrap_err();
        assert_eq!(reason_of(&refused).as_deref(), Some("TOKEN_INVALID"), "{host}: {refused:?}");
        let known = Target { token: server.token(), ..stranger };
        follow(&known).await.unwrap_or_else(|status| panic!("{host}: {status:?}"));
    }
}

#[tokio::test]
async fn who_comes_before_the_services_stand_waits_and_is_answered() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::called("the state"));
    let settings = settings(authority.signs(&["127.0.0.1"]).in_files(folder.path()));
    let listener = platform::server::listen(&settings.server).await.unwrap();
    let early = trusting(&authority, format!("https://{}", listener.local_addr().unwrap()));
    let (server, answered) = tokio::join!(Server::start_on(listener, settings), ask(&early));
    assert!(server.is_ok());
    assert!(answered.unwrap() > 0);
}

#[tokio::test]
async fn plain_text_is_refused() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::called("the state"));
    let server = Server::start(authority.signs(&["127.0.0.1"]).in_files(folder.path())).await.unwrap();
    let plain = Target { url: format!("http://{}", server.address), token: server.token(), ..Target::default() };
    let status = unanswered(&plain).await;
    assert!(!is_untrusted(&status), "no certificate was looked at: {status:?}");
    // And the server goes on for those who do it right.
    ask(&trusting(&authority, server.url("127.0.0.1"))).await.unwrap();
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused_and_the_reason_told() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::called("the state"));
    let server = Server::start(authority.signs(&["localhost", "127.0.0.1"]).in_files(folder.path())).await.unwrap();
    // Another one, and one that only calls itself the same.
    for (other, wrong) in [("a stranger", "UnknownIssuer"), ("the state", "BadSignature")] {
        let other = Authority::called(other);
        for host in ["127.0.0.1", "LOCALHOST"] {
            let status = unanswered(&trusting(&other, server.url(host))).await;
            let told = no_answer(&status);
            assert!(is_untrusted(&status) && told.contains(wrong), "{host}: {told}");
        }
    }
    // Nor is it taken when no authority is named: the public ones do not know it.
    if let Ok(public) = Peer::new(&Target { url: server.url("127.0.0.1"), ..Target::default() }) {
        let mut client = VocabularyServiceClient::new(public.channel());
        let status = client.get_vocabulary(GetVocabularyRequest::default()).await.unwrap_err();
        assert!(is_untrusted(&status), "{status:?}");
    }
}

#[tokio::test]
async fn a_certificate_of_another_name_is_refused_and_the_names_told() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::called("the state"));
    let server = Server::start(authority.signs(&["station-registry.example"]).in_files(folder.path())).await.unwrap();
    for host in ["127.0.0.1", "localhost", "LOCALHOST"] {
        let status = unanswered(&trusting(&authority, server.url(host))).await;
        let told = no_answer(&status);
        assert!(is_untrusted(&status), "{host}: {told}");
        assert!(told.contains("not valid for name") && told.contains("station-registry.example"), "{host}: {told}");
    }
}
