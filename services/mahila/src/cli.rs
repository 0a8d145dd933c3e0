//! The command line: the commands written here, and those the contract gives.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use clap_complete::Shell;

use crate::config::Config;
use crate::contract::Contract;
use crate::docket::Docket;
use crate::doctor::Doctor;
use crate::import::Import;
use crate::journal::Journal;
use crate::migrate::Migrate;
use crate::rehearse::Rehearse;
use crate::serve::Serve;
use crate::telemetry::Telemetry;
use crate::token::{IssuerKey, Token, print_jwks};
use crate::trace::Trace;
use crate::up::{Clean, Down, Logs, StatusOf, Supervise, Up};
use crate::vault::Vault;
use crate::{Done, call, failure};

/// Women's help desks of a state's police: the suite's services, and the means to run and to call them.
#[derive(Debug, Parser)]
#[command(name = "mahila", version, subcommand_required = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run services until told to stop.
    Serve(Serve),
    /// Run everything on this machine, in the background, with invented data.
    Up(Up),
    /// Stop what `up` runs. Its data stays.
    Down(Down),
    /// Say what `up` runs and how it is.
    Status(StatusOf),
    /// Show what the services of `up` logged.
    Logs(Logs),
    /// Stop what `up` runs and remove its data.
    Clean(Clean),
    /// Bring databases up to date.
    Migrate(Migrate),
    /// Look after the keys of the vault.
    #[command(subcommand)]
    Vault(Vault),
    /// Take in what a state has.
    #[command(subcommand)]
    Import(Import),
    /// Replay the first week, 17 to 31 October 2020, into what `up` runs.
    Demo(crate::up::Demo),
    /// File one complaint that says it is a rehearsal, and follow it as a desk and the holder of its receipt do.
    Rehearse(Rehearse),
    /// Print a token of the development issuer.
    Token(Token),
    /// Print the development issuer's public key, as `auth.jwks` takes it.
    Jwks(IssuerKey),
    /// Check settings, or list them.
    #[command(subcommand, alias = "settings")]
    Config(Config),
    /// Look at a live installation with the settings of one of its processes, and say what to mend.
    Doctor(Box<Doctor>),
    /// Show one call's way through the services.
    Trace(Trace),
    /// Select dockets again.
    #[command(subcommand)]
    Docket(Docket),
    /// Look after journals.
    #[command(subcommand)]
    Journal(Journal),
    /// Say how the services are observed.
    #[command(subcommand)]
    Telemetry(Telemetry),
    /// Write the contract, for clients in any language.
    #[command(subcommand)]
    Contract(Contract),
    /// Print a script that completes commands in a shell.
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// What `up` leaves running: PostgreSQL, the trace keeper and the services.
    #[command(hide = true)]
    Supervise(Supervise),
}

/// Runs a command line; the exit code of the process.
pub fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    // One provider of cryptography for the process; a second call would only mean that it is there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let arguments: Vec<OsString> = arguments.collect();
    // What runs for months does not carry the client's verbs about: built of the whole contract, they are megabytes.
    let serves = arguments.get(1).is_some_and(|verb| verb == "serve" || verb == "supervise");
    let command = if serves { Cli::command() } else { command() };
    let matches = command.try_get_matches_from(arguments).unwrap_or_else(|error| error.exit());
    let done = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(anyhow::Error::from).and_then(
        |runtime| {
            let done = runtime.block_on(dispatch(&matches, serves));
            // A thread that reads standard input cannot be waited for.
            runtime.shutdown_background();
            done
        },
    );
    done.unwrap_or_else(|error| failure::tell(&error))
}

fn command() -> clap::Command {
    Cli::command().subcommands(call::commands())
}

async fn dispatch(matches: &ArgMatches, serves: bool) -> Done {
    if !serves && let Some(done) = call::run(matches).await {
        return done;
    }
    match Cli::from_arg_matches(matches)?.command {
        Command::Serve(serve) => serve.run().await,
        Command::Up(up) => up.run().await,
        Command::Down(down) => down.run().await,
        Command::Status(status) => status.run().await,
        Command::Logs(logs) => logs.run(),
        Command::Clean(clean) => clean.run().await,
        Command::Migrate(migrate) => migrate.run().await,
        Command::Vault(vault) => vault.run().await,
        Command::Import(import) => import.run().await,
        Command::Demo(demo) => demo.run().await,
        Command::Rehearse(rehearse) => rehearse.run().await,
        Command::Token(token) => token.run(),
        Command::Jwks(key) => print_jwks(&key),
        Command::Config(config) => config.run(),
        Command::Doctor(doctor) => doctor.run().await,
        Command::Trace(trace) => trace.run().await,
        Command::Docket(docket) => docket.run(),
        Command::Journal(journal) => journal.run().await,
        Command::Telemetry(telemetry) => telemetry.run(),
        Command::Contract(contract) => contract.run(),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut command(), "mahila", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
        Command::Supervise(supervise) => supervise.run().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn every_shell_gets_completions() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command(), "mahila", &mut script);
            let script = String::from_utf8(script).unwrap();
            for verb in ["register-complaint", "rewrap"] {
                assert!(script.contains(verb), "{shell}: {verb}");
            }
        }
    }
}
