//! The one binary of the suite; everything it does is in the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    mahila::run(std::env::args_os())
}
