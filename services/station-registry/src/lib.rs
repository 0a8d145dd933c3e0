//! Station registry: units and stations by date, the desks, who staffs them, and every desk-day accounted for.
//!
//! | room | what it is about |
//! |---|---|
//! | `units` | the state, zones, ranges, commissionerates, districts and circles, by date |
//! | `stations` | the roll: its import, the snapshot in memory, search and resolve |
//! | `desks` | a station opens its women's help desk |
//! | `rosters` | who shall be there, and who came |
//! | `desk_days` | signs of life, and what became of every desk on every day |
//!
//! It follows nobody. Its journal tells the others what the roll says, which desks are open, and how each day ended.

mod api;
mod desk_days;
mod desks;
mod rosters;
mod stations;
mod units;

use std::sync::Arc;
use std::time::Duration;

use mahila_proto::registry::v1::registry_service_server::RegistryServiceServer;
use platform::SharedClock;
use platform::journal::Kind;
use platform::lifecycle::Lifecycle;
use platform::service::{Base, Due, Parts, StartError};
use platform::settings::{Service, Settings};

use api::Registry;
use desk_days::{AccountDays, CountDesks};
use stations::{RollWatch, Snapshot};

/// The tables of this service.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// What its journal holds, and who may follow it.
pub const KINDS: &[Kind] =
    &[units::api::CHANGED, stations::api::CHANGED, desks::api::OPENED, rosters::api::PUBLISHED, desk_days::api::CLOSED];

/// Keys the digests that tell a repeat from another request of the same id. No request to the registry holds identity
/// (officers are personnel tokens), so there is nothing for a secret key to protect.
const DIGEST_KEY: [u8; 32] = [0; 32];

/// How often what runs by itself is looked at: a day is closed at most this long after its time, and another replica's
/// import is noticed at most this late.
const TICK: Duration = Duration::from_secs(30);

/// Starts the service: database, writer, snapshot, and what runs by itself.
///
/// # Errors
/// See [`StartError`].
pub async fn start(settings: &Arc<Settings>, clock: SharedClock, life: &Lifecycle) -> Result<Parts, StartError> {
    let base = Base::start(settings, Service::Registry, &MIGRATOR, clock, life, DIGEST_KEY).await?;
    let snapshot = Snapshot::new(base.directory.clone());
    let watch = RollWatch::new(base.clone(), snapshot.clone());
    watch.look().await.map_err(|refusal| StartError::Database {
        service: base.service.source(),
        fault: format!("the roll cannot be read: {refusal}"),
    })?;
    let due: Vec<Arc<dyn Due>> = vec![
        Arc::new(watch.clone()),
        Arc::new(AccountDays::new(base.clone())),
        // Behind the account, which brings today's rows.
        Arc::new(CountDesks::new(base.clone())),
    ];
    base.tick(&due, TICK);
    let feed = base.feed(KINDS);
    let registry = Registry { base, snapshot, watch };
    Ok(Parts {
        name: Service::Registry.source(),
        grpc: "mahila.registry.v1.RegistryService",
        routes: Box::new(move |routes, limit| {
            let server = RegistryServiceServer::new(registry);
            routes.add_service(server.max_decoding_message_size(limit).max_encoding_message_size(limit));
        }),
        feed,
        due,
    })
}
