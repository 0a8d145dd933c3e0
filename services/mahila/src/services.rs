//! The services that are built into this binary.

use std::str::FromStr;
use std::sync::Arc;

use platform::SharedClock;
use platform::lifecycle::Lifecycle;
use platform::postgres::{self, PostgresError};
use platform::service::{Parts, StartError};
use platform::settings::{DatabaseSettings, Service, Settings};

/// In the order in which a day's work flows through them.
pub(crate) const BUILT: [Service; 5] = Service::ALL;

/// Starts a service: its database, followers and tasks.
///
/// # Errors
/// See [`StartError`].
pub(crate) async fn start(
    service: Service,
    settings: &Arc<Settings>,
    clock: SharedClock,
    life: &Lifecycle,
) -> Result<Parts, StartError> {
    match service {
        Service::Registry => station_registry::start(settings, clock, life).await,
        Service::Intake => complaint_intake::start(settings, clock, life).await,
        Service::Review => review_scheduling::start(settings, clock, life).await,
        Service::Campaigns => awareness_campaigns::start(settings, clock, life).await,
        Service::Oversight => oversight::start(settings, clock, life).await,
    }
}

/// The tables of a service.
pub(crate) fn migrator(service: Service) -> &'static sqlx::migrate::Migrator {
    match service {
        Service::Registry => &station_registry::MIGRATOR,
        Service::Intake => &complaint_intake::MIGRATOR,
        Service::Review => &review_scheduling::MIGRATOR,
        Service::Campaigns => &awareness_campaigns::MIGRATOR,
        Service::Oversight => &oversight::MIGRATOR,
    }
}

/// Brings a service's database up to date, or only says what that would take; what was, or would be, applied.
///
/// # Errors
/// See [`postgres::migrate`].
pub(crate) async fn migrate(
    service: Service,
    database: &DatabaseSettings,
    dry_run: bool,
) -> Result<Vec<String>, PostgresError> {
    if dry_run {
        postgres::rehearse(database, migrator(service)).await
    } else {
        postgres::migrate(database, migrator(service)).await
    }
}

/// Refuses a database that lacks a migration of this release, as the service itself would at its start.
///
/// # Errors
/// See [`StartError`].
pub(crate) async fn need_migrated(service: Service, database: &sqlx::PgPool) -> Result<(), StartError> {
    let pending = postgres::pending(database, migrator(service)).await?;
    match pending.first() {
        None => Ok(()),
        Some(first) => Err(StartError::Pending { service: service.name(), count: pending.len(), first: first.clone() }),
    }
}

/// What stands on the command line where services are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// `all`.
    All,
    /// One of them.
    One(Service),
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if name == "all" {
            return Ok(Self::All);
        }
        name.parse()
            .map(Self::One)
            .map_err(|_| "choose all, registry, intake, review, campaigns or oversight".to_owned())
    }
}

/// The services that are meant, each once.
pub(crate) fn chosen(choices: &[Choice]) -> Vec<Service> {
    BUILT
        .into_iter()
        .filter(|service| choices.contains(&Choice::All) || choices.contains(&Choice::One(*service)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_chosen_once_and_in_order() {
        assert_eq!(chosen(&[Choice::All]), BUILT);
        let named = [Choice::One(Service::Oversight), Choice::One(Service::Registry), Choice::One(Service::Oversight)];
        assert_eq!(chosen(&named), [Service::Registry, Service::Oversight]);
        assert_eq!("station-registry".parse(), Ok(Choice::One(Service::Registry)));
        assert_eq!("review".parse(), Ok(Choice::One(Service::Review)));
        assert!("desk".parse::<Choice>().unwrap_err().contains("review, campaigns or oversight"));
    }
}
