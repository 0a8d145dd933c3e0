//! The server: one port for the services of a process, one stack in front of every method ([`stack`]), and what every
//! process serves beside its services: feed, vocabulary, health, reflection, and the replay clock of a simulation.

pub mod health;
mod incoming;
mod measure;
mod replay;
mod stack;
mod vocabulary;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use mahila_proto::dev::v1::replay_service_server::ReplayServiceServer;
use mahila_proto::feed::v1::feed_service_server::FeedServiceServer;
use mahila_proto::r#type::v1::vocabulary_service_server::VocabularyServiceServer;
use mahila_proto::{DESCRIPTORS, METHODS};
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tonic::service::RoutesBuilder;
use tonic::transport::Server;

use crate::auth::Verifier;
use crate::client::{ClientError, Credentials, Peer};
use crate::clock::ReplayClock;
use crate::feed::FeedServer;
use crate::lifecycle::Lifecycle;
use crate::service::Parts;
use crate::settings::{ClientCertificates, ServerSettings, Settings, SettingsError, TlsSettings};
use crate::tls::Files;

use measure::Database;
pub use replay::{ReplayServer, stood_at};

/// The server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A method has no rule: nobody said who may call it.
    #[error("{0} declares no permission in the contract; a method without one is not served")]
    NoRule(&'static str),
    /// The address.
    #[error("server.listen: cannot listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// The address of the plain port.
    #[error("server.health_listen: cannot listen on {0}: {1}")]
    ListenHealth(SocketAddr, std::io::Error),
    /// The files of `server.tls`, or of `peers` in a replay.
    #[error(transparent)]
    TlsFiles(#[from] SettingsError),
    /// Another process of a replay.
    #[error("clock.peers: {0}")]
    ReplayPeer(ClientError),
    /// The descriptors (a fault of the build).
    #[error("the contract's descriptors cannot be served: {0}")]
    Reflection(tonic_reflection::server::Error),
}

/// What every process serves beside its services.
const COMMON: [&str; 2] = ["mahila.feed.v1.FeedService", "mahila.type.v1.VocabularyService"];

/// Refuses services with a method that declares no rule.
///
/// # Errors
/// Names the first such method.
pub fn need_rules(methods: &[mahila_proto::Method], served: &BTreeSet<&str>) -> Result<(), ServeError> {
    match methods.iter().find(|method| served.contains(method.service) && method.rule.is_none()) {
        Some(method) => Err(ServeError::NoRule(method.path)),
        None => Ok(()),
    }
}

/// Takes the port. Who connects from now on waits until [`serve_on`] serves.
///
/// # Errors
/// Another process has it, or it is not ours to take.
pub async fn listen(settings: &ServerSettings) -> Result<TcpListener, ServeError> {
    TcpListener::bind(settings.listen).await.map_err(|error| ServeError::Listen(settings.listen, error))
}

/// Serves until the lifecycle stops. Answers once the port is bound, with its address (port 0 in the settings: a free one).
///
/// # Errors
/// See [`ServeError`].
pub async fn serve(
    settings: &Settings,
    parts: Vec<Parts>,
    verifier: Verifier,
    replay: Option<Arc<ReplayClock>>,
    life: &Lifecycle,
) -> Result<SocketAddr, ServeError> {
    let listener = listen(&settings.server).await?;
    serve_on(listener, settings, parts, verifier, replay, life)
}

/// The same on a port that was taken before the services started: those of one process follow each other, and find each
/// other there from their first moment on. Must be called inside a runtime.
///
/// # Errors
/// See [`ServeError`].
pub fn serve_on(
    listener: TcpListener,
    settings: &Settings,
    parts: Vec<Parts>,
    verifier: Verifier,
    replay: Option<Arc<ReplayClock>>,
    life: &Lifecycle,
) -> Result<SocketAddr, ServeError> {
    let mut served: BTreeSet<&str> = parts.iter().map(|part| part.grpc).collect();
    served.extend(COMMON);
    let name = parts.first().map_or("mahila", |part| part.name);

    let mut routes = RoutesBuilder::default();
    let feed = FeedServer::new(parts.iter().map(|part| part.feed.clone()), life.stopping());
    routes.add_service(FeedServiceServer::new(feed));
    routes.add_service(VocabularyServiceServer::new(vocabulary::Vocabulary));
    if let Some(clock) = replay {
        served.insert("mahila.dev.v1.ReplayService");
        // Who moves the clock does it by its own token, here and there.
        let credentials = Credentials::kept(&settings.peers, life)?.without_token();
        let peers = settings.clock.peers.iter().map(|url| Peer::with(url, &credentials));
        let peers = peers.collect::<Result<_, _>>().map_err(ServeError::ReplayPeer)?;
        let server = ReplayServer::new(clock, &parts, peers);
        routes.add_service(ReplayServiceServer::new(server));
    }
    need_rules(METHODS, &served)?;

    let (reporter, health_service) = tonic_health::server::health_reporter();
    routes.add_service(health_service);
    if settings.server.reflection {
        for add in [add_reflection_v1, add_reflection_v1alpha] {
            add(&mut routes).map_err(ServeError::Reflection)?;
        }
    }
    let databases: Vec<_> = parts.iter().map(Database::of).collect();
    for part in &parts {
        measure::observe(part, life);
    }
    for part in parts {
        (part.routes)(&mut routes, settings.server.max_message_bytes);
    }

    let services_show = settings.server.tls.as_ref().is_some_and(|tls| {
        tls.client_ca_file.is_some() && tls.client_certificates == Some(ClientCertificates::Services)
    });
    let stack = stack::Stack::layer(name, verifier, &settings.server, services_show);
    let address = listener.local_addr().map_err(|error| ServeError::Listen(settings.server.listen, error))?;
    let router = builder(&settings.server).layer(stack).add_routes(routes.routes());
    let stopping = life.stopping().cancelled_owned();
    let age = settings.server.max_connection_age + LEAVE;
    let serving: Pin<Box<dyn Future<Output = _> + Send>> = match &settings.server.tls {
        None => Box::pin(router.serve_with_incoming_shutdown(incoming::plain(listener, age), stopping)),
        Some(tls) => {
            let config = certificates(tls, life)?;
            let incoming = incoming::secured(listener, config, incoming::Bounds::default(), age);
            Box::pin(router.serve_with_incoming_shutdown(incoming, stopping))
        }
    };
    life.spawn("server", async move {
        // Bounded by the lifecycle: a mute connection cannot hold the end (hyper #4170).
        if let Err(error) = serving.await {
            tracing::error!(%error, "the server ended");
        }
    });
    let names: Vec<String> = served.iter().map(|name| (*name).to_owned()).chain([String::new()]).collect();
    watch_databases(databases, life);
    health::follow(reporter, names, life);
    let _ = life.condition(health::SERVED, true);
    Ok(address)
}

/// Readiness follows the databases; liveness never does.
fn watch_databases(databases: Vec<Database>, life: &Lifecycle) {
    let condition = life.condition("database", true);
    let ended = life.ended();
    tokio::spawn(async move {
        loop {
            let mut answers = true;
            for database in &databases {
                answers &= database.answers().await;
            }
            condition.set(answers);
            tokio::select! {
                () = ended.cancelled() => return,
                () = tokio::time::sleep(Duration::from_secs(2)) => {}
            }
        }
    });
}

/// What runs on a connection that was asked to go gets so long to finish; a feed is taken up again where it broke off.
const LEAVE: Duration = Duration::from_secs(30);

fn builder(settings: &ServerSettings) -> Server {
    Server::builder()
        .tcp_nodelay(true)
        .http2_keepalive_interval(Some(Duration::from_secs(20)))
        .http2_keepalive_timeout(Some(Duration::from_secs(10)))
        .max_connection_age(settings.max_connection_age)
        .http2_max_header_list_size(16 * 1024)
}

/// What connections are made with: now, and whenever the files change.
fn certificates(tls: &TlsSettings, life: &Lifecycle) -> Result<Arc<ArcSwap<ServerConfig>>, ServeError> {
    let files = Files::new("server.tls", tls.files());
    let config = Arc::new(ArcSwap::new(tls.load()?.taken()));
    let (settings, next) = (tls.clone(), config.clone());
    files.keep(tls.look_again.0, life.ended(), move || settings.load(), move |served| next.store(served.taken()));
    Ok(config)
}

fn add_reflection_v1(routes: &mut RoutesBuilder) -> Result<(), tonic_reflection::server::Error> {
    routes.add_service(
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .build_v1()?,
    );
    Ok(())
}

fn add_reflection_v1alpha(routes: &mut RoutesBuilder) -> Result<(), tonic_reflection::server::Error> {
    routes.add_service(
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .build_v1alpha()?,
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_without_a_rule_is_not_served() {
        let mut method = METHODS[0];
        method.rule = None;
        let refused = need_rules(&[method], &BTreeSet::from([method.service])).unwrap_err();
        assert!(refused.to_string().contains(method.path));
        assert!(need_rules(&[method], &BTreeSet::from(["another"])).is_ok(), "it is not mounted here");
    }
}
