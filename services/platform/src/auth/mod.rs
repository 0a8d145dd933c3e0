//! Who calls. A token is a JWT with fixed algorithms (`EdDSA`, ES256, RS256), issuer and audience; keys come from a JWKS file or
//! URL and are read again while the service runs. What a caller may do stands in the contract, method by method
//! (`mahila.auth.v1.rule`); what is not allowed there is denied. Tokens use real time, also in a replay.

pub mod issuer;
mod jwks;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, Validation};
use mahila_proto::Rule;
use mahila_proto::auth::v1::Role;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub use jwks::{Jwks, JwksError, Key, Reading};

use crate::refusal::Refusal;

/// The algorithms a token may be signed with. Never "none", never a shared secret.
pub const ALGORITHMS: [Algorithm; 3] = [Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256];

/// What a token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// For whom: `mahila`.
    pub aud: String,
    /// Who it is about: `posts/{post}` (a post stays, its officer changes), `services/{service}`, `systems/{system}`.
    pub sub: String,
    /// Seconds since 1970 after which it is void.
    pub exp: u64,
    /// Names of `mahila.auth.v1.Role` in lower case without the prefix: `desk_officer`.
    pub roles: Vec<String>,
    /// Org units (or stations) the caller may see, with all below: `up`, `district-162`, `ps-162-001`.
    #[serde(default)]
    pub units: Vec<String>,
    /// The officer is a woman (BNSS 173(1), first proviso, asks who records).
    #[serde(default)]
    pub woman: bool,
}

/// A caller whose token holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// `posts/{post}`, `services/{service}`, `systems/{system}`; `anonymous` at open methods.
    pub principal: String,
    /// What they are.
    pub roles: Vec<Role>,
    /// Org units (or stations) they may see, with all below.
    pub units: Vec<String>,
    /// The officer is a woman.
    pub woman: bool,
}

impl Caller {
    /// Nobody in particular, at an open method.
    #[must_use]
    pub fn anonymous() -> Self {
        Self { principal: "anonymous".to_owned(), roles: Vec::new(), units: Vec::new(), woman: false }
    }

    /// Whether the caller has a role.
    #[must_use]
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Whether the caller is nothing but a reader from outside the police.
    #[must_use]
    pub fn is_outside(&self) -> bool {
        self.roles.iter().all(|role| *role == Role::PublicReader)
    }

    /// The service a follower speaks for: `oversight` of `services/oversight`.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        self.principal.strip_prefix("services/")
    }

    fn of(claims: Claims) -> Self {
        let roles = claims
            .roles
            .iter()
            .filter_map(|name| Role::from_str_name(&format!("ROLE_{}", name.to_ascii_uppercase())))
            .filter(|role| *role != Role::Unspecified)
            .collect();
        Self { principal: claims.sub, roles, units: claims.units, woman: claims.woman }
    }
}

/// Whether a rule lets a caller in.
///
/// # Errors
/// `PERMISSION_MISSING`.
pub fn permit(rule: &Rule, caller: &Caller) -> Result<(), Refusal> {
    if rule.open || caller.roles.iter().any(|role| rule.roles.contains(&(*role as i32))) {
        return Ok(());
    }
    Err(Refusal::permission_missing(rule.permission))
}

/// Verifies tokens. A token that held once is remembered until it expires (a signature costs as much as a small call).
#[derive(Debug)]
pub struct Verifier {
    keys: Jwks,
    validation: Validation,
    held: Mutex<HashMap<[u8; 32], (u64, Caller)>>,
}

/// Tokens remembered at most; when full, all are forgotten and verified anew.
const REMEMBERED: usize = 20_000;

impl Verifier {
    /// A verifier of tokens of one issuer, for one audience; `leeway` in seconds.
    #[must_use]
    pub fn new(keys: Jwks, issuer: &str, audience: &str, leeway: u64) -> Self {
        let mut validation = Validation::new(ALGORITHMS[0]);
        validation.algorithms = ALGORITHMS.to_vec();
        validation.leeway = leeway;
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        Self { keys, validation, held: Mutex::default() }
    }

    /// The caller of an `authorization` header.
    ///
    /// # Errors
    /// `TOKEN_INVALID`, whatever is wrong with it; the kind of fault is logged, never the token.
    pub async fn verify(&self, authorization: &str) -> Result<Caller, Refusal> {
        let token = authorization
            .strip_prefix("Bearer ")
            .or_else(|| authorization.strip_prefix("bearer "))
            .ok_or_else(Refusal::token_invalid)?
            .trim();
        let digest: [u8; 32] = Sha256::digest(token).into();
        let now = seconds_now();
        if let Some((expires, caller)) = self.held.lock().unwrap_or_else(PoisonError::into_inner).get(&digest)
            && now < *expires
        {
            return Ok(caller.clone());
        }
        let claims = self.claims(token).await.map_err(|error| {
            tracing::info!(fault = ?error, "a token was refused");
            Refusal::token_invalid()
        })?;
        let expires = claims.exp;
        let caller = Caller::of(claims);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= REMEMBERED {
            held.clear();
        }
        held.insert(digest, (expires, caller.clone()));
        Ok(caller)
    }

    async fn claims(&self, token: &str) -> Result<Claims, jsonwebtoken::errors::ErrorKind> {
        let header = jsonwebtoken::decode_header(token).map_err(|error| error.kind().clone())?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(jsonwebtoken::errors::ErrorKind::InvalidAlgorithm);
        }
        let key = self.keys.find(header.kid.as_deref(), header.alg).await;
        let key = key.ok_or(jsonwebtoken::errors::ErrorKind::InvalidKeyFormat)?;
        // One family a key: the header chooses among our algorithms, the key decides whether it fits.
        let mut validation = self.validation.clone();
        validation.algorithms = vec![header.alg];
        jsonwebtoken::decode::<Claims>(token, &key, &validation)
            .map(|data| data.claims)
            .map_err(|error| error.kind().clone())
    }
}

#[expect(clippy::disallowed_methods, reason = "tokens use real time, also in a replay")]
fn seconds_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::issuer::Issuer;
    use super::*;

    fn verifier(issuer: &Issuer, audience: &str) -> Verifier {
        Verifier::new(Jwks::fixed(issuer.jwks()), "test", audience, 0)
    }

    fn claims(seconds: i64) -> Claims {
        Claims {
            iss: "test".into(),
            aud: "mahila".into(),
            sub: "posts/ps-162-001-sho".into(),
            exp: seconds_now().saturating_add_signed(seconds),
            roles: vec!["station_house_officer".into(), "emperor".into()],
            units: vec!["ps-162-001".into()],
            woman: false,
        }
    }

    #[tokio::test]
    async fn a_token_of_ours_holds_and_unknown_roles_grant_nothing() {
        let issuer = Issuer::from_seed([7; 32]);
        let caller = verifier(&issuer, "mahila").verify(&format!("Bearer {}", issuer.sign(&claims(60)))).await.unwrap();
        assert_eq!(caller.roles, [Role::StationHouseOfficer]);
        assert_eq!(caller.principal, "posts/ps-162-001-sho");
    }

    #[tokio::test]
    async fn foreign_expired_misaddressed_and_altered_tokens_are_refused() {
        let issuer = Issuer::from_seed([7; 32]);
        let other = Issuer::from_seed([8; 32]);
        let ours = verifier(&issuer, "mahila");
        let good = issuer.sign(&claims(60));
        let mut altered = good.clone().into_bytes();
        let middle = good.find('.').unwrap() + 5;
        altered[middle] = if altered[middle] == b'A' { b'B' } else { b'A' };
        let unsigned = format!("{}.{}.", "eyJhbGciOiJub25lIn0", good.split('.').nth(1).unwrap());
        for bad in [
            other.sign(&claims(60)),
            issuer.sign(&claims(-5)),
            issuer.sign(&Claims { aud: "other".into(), ..claims(60) }),
            issuer.sign(&Claims { iss: "other".into(), ..claims(60) }),
            String::from_utf8(altered).unwrap(),
            unsigned,
            String::new(),
        ] {
            let refusal = ours.verify(&format!("Bearer {bad}")).await.unwrap_err();
            assert_eq!(refusal.reason(), "TOKEN_INVALID");
        }
        assert!(ours.verify(&good).await.is_err(), "not a bearer token");
    }

    #[test]
    fn a_rule_lets_in_its_roles_alone() {
        let rule = Rule { permission: "x.y", roles: &[Role::DeskOfficer as i32], purpose: false, open: false };
        let caller = |roles: Vec<Role>| Caller { roles, ..Caller::anonymous() };
        assert!(permit(&rule, &caller(vec![Role::Auditor, Role::DeskOfficer])).is_ok());
        assert_eq!(permit(&rule, &caller(vec![Role::Auditor])).unwrap_err().reason(), "PERMISSION_MISSING");
        assert!(permit(&rule, &caller(vec![])).is_err());
    }
}
