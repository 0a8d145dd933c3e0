//! `mahila doctor`: looks at a live installation with the settings of one of its processes, and says what to mend.
//!
//! It reads, and changes nothing; it needs no more rights than the process has whose settings it takes. Every check ends, all
//! run whatever becomes of the others, and none prints a password, token, key or identity.
//!
//! | what it looks at | file |
//! |---|---|
//! | settings, and what the system allows | [`settings`], [`limits`], [`telemetry`] |
//! | databases: server, tables, roles, journals, time | [`database`], [`schema`], [`roles`], [`vault`], [`chain`], [`clock`], SQL in [`store`] |
//! | the vault's keys, the issuer's keys, the own token, certificates | [`keys`], [`issuer`], [`token`], [`certificates`] |
//! | the services this one follows, and how far behind it is | [`peers`], [`lag`] |
//! | the server that runs | [`running`] |
//! | how it is told | [`finding`], [`print`] |

mod certificates;
mod chain;
mod clock;
mod database;
mod finding;
mod issuer;
mod keys;
mod lag;
mod limits;
mod patient;
mod peers;
mod print;
mod roles;
mod running;
mod schema;
mod settings;
mod store;
mod telemetry;
mod token;
mod vault;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use futures_util::future::join;
use platform::clock::SystemClock;
use platform::settings::{Service, Settings};

use crate::Done;
use crate::call::Language;
use crate::config::SettingsFile;
use crate::failure::Said;
use crate::services::{BUILT, Choice, chosen};
use crate::text::{self, Output, text};
use crate::token::Development;
use finding::{Check, Finding, State};
use patient::{Files, Patient};

/// The doctor itself could not run.
const COULD_NOT: u8 = 2;

/// `mahila doctor`
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Which services: all, registry, intake, review, campaigns, oversight. Default: those whose database the settings name.
    #[arg(value_name = "SERVICE")]
    services: Vec<Choice>,
    #[command(flatten)]
    settings: SettingsFile,
    /// How findings are printed.
    #[arg(long, short, value_enum, default_value = "text")]
    output: Output,
    /// The language of what is found.
    #[arg(long, alias = "language", env = "MAHILA_LANG", value_enum, default_value = "en")]
    lang: Language,
    /// The running server, as others call it: http://host:port or https://host:port. Default: where the settings let it
    /// listen, on this machine.
    #[arg(long, value_name = "URL")]
    address: Option<String>,
    /// File with the authority (PEM) to trust for --address. Default: that of `peers.ca_file`; else the public ones.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// File with the certificate (PEM) to show to --address.
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// File with the key (PEM) of --cert.
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// The key of a development issuer that `serve` was given. Simulations only.
    #[arg(long, value_name = "FILE")]
    issuer_key: Option<PathBuf>,
    /// How many processes run with these settings: each holds connections.
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    replicas: u32,
    /// Seconds that a process gets to end in (`terminationGracePeriodSeconds`).
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    grace: u64,
    /// How many of the last entries of a journal are walked.
    #[arg(long, value_name = "NUMBER", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    entries: u32,
    /// Seconds that one check may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
}

impl Doctor {
    /// Exit code 0 when there is nothing to mend, 1 when there is, 2 when it could not look.
    pub(crate) async fn run(self) -> Done {
        let (output, language) = (self.output, self.lang);
        let findings = match self.look().await {
            Ok(findings) => findings,
            Err(error) => return Err(could_not(&error)),
        };
        let mut out = std::io::stdout().lock();
        let printed = match output {
            Output::Text => print::lines(&findings, language, &mut out),
            Output::Json => print::json(&findings, &mut out),
        };
        printed.map_err(|error| could_not(&error.into()))?;
        let ill = findings.iter().any(|finding| finding.state == State::Mend);
        Ok(if ill { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    async fn look(self) -> anyhow::Result<Vec<Finding>> {
        let issuer = self.issuer_key.as_deref().map(Development::open).transpose()?;
        let (settings, problems) = Settings::examine(self.settings.settings.as_deref());
        let services = services(&self.services, settings.as_ref());
        let mut findings = settings::findings(settings.as_ref(), &problems, &services, issuer.is_some());
        let Some(settings) = settings else {
            findings.push(Check::new("everything else").skip(
                text!("nothing is known of it", "कुछ पता नहीं"),
                text!("mend the settings first", "पहले सेटिंग ठीक करें"),
            ));
            return Ok(findings);
        };
        let patient = Patient {
            settings,
            services,
            clock: Arc::new(SystemClock),
            patience: Duration::from_secs(self.timeout),
            replicas: self.replicas,
            grace: Duration::from_secs(self.grace),
            entries: i64::from(self.entries),
            address: self.address,
            files: Files { ca: self.ca, cert: self.cert, key: self.key },
            issuer,
            contained: limits::is_contained(),
        };
        findings.extend(examine(&patient).await);
        Ok(findings)
    }
}

/// Said here, as the code differs from that of other failures.
fn could_not(error: &anyhow::Error) -> anyhow::Error {
    eprintln!("mahila: doctor could not look: {error:#}");
    Said(COULD_NOT).into()
}

/// The services that were named; else those whose database is known; else all, so that what is missing is told.
fn services(named: &[Choice], settings: Option<&Settings>) -> Vec<Service> {
    if !named.is_empty() {
        return chosen(named);
    }
    let has = |service: &Service| settings.is_some_and(|settings| settings.database.get(*service).is_some());
    let known: Vec<Service> = BUILT.into_iter().filter(has).collect();
    if known.is_empty() { BUILT.to_vec() } else { known }
}

/// Every check, those that do not need each other at the same time.
async fn examine(patient: &Patient) -> Vec<Finding> {
    let mut findings = limits::findings(patient);
    findings.extend(certificates::findings(patient));
    findings.extend(keys::of_file(patient));
    let around = async {
        let ((telemetry, issuer), running) =
            join(join(telemetry::findings(patient), issuer::findings(patient)), running::findings(patient)).await;
        [telemetry, issuer, running].concat()
    };
    let inside = async {
        // First the databases: what is known of them tells the followers where they stand.
        let (mut findings, databases) = database::open(patient).await;
        let (of_databases, of_peers) =
            join(database::findings(patient, &databases), peers::findings(patient, &databases)).await;
        findings.extend(of_databases);
        findings.extend(of_peers);
        database::close(databases).await;
        findings
    };
    let (around, inside) = join(around, inside).await;
    findings.extend(around);
    findings.extend(inside);
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nobody in particular: default settings, everything of the command line left out.
    pub(super) fn patient() -> Patient {
        Patient {
            settings: Settings::default(),
            services: vec![Service::Registry],
            clock: Arc::new(SystemClock),
            patience: Duration::from_secs(20),
            replicas: 1,
            grace: Duration::from_secs(30),
            entries: 1000,
            address: None,
            files: Files::default(),
            issuer: None,
            contained: false,
        }
    }

    #[test]
    fn without_a_name_it_is_about_what_the_settings_have() {
        let mut settings = Settings::default();
        assert_eq!(services(&[], Some(&settings)), BUILT);
        *settings.database.slot(Service::Review) = Some(platform::settings::DatabaseSettings::default());
        assert_eq!(services(&[], Some(&settings)), [Service::Review]);
        assert_eq!(services(&[Choice::One(Service::Intake)], Some(&settings)), [Service::Intake]);
    }
}
