//! The lines to the services: a few connections each, a token a role and unit, and the same request sent again where the
//! suite says that it may be.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use mahila_proto::auth::v1::Role;
use mahila_proto::campaign::v1::campaign_service_client::CampaignServiceClient;
use mahila_proto::dev::v1::replay_service_client::ReplayServiceClient;
use mahila_proto::feed::v1::feed_service_client::FeedServiceClient;
use mahila_proto::intake::v1::intake_service_client::IntakeServiceClient;
use mahila_proto::oversight::v1::oversight_service_client::OversightServiceClient;
use mahila_proto::registry::v1::registry_service_client::RegistryServiceClient;
use mahila_proto::review::v1::review_service_client::ReviewServiceClient;
use platform::auth::Claims;
use platform::auth::issuer::Issuer;
use platform::client::{Peer, PeerChannel, Target, retry_after};
use platform::clock::{Clock as _, SystemClock};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::{Request, Response, Status};
use tonic_types::StatusExt as _;

use crate::demo::{DemoError, Options};
use crate::token::role_name;

/// Connections to a service. More do not make two cores faster.
const CONNECTIONS: usize = 2;
/// The caller's patience with one answer; the import of the roll takes longest.
const PATIENCE: Duration = Duration::from_mins(1);
/// A request is sent so often at most: with the waits between, it outlasts the restart of any part.
const TRIES: u32 = 16;
/// What was imported a moment ago is not known everywhere yet: ask again so often, every [`UNKNOWN_WAIT`].
const UNKNOWN_TRIES: u32 = 600;
const UNKNOWN_WAIT: Duration = Duration::from_millis(100);
/// Tokens outlast the replay.
const TOKEN_SECONDS: i64 = 4 * 3600;

/// A token as a header.
pub(crate) type Token = MetadataValue<Ascii>;

/// The lines.
pub(crate) struct Lines {
    registry: Vec<RegistryServiceClient<PeerChannel>>,
    intake: Vec<IntakeServiceClient<PeerChannel>>,
    review: Vec<ReviewServiceClient<PeerChannel>>,
    campaigns: CampaignServiceClient<PeerChannel>,
    oversight: OversightServiceClient<PeerChannel>,
    replay: ReplayServiceClient<PeerChannel>,
    feeds: Vec<(&'static str, FeedServiceClient<PeerChannel>)>,
    turn: AtomicUsize,
    answered: AtomicU64,
    issuer: Issuer,
    iss: String,
    aud: String,
    /// By role, unit and subject.
    tokens: Mutex<HashMap<(Role, String, String), Token>>,
}

impl Lines {
    /// Sets the lines up; nothing is connected yet.
    pub(crate) fn new(options: &Options) -> Result<Self, DemoError> {
        let Options { addresses, authority, identity, issuer_key, issuer: iss, audience: aud, .. } = options;
        let channel = |url: &str| -> Result<PeerChannel, DemoError> {
            let (authority, identity) = (authority.clone(), identity.clone());
            // Calls bring their own tokens.
            let target = Target { url: url.to_owned(), token: String::new(), authority, identity };
            Ok(Peer::new(&target)?.channel())
        };
        let several = |url: &str| (0..CONNECTIONS).map(|_| channel(url)).collect::<Result<Vec<_>, _>>();
        let issuer =
            Issuer::load_or_make(issuer_key).map_err(|error| DemoError::Key { path: issuer_key.clone(), error })?;
        Ok(Self {
            registry: several(&addresses.registry)?.into_iter().map(RegistryServiceClient::new).collect(),
            intake: several(&addresses.intake)?.into_iter().map(IntakeServiceClient::new).collect(),
            review: several(&addresses.review)?.into_iter().map(ReviewServiceClient::new).collect(),
            campaigns: CampaignServiceClient::new(channel(&addresses.campaigns)?),
            oversight: OversightServiceClient::new(channel(&addresses.oversight)?),
            replay: ReplayServiceClient::new(channel(&addresses.replay)?),
            feeds: vec![
                ("station-registry", FeedServiceClient::new(channel(&addresses.registry)?)),
                ("complaint-intake", FeedServiceClient::new(channel(&addresses.intake)?)),
                ("review-scheduling", FeedServiceClient::new(channel(&addresses.review)?)),
                ("awareness-campaigns", FeedServiceClient::new(channel(&addresses.campaigns)?)),
            ],
            turn: AtomicUsize::new(0),
            answered: AtomicU64::new(0),
            issuer,
            iss: iss.clone(),
            aud: aud.clone(),
            tokens: Mutex::default(),
        })
    }

    pub(crate) fn registry(&self) -> RegistryServiceClient<PeerChannel> {
        self.registry[self.turn.fetch_add(1, Ordering::Relaxed) % CONNECTIONS].clone()
    }

    pub(crate) fn intake(&self) -> IntakeServiceClient<PeerChannel> {
        self.intake[self.turn.fetch_add(1, Ordering::Relaxed) % CONNECTIONS].clone()
    }

    pub(crate) fn review(&self) -> ReviewServiceClient<PeerChannel> {
        self.review[self.turn.fetch_add(1, Ordering::Relaxed) % CONNECTIONS].clone()
    }

    pub(crate) fn campaigns(&self) -> CampaignServiceClient<PeerChannel> {
        self.campaigns.clone()
    }

    pub(crate) fn oversight(&self) -> OversightServiceClient<PeerChannel> {
        self.oversight.clone()
    }

    pub(crate) fn replay(&self) -> ReplayServiceClient<PeerChannel> {
        self.replay.clone()
    }

    pub(crate) fn feeds(&self) -> &[(&'static str, FeedServiceClient<PeerChannel>)] {
        &self.feeds
    }

    /// Calls that were answered so far.
    pub(crate) fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    /// The token of a role at a unit or station: signed once.
    pub(crate) fn token(&self, role: Role, unit: &str) -> Token {
        let sub = match role {
            Role::ControlRoom => "systems/112".to_owned(),
            Role::Follower => format!("services/{unit}"),
            _ => post(role, unit),
        };
        self.token_of(role, unit, &sub)
    }

    /// The same for somebody else than who usually has the role there.
    pub(crate) fn token_of(&self, role: Role, unit: &str, sub: &str) -> Token {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (role, unit.to_owned(), sub.to_owned());
        tokens.entry(key).or_insert_with(|| self.sign(role, unit, sub)).clone()
    }

    fn sign(&self, role: Role, unit: &str, sub: &str) -> Token {
        let token = self.issuer.sign(&Claims {
            iss: self.iss.clone(),
            aud: self.aud.clone(),
            sub: sub.to_owned(),
            // Tokens use real time, also in a replay.
            exp: u64::try_from(SystemClock.now().timestamp() + TOKEN_SECONDS).unwrap_or_default(),
            roles: vec![role_name(role)],
            units: if matches!(role, Role::Follower | Role::Partner) { Vec::new() } else { vec![unit.to_owned()] },
            woman: matches!(role, Role::DeskOfficer | Role::FeedbackCaller),
        });
        let mut header: Token = format!("Bearer {token}").parse().expect("a token is letters, digits and dots");
        header.set_sensitive(true);
        header
    }

    /// Sends a request until it is answered, and gives up on what may not be sent again.
    pub(crate) async fn ask<Q, A, W>(
        &self,
        rpc: &'static str,
        token: &Token,
        message: Q,
        mut send: impl FnMut(Request<Q>) -> W,
    ) -> Result<A, DemoError>
    where
        Q: Clone,
        W: Future<Output = Result<Response<A>, Status>>,
    {
        let mut tries = 0;
        let mut unknown = 0;
        loop {
            let status = match send(request(message.clone(), token)).await {
                Ok(answer) => {
                    self.answered.fetch_add(1, Ordering::Relaxed);
                    return Ok(answer.into_inner());
                }
                Err(status) => status,
            };
            let wait = if reason(&status) == "STATION_UNKNOWN" {
                unknown += 1;
                (unknown < UNKNOWN_TRIES).then_some(UNKNOWN_WAIT)
            } else {
                tries += 1;
                retry_after(&status, tries).filter(|_| tries < TRIES)
            };
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return Err(refused(rpc, &status)),
            }
        }
    }
}

/// The post of who usually has a role at a unit or station: `posts/ps-162-001-desk-officer`.
pub(crate) fn post(role: Role, unit: &str) -> String {
    format!("posts/{unit}-{}", role_name(role).replace('_', "-"))
}

/// A request with token and deadline.
pub(crate) fn request<Q>(message: Q, token: &Token) -> Request<Q> {
    let mut request = Request::new(message);
    request.set_timeout(PATIENCE);
    request.metadata_mut().insert("authorization", token.clone());
    request
}

/// The reason a status carries; empty: none.
pub(crate) fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// What is told of a refusal. The suite's messages never repeat what was sent.
pub(crate) fn refused(rpc: &'static str, status: &Status) -> DemoError {
    let fields = status.get_details_bad_request().map(|bad| bad.field_violations).unwrap_or_default();
    let fields: Vec<String> = fields.iter().map(|field| format!("{}: {}", field.field, field.description)).collect();
    DemoError::Refused {
        rpc,
        code: status.code(),
        reason: reason(status),
        message: std::iter::once(status.message().to_owned()).chain(fields).collect::<Vec<_>>().join("; "),
    }
}
