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

pub use vault::{Progress, RewrapError, Rewrapped};

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
    vault::REWRAPPED,
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
    /// The serials of receipts as this process saw them last.
    pub serials: complaints::store::Known,
}

impl Intake {
    /// Its base and its vault; and the number of the key that wraps new data keys.
    async fn open(settings: &Arc<Settings>, clock: SharedClock, life: &Lifecycle) -> Result<(Self, u32), StartError> {
        let path = settings.seal.keys_file.as_ref().ok_or_else(|| StartError::Keys("is not set".to_owned()))?;
        let keys = Keys::load(path).map_err(|error| StartError::Keys(format!("{}: {error}", path.display())))?;
        let active = keys.active();
        let sealer = Sealer::new(keys, os_random());
        let digest_key = Vault::digest_key(&sealer);
        let base = Base::start(settings, Service::Intake, &MIGRATOR, clock, life, digest_key).await?;
        Ok((Self { base, vault: Vault::new(sealer), serials: complaints::store::Known::default() }, active))
    }
}

/// Wraps every data key of the vault again with the active key of the key file, so that the others may be taken out of it;
/// `dry_run`: only looks how many there are to wrap. Every process of this service must have that key already.
///
/// It works as a replica does that serves nobody: as the role that serves, through the same door for writes, and with an
/// entry in the journal for each batch.
///
/// # Errors
/// See [`RewrapError`]. What it committed before stays.
pub async fn rewrap(
    settings: &Arc<Settings>,
    clock: SharedClock,
    dry_run: bool,
    told: &mut (dyn FnMut(Progress) + Send),
) -> Result<Rewrapped, RewrapError> {
    let life = Lifecycle::new(Duration::ZERO, Duration::ZERO);
    let (intake, key) = Intake::open(settings, clock, &life).await?;
    vault::rewrap(&intake.base, &intake.vault, key, dry_run, told).await
}

/// Starts the service.
///
/// # Errors
/// See [`StartError`].
pub async fn start(settings: &Arc<Settings>, clock: SharedClock, life: &Lifecycle) -> Result<Parts, StartError> {
    let (intake, _) = Intake::open(settings, clock, life).await?;
    follow::follow(&intake.base).await?;
    let feed = intake.base.feed(KINDS);

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
