//! Awareness campaigns: events planned, held, proven, and counted only when somebody else verified.
//!
//! | room | of what |
//! |---|---|
//! | `phases` | the phases of Mission Shakti, as data |
//! | `partners` | organisations that hold events with the police: registered by one, vetted by another |
//! | `campaigns` | a theme, goals, a part of the state, a span of days |
//! | `evidence` | what shows that an event was held, and what looks odd about it |
//! | `events` | the life of an event: proposed, approved, reported, verified; or lapsed, disputed, called off |
//! | `coverage` | what a campaign came to, by unit and by place |
//!
//! No person stands in it: counts, titles of events, names of places and organisations. A woman who asks for help at an
//! event becomes a complaint in the intake, with her consent; here she is one of a number.

mod api;
mod campaigns;
mod coverage;
mod events;
mod evidence;
mod follow;
mod partners;
mod phases;
#[cfg(test)]
mod samples;
mod terms;
mod viewer;
mod words;

use std::sync::Arc;
use std::time::Duration;

use mahila_proto::campaign::v1::campaign_service_server::CampaignServiceServer;
use platform::SharedClock;
use platform::journal::Kind;
use platform::lifecycle::Lifecycle;
use platform::service::{Base, Due, Parts, StartError};
use platform::settings::{Service, Settings};

/// The tables of this service.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// What this service writes into its journal: every move of an event, to oversight alone.
pub const KINDS: &[Kind] = &[events::api::MOVED];

/// Keys the digests that tell a repeat from another request of the same id. No request to this service holds identity,
/// so there is nothing for a secret key to protect.
const DIGEST_KEY: [u8; 32] = [0; 32];

/// How often events that nobody reported are looked for.
const SWEEP: Duration = Duration::from_mins(1);

/// Starts the service.
///
/// # Errors
/// See [`StartError`].
pub async fn start(settings: &Arc<Settings>, clock: SharedClock, life: &Lifecycle) -> Result<Parts, StartError> {
    let base = Base::start(settings, Service::Campaigns, &MIGRATOR, clock, life, DIGEST_KEY).await?;
    follow::follow(&base).await?;
    let feed = base.feed(KINDS);
    let due: Vec<Arc<dyn Due>> = vec![Arc::new(events::Lapses::new(base.clone()))];
    base.tick(&due, SWEEP);
    Ok(Parts {
        name: Service::Campaigns.source(),
        grpc: "mahila.campaign.v1.CampaignService",
        routes: Box::new(move |routes, limit| {
            routes.add_service(CampaignServiceServer::new(api::Api(base)).max_decoding_message_size(limit));
        }),
        feed,
        due,
    })
}
