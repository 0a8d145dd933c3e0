//! Connections to one database.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool};

use super::error::{PostgresError, Result, UNHEARD, place};
use crate::settings::{DatabaseSettings, Secret};

/// Time for the first connection, which may have to look up a name and shake hands.
const FIRST_CONNECTION: Duration = Duration::from_secs(10);

/// A connection that rested longer is asked whether it still lives before it is used. Asking each time would cost every
/// statement a round trip.
const TRUSTED_REST: Duration = Duration::from_secs(1);

/// Of a service's connections, those that write: one batch is being committed while the next is written.
const WRITING: u32 = 2;

/// A service's connections: those that read, and those of the door for writes. The door has its own, so that no crowd of readers
/// keeps it waiting, and few, because a backend that wrote a moment ago writes faster than one that rested (measured: eight
/// taken in turn do an eighth less, and a lone call takes a fifth longer). Where there are not four, all share them.
///
/// # Errors
/// As [`pool`].
pub async fn pools(settings: &DatabaseSettings, application_name: &str) -> Result<(PgPool, PgPool)> {
    if settings.max_connections < 2 * WRITING {
        let shared = pool(settings, application_name).await?;
        return Ok((shared.clone(), shared));
    }
    let reading = DatabaseSettings { max_connections: settings.max_connections - WRITING, ..settings.clone() };
    let reading = pool(&reading, application_name).await?;
    let options = (*reading.connect_options()).clone();
    let writing = DatabaseSettings { max_connections: WRITING, ..settings.clone() };
    Ok((reading, pool_options(&writing).connect_lazy_with(options)))
}

/// Opens a pool and proves it with one connection, so that a wrong address is told at start and not by the first caller.
///
/// `application_name` is what an administrator sees in `pg_stat_activity`. No session setting is made, because behind a
/// pooler the session is not ours.
///
/// # Errors
/// When `url` is missing or wrong, or the server does not let us in within ten seconds.
pub async fn pool(settings: &DatabaseSettings, application_name: &str) -> Result<PgPool> {
    let url = settings.url.as_ref().ok_or(PostgresError::NoAddress("url"))?;
    let options = options(url, application_name)?.statement_cache_capacity(settings.statement_cache);
    // The pool itself answers a refused connection with a timeout that hides the cause.
    connect(&options).await?.close().await?;
    pool_options(settings).connect_with(options.clone()).await.map_err(|error| PostgresError::connect(&options, &error))
}

fn pool_options(settings: &DatabaseSettings) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(settings.max_connections)
        .acquire_timeout(settings.acquire_timeout)
        .test_before_acquire(false)
        .before_acquire(|connection, rest| {
            Box::pin(async move {
                if rest.idle_for > TRUSTED_REST {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}

pub(super) fn options(url: &Secret, application_name: &str) -> Result<PgConnectOptions> {
    PgConnectOptions::from_str(url.expose())
        .map(|options| options.application_name(application_name))
        .map_err(|error| PostgresError::Address(error.to_string()))
}

pub(super) async fn connect(options: &PgConnectOptions) -> Result<PgConnection> {
    match tokio::time::timeout(FIRST_CONNECTION, options.connect()).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(PostgresError::connect(options, &error)),
        Err(_) => Err(PostgresError::Connect {
            place: place(options),
            wrong: format!("no answer within {} s", FIRST_CONNECTION.as_secs()),
            mend: UNHEARD,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn refused(url: &str) -> String {
        let settings = DatabaseSettings { url: Some(Secret::new(url)), ..DatabaseSettings::default() };
        pool(&settings, "test").await.unwrap_err().to_string()
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_told_without_the_password() {
        // Port 1 needs root to listen on, so nobody does.
        let text = refused("postgres://desk:hunter2@127.0.0.1:1/registry").await;
        assert!(text.starts_with("no connection to desk@127.0.0.1:1/registry: "), "{text}");
        assert!(text.contains("start PostgreSQL there"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");

        let text = refused("postgres://desk@localhost/registry?host=/no/such/folder").await;
        assert!(text.contains("desk@/no/such/folder:5432/registry"), "{text}");
    }

    #[tokio::test]
    async fn an_address_that_is_none_is_told_without_the_password() {
        let text = refused("postgres://desk:hunter2@host:port/registry").await;
        assert!(text.contains("the address of the database is not one"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }

    #[tokio::test]
    async fn what_the_server_says_is_told_with_what_to_do() {
        let cluster = super::super::testing::cluster().await;
        let missing = refused(&cluster.url_of("no_such_database")).await;
        assert!(missing.contains("create the database"), "{missing}");
    }
}
