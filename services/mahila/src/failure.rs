//! How a command fails: a sentence on standard error that says what to mend, and an exit code.

use std::process::ExitCode;

/// The failure was told already, in a form of its own (a table of bad rows, a refused call); only the exit code is left.
#[derive(Debug, thiserror::Error)]
#[error("said already")]
pub(crate) struct Said(pub(crate) u8);

/// Tells a failure, unless it was told already, and gives its exit code.
pub(crate) fn tell(error: &anyhow::Error) -> ExitCode {
    if let Some(Said(code)) = error.downcast_ref() {
        return ExitCode::from(*code);
    }
    eprintln!("mahila: {error:#}");
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_keeps_its_code() {
        assert_eq!(tell(&Said(13).into()), ExitCode::from(13));
        assert_eq!(tell(&anyhow::anyhow!("a test's own failure")), ExitCode::FAILURE);
    }
}
