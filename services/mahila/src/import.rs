//! `mahila import stations`: the roll of units and stations, as a state keeps it in two CSV files. All or nothing.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use mahila_proto::METHODS;
use mahila_proto::registry::v1::registry_service_client::RegistryServiceClient;
use mahila_proto::registry::v1::{ImportProblem, ImportStationsRequest, ImportStationsResponse};
use tonic::Status;

use crate::Done;
use crate::call::{Connection, Language, refused, rows};
use crate::failure::Said;

/// `mahila import …`
#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// Take in the roll of units and stations. All or nothing; rows held already and equal are left.
    Stations(Roll),
}

#[derive(Debug, Args)]
pub(crate) struct Roll {
    /// CSV of units: `unit,kind,name_en,name_hi,parent,valid_from,valid_to,lgd_code`.
    #[arg(long, value_name = "FILE")]
    units: Option<PathBuf>,
    /// CSV of stations:
    /// `station,seq,type,name_en,name_hi,parent,district,pincode,lat,lon,valid_from,valid_to,synthetic,source`.
    #[arg(long, value_name = "FILE", required_unless_present = "units")]
    stations: Option<PathBuf>,
    /// Only check, and show every bad row.
    #[arg(long)]
    dry_run: bool,
    /// The language of reasons.
    #[arg(long, env = "MAHILA_LANG", value_enum, default_value = "en")]
    lang: Language,
    #[command(flatten)]
    connection: Connection,
}

impl Import {
    pub(crate) async fn run(self) -> Done {
        let Self::Stations(roll) = self;
        roll.run().await
    }
}

impl Roll {
    async fn run(self) -> Done {
        let request = ImportStationsRequest {
            request_id: uuid::Uuid::new_v4().to_string(),
            units_csv: self.units.as_deref().map(read).transpose()?.unwrap_or_default(),
            stations_csv: self.stations.as_deref().map(read).transpose()?.unwrap_or_default(),
            validate_only: self.dry_run,
        };
        let rule = METHODS.iter().find(|method| method.name == "ImportStations").and_then(|method| method.rule);
        let (peer, url) = self.connection.open(rule.as_ref())?;
        let mut registry = RegistryServiceClient::new(peer.channel());
        let tell = |status: &Status| refused(status, &url, Some(&request.request_id), self.lang);

        // The list of bad rows comes with the dry run alone: it may be long, and a refusal is short.
        let answer = match registry.import_stations(request.clone()).await {
            Ok(answer) => answer.into_inner(),
            Err(status)
                if !self.dry_run && platform::status::reason_of(&status).as_deref() == Some("IMPORT_REFUSED") =>
            {
                let check = ImportStationsRequest {
                    request_id: uuid::Uuid::new_v4().to_string(),
                    validate_only: true,
                    ..request.clone()
                };
                registry.import_stations(check).await.map_err(|status| tell(&status))?.into_inner()
            }
            Err(status) => return Err(tell(&status).into()),
        };
        if !answer.problems.is_empty() {
            print!("{}", self.table(&answer.problems));
            eprintln!("{} cell(s) cannot be taken; nothing was imported", answer.problems.len());
            return Err(Said(1).into());
        }
        println!("{}", self.summary(&answer));
        Ok(ExitCode::SUCCESS)
    }

    fn summary(&self, answer: &ImportStationsResponse) -> String {
        format!(
            "{}: {} unit(s) and {} station(s) written, {} row(s) held already",
            if self.dry_run { "checked, nothing written; an import would say" } else { "imported" },
            answer.units_written,
            answer.stations_written,
            answer.unchanged
        )
    }

    fn table(&self, problems: &[ImportProblem]) -> String {
        let header = ["file", "line", "column", "reason"].map(str::to_owned);
        let name = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let lines: Vec<Vec<String>> = problems
            .iter()
            .map(|problem| {
                let file = match problem.file.as_str() {
                    "units_csv" => name(&self.units),
                    _ => name(&self.stations),
                };
                let reason = problem.reason.as_ref().map(|reason| match self.lang {
                    Language::En => reason.en.clone(),
                    Language::Hi => reason.hi.clone(),
                });
                vec![
                    file.unwrap_or_else(|| problem.file.clone()),
                    problem.line.to_string(),
                    problem.column.clone(),
                    reason.unwrap_or_default(),
                ]
            })
            .collect();
        rows(&header, &lines)
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    if bytes.is_empty() {
        bail!("{} is empty: it must begin with the header", path.display());
    }
    Ok(bytes)
}
