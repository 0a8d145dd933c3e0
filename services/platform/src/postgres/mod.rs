//! PostgreSQL before the first call: connections, migrations, grants, the mark of a deployment; and a server of one's
//! own for a laptop and for tests.
//!
//! Statements here are about the catalog and the administration of databases, some on databases that do not exist when
//! the code is compiled. So they are static strings checked by the tests beside them, not by the compiler as elsewhere.

mod deployment;
pub mod embedded;
mod error;
mod grants;
mod identifier;
mod migrate;
mod pool;
mod roles;
#[cfg(any(test, feature = "testing"))]
pub mod small_disk;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

#[cfg(test)]
mod tests;

pub use deployment::deployment;
pub use error::{Advice, PostgresError};
pub use identifier::{Identifier, NotAnIdentifier};
pub use migrate::{PLATFORM, migrate, newer, pending, rehearse};
pub use pool::{pool, pools};
