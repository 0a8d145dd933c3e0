//! `mahila docket verify`: runs the selection of a closed cycle again, from what the service told of it and without the service.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, bail};
use clap::Subcommand;
use mahila_proto::review::v1::VerifySelectionResponse;

use crate::{Done, call};

const ANSWER: &str = "mahila.review.v1.VerifySelectionResponse";

/// `mahila docket …`
#[derive(Debug, Subcommand)]
pub(crate) enum Docket {
    /// Select a docket again from saved answers: the same cases must come out.
    Verify {
        /// Answers of `mahila review verify-selection --output json`, all pages in their order.
        #[arg(required = true, value_name = "FILE")]
        pages: Vec<PathBuf>,
        /// What was published of the seed before the cycle opened, in hexadecimal. Default: what the answers say it was.
        #[arg(long, value_name = "HEX", requires = "docket_sha256")]
        seed_sha256: Option<String>,
        /// What was published of the docket when it opened, in hexadecimal. Default: what the answers say it was.
        #[arg(long, value_name = "HEX", requires = "seed_sha256")]
        docket_sha256: Option<String>,
    },
}

impl Docket {
    pub(crate) fn run(self) -> Done {
        let Self::Verify { pages, seed_sha256, docket_sha256 } = self;
        let mut answers: Vec<VerifySelectionResponse> = Vec::new();
        for path in &pages {
            let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
            answers.push(call::message(ANSWER, &text).with_context(|| path.display().to_string())?);
        }
        let published = match (seed_sha256, docket_sha256) {
            (Some(seed), Some(docket)) => Some((bytes(&seed)?, bytes(&docket)?)),
            _ => None,
        };
        let published = published.as_ref().map(|(seed, docket)| (&seed[..], &docket[..]));
        let verdict = review_scheduling::verify_selection(&answers, published).map_err(|wrong| anyhow!("{wrong}"))?;
        for (what, holds) in [
            ("the seed is the one whose digest was published", verdict.seed_holds),
            ("docket, rules and candidates are those whose digest was published", verdict.docket_holds),
            ("the selection gives this docket and no other", verdict.selection_holds),
        ] {
            println!("{} {what}", if holds { "yes" } else { "NO " });
        }
        Ok(if verdict.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// The bytes of a digest.
fn bytes(hex: &str) -> anyhow::Result<Vec<u8>> {
    if hex.len() != 64 || !hex.is_ascii() {
        bail!("a digest has 64 hexadecimal digits");
    }
    (0..64)
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).map_err(|_| anyhow!("a digest has 64 hexadecimal digits")))
        .collect()
}
