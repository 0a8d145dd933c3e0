//! Answers on standard output.

use std::io::Write as _;

use futures_util::StreamExt as _;
use prost_reflect::{DynamicMessage, SerializeOptions};
use tonic::{Status, Streaming};

use super::words::Language;
use super::{Output, table};

/// Why there is no more to print.
pub(super) enum Failed {
    /// The call was refused, or broke off.
    Call(Box<Status>),
    /// Standard output takes no more.
    Print(std::io::Error),
}

/// Prints one answer.
pub(super) fn show(answer: &DynamicMessage, output: Output, language: Language) -> std::io::Result<()> {
    let text = match output {
        Output::Table => table::answer(answer, language),
        Output::Json => {
            let mut bytes = Vec::new();
            let mut serializer = serde_json::Serializer::pretty(&mut bytes);
            answer.serialize_with_options(&mut serializer, &SerializeOptions::new())?;
            format!("{}\n", String::from_utf8_lossy(&bytes))
        }
    };
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    out.flush()
}

/// Prints answers as they come, a line of JSON each.
pub(super) async fn show_all(mut answers: Streaming<DynamicMessage>) -> Result<(), Failed> {
    while let Some(answer) = answers.next().await {
        let answer = answer.map_err(|status| Failed::Call(Box::new(status)))?;
        let line = serde_json::to_string(&answer).map_err(|error| Failed::Print(error.into()))?;
        let mut out = std::io::stdout().lock();
        writeln!(out, "{line}").and_then(|()| out.flush()).map_err(Failed::Print)?;
    }
    Ok(())
}
