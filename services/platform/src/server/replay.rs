//! Moves the one clock of a simulated deployment: here, in the databases (so that a restart goes on from there), and in the
//! other processes; then runs what fell due. When it answers, all of that is done.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use mahila_proto::dev::v1 as wire;
use mahila_proto::dev::v1::replay_service_client::ReplayServiceClient;
use mahila_proto::dev::v1::replay_service_server::ReplayService;
use sqlx::PgPool;
use tokio::sync::Mutex;
use tonic::{Request, Response, Status};

use crate::client::Peer;
use crate::clock::{Clock as _, ReplayClock};
use crate::due::Watched;
use crate::fields::{Fields, timestamp};
use crate::refusal::Refusal;
use crate::service::Parts;
use crate::write::read_refusal;

/// Serves `ReplayService`.
pub struct ReplayServer {
    clock: Arc<ReplayClock>,
    databases: Vec<PgPool>,
    due: Vec<Watched>,
    peers: Vec<Peer>,
    one_at_a_time: Mutex<()>,
}

impl std::fmt::Debug for ReplayServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReplayServer").field("clock", &self.clock).finish_non_exhaustive()
    }
}

impl ReplayServer {
    /// A server that moves `clock` and runs what falls due in `parts`, then has the `peers` do the same.
    #[must_use]
    pub fn new(clock: Arc<ReplayClock>, parts: &[Parts], peers: Vec<Peer>) -> Self {
        Self {
            clock,
            databases: parts.iter().map(|part| part.feed.db.clone()).collect(),
            due: parts
                .iter()
                .flat_map(|part| part.due.iter().map(|due| Watched::new(part.name, due.clone())))
                .collect(),
            peers,
            one_at_a_time: Mutex::default(),
        }
    }

    async fn advance(&self, instant: DateTime<Utc>) -> Result<(), Refusal> {
        self.clock.advance_to(instant).map_err(|_| Refusal::clock_refused(instant.to_rfc3339()))?;
        for database in &self.databases {
            sqlx::query!(
                "INSERT INTO platform.replay_clock (instant) VALUES ($1)
                 ON CONFLICT (the_row) DO UPDATE SET instant = greatest(platform.replay_clock.instant, excluded.instant)",
                instant
            )
            .execute(database)
            .await
            .map_err(|error| read_refusal(&error))?;
        }
        for due in &self.due {
            due.run(self.clock.now()).await?;
        }
        Ok(())
    }
}

/// Where the replay clock of these databases stood last.
///
/// # Errors
/// A database does not answer.
pub async fn stood_at(databases: &[PgPool]) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    let mut last = None;
    for database in databases {
        let instant = sqlx::query_scalar!("SELECT instant FROM platform.replay_clock").fetch_optional(database).await?;
        last = last.max(instant);
    }
    Ok(last)
}

#[tonic::async_trait]
impl ReplayService for ReplayServer {
    async fn advance_to(
        &self,
        request: Request<wire::AdvanceToRequest>,
    ) -> Result<Response<wire::AdvanceToResponse>, Status> {
        let authorization = request.metadata().get("authorization").cloned();
        let asked = request.into_inner();
        let mut fields = Fields::new();
        let instant = fields.optional_instant("instant", asked.instant.as_ref());
        if asked.instant.is_none() {
            fields.wrong("instant", "is required", "आवश्यक है");
        }
        fields.finish()?;
        let instant = instant.ok_or_else(Refusal::internal)?;

        let _one = self.one_at_a_time.lock().await;
        self.advance(instant).await?;
        if !asked.from_peer {
            for peer in &self.peers {
                let mut request = Request::new(wire::AdvanceToRequest { instant: asked.instant, from_peer: true });
                if let Some(authorization) = &authorization {
                    request.metadata_mut().insert("authorization", authorization.clone());
                }
                ReplayServiceClient::new(peer.channel()).advance_to(request).await?;
            }
        }
        Ok(Response::new(wire::AdvanceToResponse { instant: Some(timestamp(self.clock.now())) }))
    }
}
