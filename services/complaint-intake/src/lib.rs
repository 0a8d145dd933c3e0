//! The intake: everyone who comes, calls or writes; what was done; identity sealed.
//!
//! | room | of what |
//! |---|---|
//! | [`visits`] | everyone who comes to a desk |
//! | [`calls`] | reports of the control rooms |
//! | [`complaints`] | recording, and every step after it |
//! | [`directions`] | what reviews decided, and whether it was followed |
//! | [`clocks`] | limits, and what it means that one passed |
//! | [`vault`] | identity, sealed |
//! | [`tracking`] | what the holder of a receipt may know |
//! | [`queries`] | what people read |

mod api;
mod calls;
mod clocks;
mod complaints;
mod directions;
mod follow;
mod place;
mod queries;
#[cfg(test)]
mod sample;
mod terms;
mod tracking;
mod vault;
mod visits;

use std::sync::Arc;
use std::time::Duration;

use mahila_proto::intake::v1::intake_service_server::IntakeServiceServer;
use platform::SharedClock;
use platform::journal::Kind;
use platform::lifecycle::Lifecycle;
use platform::seal::{Keys, Sealer, os_random};
use platform::service::{Base, Due, Parts, StartError};
use platform::settings::{Service, Settings};
use vault::Vault;

/// The tables of this service.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// What this service writes into its journal.
pub const KINDS: &[Kind] = &[
    visits::api::VISIT_RECORDED,
    calls::api::CALL_RECORDED,
    complaints::REGISTERED,
    complaints::MOVED,
    complaints::TRIAGED,
    complaints::ASSIGNED,
    complaints::ACKNOWLEDGED,
    complaints::ACTED,
    complaints::LEGAL_ACTION,
    complaints::FEEDBACK,
    complaints::DIRECTED,
    clocks::CLOCK_BREACHED,
    vault::IDENTITY_REVEALED,
];

/// How often limits are swept.
const SWEEP: Duration = Duration::from_secs(20);

/// What every room works with. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Intake {
    /// Settings, database, writer, clock, directory.
    pub base: Base,
    /// Seals and opens identity.
    pub vault: Vault,
}

/// Starts the service.
///
/// # Errors
/// See [`StartError`].
pub async fn start(settings: &Arc<Settings>, clock: SharedClock, life: &Lifecycle) -> Result<Parts, StartError> {
    let path = settings.seal.keys_file.as_ref().ok_or_else(|| StartError::Keys("is not set".to_owned()))?;
    let keys = Keys::load(path).map_err(|error| StartError::Keys(format!("{}: {error}", path.display())))?;
    let sealer = Sealer::new(keys, os_random());
    let digest_key = Vault::digest_key(&sealer);
    let base = Base::start(settings, Service::Intake, &MIGRATOR, clock, life, digest_key).await?;
    follow::follow(&base).await?;
    let feed = base.feed(KINDS);
    let intake = Intake { base, vault: Vault::new(sealer) };

    let due: Vec<Arc<dyn Due>> = vec![Arc::new(clocks::Breaches::new(intake.base.clone()))];
    intake.base.tick(&due, SWEEP);
    Ok(Parts {
        name: Service::Intake.source(),
        grpc: "mahila.intake.v1.IntakeService",
        routes: Box::new(move |routes, limit| {
            routes.add_service(IntakeServiceServer::new(api::Api(intake)).max_decoding_message_size(limit));
        }),
        feed,
        due,
    })
}
