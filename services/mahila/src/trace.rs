//! `mahila trace ID`: one call's way through the services, as a tree. The traces are kept by the supervisor of `mahila up`.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

use crate::up::StateFolder;
use crate::{Done, traces};

/// `mahila trace`
#[derive(Debug, Args)]
pub(crate) struct Trace {
    /// The trace's id, 32 hexadecimal digits: what a call with `--trace` says, and what log lines carry.
    trace_id: String,
    #[command(flatten)]
    state: StateFolder,
}

impl Trace {
    pub(crate) async fn run(self) -> Done {
        let id = self.trace_id.trim().to_ascii_lowercase();
        if id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            bail!("a trace id has 32 hexadecimal digits; a call with --trace says its own");
        }
        let socket = self.state.folder().traces_socket();
        if !socket.exists() {
            bail!("nothing keeps traces here ({} is not there): run `mahila up`", socket.display());
        }
        let spans = traces::query(&socket, &id).await?;
        if spans.is_empty() {
            bail!(
                "no span of that trace is kept here: it was not sampled, is not finished, or older ones were dropped for newer"
            );
        }
        traces::print_tree(&spans, &mut std::io::stdout().lock())?;
        Ok(ExitCode::SUCCESS)
    }
}
