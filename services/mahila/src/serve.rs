//! `mahila serve`: runs services until it is told to stop. One process may run one of them, several, or all on one port.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use chrono::NaiveDate;
use clap::Args;
use futures_util::future::try_join_all;
use mahila_proto::auth::v1::Role;
use platform::SharedClock;
use platform::auth::{Jwks, Verifier};
use platform::clock::{ReplayClock, SystemClock, day_begins};
use platform::lifecycle::{End, Lifecycle};
use platform::settings::{ClockMode, LogFormat, Secret, Service, Settings};
use platform::{postgres, server, telemetry};
use tokio::net::TcpListener;

use crate::Done;
use crate::config::SettingsFile;
use crate::services::{self, Choice, chosen};
use crate::token::{Development, Holder};

/// What the last spans and metrics get to leave the process.
const LAST_EXPORT: Duration = Duration::from_secs(2);

/// Of the tokens by which the services of a simulation know each other: they last as long as the process may.
const SERVICE_TOKEN: Duration = Duration::from_hours(400 * 24);

/// `mahila serve`
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// What to run: all, registry, intake, review, campaigns, oversight.
    #[arg(required = true, value_name = "SERVICE")]
    services: Vec<Choice>,
    #[command(flatten)]
    settings: SettingsFile,
    /// Sign the tokens by which the services know each other with this key of a development issuer. Simulations only.
    #[arg(long, value_name = "FILE")]
    issuer_key: Option<PathBuf>,
    /// Also stop when standard input ends: whoever started this process has gone.
    #[arg(long)]
    stop_with_stdin: bool,
}

impl Serve {
    pub(crate) async fn run(self) -> Done {
        let services = chosen(&self.services);
        let mut settings = self.settings.load()?;
        settings.serving(&services, self.issuer_key.is_some())?;
        // Before anything else: the services of one process follow each other from their first moment on.
        let listener = server::listen(&settings.server).await?;
        settings.server.listen = listener.local_addr()?;
        let health = server::health::listen(&settings.server).await?;
        own_peers(&mut settings, &services)?;
        let telemetry = telemetry::init(&telemetry_config(&settings, &services))?;
        // An end before everything stands is the default one: nothing is accepted yet.
        let end = serve(listener, health, settings, &services, self.issuer_key.as_deref(), self.stop_with_stdin).await;
        if let Err(error) = tokio::task::spawn_blocking(move || telemetry.shutdown(LAST_EXPORT)).await? {
            tracing::warn!(%error, "the last spans and metrics were not taken");
        }
        match end? {
            End::Clean => Ok(ExitCode::SUCCESS),
            end => bail!("{end}"),
        }
    }
}

async fn serve(
    listener: TcpListener,
    health: Option<TcpListener>,
    settings: Settings,
    services: &[Service],
    issuer_key: Option<&Path>,
    stop_with_stdin: bool,
) -> anyhow::Result<End> {
    let life = Lifecycle::new(settings.server.drain_delay, settings.server.drain_timeout);
    // Before anything is waited for: whoever probes the process hears that it lives, and is not ready yet.
    if let Some(health) = health {
        let address = server::health::serve(health, services, Some(metrics), &life).await?;
        tracing::info!(%address, "health is told in plain text");
    }
    let auth = settings.auth.as_ref().context("auth is missing")?;
    let keys = Jwks::load(&auth.jwks, auth.refresh).await?;
    let verifier = Verifier::new(keys, &auth.issuer, &auth.audience, auth.leeway.as_secs());
    let issuer = issuer_key.map(|key| issuer(&settings, key)).transpose()?;
    // The registry alone follows nobody.
    let follows = services.iter().any(|service| *service != Service::Registry);
    if follows && issuer.is_none() && settings.peers.token.is_none() {
        bail!(
            "peers.token is missing; to mend it: give the token of this service, or `peers.token_file`: peers turn strangers away"
        );
    }
    let (clock, replay) = clock(&settings, services).await?;

    let started = services.iter().map(|service| {
        let (clock, life) = (clock.clone(), life.clone());
        let own = Arc::new(known_as(&settings, *service, issuer.as_ref()));
        async move { services::start(*service, &own, clock, &life).await }
    });
    let parts = try_join_all(started).await?;
    let address = server::serve_on(listener, &settings, parts, verifier, replay, &life)?;
    announce(&settings, address)?;
    if stop_with_stdin {
        stop_when_stdin_ends(&life)?;
    }
    Ok(life.run_until_signal().await?)
}

fn metrics() -> (&'static str, String) {
    let telemetry::Exposition { content_type, body } = telemetry::exposition();
    (content_type, body)
}

/// The one line on standard output, for whoever started this process.
fn announce(settings: &Settings, address: SocketAddr) -> std::io::Result<()> {
    let url = url(settings, address);
    tracing::info!(%url, "serving");
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on {url}")?;
    out.flush()
}

/// Where a process that runs all services, and was told of no others, finds them: in itself.
fn own_peers(settings: &mut Settings, services: &[Service]) -> anyhow::Result<()> {
    let url = url(settings, settings.server.listen);
    for service in services {
        if settings.peers.get(*service).is_some() {
            continue;
        }
        if settings.server.tls.is_some() {
            // One alone follows others, never itself.
            if services.len() == 1 {
                continue;
            }
            bail!(
                "peers.{service} is missing; to mend it: give the address by the name that stands in the certificate of \
                 server.tls"
            );
        }
        *settings.peers.slot(*service) = Some(url.clone());
    }
    Ok(())
}

fn url(settings: &Settings, address: SocketAddr) -> String {
    let scheme = if settings.server.tls.is_some() { "https" } else { "http" };
    let reachable = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::from((Ipv4Addr::LOCALHOST, address.port())),
        IpAddr::V6(ip) if ip.is_unspecified() => SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, address.port())),
        _ => address,
    };
    format!("{scheme}://{reachable}")
}

fn issuer(settings: &Settings, key: &Path) -> anyhow::Result<Development> {
    if !settings.simulated {
        bail!(
            "--issuer-key is for simulations; to mend it: give peers.token from the state's own issuer, or set `simulated`"
        );
    }
    Development::open(key)
}

/// The settings as one service sees them: with its own token, so that a follower is known by its name.
pub(crate) fn known_as(settings: &Settings, service: Service, issuer: Option<&Development>) -> Settings {
    let mut own = settings.clone();
    if own.peers.token.is_none()
        && let Some(issuer) = issuer
    {
        let holder = Holder {
            roles: vec![Role::Follower],
            subject: Some(format!("services/{}", service.source())),
            ..Holder::default()
        };
        own.peers.token = Some(Secret::new(issuer.token(&holder, SERVICE_TOKEN)));
    }
    own
}

/// The machine's clock; or a replay's, which goes on where the databases say it stood, and begins on 17 October 2020.
pub(crate) async fn clock(
    settings: &Settings,
    services: &[Service],
) -> anyhow::Result<(SharedClock, Option<Arc<ReplayClock>>)> {
    if settings.clock.mode == ClockMode::System {
        return Ok((Arc::new(SystemClock), None));
    }
    if !settings.simulated {
        bail!("clock.mode is `replay`, but this deployment is not marked as a simulation");
    }
    let databases = services.iter().map(|service| async move {
        let database = settings.database.get(*service).with_context(|| format!("database.{service} is missing"))?;
        let pool = postgres::pool(database, "mahila serve").await.with_context(|| format!("database.{service}"))?;
        services::need_migrated(*service, &pool).await?;
        anyhow::Ok(pool)
    });
    let databases = try_join_all(databases).await?;
    let stood = server::stood_at(&databases).await.context("the databases do not say where the replay clock stood")?;
    for database in databases {
        database.close().await;
    }
    let first = NaiveDate::from_ymd_opt(2020, 10, 17).context("a day")?;
    let clock = Arc::new(ReplayClock::new(stood.unwrap_or_else(|| day_begins(first))));
    Ok((clock.clone(), Some(clock)))
}

fn telemetry_config(settings: &Settings, services: &[Service]) -> telemetry::Config {
    let telemetry = &settings.telemetry;
    telemetry::Config {
        service_name: match services {
            [service] => service.source(),
            _ => "mahila",
        },
        service_instance: telemetry.service_instance.clone().unwrap_or_else(host),
        otlp_endpoint: telemetry.otlp_endpoint.clone(),
        exposed: settings.server.health_listen.is_some(),
        sample_ratio: telemetry.sample_ratio,
        log_format: match telemetry.log_format {
            LogFormat::Json => telemetry::LogFormat::Json,
            LogFormat::Text => telemetry::LogFormat::Text,
        },
        log_filter: telemetry.log_filter.clone(),
        ..telemetry::Config::default()
    }
}

fn host() -> String {
    let name = std::env::var("HOSTNAME").or_else(|_| std::fs::read_to_string("/etc/hostname"));
    name.map(|name| name.trim().to_owned()).unwrap_or_default()
}

/// A thread of its own, as reading standard input cannot be given up.
fn stop_when_stdin_ends(life: &Lifecycle) -> std::io::Result<()> {
    let life = life.clone();
    std::thread::Builder::new().name("stdin".into()).spawn(move || {
        let mut bytes = [0; 64];
        while std::io::stdin().lock().read(&mut bytes).is_ok_and(|count| count > 0) {}
        life.shutdown();
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_runs_all_follows_itself() {
        let mut settings = Settings::default();
        settings.server.listen = "0.0.0.0:7100".parse().unwrap();
        settings.peers.oversight = Some("http://elsewhere:1".into());
        own_peers(&mut settings, &services::BUILT).unwrap();
        assert_eq!(settings.peers.registry.as_deref(), Some("http://127.0.0.1:7100"));
        assert_eq!(settings.peers.oversight.as_deref(), Some("http://elsewhere:1"));
    }

    #[test]
    fn every_service_has_a_token_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let issuer = Development::make(&folder.path().join("key")).unwrap();
        let settings = Settings::default();
        let token = |service| known_as(&settings, service, Some(&issuer)).peers.token.unwrap().expose().to_owned();
        assert_ne!(token(Service::Intake), token(Service::Oversight));
        let mut given = Settings::default();
        given.peers.token = Some(Secret::new("given"));
        assert_eq!(known_as(&given, Service::Intake, Some(&issuer)).peers.token.unwrap().expose(), "given");
    }

    #[test]
    fn a_development_issuer_is_for_simulations() {
        let error = issuer(&Settings::default(), Path::new("/no/key")).unwrap_err().to_string();
        assert!(error.contains("for simulations"), "{error}");
    }
}
