//! What campaigns learn from others: units and stations, from the registry's journal. Events are planned and reported
//! by the copy whether or not the registry answers.

use platform::directory::DirectoryCopy;
use platform::service::{Base, StartError};

/// Shows the copy as it was left, and goes on from there.
pub(crate) async fn follow(base: &Base) -> Result<(), StartError> {
    base.directory.load(&base.db).await.map_err(|error| StartError::Database {
        service: base.service.name(),
        fault: platform::write::sql_state(&error),
    })?;
    base.follow(DirectoryCopy::new(base.directory.clone(), base.db.clone()))?;
    Ok(())
}
