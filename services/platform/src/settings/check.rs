//! What the types of the sections cannot say: bounds, and settings that only make sense together.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::error::Problem;
use super::sections::{ClockMode, DatabaseSettings};
use super::service::Service;
use super::{Settings, SettingsError, tls};
use crate::limits;

impl Settings {
    /// Checks what concerns more than one key, or a bound. `load` has done it already; it is for settings made in code.
    ///
    /// # Errors
    /// All problems at once.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let mut problems = Problems::default();
        self.check_server(&mut problems);
        for service in Service::ALL {
            if let Some(database) = self.database.get(service) {
                check_database(&format!("database.{service}"), database, &mut problems);
            }
        }
        self.check_auth(&mut problems);
        self.check_telemetry(&mut problems);
        self.check_clock(&mut problems);
        self.check_peers(&mut problems);
        problems.within("write.batch", self.write.batch, 1..=limits::BATCH);
        problems.within("write.queue", self.write.queue, self.write.batch..=usize::MAX);
        SettingsError::unless_none(problems.0)
    }

    /// Checks that everything is there which the named services need to run, files of TLS included. With `signs_tokens` the
    /// process signs the tokens of its services itself, and needs none to be given.
    ///
    /// # Errors
    /// All that is missing at once.
    pub fn serving(&self, services: &[Service], signs_tokens: bool) -> Result<(), SettingsError> {
        let mut problems = Problems::default();
        for service in services {
            if self.database.get(*service).is_none_or(|database| database.url.is_none()) {
                problems.missing(
                    &format!("database.{service}.url"),
                    &format!("give the address of the {service} database, or `url_file`"),
                );
            }
        }
        if self.auth.is_none() {
            problems.missing("auth", "give `issuer`, `audience` and `jwks`: without them nobody could call");
        }
        if services.contains(&Service::Intake) && self.seal.keys_file.is_none() {
            problems
                .missing("seal.keys_file", "name the file with the vault's keys; the intake seals identity with them");
        }
        if let Some(tls) = &self.server.tls {
            tls::served(tls, &mut problems);
        }
        tls::trust(&self.peers, &mut problems);
        let any_peer = Service::ALL.into_iter().any(|service| self.peers.get(service).is_some());
        if any_peer && !signs_tokens && self.peers.token.is_none() {
            problems
                .missing("peers.token", "give the token of this service, or `token_file`: peers turn strangers away");
        }
        SettingsError::unless_none(problems.0)
    }

    fn check_server(&self, problems: &mut Problems) {
        let server = &self.server;
        problems.within("server.drain_delay_ms", server.drain_delay.as_millis(), 0..=60_000);
        problems.within("server.drain_timeout_ms", server.drain_timeout.as_millis(), 1..=600_000);
        problems.within("server.max_message_bytes", server.max_message_bytes, 1024..=64 * 1024 * 1024);
        problems.within("server.max_in_flight", server.max_in_flight, 1..=65_536);
        if let Some(tls) = &server.tls {
            let _names = tls::check_clients(tls, problems);
        }
        problems.within("server.max_connection_age_seconds", server.max_connection_age.as_secs(), 1..=86_400);
    }

    fn check_auth(&self, problems: &mut Problems) {
        let Some(auth) = &self.auth else { return };
        problems.given("auth.issuer", &auth.issuer);
        problems.given("auth.audience", &auth.audience);
        problems.given("auth.jwks", &auth.jwks);
        if auth.jwks.contains("://") {
            problems.address("auth.jwks", &auth.jwks);
        }
        problems.within("auth.refresh_seconds", auth.refresh.as_secs(), 1..=86_400);
        problems.within("auth.leeway_seconds", auth.leeway.as_secs(), 0..=300);
    }

    fn check_telemetry(&self, problems: &mut Problems) {
        let telemetry = &self.telemetry;
        if let Some(endpoint) = &telemetry.otlp_endpoint {
            problems.address("telemetry.otlp_endpoint", endpoint);
        }
        if !(0.0..=1.0).contains(&telemetry.sample_ratio) {
            problems.add(
                "telemetry.sample_ratio",
                format!("is {}", telemetry.sample_ratio),
                "give a share from 0 to 1",
            );
        }
        if let Err(error) = tracing_subscriber::EnvFilter::try_new(&telemetry.log_filter) {
            problems.add(
                "telemetry.log_filter",
                format!("is not a filter: {error}"),
                "write for instance `info` or `info,platform=debug`",
            );
        }
    }

    fn check_clock(&self, problems: &mut Problems) {
        for peer in &self.clock.peers {
            problems.address("clock.peers", peer);
        }
        match self.clock.mode {
            ClockMode::Replay if !self.simulated => problems.add(
                "clock.mode",
                "is `replay`, but this deployment is not marked as a simulation",
                "take the clock `system`, or set `simulated` if no real complaint will ever be in these databases",
            ),
            ClockMode::System if !self.clock.peers.is_empty() => problems.add(
                "clock.peers",
                "is given, but the clock is `system`",
                "remove it, or set `clock.mode` to `replay`",
            ),
            ClockMode::Replay | ClockMode::System => {}
        }
    }

    fn check_peers(&self, problems: &mut Problems) {
        for service in Service::ALL {
            if let Some(address) = self.peers.get(service) {
                problems.address(&format!("peers.{service}"), address);
            }
        }
        match (&self.peers.cert_file, &self.peers.key_file) {
            (Some(_), None) => problems.missing("peers.key_file", "give the private key of `peers.cert_file`"),
            (None, Some(_)) => problems.missing("peers.cert_file", "give the certificate of `peers.key_file`"),
            _ => {}
        }
    }
}

fn check_database(key: &str, database: &DatabaseSettings, problems: &mut Problems) {
    for (name, url) in [("url", &database.url), ("owner_url", &database.owner_url)] {
        let Some(url) = url else { continue };
        // Not a word of the value in the message: it holds a password.
        let url = url.expose();
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            problems.add(
                &format!("{key}.{name}"),
                "is not the address of a PostgreSQL database",
                "write postgres://user:password@host:port/database",
            );
        }
    }
    for (name, role, mend) in [
        ("app_role", &database.app_role, "name the role of `url`"),
        ("vault_role", &database.vault_role, "name the role that may read what is sealed"),
    ] {
        if let Some(role) = role
            && let Err(error) = crate::postgres::Identifier::parse(role)
        {
            problems.add(&format!("{key}.{name}"), format!("is wrong: {error}"), mend);
        }
    }
    if database.vault_role.is_some() && database.app_role.is_none() {
        problems
            .missing(&format!("{key}.app_role"), "name the role of `url`: it is the one that takes on `vault_role`");
    }
    problems.within(&format!("{key}.max_connections"), database.max_connections, 1..=200);
    problems.within(&format!("{key}.acquire_timeout_ms"), millis(database.acquire_timeout), 1..=60_000);
    problems.within(&format!("{key}.statement_timeout_ms"), millis(database.statement_timeout), 1..=600_000);
}

const fn millis(duration: Duration) -> u128 {
    duration.as_millis()
}

/// What is wrong so far.
#[derive(Default)]
pub(super) struct Problems(Vec<Problem>);

impl Problems {
    /// What was made, where nothing is wrong. It was not made only where something is.
    pub(super) fn or<T>(self, made: Option<T>) -> Result<T, SettingsError> {
        match made {
            Some(made) if self.0.is_empty() => Ok(made),
            _ => Err(SettingsError::all(self.0)),
        }
    }

    pub(super) fn add(&mut self, key: &str, wrong: impl Into<String>, mend: &str) {
        self.0.push(Problem::new(key, wrong, mend));
    }

    fn missing(&mut self, key: &str, mend: &str) {
        self.add(key, "is missing", mend);
    }

    fn given(&mut self, key: &str, value: &str) {
        if value.trim().is_empty() {
            self.add(key, "is empty", "give a value");
        }
    }

    fn within<T: PartialOrd + Display + Copy>(&mut self, key: &str, value: T, bounds: RangeInclusive<T>) {
        if !bounds.contains(&value) {
            let (low, high) = bounds.into_inner();
            self.add(key, format!("is {value}"), &format!("give a number from {low} to {high}"));
        }
    }

    fn address(&mut self, key: &str, value: &str) {
        let fits = value
            .parse::<http::Uri>()
            .is_ok_and(|uri| uri.authority().is_some() && matches!(uri.scheme_str(), Some("http" | "https")));
        if !fits {
            self.add(
                key,
                format!("is `{value}`, which is not an address"),
                "write http://host:port or https://host:port",
            );
        }
    }
}
