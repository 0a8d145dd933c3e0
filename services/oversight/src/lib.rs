//! Oversight: what the state may truthfully say. It follows the journals of the other services, keeps a [`ledger`] of what
//! they amount to, and answers with [`statements`]. Nobody writes to it; from nothing it comes to the same figures.
//!
//! | room | what it is about |
//! |---|---|
//! | `ledger` | what counts as what, added up by place and day |
//! | `statements` | a period's figures: added up along the tree, hidden where they would single somebody out, read out |

mod follow;
mod ledger;
mod statements;

use std::sync::Arc;

use mahila_proto::oversight::v1::oversight_service_server::OversightServiceServer;
use platform::SharedClock;
use platform::directory::DirectoryCopy;
use platform::journal::Kind;
use platform::lifecycle::Lifecycle;
use platform::service::{Base, Parts, StartError};
use platform::settings::{Service, Settings};

pub use follow::{Intake, Registry};
use statements::api::Statements;

/// The service's own tables.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// Kinds of entries in its journal: none, since it only learns.
pub const KINDS: &[Kind] = &[];

/// Keys the digests of callers' requests in the table of answers given. No caller writes here, so that table stays empty and
/// the key guards nothing; a method that writes would need a secret one.
const DIGEST_KEY: [u8; 32] = [0; 32];

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
    let registry = base.follow(Registry::new(DirectoryCopy::new(base.directory.clone(), base.db.clone())))?;
    let intake = base.follow(Intake)?;
    let feed = base.feed(KINDS);
    Ok(Parts {
        name: Service::Oversight.source(),
        grpc: "mahila.oversight.v1.OversightService",
        routes: Box::new(move |routes, limit| {
            let statements = Statements::new(base, vec![registry, intake], limit);
            let server = OversightServiceServer::new(statements);
            routes.add_service(server.max_decoding_message_size(limit).max_encoding_message_size(limit));
        }),
        feed,
        due: Vec::new(),
    })
}
