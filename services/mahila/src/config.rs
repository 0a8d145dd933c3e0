//! `mahila config`: whether the settings can be used, and which there are.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use platform::settings::{Settings, SettingsError};

use crate::Done;
use crate::services::{Choice, chosen};

/// Where settings come from.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SettingsFile {
    /// TOML file of settings. The environment (`MAHILA__SECTION__KEY`) goes over it. Default: the file that
    /// `MAHILA_SETTINGS` names
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
}

impl SettingsFile {
    pub(crate) fn load(&self) -> Result<Settings, SettingsError> {
        Settings::load(self.settings.as_deref())
    }
}

/// `mahila config …`
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Read the settings as `serve` would, and say everything that is wrong with them.
    Check {
        /// Also what these services need to run: all, registry, intake, review, campaigns, oversight.
        #[arg(value_name = "SERVICE")]
        services: Vec<Choice>,
        #[command(flatten)]
        settings: SettingsFile,
        /// The process will sign the tokens of its services itself (`serve --issuer-key`).
        #[arg(long)]
        signs_tokens: bool,
    },
    /// Print the JSON schema of the settings, with the documentation of every key.
    Schema,
}

impl Config {
    pub(crate) fn run(self) -> Done {
        match self {
            Self::Check { services, settings, signs_tokens } => {
                let settings = settings.load()?;
                if !services.is_empty() {
                    settings.serving(&chosen(&services), signs_tokens)?;
                }
                println!("the settings can be used");
            }
            Self::Schema => println!("{}", serde_json::to_string_pretty(&Settings::schema())?),
        }
        Ok(ExitCode::SUCCESS)
    }
}
