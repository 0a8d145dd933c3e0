//! Settings: defaults, then an optional TOML file, then the environment, each over the one before.
//!
//! A key `section.name` is set by the variable `MAHILA__SECTION__NAME`; an empty variable counts as not set. A key that
//! nobody knows is an error wherever it stands, because a setting that is silently ignored is found out in production.
//! A secret has a twin `…_file`, read at load. Relative paths start at the process's working directory.

mod check;
mod error;
mod secret;
mod sections;
mod service;
mod tls;
mod units;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use config::{Config, Environment, File, FileFormat};
use schemars::JsonSchema;
use serde::Deserialize;

pub use error::{Problem, SettingsError};
pub use secret::Secret;
pub use sections::{
    AuthSettings, ClientCertificates, ClockMode, ClockSettings, DatabaseSettings, DatabasesSettings, LogFormat,
    LookAgain, PeersSettings, SealSettings, ServerSettings, TelemetrySettings, TlsSettings, WriteSettings,
};
pub use service::{Service, UnknownService};
pub(crate) use tls::certificates;

/// The first word of every variable.
const PREFIX: &str = "MAHILA";

/// The variable that names the file when the command line does not.
const FILE_VARIABLE: &str = "MAHILA_SETTINGS";

/// Everything that can be set, for one process.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "Settings of mahila")]
pub struct Settings {
    /// Whether this deployment is a simulation. A database remembers which it is, and neither sort opens the other's.
    pub simulated: bool,
    /// The gRPC server.
    pub server: ServerSettings,
    /// The databases, one a service.
    pub database: DatabasesSettings,
    /// Who may call. Required to serve.
    pub auth: Option<AuthSettings>,
    /// Traces, metrics and logs.
    pub telemetry: TelemetrySettings,
    /// Which time it is.
    pub clock: ClockSettings,
    /// Where the other services are.
    pub peers: PeersSettings,
    /// The vault's keys. Required to serve the intake.
    pub seal: SealSettings,
    /// The one door for writes.
    pub write: WriteSettings,
}

impl Settings {
    /// Reads the settings of this process: the given file, or the one that `MAHILA_SETTINGS` names, if any; then the
    /// environment. Files of secrets are read, bounds are checked.
    ///
    /// # Errors
    /// A file that cannot be read or parsed, an unknown key, a value of the wrong kind, or whatever
    /// [`Settings::validate`] finds. The message names the key, what is wrong and how to mend it.
    pub fn load(file: Option<&Path>) -> Result<Self, SettingsError> {
        let from_environment = std::env::var_os(FILE_VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from);
        Self::read(file.or(from_environment.as_deref()), None)
    }

    /// The same for whoever examines a deployment rather than serves: everything that is wrong, and the settings all the
    /// same if they can be read at all.
    #[must_use]
    pub fn examine(file: Option<&Path>) -> (Option<Self>, Vec<Problem>) {
        let from_environment = std::env::var_os(FILE_VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from);
        match Self::read_all(file.or(from_environment.as_deref()), None) {
            Ok((settings, problems)) => (Some(settings), problems),
            Err(error) => (None, error.problems().to_vec()),
        }
    }

    /// The JSON schema of the settings, with the documentation of every key. It is closed, as the settings are.
    #[must_use]
    pub fn schema() -> serde_json::Value {
        schemars::generate::SchemaSettings::draft2020_12()
            .with(|settings| settings.inline_subschemas = true)
            .into_generator()
            .into_root_schema_for::<Self>()
            .to_value()
    }

    /// `variables` stands in for the environment in tests, which must not change the process's own.
    fn read(file: Option<&Path>, variables: Option<HashMap<String, String>>) -> Result<Self, SettingsError> {
        let (settings, problems) = Self::read_all(file, variables)?;
        SettingsError::unless_none(problems)?;
        Ok(settings)
    }

    /// What could be read, and what is wrong with it.
    fn read_all(
        file: Option<&Path>,
        variables: Option<HashMap<String, String>>,
    ) -> Result<(Self, Vec<Problem>), SettingsError> {
        // Numbers stay text until the type of their key is known: a token may consist of digits.
        let environment = Environment::with_prefix(PREFIX).separator("__").ignore_empty(true).source(variables);
        let mut layers = Config::builder();
        if let Some(path) = file {
            let text = std::fs::read_to_string(path).map_err(|error| {
                SettingsError::one(Problem::new(
                    "",
                    format!("the file {} cannot be read: {error}", path.display()),
                    "check --settings and MAHILA_SETTINGS",
                ))
            })?;
            layers = layers.add_source(File::from_str(&text, FileFormat::Toml));
        }
        let mut settings: Self = layers
            .add_source(environment)
            .build()
            .and_then(Config::try_deserialize)
            .map_err(|error| SettingsError::of_source(&error, &Self::schema()))?;

        let mut problems = settings.read_secrets();
        if let Err(error) = settings.validate() {
            problems.extend_from_slice(error.problems());
        }
        Ok((settings, problems))
    }

    fn read_secrets(&mut self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for service in Service::ALL {
            let Some(database) = self.database.slot(service) else { continue };
            let key = format!("database.{service}");
            let (url, owner_url) = (database.url_file.as_ref(), database.owner_url_file.as_ref());
            secret::read_twin(&format!("{key}.url"), &mut database.url, url, &mut problems);
            secret::read_twin(&format!("{key}.owner_url"), &mut database.owner_url, owner_url, &mut problems);
        }
        let token_file = self.peers.token_file.as_ref();
        secret::read_twin("peers.token", &mut self.peers.token, token_file, &mut problems);
        problems
    }
}

#[cfg(test)]
mod tests;
