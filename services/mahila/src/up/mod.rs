//! Everything on one machine: `mahila up` starts a supervisor that outlives the shell, and shows how to call what it runs;
//! `down`, `status`, `logs` and `clean` do what they say. A simulation, always: its clock is a replay's, its data invented.

mod child;
mod folder;
mod look;
mod process;
mod replay;
mod room;
mod setup;
mod start;
mod state;
mod steps;
mod stop;
mod supervise;
mod welcome;

use std::time::Duration;

pub use folder::{Folder, StateFolder};
pub use state::{Phase, State};

pub(crate) use look::{Logs, StatusOf};
pub(crate) use replay::Demo;
pub(crate) use start::Up;
pub(crate) use stop::{Clean, Down};
pub(crate) use supervise::Supervise;

/// Between two looks at what another process does.
const POLL: Duration = Duration::from_millis(30);
