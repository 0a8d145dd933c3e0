//! The messages of a method that takes many: a line of JSON each.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use anyhow::Context as _;
use prost_reflect::{DynamicMessage, MessageDescriptor, MethodDescriptor};
use tokio_stream::Stream;

use super::{flags, request};

/// Lines that are read ahead of what is sent.
const AHEAD: usize = 64;

/// What is sent.
pub(super) type Messages = Pin<Box<dyn Stream<Item = DynamicMessage> + Send>>;

/// What was wrong with a line.
pub(super) type Wrong = Arc<OnceLock<String>>;

/// Messages of a file or of standard input, a line each, as they come. At a line that is none the stream ends, and what was
/// sent before it is still answered; then the call fails.
pub(super) fn lines(method: &MethodDescriptor, input: Option<PathBuf>, wrong: Wrong) -> anyhow::Result<Messages> {
    let (send, receive) = tokio::sync::mpsc::channel(AHEAD);
    let descriptor = method.input();
    let reader: Box<dyn std::io::BufRead + Send> = match input.filter(|path| path.as_os_str() != "-") {
        Some(path) => {
            let file =
                std::fs::File::open(&path).with_context(|| format!("--input: {} cannot be read", path.display()))?;
            Box::new(BufReader::new(file))
        }
        None => Box::new(BufReader::new(std::io::stdin())),
    };
    std::thread::Builder::new().name("input".into()).spawn(move || {
        for (number, line) in reader.lines().enumerate() {
            match line.map_err(anyhow::Error::from).and_then(|line| parsed(&descriptor, &line)) {
                Ok(None) => {}
                Ok(Some(message)) => {
                    if send.blocking_send(message).is_err() {
                        return;
                    }
                }
                Err(error) => {
                    let _ = wrong.set(format!("line {}: {error:#}; nothing from there on was sent", number + 1));
                    return;
                }
            }
        }
    })?;
    Ok(Box::pin(tokio_stream::wrappers::ReceiverStream::new(receive)))
}

fn parsed(descriptor: &MessageDescriptor, line: &str) -> anyhow::Result<Option<DynamicMessage>> {
    if line.trim().is_empty() {
        return Ok(None);
    }
    request::message(descriptor, flags::json_text(line)?).map(Some)
}
