//! Review scheduling: fifteen cases a station, drawn so that nobody can pick them, decided in a sitting that was held, and
//! followed to the end.
//!
//! | room | of what |
//! |---|---|
//! | [`docket`] | which cases, and why: pure, so that anybody can select again |
//! | `pool` | what is known of complaints, from intake's journal, without identity |
//! | `policies` | how each level reviews, from a day on |
//! | `cycles` | planned, opened, closed: one row a unit and period |
//! | `sittings` | chair, quorum, decisions, minutes |
//! | `action_items` | what a decision owes |

mod action_items;
mod api;
mod cycles;
pub mod docket;
mod follow;
mod levels;
mod place;
mod policies;
mod pool;
mod sight;
mod sittings;
pub mod terms;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mahila_proto::review::v1::review_service_server::ReviewServiceServer;
use platform::SharedClock;
use platform::journal::Kind;
use platform::lifecycle::Lifecycle;
use platform::seal::{Random, os_random};
use platform::service::{Base, Due, Parts, StartError};
use platform::settings::{Service, Settings};

pub use api::verify_selection;
pub use follow::Pool;

/// The tables of this service.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// What this service writes into its journal.
pub const KINDS: &[Kind] = &[
    policies::api::POLICY_PUT,
    cycles::api::PLANNED,
    cycles::api::OPENED,
    cycles::api::CLOSED,
    cycles::api::ITEM_DEFERRED,
    sittings::api::CONVENED,
    sittings::api::DECIDED,
    sittings::api::HELD,
    action_items::api::MOVED,
    action_items::api::OVERDUE,
];

/// Keys the digests that tell a repeat from another request of the same id. No request to review holds identity (posts,
/// ids that tell nothing, terms of closed sets), so there is nothing for a secret key to protect.
const DIGEST_KEY: [u8; 32] = [0; 32];

/// How often the calendar is looked at.
const TICK: Duration = Duration::from_secs(20);

/// What every room works with. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Review {
    /// Settings, database, writer, clock, directory.
    pub base: Base,
    /// Where seeds come from.
    pub random: Random,
}

impl fmt::Debug for Review {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Review").field("base", &self.base).finish_non_exhaustive()
    }
}

/// Starts the service.
///
/// # Errors
/// See [`StartError`].
pub async fn start(settings: &Arc<Settings>, clock: SharedClock, life: &Lifecycle) -> Result<Parts, StartError> {
    let random = os_random();
    let base = Base::start(settings, Service::Review, &MIGRATOR, clock, life, DIGEST_KEY).await?;
    follow::follow(&base).await?;
    let feed = base.feed(KINDS);
    let review = Review { base, random };

    let due: Vec<Arc<dyn Due>> =
        vec![Arc::new(cycles::KeepCycles(review.clone())), Arc::new(action_items::MarkOverdue(review.clone()))];
    review.base.tick(&due, TICK);
    Ok(Parts {
        name: Service::Review.source(),
        grpc: "mahila.review.v1.ReviewService",
        routes: Box::new(move |routes, limit| {
            let server = ReviewServiceServer::new(api::Api(review));
            routes.add_service(server.max_decoding_message_size(limit).max_encoding_message_size(limit));
        }),
        feed,
        due,
    })
}
