//! The token by which this process makes itself known to its peers: what it says, for how long, and whether it is signed by a key
//! of the issuer. Claims are told, the token never.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use platform::auth::{Claims, Reading, Verifier};
use platform::settings::{AuthSettings, Service};
use serde::Deserialize;

use super::finding::{Check, Finding};
use super::patient::{Patient, follows};
use super::text::{Text, text};

/// With less left somebody should make the next one, or must. Where a file is renewed by itself, much less will do.
const LOOK: TimeDelta = TimeDelta::days(7);
const LOOK_AT_FILE: TimeDelta = TimeDelta::minutes(10);
const MEND: TimeDelta = TimeDelta::minutes(2);

#[derive(Deserialize)]
struct Header {
    #[serde(default)]
    kid: Option<String>,
}

pub(super) async fn findings(patient: &Patient, auth: &AuthSettings, reading: Option<Reading>) -> Vec<Finding> {
    let check = Check::new("token.peers");
    let followers: Vec<Service> =
        patient.services.iter().copied().filter(|service| !follows(*service).is_empty()).collect();
    let Some(first) = followers.first() else {
        return vec![check.skip(
            text!("the registry follows nobody", "registry किसी का अनुसरण नहीं करता"),
            text!("look at the other services", "दूसरी सेवाओं को देखें"),
        )];
    };
    if patient.issuer.is_some() {
        return vec![check.ok(text!("signed at the start by --issuer-key", "चालू होते समय --issuer-key से बनता है"))];
    }
    let token = patient.token(*first);
    if token.is_empty() {
        let found = text!("there is none", "कोई token नहीं");
        return vec![if patient.settings.simulated {
            check.skip(
                found,
                text!("give --issuer-key, as `serve` was given", "--issuer-key दें, जैसा `serve` को दिया गया"),
            )
        } else {
            check.mend(
                found,
                text!(
                    "give peers.token or `token_file`: peers turn strangers away",
                    "peers.token या `token_file` दें: peer अजनबियों को लौटा देते हैं"
                ),
            )
        }];
    }
    let mut findings =
        vec![said(&check, &token, &followers, auth, patient.clock.now(), patient.settings.peers.token_file.is_some())];
    if let Some(reading) = reading {
        findings.push(signature(&token, auth, reading).await);
    }
    findings
}

fn part<T: serde::de::DeserializeOwned>(token: &str, at: usize) -> Option<T> {
    let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(at)?.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// What it says, whoever signed it.
fn said(
    check: &Check,
    token: &str,
    followers: &[Service],
    auth: &AuthSettings,
    now: DateTime<Utc>,
    renewed: bool,
) -> Finding {
    let renew = || {
        text!(
            "have the issuer make a new one and put it into peers.token_file, which is read again when it changes; after `peers.token` \
             itself restart the process",
            "issuer से नया बनवाएँ और peers.token_file में रखें, जो बदलते ही फिर पढ़ी जाती है; `peers.token` बदलने पर process restart करें",
        )
    };
    let Some(claims) = part::<Claims>(token, 1) else {
        return check.mend(
            text!(
                "it is not a token (JWT with iss, aud, sub, exp, roles)",
                "यह token (iss, aud, sub, exp, roles वाला JWT) नहीं है"
            ),
            renew(),
        );
    };
    if let Some(finding) = wrong(check, &claims, followers, auth) {
        return finding;
    }
    let ends = i64::try_from(claims.exp).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    let left = ends.map_or(TimeDelta::MAX, |ends| ends - now);
    let (subject, span) = (&claims.sub, span(left));
    let (en, hi) = (&span.en, &span.hi);
    let found = if left <= TimeDelta::zero() {
        text!("it expired {en} ago", "यह {hi} पहले समाप्त हो गया")
    } else {
        text!("of {subject}, good for another {en}", "{subject} का, {hi} और मान्य")
    };
    let finding = if left < MEND {
        check.mend(found, renew())
    } else if left < if renewed { LOOK_AT_FILE } else { LOOK } {
        check.look(found, renew())
    } else {
        check.ok(found)
    };
    finding.number("remaining_seconds", left.num_seconds())
}

fn wrong(check: &Check, claims: &Claims, followers: &[Service], auth: &AuthSettings) -> Option<Finding> {
    let (issuer, audience) = (&auth.issuer, &auth.audience);
    let names: Vec<String> = followers.iter().map(|service| format!("services/{}", service.source())).collect();
    let wanted = names.join(", ");
    let Claims { iss, aud, sub, roles, .. } = claims;
    let said = if iss != issuer {
        text!("its issuer is `{iss}`, not `{issuer}`", "इसका issuer `{iss}` है, `{issuer}` नहीं")
    } else if aud != audience {
        text!("its audience is `{aud}`, not `{audience}`", "इसका audience `{aud}` है, `{audience}` नहीं")
    } else if !roles.iter().any(|role| role == "follower") {
        text!("it has not the role follower", "इसमें follower की भूमिका (role) नहीं है")
    } else if !names.contains(sub) {
        text!("it is about `{sub}`, not {wanted}", "यह `{sub}` के बारे में है, {wanted} के नहीं")
    } else {
        return None;
    };
    let mend = text!(
        "have the issuer make one for {wanted}: iss `{issuer}`, aud `{audience}`, roles [follower]",
        "issuer से {wanted} के लिए बनवाएँ: iss `{issuer}`, aud `{audience}`, roles [follower]",
    );
    // The token of another service of the suite still opens the feed, with that one's kinds.
    let is_another = Service::ALL.iter().any(|service| *sub == format!("services/{}", service.source()));
    Some(if is_another && iss == issuer && aud == audience && roles.iter().any(|role| role == "follower") {
        check.look(said, mend)
    } else {
        check.mend(said, mend)
    })
}

/// Whether a key of the issuer signed it; expiry is another line's.
async fn signature(token: &str, auth: &AuthSettings, reading: Reading) -> Finding {
    /// Half a century, as the expiry is told already; less than has passed since 1970, or the subtraction would overflow.
    const EVER: u64 = 50 * 365 * 86_400;
    let check = Check::new("token.signature");
    let kid = part::<Header>(token, 0).and_then(|header| header.kid);
    let known = kid.is_none() || reading.keys.iter().any(|key| key.id == kid);
    let claims: Option<Claims> = part(token, 1);
    // Whom it is from and for is told already too.
    let (issuer, audience) =
        claims.map_or_else(|| (auth.issuer.clone(), auth.audience.clone()), |claims| (claims.iss, claims.aud));
    let kid = kid.unwrap_or_else(|| "-".to_owned());
    let verifier = Verifier::new(reading.jwks, &issuer, &audience, EVER);
    if verifier.verify(&format!("Bearer {token}")).await.is_ok() {
        return check.ok(text!("signed by key {kid} of the issuer", "issuer की कुंजी {kid} से हस्ताक्षरित"));
    }
    let found = if known {
        text!("no key of auth.jwks has signed it (kid {kid})", "auth.jwks की किसी कुंजी से हस्ताक्षरित नहीं (kid {kid})")
    } else {
        text!("key {kid} is not in auth.jwks", "कुंजी {kid} auth.jwks में नहीं है")
    };
    check.mend(
        found,
        text!(
            "let auth.jwks and peers.token come from the same issuer: peers turn this token away",
            "auth.jwks और peers.token एक ही issuer के हों: peer यह token अस्वीकार करते हैं",
        ),
    )
}

/// A span as people say it.
pub(super) fn span(span: TimeDelta) -> Text {
    let span = span.abs();
    let (days, hours, minutes) = (span.num_days(), span.num_hours(), span.num_minutes());
    match (days, hours) {
        (2.., _) => text!("{days} days", "{days} दिन"),
        (_, 2..) => text!("{hours} hours", "{hours} घंटे"),
        _ => text!("{minutes} minutes", "{minutes} मिनट"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use platform::auth::Jwks;
    use platform::auth::issuer::Issuer;

    use super::super::finding::State;
    use super::*;

    fn auth() -> AuthSettings {
        AuthSettings {
            issuer: "state".into(),
            audience: "mahila".into(),
            jwks: "jwks.json".into(),
            refresh: Duration::from_mins(5),
            leeway: Duration::from_secs(30),
        }
    }

    fn claims() -> Claims {
        Claims {
            iss: "state".into(),
            aud: "mahila".into(),
            sub: "services/oversight".into(),
            exp: 10_000_000,
            roles: vec!["follower".into()],
            units: Vec::new(),
            woman: false,
        }
    }

    fn judged(claims: &Claims, now: i64) -> Finding {
        let token = Issuer::from_seed([7; 32]).sign(claims);
        let now = DateTime::from_timestamp(now, 0).unwrap();
        let finding = said(&Check::new("token.peers"), &token, &[Service::Oversight], &auth(), now, false);
        assert!(token.split('.').all(|part| !format!("{finding:?}").contains(part)));
        finding
    }

    #[test]
    fn a_token_is_judged_by_what_it_says() {
        assert_eq!(judged(&claims(), 0).state, State::Ok);
        let soon = judged(&claims(), 10_000_000 - 86_400);
        assert_eq!(
            (soon.state, soon.found.en.as_str()),
            (State::Look, "of services/oversight, good for another 24 hours")
        );
        assert_eq!(judged(&claims(), 10_000_000 - 60).state, State::Mend);
        let gone = judged(&claims(), 10_000_000 + 7200);
        assert_eq!((gone.state, gone.found.en.as_str()), (State::Mend, "it expired 2 hours ago"));
        assert!(gone.mend.unwrap().en.contains("peers.token_file"));
        for (wrong, state, said) in [
            (Claims { iss: "x".into(), ..claims() }, State::Mend, "its issuer is `x`, not `state`"),
            (Claims { aud: "x".into(), ..claims() }, State::Mend, "its audience is `x`, not `mahila`"),
            (Claims { roles: vec!["auditor".into()], ..claims() }, State::Mend, "it has not the role follower"),
            (
                Claims { sub: "posts/up".into(), ..claims() },
                State::Mend,
                "it is about `posts/up`, not services/oversight",
            ),
            (
                Claims { sub: "services/complaint-intake".into(), ..claims() },
                State::Look,
                "it is about `services/complaint-intake`, not services/oversight",
            ),
        ] {
            let finding = judged(&wrong, 0);
            assert_eq!((finding.state, finding.found.en.as_str()), (state, said));
        }
    }

    #[test]
    fn what_is_no_token_is_not_repeated() {
        let now = DateTime::from_timestamp(0, 0).unwrap();
        let finding = said(&Check::new("token.peers"), "hunter2.hunter2.x", &[Service::Review], &auth(), now, false);
        assert!(finding.state == State::Mend && !format!("{finding:?}").contains("hunter2"));
    }

    #[tokio::test]
    async fn the_issuers_key_must_have_signed_it() {
        let token = Issuer::from_seed([7; 32]).sign(&Claims { exp: 1_600_000_000, ..claims() });
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jwks.json");
        let signed = async |seed| {
            std::fs::write(&path, serde_json::to_vec(&Issuer::from_seed([seed; 32]).jwks()).unwrap()).unwrap();
            signature(&token, &auth(), Jwks::read(path.to_str().unwrap()).await.unwrap()).await
        };
        assert_eq!(signed(7).await.state, State::Ok, "though it has expired, which is told elsewhere");
        assert_eq!(signed(8).await.state, State::Mend);
    }
}
