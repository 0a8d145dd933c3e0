//! `mahila journal verify`: walks a service's journal from its first entry to its head and says where the chain breaks.

use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use clap::Subcommand;
use platform::journal;
use platform::postgres;

use crate::Done;
use crate::config::SettingsFile;
use crate::services::{Choice, chosen};

/// `mahila journal …`
#[derive(Debug, Subcommand)]
pub(crate) enum Journal {
    /// Walk journals from the first entry to the head: no entry missing, none altered.
    Verify {
        /// Whose journals: all, registry, intake, review, campaigns, oversight.
        #[arg(required = true, value_name = "SERVICE")]
        services: Vec<Choice>,
        #[command(flatten)]
        settings: SettingsFile,
    },
}

impl Journal {
    pub(crate) async fn run(self) -> Done {
        let Self::Verify { services, settings } = self;
        let settings = settings.load()?;
        let mut whole = true;
        for service in chosen(&services) {
            let database = settings.database.get(service).ok_or_else(|| anyhow!("database.{service} is missing"))?;
            let pool = postgres::pool(database, "mahila journal verify")
                .await
                .with_context(|| format!("database.{service}"))?;
            match journal::verify(&pool).await.with_context(|| format!("the journal of {service} cannot be read"))? {
                Ok(head) => {
                    println!("{service}: {} entries, the chain holds; its head is {}", head.seq, hex(&head.hash));
                }
                Err(broken) => {
                    whole = false;
                    println!("{service}: BROKEN: {broken}");
                }
            }
        }
        Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
