//! The one binary: `mahila serve|up|down|migrate|vault|import|demo|token|config|contract|doctor|trace|telemetry`, and a
//! client verb for each RPC of the contract.
//!
//! | to do what | file |
//! |---|---|
//! | run services | [`serve`](mod@serve), [`services`], [`migrate`] |
//! | run everything on one machine | [`up`] |
//! | change the keys of the vault | [`vault`] |
//! | look at the contract, settings, tokens, journals, traces, dockets | [`contract`](mod@contract), [`config`], [`token`], [`journal`], [`trace`], [`docket`] |
//! | say how it is observed, and what to mend | [`telemetry`], [`doctor`] |
//! | call the suite | [`call`], [`import`], [`rehearse`] |
//! | show what it does | [`demo`] |
//!
//! Exit codes: 0 done, 1 failed, 2 the command line is wrong, 10 + code when a call was refused (13: invalid fields).

mod cli;
mod config;
mod contract;
mod docket;
mod doctor;
mod failure;
mod import;
mod journal;
mod migrate;
mod rehearse;
mod serve;
mod services;
mod telemetry;
mod text;
mod trace;
mod vault;

pub mod call;
pub mod demo;
pub mod token;
pub mod traces;
pub mod up;

use std::ffi::OsString;
use std::process::ExitCode;

pub use cli::run;

/// Arguments of a command line, the program's name first.
pub type Arguments = std::vec::IntoIter<OsString>;

/// What every command comes to.
type Done = anyhow::Result<ExitCode>;
