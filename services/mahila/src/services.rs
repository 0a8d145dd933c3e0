//! The services that are built into this binary.

use std::str::FromStr;
use std::sync::Arc;

use platform::SharedClock;
use platform::lifecycle::Lifecycle;
use platform::postgres::{self, PostgresError};
use platform::service::{Parts, StartError};
use platform::settings::{Secret, Service, Settings};

/// In the order in which a day's work flows through them.
pub(crate) const BUILT: [Service; 3] = [Service::Registry, Service::Intake, Service::Oversight];

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
        Service::Oversight => oversight::start(settings, clock, life).await,
        Service::Review | Service::Campaigns => Err(StartError::Settings(Choice::absent(service))),
    }
}

/// Brings a service's database up to date; what was applied.
///
/// # Errors
/// See [`postgres::migrate`].
pub(crate) async fn migrate(
    service: Service,
    owner_url: &Secret,
    app_role: Option<&str>,
) -> Result<Vec<String>, PostgresError> {
    let migrator = match service {
        Service::Registry => &station_registry::MIGRATOR,
        Service::Intake => &complaint_intake::MIGRATOR,
        Service::Oversight => &oversight::MIGRATOR,
        Service::Review | Service::Campaigns => return Ok(Vec::new()),
    };
    postgres::migrate(owner_url, migrator, app_role).await
}

/// Refuses a database that lacks a migration of this release, as the service itself would at its start.
///
/// # Errors
/// See [`StartError`].
pub(crate) async fn need_migrated(service: Service, database: &sqlx::PgPool) -> Result<(), StartError> {
    let pending = match service {
        Service::Registry => postgres::pending(database, &station_registry::MIGRATOR).await?,
        Service::Intake => postgres::pending(database, &complaint_intake::MIGRATOR).await?,
        Service::Oversight => postgres::pending(database, &oversight::MIGRATOR).await?,
        Service::Review | Service::Campaigns => Vec::new(),
    };
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

impl Choice {
    fn absent(service: Service) -> String {
        format!("{service} is not part of this release: choose all, registry, intake or oversight")
    }
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if name == "all" {
            return Ok(Self::All);
        }
        let service: Service = name.parse().map_err(|_| "choose all, registry, intake or oversight".to_owned())?;
        if BUILT.contains(&service) { Ok(Self::One(service)) } else { Err(Self::absent(service)) }
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
        assert!("review".parse::<Choice>().unwrap_err().starts_with("review is not part of this release"));
        assert!("desk".parse::<Choice>().is_err());
    }
}
