//! `mahila migrate`: brings databases up to date, as their owners. May be run at any time, and by several at once.

use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use clap::Args;
use platform::settings::{Service, Settings};

use crate::Done;
use crate::config::SettingsFile;
use crate::services::{self, Choice, chosen};

/// `mahila migrate`
#[derive(Debug, Args)]
pub(crate) struct Migrate {
    /// Whose databases: all, registry, intake, review, campaigns, oversight.
    #[arg(required = true, value_name = "SERVICE")]
    services: Vec<Choice>,
    /// Change nothing: check the roles, and say what would be applied.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    settings: SettingsFile,
}

impl Migrate {
    pub(crate) async fn run(self) -> Done {
        let settings = self.settings.load()?;
        for service in chosen(&self.services) {
            let applied = migrate(service, &settings, self.dry_run).await?;
            let verb = if self.dry_run { "would apply" } else { "applied" };
            if applied.is_empty() {
                println!("{service}: up to date");
            }
            for migration in applied {
                println!("{service}: {verb} {migration}");
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Brings one database up to date; what was applied, or would be.
pub(crate) async fn migrate(service: Service, settings: &Settings, dry_run: bool) -> anyhow::Result<Vec<String>> {
    let missing = || {
        let key = service.name().to_uppercase();
        anyhow!(
            "database.{service}.owner_url is missing; to mend it: set MAHILA__DATABASE__{key}__OWNER_URL to the address of \
             the role that owns the tables, or MAHILA__DATABASE__{key}__OWNER_URL_FILE to a file that holds it"
        )
    };
    let database =
        settings.database.get(service).filter(|database| database.owner_url.is_some()).ok_or_else(missing)?;
    services::migrate(service, database, dry_run).await.with_context(|| format!("database.{service}"))
}
