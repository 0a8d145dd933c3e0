//! The binary as a user has it: run with arguments, judged by its exit code and what it says.

use std::path::Path;
use std::process::{Command, Output};

/// What a run of the binary came to.
#[derive(Debug)]
pub struct Ran {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// The binary, with nothing of the environment that could lead it elsewhere.
pub fn command(state: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mahila"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("MAHILA") {
            command.env_remove(name);
        }
    }
    command.env("MAHILA_HOME", state).stdin(std::process::Stdio::null());
    command
}

/// Runs the binary to its end.
pub fn mahila(state: &Path, arguments: &[&str]) -> Ran {
    command(state).args(arguments).output().expect("the binary can be run").into()
}
