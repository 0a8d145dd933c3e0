//! The issuer: whether its keys can be had, and what time it has. With them the own token is looked at.

use chrono::{DateTime, Utc};
use platform::auth::{Jwks, Reading};
use platform::settings::AuthSettings;

use super::finding::{Check, Finding};
use super::patient::{Patient, Place};
use super::text::{plain, text};
use super::{clock, token};

pub(super) async fn findings(patient: &Patient) -> Vec<Finding> {
    // Without the section the settings say so already.
    let Some(auth) = &patient.settings.auth else { return Vec::new() };
    let check = Check::new("issuer.keys");
    let asked = patient.clock.now();
    let read = tokio::time::timeout(patient.patience, Jwks::read(&auth.jwks)).await;
    let heard = patient.clock.now();
    let reading = match read {
        Ok(Ok(reading)) => reading,
        Ok(Err(error)) => {
            let keys = check.mend(
                plain(error.to_string()),
                text!(
                    "correct auth.jwks, or let this machine reach it: a process that starts without it does not serve",
                    "auth.jwks सुधारें, या इस मशीन को वहाँ तक पहुँचने दें: इसके बिना चालू होने वाली process सेवा नहीं देती",
                ),
            );
            return [vec![keys], token::findings(patient, auth, None).await].concat();
        }
        Err(_) => {
            let keys = check.within(patient.patience, std::future::pending()).await;
            return [vec![keys], token::findings(patient, auth, None).await].concat();
        }
    };
    let mut findings = vec![keys(&check, &reading, heard), transport(patient, auth)];
    if let Some(date) = reading.told {
        findings.push(clock::of_answer(patient, &Check::new("clock.issuer"), asked, heard, date));
    }
    findings.extend(token::findings(patient, auth, Some(reading)).await);
    findings
}

fn keys(check: &Check, reading: &Reading, now: DateTime<Utc>) -> Finding {
    let usable = reading.keys.iter().filter(|key| key.usable).count();
    let ids: Vec<&str> = reading.keys.iter().map(|key| key.id.as_deref().unwrap_or("(no id)")).collect();
    let (count, ids) = (reading.keys.len(), ids.join(", "));
    let age = reading.written.map(|written| (now - DateTime::<Utc>::from(written)).num_days().max(0));
    let (aged_en, aged_hi) = age.map_or_else(Default::default, |days| {
        (format!("; the file is {days} days old"), format!("; फ़ाइल {days} दिन पुरानी है"))
    });
    let found = text!(
        "{usable} of {count} keys can be used: {ids}{aged_en}",
        "{count} में से {usable} कुंजियाँ काम की हैं: {ids}{aged_hi}"
    );
    let finding = if usable == 0 {
        check.mend(
            found,
            text!(
                "have the issuer publish a public key for EdDSA, ES256 or RS256 there: no token can be verified",
                "issuer से वहाँ EdDSA, ES256 या RS256 की सार्वजनिक कुंजी प्रकाशित करवाएँ: कोई token जाँचा नहीं जा सकता",
            ),
        )
    } else if usable < count || reading.keys.iter().any(|key| key.id.is_none()) {
        check.look(
            found,
            text!(
                "give every key an id (kid) and a kind that is used (EdDSA, ES256, RS256)",
                "हर कुंजी को id (kid) और काम में आने वाला प्रकार (EdDSA, ES256, RS256) दें",
            ),
        )
    } else {
        check.ok(found)
    };
    finding.number("keys", count).number("usable", usable)
}

/// Whoever can answer for the issuer can sign for everybody.
fn transport(patient: &Patient, auth: &AuthSettings) -> Finding {
    let check = Check::new("issuer.transport");
    let mend = text!(
        "give auth.jwks as https://: who answers in its place signs tokens for everybody",
        "auth.jwks को https:// के रूप में दें: जो उसकी जगह उत्तर दे, वह सबके token बना सकता है",
    );
    match Place::of(&auth.jwks) {
        None => check.ok(text!("a file", "फ़ाइल")),
        Some(place) if place.secure => check.ok(plain(format!("https, {place}"))),
        Some(place) if place.is_here() => check.ok(text!("http on this machine", "इसी मशीन पर http")),
        Some(place) if patient.settings.simulated => {
            check.look(text!("http, {place}: not protected", "http, {place}: असुरक्षित"), mend)
        }
        Some(place) => check.mend(text!("http, {place}: not protected", "http, {place}: असुरक्षित"), mend),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::finding::State;
    use super::super::tests::patient;
    use super::*;

    #[test]
    fn keys_that_anybody_may_replace_are_none() {
        let mut patient = patient();
        let mut auth = AuthSettings {
            issuer: "i".into(),
            audience: "mahila".into(),
            jwks: "http://issuer/keys".into(),
            refresh: Duration::from_mins(5),
            leeway: Duration::from_secs(30),
        };
        assert_eq!(transport(&patient, &auth).state, State::Mend);
        patient.settings.simulated = true;
        assert_eq!(transport(&patient, &auth).state, State::Look);
        for good in ["https://issuer/keys", "/etc/mahila/jwks.json", "http://127.0.0.1:9/keys"] {
            auth.jwks = good.into();
            assert_eq!(transport(&patient, &auth).state, State::Ok, "{good}");
        }
    }
}
