//! Oversight: what the state may truthfully say. It follows the journals of the other services, keeps a [`ledger`] of what
//! they amount to, and answers with [`statements`]. From nothing it comes to the same figures; what people write to it is
//! their signature.
//!
//! | room | what it is about |
//! |---|---|
//! | `ledger` | what counts as what, added up by place and day |
//! | `statements` | a period's figures: added up along the tree, hidden where they would single somebody out, read out |
//! | `signing` | statements that somebody answers for, kept for good |
//! | `index` | how much of the work is proven, and red flags |
//! | `ranking` | units by a rate |
//! | `board` | the last closed day, pushed |

mod api;
mod board;
mod follow;
mod index;
mod ledger;
mod ranking;
mod signing;
mod statements;

use std::sync::Arc;

use mahila_proto::oversight::v1::oversight_service_server::OversightServiceServer;
use platform::SharedClock;
use platform::directory::DirectoryCopy;
use platform::feed::{Progress, Projection};
use platform::journal::Kind;
use platform::lifecycle::Lifecycle;
use platform::service::{Base, Parts, StartError};
use platform::settings::{Service, Settings};

pub use follow::{Campaigns, Intake, Registry, Reviews};

/// The service's own tables.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// What this service writes into its journal.
pub const KINDS: &[Kind] = &[signing::api::STATEMENT_SIGNED];

/// Keys the digests of callers' requests in the table of answers given. A request to sign names days and a unit, which anybody
/// may know, so the digest has nothing to hide and the key guards nothing.
const DIGEST_KEY: [u8; 32] = [0; 32];

/// A journal that statements are made of.
#[derive(Debug, Clone)]
pub(crate) struct Followed {
    /// Whose.
    pub source: &'static str,
    /// How far; `None`: the settings name no such peer.
    pub progress: Option<Progress>,
}

/// What every room works with. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Oversight {
    /// Settings, database, writer, clock, directory.
    pub base: Base,
    /// Every journal, in the order in which their freshness is told.
    pub sources: Arc<[Followed]>,
    /// Bytes of an answer, at most.
    pub limit: usize,
}

/// Follows a journal, if the settings say where: a state may begin before its reviews and campaigns do.
fn follow_if_there<P: Projection>(base: &Base, service: Service, projection: P) -> Result<Followed, StartError> {
    let is_there = base.settings.peers.get(service).is_some();
    let progress = is_there.then(|| base.follow(projection)).transpose()?;
    Ok(Followed { source: service.source(), progress })
}

/// Starts the service: its database, its followers, its gRPC methods.
///
/// # Errors
/// Settings, database or peers cannot be used; see [`StartError`].
pub async fn start(settings: &Arc<Settings>, clock: SharedClock, life: &Lifecycle) -> Result<Parts, StartError> {
    let base = Base::start(settings, Service::Oversight, &MIGRATOR, clock, life, DIGEST_KEY).await?;
    // Statements are answered from the first moment, also while the registry is away.
    base.directory.load(&base.db).await.map_err(|error| StartError::Database {
        service: Service::Oversight.name(),
        fault: platform::write::sql_state(&error),
    })?;
    let registry = Registry::new(DirectoryCopy::new(base.directory.clone(), base.db.clone()));
    let always = |source: Service, progress| Followed { source: source.source(), progress: Some(progress) };
    let sources: Arc<[Followed]> = Arc::new([
        always(Service::Registry, base.follow(registry)?),
        always(Service::Intake, base.follow(Intake)?),
        follow_if_there(&base, Service::Review, Reviews)?,
        follow_if_there(&base, Service::Campaigns, Campaigns)?,
    ]);
    let feed = base.feed(KINDS);
    Ok(Parts {
        name: Service::Oversight.source(),
        grpc: "mahila.oversight.v1.OversightService",
        routes: Box::new(move |routes, limit| {
            let server = OversightServiceServer::new(api::Api(Oversight { base, sources, limit }));
            routes.add_service(server.max_decoding_message_size(limit).max_encoding_message_size(limit));
        }),
        feed,
        due: Vec::new(),
    })
}
